/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mpeg-audio.h"

#include <string.h>

#include "base/error.h"
#include "bytes.h"
#include "id3.h"

/* How far behind the tag the first frame may be: some files have rubbish or padding there. */
#define SEARCH_BYTES (64 * 1024)

typedef struct {
    guint version; /* 1: MPEG 1, 2: MPEG 2, 3: MPEG 2.5 */
    guint layer;
    guint bitrate_bps;
    guint sample_rate_hz;
    guint channels;
    guint samples; /* of one frame and channel */
    guint size_bytes;
} Frame;

/* kbit/s by MPEG 1 or 2, layer, index (ISO 11172-3, table 3-B.1). */
static const guint16 bitrates[2][3][15] = {
    { { 0, 32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448 },
      { 0, 32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384 },
      { 0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320 } },
    { { 0, 32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256 },
      { 0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160 },
      { 0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160 } },
};

static const guint16 sample_rates[3] = { 44100, 48000, 32000 };

static gboolean parse_header(const guint8 *at, Frame *out)
{
    const guint version_bits = (at[1] >> 3) & 3, layer_bits = (at[1] >> 1) & 3;
    const guint bitrate_index = at[2] >> 4, rate_index = (at[2] >> 2) & 3;
    if (at[0] != 0xff || (at[1] & 0xe0) != 0xe0 || version_bits == 1 || layer_bits == 0 ||
        bitrate_index == 0 || bitrate_index == 15 || rate_index == 3)
        return FALSE;
    out->version = version_bits == 3 ? 1 : version_bits == 2 ? 2 : 3;
    out->layer = 4 - layer_bits;
    const gboolean is_low = out->version != 1;
    out->bitrate_bps = bitrates[is_low][out->layer - 1][bitrate_index] * 1000u;
    out->sample_rate_hz = sample_rates[rate_index] >> (out->version - 1);
    out->channels = at[3] >> 6 == 3 ? 1 : 2;
    out->samples = out->layer == 1 ? 384 : out->layer == 3 && is_low ? 576 : 1152;
    const guint padding = (at[2] >> 1) & 1;
    out->size_bytes = out->layer == 1
                          ? (12 * out->bitrate_bps / out->sample_rate_hz + padding) * 4
                          : out->samples / 8 * out->bitrate_bps / out->sample_rate_hz + padding;
    return out->size_bytes >= 24;
}

/* Two frames of one stream have these in common. */
static gboolean is_same_stream(const Frame *a, const Frame *b)
{
    return a->version == b->version && a->layer == b->layer &&
           a->sample_rate_hz == b->sample_rate_hz;
}

static gboolean find_frame(const guint8 *bytes, gsize size, gsize *out_at, Frame *out)
{
    for (gsize at = 0; at + 4 <= size; at++) {
        Frame next;
        if (bytes[at] != 0xff || !parse_header(bytes + at, out))
            continue;
        const gsize behind = at + out->size_bytes;
        if (behind + 4 > size ? at < 4
                              : parse_header(bytes + behind, &next) && is_same_stream(out, &next)) {
            *out_at = at;
            return TRUE;
        }
    }
    return FALSE;
}

gboolean hth_mpeg_audio_is_frame(const guint8 *bytes, gsize size_bytes)
{
    Frame frame, next;
    if (size_bytes < 4 || !parse_header(bytes, &frame) || frame.layer != 3)
        return FALSE;
    if (frame.size_bytes + 4 > size_bytes)
        return TRUE;
    return parse_header(bytes + frame.size_bytes, &next) && is_same_stream(&frame, &next);
}

/* The number of frames in a Xing, Info or VBRI header inside the first frame; 0: there is none.
 * @out_cut_samples: what LAME says is silence that it added. */
