/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "base/error.h"
#include "media/offset-table.h"
#include "media/pack.h"
#include "media/picture-coding.h"
#include "media/recipe-private.h"
#include "media/reframe.h"

#define BLOCK_BYTES (128 * 1024)

typedef struct {
    const HthRecipe *recipe;
    HthByteSource *old;
    HthRecipeFetch fetch;
    HthRecipeSink sink;
    gpointer data;
    HthRecipeIsKnown is_known; /* copies of it do not go to the sink; NULL: all do */
    guint64 position;          /* in the new file */
    guint64 end;               /* of the step in hand */
    guint8 *block;
    guint8 *inlined; /* unpacked when first needed */
    gsize inline_at;
    HthReframe *reframe; /* opened when first needed */
} Applying;

static void applying_clear(Applying *self)
{
    g_clear_pointer(&self->block, g_free);
    g_clear_pointer(&self->inlined, g_free);
    g_clear_pointer(&self->reframe, hth_reframe_free);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Applying, applying_clear)

/* No step makes more than it said: pages cut anew are known only when they are there. */
static gboolean emit(const guint8 *bytes, gsize n, gpointer data, GError **error)
{
    Applying *self = data;
    if (n > self->end - self->position) {
        g_set_error(error, HTH_ERROR, HTH_ERROR_CORRUPT, "a step makes more than it said");
        return FALSE;
    }
    if (!self->sink(bytes, n, self->data, error))
        return FALSE;
    self->position += n;
    return TRUE;
}

/* ---- The kinds of steps ---- */

static gboolean do_copy(Applying *self, const HthStep *step, GError **error)
{
    if (self->is_known != NULL &&
        self->is_known(step->old_offset, self->position, step->length, self->data)) {
        self->position += step->length;
        return TRUE;
    }
    for (guint64 done = 0; done < step->length;) {
        const gsize n = (gsize)MIN(step->length - done, BLOCK_BYTES);
        if (!hth_byte_source_read(self->old, step->old_offset + done, self->block, n, error) ||
            !emit(self->block, n, self, error))
            return FALSE;
        done += n;
    }
    return TRUE;
}

/* The old bytes that inline bytes are packed against. */
static guint8 *read_reference(Applying *self, gsize *out_size, GError **error)
{
    const GArray *ranges = self->recipe->reference;
    gsize size = 0;
    for (guint i = 0; i < ranges->len; i++)
        size += g_array_index(ranges, HthRange, i).length;
    g_autofree guint8 *bytes = g_malloc(size);
    gsize at = 0;
    for (guint i = 0; i < ranges->len; i++) {
        const HthRange *range = &g_array_index(ranges, HthRange, i);
        if (!hth_byte_source_read(self->old, range->offset, bytes + at, range->length, error))
            return NULL;
        at += range->length;
    }
    *out_size = size;
    return size > 0 ? g_steal_pointer(&bytes) : g_malloc(1);
}

static gboolean unpack_inline(Applying *self, GError **error)
{
    const HthRecipe *recipe = self->recipe;
    gsize reference_size = 0;
    gsize packed_size = 0;
    const guint8 *packed = g_bytes_get_data(recipe->inline_packed, &packed_size);
    g_autofree guint8 *reference = read_reference(self, &reference_size, error);
    if (reference == NULL)
        return FALSE;
    self->inlined = g_malloc(recipe->inline_bytes);
    return hth_unpack(reference, reference_size, packed, packed_size, self->inlined,
                      recipe->inline_bytes, error);
}

static gboolean do_inline(Applying *self, const HthStep *step, GError **error)
{
    if (self->inlined == NULL && !unpack_inline(self, error))
        return FALSE;
    for (guint64 done = 0; done < step->length;) {
        const gsize n = (gsize)MIN(step->length - done, BLOCK_BYTES);
        if (!emit(self->inlined + self->inline_at, n, self, error))
            return FALSE;
        self->inline_at += n;
        done += n;
    }
    return TRUE;
}

typedef struct {
    Applying *applying;
    HthNeed need;
} PictureNeed;

static gboolean fetch_picture(guint64 offset, guint8 *buffer, gsize n, gpointer data,
                              GError **error)
{
    PictureNeed *picture = data;
    Applying *self = picture->applying;
    return self->fetch(&picture->need, offset, buffer, n, self->data, error);
}

