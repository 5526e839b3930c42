/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "av.h"

#include <libavcodec/avcodec.h>
#include <string.h>

#include "base/error.h"
#include "mp4-tags.h"
#include "tags.h"

#define BUFFER_BYTES (32 * 1024)

/* What may be read to find the streams of a format without a header, and how much play time. */
#define PROBE_BYTES (5 * 1024 * 1024)
#define ANALYZE_US  (3 * 1000 * 1000)
#define STREAMS_MAX 100

/* The only demuxers that are ever used. None of them opens another file: those that do (hls, dash,
 * concat, image2, the playlists) are not here, and references inside MOV are refused. */
static const char *const demuxers[HTH_N_FORMATS] = {
    [HTH_FORMAT_OGG] = "ogg",        [HTH_FORMAT_MP4] = "mov",
    [HTH_FORMAT_MOV] = "mov",        [HTH_FORMAT_WAV] = "wav",
    [HTH_FORMAT_AIFF] = "aiff",      [HTH_FORMAT_ASF] = "asf",
    [HTH_FORMAT_AAC] = "aac",        [HTH_FORMAT_MATROSKA] = "matroska",
    [HTH_FORMAT_WEBM] = "matroska",  [HTH_FORMAT_AVI] = "avi",
    [HTH_FORMAT_MPEG_TS] = "mpegts", [HTH_FORMAT_MPEG_TS_192] = "mpegts",
    [HTH_FORMAT_MPEG_PS] = "mpeg",
};

/* ---- The file as libavformat reads it ---- */

static int on_read(void *opaque, uint8_t *buffer, int size)
{
    HthAv *self = opaque;
    const gsize n = hth_source_read_at(self->source, self->position, buffer, (gsize)size);
    self->position += (gint64)n;
    return n > 0 ? (int)n : AVERROR_EOF;
}

static int64_t on_seek(void *opaque, int64_t offset, int whence)
{
    HthAv *self = opaque;
    gint64 base = 0;
    switch (whence & ~AVSEEK_FORCE) {
    case AVSEEK_SIZE:
        return self->source->size_bytes;
    case SEEK_CUR:
        base = self->position;
        break;
    case SEEK_END:
        base = self->source->size_bytes;
        break;
    default:
        break;
    }
    if (offset > G_MAXINT64 / 2 || base + offset < 0)
        return AVERROR(EINVAL);
    self->position = base + offset;
    return self->position;
}

/* No demuxer opens anything else. */
static int on_open_other(AVFormatContext *format, AVIOContext **io, const char *url, int flags,
                         AVDictionary **options)
{
    return AVERROR(EACCES);
}

static AVFormatContext *new_format(HthAv *self)
{
    AVFormatContext *format = avformat_alloc_context();
    uint8_t *buffer = av_malloc(BUFFER_BYTES);
    self->io = avio_alloc_context(buffer, BUFFER_BYTES, 0, self, on_read, NULL, on_seek);
    format->pb = self->io;
    format->flags |= AVFMT_FLAG_CUSTOM_IO;
    format->io_open = on_open_other;
    format->probesize = PROBE_BYTES;
    format->max_analyze_duration = ANALYZE_US;
    format->max_streams = STREAMS_MAX;
    format->protocol_whitelist = av_strdup("none");
    return format;
}

HthAv *hth_av_open(HthSource *source, HthMediaFormat format, GError **error)
{
    const char *name = demuxers[format];
    const AVInputFormat *demuxer = name != NULL ? av_find_input_format(name) : NULL;
    if (demuxer == NULL) {
        g_set_error(error, HTH_ERROR, HTH_ERROR_UNSUPPORTED, "no reader for this format");
        return NULL;
    }
    g_autoptr(HthAv) self = g_new0(HthAv, 1);
    self->source = source;
    self->format = new_format(self);
    self->format->format_whitelist = av_strdup(demuxer->name);
    /* Frees the context when it fails, and sets it to NULL. */
    const int status = avformat_open_input(&self->format, "", demuxer, NULL);
    if (status < 0) {
        g_set_error(error, HTH_ERROR, HTH_ERROR_CORRUPT, "not a readable %s file: %s", name,
                    av_err2str(status));
        return NULL;
    }
    return g_steal_pointer(&self);
}

void hth_av_free(HthAv *self)
{
    if (self == NULL)
        return;
    avformat_close_input(&self->format);
    if (self->io != NULL)
        av_freep(&self->io->buffer);
    avio_context_free(&self->io);
    g_free(self);
}

AVStream *hth_av_video_stream(AVFormatContext *format)
{
    for (guint i = 0; i < format->nb_streams; i++) {
        AVStream *stream = format->streams[i];
        if (stream->codecpar->codec_type == AVMEDIA_TYPE_VIDEO &&
            (stream->disposition & AV_DISPOSITION_ATTACHED_PIC) == 0)
            return stream;
    }
    return NULL;
}

/* ---- The probe ---- */

