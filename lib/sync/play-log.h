/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A device's log of plays, positions, ratings, favourites and playlist edits, in .hearth/plays,
 * until the home has confirmed them.
 *
 * Invariants
 *   1. An entry that add() took is durable, and stays until its number is confirmed.
 *   2. An entry's identity (stamp, nonce) never changes; its number does with the epoch.
 *
 * Threads: an object belongs to one thread at a time.
 */
#pragma once

#include "sync/message.h"
#include "sync/sync-env.h"

G_BEGIN_DECLS

/* Months of listening without a home; more is refused, and said. */
#define HTH_PLAY_LOG_MAX_ENTRIES 20000

typedef struct HthPlayLog HthPlayLog;

/* .hearth must be there. @env: borrowed.
 * Errors: HTH_ERROR_CORRUPT  what it has cannot be read; hth_play_log_reset() lets a new one begin
 */
HthPlayLog *hth_play_log_open(const HthSyncEnv *env, GError **error);
void hth_play_log_free(HthPlayLog *self); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HthPlayLog, hth_play_log_free)

/* Notes @entries (element HthSyncPlay; the number is given here, stamp and nonce where they are 0;
 * one whose identity is in the log already is left out), all or none. Errors: HTH_ERROR_BUSY: the
 * log is full */
gboolean hth_play_log_add(HthPlayLog *self, const GArray *entries, GError **error);

/* Removes the log of the folder, with what is in it. */
gboolean hth_play_log_reset(const HthSyncEnv *env, GError **error);

/* Copies the oldest entries, at most @max, into @out (element HthSyncPlay). */
void hth_play_log_unconfirmed(HthPlayLog *self, guint max, GArray *out);

/* The home has noted all up to @number. */
gboolean hth_play_log_confirm(HthPlayLog *self, guint64 number, GError **error);

/* The epoch is a new one: what is left is numbered from 1. */
gboolean hth_play_log_renumber(HthPlayLog *self, GError **error);

G_END_DECLS
