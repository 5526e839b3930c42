/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One television, player or phone of the network: what it is, what it may see, what it asked. */
#pragma once

#include "model/library-item.h"
#include "panel.h"

G_BEGIN_DECLS

/* @id: as GET devices has it. */
void hth_device_page_open(HthPanel *panel, const char *id, const char *label);

/* How one of GET devices is shown: an icon, and its name, or what it is if it has none. */
const char *hth_device_icon(JsonObject *device);
const char *hth_device_title(JsonObject *device); /* borrowed from @device */

G_END_DECLS
