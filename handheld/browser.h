/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The two ways to look for _hearth._tcp. Each tells what it finds until it is freed.
 *
 * Threads: main thread.
 */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

#define HTH_BROWSE_TYPE "_hearth._tcp"

/* One address of one service. @txt: its records, "key=value". */
typedef void (*HthServiceFound)(int link_index, const char *name, const char *address, guint16 port,
                                const char *const *txt, gpointer data);

/* Asks the avahi-daemon that has this name on the bus.
 * @link_index: 0 for all interfaces. */
typedef struct HthDaemonBrowser HthDaemonBrowser;
HthDaemonBrowser *hth_daemon_browser_new(GDBusConnection *connection, const char *owner,
                                         int link_index, HthServiceFound found, gpointer data);
void hth_daemon_browser_free(HthDaemonBrowser *self); /* NULL is fine */

/* Asks by itself, with avahi-core, and publishes nothing.
 * @interface: NULL for all. Returns: NULL with HTH_ERROR_UNAVAILABLE. */
typedef struct HthEmbeddedBrowser HthEmbeddedBrowser;
HthEmbeddedBrowser *hth_embedded_browser_new(const char *interface, HthServiceFound found,
                                             gpointer data, GError **error);
void hth_embedded_browser_free(HthEmbeddedBrowser *self); /* NULL is fine */

G_END_DECLS
