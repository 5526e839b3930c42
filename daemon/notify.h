/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Tells systemd how the service is (sd_notify(3)): one datagram to $NOTIFY_SOCKET, no library.
 *
 * Threads: main thread. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* "READY=1\nSTATUS=Sharing 3 folders". Does nothing when nobody asked to be told. */
void hth_notify(const char *state);

/* Half of $WATCHDOG_USEC in milliseconds when it is meant for this process, else 0. */
guint hth_notify_watchdog_ms(void);

G_END_DECLS
