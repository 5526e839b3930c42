/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Sample descriptions of MP4 and QuickTime tracks. */
#include "media/mp4-codec.h"

#include <string.h>

#define BOX(a, b, c, d) HTH_MP4_TYPE(a, b, c, d)

/* From the body of a sample entry to its boxes: ISO/IEC 14496-12 12.1.3 and 12.2.3; QuickTime's
 * versions 1 and 2 of sound are longer. */
#define ENTRY_BYTES         8
#define VIDEO_ENTRY_BYTES   78
#define SOUND_ENTRY_BYTES   28
#define SOUND_ENTRY_1_BYTES 16
#define SOUND_ENTRY_2_BYTES 36

/* Descriptors of an esds box, ISO/IEC 14496-1 7.2.6. */
#define TAG_ES       3
#define TAG_DECODER  4
#define TAG_SPECIFIC 5

typedef struct {
    guint32 type;        /* of the sample entry */
    guint32 config_type; /* of the box in it that configures the decoder; 0: none */
    const char *codec;   /* NULL: the object type of esds says it */
    HthConfigForm form;
} CodecRow;

static const CodecRow codec_rows[] = {
    { BOX('m', 'p', '4', 'a'), BOX('e', 's', 'd', 's'), NULL, HTH_CONFIG_VERBATIM },
    { BOX('m', 'p', '4', 'v'), BOX('e', 's', 'd', 's'), NULL, HTH_CONFIG_VERBATIM },
    { BOX('O', 'p', 'u', 's'), BOX('d', 'O', 'p', 's'), "opus", HTH_CONFIG_OPUS_BOX },
    { BOX('a', 'c', '-', '3'), 0, "ac3", HTH_CONFIG_NONE },
    { BOX('a', 'l', 'a', 'c'), BOX('a', 'l', 'a', 'c'), "alac", HTH_CONFIG_VERBATIM },
    { BOX('a', 'v', '0', '1'), BOX('a', 'v', '1', 'C'), "av1", HTH_CONFIG_VERBATIM },
    { BOX('a', 'v', 'c', '1'), BOX('a', 'v', 'c', 'C'), "h264", HTH_CONFIG_VERBATIM },
    { BOX('a', 'v', 'c', '3'), BOX('a', 'v', 'c', 'C'), "h264", HTH_CONFIG_VERBATIM },
    { BOX('e', 'c', '-', '3'), 0, "eac3", HTH_CONFIG_NONE },
    { BOX('f', 'L', 'a', 'C'), BOX('d', 'f', 'L', 'a'), "flac", HTH_CONFIG_FLAC },
    { BOX('h', 'e', 'v', '1'), BOX('h', 'v', 'c', 'C'), "hevc", HTH_CONFIG_VERBATIM },
    { BOX('h', 'v', 'c', '1'), BOX('h', 'v', 'c', 'C'), "hevc", HTH_CONFIG_VERBATIM },
    { BOX('v', 'p', '0', '8'), 0, "vp8", HTH_CONFIG_NONE },
    { BOX('v', 'p', '0', '9'), 0, "vp9", HTH_CONFIG_NONE },
};

/* Object types of esds that have a name elsewhere; of others the number is the name. */
static const struct {
    guint8 object_type;
    const char *codec;
} object_types[] = {
    { 0x20, "mpeg4" }, { 0x40, "aac" }, { 0x66, "aac" }, { 0x67, "aac" },
    { 0x68, "aac" },   { 0x69, "mp3" }, { 0x6B, "mp3" }, { 0xDD, "vorbis" },
};

static gboolean find(HthByteSource *source, const HthMp4Box *parent, guint32 type, HthMp4Box *out)
{
    return hth_mp4_box_find(source, hth_mp4_box_body(parent), parent->end, type, out);
}

gboolean hth_mp4_codec_sample_table(HthByteSource *source, const HthMp4Box *trak,
                                    HthMp4Box *out_stbl)
{
    HthMp4Box mdia, minf;
    return find(source, trak, BOX('m', 'd', 'i', 'a'), &mdia) &&
           find(source, &mdia, BOX('m', 'i', 'n', 'f'), &minf) &&
           find(source, &minf, BOX('s', 't', 'b', 'l'), out_stbl);
}