static gboolean has_codec(const AVStream *stream)
{
    const AVCodecParameters *par = stream->codecpar;
    if (par->codec_type == AVMEDIA_TYPE_AUDIO)
        return par->codec_id != AV_CODEC_ID_NONE && par->sample_rate > 0 &&
               par->ch_layout.nb_channels > 0;
    if (par->codec_type == AVMEDIA_TYPE_VIDEO)
        return par->codec_id != AV_CODEC_ID_NONE && par->width > 0 && par->height > 0;
    return TRUE;
}

static gboolean lacks_frame_rate(const AVFormatContext *format, const AVStream *stream)
{
    return strcmp(format->iformat->name, "avi") != 0 &&
           stream->codecpar->codec_type == AVMEDIA_TYPE_VIDEO &&
           (stream->disposition & AV_DISPOSITION_ATTACHED_PIC) == 0 &&
           stream->avg_frame_rate.num == 0 && stream->r_frame_rate.num == 0;
}

/* A format with a header says all of this without a look at the frames. */
static gboolean needs_more(const AVFormatContext *format)
{
    if (format->nb_streams == 0 || (format->ctx_flags & AVFMTCTX_NOHEADER) != 0)
        return TRUE;
    gboolean has_duration = format->duration > 0;
    for (guint i = 0; i < format->nb_streams; i++) {
        if (!has_codec(format->streams[i]))
            return TRUE;
        if (lacks_frame_rate(format, format->streams[i]))
            return TRUE;
        has_duration |= format->streams[i]->duration > 0;
    }
    return !has_duration;
}

static void add_tags(HthMediaInfo *info, const AVDictionary *tags, gboolean is_quicktime)
{
    const AVDictionaryEntry *entry = NULL;
    while ((entry = av_dict_get(tags, "", entry, AV_DICT_IGNORE_SUFFIX)) != NULL)
        hth_tags_add(info, entry->key, entry->value);
    /* What a camera wrote; only where no tag of a person says more. */
    entry = is_quicktime ? av_dict_get(tags, "creation_time", NULL, 0) : NULL;
    if (entry != NULL && info->date == NULL && !g_str_has_prefix(entry->value, "1904") &&
        !g_str_has_prefix(entry->value, "1970"))
        hth_tags_add(info, "date", entry->value);
}

static void set_codec_name(char to[24], enum AVCodecID id)
{
    g_strlcpy(to, avcodec_get_name(id), sizeof((HthMediaInfo *)NULL)->audio_codec);
}

/* H.264 and H.265 keep profile and level in their configuration record (ISO 14496-15), and
 * libavformat fills the parameters from it only after a look at the frames. */
static void profile_from_extradata(const AVCodecParameters *par, int *profile, int *level)
{
    const guint8 *at = par->extradata;
    if (*profile >= 0 || par->extradata_size < 13 || at[0] != 1)
        return;
    if (par->codec_id == AV_CODEC_ID_H264) {
        *profile = at[1];
        if (at[1] == FF_PROFILE_H264_BASELINE && (at[2] & 0x40) != 0)
            *profile = FF_PROFILE_H264_CONSTRAINED_BASELINE;
        *level = at[3];
    } else if (par->codec_id == AV_CODEC_ID_HEVC) {
        *profile = at[1] & 0x1f;
        *level = at[12];
    }
}

/* 41 for 4.1: as H.264 counts; H.265 counts in thirtieths. */
static guint16 plain_level(enum AVCodecID id, int level)
{
    if (level <= 0 || level > 999)
        return 0;
    return (guint16)(id == AV_CODEC_ID_HEVC ? level / 3 : level);
}

/* Whether a matrix turns the picture by 90 or 270 degrees. */
static gboolean is_turned(AVStream *stream)
{
    const guint8 *data = av_stream_get_side_data(stream, AV_PKT_DATA_DISPLAYMATRIX, NULL);
    if (data == NULL)
        return FALSE;
    gint32 matrix[9];
    memcpy(matrix, data, sizeof matrix);
    return matrix[0] == 0 && matrix[1] != 0;
}

static double frame_rate_of(AVFormatContext *format, AVStream *stream)
{
    const AVRational rate = av_guess_frame_rate(format, stream, NULL);
    if (rate.num > 0 && rate.den > 0)
        return av_q2d(rate);
    /* AVI counts in frames. */
    const gboolean is_avi = strcmp(format->iformat->name, "avi") == 0;
    return is_avi && stream->time_base.num > 0 ? 1 / av_q2d(stream->time_base) : 0;
}

static void set_video(HthMediaInfo *info, AVFormatContext *format, AVStream *stream)
{
    const AVCodecParameters *par = stream->codecpar;
    int profile = par->profile, level = par->level;
    profile_from_extradata(par, &profile, &level);
    set_codec_name(info->video_codec, par->codec_id);
    const char *profile_name = avcodec_profile_name(par->codec_id, profile);
    if (profile_name != NULL)
        g_strlcpy(info->video_profile, profile_name, sizeof info->video_profile);
    info->video_level = plain_level(par->codec_id, level);
    const gboolean turned = is_turned(stream);
    info->width = (guint32)MAX(turned ? par->height : par->width, 0);
    info->height = (guint32)MAX(turned ? par->width : par->height, 0);
    info->frame_rate = frame_rate_of(format, stream);
    info->is_interlaced = par->field_order > AV_FIELD_PROGRESSIVE;
}

