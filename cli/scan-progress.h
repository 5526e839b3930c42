/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How far a scan is, in words. */
#pragma once

#include "cli.h"

G_BEGIN_DECLS

/* One line for people: "Reading tags [████····]  52 %  5,200 of 10,000, 812 a second, 6 seconds
 * left". New string. */
char *hth_scan_line(JsonObject *scan);
gboolean hth_scan_is_idle(JsonObject *scan);

G_END_DECLS
