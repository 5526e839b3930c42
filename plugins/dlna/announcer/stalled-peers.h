/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Subscribers that took an event too slowly, by address and port: for two minutes nothing is sent
 * to them.
 *
 * libupnp sends events from twelve threads. A subscriber that accepts a connection and then says
 * nothing holds one for seconds, at every event; remembered here it does so once in two minutes.
 *
 * Threads: any thread; there is a lock inside. It has no clock: @now_us is monotonic time.
 */
#pragma once

#include <glib.h>
#include <sys/socket.h>

G_BEGIN_DECLS

#define HTH_STALLED_PEER_US   (120 * G_USEC_PER_SEC)
#define HTH_STALLED_PEERS_MAX 256 /* as many as there are subscriptions */

typedef struct HthStalledPeers HthStalledPeers;

HthStalledPeers *hth_stalled_peers_new(void);
void hth_stalled_peers_free(HthStalledPeers *self); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HthStalledPeers, hth_stalled_peers_free)

/* @peer: IPv4 or IPv6; anything else is ignored. */
void hth_stalled_peers_add(HthStalledPeers *self, const struct sockaddr *peer, gint64 now_us);
gboolean hth_stalled_peers_contains(HthStalledPeers *self, const struct sockaddr *peer,
                                    gint64 now_us);

G_END_DECLS
