/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the household thinks of an item and how often it was played: a group of its page, where that
 * can be changed. */
#pragma once

#include "panel.h"

G_BEGIN_DECLS

/* @json: the item as the API has it. */
void hth_item_plays_add(HthPanel *panel, GtkBox *box, JsonObject *json);

G_END_DECLS
