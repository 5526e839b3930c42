/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What `hearth doctor` finds: each check with its explanation and what mends it. */
#pragma once

#include "panel.h"

G_BEGIN_DECLS

#define HTH_TYPE_DOCTOR_PAGE (hth_doctor_page_get_type())
G_DECLARE_FINAL_TYPE(HthDoctorPage, hth_doctor_page, HTH, DOCTOR_PAGE, AdwBin)

GtkWidget *hth_doctor_page_new(HthPanel *panel);

G_END_DECLS