guint32 hth_mp4_codec_track_id(HthByteSource *source, const HthMp4Box *trak)
{
    HthMp4Box tkhd;
    HthMp4Table table;
    if (!find(source, trak, BOX('t', 'k', 'h', 'd'), &tkhd))
        return 0;
    hth_mp4_table_init(&table, source, hth_mp4_box_body(&tkhd), tkhd.end);
    const gboolean has_long_times = hth_mp4_table_next(&table, 4) >> 24 == 1;
    hth_mp4_table_skip(&table, has_long_times ? 16 : 8);
    return (guint32)hth_mp4_table_next(&table, 4);
}

static guint32 handler_type(HthByteSource *source, const HthMp4Box *trak)
{
    HthMp4Box mdia, hdlr;
    HthMp4Table table;
    if (!find(source, trak, BOX('m', 'd', 'i', 'a'), &mdia) ||
        !find(source, &mdia, BOX('h', 'd', 'l', 'r'), &hdlr))
        return 0;
    hth_mp4_table_init(&table, source, hth_mp4_box_body(&hdlr), hdlr.end);
    hth_mp4_table_skip(&table, 8);
    return (guint32)hth_mp4_table_next(&table, 4);
}

/* Where the boxes of a sample entry begin. */
static guint64 entry_boxes(HthByteSource *source, const HthMp4Box *entry, guint32 handler)
{
    const guint64 body = hth_mp4_box_body(entry);
    if (handler == BOX('v', 'i', 'd', 'e'))
        return body + VIDEO_ENTRY_BYTES;
    if (handler != BOX('s', 'o', 'u', 'n'))
        return body + ENTRY_BYTES;
    HthMp4Table table;
    hth_mp4_table_init(&table, source, body, entry->end);
    hth_mp4_table_skip(&table, ENTRY_BYTES);
    const guint64 version = hth_mp4_table_next(&table, 2);
    const guint more = version == 1 ? SOUND_ENTRY_1_BYTES : version == 2 ? SOUND_ENTRY_2_BYTES : 0;
    return body + SOUND_ENTRY_BYTES + more;
}

/* Finds @type in a sample entry, or in the "wave" box into which QuickTime puts it. */
static gboolean find_config(HthByteSource *source, const HthMp4Box *entry, guint64 boxes,
                            guint32 type, HthMp4Box *out_box)
{
    HthMp4Box wave;
    if (hth_mp4_box_find(source, boxes, entry->end, type, out_box))
        return TRUE;
    return hth_mp4_box_find(source, boxes, entry->end, BOX('w', 'a', 'v', 'e'), &wave) &&
           find(source, &wave, type, out_box);
}

/* Reads a descriptor's tag and length; FALSE when it is not @tag, or longer than its box. */
static gboolean enter_descriptor(HthMp4Table *table, guint8 tag, guint32 *out_length)
{
    guint32 length = 0;
    if (hth_mp4_table_next(table, 1) != tag)
        return FALSE;
    for (guint i = 0; i < 4; i++) {
        const guint32 byte = (guint32)hth_mp4_table_next(table, 1);
        length = length << 7 | (byte & 0x7f);
        if ((byte & 0x80) == 0)
            break;
    }
    *out_length = length;
    return !table->has_failed && length <= table->end - table->position;
}

/* Goes to the decoder's own configuration in an esds box: @table then stands before its
 * *@out_length bytes, which may be none. */
static gboolean enter_esds(HthMp4Table *table, guint8 *out_object_type, guint32 *out_length)
{
    guint32 length;
    hth_mp4_table_skip(table, 4);
    if (!enter_descriptor(table, TAG_ES, &length))
        return FALSE;
    hth_mp4_table_skip(table, 2);
    const guint64 flags = hth_mp4_table_next(table, 1);
    if ((flags & 0x80) != 0)
        hth_mp4_table_skip(table, 2);
    if ((flags & 0x40) != 0)
        hth_mp4_table_skip(table, hth_mp4_table_next(table, 1));
    if ((flags & 0x20) != 0)
        hth_mp4_table_skip(table, 2);
    if (!enter_descriptor(table, TAG_DECODER, &length))
        return FALSE;
    *out_object_type = (guint8)hth_mp4_table_next(table, 1);
    hth_mp4_table_skip(table, 12);
    if (!enter_descriptor(table, TAG_SPECIFIC, out_length))
        *out_length = 0; /* MP3 has none */
    return TRUE;
}

