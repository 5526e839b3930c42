/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Tables of positions in a file, all of which move when something in front of them grows. */
#pragma once

#include "media/layout.h"

G_BEGIN_DECLS

/* The first entry. FALSE when @bytes are not such a table, or it has no entry. */
gboolean hth_offset_table_first(HthOffsetsCoding coding, const guint8 *bytes, gsize size_bytes,
                                guint64 *out_first);

/* Adds @addend, modulo 2^64, to every entry in place; widths stay. FALSE when one does not fit, or
 * @bytes are not such a table: they are then partly changed. */
gboolean hth_offset_table_add(HthOffsetsCoding coding, guint8 *bytes, gsize size_bytes,
                              guint64 addend);

/* The digest of the table with its first entry taken off every entry: modulo the entry's width, so
 * that tables that differ by a constant are equal. FALSE as above. */
gboolean hth_offset_table_digest(HthOffsetsCoding coding, const guint8 *bytes, gsize size_bytes,
                                 HthDigest *out_digest, guint64 *out_first);

G_END_DECLS
