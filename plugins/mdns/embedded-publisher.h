/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Publishes an offer by itself, with avahi-core, while no avahi-daemon runs: under a host name of
 * its own, with the addresses of the used interfaces, and nothing else about this machine.
 *
 * An address that comes or goes leaves the rest alone. An interface that was not known before needs
 * a new server: goodbye, and hello again a second later.
 *
 * avahi-core must not be freed or filled from inside its callbacks: those only ask for a look at
 * its state, which an idle source takes.
 *
 * Threads: main thread; nothing blocks.
 */
#pragma once

#include "offer.h"
#include "publication.h"

G_BEGIN_DECLS

typedef struct HthMdnsEmbeddedPublisher HthMdnsEmbeddedPublisher;

/* Starts at once. @offer: borrowed until free. @changed is called on the main loop, never from
 * inside new. */
HthMdnsEmbeddedPublisher *hth_mdns_embedded_publisher_new(HthMdnsOffer *offer,
                                                          HthMdnsChanged changed, gpointer data);

/* Withdraws: the goodbye has been sent when this returns. NULL is fine. */
void hth_mdns_embedded_publisher_free(HthMdnsEmbeddedPublisher *self);

/* After the offer's interfaces changed. */
void hth_mdns_embedded_publisher_update(HthMdnsEmbeddedPublisher *self);

/* Borrowed. */
const HthMdnsPublication *hth_mdns_embedded_publisher_publication(HthMdnsEmbeddedPublisher *self);

G_END_DECLS
