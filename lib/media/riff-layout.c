/* SPDX-License-Identifier: GPL-3.0-or-later */
/* WAV and AIFF: chunks of a name, a size and content, padded to even sizes. */
#include <string.h>

#include "media/tag-regions.h"

#define CHUNKS_MAX      4096
#define FORMAT_MAX      4096
#define CHUNK_HEAD      8
#define SIZE_IS_IN_DS64 0xffffffffU

typedef struct {
    const char *samples; /* the chunk that holds them */
    const char *format;  /* the chunk that describes them */
    gsize samples_head;  /* of the samples' chunk, before the samples */
    gboolean is_big_endian;
} Dialect;

static guint32 get32(const Dialect *dialect, const guint8 *at)
{
    guint32 value;
    memcpy(&value, at, sizeof value);
    return dialect->is_big_endian ? GUINT32_FROM_BE(value) : GUINT32_FROM_LE(value);
}

static void add_format(HthLayoutBuilder *builder, guint64 length)
{
    guint8 bytes[FORMAT_MAX];
    const gsize n = (gsize)MIN(length, sizeof bytes);
    if (hth_layout_builder_read(builder, hth_layout_builder_position(builder), bytes, n))
        hth_layout_builder_add_essence(builder, bytes, n);
    hth_layout_builder_add_metadata(builder, length);
}

static void add_content(HthLayoutBuilder *builder, const Dialect *dialect, const guint8 *name,
                        guint64 length)
{
    if (memcmp(name, dialect->samples, 4) == 0) {
        const guint64 before = MIN(dialect->samples_head, length);
        hth_layout_builder_add_metadata(builder, before);
        hth_layout_builder_add_payload(builder, length - before, TRUE);
    } else if (memcmp(name, dialect->format, 4) == 0) {
        add_format(builder, length);
    } else if (g_ascii_strncasecmp((const char *)name, "id3 ", 4) == 0) {
        hth_tag_regions_add_id3(builder, length);
    } else {
        hth_layout_builder_add_metadata(builder, length);
    }
}

/* What a data chunk's size of all ones stands for: RF64's second number, else the rest. */
static guint64 long_size(HthLayoutBuilder *builder, guint64 rest)
{
    guint8 bytes[8 + 8];
    guint64 size;
    if (!hth_layout_builder_read(builder, 20, bytes, sizeof bytes))
        return rest;
    memcpy(&size, bytes + 8, sizeof size);
    return MIN(GUINT64_FROM_LE(size), rest);
}

static gboolean add_chunks(HthLayoutBuilder *builder, const Dialect *dialect)
{
    const guint64 end = hth_layout_builder_size(builder);
    for (guint i = 0; i < CHUNKS_MAX; i++) {
        const guint64 at = hth_layout_builder_position(builder);
        guint8 head[CHUNK_HEAD];
        if (end - at < sizeof head || !hth_layout_builder_read(builder, at, head, sizeof head))
            break;
        const guint64 rest = end - at - sizeof head;
        guint64 size = get32(dialect, head + 4);
        if (size == SIZE_IS_IN_DS64)
            size = long_size(builder, rest);
        size = MIN(size, rest); /* cut, or written to a pipe and never told its size */
        hth_layout_builder_add_metadata(builder, sizeof head);
        add_content(builder, dialect, head, size);
        hth_layout_builder_add_metadata(builder, MIN(size & 1, rest - size));
    }
    hth_layout_builder_add_metadata(builder, end - hth_layout_builder_position(builder));
    return TRUE;
}

gboolean hth_wav_layout(HthLayoutBuilder *builder)
{
    static const Dialect dialect = { .samples = "data", .format = "fmt " };
    char head[12];
    if (!hth_layout_builder_read(builder, 0, head, sizeof head) ||
        (memcmp(head, "RIFF", 4) != 0 && memcmp(head, "RF64", 4) != 0) ||
        memcmp(head + 8, "WAVE", 4) != 0)
        return FALSE;
    hth_layout_builder_add_metadata(builder, sizeof head);
    hth_layout_builder_add_essence(builder, "pcm", 3);
    return add_chunks(builder, &dialect);
}

gboolean hth_aiff_layout(HthLayoutBuilder *builder)
{
    /* SSND: offset and block size before the samples. */
    static const Dialect dialect = {
        .samples = "SSND", .format = "COMM", .samples_head = 8, .is_big_endian = TRUE
    };
    char head[12];
    if (!hth_layout_builder_read(builder, 0, head, sizeof head) || memcmp(head, "FORM", 4) != 0 ||
        (memcmp(head + 8, "AIFF", 4) != 0 && memcmp(head + 8, "AIFC", 4) != 0))
        return FALSE;
    hth_layout_builder_add_metadata(builder, sizeof head);
    hth_layout_builder_add_essence(builder, "aiff", 4);
    return add_chunks(builder, &dialect);
}
