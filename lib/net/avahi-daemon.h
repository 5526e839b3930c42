/* SPDX-License-Identifier: GPL-3.0-or-later */
/* avahi-daemon as seen on the system bus: whether it is there, and whether it can publish.
 *
 * It is watched, never started: every call goes to its unique name, which activates nothing. A bus
 * that is missing or goes away is tried again, after 1 s at first and 30 s at last.
 *
 * avahi-daemon is asked through GDBus and not through libavahi-client, because that library waits
 * up to 25 s for each answer on the calling thread, which here is the daemon's main loop.
 *
 * Threads: main thread.
 */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* Called on the main loop after something changed. */
typedef void (*HthMdnsChanged)(gpointer data);

/* A living avahi-daemon answers in milliseconds; one that is stopped must not hold us longer. */
#define HTH_MDNS_CALL_TIMEOUT_MS 5000
/* What failed is tried again after this. */
#define HTH_MDNS_RETRY_FIRST_S 2

/* What is known of avahi-daemon. */
typedef enum {
    HTH_MDNS_DAEMON_UNKNOWN, /* the bus has not answered yet */
    HTH_MDNS_DAEMON_ABSENT,  /* not on the bus, or there is no bus */
    HTH_MDNS_DAEMON_PRESENT, /* on the bus, and cannot publish yet */
    HTH_MDNS_DAEMON_READY,
} HthMdnsDaemonState;

typedef struct HthMdnsAvahi HthMdnsAvahi;

/* @changed is called on the main loop, never from inside new. */
HthMdnsAvahi *hth_mdns_avahi_new(HthMdnsChanged changed, gpointer data);
void hth_mdns_avahi_free(HthMdnsAvahi *self); /* closes the connection; NULL is fine */

HthMdnsDaemonState hth_mdns_avahi_state(const HthMdnsAvahi *self);

/* All borrowed, and NULL unless the state is PRESENT or READY. */
GDBusConnection *hth_mdns_avahi_connection(const HthMdnsAvahi *self);
const char *hth_mdns_avahi_owner(const HthMdnsAvahi *self); /* its unique name, ":1.7" */

G_END_DECLS