static void set_audio(HthMediaInfo *info, const AVStream *stream)
{
    const AVCodecParameters *par = stream->codecpar;
    set_codec_name(info->audio_codec, par->codec_id);
    info->sample_rate_hz = (guint32)MAX(par->sample_rate, 0);
    info->channels = (guint8)CLAMP(par->ch_layout.nb_channels, 0, G_MAXUINT8);
    int bits = par->bits_per_raw_sample;
    if (bits <= 0)
        bits = av_get_exact_bits_per_sample(par->codec_id) > 0 || par->codec_id == AV_CODEC_ID_ALAC
                   ? par->bits_per_coded_sample
                   : 0;
    info->bits_per_sample = (guint8)CLAMP(bits, 0, 64);
}

static gint64 duration_ms(const AVFormatContext *format)
{
    if (format->duration > 0)
        return av_rescale(format->duration, 1000, AV_TIME_BASE);
    gint64 longest = 0;
    for (guint i = 0; i < format->nb_streams; i++) {
        const AVStream *stream = format->streams[i];
        if (stream->duration > 0)
            longest = MAX(longest, av_rescale_q(stream->duration, stream->time_base,
                                                (AVRational){ 1, 1000 }));
    }
    return longest;
}

static void read_streams(HthProbe *probe, AVFormatContext *format, gboolean is_quicktime)
{
    HthMediaInfo *info = probe->info;
    for (guint i = 0; i < format->nb_streams; i++) {
        AVStream *stream = format->streams[i];
        const AVCodecParameters *par = stream->codecpar;
        if (par->codec_type == AVMEDIA_TYPE_AUDIO) {
            if (info->n_audio_streams == 0) {
                set_audio(info, stream);
                if (strcmp(format->iformat->name, "ogg") == 0)
                    add_tags(info, stream->metadata, FALSE);
            }
            info->n_audio_streams += info->n_audio_streams < G_MAXUINT8;
        } else if ((stream->disposition & AV_DISPOSITION_ATTACHED_PIC) != 0) {
            const gboolean is_cover =
                par->codec_id == AV_CODEC_ID_MJPEG || par->codec_id == AV_CODEC_ID_PNG;
            hth_probe_offer_picture(probe, is_cover ? 3 : 0, stream->attached_pic.data,
                                    (gsize)MAX(stream->attached_pic.size, 0));
        }
    }
    AVStream *video = hth_av_video_stream(format);
    if (video != NULL) {
        set_video(info, format, video);
        add_tags(info, video->metadata, is_quicktime);
    }
    info->kind = video != NULL ? HTH_MEDIA_VIDEO : HTH_MEDIA_AUDIO;
}

static HthMediaFormat exact_format(const HthAv *self, HthMediaFormat format)
{
    /* WebM is Matroska with a doctype of its own, in the first bytes. */
    if (format == HTH_FORMAT_MATROSKA &&
        memmem(self->source->head, MIN(self->source->head_bytes, 64), "webm", 4) != NULL)
        return HTH_FORMAT_WEBM;
    return format;
}

gboolean hth_av_probe(HthProbe *probe, HthMediaFormat format, GError **error)
{
    g_autoptr(HthAv) self = hth_av_open(probe->source, format, error);
    if (self == NULL)
        return FALSE;
    HthMediaInfo *info = probe->info;
    const gboolean is_quicktime = format == HTH_FORMAT_MP4 || format == HTH_FORMAT_MOV;
    if (needs_more(self->format))
        (void)avformat_find_stream_info(self->format, NULL); /* what it found is looked at below */
    if (self->format->nb_streams == 0) {
        g_set_error(error, HTH_ERROR, HTH_ERROR_CORRUPT, "nothing to play in it");
        return FALSE;
    }
    if (is_quicktime)
        hth_mp4_tags_read(probe); /* first: lists leave out what they have */
    add_tags(info, self->format->metadata, is_quicktime);
    read_streams(probe, self->format, is_quicktime);
    if (info->n_audio_streams == 0 && info->kind == HTH_MEDIA_AUDIO) {
        g_set_error(error, HTH_ERROR, HTH_ERROR_CORRUPT, "no audio or video in it");
        return FALSE;
    }
    info->format = exact_format(self, format);
    info->duration_ms = duration_ms(self->format);
    if (self->format->bit_rate > 0)
        info->bitrate_bps = (guint32)MIN(self->format->bit_rate, G_MAXUINT32);
    else if (info->duration_ms > 0)
        info->bitrate_bps = (guint32)MIN(
            (double)self->source->size_bytes * 8000 / (double)info->duration_ms, G_MAXUINT32);
    return TRUE;
}
