/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The library: albums, artists, tracks, videos, photos and playlists, searched as one types. */
#pragma once

#include "panel.h"
#include "widget/media-view.h"

G_BEGIN_DECLS

#define HTH_TYPE_LIBRARY_PAGE (hth_library_page_get_type())
G_DECLARE_FINAL_TYPE(HthLibraryPage, hth_library_page, HTH, LIBRARY_PAGE, AdwBin)

/* @search_button: opens and closes the search; borrowed. */
GtkWidget *hth_library_page_new(HthPanel *panel, GtkToggleButton *search_button);

void hth_library_page_show_kind(HthLibraryPage *self, const char *kind);
/* Opens the search; @text: NULL leaves what is there. */
void hth_library_page_search(HthLibraryPage *self, const char *text);

HthMediaView *hth_library_page_view(HthLibraryPage *self);

/* Does what a click on @item does: opens what holds something, plays the rest. @view: where it is.
 */
void hth_library_open(HthPanel *panel, HthMediaView *view, HthLibraryItem *item, guint position);

G_END_DECLS
