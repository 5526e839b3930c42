/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A list of the library on the screen: a grid of pictures for albums, artists, films and photos,
 * rows for tracks and playlists, chosen by what comes. It pages from the API as one scrolls, and
 * says when there is nothing, or no answer.
 *
 * Signals: "opened" (HthLibraryItem *item, guint position): one was chosen.
 */
#pragma once

#include "model/page-list.h"
#include "panel.h"

G_BEGIN_DECLS

#define HTH_TYPE_MEDIA_VIEW (hth_media_view_get_type())
G_DECLARE_FINAL_TYPE(HthMediaView, hth_media_view, HTH, MEDIA_VIEW, AdwBin)

GtkWidget *hth_media_view_new(HthPanel *panel);

/* Shows the list at @path, as hth_page_list_set_path(). */
void hth_media_view_show(HthMediaView *self, const char *path);

/* What is said when the list is empty. */
void hth_media_view_set_empty(HthMediaView *self, const char *icon_name, const char *title,
                              const char *description);

/* What it lists is an album by @artists, which is said above it. Before anything is shown. */
void hth_media_view_set_within(HthMediaView *self, const char *artists);

/* Something to do about an empty list, below what is said. */
void hth_media_view_set_empty_child(HthMediaView *self, GtkWidget *child);

HthPageList *hth_media_view_list(HthMediaView *self); /* belongs to the view */

/* How far the grid or the rows in sight are scrolled; NULL while there is neither. */
GtkAdjustment *hth_media_view_scroll(HthMediaView *self);

/* As a click on the item at @position, if it has come. */
void hth_media_view_open(HthMediaView *self, guint position);

/* Plays the tracks from @position on, as far as they have come. */
void hth_media_view_play(HthMediaView *self, guint position);

G_END_DECLS
