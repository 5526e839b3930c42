/* SPDX-License-Identifier: GPL-3.0-or-later */
/* All titles of a kind of object in one block of folded text, in title order: a substring is found
 * by reading it from end to end, 2 MB for 100,000 tracks, several GB a second. Exact for any length
 * of word, one letter included. A trigram index cannot count hits without visiting them, and has
 * nothing for two letters.
 *
 * Made when first asked, and anew after a change, from index.db; while one thread makes it others
 * use the old one.
 *
 * Threads: any thread.
 */
#pragma once

#include "library/ref.h"

G_BEGIN_DECLS

typedef struct HthTitleIndex HthTitleIndex;

typedef enum {
    HTH_TITLES_TRACKS,
    HTH_TITLES_VIDEOS,
    HTH_TITLES_PHOTOS,
    HTH_TITLES_ALBUMS,
    HTH_TITLES_ARTISTS,
    HTH_TITLES_GENRES,
    HTH_N_TITLES,
} HthTitles;

/* Fills @rows (element guint32) and @text: every title ends with '\n'. */
typedef gboolean (*HthTitleRead)(HthTitles titles, GArray *rows, GString *text, gpointer data);

HthTitleIndex *hth_title_index_new(void);
void hth_title_index_free(HthTitleIndex *self);

/* The titles that the fixed container @container lists changed; others are ignored. */
void hth_title_index_drop(HthTitleIndex *self, HthStaticContainer container);

/* Appends refs of the kind @children for all titles that contain @folded, in title order. */
void hth_title_index_search(HthTitleIndex *self, HthTitles titles, HthRefKind children,
                            const char *folded, GArray *refs, HthTitleRead read, gpointer data);

G_END_DECLS
