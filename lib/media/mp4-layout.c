/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The regions of MP4, M4A and QuickTime files.
 *
 *     ftyp  moov { … trak { … stbl { stsd stts stsc stsz stco … } } udta { meta { ilst } } }  mdat
 *
 * Small boxes are metadata, kept as they are. What fills the room is taken out of it: media data
 * and large sample tables are payload, known by their digest; chunk offsets, which all move when
 * something before the media data grows, are offsets; cover art is a picture.
 */
#include "media/layout-builder.h"
#include "media/mp4-box.h"
#include "media/mp4-essence.h"

#include <string.h>

/* Boxes of one file, and how deep they lie: more is no real file. */
#define BOXES_MAX (1 << 18)
#define DEPTH_MAX 12

/* A table as small as this costs less as metadata than a digest in every layout. */
#define TABLE_MIN_BYTES 2048
/* As large as this nothing else is either: unknown boxes, room left free. */
#define OTHER_MAX_BYTES (64 * 1024)

/* A table with less is metadata too: positions of a few chunks. */
#define OFFSETS_MIN_BYTES 64
/* A larger "picture" is payload. */
#define PICTURE_MAX_BYTES (64 * 1024 * 1024)
/* Fragments are taken together until they are as large as this. */
#define FRAGMENTS_BYTES (16 * 1024 * 1024)

/* Type codes of a picture in a "data" box: JPEG, PNG, BMP; 0 is used for covr by some. */
#define DATA_IS_JPEG 13
#define DATA_IS_PNG  14
#define DATA_IS_BMP  27

typedef struct {
    HthLayoutBuilder *builder;
    HthByteSource *source;
    guint n_boxes;
    guint64 moov_offset; /* its children; 0 and no end: none yet */
    guint64 moov_end;
    gboolean has_fragments; /* a moof was met */
} Mp4Walk;

typedef gboolean (*BoxReader)(Mp4Walk *walk, const HthMp4Box *box, guint depth);

static gboolean read_box(Mp4Walk *walk, const HthMp4Box *box, guint depth);

/* Adds what is between the builder's position and @end as metadata. */
static void metadata_until(Mp4Walk *walk, guint64 end)
{
    hth_layout_builder_add_metadata(walk->builder,
                                    end - hth_layout_builder_position(walk->builder));
}

static void payload_until(Mp4Walk *walk, guint64 end)
{
    hth_layout_builder_add_payload(walk->builder, end - hth_layout_builder_position(walk->builder),
                                   FALSE);
}

/* The children from @offset to the end of @box; what follows a broken one is kept as it is. */
static gboolean read_children(Mp4Walk *walk, const HthMp4Box *box, guint64 offset, guint depth)
{
    metadata_until(walk, MIN(offset, box->end));
    HthMp4Box child;
    for (; depth < DEPTH_MAX && offset < box->end; offset = child.end) {
        if (!hth_mp4_box_read(walk->source, offset, box->end, &child, NULL))
            break;
        if (!read_box(walk, &child, depth + 1))
            return FALSE;
    }
    if (box->end - hth_layout_builder_position(walk->builder) > OTHER_MAX_BYTES)
        payload_until(walk, box->end);
    else
        metadata_until(walk, box->end);
    return TRUE;
}

static gboolean read_container(Mp4Walk *walk, const HthMp4Box *box, guint depth)
{
    return read_children(walk, box, hth_mp4_box_body(box), depth);
}

static gboolean read_moov(Mp4Walk *walk, const HthMp4Box *box, guint depth)
{
    if (walk->moov_end == 0) {
        walk->moov_offset = hth_mp4_box_body(box);
        walk->moov_end = box->end;
    }
    return read_container(walk, box, depth);
}

/* ISO files have version and flags before the children of "meta", QuickTime has not. */
static gboolean read_meta(Mp4Walk *walk, const HthMp4Box *box, guint depth)
{
    HthMp4Box first;
    const guint64 body = hth_mp4_box_body(box);
    const gboolean is_quicktime = hth_mp4_box_read(walk->source, body, box->end, &first, NULL) &&
                                  first.type == HTH_MP4_TYPE('h', 'd', 'l', 'r');
    return read_children(walk, box, is_quicktime ? body : body + 4, depth);
}

static gboolean is_picture_code(guint64 code)
{
    return code == DATA_IS_JPEG || code == DATA_IS_PNG || code == DATA_IS_BMP;
}

