/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "source.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"

gboolean hth_source_open(HthSource *self, int fd, gint64 budget_bytes, GError **error)
{
    struct stat stat_buffer;
    *self = (HthSource){ .fd = fd, .budget_bytes = budget_bytes };
    if (fstat(fd, &stat_buffer) != 0 || !S_ISREG(stat_buffer.st_mode)) {
        g_set_error(error, HTH_ERROR, HTH_ERROR_INVALID, "not a regular file");
        return FALSE;
    }
    if (stat_buffer.st_size == 0) {
        g_set_error(error, HTH_ERROR, HTH_ERROR_CORRUPT, "the file is empty");
        return FALSE;
    }
    const gsize n_head = (gsize)MIN(stat_buffer.st_size, HTH_SOURCE_HEAD_BYTES);
    guint8 *head = g_malloc(n_head);
    self->size_bytes = stat_buffer.st_size;
    self->head_bytes = hth_source_read_at(self, 0, head, n_head);
    self->head = head;
    if (self->head_bytes == 0) {
        g_set_error(error, HTH_ERROR, HTH_ERROR_UNAVAILABLE, "the file can't be read");
        return FALSE;
    }
    return TRUE;
}

void hth_source_clear(HthSource *self)
{
    g_clear_pointer(&self->head, g_free);
}

gsize hth_source_read_at(HthSource *self, gint64 offset, void *to, gsize n)
{
    gsize done = 0;
    if (offset < 0 || n == 0)
        return 0;
    if ((guint64)offset < self->head_bytes) {
        done = MIN(n, self->head_bytes - (gsize)offset);
        memcpy(to, self->head + offset, done);
    }
    while (done < n && self->budget_bytes > 0) {
        const gsize wanted = (gsize)MIN((gint64)(n - done), self->budget_bytes);
        const ssize_t got = pread(self->fd, (guint8 *)to + done, wanted, offset + (gint64)done);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            break;
        done += (gsize)got;
        self->budget_bytes -= got;
    }
    return done;
}

GByteArray *hth_source_read_block(HthSource *self, gint64 offset, gsize max_bytes)
{
    GByteArray *block = g_byte_array_new();
    if (offset < 0 || offset >= self->size_bytes)
        return block;
    const gsize n = (gsize)MIN((gint64)max_bytes, self->size_bytes - offset);
    g_byte_array_set_size(block, (guint)n);
    g_byte_array_set_size(block, (guint)hth_source_read_at(self, offset, block->data, n));
    return block;
}
