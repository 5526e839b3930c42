/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The row of a device's page that says what it plays.
 *
 * Threads: the main thread only.
 */
#pragma once

#include <adwaita.h>

#include "model/home.h"

G_BEGIN_DECLS

/* Hidden until it is updated. */
GtkWidget *hth_playing_row_new(void);
/* Hidden while the device plays nothing from home. */
void hth_playing_row_update(GtkWidget *row, HthHome *home, const char *device_id);

G_END_DECLS
