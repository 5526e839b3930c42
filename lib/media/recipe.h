/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How to make the new version of a file out of the old one, bit for bit.
 *
 * A recipe is a list of steps, each of which makes the next bytes of the new file:
 *
 *     COPY         a range of the old file
 *     INLINE       bytes that the recipe brings, packed (zstd) against ranges of the old file that
 *                  the recipe names: so all that changed in tags and framing costs the change
 *     PICTURE      a part of a picture's coded form; the picture is fetched by its digest
 *     OGG_PAGES    a range of old pages with other serial and sequence numbers; checksums are made
 *     OGG_REPAGE   the packets in a range of old pages, cut anew by a page table
 *     OFFSETS      a range of the old file that is a table of positions, a number added to each
 *     REFRAME      the packets of the old file, one by one, in another framing; reframe.h
 *     FETCH        a range of the new file, where the device really lacks the bytes
 *
 * It is made where the new file is and of the old one only the layout, and verified there. It is
 * applied where the old file is, and believed in nothing: every range, count and length is checked.
 *
 * Threads: an object belongs to one thread at a time; one that nobody changes, to all.
 */
#pragma once

#include <glib.h>

#include "media/byte-source.h"
#include "media/layout.h"

G_BEGIN_DECLS

/* A recipe as it travels is never larger; what does not fit is fetched instead. */
#define HTH_RECIPE_ENCODED_MAX (192 * 1024)
/* Bytes that one recipe brings, unpacked, and ranges that they are packed against. */
#define HTH_RECIPE_INLINE_MAX    (1024 * 1024)
#define HTH_RECIPE_REFERENCE_MAX (1024 * 1024)
#define HTH_RECIPE_STEPS_MAX     65536
/* What is changed in place may not be more than this. */
#define HTH_RECIPE_IN_PLACE_MAX (1024 * 1024)

typedef struct HthRecipe HthRecipe;

void hth_recipe_free(HthRecipe *self); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HthRecipe, hth_recipe_free)

/* Makes the recipe from the file that @old describes to @new_source, which @new_layout describes,
 * and verifies it: applied, it gives the bytes of @new_source. When the steps that the regions
 * suggest do not, the recipe copies what is surely equal and fetches the rest; see
 * hth_recipe_is_generic().
 *
 * Errors: of the source */
HthRecipe *hth_recipe_make(const HthLayout *old, HthByteSource *new_source,
                           const HthLayout *new_layout, GError **error);

GBytes *hth_recipe_encode(const HthRecipe *self);

/* @bytes: from anyone.
 * Errors: HTH_ERROR_CORRUPT, HTH_ERROR_TOO_LARGE, HTH_ERROR_NEWER */
HthRecipe *hth_recipe_decode(GBytes *bytes, GError **error);

guint64 hth_recipe_old_size(const HthRecipe *self);
guint64 hth_recipe_new_size(const HthRecipe *self);

/* Whether the regions of the two files were not understood, or did not lead to the new file: what
 * is not equal byte for byte in the same region or chunk is fetched. */
gboolean hth_recipe_is_generic(const HthRecipe *self);

typedef enum {
    HTH_NEED_RANGE,   /* of the new file */
    HTH_NEED_PICTURE, /* by its digest */
} HthNeedKind;

/* Bytes that must come from elsewhere. */
typedef struct {
    HthNeedKind kind;
    guint64 offset;   /* RANGE: in the new file */
    guint64 length;   /* of the range, or of the whole picture */
    HthDigest digest; /* PICTURE */
} HthNeed;

/* Returns: (element HthNeed) in the order of use, each picture once; new; maybe empty. */
GArray *hth_recipe_fetch_list(const HthRecipe *self);

/* Gives @n bytes of @need that begin @offset bytes after its beginning. A range is asked for once,
 * from its beginning to its end; of a picture any part, any number of times. Pictures should be
 * checked against the digest by whoever stores them; the new file must be in any case. */
typedef gboolean (*HthRecipeFetch)(const HthNeed *need, guint64 offset, guint8 *buffer, gsize n,
                                   gpointer data, GError **error);

/* Takes the next @n bytes of the new file. */
typedef gboolean (*HthRecipeSink)(const guint8 *bytes, gsize n, gpointer data, GError **error);

/* Makes the new file, in order, in blocks of at most 256 KiB, with bounded memory (about 3 MiB).
 * The caller compares its digest with the one that it expects: nothing here knows it.
 *
 * @fetch: NULL when the fetch list is empty.
 * Errors: HTH_ERROR_CORRUPT  @old_source is not the file that the recipe was made for
 *         of the source, of @fetch, of @sink */
gboolean hth_recipe_apply(const HthRecipe *self, HthByteSource *old_source, HthRecipeFetch fetch,
                          HthRecipeSink sink, gpointer data, GError **error);

/* New bytes for a place in a file. */
typedef struct {
    guint64 offset;
    GBytes *bytes; /* owned */
} HthRecipePatch;

/* Whether the new file is as long as the old one and equals it outside of a few places, of
 * HTH_RECIPE_IN_PLACE_MAX bytes together. Reads nothing. */
gboolean hth_recipe_is_in_place(const HthRecipe *self);

/* What to write into the old file to make it the new one; hth_recipe_is_in_place() must hold.
 * Returns: (element HthRecipePatch) a new array, by offset, that clears its patches; NULL with
 * errors as hth_recipe_apply() */
GArray *hth_recipe_in_place(const HthRecipe *self, HthByteSource *old_source, HthRecipeFetch fetch,
                            gpointer data, GError **error);

G_END_DECLS
