/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "media/tag-regions.h"

#include <string.h>

/* https://id3.org/id3v2.4.0-structure and its predecessors. */
#define ID3_HEAD_BYTES     10
#define ID3_UNSYNCHRONISED 0x80
#define ID3_EXTENDED       0x40
#define ID3_HAS_FOOTER     0x10
#define ID3_FRAMES_MAX     4096
/* Of a picture's frame: what may stand before the picture. */
#define PICTURE_HEAD_MAX 1024

#define APE_FOOT_BYTES 32
#define APE_ITEMS_MAX  1024
#define APE_HAS_HEADER (1U << 31)

static guint32 be32(const guint8 *at)
{
    return (guint32)at[0] << 24 | (guint32)at[1] << 16 | (guint32)at[2] << 8 | at[3];
}

static guint32 le32(const guint8 *at)
{
    return (guint32)at[3] << 24 | (guint32)at[2] << 16 | (guint32)at[1] << 8 | at[0];
}

/* Seven bits a byte. */
static guint32 syncsafe(const guint8 *at)
{
    return (guint32)(at[0] & 0x7f) << 21 | (guint32)(at[1] & 0x7f) << 14 |
           (guint32)(at[2] & 0x7f) << 7 | (at[3] & 0x7f);
}

/* ---- ID3v2 ---- */

static gboolean is_id3_head(const guint8 *head, const char *mark)
{
    return memcmp(head, mark, 3) == 0 && head[3] >= 2 && head[3] <= 4 && head[4] != 0xff &&
           (head[6] | head[7] | head[8] | head[9]) < 0x80;
}

guint64 hth_tag_regions_id3_size(HthLayoutBuilder *builder, guint64 offset)
{
    guint8 head[ID3_HEAD_BYTES];
    if (!hth_layout_builder_read(builder, offset, head, sizeof head) || !is_id3_head(head, "ID3"))
        return 0;
    const guint64 size = ID3_HEAD_BYTES + (guint64)syncsafe(head + 6) +
                         (head[3] == 4 && (head[5] & ID3_HAS_FOOTER) != 0 ? ID3_HEAD_BYTES : 0);
    return size <= hth_layout_builder_size(builder) - offset ? size : 0;
}

static gboolean is_frame_id(const guint8 *id, gsize length)
{
    for (gsize i = 0; i < length; i++) {
        if (!g_ascii_isupper(id[i]) && !g_ascii_isdigit(id[i]))
            return FALSE;
    }
    return TRUE;
}

/* iTunes wrote plain numbers into version 2.4: what is followed by a frame, padding or the end is
 * the size. */
static guint32 frame_size_v4(HthLayoutBuilder *builder, const guint8 *head, guint64 at, guint64 end)
{
    const guint32 plain = be32(head + 4);
    const guint32 safe = syncsafe(head + 4);
    if (plain == safe)
        return safe;
    const guint64 next = at + ID3_HEAD_BYTES + safe;
    guint8 id[4];
    if (next == end || (next + 4 <= end && hth_layout_builder_read(builder, next, id, 4) &&
                        (id[0] == 0 || is_frame_id(id, 4))))
        return safe;
    return plain;
}

/* Where a text that begins at @at ends, in the encoding that @encoding says; 0: nowhere. */
static gsize text_end(const guint8 *bytes, gsize n, gsize at, guint8 encoding)
{
    const gboolean is_wide = encoding == 1 || encoding == 2;
    for (; at + (is_wide ? 2 : 1) <= n; at += is_wide ? 2 : 1) {
        if (bytes[at] == 0 && (!is_wide || bytes[at + 1] == 0))
            return at + (is_wide ? 2 : 1);
    }
    return 0;
}

/* How many bytes stand before the picture in an APIC or PIC frame's content; 0: not known. */
static gsize picture_head(const guint8 *bytes, gsize n, guint version)
{
    if (n < 6)
        return 0;
    /* Encoding, media type as ASCII (three letters in 2.2), picture type, description. */
    const gsize type_end = version == 2 ? 4 : text_end(bytes, n, 1, 0);
    return type_end != 0 && type_end < n ? text_end(bytes, n, type_end + 1, bytes[0]) : 0;
}

typedef struct {
    guint version;
    gsize head_bytes; /* of a frame */
    guint64 end;      /* of the tag's frames */
} Id3Tag;

