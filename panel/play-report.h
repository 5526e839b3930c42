/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Tells the daemon what the player of this window plays, since it sees nothing of a file that is
 * read from the disk: at every change, and at intervals while something is played.
 *
 * Threads: the main thread only.
 */
#pragma once

#include "player.h"

G_BEGIN_DECLS

typedef struct HthPlayReport HthPlayReport;

/* @player and @home: a reference each. */
HthPlayReport *hth_play_report_new(HthPlayer *player, HthHome *home);
void hth_play_report_free(HthPlayReport *self); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HthPlayReport, hth_play_report_free)

G_END_DECLS
