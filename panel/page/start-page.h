/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is shown while there is no daemon, and until the first folders are chosen: one button that
 * starts it, then folders, name and what a new device may see.
 *
 * Signals: "done": whether it is needed may have changed. */
#pragma once

#include "model/library-item.h"
#include "panel.h"

G_BEGIN_DECLS

#define HTH_TYPE_START_PAGE (hth_start_page_get_type())
G_DECLARE_FINAL_TYPE(HthStartPage, hth_start_page, HTH, START_PAGE, AdwBin)

GtkWidget *hth_start_page_new(HthPanel *panel);

/* Whether the window should show it instead of the pages. */
gboolean hth_start_page_is_needed(HthStartPage *self);

/* Starts the person's own service; where there is none, the program beside this one. */
void hth_start_page_start_daemon(HthStartPage *self);

/* The daemon has said its status. */
void hth_start_page_daemon_is_there(HthStartPage *self);
/* Whether it is the first run is concluded anew from what the next one says. */
void hth_start_page_daemon_is_gone(HthStartPage *self);

G_END_DECLS
