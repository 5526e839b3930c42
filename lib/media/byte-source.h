/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Bytes that can be read from any place: an open file, a block in memory, a file of the sync
 * engine's environment, or a file that exists only as a list of pieces of others.
 *
 * Threads: an object belongs to one thread at a time.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct HthByteSource HthByteSource;

/* Reads exactly @n bytes at @offset, which the caller has checked to be inside. */
typedef gboolean (*HthByteRead)(gpointer data, guint64 offset, guint8 *buffer, gsize n,
                                GError **error);

/* @destroy: called with @data at the end; NULL: nothing. */
HthByteSource *hth_byte_source_new(guint64 size_bytes, HthByteRead read, gpointer data,
                                   GDestroyNotify destroy);

/* A regular file as large as it is now. @fd: borrowed for as long as the source lives.
 * Errors: HTH_ERROR_INVALID  not a regular file */
HthByteSource *hth_byte_source_new_for_fd(int fd, GError **error);

/* @bytes: a reference is taken. */
HthByteSource *hth_byte_source_new_for_bytes(GBytes *bytes);

HthByteSource *hth_byte_source_ref(HthByteSource *self);
void hth_byte_source_unref(HthByteSource *self); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HthByteSource, hth_byte_source_unref)

/* A source made of pieces, one after the other. */
HthByteSource *hth_byte_source_new_pieces(void);
/* Appends @length bytes of @from at @offset; NULL: a hole, whose reading is an error. Takes a
 * reference. Not while the source is read. */
void hth_byte_source_add_piece(HthByteSource *self, HthByteSource *from, guint64 offset,
                               guint64 length);

/* Whether the @length bytes at @offset are, byte for byte in their places, those of @from at
 * @from_offset: known without reading. */
gboolean hth_byte_source_is_piece_of(const HthByteSource *self, guint64 offset, guint64 length,
                                     const HthByteSource *from, guint64 from_offset);

guint64 hth_byte_source_size(const HthByteSource *self);

/* Reads all @n bytes at @offset.
 * Errors: HTH_ERROR_CORRUPT      the range is not inside, or the file has become shorter
 *         HTH_ERROR_UNAVAILABLE  it can't be read */
gboolean hth_byte_source_read(HthByteSource *self, guint64 offset, void *buffer, gsize n,
                              GError **error);

/* As many of @n bytes as there are at @offset; 0 at the end and at an error. */
gsize hth_byte_source_peek(HthByteSource *self, guint64 offset, void *buffer, gsize n);

G_END_DECLS
