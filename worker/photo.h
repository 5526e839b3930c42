/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Photos: their size and EXIF, from their headers; nothing is decoded. */
#pragma once

#include "probe.h"

G_BEGIN_DECLS

/* @format: one of the photo formats, as sniffed. Errors: HTH_ERROR_CORRUPT, HTH_ERROR_UNSUPPORTED
 */
gboolean hth_photo_read(HthProbe *probe, HthMediaFormat format, GError **error);

/* libheif, in a file of its own. Without it (-Dheif=disabled) both say HTH_ERROR_UNSUPPORTED. */
gboolean hth_heif_read(HthProbe *probe, GError **error);

/* Decodes the first picture, upright. @out_rgb: width * height * 3 bytes. */
gboolean hth_heif_decode(HthSource *source, GByteArray *out_rgb, guint *out_width,
                         guint *out_height, GError **error);

G_END_DECLS
