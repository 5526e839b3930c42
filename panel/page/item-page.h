/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A track, a video or a photo with everything that is known of it: its tags, its file, what it is
 * given out as. */
#pragma once

#include "model/library-item.h"
#include "panel.h"

G_BEGIN_DECLS

void hth_item_page_open(HthPanel *panel, HthLibraryItem *item);

G_END_DECLS
