/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A code to pair a handheld by: as a picture to scan and as text to type. */
#pragma once

#include "model/library-item.h"
#include "panel.h"

G_BEGIN_DECLS

void hth_pairing_dialog_open(HthPanel *panel);

G_END_DECLS
