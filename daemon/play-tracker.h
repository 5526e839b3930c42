/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Guesses from the bytes that went out whether something was played.
 *
 * Per peer and item the ranges that were sent are added up, each byte once. At 90 % it counts as
 * one play, and starts over. For a video longer than 10 minutes the end of the last range of at
 * least 1 % of the file says where the viewer is; at 95 % that is the start again. A guess: a
 * renderer reads ahead by what its buffer holds, and a copy looks like a play.
 *
 * Bounds: HTH_PLAYS_MAX pairs (the one idle for longest goes), 64 separate ranges each.
 *
 * Threads: any thread.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define HTH_PLAYS_MAX 256

typedef struct HthPlayTracker HthPlayTracker;

HthPlayTracker *hth_play_tracker_new(void);
void hth_play_tracker_free(HthPlayTracker *self); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HthPlayTracker, hth_play_tracker_free)

typedef struct {
    gboolean is_play;   /* one more play is complete */
    gint64 position_ms; /* where to go on; -1: nothing new */
} HthPlayGuess;

/* Bytes @first to @first + @n_bytes of an item of @size_bytes went to @peer.
 * @duration_ms: of a video; 0 for what has no position. */
HthPlayGuess hth_play_tracker_sent(HthPlayTracker *self, const char *peer, const char *item_id,
                                   guint64 first, guint64 n_bytes, guint64 size_bytes,
                                   gint64 duration_ms);

/* The first byte that a Range header asks for of a file of @size_bytes: "bytes=100-" is 100,
 * "bytes=-10" the tenth from the end; 0 for no or another header. */
guint64 hth_play_range_start(const char *range, guint64 size_bytes);

G_END_DECLS
