/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A picture out of a media file, by its digest: a layout says where its parts are.
 *
 * Threads: any thread, any time.
 */
#pragma once

#include "media/layout.h"

G_BEGIN_DECLS

/* Larger pictures are not sent by their digest. */
#define HTH_HOME_PICTURE_MAX_BYTES (32 * 1024 * 1024)

/* Reads @size bytes at @offset, or fewer at the end; -1 with @error. */
typedef gssize (*HthHomePictureRead)(guint64 offset, void *buffer, gsize size, gpointer data,
                                     GError **error);

/* Errors: HTH_ERROR_NOT_FOUND  the layout has no such picture, whole
 *         HTH_ERROR_CHANGED    the file is not the one that the layout describes
 *         of @read */
GBytes *hth_home_picture_read(const HthLayout *layout, const HthDigest *digest,
                              HthHomePictureRead read, gpointer data, GError **error);

G_END_DECLS