/* Adds a frame's content, of which the builder's position is the beginning. */
static void add_frame_content(HthLayoutBuilder *builder, const Id3Tag *tag, const guint8 *head,
                              guint32 size)
{
    const gboolean is_picture =
        tag->version == 2 ? memcmp(head, "PIC", 3) == 0 : memcmp(head, "APIC", 4) == 0;
    guint8 flags = tag->version == 2 ? 0 : head[9];
    gsize skip = 0;
    if (tag->version == 4 && flags == 0x01) { /* the length once more, before the content */
        flags = 0;
        skip = 4;
    }
    guint8 bytes[PICTURE_HEAD_MAX];
    const gsize n = MIN(size, sizeof bytes);
    gsize before = 0;
    /* A packed, encrypted or unsynchronised picture is not the picture's bytes. */
    if (is_picture && flags == 0 && n > skip &&
        hth_layout_builder_read(builder, hth_layout_builder_position(builder), bytes, n))
        before = picture_head(bytes + skip, n - skip, tag->version);
    if (before == 0) {
        hth_layout_builder_add_metadata(builder, size);
        return;
    }
    hth_layout_builder_add_metadata(builder, skip + before);
    hth_layout_builder_add_picture(builder, size - skip - before);
}

static void add_id3_frames(HthLayoutBuilder *builder, const Id3Tag *tag)
{
    for (guint i = 0; i < ID3_FRAMES_MAX; i++) {
        const guint64 at = hth_layout_builder_position(builder);
        guint8 head[ID3_HEAD_BYTES];
        if (tag->end - at <= tag->head_bytes ||
            !hth_layout_builder_read(builder, at, head, tag->head_bytes) ||
            !is_frame_id(head, tag->version == 2 ? 3 : 4))
            return;
        guint32 size;
        if (tag->version == 2)
            size = be32(head + 2) & 0xffffff;
        else
            size = tag->version == 3 ? be32(head + 4) : frame_size_v4(builder, head, at, tag->end);
        if (size > tag->end - at - tag->head_bytes)
            return;
        hth_layout_builder_add_metadata(builder, tag->head_bytes);
        add_frame_content(builder, tag, head, size);
    }
}

void hth_tag_regions_add_id3(HthLayoutBuilder *builder, guint64 length)
{
    const guint64 begin = hth_layout_builder_position(builder);
    const guint64 end = begin + length;
    guint8 head[ID3_HEAD_BYTES + 4];
    if (length > sizeof head && hth_layout_builder_read(builder, begin, head, sizeof head) &&
        is_id3_head(head, "ID3") && (head[5] & ID3_UNSYNCHRONISED) == 0) {
        const Id3Tag tag = {
            .version = head[3],
            .head_bytes = head[3] == 2 ? 6 : ID3_HEAD_BYTES,
            .end = MIN(end, begin + ID3_HEAD_BYTES + syncsafe(head + 6)),
        };
        guint64 before = ID3_HEAD_BYTES;
        if ((head[5] & ID3_EXTENDED) != 0 && tag.version == 3)
            before += 4 + (guint64)be32(head + ID3_HEAD_BYTES);
        else if ((head[5] & ID3_EXTENDED) != 0 && tag.version == 4)
            before += syncsafe(head + ID3_HEAD_BYTES);
        if (before < tag.end - begin) {
            hth_layout_builder_add_metadata(builder, before);
            add_id3_frames(builder, &tag);
        }
    }
    hth_layout_builder_add_metadata(builder, end - hth_layout_builder_position(builder));
}

/* ---- APE ---- */

/* Items: value's size, flags, key ending with 0, value. A cover's value is a file name ending with
 * 0, and the picture. */
void hth_tag_regions_add_ape(HthLayoutBuilder *builder, guint64 length)
{
    guint64 at = hth_layout_builder_position(builder);
    const guint64 end = at + length;
    guint8 head[APE_FOOT_BYTES + 8];
    if (length > sizeof head && hth_layout_builder_read(builder, at, head, sizeof head) &&
        memcmp(head, "APETAGEX", 8) == 0)
        hth_layout_builder_add_metadata(builder, APE_FOOT_BYTES);
    for (guint i = 0; i < APE_ITEMS_MAX; i++) {
        at = hth_layout_builder_position(builder);
        guint8 item[PICTURE_HEAD_MAX];
        const gsize n = (gsize)MIN(end - at, sizeof item);
        if (n < 12 || !hth_layout_builder_read(builder, at, item, n))
            break;
        const guint32 size = le32(item);
        const gsize key_end = text_end(item, n, 8, 0);
        if (key_end == 0 || size > end - at - key_end)
            break;
        const gboolean is_cover = g_ascii_strncasecmp((char *)item + 8, "Cover Art", 9) == 0;
        const gsize name_end = is_cover ? text_end(item, n, key_end, 0) : 0;
        if (name_end != 0 && name_end <= key_end + size) {
            hth_layout_builder_add_metadata(builder, name_end);
            hth_layout_builder_add_picture(builder, key_end + size - name_end);
        } else {
            hth_layout_builder_add_metadata(builder, key_end + size);
        }
    }
    hth_layout_builder_add_metadata(builder, end - hth_layout_builder_position(builder));
}

