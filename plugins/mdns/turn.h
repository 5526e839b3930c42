/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Whose turn it is to publish: avahi-daemon, hearth itself, or nobody.
 *
 *                    ready                        absent, or not ready for too long
 *   NOBODY ───────────────────────▶ DAEMON      NOBODY ──────────────────────────────▶ EMBEDDED
 *   EMBEDDED ── ready: goodbye first ─▶ DAEMON   DAEMON ── absent ─▶ EMBEDDED
 *   DAEMON ── not ready (it changes its host name) ─▶ NOBODY, and a wait begins
 *   any ── nothing to publish ─▶ NOBODY
 *
 * 1. At most one publishes: what withdraws always comes before what publishes.
 * 2. Hearth itself goes on while avahi-daemon starts up, and gives way when that is ready: the gap
 * is as short as avahi-daemon's own probing.
 * 3. The same facts told twice change nothing.
 *
 * Pure: no sockets, no clock. Threads: one at a time.
 */
#pragma once

#include "net/avahi-daemon.h"

G_BEGIN_DECLS

typedef enum {
    HTH_MDNS_NOBODY,
    HTH_MDNS_DAEMON,
    HTH_MDNS_EMBEDDED,
} HthMdnsPublisher;

typedef enum {
    HTH_MDNS_WITHDRAW_DAEMON,
    HTH_MDNS_WITHDRAW_EMBEDDED,
    HTH_MDNS_PUBLISH_DAEMON,
    HTH_MDNS_PUBLISH_EMBEDDED,
} HthMdnsAction;

#define HTH_MDNS_MAX_ACTIONS 2

/* Set the facts, then ask hth_mdns_turn_step(). All zero is the right start. */
typedef struct {
    HthMdnsDaemonState daemon;
    gboolean has_offer;         /* hearth serves, and some interface is used */
    gboolean has_waited;        /* avahi-daemon had its time to become ready */
    HthMdnsPublisher publisher; /* written by step alone */
} HthMdnsTurn;

/* Says what to do, in this order, and assumes that it is done.
 * Returns: the count of @out_actions. */
guint hth_mdns_turn_step(HthMdnsTurn *self, HthMdnsAction out_actions[HTH_MDNS_MAX_ACTIONS]);

/* Whether a clock should run that sets has_waited: somebody should publish, nobody does, and
 * avahi-daemon may become ready. */
gboolean hth_mdns_turn_is_waiting(const HthMdnsTurn *self);

G_END_DECLS
