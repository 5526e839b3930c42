/* SPDX-License-Identifier: GPL-3.0-or-later */
/* An album, an artist, a playlist or a folder: its picture and words, and what it holds. */
#pragma once

#include "model/library-item.h"
#include "panel.h"

G_BEGIN_DECLS

void hth_container_page_open(HthPanel *panel, HthLibraryItem *item);

G_END_DECLS
