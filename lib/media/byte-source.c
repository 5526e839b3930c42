/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "media/byte-source.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"

typedef struct {
    guint64 start; /* in the source made of pieces */
    guint64 length;
    HthByteSource *from; /* NULL: a hole */
    guint64 offset;      /* in @from */
} Piece;

struct HthByteSource {
    gatomicrefcount n_refs;
    guint64 size_bytes;
    HthByteRead read;
    gpointer data;
    GDestroyNotify destroy;
    GArray *pieces; /* (element Piece) NULL but for a source made of pieces */
};

HthByteSource *hth_byte_source_new(guint64 size_bytes, HthByteRead read, gpointer data,
                                   GDestroyNotify destroy)
{
    HthByteSource *self = g_new0(HthByteSource, 1);
    g_atomic_ref_count_init(&self->n_refs);
    self->size_bytes = size_bytes;
    self->read = read;
    self->data = data;
    self->destroy = destroy;
    return self;
}

HthByteSource *hth_byte_source_ref(HthByteSource *self)
{
    g_atomic_ref_count_inc(&self->n_refs);
    return self;
}

void hth_byte_source_unref(HthByteSource *self)
{
    if (self == NULL || !g_atomic_ref_count_dec(&self->n_refs))
        return;
    if (self->destroy != NULL)
        self->destroy(self->data);
    if (self->pieces != NULL)
        g_array_unref(self->pieces);
    g_free(self);
}

static gboolean read_fd(gpointer data, guint64 offset, guint8 *buffer, gsize n, GError **error)
{
    const int fd = GPOINTER_TO_INT(data);
    for (gsize done = 0; done < n;) {
        const ssize_t got = pread(fd, buffer + done, n - done, (off_t)(offset + done));
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0) {
            g_set_error(error, HTH_ERROR, HTH_ERROR_UNAVAILABLE, "the file can't be read: %s",
                        g_strerror(errno));
            return FALSE;
        }
        if (got == 0) {
            g_set_error(error, HTH_ERROR, HTH_ERROR_CORRUPT, "the file has become shorter");
            return FALSE;
        }
        done += (gsize)got;
    }
    return TRUE;
}

HthByteSource *hth_byte_source_new_for_fd(int fd, GError **error)
{
    struct stat stat_buffer;
    if (fstat(fd, &stat_buffer) != 0 || !S_ISREG(stat_buffer.st_mode)) {
        g_set_error(error, HTH_ERROR, HTH_ERROR_INVALID, "not a regular file");
        return NULL;
    }
    return hth_byte_source_new((guint64)stat_buffer.st_size, read_fd, GINT_TO_POINTER(fd), NULL);
}

static gboolean read_memory(gpointer data, guint64 offset, guint8 *buffer, gsize n, GError **error)
{
    memcpy(buffer, (const guint8 *)g_bytes_get_data(data, NULL) + offset, n);
    return TRUE;
}

HthByteSource *hth_byte_source_new_for_bytes(GBytes *bytes)
{
    return hth_byte_source_new(g_bytes_get_size(bytes), read_memory, g_bytes_ref(bytes),
                               (GDestroyNotify)g_bytes_unref);
}

/* ---- Pieces ---- */

static void clear_piece(gpointer data)
{
    Piece *piece = data;
    hth_byte_source_unref(piece->from);
}

/* The last piece that begins at or before @offset, which is inside. */
static guint find_piece(const GArray *pieces, guint64 offset)
{
    guint low = 0;
    guint high = pieces->len;
    while (high - low > 1) {
        const guint middle = low + (high - low) / 2;
        if (g_array_index(pieces, Piece, middle).start <= offset)
            low = middle;
        else
            high = middle;
    }
    return low;
}

static gboolean read_pieces(gpointer data, guint64 offset, guint8 *buffer, gsize n, GError **error)
{
    const HthByteSource *self = data;
    guint index = find_piece(self->pieces, offset);
    for (gsize done = 0; done < n; index++) {
        const Piece *piece = &g_array_index(self->pieces, Piece, index);
        const guint64 skip = offset + done - piece->start;
        const gsize part = (gsize)MIN(piece->length - skip, n - done);
        if (piece->from == NULL) {
            g_set_error(error, HTH_ERROR, HTH_ERROR_CORRUPT, "bytes are read that are not there");
            return FALSE;
        }
        if (!hth_byte_source_read(piece->from, piece->offset + skip, buffer + done, part, error))
            return FALSE;
        done += part;
    }
    return TRUE;
}

HthByteSource *hth_byte_source_new_pieces(void)
{
    HthByteSource *self = hth_byte_source_new(0, read_pieces, NULL, NULL);
    self->data = self;
    self->pieces = g_array_new(FALSE, FALSE, sizeof(Piece));
    g_array_set_clear_func(self->pieces, clear_piece);
    return self;
}

void hth_byte_source_add_piece(HthByteSource *self, HthByteSource *from, guint64 offset,
                               guint64 length)
{
    g_return_if_fail(self->pieces != NULL);
    if (length == 0)
        return;
    const Piece piece = {
        .start = self->size_bytes,
        .length = length,
        .from = from != NULL ? hth_byte_source_ref(from) : NULL,
        .offset = offset,
    };
    g_array_append_val(self->pieces, piece);
    self->size_bytes += length;
}

gboolean hth_byte_source_is_piece_of(const HthByteSource *self, guint64 offset, guint64 length,
                                     const HthByteSource *from, guint64 from_offset)
{
    if (self->pieces == NULL || offset > self->size_bytes || length > self->size_bytes - offset)
        return FALSE;
    guint index = length > 0 ? find_piece(self->pieces, offset) : 0;
    for (guint64 done = 0; done < length; index++) {
        const Piece *piece = &g_array_index(self->pieces, Piece, index);
        const guint64 skip = offset + done - piece->start;
        if (piece->from != from || piece->offset + skip != from_offset + done)
            return FALSE;
        done += MIN(piece->length - skip, length - done);
    }
    return TRUE;
}

/* ---- Reading ---- */

guint64 hth_byte_source_size(const HthByteSource *self)
{
    return self->size_bytes;
}

gboolean hth_byte_source_read(HthByteSource *self, guint64 offset, void *buffer, gsize n,
                              GError **error)
{
    if (offset > self->size_bytes || n > self->size_bytes - offset) {
        g_set_error(error, HTH_ERROR, HTH_ERROR_CORRUPT, "the file ends too early");
        return FALSE;
    }
    return n == 0 || self->read(self->data, offset, buffer, n, error);
}

gsize hth_byte_source_peek(HthByteSource *self, guint64 offset, void *buffer, gsize n)
{
    if (offset >= self->size_bytes)
        return 0;
    const gsize there = (gsize)MIN(n, self->size_bytes - offset);
    return hth_byte_source_read(self, offset, buffer, there, NULL) ? there : 0;
}
