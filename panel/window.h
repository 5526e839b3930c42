/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The window: the pages, what is pushed over them, the player's bar below, and the row that says
 * when the daemon does not answer. It shows the start page as long as there was no daemon.
 *
 * Threads: the main thread only.
 */
#pragma once

#include "panel.h"

G_BEGIN_DECLS

#define HTH_TYPE_WINDOW (hth_window_get_type())
G_DECLARE_FINAL_TYPE(HthWindow, hth_window, HTH, WINDOW, AdwApplicationWindow)

/* @panel: borrowed for the window's life; its window is set to this one. */
HthWindow *hth_window_new(GtkApplication *application, HthPanel *panel);

/* "home", "library", "devices", "away", "doctor"; others are ignored. */
void hth_window_show_page(HthWindow *self, const char *name);
/* Opens the library at "album", "artist", "track", "video", "photo" or "playlist". */
void hth_window_show_kind(HthWindow *self, const char *kind);
/* Opens the library and looks for @text. */
void hth_window_search(HthWindow *self, const char *text);

G_END_DECLS
