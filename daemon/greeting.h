/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The one line that says what is shared, under which name, and where. */
#pragma once

#include "parts.h"

G_BEGIN_DECLS

/* "Sharing 3 folders as “Living room” at http://192.0.2.5:8200 (eth0) – 1,234 tracks, 56 videos,
 * 789 photos". New string. */
char *hth_greeting(HthParts *parts);

/* "1,234"; new string. */
char *hth_grouped_number(guint64 number);

G_END_DECLS
