/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One video, played in the window by GTK's own media support (GStreamer). */
#pragma once

#include "model/library-item.h"
#include "panel.h"

G_BEGIN_DECLS

void hth_video_page_open(HthPanel *panel, HthLibraryItem *item);

G_END_DECLS
