/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The few fields of EXIF that a library of photos needs, from a TIFF structure in foreign bytes. */
#pragma once

#include "media/media-info.h"

G_BEGIN_DECLS

/* Where the structure is read from: a block in memory or, for TIFF files, the file.
 * Returns: bytes read, fewer than @n at the end. */
typedef gsize (*HthExifRead)(gpointer data, gint64 offset, void *to, gsize n);

/* Reads orientation, date, camera and place into @info, and, when @has_picture, width and height of
 * the first picture. Whatever is broken is left out. Returns: FALSE when it is no TIFF structure.
 */
gboolean hth_exif_read(HthMediaInfo *info, HthExifRead read, gpointer data, gboolean has_picture);

/* The same from @bytes, with or without "Exif\0\0" in front. */
gboolean hth_exif_read_bytes(HthMediaInfo *info, const guint8 *bytes, gsize size_bytes);

G_END_DECLS
