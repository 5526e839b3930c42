/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "base/error.h"
#include "media/chunker.h"
#include "media/layout-builder.h"
#include "media/offset-table.h"
#include "media/picture-coding.h"

#define BLOCK_BYTES (256 * 1024)
/* Tells essences apart that are made in different ways. */
#define ESSENCE_MARK "hearth essence 1"

/* One reader a format; none: cut by content. */
static const HthLayoutReader readers[HTH_N_FORMATS] = {
    [HTH_FORMAT_MP3] = hth_mp3_layout,       [HTH_FORMAT_FLAC] = hth_flac_layout,
    [HTH_FORMAT_OGG] = hth_ogg_layout,       [HTH_FORMAT_WAV] = hth_wav_layout,
    [HTH_FORMAT_AIFF] = hth_aiff_layout,     [HTH_FORMAT_MP4] = hth_mp4_layout,
    [HTH_FORMAT_MOV] = hth_mp4_layout,       [HTH_FORMAT_MATROSKA] = hth_matroska_layout,
    [HTH_FORMAT_WEBM] = hth_matroska_layout,
};

/* A part of the essence: bytes, or the digest of a region that is not known yet. */
typedef struct {
    gint region; /* -1: bytes */
    GBytes *bytes;
} EssencePart;

struct HthLayoutBuilder {
    HthByteSource *source;
    GCancellable *cancellable;
    guint64 size;
    guint64 position;
    gsize metadata_bytes; /* of the METADATA regions so far */
    gboolean is_too_long;
    GArray *regions;
    GArray *parts;
    GArray *runs;
    GArray *essence; /* (element EssencePart) */
    HthDigester *file_digester;
    guint64 fed_to; /* the file's digest knows what is before */
    guint8 *block;
};

/* ---- For the readers ---- */

guint64 hth_layout_builder_size(const HthLayoutBuilder *self)
{
    return self->size;
}

HthByteSource *hth_layout_builder_source(HthLayoutBuilder *self)
{
    return self->source;
}

gboolean hth_layout_builder_read(HthLayoutBuilder *self, guint64 offset, void *buffer, gsize n)
{
    return hth_byte_source_read(self->source, offset, buffer, n, NULL);
}

gboolean hth_layout_builder_is_cancelled(const HthLayoutBuilder *self)
{
    return g_cancellable_is_cancelled(self->cancellable);
}

guint64 hth_layout_builder_position(const HthLayoutBuilder *self)
{
    return self->position;
}

/* Returns: the new region; NULL when there is nothing to add or no room for it. */
static HthRegion *add_region(HthLayoutBuilder *self, HthRegionKind kind, guint64 length)
{
    if (length == 0 || self->is_too_long)
        return NULL;
    if (length > self->size - self->position || self->regions->len >= HTH_LAYOUT_REGIONS_MAX) {
        self->is_too_long = TRUE;
        return NULL;
    }
    const HthRegion region = { .kind = kind, .offset = self->position, .length = length };
    self->position += length;
    g_array_append_val(self->regions, region);
    return &g_array_index(self->regions, HthRegion, self->regions->len - 1);
}

void hth_layout_builder_add_metadata(HthLayoutBuilder *self, guint64 length)
{
    if (length > HTH_LAYOUT_METADATA_MAX - self->metadata_bytes) {
        (void)add_region(self, HTH_REGION_PAYLOAD, length);
        return;
    }
    HthRegion *last = self->regions->len > 0
                          ? &g_array_index(self->regions, HthRegion, self->regions->len - 1)
                          : NULL;
    self->metadata_bytes += length;
    if (last == NULL || last->kind != HTH_REGION_METADATA || self->is_too_long ||
        length > self->size - self->position) {
        (void)add_region(self, HTH_REGION_METADATA, length);
        return;
    }
    last->length += length;
    self->position += length;
}

void hth_layout_builder_add_payload(HthLayoutBuilder *self, guint64 length, gboolean is_essence)
{
    if (add_region(self, HTH_REGION_PAYLOAD, length) == NULL || !is_essence)
        return;
    const EssencePart part = { .region = (gint)self->regions->len - 1 };
    g_array_append_val(self->essence, part);
}

void hth_layout_builder_add_picture_part(HthLayoutBuilder *self, guint64 length,
                                         const HthPicturePart *part)
{
    HthRegion *region = add_region(self, HTH_REGION_PICTURE, length);
    if (region == NULL)
        return;
    region->part = self->parts->len;
    g_array_append_val(self->parts, *part);
}

void hth_layout_builder_add_picture(HthLayoutBuilder *self, guint64 length)
{
    if (length < HTH_LAYOUT_PICTURE_MIN) {
        hth_layout_builder_add_metadata(self, length);
        return;
    }
    if (length > HTH_PICTURE_BYTES_MAX) {
        hth_layout_builder_add_payload(self, length, FALSE);
        return;
    }
    const HthPicturePart part = { .length = (guint32)length };
    hth_layout_builder_add_picture_part(self, length, &part);
}

