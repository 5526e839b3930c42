/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Bytes packed with zstd, alone or against others that the receiver has.
 *
 * Threads: any thread, any time.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* @prefix: what the receiver has; empty is fine. Returns: new bytes; never NULL. */
GBytes *hth_pack(const guint8 *prefix, gsize prefix_size, const guint8 *bytes, gsize size_bytes);

/* Unpacks into exactly @size_bytes at @out. @packed: from anyone.
 * Errors: HTH_ERROR_CORRUPT  it is something else, or of another size */
gboolean hth_unpack(const guint8 *prefix, gsize prefix_size, const guint8 *packed,
                    gsize packed_size, guint8 *out, gsize size_bytes, GError **error);

G_END_DECLS
