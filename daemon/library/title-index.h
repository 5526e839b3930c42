/* SPDX-License-Identifier: GPL-3.0-or-later */
/* All titles of a kind in one block of folded text, in title order: a substring is found by reading it
 * from end to end, 2 MB for 100,000 tracks, several GB a second. Exact for any length of word,
 * one letter included. A trigram index cannot count hits without visiting them, and has nothing for two
 * letters.
 *
 * Made when first asked, and anew after a change, from index.db; while one thread makes it others use
 * the old one.
 *
 * Threads: any thread.
 */
#pragma once

#include "library/ref.h"

G_BEGIN_DECLS

typedef struct HthTitleIndex HthTitleIndex;

/* Fills @rows (element guint32) and @text: every title ends with '\n'. */
typedef gboolean (*HthTitleRead)(HthMediaKind kind, GArray *rows, GString *text, gpointer data);

HthTitleIndex *hth_title_index_new(void);
void hth_title_index_free(HthTitleIndex *self);

/* Titles of that kind changed. */
void hth_title_index_drop(HthTitleIndex *self, HthMediaKind kind);

/* Appends the refs of all items of @kind whose folded title contains @folded, in title order. */
void hth_title_index_search(HthTitleIndex *self, HthMediaKind kind, const char *folded,
                            GArray *refs, HthTitleRead read, gpointer data);

G_END_DECLS
