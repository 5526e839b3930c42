/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Finds homes on this network by mDNS: _hearth._tcp, asked of avahi-daemon where it runs, else by
 * avahi-core in this process, which announces nothing.
 *
 * Threads: main thread; everything happens on the default main loop.
 */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

typedef struct {
    const char *name;    /* what the home calls itself */
    const char *address; /* with its scope where it needs one: "fe80::1%wlan0" */
    guint16 port;
    const char *nonce; /* for hth_discovery_check(); NULL: not there */
    const char *proof;
} HthFoundHome;

/* A home is there, or is there anew; once for each of its addresses.
 * Returns: TRUE ends a search; a watch goes on. */
typedef gboolean (*HthHomeFound)(const HthFoundHome *found, gpointer data);

typedef struct HthDiscovery HthDiscovery;

/* Watches until it is freed. @interface: NULL for all. */
HthDiscovery *hth_discovery_new(const char *interface, HthHomeFound callback, gpointer data);
void hth_discovery_free(HthDiscovery *self); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HthDiscovery, hth_discovery_free)

/* Looks for so long, or until @callback says that it has enough. Runs the default main loop.
 * Errors: HTH_ERROR_UNAVAILABLE: this computer cannot ask. */
gboolean hth_discovery_search(const char *interface, guint timeout_ms, HthHomeFound callback,
                              gpointer data, GError **error);

G_END_DECLS