void hth_layout_builder_add_offsets(HthLayoutBuilder *self, guint64 length, HthOffsetsCoding coding)
{
    g_return_if_fail(length <= HTH_LAYOUT_OFFSETS_MAX);
    g_autofree guint8 *bytes = g_malloc(length);
    HthDigest digest;
    guint64 base = 0;
    if (!hth_layout_builder_read(self, self->position, bytes, length) ||
        !hth_offset_table_digest(coding, bytes, length, &digest, &base)) {
        hth_layout_builder_add_metadata(self, length);
        return;
    }
    HthRegion *region = add_region(self, HTH_REGION_OFFSETS, length);
    if (region == NULL)
        return;
    region->digest = digest;
    region->coding = coding;
    region->base = base;
}

void hth_layout_builder_add_ogg_pages(HthLayoutBuilder *self, guint64 length,
                                      const HthDigest *packets_digest, const HthOggRun *run)
{
    HthRegion *region = add_region(self, HTH_REGION_OGG_PAGES, length);
    if (region == NULL)
        return;
    region->digest = *packets_digest;
    region->run = self->runs->len;
    g_array_append_val(self->runs, *run);
}

void hth_layout_builder_add_essence(HthLayoutBuilder *self, gconstpointer bytes, gsize size_bytes)
{
    const EssencePart part = { .region = -1, .bytes = g_bytes_new(bytes, size_bytes) };
    g_array_append_val(self->essence, part);
}

void hth_layout_builder_feed(HthLayoutBuilder *self, const guint8 *bytes, gsize size_bytes)
{
    hth_digester_add(self->file_digester, bytes, size_bytes);
    self->fed_to += size_bytes;
}

/* ---- The pass over the file ---- */

static void clear_essence_part(gpointer data)
{
    EssencePart *part = data;
    g_clear_pointer(&part->bytes, g_bytes_unref);
}

static void builder_init(HthLayoutBuilder *self, HthByteSource *source, GCancellable *cancellable)
{
    *self = (HthLayoutBuilder){
        .source = source,
        .cancellable = cancellable,
        .size = hth_byte_source_size(source),
        .regions = g_array_new(FALSE, TRUE, sizeof(HthRegion)),
        .parts = g_array_new(FALSE, TRUE, sizeof(HthPicturePart)),
        .runs = g_array_new(FALSE, TRUE, sizeof(HthOggRun)),
        .essence = g_array_new(FALSE, TRUE, sizeof(EssencePart)),
        .file_digester = hth_digester_new(),
        .block = g_malloc(BLOCK_BYTES),
    };
    g_array_set_clear_func(self->essence, clear_essence_part);
}

