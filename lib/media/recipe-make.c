/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From the regions of two files to the steps between them. */
#include <string.h>

#include "base/error.h"
#include "media/pack.h"
#include "media/picture-coding.h"
#include "media/recipe-private.h"
#include "media/reframe.h"

/* Bytes that are known by digest only, and changed: fetched, but for a few. */
#define INLINE_REGION_MAX 4096
/* Where inline bytes are too many for a recipe, regions over this are fetched. */
#define INLINE_REGION_SMALL 1024

typedef struct {
    const HthLayout *old;
    HthByteSource *new_source;
    const HthLayout *new_layout;
    HthRecipe *recipe;
    GHashTable *old_by_digest; /* (element HthDigest → HthRegion) of old regions with one */
    GByteArray *inlined;
    guint64 inline_region_max; /* of tags and framing */
    gboolean is_careful;       /* nothing but equal regions is trusted */
    gboolean has_reframe;      /* @reframe was asked for */
    HthReframeMaker *reframe;  /* NULL: the files do not have the same packets */
} Making;

static void making_clear(Making *self)
{
    g_clear_pointer(&self->recipe, hth_recipe_free);
    g_clear_pointer(&self->old_by_digest, g_hash_table_unref);
    g_clear_pointer(&self->inlined, g_byte_array_unref);
    g_clear_pointer(&self->reframe, hth_reframe_maker_free);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Making, making_clear)

/* ---- Steps ---- */

/* Adds a step, or makes the last one longer when it goes on. */
static HthStep *add_step(Making *self, HthStepKind kind, guint64 length, guint64 old_offset)
{
    GArray *steps = self->recipe->steps;
    HthStep *last = steps->len > 0 ? &g_array_index(steps, HthStep, steps->len - 1) : NULL;
    const gboolean can_grow =
        kind == HTH_STEP_INLINE || kind == HTH_STEP_FETCH ||
        (kind == HTH_STEP_COPY && last != NULL && last->old_offset + last->length == old_offset);
    if (last != NULL && last->kind == kind && can_grow) {
        last->length += length;
        return last;
    }
    const HthStep step = { .kind = (guint8)kind, .length = length, .old_offset = old_offset };
    g_array_append_val(steps, step);
    return &g_array_index(steps, HthStep, steps->len - 1);
}

static void add_fetch(Making *self, guint64 length)
{
    (void)add_step(self, HTH_STEP_FETCH, length, 0);
}

/* Bytes of the new file that the recipe brings, as far as there is room. */
static gboolean add_inline(Making *self, guint64 offset, guint64 length, GError **error)
{
    if (length > HTH_RECIPE_INLINE_MAX - self->inlined->len || length > self->inline_region_max) {
        add_fetch(self, length);
        return TRUE;
    }
    const guint at = self->inlined->len;
    g_byte_array_set_size(self->inlined, (guint)(at + length));
    (void)add_step(self, HTH_STEP_INLINE, length, 0);
    return hth_byte_source_read(self->new_source, offset, self->inlined->data + at, (gsize)length,
                                error);
}

static const HthRegion *find_old(const Making *self, const HthRegion *region)
{
    const HthRegion *found = g_hash_table_lookup(self->old_by_digest, &region->digest);
    return found != NULL && found->kind == region->kind ? found : NULL;
}

static gboolean make_metadata(Making *self, const HthRegion *region, GError **error)
{
    return add_inline(self, region->offset, region->length, error);
}

/* Whether the old file's packets can be found one by one: not those in fragments. */
static gboolean has_plain_packets(const HthLayout *layout)
{
    return memmem(layout->metadata->data, layout->metadata->len, "mvex", 4) == NULL;
}

