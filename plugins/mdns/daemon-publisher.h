/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Publishes an offer through avahi-daemon: an entry group for each interface, so that one that
 * comes or goes leaves the others alone.
 *
 * A name that is taken is changed in the offer and everything is published anew. What fails is
 * tried again.
 *
 * Threads: main thread; no call blocks, none waits longer than HTH_MDNS_CALL_TIMEOUT_MS.
 */
#pragma once

#include <gio/gio.h>

#include "offer.h"
#include "publication.h"

G_BEGIN_DECLS

typedef struct HthMdnsDaemonPublisher HthMdnsDaemonPublisher;

/* Starts at once. @offer: borrowed until free. @owner: the unique name of an avahi-daemon that
 * runs.
 * @changed is called on the main loop, never from inside new. */
HthMdnsDaemonPublisher *hth_mdns_daemon_publisher_new(GDBusConnection *connection,
                                                      const char *owner, HthMdnsOffer *offer,
                                                      HthMdnsChanged changed, gpointer data);

/* Withdraws: avahi-daemon says goodbye for us. NULL is fine. */
void hth_mdns_daemon_publisher_free(HthMdnsDaemonPublisher *self);

/* After the offer's interfaces changed. */
void hth_mdns_daemon_publisher_update(HthMdnsDaemonPublisher *self);

/* Borrowed. */
const HthMdnsPublication *hth_mdns_daemon_publisher_publication(HthMdnsDaemonPublisher *self);

G_END_DECLS
