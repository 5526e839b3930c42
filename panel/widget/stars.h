/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Five stars to rate with: a press on one chooses it, a press on the one that is chosen takes the
 * rating away.
 */
#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

#define HTH_STARS_MAX 5

#define HTH_TYPE_STARS (hth_stars_get_type())
G_DECLARE_FINAL_TYPE(HthStars, hth_stars, HTH, STARS, GtkBox)

/* Signals: "chosen" (guint rating): a person did; 0 for none. */
GtkWidget *hth_stars_new(void);
void hth_stars_set(HthStars *self, guint rating); /* without a signal */

G_END_DECLS
