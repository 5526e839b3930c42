/* SPDX-License-Identifier: GPL-3.0-or-later */
/* GENA at hearthd's own door: SUBSCRIBE and UNSUBSCRIBE on the LAN listener, checked, and what
 * passes carried to the announcer of the interface on which the request came.
 *
 * The plugin adds one route: HTH_HTTP_SUBSCRIBE | HTH_HTTP_UNSUBSCRIBE on "/event/" (what the
 * description's eventSubURLs begin with), hth_subscriptions_handle, and this object as data.
 *
 *   refused with   when
 *   400            SID together with CALLBACK or NT (UPnP Device Architecture 1.1, section 4.1.2)
 *   404            a path that no eventSubURL can have
 *   412            no CALLBACK, a callback that leads anywhere but to the peer on the
 *                  interface's subnet, NT that is not upnp:event, a SID that the peer does not hold
 *   503            no announcer, or one that does not answer within 2 s, or too many subscriptions:
 *                  16 a peer, 256 in all
 *
 * Threads: handle on HTTP threads; the rest on the main thread.
 */
#pragma once

#include "announcers.h"
#include "net/http-server.h"

G_BEGIN_DECLS

#define HTH_SUBSCRIPTIONS_A_PEER 16
#define HTH_SUBSCRIPTIONS_MAX    256

typedef struct HthSubscriptions HthSubscriptions;

/* @interfaces: borrowed until free. The announcers are given later, when the port is known; until
 * then, and with NULL, subscribers get 503. They are borrowed until replaced. */
HthSubscriptions *hth_subscriptions_new(HthInterfaces *interfaces);
void hth_subscriptions_set_announcers(HthSubscriptions *self, HthAnnouncers *announcers);

/* After the HTTP server has stopped. Requests still under way are answered 503. NULL is fine. */
void hth_subscriptions_free(HthSubscriptions *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HthSubscriptions, hth_subscriptions_free)

/* An HthHttpHandler; @self: an HthSubscriptions. */
void hth_subscriptions_handle(HthHttpRequest *request, gpointer self);

G_END_DECLS
