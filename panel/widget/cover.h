/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A square picture of an album, a track, a video or a photo; an icon until it has come, or when
 * there is none. It says nothing to a screen reader: what stands beside it does.
 */
#pragma once

#include <gtk/gtk.h>

#include "model/library-item.h"
#include "model/pictures.h"

G_BEGIN_DECLS

#define HTH_TYPE_COVER (hth_cover_get_type())
G_DECLARE_FINAL_TYPE(HthCover, hth_cover, HTH, COVER, GtkWidget)

/* @size: its side in logical pixels. */
GtkWidget *hth_cover_new(HthPictures *pictures, guint size);

/* Shows @item's picture; NULL: nothing. */
void hth_cover_set_item(HthCover *self, HthLibraryItem *item);

/* Whether a picture is drawn, not the icon in its stead. */
gboolean hth_cover_has_picture(HthCover *self);

G_END_DECLS
