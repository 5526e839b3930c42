/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Records on a pipe or in a blob: a bounds-checked reader and a growing writer.
 *
 * Numbers are little-endian and of fixed size; a string or blob is a 32-bit length and its bytes.
 * After the first short or oversized read the reader has failed for good: every later read gives
 * 0, "" or an empty blob, so a caller may read a whole record and ask once at the end.
 *
 * Threads: an object belongs to one thread at a time.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct {
    const guint8 *bytes; /* borrowed */
    gsize size_bytes;
    gsize position;
    gboolean has_failed;
} HthWireReader;

#define HTH_WIRE_READER(data, size) ((HthWireReader){ .bytes = (data), .size_bytes = (size) })

guint8 hth_wire_read_u8(HthWireReader *self);
guint16 hth_wire_read_u16(HthWireReader *self);
guint32 hth_wire_read_u32(HthWireReader *self);
guint64 hth_wire_read_u64(HthWireReader *self);
double hth_wire_read_double(HthWireReader *self);

/* As many bytes as the number needs, seven bits in each (LEB128). */
guint64 hth_wire_read_varint(HthWireReader *self);
/* Small numbers of either sign. */
gint64 hth_wire_read_signed(HthWireReader *self);

/* Returns: @n_bytes without a length before them, borrowed; NULL when they are not there. */
const guint8 *hth_wire_read_bytes(HthWireReader *self, gsize n_bytes);

/* Returns: a new string of at most @max_bytes; always valid UTF-8 (what is not is replaced), cut at
 * an embedded NUL. NULL is written and read as NULL. */
char *hth_wire_read_string(HthWireReader *self, gsize max_bytes);

/* Returns: the blob's bytes, borrowed from the reader's; their count in @out_size. */
const guint8 *hth_wire_read_blob(HthWireReader *self, gsize max_bytes, gsize *out_size);

/* TRUE when everything was read, nothing failed and nothing is left over. */
gboolean hth_wire_reader_is_done(const HthWireReader *self);

void hth_wire_write_u8(GByteArray *to, guint8 value);
void hth_wire_write_u16(GByteArray *to, guint16 value);
void hth_wire_write_u32(GByteArray *to, guint32 value);
void hth_wire_write_u64(GByteArray *to, guint64 value);
void hth_wire_write_double(GByteArray *to, double value);
void hth_wire_write_varint(GByteArray *to, guint64 value);
void hth_wire_write_signed(GByteArray *to, gint64 value);
void hth_wire_write_string(GByteArray *to, const char *value); /* NULL is kept apart from "" */
void hth_wire_write_blob(GByteArray *to, gconstpointer bytes, gsize size_bytes);

G_END_DECLS
