/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Televisions and players that asked, and handhelds that are paired. */
#pragma once

#include "panel.h"

G_BEGIN_DECLS

#define HTH_TYPE_DEVICES_PAGE (hth_devices_page_get_type())
G_DECLARE_FINAL_TYPE(HthDevicesPage, hth_devices_page, HTH, DEVICES_PAGE, AdwBin)

GtkWidget *hth_devices_page_new(HthPanel *panel);

G_END_DECLS
