/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The file in hand: read by position through its descriptor, and never by name.
 *
 * Its first bytes are read once and kept, for every reader starts there: most files cost one
 * system call. How much is read in total has a limit, so that no file keeps a worker for long.
 */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

#define HTH_SOURCE_HEAD_BYTES (64 * 1024)

typedef struct {
    int fd; /* borrowed */
    gint64 size_bytes;
    gint64 budget_bytes; /* what may still be read */
    guint8 *head;
    gsize head_bytes;
} HthSource;

/* Errors: HTH_ERROR_INVALID  @fd is not a regular file
 *         HTH_ERROR_UNAVAILABLE  it can't be read
 *         HTH_ERROR_CORRUPT  it is empty */
gboolean hth_source_open(HthSource *self, int fd, gint64 budget_bytes, GError **error);
void hth_source_clear(HthSource *self);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(HthSource, hth_source_clear)

/* Returns: how many bytes were read, fewer than @n only at the end of the file, of what may be
 * read, or at an error. */
gsize hth_source_read_at(HthSource *self, gint64 offset, void *to, gsize n);

/* At most @max_bytes from @offset, as many as there are. Returns: a new array, maybe empty. */
GByteArray *hth_source_read_block(HthSource *self, gint64 offset, gsize max_bytes);

G_END_DECLS
