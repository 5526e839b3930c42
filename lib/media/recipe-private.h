/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a recipe is made of; for the files that make, keep and apply recipes. */
#pragma once

#include "media/ogg-table.h"
#include "media/recipe.h"

G_BEGIN_DECLS

/* Written into recipes: new ones go to the end. */
typedef enum {
    HTH_STEP_COPY,
    HTH_STEP_INLINE,
    HTH_STEP_PICTURE,
    HTH_STEP_OGG_PAGES,
    HTH_STEP_OGG_REPAGE,
    HTH_STEP_OFFSETS,
    HTH_STEP_FETCH,
    HTH_STEP_REFRAME,
    HTH_N_STEP_KINDS,
} HthStepKind;

typedef struct {
    guint8 kind;        /* HthStepKind */
    guint8 coding;      /* OFFSETS: HthOffsetsCoding; REFRAME: HthMediaFormat of the old file */
    guint16 n_renames;  /* OGG_PAGES */
    guint32 index;      /* PICTURE: in parts; OGG_PAGES: in renames; OGG_REPAGE: in cuts;
                         * REFRAME: in programs */
    guint64 length;     /* of what it makes */
    guint64 old_offset; /* COPY, OGG_PAGES, OGG_REPAGE, OFFSETS */
    guint64 extra;      /* OGG_REPAGE: the old range's length; OFFSETS: what is added */
} HthStep;

/* How a run is cut anew. */
typedef struct {
    HthOggTable *table; /* owned */
    guint n_serials;
    guint32 old_serials[HTH_OGG_STREAMS_MAX];
} HthOggCut;

typedef struct {
    guint64 offset;
    guint64 length;
} HthRange;

struct HthRecipe {
    guint64 old_size;
    guint64 new_size;
    gboolean is_generic;
    GArray *steps; /* (element HthStep) */
    GArray
        *reference;  /* (element HthRange) of the old file: what inline bytes are packed against */
    GArray *parts;   /* (element HthPicturePart) */
    GArray *renames; /* (element HthOggRename) */
    GArray *cuts;    /* (element HthOggCut) */
    GPtrArray *programs;    /* (element GBytes) */
    HthByteSource *packets; /* borrowed; where REFRAME finds packets; NULL: in the old file */
    gsize inline_bytes;
    GBytes *inline_packed; /* NULL: there are no inline bytes */
};

HthRecipe *hth_recipe_new(guint64 old_size, guint64 new_size);

/* Whether the step reads the old file. */
gboolean hth_step_has_old(const HthStep *step);
/* The length of the range of the old file that it reads. */
guint64 hth_step_old_length(const HthStep *step);

/* Whether the old file's range is known to be what the new one has at @position. */
typedef gboolean (*HthRecipeIsKnown)(guint64 old_offset, guint64 position, guint64 length,
                                     gpointer data);

/* hth_recipe_apply(), but copies of what @is_known are left out: @sink gets what lies between. */
gboolean hth_recipe_apply_unknown(const HthRecipe *self, HthByteSource *old_source,
                                  HthRecipeFetch fetch, HthRecipeSink sink,
                                  HthRecipeIsKnown is_known, gpointer data, GError **error);

/* Compares what the recipe makes with the bytes of @new_source. @old's payload is taken from where
 * @new_layout has the same. TRUE: they are equal. */
gboolean hth_recipe_verify(const HthRecipe *self, const HthLayout *old, HthByteSource *new_source,
                           const HthLayout *new_layout);

G_END_DECLS
