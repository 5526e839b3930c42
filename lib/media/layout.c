/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Layouts as they are kept: a mark, the size of the body, and the body packed. In the body what is
 * alike stands together, so that it packs well: regions, digests, metadata last. */
#include "media/layout.h"

#include <string.h>

#include "base/error.h"
#include "base/wire.h"
#include "media/chunker.h"
#include "media/pack.h"

#define LAYOUT_MARK     'L'
#define LAYOUT_ENCODING 1
/* Every region with a digest, and all metadata. */
#define BODY_MAX (HTH_LAYOUT_REGIONS_MAX * 64 + 2 * HTH_LAYOUT_METADATA_MAX)

void hth_layout_free(HthLayout *self)
{
    if (self == NULL)
        return;
    g_clear_pointer(&self->regions, g_array_unref);
    g_clear_pointer(&self->metadata, g_byte_array_unref);
    g_clear_pointer(&self->parts, g_array_unref);
    g_clear_pointer(&self->runs, g_array_unref);
    g_free(self);
}

static void write_digest(GByteArray *to, const HthDigest *digest)
{
    g_byte_array_append(to, digest->bytes, HTH_DIGEST_BYTES);
}

static void read_digest(HthWireReader *reader, HthDigest *out_digest)
{
    const guint8 *bytes = hth_wire_read_bytes(reader, HTH_DIGEST_BYTES);
    if (bytes != NULL)
        memcpy(out_digest->bytes, bytes, HTH_DIGEST_BYTES);
}

static gboolean has_digest(HthRegionKind kind)
{
    return kind == HTH_REGION_PAYLOAD || kind == HTH_REGION_CHUNK || kind == HTH_REGION_OFFSETS ||
           kind == HTH_REGION_OGG_PAGES;
}

/* ---- Writing ---- */

static void write_part(GByteArray *to, const HthPicturePart *part)
{
    write_digest(to, &part->digest);
    hth_wire_write_varint(to, part->length);
    hth_wire_write_u8(to, (guint8)part->coding);
    hth_wire_write_u8(to, part->prefix_length);
    g_byte_array_append(to, part->prefix, part->prefix_length);
    hth_wire_write_varint(to, part->coded_offset);
}

static void write_run(GByteArray *to, const HthOggRun *run)
{
    write_digest(to, &run->pages_digest);
    hth_wire_write_varint(to, run->n_streams);
    for (guint i = 0; i < run->n_streams; i++) {
        hth_wire_write_u32(to, run->streams[i].serial);
        hth_wire_write_varint(to, run->streams[i].first_sequence);
        hth_ogg_timing_write(&run->streams[i].timing, to);
    }
}

static void write_regions(GByteArray *to, const GArray *regions)
{
    hth_wire_write_varint(to, regions->len);
    for (guint i = 0; i < regions->len; i++) {
        const HthRegion *region = &g_array_index(regions, HthRegion, i);
        hth_wire_write_u8(to, (guint8)region->kind);
        hth_wire_write_varint(to, region->length);
        if (region->kind == HTH_REGION_OFFSETS) {
            hth_wire_write_u8(to, (guint8)region->coding);
            hth_wire_write_varint(to, region->base);
        }
    }
    for (guint i = 0; i < regions->len; i++) {
        const HthRegion *region = &g_array_index(regions, HthRegion, i);
        if (has_digest(region->kind))
            write_digest(to, &region->digest);
    }
}

static GByteArray *encode_body(const HthLayout *self)
{
    GByteArray *to = g_byte_array_new();
    hth_wire_write_varint(to, self->version);
    hth_wire_write_u8(to, (guint8)self->format);
    hth_wire_write_varint(to, self->size_bytes);
    write_digest(to, &self->file_digest);
    hth_wire_write_u8(to, self->has_essence ? 1 : 0);
    if (self->has_essence)
        write_digest(to, &self->essence);
    hth_wire_write_u8(to, self->cutter.id);
    hth_wire_write_varint(to, self->cutter.min_bytes);
    hth_wire_write_varint(to, self->cutter.average_bytes);
    hth_wire_write_varint(to, self->cutter.max_bytes);
    write_regions(to, self->regions);
    for (guint i = 0; i < self->parts->len; i++)
        write_part(to, &g_array_index(self->parts, HthPicturePart, i));
    for (guint i = 0; i < self->runs->len; i++)
        write_run(to, &g_array_index(self->runs, HthOggRun, i));
    g_byte_array_append(to, self->metadata->data, self->metadata->len);
    return to;
}

