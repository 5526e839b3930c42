/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Whose turn it is to write a database that one thread writes for long and others write briefly.
 *
 * SQLite lets one connection write; another one polls with growing pauses, and can starve behind a
 * thread that gives the lock back for microseconds only. Here the long writer is told that somebody
 * waits, and lets everyone who does go first.
 *
 * Threads: any.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct HthWriteTurn HthWriteTurn;

HthWriteTurn *hth_write_turn_new(void);
void hth_write_turn_free(HthWriteTurn *self); /* NULL is fine */

/* Waits for the end of the turn under way. Not recursive. */
void hth_write_turn_take(HthWriteTurn *self);
/* Waits until nobody else waits, too. */
void hth_write_turn_take_long(HthWriteTurn *self);
void hth_write_turn_give(HthWriteTurn *self);

/* Somebody waits: whoever has a long turn is to end it soon. */
gboolean hth_write_turn_is_wanted(HthWriteTurn *self);

G_END_DECLS
