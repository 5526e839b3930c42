/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Connects to the locker's port and shows a ticket there. Threads: any; it blocks. */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* Tries every address of @host, for 10 s at most.
 * Returns: a connected socket on which "PARK <ticket>" has been sent; it notices within half a
 * minute when what was sent is not acknowledged. -1 with HTH_ERROR_UNAVAILABLE. */
int hth_locker_dial(const char *host, guint16 port, const char *ticket, GCancellable *cancellable,
                    GError **error);

G_END_DECLS
