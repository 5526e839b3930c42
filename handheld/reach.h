/* SPDX-License-Identifier: GPL-3.0-or-later */
/* All that is known of where one home is, shared by everything that talks with it: the sync, the
 * event stream, the player's proxy.
 *
 *   LAN    the places where the home was seen or told that it is
 *   relay  its locker, by the name that it gave this device (away.h)
 *
 * A connection is the winner of a race of both (race.h). It is told to move when the network has
 * changed under it or the home has come within reach of the LAN; the owner of the connection then
 * lets go of it where nothing is lost, and asks for another.
 *
 * Threads: any thread, but a link belongs to one thread at a time.
 */
#pragma once

#include "away.h"
#include "net/http-client.h"
#include "paired-home.h"
#include "store/identity.h"

G_BEGIN_DECLS

typedef enum {
    HTH_PATH_NONE, /* nobody has answered lately */
    HTH_PATH_LAN,
    HTH_PATH_RELAY,
    HTH_N_PATHS,
} HthPath;

const char *hth_path_name(HthPath path); /* "none", "lan", "relay" */

typedef struct HthReach HthReach;

/* @home and @identity: borrowed for the call. @interface: NULL for any. */
HthReach *hth_reach_new(const HthPairedHome *home, const HthDeviceIdentity *identity,
                        const char *interface);
HthReach *hth_reach_ref(HthReach *self);
void hth_reach_unref(HthReach *self); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HthReach, hth_reach_unref)

const HthKeyId *hth_reach_device_id(const HthReach *self); /* borrowed */

/* Where the home is said to be: tried before all others. */
void hth_reach_add_place(HthReach *self, const char *address, guint16 port);
/* Where the home was just seen; who talks with it by the relay is told once it answers there. */
void hth_reach_seen(HthReach *self, const char *address, guint16 port);
/* Only at its places, and never by the relay: a person said where the home is. */
void hth_reach_stay_local(HthReach *self);
void hth_reach_set_away(HthReach *self, const HthAway *away);
HthAway *hth_reach_away(HthReach *self); /* new */

/* Interfaces or routes changed: connections whose own address has gone are broken at once, and
 * those by the relay look for the LAN. */
void hth_reach_network_changed(HthReach *self);

/* ---- A connection ---- */

typedef struct HthReachLink HthReachLink;

/* @cancellable: ends every call on the link, too; NULL: none.
 * @moves_at_once: nothing is lost when the connection breaks: so it does when it is to move.
 * Errors: HTH_ERROR_ASLEEP     the relay answers, the home does not: it is asleep or off
 *         HTH_ERROR_BUSY       a limit of the relay is reached
 *         HTH_ERROR_CANCELLED, HTH_ERROR_NETWORK */
HthReachLink *hth_reach_connect(HthReach *self, GCancellable *cancellable, gboolean moves_at_once,
                                GError **error);
void hth_reach_link_free(HthReachLink *self); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HthReachLink, hth_reach_link_free)

HthHttpClient *hth_reach_link_client(HthReachLink *self);     /* borrowed */
GCancellable *hth_reach_link_cancellable(HthReachLink *self); /* for calls; borrowed */
HthPath hth_reach_link_path(const HthReachLink *self);
const char *hth_reach_link_address(const HthReachLink *self, guint16 *out_port);

/* The home answers on the LAN by now, and this is not by the LAN; or it is broken. */
gboolean hth_reach_link_should_move(HthReachLink *self);

/* ---- For status ---- */

/* Bytes that came over a link, and in which time; the rate is kept for its path. */
void hth_reach_link_measure(HthReachLink *self, guint64 n_bytes, gint64 duration_us);

typedef struct {
    HthPath path;        /* of the last connection that was made, or failed to be */
    gboolean is_asleep;  /* the relay said so, and the LAN nothing */
    gboolean is_limited; /* the relay refused: a limit is reached */
    guint64 rate;        /* bytes a second, of late; 0: nothing large has moved */
    guint64 limit;       /* bytes a second; 0: none, or not by the relay */
} HthReachState;

void hth_reach_state(HthReach *self, HthReachState *out_state);

G_END_DECLS