static guint32 count_in_first_frame(const guint8 *bytes, gsize size, const Frame *frame,
                                    guint *out_cut_samples)
{
    const gsize side =
        frame->version == 1 ? (frame->channels == 1 ? 17 : 32) : (frame->channels == 1 ? 9 : 17);
    const gsize xing = 4 + side;
    *out_cut_samples = 0;
    if (xing + 12 <= size &&
        (memcmp(bytes + xing, "Xing", 4) == 0 || memcmp(bytes + xing, "Info", 4) == 0)) {
        const guint32 flags = be32(bytes + xing + 4);
        gsize lame = xing + 8 + ((flags & 1) ? 4 : 0) + ((flags & 2) ? 4 : 0) +
                     ((flags & 4) ? 100 : 0) + ((flags & 8) ? 4 : 0);
        if (lame + 24 <= size &&
            (memcmp(bytes + lame, "LAME", 4) == 0 || memcmp(bytes + lame, "Lav", 3) == 0))
            *out_cut_samples =
                (guint)(be24(bytes + lame + 21) >> 12) + (be24(bytes + lame + 21) & 0xfff);
        return (flags & 1) != 0 ? be32(bytes + xing + 8) : 0;
    }
    if (size >= 36 + 18 && memcmp(bytes + 36, "VBRI", 4) == 0)
        return be32(bytes + 36 + 14);
    return 0;
}

static void set_duration(HthMediaInfo *info, const Frame *frame, guint32 n_frames,
                         guint cut_samples, gint64 audio_bytes)
{
    if (n_frames == 0) {
        /* No count: as if every frame were like the first. */
        info->bitrate_bps = frame->bitrate_bps;
        info->duration_ms = audio_bytes * 8 * 1000 / frame->bitrate_bps;
        return;
    }
    gint64 samples = (gint64)n_frames * frame->samples;
    if (samples > cut_samples)
        samples -= cut_samples;
    info->duration_ms = samples * 1000 / frame->sample_rate_hz;
    if (info->duration_ms > 0)
        info->bitrate_bps = (guint32)MIN(audio_bytes * 8 * 1000 / info->duration_ms, 10000000);
}

/* Tags may follow each other, and some programs leave an old one in front. Returns: where they end.
 */
static gint64 read_leading_tags(HthProbe *probe)
{
    gint64 at = 0;
    for (guint i = 0; i < 4; i++) {
        guint8 header[10];
        const gsize n = hth_source_read_at(probe->source, at, header, sizeof header);
        const gsize tag_size = hth_id3_tag_size(header, n);
        if (tag_size == 0)
            break;
        const gsize wanted = MIN(tag_size, HTH_PROBE_PICTURE_MAX);
        if (at == 0 && wanted <= probe->source->head_bytes) {
            hth_id3_read(probe, probe->source->head, wanted);
        } else {
            g_autoptr(GByteArray) tag = hth_source_read_block(probe->source, at, wanted);
            hth_id3_read(probe, tag->data, tag->len);
        }
        at += (gint64)tag_size;
    }
    return at;
}

gboolean hth_mpeg_audio_read(HthProbe *probe, GError **error)
{
    HthSource *source = probe->source;
    HthMediaInfo *info = probe->info;
    gint64 start = read_leading_tags(probe);
    Frame frame;
    gsize at = 0;
    g_autoptr(GByteArray) block = NULL;
    for (gsize wanted = 4096; wanted <= SEARCH_BYTES; wanted *= 4) {
        g_clear_pointer(&block, g_byte_array_unref);
        block = hth_source_read_block(source, start, wanted);
        if (find_frame(block->data, block->len, &at, &frame))
            break;
        if (wanted == SEARCH_BYTES || block->len < wanted) {
            g_set_error(error, HTH_ERROR, HTH_ERROR_CORRUPT, "no MPEG audio in it");
            return FALSE;
        }
    }
    start += (gint64)at;
    gint64 end = source->size_bytes;
    guint8 v1[128];
    if (end - start > 128 && hth_source_read_at(source, end - 128, v1, 128) == 128 &&
        hth_id3_read_v1(probe, v1))
        end -= 128;

    guint cut_samples;
    const guint32 n_frames =
        count_in_first_frame(block->data + at, block->len - at, &frame, &cut_samples);
    info->kind = HTH_MEDIA_AUDIO;
    info->format = HTH_FORMAT_MP3;
    info->n_audio_streams = 1;
    g_strlcpy(info->audio_codec,
              frame.layer == 3   ? "mp3"
              : frame.layer == 2 ? "mp2"
                                 : "mp1",
              sizeof info->audio_codec);
    info->sample_rate_hz = frame.sample_rate_hz;
    info->channels = (guint8)frame.channels;
    set_duration(info, &frame, n_frames, cut_samples, end - start);
    return TRUE;
}