/* The same packets in another framing. FALSE: they are not, or it is not worth it. */
static gboolean make_reframe(Making *self, const HthRegion *region)
{
    if (!self->has_reframe && self->old->has_essence && self->new_layout->has_essence &&
        hth_digest_equal(&self->old->essence, &self->new_layout->essence) &&
        has_plain_packets(self->old))
        self->reframe = hth_reframe_maker_new(self->new_source, self->new_layout->format);
    self->has_reframe = TRUE;
    if (self->reframe == NULL || self->is_careful)
        return FALSE;
    g_autoptr(GByteArray) program = g_byte_array_new();
    gboolean is_good = hth_reframe_maker_range(self->reframe, region->offset,
                                               region->offset + region->length, program);
    if (is_good) {
        g_autoptr(GBytes) packed = hth_pack(NULL, 0, program->data, program->len);
        is_good = g_bytes_get_size(packed) < region->length / 2;
    }
    if (!is_good) {
        hth_reframe_maker_reject(self->reframe);
        return FALSE;
    }
    HthStep *step = add_step(self, HTH_STEP_REFRAME, region->length, 0);
    step->index = self->recipe->programs->len;
    step->coding = (guint8)self->old->format;
    g_ptr_array_add(self->recipe->programs, g_byte_array_free_to_bytes(g_steal_pointer(&program)));
    return TRUE;
}

static gboolean make_payload(Making *self, const HthRegion *region, GError **error)
{
    const HthRegion *old = g_hash_table_lookup(self->old_by_digest, &region->digest);
    if (old != NULL && old->length == region->length &&
        (old->kind == HTH_REGION_PAYLOAD || old->kind == HTH_REGION_CHUNK)) {
        (void)add_step(self, HTH_STEP_COPY, region->length, old->offset);
        return TRUE;
    }
    if (region->length <= INLINE_REGION_MAX)
        return add_inline(self, region->offset, region->length, error);
    if (make_reframe(self, region))
        return TRUE;
    self->recipe->is_generic = TRUE;
    add_fetch(self, region->length);
    return TRUE;
}

/* A step for a stretch of a picture that the old file does not have. */
static void add_picture(Making *self, const HthPicturePart *part, guint64 coded_offset,
                        guint64 length)
{
    HthStep *step = add_step(self, HTH_STEP_PICTURE, length, 0);
    HthPicturePart stretch = *part;
    stretch.coded_offset = coded_offset;
    step->index = self->recipe->parts->len;
    g_array_append_val(self->recipe->parts, stretch);
}

/* The old region that has byte @at of the coded form; NULL: none. */
static const HthRegion *find_old_part(const Making *self, const HthPicturePart *form, guint64 at)
{
    for (guint i = 0; i < self->old->regions->len; i++) {
        const HthRegion *region = &g_array_index(self->old->regions, HthRegion, i);
        if (region->kind != HTH_REGION_PICTURE)
            continue;
        const HthPicturePart *part = &g_array_index(self->old->parts, HthPicturePart, region->part);
        if (hth_picture_part_is_same_form(part, form) && at >= part->coded_offset &&
            at - part->coded_offset < region->length)
            return region;
    }
    return NULL;
}

/* Pages may cut the same picture elsewhere: it is put together from the old parts. */
static gboolean make_picture(Making *self, const HthRegion *region, GError **error)
{
    const HthPicturePart *part =
        &g_array_index(self->new_layout->parts, HthPicturePart, region->part);
    guint64 at = part->coded_offset;
    const guint64 end = at + region->length;
    while (at < end) {
        const HthRegion *old = find_old_part(self, part, at);
        if (old == NULL) {
            add_picture(self, part, at, end - at);
            return TRUE;
        }
        const guint64 skip =
            at - g_array_index(self->old->parts, HthPicturePart, old->part).coded_offset;
        const guint64 n = MIN(end - at, old->length - skip);
        (void)add_step(self, HTH_STEP_COPY, n, old->offset + skip);
        at += n;
    }
    return TRUE;
}

static gboolean make_offsets(Making *self, const HthRegion *region, GError **error)
{
    const HthRegion *old = find_old(self, region);
    if (old == NULL || old->length != region->length || old->coding != region->coding)
        return add_inline(self, region->offset, region->length, error);
    if (old->base == region->base) {
        (void)add_step(self, HTH_STEP_COPY, region->length, old->offset);
        return TRUE;
    }
    HthStep *step = add_step(self, HTH_STEP_OFFSETS, region->length, old->offset);
    step->coding = (guint8)region->coding;
    step->extra = region->base - old->base;
    return TRUE;
}

static gboolean is_same_numbering(const HthOggRun *a, const HthOggRun *b)
{
    for (guint i = 0; i < a->n_streams; i++) {
        if (a->streams[i].serial != b->streams[i].serial ||
            a->streams[i].first_sequence != b->streams[i].first_sequence)
            return FALSE;
    }
    return TRUE;
}

