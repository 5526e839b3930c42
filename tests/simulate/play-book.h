/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What people did on devices, and what of it arrived at home: each play once, in the end.
 *
 * Threads: an object belongs to one thread at a time.
 */
#pragma once

#include "sync/sync-home.h"

typedef struct PlayBook PlayBook;

PlayBook *play_book_new(void);
void play_book_free(PlayBook *self); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(PlayBook, play_book_free)

/* A play of @item that a device noted. Not sure: the call failed, or the note may have been lost
 * since, so it may arrive and need not. */
void play_book_note(PlayBook *self, guint64 item, gboolean is_sure);
/* Likewise a position, rating or favourite; of all that arrive the one with the highest @order
 * counts. */
void play_book_note_value(PlayBook *self, guint64 item, HthSyncPlayKind kind, guint64 order,
                          gint64 value, gboolean is_sure);
/* What is not known to have arrived need not any more: a state went back. */
void play_book_doubt(PlayBook *self);

/* What the home merged. */
void play_book_merge(PlayBook *self, const HthSyncPlayMerge *merge);

/* The home's book was copied, or put back to that copy. */
void play_book_keep(PlayBook *self);
void play_book_put_back(PlayBook *self);

/* NULL: every play arrived once, and every value is the last one. Else a sentence; new. */
char *play_book_check(const PlayBook *self);
