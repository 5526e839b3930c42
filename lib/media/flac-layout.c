/* SPDX-License-Identifier: GPL-3.0-or-later */
/* FLAC (RFC 9639): metadata blocks, frames; tags that do not belong there before and behind. */
#include <string.h>

#include "media/tag-regions.h"

#define BLOCKS_MAX       4096
#define BLOCK_STREAMINFO 0
#define BLOCK_PICTURE    6
#define STREAMINFO_BYTES 34
#define PICTURE_HEAD_MAX 4096

static guint32 be32(const guint8 *at)
{
    return (guint32)at[0] << 24 | (guint32)at[1] << 16 | (guint32)at[2] << 8 | at[3];
}

/* How much stands before the picture in the block at the position; 0: it is broken. */
static gsize picture_head(HthLayoutBuilder *builder, gsize block_bytes)
{
    guint8 bytes[PICTURE_HEAD_MAX];
    const gsize n = MIN(block_bytes, sizeof bytes);
    if (!hth_layout_builder_read(builder, hth_layout_builder_position(builder), bytes, n))
        return 0;
    gsize at = 4; /* type, then length and text of media type and description */
    for (guint i = 0; i < 2; i++) {
        if (at > n - 4 || be32(bytes + at) > n - at - 4)
            return 0;
        at += 4 + be32(bytes + at);
    }
    at += 16; /* width, height, depth, colours */
    return n >= 4 && at <= n - 4 && be32(bytes + at) == block_bytes - at - 4 ? at + 4 : 0;
}

/* Essence knows of STREAMINFO what every encoder and editor must keep: not the sizes of the
 * frames, the count of samples and the MD5, which may be left open. */
static gboolean add_streaminfo(HthLayoutBuilder *builder, gsize block_bytes)
{
    guint8 info[STREAMINFO_BYTES];
    if (block_bytes != sizeof info ||
        !hth_layout_builder_read(builder, hth_layout_builder_position(builder), info, sizeof info))
        return FALSE;
    memset(info + 4, 0, 6);
    info[13] &= 0xf0;
    memset(info + 14, 0, 20);
    hth_layout_builder_add_essence(builder, "flac", 4);
    hth_layout_builder_add_essence(builder, info, sizeof info);
    hth_layout_builder_add_metadata(builder, block_bytes);
    return TRUE;
}

static void add_block(HthLayoutBuilder *builder, guint type, gsize block_bytes)
{
    const gsize before =
        type == BLOCK_PICTURE && block_bytes >= 32 ? picture_head(builder, block_bytes) : 0;
    if (before == 0) {
        hth_layout_builder_add_metadata(builder, block_bytes);
        return;
    }
    hth_layout_builder_add_metadata(builder, before);
    hth_layout_builder_add_picture(builder, block_bytes - before);
}

/* The blocks up to the one that says it is the last. */
static gboolean add_blocks(HthLayoutBuilder *builder)
{
    for (guint i = 0; i < BLOCKS_MAX; i++) {
        const guint64 at = hth_layout_builder_position(builder);
        guint8 head[4];
        if (!hth_layout_builder_read(builder, at, head, sizeof head))
            return FALSE;
        const guint type = head[0] & 0x7f;
        const gsize block_bytes = be32(head) & 0xffffff;
        if (block_bytes > hth_layout_builder_size(builder) - at - 4 || type == 0x7f)
            return FALSE;
        hth_layout_builder_add_metadata(builder, 4);
        if (i > 0)
            add_block(builder, type, block_bytes);
        else if (type != BLOCK_STREAMINFO || !add_streaminfo(builder, block_bytes))
            return FALSE;
        if ((head[0] & 0x80) != 0)
            return TRUE;
    }
    return FALSE;
}

gboolean hth_flac_layout(HthLayoutBuilder *builder)
{
    const guint64 id3_size = hth_tag_regions_id3_size(builder, 0);
    hth_tag_regions_add_id3(builder, id3_size);
    char mark[4];
    if (!hth_layout_builder_read(builder, id3_size, mark, sizeof mark) ||
        memcmp(mark, "fLaC", 4) != 0)
        return FALSE;
    hth_layout_builder_add_metadata(builder, sizeof mark);
    if (!add_blocks(builder))
        return FALSE;
    const guint64 first = hth_layout_builder_position(builder);
    HthTrailingTags tags;
    hth_trailing_tags_find(builder, first, &tags);
    hth_layout_builder_add_payload(builder, tags.offset - first, TRUE);
    hth_trailing_tags_add(builder, &tags);
    return TRUE;
}
