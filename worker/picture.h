/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One JPEG of a media file: of a photo, of the picture inside an audio file, of a frame of a video.
 */
#pragma once

#include "source.h"

#include "media/media-info.h"

G_BEGIN_DECLS

/* Pictures of more pixels than this are refused before they are decoded. */
#define HTH_PICTURE_PIXELS_MAX   (200LL * 1000 * 1000)
#define HTH_PICTURE_BUDGET_BYTES (256LL * 1024 * 1024)

/* Makes a baseline JPEG without EXIF that fits in @max_pixels × @max_pixels, upright; never larger
 * than the original. 0: a JPEG inside an audio file as it is, all others at their size (at most
 * 4096).
 *
 * Errors: HTH_ERROR_NOT_FOUND   the file holds no picture
 *         HTH_ERROR_TOO_LARGE   too many pixels or bytes
 *         HTH_ERROR_CORRUPT     it can't be decoded
 *         as hth_probe_run() */
GBytes *hth_picture_make(HthSource *source, HthMediaFormat hint, guint max_pixels, GError **error);

G_END_DECLS