static gboolean do_picture(Applying *self, const HthStep *step, GError **error)
{
    const HthPicturePart *part = &g_array_index(self->recipe->parts, HthPicturePart, step->index);
    PictureNeed picture = { .applying = self };
    picture.need =
        (HthNeed){ .kind = HTH_NEED_PICTURE, .length = part->length, .digest = part->digest };
    for (guint64 done = 0; done < step->length;) {
        const gsize n = (gsize)MIN(step->length - done, BLOCK_BYTES);
        if (!hth_picture_code(part, part->coded_offset + done, self->block, n, fetch_picture,
                              &picture, error) ||
            !emit(self->block, n, self, error))
            return FALSE;
        done += n;
    }
    return TRUE;
}

static gboolean do_ogg_pages(Applying *self, const HthStep *step, GError **error)
{
    const HthOggRename *renames = (const HthOggRename *)self->recipe->renames->data + step->index;
    return hth_ogg_renumber(self->old, step->old_offset, step->length, renames, step->n_renames,
                            emit, self, error);
}

static gboolean do_ogg_repage(Applying *self, const HthStep *step, GError **error)
{
    const HthOggCut *cut = &g_array_index(self->recipe->cuts, HthOggCut, step->index);
    return hth_ogg_table_cut(cut->table, self->old, step->old_offset, step->extra, cut->old_serials,
                             emit, self, error);
}

static gboolean do_offsets(Applying *self, const HthStep *step, GError **error)
{
    const gsize n = (gsize)step->length; /* HTH_LAYOUT_OFFSETS_MAX at most */
    g_autofree guint8 *table = g_malloc(n);
    if (!hth_byte_source_read(self->old, step->old_offset, table, n, error))
        return FALSE;
    if (!hth_offset_table_add(step->coding, table, n, step->extra)) {
        g_set_error(error, HTH_ERROR, HTH_ERROR_CORRUPT, "another table than expected");
        return FALSE;
    }
    return emit(table, n, self, error);
}

static gboolean do_reframe(Applying *self, const HthStep *step, GError **error)
{
    HthByteSource *packets = self->recipe->packets != NULL ? self->recipe->packets : self->old;
    if (self->reframe == NULL)
        self->reframe = hth_reframe_new(packets, step->coding, error);
    if (self->reframe == NULL)
        return FALSE;
    gsize size = 0;
    const guint8 *program =
        g_bytes_get_data(g_ptr_array_index(self->recipe->programs, step->index), &size);
    return hth_reframe_run(self->reframe, program, size, step->length, emit, self, error);
}

static gboolean do_fetch(Applying *self, const HthStep *step, GError **error)
{
    const HthNeed need = { .kind = HTH_NEED_RANGE,
                           .offset = self->position,
                           .length = step->length };
    for (guint64 done = 0; done < step->length;) {
        const gsize n = (gsize)MIN(step->length - done, BLOCK_BYTES);
        if (!self->fetch(&need, done, self->block, n, self->data, error) ||
            !emit(self->block, n, self, error))
            return FALSE;
        done += n;
    }
    return TRUE;
}

static gboolean (*const doers[HTH_N_STEP_KINDS])(Applying *, const HthStep *, GError **) = {
    [HTH_STEP_COPY] = do_copy,
    [HTH_STEP_INLINE] = do_inline,
    [HTH_STEP_PICTURE] = do_picture,
    [HTH_STEP_OGG_PAGES] = do_ogg_pages,
    [HTH_STEP_OGG_REPAGE] = do_ogg_repage,
    [HTH_STEP_OFFSETS] = do_offsets,
    [HTH_STEP_FETCH] = do_fetch,
    [HTH_STEP_REFRAME] = do_reframe,
};

static gboolean apply_steps(Applying *self, GError **error)
{
    const HthRecipe *recipe = self->recipe;
    if (hth_byte_source_size(self->old) < recipe->old_size) {
        g_set_error(error, HTH_ERROR, HTH_ERROR_CORRUPT, "another file than the recipe is for");
        return FALSE;
    }
    self->block = g_malloc(BLOCK_BYTES);
    for (guint i = 0; i < recipe->steps->len; i++) {
        const HthStep *step = &g_array_index(recipe->steps, HthStep, i);
        self->end = self->position + step->length;
        if (self->fetch == NULL &&
            (step->kind == HTH_STEP_FETCH || step->kind == HTH_STEP_PICTURE)) {
            g_set_error(error, HTH_ERROR, HTH_ERROR_INVALID, "bytes must be fetched");
            return FALSE;
        }
        if (!doers[step->kind](self, step, error))
            return FALSE;
        if (self->position != self->end) {
            g_set_error(error, HTH_ERROR, HTH_ERROR_CORRUPT, "a step makes less than it said");
            return FALSE;
        }
    }
    return TRUE;
}