/* One item of an "ilst": its values are "data" boxes with a type, a locale and the value. */
static gboolean read_item(Mp4Walk *walk, const HthMp4Box *item, guint depth)
{
    HthMp4Box data;
    guint64 offset = hth_mp4_box_body(item);
    for (; hth_mp4_box_read(walk->source, offset, item->end, &data, NULL); offset = data.end) {
        if (++walk->n_boxes > BOXES_MAX)
            return FALSE;
        const guint64 body = hth_mp4_box_body(&data);
        if (data.type != HTH_MP4_TYPE('d', 'a', 't', 'a') || data.end - body <= 8)
            continue;
        HthMp4Table head;
        hth_mp4_table_init(&head, walk->source, body, data.end);
        if (!is_picture_code(hth_mp4_table_next(&head, 4)) &&
            item->type != HTH_MP4_TYPE('c', 'o', 'v', 'r'))
            continue;
        metadata_until(walk, body + 8);
        if (data.end - body - 8 > PICTURE_MAX_BYTES)
            payload_until(walk, data.end);
        else
            hth_layout_builder_add_picture(walk->builder, data.end - body - 8);
    }
    metadata_until(walk, item->end);
    return TRUE;
}

static gboolean read_item_list(Mp4Walk *walk, const HthMp4Box *box, guint depth)
{
    HthMp4Box item;
    guint64 offset = hth_mp4_box_body(box);
    for (; hth_mp4_box_read(walk->source, offset, box->end, &item, NULL); offset = item.end) {
        if (++walk->n_boxes > BOXES_MAX || !read_item(walk, &item, depth))
            return FALSE;
    }
    metadata_until(walk, box->end);
    return TRUE;
}

static gboolean read_payload(Mp4Walk *walk, const HthMp4Box *box, guint depth)
{
    metadata_until(walk, hth_mp4_box_body(box));
    payload_until(walk, box->end);
    return TRUE;
}

static gboolean read_table(Mp4Walk *walk, const HthMp4Box *box, guint depth)
{
    if (box->end - box->offset >= TABLE_MIN_BYTES)
        return read_payload(walk, box, depth);
    metadata_until(walk, box->end);
    return TRUE;
}

static gboolean read_chunk_offsets(Mp4Walk *walk, const HthMp4Box *box, guint depth)
{
    const gboolean is_64 = box->type == HTH_MP4_TYPE('c', 'o', '6', '4');
    const guint64 width = is_64 ? 8 : 4;
    HthMp4Table table;
    hth_mp4_table_init(&table, walk->source, hth_mp4_box_body(box), box->end);
    hth_mp4_table_skip(&table, 4);
    guint64 left = hth_mp4_table_next(&table, 4) * width;
    if (table.has_failed || left > box->end - table.position || left < OFFSETS_MIN_BYTES) {
        metadata_until(walk, box->end);
        return TRUE;
    }
    metadata_until(walk, table.position);
    while (left > 0) {
        const guint64 part = MIN(left, HTH_LAYOUT_OFFSETS_MAX);
        hth_layout_builder_add_offsets(walk->builder, part,
                                       is_64 ? HTH_OFFSETS_U64_BE : HTH_OFFSETS_U32_BE);
        left -= part;
    }
    metadata_until(walk, box->end);
    return TRUE;
}

static gboolean read_other(Mp4Walk *walk, const HthMp4Box *box, guint depth)
{
    if (box->end - box->offset > OTHER_MAX_BYTES)
        return read_payload(walk, box, depth);
    metadata_until(walk, box->end);
    return TRUE;
}

/* What is not here is read_other(). */
static const struct {
    guint32 type;
    BoxReader read;
} box_readers[] = {
    { HTH_MP4_TYPE('c', 'o', '6', '4'), read_chunk_offsets },
    { HTH_MP4_TYPE('c', 't', 't', 's'), read_table },
    { HTH_MP4_TYPE('i', 'l', 's', 't'), read_item_list },
    { HTH_MP4_TYPE('m', 'd', 'a', 't'), read_payload },
    { HTH_MP4_TYPE('m', 'd', 'i', 'a'), read_container },
    { HTH_MP4_TYPE('m', 'e', 't', 'a'), read_meta },
    { HTH_MP4_TYPE('m', 'i', 'n', 'f'), read_container },
    { HTH_MP4_TYPE('m', 'o', 'o', 'v'), read_moov },
    { HTH_MP4_TYPE('s', 'b', 'g', 'p'), read_table },
    { HTH_MP4_TYPE('s', 'd', 't', 'p'), read_table },
    { HTH_MP4_TYPE('s', 't', 'b', 'l'), read_container },
    { HTH_MP4_TYPE('s', 't', 'c', 'o'), read_chunk_offsets },
    { HTH_MP4_TYPE('s', 't', 's', 'c'), read_table },
    { HTH_MP4_TYPE('s', 't', 's', 's'), read_table },
    { HTH_MP4_TYPE('s', 't', 's', 'z'), read_table },
    { HTH_MP4_TYPE('s', 't', 't', 's'), read_table },
    { HTH_MP4_TYPE('s', 't', 'z', '2'), read_table },
    { HTH_MP4_TYPE('t', 'r', 'a', 'k'), read_container },
    { HTH_MP4_TYPE('u', 'd', 't', 'a'), read_container },
};

