/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A recipe is proved by applying it, as the device will, and comparing what comes out with the new
 * file. The old file is not there any more; it is put together:
 *
 *   - tags and framing from the old layout, which kept them;
 *   - payload, chunks and pictures from where the new file has the same by digest;
 *   - tables of positions from the new ones, moved back;
 *   - Ogg pages from the new file's, cut as those are: a run whose packets are equal by digest
 *     gives the same pages when it is cut anew, however it was cut. They stand behind the end of
 *     the old file, and the steps are pointed there.
 *
 * What the new file does not have is a hole, and a recipe that reads it is wrong. What is taken
 * from the new file and copied to the very place where it is there needs no comparing: nearly all
 * of a file that got other tags.
 */
#include <string.h>

#include "base/error.h"
#include "media/offset-table.h"
#include "media/picture-coding.h"
#include "media/recipe-private.h"

#define BLOCK_BYTES (256 * 1024)

typedef struct {
    const HthLayout *old;
    const HthLayout *new_layout;
    HthByteSource *new_source;
    HthByteSource *metadata;
    HthByteSource *file;       /* the old one, made of pieces */
    GHashTable *new_by_digest; /* (element HthDigest → HthRegion) */
    guint64 *run_offsets;      /* by old region: where the new run stands in @file; 0: not */
} Rebuild;

static void rebuild_clear(Rebuild *self)
{
    g_clear_pointer(&self->metadata, hth_byte_source_unref);
    g_clear_pointer(&self->file, hth_byte_source_unref);
    g_clear_pointer(&self->new_by_digest, g_hash_table_unref);
    g_clear_pointer(&self->run_offsets, g_free);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Rebuild, rebuild_clear)

static const HthRegion *find_new(const Rebuild *self, const HthRegion *old)
{
    return g_hash_table_lookup(self->new_by_digest, &old->digest);
}

static void add_hole(Rebuild *self, guint64 length)
{
    hth_byte_source_add_piece(self->file, NULL, 0, length);
}

static void add_metadata(Rebuild *self, const HthRegion *old)
{
    hth_byte_source_add_piece(self->file, self->metadata, old->metadata_offset, old->length);
}

static void add_payload(Rebuild *self, const HthRegion *old)
{
    const HthRegion *new = find_new(self, old);
    const gboolean is_known = new != NULL &&new->length == old->length &&
                              (new->kind == HTH_REGION_PAYLOAD || new->kind == HTH_REGION_CHUNK);
    hth_byte_source_add_piece(self->file, is_known ? self->new_source : NULL,
                              is_known ? new->offset : 0, old->length);
}

/* The region of the new file that has byte @at of the coded form; NULL: none. */
static const HthRegion *find_new_part(const Rebuild *self, const HthPicturePart *form, guint64 at,
                                      guint64 *out_skip)
{
    for (guint i = 0; i < self->new_layout->regions->len; i++) {
        const HthRegion *region = &g_array_index(self->new_layout->regions, HthRegion, i);
        if (region->kind != HTH_REGION_PICTURE)
            continue;
        const HthPicturePart *part =
            &g_array_index(self->new_layout->parts, HthPicturePart, region->part);
        if (!hth_picture_part_is_same_form(part, form) || at < part->coded_offset ||
            at - part->coded_offset >= region->length)
            continue;
        *out_skip = at - part->coded_offset;
        return region;
    }
    return NULL;
}

static void add_picture(Rebuild *self, const HthRegion *old)
{
    const HthPicturePart *form = &g_array_index(self->old->parts, HthPicturePart, old->part);
    for (guint64 done = 0; done < old->length;) {
        guint64 skip = 0;
        const HthRegion *new = find_new_part(self, form, form->coded_offset + done, &skip);
        if (new == NULL) {
            add_hole(self, old->length - done);
            return;
        }
        const guint64 n = MIN(new->length - skip, old->length - done);
        hth_byte_source_add_piece(self->file, self->new_source, new->offset + skip, n);
        done += n;
    }
}

static void add_offsets(Rebuild *self, const HthRegion *old)
{
    const HthRegion *new = find_new(self, old);
    if (new == NULL || new->kind != HTH_REGION_OFFSETS || new->length != old->length ||
        new->coding != old->coding) {
        add_hole(self, old->length);
        return;
    }
    const gsize n = (gsize) new->length;
    guint8 *table = g_malloc(n);
    g_autoptr(GBytes) bytes = g_bytes_new_take(table, n);
    if (!hth_byte_source_read(self->new_source, new->offset, table, n, NULL) ||
        !hth_offset_table_add(new->coding, table, n, old->base - new->base)) {
        add_hole(self, old->length);
        return;
    }
    g_autoptr(HthByteSource) source = hth_byte_source_new_for_bytes(bytes);
    hth_byte_source_add_piece(self->file, source, 0, n);
}

