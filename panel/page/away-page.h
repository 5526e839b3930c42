/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Away from home: the locker that is joined, its limits, path and traffic; joining and leaving.
 * "is-there" is FALSE while the daemon knows nothing of lockers. */
#pragma once

#include "panel.h"

G_BEGIN_DECLS

#define HTH_TYPE_AWAY_PAGE (hth_away_page_get_type())
G_DECLARE_FINAL_TYPE(HthAwayPage, hth_away_page, HTH, AWAY_PAGE, AdwBin)

GtkWidget *hth_away_page_new(HthPanel *panel);

G_END_DECLS
