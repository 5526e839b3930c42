/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The first page: what is shared, the scan, who is playing, which devices there are, and what a
 * person should know or mend. */
#pragma once

#include "panel.h"

G_BEGIN_DECLS

#define HTH_TYPE_HOME_PAGE (hth_home_page_get_type())
G_DECLARE_FINAL_TYPE(HthHomePage, hth_home_page, HTH, HOME_PAGE, AdwBin)

GtkWidget *hth_home_page_new(HthPanel *panel);

G_END_DECLS
