/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What becomes of play log entries at home: pure rules, the same whatever the order in which
 * devices come by.
 *
 *   plays, skips         are summed over all entries of all devices
 *   last played          is the latest of them
 *   position             is the one with the highest stamp; so is the rating, and the favourite
 *   a playlist's name    likewise; made and removed: whichever came last
 *   a playlist's items   each is there when its last adding is later than its last taking; they
 *                        stand behind what they were put behind, in the order of their stamps
 *
 * Equal stamps are decided by nonce, then by value: so every order of arrival gives the same.
 *
 * Every entry counts once. The home keeps, for each device, the identities (stamp, nonce) that it
 * has seen, and skips an entry with a known one. Numbers only say how far an answer confirms: a
 * device whose state was put back, or that shares its key with a copy of itself, gives old numbers
 * to new entries, and new numbers to old ones.
 *
 * Threads: any thread; an object belongs to one thread at a time.
 */
#pragma once

#include "sync/hlc.h"
#include "sync/message.h"

G_BEGIN_DECLS

/* A value that the last writer decides. */
typedef struct {
    guint64 stamp; /* 0: never set */
    guint32 nonce;
    gint64 value;
} HthPlayValue;

/* What is known of one item. Zeros: nothing. */
typedef struct {
    guint64 plays;
    guint64 skips;
    gint64 last_played_ms;
    HthPlayValue position; /* ms */
    HthPlayValue rating;   /* 0 to 100 */
    HthPlayValue favourite;
} HthPlayMerged;

/* Merges @entry, whose stamp was clamped by hth_hlc_see(), and which was not merged before.
 * Entries of playlists change nothing here. Returns: whether anything changed. */
gboolean hth_play_merge(HthPlayMerged *self, const HthSyncPlay *entry);

/* Whether @entry makes sense: values in range, ids where they are needed. Others are confirmed and
 * dropped. */
gboolean hth_play_is_sane(const HthSyncPlay *entry);

/* ---- Playlists ---- */

typedef struct HthListMerged HthListMerged;

HthListMerged *hth_list_merged_new(void);
void hth_list_merged_free(HthListMerged *self); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HthListMerged, hth_list_merged_free)

/* Merges an entry LIST_… of this list; the same one twice is as once. */
void hth_list_merge(HthListMerged *self, const HthSyncPlay *entry);

const char *hth_list_merged_name(const HthListMerged *self); /* NULL: none was said */
gboolean hth_list_merged_exists(const HthListMerged *self);
/* Returns: (element guint64) the items in order; new. */
GArray *hth_list_merged_items(const HthListMerged *self);

G_END_DECLS
