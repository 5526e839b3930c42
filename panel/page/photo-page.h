/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One photo, as large as the window. */
#pragma once

#include "model/library-item.h"
#include "panel.h"

G_BEGIN_DECLS

void hth_photo_page_open(HthPanel *panel, HthLibraryItem *item);

G_END_DECLS
