/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Every option of the configuration, with its meaning and default, and the shared folders. */
#pragma once

#include "model/library-item.h"
#include "panel.h"

G_BEGIN_DECLS

GtkWidget *hth_settings_window_new(HthPanel *panel);

G_END_DECLS
