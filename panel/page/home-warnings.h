/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a person should know or mend, as rows with a button that mends what can be mended. */
#pragma once

#include "panel.h"
#include "widget/row-set.h"

G_BEGIN_DECLS

/* Makes @rows say what the last status holds. Returns: how many there are. */
guint hth_home_warnings_show(HthRowSet *rows, HthPanel *panel);

G_END_DECLS
