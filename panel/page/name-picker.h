/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Chooses among the playlists, artists, albums or genres of the library. */
#pragma once

#include "model/library-item.h"
#include "panel.h"

G_BEGIN_DECLS

typedef void (*HthNamesChosen)(GStrv names, gpointer data);

/* @kind: "playlist", "artist", "album" or "genre". @chosen: those that are chosen already. @done:
 * called at every change, while @alive lives. */
void hth_name_picker_open(HthPanel *panel, const char *title, const char *kind, GStrv chosen,
                          HthNamesChosen done, gpointer data, GObject *alive);

G_END_DECLS