static HthEssenceStream *new_stream(HthByteSource *source, const char *codec, HthConfigForm form,
                                    guint64 offset, guint64 n_bytes)
{
    if (n_bytes > HTH_ESSENCE_CONFIG_MAX)
        return NULL;
    g_autofree guint8 *config = g_malloc(n_bytes + 1);
    if (!hth_byte_source_read(source, offset, config, n_bytes, NULL))
        return NULL;
    return hth_essence_stream_new(codec, form, config, n_bytes);
}

static HthEssenceStream *esds_stream(HthByteSource *source, const HthMp4Box *esds)
{
    guint8 object_type = 0;
    guint32 length = 0;
    HthMp4Table table;
    hth_mp4_table_init(&table, source, hth_mp4_box_body(esds), esds->end);
    if (!enter_esds(&table, &object_type, &length))
        return NULL;
    char number[8];
    g_snprintf(number, sizeof number, "mp4-%02x", object_type);
    const char *codec = number;
    for (guint i = 0; i < G_N_ELEMENTS(object_types); i++)
        if (object_types[i].object_type == object_type)
            codec = object_types[i].codec;
    return new_stream(source, codec, HTH_CONFIG_VERBATIM, table.position, length);
}

/* Full boxes: four bytes of version and flags come before what other containers have, too. */
static guint config_skip(guint32 config_type)
{
    return config_type == BOX('a', 'l', 'a', 'c') || config_type == BOX('d', 'f', 'L', 'a') ? 4 : 0;
}

static HthEssenceStream *row_stream(HthByteSource *source, const CodecRow *row,
                                    const HthMp4Box *entry, guint64 boxes)
{
    HthMp4Box config;
    if (row->config_type == 0)
        return hth_essence_stream_new(row->codec, row->form, NULL, 0);
    if (!find_config(source, entry, boxes, row->config_type, &config))
        return NULL;
    if (row->codec == NULL)
        return esds_stream(source, &config);
    const guint64 body = MIN(hth_mp4_box_body(&config) + config_skip(row->config_type), config.end);
    return new_stream(source, row->codec, row->form, body, config.end - body);
}

static gboolean is_essence_handler(guint32 handler)
{
    return handler == BOX('s', 'o', 'u', 'n') || handler == BOX('v', 'i', 'd', 'e') ||
           handler == BOX('s', 'b', 't', 'l') || handler == BOX('s', 'u', 'b', 't') ||
           handler == BOX('s', 'u', 'b', 'p');
}

HthEssenceStream *hth_mp4_codec_stream(HthByteSource *source, const HthMp4Box *trak)
{
    HthMp4Box stbl, stsd, entry;
    const guint32 handler = handler_type(source, trak);
    if (!is_essence_handler(handler) || !hth_mp4_codec_sample_table(source, trak, &stbl) ||
        !find(source, &stbl, BOX('s', 't', 's', 'd'), &stsd) ||
        !hth_mp4_box_read(source, hth_mp4_box_body(&stsd) + 8, stsd.end, &entry, NULL))
        return NULL;
    const guint64 boxes = MIN(entry_boxes(source, &entry, handler), entry.end);
    for (guint i = 0; i < G_N_ELEMENTS(codec_rows); i++) {
        HthEssenceStream *stream = codec_rows[i].type == entry.type
                                       ? row_stream(source, &codec_rows[i], &entry, boxes)
                                       : NULL;
        if (stream != NULL)
            return stream;
    }
    /* Not known: the entry less its data reference says what it is. */
    const guint32 name[2] = { GUINT32_TO_BE(entry.type), 0 };
    const guint64 body = MIN(hth_mp4_box_body(&entry) + ENTRY_BYTES, entry.end);
    return new_stream(source, (const char *)name, HTH_CONFIG_VERBATIM, body, entry.end - body);
}
