/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The shared folders as rows of a group, with a button that adds one: in the settings and on the
 * start page. */
#pragma once

#include "panel.h"

G_BEGIN_DECLS

/* Fills @group, and keeps it so as long as it lives. */
void hth_folder_rows_attach(HthPanel *panel, AdwPreferencesGroup *group);

G_END_DECLS
