/* SPDX-License-Identifier: GPL-3.0-or-later */
/* hearth-panel as a program: its options, its actions and its one window. main() runs it; what
 * measures it runs it too, and looks on.
 *
 * Threads: the main thread only.
 */
#pragma once

#include "panel.h"

G_BEGIN_DECLS

#define HTH_TYPE_APPLICATION (hth_application_get_type())
G_DECLARE_FINAL_TYPE(HthApplication, hth_application, HTH, APPLICATION, AdwApplication)

HthApplication *hth_application_new(void);

/* What its pages work with; complete once the window is there. */
const HthPanel *hth_application_panel(HthApplication *self);

G_END_DECLS
