/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Who plays what right now, as the last status of the home has it (`sessions` of docs/api.md), and
 * its words.
 *
 * Threads: the main thread only.
 */
#pragma once

#include "model/home.h"

G_BEGIN_DECLS

/* The sessions belong to the home until its next status. */
guint hth_playing_count(HthHome *home);
JsonObject *hth_playing_at(HthHome *home, guint index); /* NULL: it is none */
/* By the device's id, paired or not. NULL: it plays nothing. */
JsonObject *hth_playing_on(HthHome *home, const char *device_id);

/* New strings. */
char *hth_playing_title(JsonObject *session); /* "Jóga – Björk" */
char *hth_playing_time(JsonObject *session);  /* "about 1:20 of 5:05", "paused at 1:20 of 5:05" */
char *hth_playing_way(JsonObject *session); /* "through the relay, as opus-96"; NULL: nothing odd */
char *hth_playing_line(JsonObject *session); /* "on Kitchen radio · about 1:20 of 5:05 · …" */

G_END_DECLS