GBytes *hth_layout_encode(const HthLayout *self)
{
    g_autoptr(GByteArray) body = encode_body(self);
    g_autoptr(GBytes) packed = hth_pack(NULL, 0, body->data, body->len);
    GByteArray *to = g_byte_array_new();
    hth_wire_write_u8(to, LAYOUT_MARK);
    hth_wire_write_u8(to, LAYOUT_ENCODING);
    hth_wire_write_varint(to, body->len);
    gsize size = 0;
    const guint8 *bytes = g_bytes_get_data(packed, &size);
    g_byte_array_append(to, bytes, (guint)size);
    return g_byte_array_free_to_bytes(to);
}

/* ---- Reading ---- */

static gboolean read_part(HthWireReader *reader, HthPicturePart *part)
{
    read_digest(reader, &part->digest);
    const guint64 length = hth_wire_read_varint(reader);
    part->length = (guint32)length;
    part->coding = hth_wire_read_u8(reader);
    part->prefix_length = hth_wire_read_u8(reader);
    if (part->prefix_length > sizeof part->prefix)
        return FALSE;
    const guint8 *prefix = hth_wire_read_bytes(reader, part->prefix_length);
    if (prefix != NULL)
        memcpy(part->prefix, prefix, part->prefix_length);
    part->coded_offset = hth_wire_read_varint(reader);
    return !reader->has_failed && length <= G_MAXUINT32 &&
           (guint)part->coding < HTH_N_PICTURE_CODINGS;
}

static gboolean read_run(HthWireReader *reader, HthOggRun *run)
{
    read_digest(reader, &run->pages_digest);
    const guint64 n_streams = hth_wire_read_varint(reader);
    if (n_streams > HTH_OGG_STREAMS_MAX)
        return FALSE;
    run->n_streams = (guint)n_streams;
    for (guint i = 0; i < run->n_streams; i++) {
        run->streams[i].serial = hth_wire_read_u32(reader);
        run->streams[i].first_sequence = (guint32)hth_wire_read_varint(reader);
        if (!hth_ogg_timing_read(&run->streams[i].timing, reader))
            return FALSE;
    }
    return !reader->has_failed;
}

/* A part's region must be inside of what the picture's coded form can be. */
static gboolean part_fits(const HthPicturePart *part, guint64 length)
{
    const guint64 raw = (guint64)part->length + part->prefix_length;
    const guint64 coded = part->coding == HTH_PICTURE_BASE64 ? (raw + 2) / 3 * 4 : raw;
    return part->coded_offset <= coded && length <= coded - part->coded_offset;
}

/* What every region says of itself. Returns: FALSE when the regions do not cover the file. */
static gboolean read_regions(HthWireReader *reader, HthLayout *self, guint *out_n_parts,
                             guint *out_n_runs, gsize *out_metadata_bytes)
{
    const guint64 n_regions = hth_wire_read_varint(reader);
    if (n_regions > HTH_LAYOUT_REGIONS_MAX)
        return FALSE;
    guint64 position = 0;
    for (guint64 i = 0; i < n_regions && !reader->has_failed; i++) {
        HthRegion region = { .kind = hth_wire_read_u8(reader), .offset = position };
        region.length = hth_wire_read_varint(reader);
        if ((guint)region.kind >= HTH_N_REGION_KINDS || region.length == 0 ||
            region.length > self->size_bytes - position)
            return FALSE;
        position += region.length;
        if (region.kind == HTH_REGION_OFFSETS) {
            region.coding = hth_wire_read_u8(reader);
            region.base = hth_wire_read_varint(reader);
            if ((guint)region.coding >= HTH_N_OFFSETS_CODINGS ||
                region.length > HTH_LAYOUT_OFFSETS_MAX)
                return FALSE;
        } else if (region.kind == HTH_REGION_METADATA) {
            region.metadata_offset = *out_metadata_bytes;
            if (region.length > HTH_LAYOUT_METADATA_MAX - *out_metadata_bytes)
                return FALSE;
            *out_metadata_bytes += region.length;
        } else if (region.kind == HTH_REGION_PICTURE) {
            region.part = (*out_n_parts)++;
        } else if (region.kind == HTH_REGION_OGG_PAGES) {
            region.run = (*out_n_runs)++;
        }
        g_array_append_val(self->regions, region);
    }
    for (guint i = 0; i < self->regions->len; i++) {
        HthRegion *region = &g_array_index(self->regions, HthRegion, i);
        if (has_digest(region->kind))
            read_digest(reader, &region->digest);
    }
    return !reader->has_failed && position == self->size_bytes;
}