/* In its place only when it is the new run, byte for byte. */
static gboolean is_same_run(const Rebuild *self, const HthRegion *old, const HthRegion *new)
{
    const HthOggRun *a = &g_array_index(self->old->runs, HthOggRun, old->run);
    const HthOggRun *b = &g_array_index(self->new_layout->runs, HthOggRun, new->run);
    if (old->length != new->length || a->n_streams != b->n_streams ||
        !hth_digest_equal(&a->pages_digest, &b->pages_digest))
        return FALSE;
    for (guint i = 0; i < a->n_streams; i++) {
        if (a->streams[i].serial != b->streams[i].serial ||
            a->streams[i].first_sequence != b->streams[i].first_sequence)
            return FALSE;
    }
    return TRUE;
}

static void add_ogg_pages(Rebuild *self, const HthRegion *old)
{
    const HthRegion *new = find_new(self, old);
    if (new != NULL &&new->kind == HTH_REGION_OGG_PAGES && is_same_run(self, old, new))
        hth_byte_source_add_piece(self->file, self->new_source, new->offset, old->length);
    else
        add_hole(self, old->length);
}

static void (*const adders[HTH_N_REGION_KINDS])(Rebuild *, const HthRegion *) = {
    [HTH_REGION_METADATA] = add_metadata,   [HTH_REGION_PICTURE] = add_picture,
    [HTH_REGION_PAYLOAD] = add_payload,     [HTH_REGION_OFFSETS] = add_offsets,
    [HTH_REGION_OGG_PAGES] = add_ogg_pages, [HTH_REGION_CHUNK] = add_payload,
};

/* Behind the old file's end: the new runs whose packets an old one has. */
static void add_runs(Rebuild *self)
{
    for (guint i = 0; i < self->old->regions->len; i++) {
        const HthRegion *old = &g_array_index(self->old->regions, HthRegion, i);
        const HthRegion *new = old->kind == HTH_REGION_OGG_PAGES ? find_new(self, old) : NULL;
        if (new == NULL || new->kind != HTH_REGION_OGG_PAGES)
            continue;
        self->run_offsets[i] = hth_byte_source_size(self->file);
        hth_byte_source_add_piece(self->file, self->new_source, new->offset, new->length);
    }
}

static void rebuild_init(Rebuild *self, const HthLayout *old, HthByteSource *new_source,
                         const HthLayout *new_layout)
{
    g_autoptr(GBytes) metadata = g_bytes_new(old->metadata->data, old->metadata->len);
    *self = (Rebuild){
        .old = old,
        .new_layout = new_layout,
        .new_source = new_source,
        .metadata = hth_byte_source_new_for_bytes(metadata),
        .file = hth_byte_source_new_pieces(),
        .new_by_digest = g_hash_table_new(hth_digest_hash, hth_digest_equal_func),
        .run_offsets = g_new0(guint64, old->regions->len),
    };
    for (guint i = 0; i < new_layout->regions->len; i++) {
        HthRegion *region = &g_array_index(new_layout->regions, HthRegion, i);
        if (region->kind != HTH_REGION_METADATA && region->kind != HTH_REGION_PICTURE)
            (void)g_hash_table_insert(self->new_by_digest, &region->digest, region);
    }
    for (guint i = 0; i < old->regions->len; i++) {
        const HthRegion *region = &g_array_index(old->regions, HthRegion, i);
        adders[region->kind](self, region);
    }
    add_runs(self);
}

/* ---- Steps that read Ogg pages are pointed to the new run ---- */

/* The index of the old region that begins at @offset; -1: none does. */
static gint find_region_at(const HthLayout *layout, guint64 offset)
{
    for (guint i = 0; i < layout->regions->len; i++) {
        if (g_array_index(layout->regions, HthRegion, i).offset == offset)
            return (gint)i;
    }
    return -1;
}

