/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Whether this device runs on its battery, and whether its network is paid by the byte.
 *
 * Threads: any thread.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* HthSyncConditions. What cannot be told forbids nothing. */
guint hth_power_conditions(void);

G_END_DECLS
