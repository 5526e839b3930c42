/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Pages that lie behind another one are hidden from screen readers too. GTK 4.8 and libadwaita 1.2
 * hide them from the eye alone: everything of every page would be read out as if it were there.
 */
#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

/* @pages: a GtkStack, AdwViewStack or AdwLeaflet; anything with pages as children, and the property
 * "visible-child". */
void hth_sight_follow(GtkWidget *pages);

G_END_DECLS
