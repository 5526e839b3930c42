/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How one item of the library looks: as a tile with a large picture, or as a row. Both follow the
 * item they are bound to, which may fill itself later. */
#pragma once

#include <adwaita.h>

#include "model/library-item.h"
#include "model/pictures.h"

G_BEGIN_DECLS

/* As large as the daemon makes them: nothing is scaled. */
#define HTH_TILE_PIXELS 160

#define HTH_TYPE_MEDIA_TILE (hth_media_tile_get_type())
G_DECLARE_FINAL_TYPE(HthMediaTile, hth_media_tile, HTH, MEDIA_TILE, GtkBox)

GtkWidget *hth_media_tile_new(HthPictures *pictures, gboolean is_row);

/* For a row among those of one album by @artists: its number stands in the cover's place, and what
 * all have in common is not said. Before anything is bound to it. */
void hth_media_tile_set_within(HthMediaTile *self, const char *artists);

/* @item: NULL lets go of the one before. */
void hth_media_tile_bind(HthMediaTile *self, HthLibraryItem *item);
HthLibraryItem *hth_media_tile_item(HthMediaTile *self);

/* The button at the end of a row; NULL in a tile. */
GtkButton *hth_media_tile_more(HthMediaTile *self);

G_END_DECLS
