/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Plays tracks of the library on this computer: one after another from a queue. What it plays it
 * reads as a file where this person may read it, else from the daemon on this computer. GStreamer's
 * calls that may wait are made on a thread of its own.
 *
 * Signals:
 *   "changed"            what is played, or whether; the queue's place
 *   "failed" (const char *sentence)
 *
 * Threads: the main thread only.
 */
#pragma once

#include "model/home.h"
#include "model/library-item.h"

G_BEGIN_DECLS

/* As which it tells the daemon what it plays. */
#define HTH_PLAYER_NAME "hearth-panel"

/* Tracks in a queue. */
#define HTH_PLAYER_QUEUE_MAX 1000

#define HTH_TYPE_PLAYER (hth_player_get_type())
G_DECLARE_FINAL_TYPE(HthPlayer, hth_player, HTH, PLAYER, GObject)

HthPlayer *hth_player_new(HthHome *home);

/* Plays @items, (element HthLibraryItem), from @first on. */
void hth_player_play(HthPlayer *self, GPtrArray *items, guint first);
void hth_player_toggle(HthPlayer *self); /* pause, or go on */
void hth_player_next(HthPlayer *self);
void hth_player_previous(HthPlayer *self); /* to the start, first */
void hth_player_seek(HthPlayer *self, gint64 position_ms);
void hth_player_stop(HthPlayer *self);

HthLibraryItem *hth_player_item(HthPlayer *self); /* NULL: nothing is played */
gboolean hth_player_is_playing(HthPlayer *self);
gboolean hth_player_has_next(HthPlayer *self);
gint64 hth_player_position_ms(HthPlayer *self);
gint64 hth_player_duration_ms(HthPlayer *self);

/* Whether this computer's GStreamer has the element @name. */
gboolean hth_player_has_element(const char *name);

G_END_DECLS
