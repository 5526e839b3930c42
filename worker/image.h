/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Decoded pictures: scaled, turned upright and encoded, by libavcodec and libswscale. */
#pragma once

#include <glib.h>
#include <libavcodec/avcodec.h>

G_BEGIN_DECLS

void hth_av_frame_free(AVFrame *frame);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(AVFrame, hth_av_frame_free)

void hth_av_codec_free(AVCodecContext *codec);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(AVCodecContext, hth_av_codec_free)

/* Decodes one still picture. @lowres: JPEG only, halves its sides that many times, cheaply.
 * Errors: HTH_ERROR_CORRUPT, HTH_ERROR_TOO_LARGE */
AVFrame *hth_image_decode(enum AVCodecID id, const guint8 *bytes, gsize size_bytes, int lowres,
                          GError **error);

/* A JPEG of @frame that fits in @max_pixels square, turned as EXIF's @orientation (0 to 8) says,
 * on white where it is transparent.
 * @aspect: width over height of one pixel; 0: square. */
GBytes *hth_image_to_jpeg(const AVFrame *frame, guint orientation, double aspect, guint max_pixels,
                          GError **error);

G_END_DECLS