gboolean hth_recipe_apply(const HthRecipe *self, HthByteSource *old_source, HthRecipeFetch fetch,
                          HthRecipeSink sink, gpointer data, GError **error)
{
    g_auto(Applying) applying = {
        .recipe = self, .old = old_source, .fetch = fetch, .sink = sink, .data = data
    };
    return apply_steps(&applying, error);
}

gboolean hth_recipe_apply_unknown(const HthRecipe *self, HthByteSource *old_source,
                                  HthRecipeFetch fetch, HthRecipeSink sink,
                                  HthRecipeIsKnown is_known, gpointer data, GError **error)
{
    g_auto(Applying) applying = { .recipe = self,
                                  .old = old_source,
                                  .fetch = fetch,
                                  .sink = sink,
                                  .is_known = is_known,
                                  .data = data };
    return apply_steps(&applying, error);
}

/* ---- In place ---- */

gboolean hth_recipe_is_in_place(const HthRecipe *self)
{
    if (self->old_size != self->new_size)
        return FALSE;
    guint64 position = 0;
    guint64 total = 0;
    for (guint i = 0; i < self->steps->len; i++) {
        const HthStep *step = &g_array_index(self->steps, HthStep, i);
        if (step->kind != HTH_STEP_COPY || step->old_offset != position)
            total += step->length;
        position += step->length;
    }
    return total <= HTH_RECIPE_IN_PLACE_MAX;
}

typedef struct {
    Applying applying;
    HthRecipeFetch fetch;
    gpointer data;
    GArray *patches;   /* (element HthRecipePatch) */
    GByteArray *bytes; /* of the patch in hand */
    guint64 begin;
} Patching;

static void clear_patch(gpointer data)
{
    HthRecipePatch *patch = data;
    g_clear_pointer(&patch->bytes, g_bytes_unref);
}

/* Ends the patch in hand; what equals the old bytes at either end is left out, for every write
 * wears the card. */
static gboolean end_patch(Patching *self, GError **error)
{
    const guint n = self->bytes->len;
    g_autofree guint8 *old = g_malloc(n);
    if (!hth_byte_source_read(self->applying.old, self->begin, old, n, error))
        return FALSE;
    guint from = 0;
    guint to = n;
    while (from < to && old[from] == self->bytes->data[from])
        from++;
    while (to > from && old[to - 1] == self->bytes->data[to - 1])
        to--;
    if (from < to) {
        const HthRecipePatch patch = {
            .offset = self->begin + from,
            .bytes = g_bytes_new(self->bytes->data + from, to - from),
        };
        g_array_append_val(self->patches, patch);
    }
    g_byte_array_set_size(self->bytes, 0);
    return TRUE;
}

/* Bytes that stay where they are. */
static gboolean stays(guint64 old_offset, guint64 position, guint64 length, gpointer data)
{
    return old_offset == position;
}

static gboolean add_to_patch(const guint8 *bytes, gsize n, gpointer data, GError **error)
{
    Patching *self = data;
    if (self->applying.position != self->begin + self->bytes->len && !end_patch(self, error))
        return FALSE;
    if (self->bytes->len == 0)
        self->begin = self->applying.position;
    g_byte_array_append(self->bytes, bytes, (guint)n);
    return TRUE;
}

static gboolean fetch_for_patch(const HthNeed *need, guint64 offset, guint8 *buffer, gsize n,
                                gpointer data, GError **error)
{
    Patching *self = data;
    return self->fetch(need, offset, buffer, n, self->data, error);
}

static void patching_clear(Patching *self)
{
    applying_clear(&self->applying);
    g_clear_pointer(&self->patches, g_array_unref);
    g_clear_pointer(&self->bytes, g_byte_array_unref);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Patching, patching_clear)

GArray *hth_recipe_in_place(const HthRecipe *self, HthByteSource *old_source, HthRecipeFetch fetch,
                            gpointer data, GError **error)
{
    g_return_val_if_fail(hth_recipe_is_in_place(self), NULL);
    g_auto(Patching) patching = {
        .fetch = fetch,
        .data = data,
        .patches = g_array_new(FALSE, TRUE, sizeof(HthRecipePatch)),
        .bytes = g_byte_array_new(),
    };
    g_array_set_clear_func(patching.patches, clear_patch);
    patching.applying = (Applying){
        .recipe = self,
        .old = old_source,
        .fetch = fetch != NULL ? fetch_for_patch : NULL,
        .sink = add_to_patch,
        .data = &patching,
        .is_known = stays,
    };
    if (!apply_steps(&patching.applying, error) || !end_patch(&patching, error))
        return NULL;
    return g_steal_pointer(&patching.patches);
}
