/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A playlist of the household: its name, its order, what is taken out; or one more. */
#pragma once

#include "model/library-item.h"
#include "panel.h"

G_BEGIN_DECLS

/* @id: NULL makes a new one. @items: (element HthLibraryItem) what it holds; NULL: nothing, or with
 * @id: what the daemon says. */
void hth_playlist_editor_open(HthPanel *panel, const char *id, GPtrArray *items);

/* Asks which playlist @item goes into, and adds it. */
void hth_playlist_add(HthPanel *panel, HthLibraryItem *item);

G_END_DECLS