static void add_renames(Making *self, const HthRegion *old_region, const HthOggRun *old,
                        const HthOggRun *new)
{
    HthStep *step = add_step(self, HTH_STEP_OGG_PAGES, old_region->length, old_region->offset);
    step->index = self->recipe->renames->len;
    step->n_renames = (guint16) new->n_streams;
    for (guint i = 0; i < new->n_streams; i++) {
        const HthOggRename rename = {
            .old_serial = old->streams[i].serial,
            .new_serial = new->streams[i].serial,
            .sequence_addend = new->streams[i].first_sequence - old->streams[i].first_sequence,
        };
        g_array_append_val(self->recipe->renames, rename);
    }
}

static gboolean add_cut(Making *self, const HthRegion *region, const HthRegion *old_region,
                        const HthOggRun *old, const HthOggRun *new, GError **error)
{
    HthOggCut cut = { .n_serials = old->n_streams };
    for (guint i = 0; i < old->n_streams; i++)
        cut.old_serials[i] = old->streams[i].serial;
    cut.table =
        hth_ogg_table_new_for_run(self->new_source, region->offset, region->length, new, error);
    if (cut.table == NULL)
        return FALSE;
    HthStep *step = add_step(self, HTH_STEP_OGG_REPAGE, region->length, old_region->offset);
    step->index = self->recipe->cuts->len;
    step->extra = old_region->length;
    g_array_append_val(self->recipe->cuts, cut);
    return TRUE;
}

static gboolean make_ogg_pages(Making *self, const HthRegion *region, GError **error)
{
    const HthOggRun *new = &g_array_index(self->new_layout->runs, HthOggRun, region->run);
    const HthRegion *old_region = find_old(self, region);
    const HthOggRun *old =
        old_region != NULL ? &g_array_index(self->old->runs, HthOggRun, old_region->run) : NULL;
    if (old == NULL || old->n_streams != new->n_streams) {
        self->recipe->is_generic = TRUE;
        add_fetch(self, region->length);
        return TRUE;
    }
    if (!hth_digest_equal(&old->pages_digest, &new->pages_digest) ||
        old_region->length != region->length)
        return add_cut(self, region, old_region, old, new, error);
    if (is_same_numbering(old, new))
        (void)add_step(self, HTH_STEP_COPY, region->length, old_region->offset);
    else
        add_renames(self, old_region, old, new);
    return TRUE;
}

static gboolean (*const makers[HTH_N_REGION_KINDS])(Making *, const HthRegion *, GError **) = {
    [HTH_REGION_METADATA] = make_metadata,   [HTH_REGION_PICTURE] = make_picture,
    [HTH_REGION_PAYLOAD] = make_payload,     [HTH_REGION_OFFSETS] = make_offsets,
    [HTH_REGION_OGG_PAGES] = make_ogg_pages, [HTH_REGION_CHUNK] = make_payload,
};

/* ---- The whole ---- */

static void making_init(Making *self, const HthLayout *old, HthByteSource *new_source,
                        const HthLayout *new_layout)
{
    *self = (Making){
        .old = old,
        .new_source = new_source,
        .new_layout = new_layout,
        .recipe = hth_recipe_new(old->size_bytes, new_layout->size_bytes),
        .old_by_digest = g_hash_table_new(hth_digest_hash, hth_digest_equal_func),
        .inlined = g_byte_array_new(),
        .inline_region_max = HTH_RECIPE_INLINE_MAX,
    };
    self->recipe->is_generic = old->cutter.id != 0 || new_layout->cutter.id != 0;
    for (guint i = 0; i < old->regions->len; i++) {
        HthRegion *region = &g_array_index(old->regions, HthRegion, i);
        if (region->kind != HTH_REGION_METADATA && region->kind != HTH_REGION_PICTURE)
            (void)g_hash_table_insert(self->old_by_digest, &region->digest, region);
    }
}