/* ---- Tags at the end ---- */

typedef guint64 (*TailSize)(HthLayoutBuilder *builder, guint64 begin, guint64 end);

/* Whether @mark stands @before bytes before @end. */
static gboolean has_mark(HthLayoutBuilder *builder, guint64 begin, guint64 end, guint64 before,
                         const char *mark)
{
    char bytes[16];
    const gsize length = strlen(mark);
    return before <= end - begin && hth_layout_builder_read(builder, end - before, bytes, length) &&
           memcmp(bytes, mark, length) == 0;
}

static guint64 id3v1_size(HthLayoutBuilder *builder, guint64 begin, guint64 end)
{
    if (!has_mark(builder, begin, end, 128, "TAG"))
        return 0;
    return has_mark(builder, begin, end, 128 + 227, "TAG+") ? 128 + 227 : 128;
}

static guint64 ape_size(HthLayoutBuilder *builder, guint64 begin, guint64 end)
{
    guint8 foot[APE_FOOT_BYTES];
    if (!has_mark(builder, begin, end, APE_FOOT_BYTES, "APETAGEX") ||
        !hth_layout_builder_read(builder, end - APE_FOOT_BYTES, foot, sizeof foot))
        return 0;
    const guint64 size =
        (guint64)le32(foot + 12) + ((le32(foot + 20) & APE_HAS_HEADER) != 0 ? APE_FOOT_BYTES : 0);
    return size >= APE_FOOT_BYTES && size <= end - begin ? size : 0;
}

/* http://id3.org/Lyrics3v2: six digits say how much is between them and the beginning. */
static guint64 lyrics2_size(HthLayoutBuilder *builder, guint64 begin, guint64 end)
{
    char digits[7] = "";
    if (!has_mark(builder, begin, end, 9, "LYRICS200") || end - begin < 15 ||
        !hth_layout_builder_read(builder, end - 15, digits, 6))
        return 0;
    const guint64 size = g_ascii_strtoull(digits, NULL, 10) + 15;
    return size <= end - begin && has_mark(builder, begin, end, size, "LYRICSBEGIN") ? size : 0;
}

/* Version 1 has no size, but at most 5,100 bytes of text. */
static guint64 lyrics1_size(HthLayoutBuilder *builder, guint64 begin, guint64 end)
{
    if (!has_mark(builder, begin, end, 9, "LYRICSEND"))
        return 0;
    guint8 bytes[5100 + 20];
    const gsize n = (gsize)MIN(sizeof bytes, end - begin);
    if (!hth_layout_builder_read(builder, end - n, bytes, n))
        return 0;
    for (gsize back = 20; back <= n; back++) {
        if (memcmp(bytes + n - back, "LYRICSBEGIN", 11) == 0)
            return back;
    }
    return 0;
}

static guint64 id3v2_foot_size(HthLayoutBuilder *builder, guint64 begin, guint64 end)
{
    guint8 foot[ID3_HEAD_BYTES];
    if (end - begin < 20 || !hth_layout_builder_read(builder, end - 10, foot, sizeof foot) ||
        !is_id3_head(foot, "3DI"))
        return 0;
    const guint64 size = (guint64)syncsafe(foot + 6) + 20;
    return size <= end - begin && has_mark(builder, begin, end, size, "ID3") ? size : 0;
}

static const TailSize tail_sizes[] = { id3v1_size, ape_size, lyrics2_size, lyrics1_size,
                                       id3v2_foot_size };

void hth_trailing_tags_find(HthLayoutBuilder *builder, guint64 begin, HthTrailingTags *out_tags)
{
    *out_tags = (HthTrailingTags){ .offset = hth_layout_builder_size(builder) };
    while (out_tags->n_tags < G_N_ELEMENTS(out_tags->starts)) {
        guint64 size = 0;
        for (guint i = 0; i < G_N_ELEMENTS(tail_sizes) && size == 0; i++)
            size = tail_sizes[i](builder, begin, out_tags->offset);
        if (size == 0)
            return;
        out_tags->offset -= size;
        out_tags->starts[out_tags->n_tags++] = out_tags->offset;
    }
}

void hth_trailing_tags_add(HthLayoutBuilder *builder, const HthTrailingTags *tags)
{
    for (guint i = tags->n_tags; i-- > 0;) {
        const guint64 begin = tags->starts[i];
        const guint64 end = i > 0 ? tags->starts[i - 1] : hth_layout_builder_size(builder);
        if (hth_tag_regions_id3_size(builder, begin) != 0)
            hth_tag_regions_add_id3(builder, end - begin);
        else if (has_mark(builder, begin, end, 32, "APETAGEX"))
            hth_tag_regions_add_ape(builder, end - begin);
        else
            hth_layout_builder_add_metadata(builder, end - begin);
    }
}