static gboolean read_box(Mp4Walk *walk, const HthMp4Box *box, guint depth)
{
    if (++walk->n_boxes > BOXES_MAX || hth_layout_builder_is_cancelled(walk->builder))
        return FALSE;
    for (guint i = 0; i < G_N_ELEMENTS(box_readers); i++)
        if (box_readers[i].type == box->type)
            return box_readers[i].read(walk, box, depth);
    return read_other(walk, box, depth);
}

/* What MP4 and QuickTime files may begin with; "wide" and "skip" are QuickTime's. */
static gboolean is_first_type(guint32 type)
{
    static const guint32 types[] = {
        HTH_MP4_TYPE('f', 't', 'y', 'p'), HTH_MP4_TYPE('m', 'o', 'o', 'v'),
        HTH_MP4_TYPE('m', 'd', 'a', 't'), HTH_MP4_TYPE('w', 'i', 'd', 'e'),
        HTH_MP4_TYPE('s', 'k', 'i', 'p'), HTH_MP4_TYPE('f', 'r', 'e', 'e'),
        HTH_MP4_TYPE('s', 't', 'y', 'p'), HTH_MP4_TYPE('p', 'n', 'o', 't'),
    };
    for (guint i = 0; i < G_N_ELEMENTS(types); i++)
        if (types[i] == type)
            return TRUE;
    return FALSE;
}

/* A track fragment may say where in the file its samples begin: bit 0 of the flags, then after the
 * track's id a position of 8 bytes. */
static void read_fragment_head(Mp4Walk *walk, const HthMp4Box *traf)
{
    HthMp4Box box;
    if (!hth_mp4_box_find(walk->source, hth_mp4_box_body(traf), traf->end,
                          HTH_MP4_TYPE('t', 'f', 'h', 'd'), &box))
        return;
    HthMp4Table table;
    hth_mp4_table_init(&table, walk->source, hth_mp4_box_body(&box), box.end);
    const guint64 flags = hth_mp4_table_next(&table, 4);
    hth_mp4_table_skip(&table, 4);
    if (table.has_failed || (flags & 1) == 0 || box.end - table.position < 8)
        return;
    payload_until(walk, table.position);
    hth_layout_builder_add_offsets(walk->builder, 8, HTH_OFFSETS_U64_BE);
}

/* Fragments hold no tags: all of them are one payload, but for positions that move. It is added
 * when something else comes, or when it has grown. */
static void read_fragment(Mp4Walk *walk, const HthMp4Box *box)
{
    walk->has_fragments = TRUE;
    HthMp4Box child;
    guint64 offset = hth_mp4_box_body(box);
    for (; box->type == HTH_MP4_TYPE('m', 'o', 'o', 'f') &&
           hth_mp4_box_read(walk->source, offset, box->end, &child, NULL) &&
           ++walk->n_boxes <= BOXES_MAX;
         offset = child.end)
        if (child.type == HTH_MP4_TYPE('t', 'r', 'a', 'f'))
            read_fragment_head(walk, &child);
    if (box->end - hth_layout_builder_position(walk->builder) >= FRAGMENTS_BYTES)
        payload_until(walk, box->end);
}

static gboolean is_fragment_part(const Mp4Walk *walk, guint32 type)
{
    if (type == HTH_MP4_TYPE('m', 'o', 'o', 'f'))
        return TRUE;
    return walk->has_fragments &&
           (type == HTH_MP4_TYPE('m', 'd', 'a', 't') || type == HTH_MP4_TYPE('s', 't', 'y', 'p') ||
            type == HTH_MP4_TYPE('s', 'i', 'd', 'x') || type == HTH_MP4_TYPE('e', 'm', 's', 'g') ||
            type == HTH_MP4_TYPE('p', 'r', 'f', 't'));
}

static gboolean read_top_box(Mp4Walk *walk, const HthMp4Box *box)
{
    if (is_fragment_part(walk, box->type)) {
        read_fragment(walk, box);
        return ++walk->n_boxes <= BOXES_MAX && !hth_layout_builder_is_cancelled(walk->builder);
    }
    payload_until(walk, box->offset); /* fragments before it */
    return read_box(walk, box, 0);
}

gboolean hth_mp4_layout(HthLayoutBuilder *builder)
{
    Mp4Walk walk = { .builder = builder, .source = hth_layout_builder_source(builder) };
    const guint64 size = hth_layout_builder_size(builder);
    HthMp4Box box;
    if (!hth_mp4_box_read(walk.source, 0, size, &box, NULL) || !is_first_type(box.type))
        return FALSE;
    guint64 offset = 0;
    while (hth_mp4_box_read(walk.source, offset, size, &box, NULL)) {
        if (!read_top_box(&walk, &box))
            return FALSE;
        offset = box.end;
    }
    if (walk.moov_end == 0)
        return FALSE;
    payload_until(&walk, size); /* fragments, and bytes after the last whole box */
    hth_mp4_add_essence(builder, walk.moov_offset, walk.moov_end);
    return TRUE;
}
