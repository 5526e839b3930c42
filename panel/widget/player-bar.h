/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The bar at the lower edge: what is played on this computer, and its controls. It is there while
 * something is. */
#pragma once

#include "panel.h"

G_BEGIN_DECLS

#define HTH_TYPE_PLAYER_BAR (hth_player_bar_get_type())
G_DECLARE_FINAL_TYPE(HthPlayerBar, hth_player_bar, HTH, PLAYER_BAR, AdwBin)

GtkWidget *hth_player_bar_new(HthPanel *panel);

G_END_DECLS
