/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The coded forms of pictures inside tags. */
#pragma once

#include "media/layout.h"

G_BEGIN_DECLS

/* Pictures are held in memory by whoever decodes them. */
#define HTH_PICTURE_BYTES_MAX (32 * 1024 * 1024)

/* Whether two parts are of one picture in one coded form. */
gboolean hth_picture_part_is_same_form(const HthPicturePart *a, const HthPicturePart *b);

/* The length of the whole coded form. */
guint64 hth_picture_coded_length(const HthPicturePart *part);

/* Gives @n bytes of the picture at @offset. */
typedef gboolean (*HthPictureRead)(guint64 offset, guint8 *buffer, gsize n, gpointer data,
                                   GError **error);

/* The @n bytes at @coded_offset of the coded form of @part's picture. */
gboolean hth_picture_code(const HthPicturePart *part, guint64 coded_offset, guint8 *to, gsize n,
                          HthPictureRead read, gpointer data, GError **error);

G_END_DECLS
