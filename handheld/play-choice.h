/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which file plays for an item that is at home: itself, or a smaller conversion when it comes by
 * the relay and needs more than 0.8 of what comes through there. That is the limit that the home
 * told, or the rate that was measured when it told none.
 *
 * It is chosen once and holds for all who ask for the item, until nobody has done so for ten
 * minutes: the ranges of one player are of one file.
 *
 * Threads: any thread.
 */
#pragma once

#include "play-fetch.h"

G_BEGIN_DECLS

/* So long a conversion that is being made at home is waited for; then the item plays as it is. */
#define HTH_PLAY_CHOICE_WAIT_MS (20 * 1000)
#define HTH_PLAY_CHOICE_KEEP_MS (10 * 60 * 1000)

typedef struct HthPlayChoice HthPlayChoice;

/* @fetch: borrowed. @cancellable: ends all calls. */
HthPlayChoice *hth_play_choice_new(HthPlayFetch *fetch, HthReach *reach, GCancellable *cancellable);
void hth_play_choice_free(HthPlayChoice *self); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HthPlayChoice, hth_play_choice_free)

void hth_play_choice_set_times(HthPlayChoice *self, guint wait_ms, guint keep_ms);

/* What is to be fetched for @item, whose own path is @original ("/m/ITEM.EXT"). Blocks while that
 * is found out, until @until_us about.
 * Returns: a path, and then hth_play_choice_end() is due. Errors: those of hth_play_fetch() */
char *hth_play_choice_begin(HthPlayChoice *self, guint64 item, const char *original,
                            gint64 until_us, GError **error);
void hth_play_choice_end(HthPlayChoice *self, guint64 item);

G_END_DECLS
