/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a browser on the network sees at "/": name, version and counts, and nothing private. */
#pragma once

#include "parts.h"

G_BEGIN_DECLS

const HthHttpRoute *hth_home_page_routes(guint *out_n); /* their data is the HthParts */

G_END_DECLS
