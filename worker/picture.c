/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "picture.h"

#include <string.h>

#include "av.h"
#include "base/error.h"
#include "image.h"
#include "media/worker-protocol.h"
#include "photo.h"
#include "probe.h"
#include "sniff.h"

#define FILE_BYTES_MAX (96 * 1024 * 1024)
/* A frame at a tenth of a video is past its titles; at most here, for a seek may be slow. */
#define FRAME_AT_MAX_US (60LL * 1000 * 1000)
#define PACKETS_MAX     2000

static const enum AVCodecID codecs[HTH_N_FORMATS] = {
    [HTH_FORMAT_JPEG] = AV_CODEC_ID_MJPEG, [HTH_FORMAT_PNG] = AV_CODEC_ID_PNG,
    [HTH_FORMAT_WEBP] = AV_CODEC_ID_WEBP,  [HTH_FORMAT_GIF] = AV_CODEC_ID_GIF,
    [HTH_FORMAT_TIFF] = AV_CODEC_ID_TIFF,  [HTH_FORMAT_BMP] = AV_CODEC_ID_BMP,
};

static GBytes *fail(GError **error, HthError code, const char *what)
{
    g_set_error_literal(error, HTH_ERROR, (gint)code, what);
    return NULL;
}

/* How often a JPEG's sides may be halved with twice the wanted size left, for a clean last step. */
static int lowres_for(guint width, guint height, guint max_pixels)
{
    int lowres = 0;
    while (lowres < 3 && MAX(width, height) >> (lowres + 1) >= max_pixels * 2)
        lowres++;
    return lowres;
}

static GBytes *picture_of_heif(HthSource *source, guint max_pixels, GError **error)
{
    g_autoptr(GByteArray) rgb = g_byte_array_new();
    guint width = 0, height = 0;
    if (!hth_heif_decode(source, rgb, &width, &height, error))
        return NULL;
    g_autoptr(AVFrame) frame = av_frame_alloc();
    frame->format = AV_PIX_FMT_RGB24;
    frame->width = (int)width;
    frame->height = (int)height;
    frame->data[0] = rgb->data; /* borrowed for the call */
    frame->linesize[0] = (int)width * 3;
    return hth_image_to_jpeg(frame, 0, 0, max_pixels, error);
}

static GBytes *picture_of_photo(HthProbe *probe, guint max_pixels, GError **error)
{
    const HthMediaInfo *info = probe->info;
    HthSource *source = probe->source;
    if ((gint64)info->width * info->height > HTH_PICTURE_PIXELS_MAX ||
        source->size_bytes > FILE_BYTES_MAX)
        return fail(error, HTH_ERROR_TOO_LARGE, "the picture is too large");
    if (info->format == HTH_FORMAT_HEIF)
        return picture_of_heif(source, max_pixels, error);
    g_autoptr(GByteArray) bytes = hth_source_read_block(source, 0, FILE_BYTES_MAX);
    const int lowres = lowres_for(info->width, info->height, max_pixels);
    g_autoptr(AVFrame) frame =
        hth_image_decode(codecs[info->format], bytes->data, bytes->len, lowres, error);
    if (frame == NULL)
        return NULL;
    return hth_image_to_jpeg(frame, info->orientation, 0, max_pixels, error);
}

/* A picture in a tag: its format is known by its first bytes alone. */
static GBytes *picture_of_bytes(GBytes *picture, guint max_pixels, GError **error)
{
    gsize size = 0;
    const guint8 *bytes = g_bytes_get_data(picture, &size);
    HthSource source = {
        .fd = -1, .head = (guint8 *)bytes, .head_bytes = size, .size_bytes = (gint64)size
    };
    const HthMediaFormat format = hth_sniff(&source, HTH_FORMAT_UNKNOWN);
    if (max_pixels == 0 && format == HTH_FORMAT_JPEG)
        return g_bytes_ref(picture);
    if (codecs[format] == AV_CODEC_ID_NONE)
        return fail(error, HTH_ERROR_CORRUPT, "the embedded picture is of no known format");
    g_autoptr(AVFrame) frame = hth_image_decode(codecs[format], bytes, size, 0, error);
    if (frame == NULL)
        return NULL;
    return hth_image_to_jpeg(frame, 0, 0, max_pixels != 0 ? max_pixels : HTH_WORKER_PIXELS_MAX,
                             error);
}

/* ---- A frame of a video ---- */