/* What is equal byte for byte, or else small; the rest is fetched. */
static gboolean make_careful_step(Making *self, const HthRegion *region, GError **error)
{
    switch (region->kind) {
    case HTH_REGION_METADATA:
        return make_metadata(self, region, error);
    case HTH_REGION_PAYLOAD:
    case HTH_REGION_CHUNK:
        return make_payload(self, region, error);
    default:
        add_fetch(self, region->length);
        return TRUE;
    }
}

static gboolean make_steps(Making *self, GError **error)
{
    const GArray *regions = self->new_layout->regions;
    for (guint i = 0; i < regions->len; i++) {
        const HthRegion *region = &g_array_index(regions, HthRegion, i);
        if (!(self->is_careful ? make_careful_step : makers[region->kind])(self, region, error))
            return FALSE;
    }
    return TRUE;
}

/* The old tags and framing: all of it, for an editor may move anything. */
static void add_reference(Making *self)
{
    for (guint i = 0; i < self->old->regions->len; i++) {
        const HthRegion *region = &g_array_index(self->old->regions, HthRegion, i);
        const HthRange range = { .offset = region->offset, .length = region->length };
        if (region->kind == HTH_REGION_METADATA)
            g_array_append_val(self->recipe->reference, range);
    }
}

static void pack_inline(Making *self)
{
    HthRecipe *recipe = self->recipe;
    recipe->inline_bytes = self->inlined->len;
    if (recipe->inline_bytes == 0)
        return;
    add_reference(self);
    const GByteArray *metadata = self->old->metadata;
    recipe->inline_packed =
        hth_pack(metadata->data, metadata->len, self->inlined->data, self->inlined->len);
}

/* Returns: a recipe that is verified and small enough; NULL without an error when it is not. */
static HthRecipe *try_make(const HthLayout *old, HthByteSource *new_source,
                           const HthLayout *new_layout, guint64 inline_region_max,
                           gboolean is_careful, GError **error)
{
    g_auto(Making) making;
    making_init(&making, old, new_source, new_layout);
    making.inline_region_max = inline_region_max;
    making.is_careful = is_careful;
    making.recipe->is_generic |= is_careful;
    if (!make_steps(&making, error))
        return NULL;
    pack_inline(&making);
    g_autoptr(GBytes) encoded = hth_recipe_encode(making.recipe);
    if (g_bytes_get_size(encoded) > HTH_RECIPE_ENCODED_MAX ||
        making.recipe->steps->len > HTH_RECIPE_STEPS_MAX)
        return NULL;
    /* What is verified is what the device will decode. */
    g_autoptr(HthRecipe) decoded = hth_recipe_decode(encoded, NULL);
    return decoded != NULL && hth_recipe_verify(decoded, old, new_source, new_layout)
               ? g_steal_pointer(&decoded)
               : NULL;
}

/* All of the new file. */
static HthRecipe *make_fetch_all(const HthLayout *old, const HthLayout *new_layout)
{
    HthRecipe *recipe = hth_recipe_new(old->size_bytes, new_layout->size_bytes);
    const HthStep step = { .kind = HTH_STEP_FETCH, .length = new_layout->size_bytes };
    recipe->is_generic = TRUE;
    if (step.length > 0)
        g_array_append_val(recipe->steps, step);
    return recipe;
}

HthRecipe *hth_recipe_make(const HthLayout *old, HthByteSource *new_source,
                           const HthLayout *new_layout, GError **error)
{
    static const struct {
        guint64 inline_region_max;
        gboolean is_careful;
    } attempts[] = {
        { HTH_RECIPE_INLINE_MAX, FALSE },
        { INLINE_REGION_SMALL, FALSE },
        { INLINE_REGION_SMALL, TRUE },
    };
    if (hth_byte_source_size(new_source) != new_layout->size_bytes) {
        g_set_error(error, HTH_ERROR, HTH_ERROR_CHANGED, "the file is not what its layout says");
        return NULL;
    }
    for (guint i = 0; i < G_N_ELEMENTS(attempts); i++) {
        g_autoptr(GError) problem = NULL;
        HthRecipe *recipe = try_make(old, new_source, new_layout, attempts[i].inline_region_max,
                                     attempts[i].is_careful, &problem);
        if (recipe != NULL)
            return recipe;
        if (problem != NULL) {
            g_propagate_error(error, g_steal_pointer(&problem));
            return NULL;
        }
    }
    return make_fetch_all(old, new_layout);
}