static gboolean redirect_step(const Rebuild *self, HthRecipe *recipe, HthStep *step)
{
    const gint index = find_region_at(self->old, step->old_offset);
    if (index < 0 || self->run_offsets[index] == 0)
        return FALSE;
    const HthRegion *old = &g_array_index(self->old->regions, HthRegion, index);
    const HthRegion *new = find_new(self, old);
    const HthOggRun *old_run = &g_array_index(self->old->runs, HthOggRun, old->run);
    const HthOggRun *run = &g_array_index(self->new_layout->runs, HthOggRun, new->run);
    if (hth_step_old_length(step) != old->length || run->n_streams != old_run->n_streams)
        return FALSE;
    step->old_offset = self->run_offsets[index];
    if (step->kind == HTH_STEP_OGG_REPAGE) {
        HthOggCut *cut = &g_array_index(recipe->cuts, HthOggCut, step->index);
        step->extra = new->length;
        for (guint i = 0; i < run->n_streams; i++)
            cut->old_serials[i] = run->streams[i].serial;
        return TRUE;
    }
    /* With the digest of the pages equal, numbers are all that differs: what remains to be seen is
     * that the renames lead from the old numbers to the new ones. */
    if (!hth_digest_equal(&old_run->pages_digest, &run->pages_digest) ||
        step->n_renames != run->n_streams)
        return FALSE;
    for (guint i = 0; i < run->n_streams; i++) {
        HthOggRename *rename = &g_array_index(recipe->renames, HthOggRename, step->index + i);
        const guint32 made = old_run->streams[i].first_sequence + rename->sequence_addend;
        if (rename->old_serial != old_run->streams[i].serial)
            return FALSE;
        rename->old_serial = run->streams[i].serial;
        rename->sequence_addend = made - run->streams[i].first_sequence;
    }
    return TRUE;
}

/* ---- Comparing ---- */

typedef struct {
    const HthLayout *new_layout;
    HthByteSource *new_source;
    const HthByteSource *old;
    guint64 position;
    guint8 *block;
    HthDigest picture_digest; /* of @picture */
    GBytes *picture;
} Comparing;

static void comparing_clear(Comparing *self)
{
    g_clear_pointer(&self->block, g_free);
    g_clear_pointer(&self->picture, g_bytes_unref);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Comparing, comparing_clear)

static gboolean compare(const guint8 *bytes, gsize n, gpointer data, GError **error)
{
    Comparing *self = data;
    for (gsize done = 0; done < n;) {
        const gsize part = MIN(n - done, BLOCK_BYTES);
        if (!hth_byte_source_read(self->new_source, self->position, self->block, part, error))
            return FALSE;
        if (memcmp(self->block, bytes + done, part) != 0) {
            g_set_error(error, HTH_ERROR, HTH_ERROR_CORRUPT, "the recipe makes something else");
            return FALSE;
        }
        self->position += part;
        done += part;
    }
    return TRUE;
}

static gboolean fetch(const HthNeed *need, guint64 offset, guint8 *buffer, gsize n, gpointer data,
                      GError **error)
{
    Comparing *self = data;
    if (need->kind == HTH_NEED_RANGE)
        return hth_byte_source_read(self->new_source, need->offset + offset, buffer, n, error);
    if (self->picture == NULL || !hth_digest_equal(&self->picture_digest, &need->digest)) {
        g_clear_pointer(&self->picture, g_bytes_unref);
        self->picture =
            hth_layout_read_picture(self->new_layout, self->new_source, &need->digest, error);
        self->picture_digest = need->digest;
    }
    if (self->picture == NULL || offset + n > g_bytes_get_size(self->picture))
        return FALSE;
    memcpy(buffer, (const guint8 *)g_bytes_get_data(self->picture, NULL) + offset, n);
    return TRUE;
}

static gboolean is_the_same(guint64 old_offset, guint64 position, guint64 length, gpointer data)
{
    Comparing *self = data;
    if (!hth_byte_source_is_piece_of(self->old, old_offset, length, self->new_source, position))
        return FALSE;
    self->position = position + length;
    return TRUE;
}

gboolean hth_recipe_verify(const HthRecipe *self, const HthLayout *old, HthByteSource *new_source,
                           const HthLayout *new_layout)
{
    g_autoptr(GBytes) encoded = hth_recipe_encode(self);
    g_autoptr(HthRecipe) copy = hth_recipe_decode(encoded, NULL);
    if (copy == NULL || copy->new_size != new_layout->size_bytes)
        return FALSE;
    g_auto(Rebuild) rebuild;
    rebuild_init(&rebuild, old, new_source, new_layout);
    for (guint i = 0; i < copy->steps->len; i++) {
        HthStep *step = &g_array_index(copy->steps, HthStep, i);
        if (step->kind == HTH_STEP_REFRAME) { /* equal essences: the new file's packets */
            copy->packets = new_source;
            step->coding = (guint8)new_layout->format;
        }
        if ((step->kind == HTH_STEP_OGG_PAGES || step->kind == HTH_STEP_OGG_REPAGE) &&
            !redirect_step(&rebuild, copy, step))
            return FALSE;
    }
    g_auto(Comparing) comparing = {
        .new_layout = new_layout,
        .new_source = new_source,
        .old = rebuild.file,
        .block = g_malloc(BLOCK_BYTES),
    };
    return hth_recipe_apply_unknown(copy, rebuild.file, fetch, compare, is_the_same, &comparing,
                                    NULL);
}