static AVCodecContext *open_decoder(const AVStream *stream)
{
    const AVCodec *codec = avcodec_find_decoder(stream->codecpar->codec_id);
    if (codec == NULL)
        return NULL;
    g_autoptr(AVCodecContext) context = avcodec_alloc_context3(codec);
    if (avcodec_parameters_to_context(context, stream->codecpar) < 0)
        return NULL;
    context->thread_count = 1;
    context->max_pixels = HTH_PICTURE_PIXELS_MAX;
    context->pkt_timebase = stream->time_base;
    return avcodec_open2(context, codec, NULL) == 0 ? g_steal_pointer(&context) : NULL;
}

/* The next frame that decodes, from where the file was seeked to. */
static AVFrame *next_frame(AVFormatContext *format, const AVStream *stream, AVCodecContext *decoder)
{
    AVPacket *packet = av_packet_alloc();
    g_autoptr(AVFrame) frame = av_frame_alloc();
    gboolean is_found = FALSE;
    gboolean is_end = FALSE;
    for (guint i = 0; i < PACKETS_MAX && !is_found && !is_end; i++) {
        is_end = av_read_frame(format, packet) < 0;
        if (!is_end && packet->stream_index == stream->index)
            (void)avcodec_send_packet(decoder, packet); /* a broken one is left out */
        if (is_end)
            (void)avcodec_send_packet(decoder, NULL);
        is_found = avcodec_receive_frame(decoder, frame) == 0;
        av_packet_unref(packet);
    }
    av_packet_free(&packet);
    return is_found ? g_steal_pointer(&frame) : NULL;
}

/* EXIF's orientation that does what the display matrix does; mirrored ones are not in use. */
static guint orientation_of(AVStream *stream)
{
    const guint8 *data = av_stream_get_side_data(stream, AV_PKT_DATA_DISPLAYMATRIX, NULL);
    gint32 matrix[9];
    if (data == NULL)
        return 1;
    memcpy(matrix, data, sizeof matrix);
    if (matrix[0] == 0 && matrix[1] != 0)
        return matrix[1] > 0 ? 6 : 8;
    return matrix[0] < 0 && matrix[4] < 0 ? 3 : 1;
}

static AVFrame *frame_of_video(HthAv *av, AVStream *stream)
{
    g_autoptr(AVCodecContext) decoder = open_decoder(stream);
    if (decoder == NULL)
        return NULL;
    gint64 at_us = av->format->duration > 0 ? MIN(av->format->duration / 10, FRAME_AT_MAX_US) : 0;
    if (av->format->start_time > 0)
        at_us += av->format->start_time;
    AVFrame *frame = NULL;
    if (at_us > 0 && av_seek_frame(av->format, -1, at_us, AVSEEK_FLAG_BACKWARD) >= 0)
        frame = next_frame(av->format, stream, decoder);
    if (frame == NULL) {                                          /* then the first one of all */
        (void)av_seek_frame(av->format, -1, 0, AVSEEK_FLAG_BYTE); /* where it fails, it is there */
        avcodec_flush_buffers(decoder);
        frame = next_frame(av->format, stream, decoder);
    }
    return frame;
}

static GBytes *picture_of_video(HthSource *source, HthMediaFormat format, guint max_pixels,
                                GError **error)
{
    g_autoptr(HthAv) av = hth_av_open(source, format, error);
    if (av == NULL)
        return NULL;
    (void)avformat_find_stream_info(av->format, NULL); /* what it found is looked at below */
    AVStream *stream = hth_av_video_stream(av->format);
    if (stream == NULL)
        return fail(error, HTH_ERROR_NOT_FOUND, "no video in the file");
    g_autoptr(AVFrame) frame = frame_of_video(av, stream);
    if (frame == NULL)
        return fail(error, HTH_ERROR_CORRUPT, "no frame of the video can be decoded");
    const AVRational aspect = av_guess_sample_aspect_ratio(av->format, stream, frame);
    return hth_image_to_jpeg(frame, orientation_of(stream),
                             aspect.num > 0 && aspect.den > 0 ? av_q2d(aspect) : 1, max_pixels,
                             error);
}

GBytes *hth_picture_make(HthSource *source, HthMediaFormat hint, guint max_pixels, GError **error)
{
    const guint limit = max_pixels != 0 ? max_pixels : HTH_WORKER_PIXELS_MAX;
    g_auto(HthProbe) probe = { 0 };
    if (!hth_probe_run(&probe, source, hint, error))
        return NULL;
    if (probe.info->kind == HTH_MEDIA_PHOTO)
        return picture_of_photo(&probe, limit, error);
    if (probe.picture != NULL)
        return picture_of_bytes(probe.picture, max_pixels, error);
    if (probe.info->kind == HTH_MEDIA_VIDEO)
        return picture_of_video(source, hth_sniff(source, hint), limit, error);
    return fail(error, HTH_ERROR_NOT_FOUND, "no picture in the file");
}
