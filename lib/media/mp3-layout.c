/* SPDX-License-Identifier: GPL-3.0-or-later */
/* MP3: tags, a frame that holds no sound but the encoder's notes, frames, tags. */
#include <string.h>

#include "media/tag-regions.h"

/* Between the tags and the first frame: padding that a tag did not count, or rubbish. */
#define GAP_MAX       (256 * 1024)
#define FRAME_MAX     2881 /* MPEG 2.5, layer II at 160 kbit/s and 8 kHz, with padding */
#define LEAD_TAGS_MAX 16

typedef struct {
    guint length;
    guint side_info_bytes; /* layer III: what is between the header and Xing's mark */
    guint8 kind[3];        /* version, layer and sample rate: equal in all frames of a file */
} Frame;

/* ISO/IEC 11172-3 and 13818-3, section 2.4.2.3. FALSE: no frame of a known length. */
static gboolean frame_parse(const guint8 head[4], Frame *out_frame)
{
    static const guint16 rates_1[3][15] = {
        { 0, 32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448 },
        { 0, 32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384 },
        { 0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320 },
    };
    static const guint16 rates_2[2][15] = {
        { 0, 32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256 },
        { 0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160 },
    };
    static const guint32 hertz[3] = { 44100, 48000, 32000 };
    const guint version = head[1] >> 3 & 3; /* 0: 2.5, 2: 2, 3: 1 */
    const guint layer = 4 - (head[1] >> 1 & 3);
    const guint rate = head[2] >> 4;
    const guint hertz_index = head[2] >> 2 & 3;
    if (head[0] != 0xff || head[1] < 0xe0 || version == 1 || layer == 4 || rate == 0 ||
        rate == 15 || hertz_index == 3)
        return FALSE;
    const gboolean is_1 = version == 3;
    const guint bps = 1000U * (is_1 ? rates_1[layer - 1][rate] : rates_2[layer > 1][rate]);
    const guint hz = hertz[hertz_index] >> (is_1 ? 0 : version == 2 ? 1 : 2);
    const guint padding = head[2] >> 1 & 1;
    if (layer == 1)
        out_frame->length = (12 * bps / hz + padding) * 4;
    else
        out_frame->length = (layer == 3 && !is_1 ? 72 : 144) * bps / hz + padding;
    const gboolean is_mono = head[3] >> 6 == 3;
    out_frame->side_info_bytes = is_1 ? (is_mono ? 17 : 32) : (is_mono ? 9 : 17);
    out_frame->kind[0] = (guint8)version;
    out_frame->kind[1] = (guint8)layer;
    out_frame->kind[2] = (guint8)hertz_index;
    return out_frame->length > 4 && out_frame->length <= FRAME_MAX;
}

/* A frame begins at @at, and another of its kind, or the end, behind it. */
static gboolean is_frame_at(HthLayoutBuilder *builder, guint64 at, guint64 end, Frame *out_frame)
{
    guint8 head[4];
    Frame next;
    if (end - at < 4 || !hth_layout_builder_read(builder, at, head, 4) ||
        !frame_parse(head, out_frame) || out_frame->length > end - at)
        return FALSE;
    const guint64 behind = at + out_frame->length;
    return behind == end ||
           (end - behind >= 4 && hth_layout_builder_read(builder, behind, head, 4) &&
            frame_parse(head, &next) && memcmp(next.kind, out_frame->kind, sizeof next.kind) == 0);
}

/* Returns: the first frame at or behind @begin; @end: there is none. */
static guint64 find_frame(HthLayoutBuilder *builder, guint64 begin, guint64 end, Frame *out_frame)
{
    if (is_frame_at(builder, begin, end, out_frame))
        return begin;
    const gsize n = (gsize)MIN(end - begin, GAP_MAX);
    g_autofree guint8 *bytes = g_malloc(n);
    if (!hth_layout_builder_read(builder, begin, bytes, n))
        return end;
    for (gsize i = 0; i + 1 < n; i++) {
        if (bytes[i] == 0xff && bytes[i + 1] >= 0xe0 &&
            is_frame_at(builder, begin + i, end, out_frame))
            return begin + i;
    }
    return end;
}

/* Whether the frame at @at is Xing's, LAME's ("Info") or Fraunhofer's. */
static gboolean is_notes_frame(HthLayoutBuilder *builder, guint64 at, const Frame *frame)
{
    guint8 bytes[64] = { 0 };
    const gsize n = MIN(frame->length, sizeof bytes);
    if (!hth_layout_builder_read(builder, at, bytes, n) || frame->kind[1] != 3)
        return FALSE;
    const guint8 *mark = bytes + 4 + frame->side_info_bytes;
    return memcmp(mark, "Xing", 4) == 0 || memcmp(mark, "Info", 4) == 0 ||
           memcmp(bytes + 36, "VBRI", 4) == 0;
}

gboolean hth_mp3_layout(HthLayoutBuilder *builder)
{
    guint64 at = 0;
    for (guint i = 0; i < LEAD_TAGS_MAX; i++) {
        const guint64 size = hth_tag_regions_id3_size(builder, at);
        if (size == 0)
            break;
        hth_tag_regions_add_id3(builder, size);
        at += size;
    }
    HthTrailingTags tags;
    hth_trailing_tags_find(builder, at, &tags);
    Frame frame;
    guint64 first = find_frame(builder, at, tags.offset, &frame);
    if (first == tags.offset)
        return FALSE;
    hth_layout_builder_add_metadata(builder, first - at);
    if (is_notes_frame(builder, first, &frame)) {
        hth_layout_builder_add_metadata(builder, frame.length);
        first += frame.length;
    }
    if (first < tags.offset)
        hth_layout_builder_add_essence(builder, "mp3", 3);
    hth_layout_builder_add_payload(builder, tags.offset - first, TRUE);
    hth_trailing_tags_add(builder, &tags);
    return TRUE;
}