static gboolean read_head(HthWireReader *reader, HthLayout *self)
{
    self->version = (guint16)hth_wire_read_varint(reader);
    self->format = hth_wire_read_u8(reader);
    self->size_bytes = hth_wire_read_varint(reader);
    read_digest(reader, &self->file_digest);
    self->has_essence = hth_wire_read_u8(reader) != 0;
    if (self->has_essence)
        read_digest(reader, &self->essence);
    self->cutter.id = hth_wire_read_u8(reader);
    self->cutter.min_bytes = (guint32)hth_wire_read_varint(reader);
    self->cutter.average_bytes = (guint32)hth_wire_read_varint(reader);
    self->cutter.max_bytes = (guint32)hth_wire_read_varint(reader);
    return !reader->has_failed && (guint)self->format < HTH_N_FORMATS &&
           self->size_bytes <= G_MAXINT64;
}

static gboolean decode_body(HthLayout *self, HthWireReader *reader)
{
    guint n_parts = 0;
    guint n_runs = 0;
    gsize metadata_bytes = 0;
    if (!read_head(reader, self) || !read_regions(reader, self, &n_parts, &n_runs, &metadata_bytes))
        return FALSE;
    for (guint i = 0; i < n_parts; i++) {
        HthPicturePart part = { 0 };
        if (!read_part(reader, &part))
            return FALSE;
        g_array_append_val(self->parts, part);
    }
    for (guint i = 0; i < n_runs; i++) {
        HthOggRun run = { 0 };
        if (!read_run(reader, &run))
            return FALSE;
        g_array_append_val(self->runs, run);
    }
    for (guint i = 0; i < self->regions->len; i++) {
        const HthRegion *region = &g_array_index(self->regions, HthRegion, i);
        if (region->kind == HTH_REGION_PICTURE &&
            !part_fits(&g_array_index(self->parts, HthPicturePart, region->part), region->length))
            return FALSE;
    }
    const guint8 *metadata = hth_wire_read_bytes(reader, metadata_bytes);
    if (!hth_wire_reader_is_done(reader))
        return FALSE;
    g_byte_array_append(self->metadata, metadata, (guint)metadata_bytes);
    return TRUE;
}

static HthLayout *layout_new_empty(void)
{
    HthLayout *self = g_new0(HthLayout, 1);
    self->regions = g_array_new(FALSE, TRUE, sizeof(HthRegion));
    self->metadata = g_byte_array_new();
    self->parts = g_array_new(FALSE, TRUE, sizeof(HthPicturePart));
    self->runs = g_array_new(FALSE, TRUE, sizeof(HthOggRun));
    return self;
}

HthLayout *hth_layout_decode(GBytes *bytes, GError **error)
{
    gsize size = 0;
    const guint8 *packed = g_bytes_get_data(bytes, &size);
    HthWireReader head = HTH_WIRE_READER(packed, size);
    const guint8 mark = hth_wire_read_u8(&head);
    const guint8 encoding = hth_wire_read_u8(&head);
    const guint64 body_size = hth_wire_read_varint(&head);
    if (head.has_failed || mark != LAYOUT_MARK) {
        g_set_error(error, HTH_ERROR, HTH_ERROR_CORRUPT, "not a layout");
        return NULL;
    }
    if (encoding != LAYOUT_ENCODING) {
        g_set_error(error, HTH_ERROR, HTH_ERROR_NEWER, "a layout of a newer version");
        return NULL;
    }
    if (body_size > BODY_MAX) {
        g_set_error(error, HTH_ERROR, HTH_ERROR_TOO_LARGE, "a layout is too large");
        return NULL;
    }
    g_autofree guint8 *body = g_malloc(body_size);
    if (!hth_unpack(NULL, 0, packed + head.position, size - head.position, body, body_size, error))
        return NULL;
    g_autoptr(HthLayout) self = layout_new_empty();
    HthWireReader reader = HTH_WIRE_READER(body, body_size);
    if (!decode_body(self, &reader)) {
        g_set_error(error, HTH_ERROR, HTH_ERROR_CORRUPT, "a layout makes no sense");
        return NULL;
    }
    return g_steal_pointer(&self);
}