static void builder_clear(HthLayoutBuilder *self)
{
    g_clear_pointer(&self->regions, g_array_unref);
    g_clear_pointer(&self->parts, g_array_unref);
    g_clear_pointer(&self->runs, g_array_unref);
    g_clear_pointer(&self->essence, g_array_unref);
    g_clear_pointer(&self->file_digester, hth_digester_free);
    g_clear_pointer(&self->block, g_free);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(HthLayoutBuilder, builder_clear)

static gboolean read_block(HthLayoutBuilder *self, guint64 offset, gsize n, GError **error)
{
    if (g_cancellable_set_error_if_cancelled(self->cancellable, error) ||
        !hth_byte_source_read(self->source, offset, self->block, n, error))
        return FALSE;
    if (offset + n > self->fed_to) {
        const gsize known = (gsize)(self->fed_to > offset ? self->fed_to - offset : 0);
        hth_digester_add(self->file_digester, self->block + known, n - known);
        self->fed_to = offset + n;
    }
    return TRUE;
}

/* Whether the region's digest is still to be made from its bytes. */
static gboolean wants_digest(const HthLayout *layout, const HthRegion *region)
{
    if (region->kind == HTH_REGION_PICTURE)
        return hth_digest_is_zero(
            &g_array_index(layout->parts, HthPicturePart, region->part).digest);
    return region->kind == HTH_REGION_PAYLOAD;
}

static gboolean pass_region(HthLayoutBuilder *self, HthLayout *layout, HthRegion *region,
                            HthDigester *digester, GError **error)
{
    const guint64 end = region->offset + region->length;
    const gboolean is_kept = region->kind == HTH_REGION_METADATA;
    const gboolean is_digested = wants_digest(layout, region);
    guint64 at = region->offset;
    if (!is_kept && !is_digested)
        at = CLAMP(self->fed_to, at, end);
    if (is_kept)
        region->metadata_offset = layout->metadata->len;
    while (at < end) {
        const gsize n = (gsize)MIN(end - at, BLOCK_BYTES);
        if (!read_block(self, at, n, error))
            return FALSE;
        if (is_digested)
            hth_digester_add(digester, self->block, n);
        if (is_kept)
            g_byte_array_append(layout->metadata, self->block, (guint)n);
        at += n;
    }
    if (!is_digested)
        return TRUE;
    hth_digester_finish(digester,
                        region->kind == HTH_REGION_PAYLOAD
                            ? &region->digest
                            : &g_array_index(layout->parts, HthPicturePart, region->part).digest);
    return TRUE;
}

static void finish_essence(const HthLayoutBuilder *self, HthLayout *layout)
{
    if (self->essence->len == 0)
        return;
    g_autoptr(HthDigester) digester = hth_digester_new();
    hth_digester_add(digester, ESSENCE_MARK, sizeof ESSENCE_MARK);
    for (guint i = 0; i < self->essence->len; i++) {
        const EssencePart *part = &g_array_index(self->essence, EssencePart, i);
        if (part->region >= 0) {
            const HthRegion *region = &g_array_index(layout->regions, HthRegion, part->region);
            hth_digester_add(digester, region->digest.bytes, HTH_DIGEST_BYTES);
            continue;
        }
        gsize size = 0;
        const guint8 *bytes = g_bytes_get_data(part->bytes, &size);
        const guint64 wire_size = GUINT64_TO_LE(size);
        hth_digester_add(digester, &wire_size, sizeof wire_size);
        hth_digester_add(digester, bytes, size);
    }
    hth_digester_finish(digester, &layout->essence);
    layout->has_essence = TRUE;
}

static HthLayout *layout_new(HthLayoutBuilder *self, HthMediaFormat format)
{
    HthLayout *layout = g_new0(HthLayout, 1);
    layout->version = HTH_LAYOUT_VERSION;
    layout->format = format;
    layout->size_bytes = self->size;
    layout->regions = g_steal_pointer(&self->regions);
    layout->parts = g_steal_pointer(&self->parts);
    layout->runs = g_steal_pointer(&self->runs);
    layout->metadata = g_byte_array_new();
    return layout;
}

static HthLayout *finish(HthLayoutBuilder *self, HthMediaFormat format, GError **error)
{
    g_autoptr(HthLayout) layout = layout_new(self, format);
    g_autoptr(HthDigester) digester = hth_digester_new();
    for (guint i = 0; i < layout->regions->len; i++) {
        HthRegion *region = &g_array_index(layout->regions, HthRegion, i);
        if (!pass_region(self, layout, region, digester, error))
            return NULL;
    }
    hth_digester_finish(self->file_digester, &layout->file_digest);
    finish_essence(self, layout);
    return g_steal_pointer(&layout);
}

/* ---- Cut by content ---- */

static HthLayout *cut_by_content(HthByteSource *source, const HthCutter *cutter,
                                 GCancellable *cancellable, GError **error)
{
    g_auto(HthLayoutBuilder) builder;
    builder_init(&builder, source, cancellable);
    g_autoptr(HthChunker) chunker = hth_chunker_new(cutter);
    const gsize room = (gsize)MIN(builder.size, 2 * (guint64)cutter->max_bytes);
    g_autofree guint8 *buffer = g_malloc(room);
    gsize begin = 0; /* of what is in the buffer and not yet cut */
    gsize end = 0;
    guint64 read_to = 0;
    while (builder.position < builder.size) {
        if (end - begin < cutter->max_bytes && read_to < builder.size) {
            memmove(buffer, buffer + begin, end - begin);
            end -= begin;
            begin = 0;
            const gsize n = (gsize)MIN(room - end, builder.size - read_to);
            if (g_cancellable_set_error_if_cancelled(cancellable, error) ||
                !hth_byte_source_read(source, read_to, buffer + end, n, error))
                return NULL;
            read_to += n;
            end += n;
        }
        const gsize length = hth_chunker_cut(chunker, buffer + begin, end - begin);
        HthRegion *region = add_region(&builder, HTH_REGION_CHUNK, length);
        if (region == NULL) {
            g_set_error(error, HTH_ERROR, HTH_ERROR_TOO_LARGE, "the file has too many chunks");
            return NULL;
        }
        hth_digest_of(buffer + begin, length, &region->digest);
        hth_digester_add(builder.file_digester, buffer + begin, length);
        begin += length;
    }
    g_autoptr(HthLayout) layout = layout_new(&builder, HTH_FORMAT_UNKNOWN);
    layout->cutter = *cutter;
    hth_digester_finish(builder.file_digester, &layout->file_digest);
    return g_steal_pointer(&layout);
}

HthLayout *hth_layout_read(HthByteSource *source, HthMediaFormat format, const HthLayout *like,
                           GCancellable *cancellable, GError **error)
{
    const HthLayoutReader reader = (guint)format < HTH_N_FORMATS ? readers[format] : NULL;
    if (reader != NULL) {
        g_auto(HthLayoutBuilder) builder;
        builder_init(&builder, source, cancellable);
        if (reader(&builder) && !builder.is_too_long && builder.position == builder.size)
            return finish(&builder, format, error);
        if (g_cancellable_set_error_if_cancelled(cancellable, error))
            return NULL;
    }
    HthCutter cutter = hth_cutter_for_size(hth_byte_source_size(source));
    if (like != NULL && hth_cutter_is_valid(&like->cutter))
        cutter = like->cutter;
    return cut_by_content(source, &cutter, cancellable, error);
}
