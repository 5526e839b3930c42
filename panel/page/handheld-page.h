/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One paired handheld: what it holds, what comes and goes, its rule with a preview, its access. */
#pragma once

#include "model/library-item.h"
#include "panel.h"

G_BEGIN_DECLS

/* @id: as GET paired has it. */
void hth_handheld_page_open(HthPanel *panel, const char *id, const char *name);

G_END_DECLS
