/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "image.h"

#include <libavutil/imgutils.h>
#include <libavutil/pixdesc.h>
#include <libswscale/swscale.h>
#include <string.h>

#include "base/error.h"
#include "picture.h"

/* About 85 on libjpeg's scale, from libavcodec's 1 (best) to 31. */
#define JPEG_QSCALE 3

void hth_av_frame_free(AVFrame *frame)
{
    av_frame_free(&frame);
}

void hth_av_codec_free(AVCodecContext *codec)
{
    avcodec_free_context(&codec);
}

static void packet_free(AVPacket *packet)
{
    av_packet_free(&packet);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(AVPacket, packet_free)

static void *fail(GError **error, HthError code, const char *what)
{
    g_set_error_literal(error, HTH_ERROR, (gint)code, what);
    return NULL;
}

AVFrame *hth_image_decode(enum AVCodecID id, const guint8 *bytes, gsize size_bytes, int lowres,
                          GError **error)
{
    const AVCodec *codec = avcodec_find_decoder(id);
    if (codec == NULL)
        return fail(error, HTH_ERROR_UNSUPPORTED, "no decoder for this picture");
    g_autoptr(AVCodecContext) context = avcodec_alloc_context3(codec);
    context->thread_count = 1;
    context->max_pixels = HTH_PICTURE_PIXELS_MAX;
    context->lowres = MIN(lowres, codec->max_lowres);
    context->err_recognition = 0;
    g_autoptr(AVPacket) packet = av_packet_alloc();
    g_autoptr(AVFrame) frame = av_frame_alloc();
    if (size_bytes > G_MAXINT / 2 || av_new_packet(packet, (int)size_bytes) < 0)
        return fail(error, HTH_ERROR_TOO_LARGE, "the picture is too large");
    memcpy(packet->data, bytes, size_bytes);
    if (avcodec_open2(context, codec, NULL) < 0 || avcodec_send_packet(context, packet) < 0)
        return fail(error, HTH_ERROR_CORRUPT, "the picture can't be decoded");
    (void)avcodec_send_packet(context, NULL); /* its end: some decoders wait for it */
    if (avcodec_receive_frame(context, frame) < 0 || frame->width <= 0 || frame->height <= 0)
        return fail(error, HTH_ERROR_CORRUPT, "the picture can't be decoded");
    return g_steal_pointer(&frame);
}

static AVFrame *new_frame(enum AVPixelFormat format, int width, int height)
{
    g_autoptr(AVFrame) frame = av_frame_alloc();
    frame->format = format;
    frame->width = width;
    frame->height = height;
    return av_frame_get_buffer(frame, 32) == 0 ? g_steal_pointer(&frame) : NULL;
}

/* The deprecated "J" formats are the plain ones with full range. */
static enum AVPixelFormat plain_format(int format, int *is_full_range)
{
    static const enum AVPixelFormat pairs[][2] = {
        { AV_PIX_FMT_YUVJ420P, AV_PIX_FMT_YUV420P }, { AV_PIX_FMT_YUVJ422P, AV_PIX_FMT_YUV422P },
        { AV_PIX_FMT_YUVJ444P, AV_PIX_FMT_YUV444P }, { AV_PIX_FMT_YUVJ440P, AV_PIX_FMT_YUV440P },
        { AV_PIX_FMT_YUVJ411P, AV_PIX_FMT_YUV411P },
    };
    for (guint i = 0; i < G_N_ELEMENTS(pairs); i++) {
        if (format == pairs[i][0]) {
            *is_full_range = 1;
            return pairs[i][1];
        }
    }
    return format;
}

/* @from scaled and converted into @to. */
static gboolean scale(const AVFrame *from, AVFrame *to)
{
    int from_full = from->color_range == AVCOL_RANGE_JPEG;
    int to_full = 1;
    const enum AVPixelFormat from_format = plain_format(from->format, &from_full);
    const enum AVPixelFormat to_format = plain_format(to->format, &to_full);
    struct SwsContext *context =
        sws_getContext(from->width, from->height, from_format, to->width, to->height, to_format,
                       SWS_AREA | SWS_ACCURATE_RND, NULL, NULL, NULL);
    if (context == NULL)
        return FALSE;
    const int *matrix =
        sws_getCoefficients(from->colorspace == AVCOL_SPC_BT709 ? SWS_CS_ITU709 : SWS_CS_DEFAULT);
    (void)sws_setColorspaceDetails(context, matrix, from_full, sws_getCoefficients(SWS_CS_DEFAULT),
                                   to_full, 0, 1 << 16,
                                   1 << 16); /* not for every format, and those need none */
    const int rows = sws_scale(context, (const guint8 *const *)from->data, from->linesize, 0,
                               from->height, to->data, to->linesize);
    sws_freeContext(context);
    return rows == to->height;
}

/* RGBA onto white. */
static void blend_on_white(AVFrame *frame)
{
    for (int y = 0; y < frame->height; y++) {
        guint8 *pixel = frame->data[0] + (gssize)y * frame->linesize[0];
        for (int x = 0; x < frame->width; x++, pixel += 4) {
            for (guint i = 0; i < 3; i++)
                pixel[i] = (guint8)((pixel[i] * pixel[3] + 255 * (255 - pixel[3])) / 255);
        }
    }
}

/* RGBA, turned and mirrored as EXIF's orientation says. Returns: a new frame. */
static AVFrame *turn(const AVFrame *from, guint orientation)
{
    const gboolean is_sideways = orientation >= 5;
    g_autoptr(AVFrame) to = new_frame(AV_PIX_FMT_RGBA, is_sideways ? from->height : from->width,
                                      is_sideways ? from->width : from->height);
    if (to == NULL)
        return NULL;
    const int last_x = from->width - 1, last_y = from->height - 1;
    for (int y = 0; y < to->height; y++) {
        guint32 *row = (guint32 *)(void *)(to->data[0] + (gssize)y * to->linesize[0]);
        for (int x = 0; x < to->width; x++) {
            int fx = is_sideways ? y : x, fy = is_sideways ? x : y;
            if (orientation == 2 || orientation == 3 || orientation == 7 || orientation == 8)
                fx = last_x - fx;
            if (orientation == 3 || orientation == 4 || orientation == 6 || orientation == 7)
                fy = last_y - fy;
            memcpy(&row[x], from->data[0] + (gssize)fy * from->linesize[0] + (gssize)fx * 4, 4);
        }
    }
    return g_steal_pointer(&to);
}

static GBytes *encode(const AVFrame *frame, GError **error)
{
    const AVCodec *codec = avcodec_find_encoder(AV_CODEC_ID_MJPEG);
    if (codec == NULL)
        return fail(error, HTH_ERROR_UNSUPPORTED, "this libavcodec can't write JPEG");
    g_autoptr(AVCodecContext) context = avcodec_alloc_context3(codec);
    context->width = frame->width;
    context->height = frame->height;
    context->pix_fmt = AV_PIX_FMT_YUVJ420P;
    context->color_range = AVCOL_RANGE_JPEG;
    context->time_base = (AVRational){ 1, 25 };
    context->thread_count = 1;
    context->flags |= AV_CODEC_FLAG_QSCALE | AV_CODEC_FLAG_BITEXACT;
    context->global_quality = JPEG_QSCALE * FF_QP2LAMBDA;
    g_autoptr(AVPacket) packet = av_packet_alloc();
    if (avcodec_open2(context, codec, NULL) < 0 || avcodec_send_frame(context, frame) < 0)
        return fail(error, HTH_ERROR_FAILED, "the picture can't be encoded");
    (void)avcodec_send_frame(context, NULL);
    if (avcodec_receive_packet(context, packet) < 0)
        return fail(error, HTH_ERROR_FAILED, "the picture can't be encoded");
    return g_bytes_new(packet->data, (gsize)packet->size);
}

/* Sides that fit in @max_pixels, with @aspect applied to the width; never larger than they are. */
static void fit(int *width, int *height, double aspect, guint max_pixels)
{
    const double shown_width = *width * aspect, shown_height = *height;
    const double factor = MIN(1.0, max_pixels / MAX(shown_width, shown_height));
    *width = MAX(1, (int)(shown_width * factor + 0.5));
    *height = MAX(1, (int)(shown_height * factor + 0.5));
}

GBytes *hth_image_to_jpeg(const AVFrame *frame, guint orientation, double aspect, guint max_pixels,
                          GError **error)
{
    int width = frame->width, height = frame->height;
    fit(&width, &height, aspect > 0.1 && aspect < 10 ? aspect : 1, max_pixels);
    g_autoptr(AVFrame) scaled = new_frame(AV_PIX_FMT_RGBA, width, height);
    if (scaled == NULL || !scale(frame, scaled))
        return fail(error, HTH_ERROR_TOO_LARGE, "the picture can't be scaled");
    const AVPixFmtDescriptor *descriptor = av_pix_fmt_desc_get(frame->format);
    if (descriptor != NULL &&
        (descriptor->flags & (AV_PIX_FMT_FLAG_ALPHA | AV_PIX_FMT_FLAG_PAL)) != 0)
        blend_on_white(scaled);
    if (orientation >= 2 && orientation <= 8) {
        AVFrame *turned = turn(scaled, orientation);
        hth_av_frame_free(g_steal_pointer(&scaled));
        scaled = turned;
    }
    if (scaled == NULL)
        return fail(error, HTH_ERROR_TOO_LARGE, "the picture can't be turned");
    g_autoptr(AVFrame) final = new_frame(AV_PIX_FMT_YUVJ420P, scaled->width, scaled->height);
    if (final == NULL || !scale(scaled, final))
        return fail(error, HTH_ERROR_TOO_LARGE, "the picture can't be converted");
    return encode(final, error);
}
