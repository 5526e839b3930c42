/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Keeps a home in touch with its locker: follows the control stream, registers the routes, and has
 * connections parked there for devices.
 *
 *   connecting ──▶ connected ──(broke)──▶ waiting ──(after a while by chance)──▶ connecting
 *                      └──(the locker does not know us any more)──▶ ended, tried again seldom
 *
 * A locker that starts anew must not meet all its homes at once: after a loss the first try comes
 * by chance within HTH_LOCKER_FIRST_RETRY_MS, the next ones within twice as long each time.
 *
 * Threads: two of its own, for what blocks, and the parking's. All functions on any thread, but new
 * and free on one. Callbacks run on its threads, with no lock held.
 */
#pragma once

#include "locker/account.h"
#include "locker/parking.h"
#include "store/identity.h"

G_BEGIN_DECLS

#define HTH_LOCKER_FIRST_RETRY_MS 10000
#define HTH_LOCKER_LAST_RETRY_MS  60000
#define HTH_LOCKER_PARKED         2
#define HTH_LOCKER_PARKED_MAX     8

typedef enum {
    HTH_LINK_CONNECTING,
    HTH_LINK_CONNECTED,
    HTH_LINK_WAITING,
    HTH_LINK_ENDED,
    HTH_N_LINK_STATES,
} HthLinkState;

const char *hth_link_state_name(HthLinkState state); /* "connecting" … */

typedef struct {
    HthLinkState state;
    gint64 since_unix_s; /* of the state */
    char *problem;       /* why it is not connected; NULL: nothing is known */
    HthLockerLimits limits;
    guint n_parked;
    guint n_routes; /* that the locker has */
    guint interval_s;
    guint64 n_sessions; /* since the start */
} HthLinkStatus;

void hth_link_status_clear(HthLinkStatus *status);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(HthLinkStatus, hth_link_status_clear)

/* Adds it to @object, for the household. */
void hth_link_status_show(const HthLinkStatus *status, JsonObject *object);

typedef struct HthLockerLink HthLockerLink;

typedef struct {
    const HthLockerAccount *account;   /* copied */
    const HthLockerLimits *limits;     /* as they were last known; NULL: unknown */
    const HthDeviceIdentity *identity; /* borrowed until free */
    /* All routes that devices may come by; a new list. */
    GStrv (*routes)(gpointer data);
    void (*joined)(int fd, const HthParkingSession *session, gpointer data); /* takes @fd */
    /* The state, or the limits but for what was used. */
    void (*changed)(gpointer data);
    void (*interval_changed)(guint interval_s, gpointer data);
    gpointer data;
    guint first_retry_ms; /* 0: HTH_LOCKER_FIRST_RETRY_MS */
} HthLinkOptions;

HthLockerLink *hth_locker_link_new(const HthLinkOptions *options);
/* Ends at once whatever is under way. NULL is fine. */
void hth_locker_link_free(HthLockerLink *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HthLockerLink, hth_locker_link_free)

void hth_locker_link_status(HthLockerLink *self, HthLinkStatus *out_status);

/* There are other routes than before: they are told at once. */
void hth_locker_link_routes_changed(HthLockerLink *self);

/* This machine has other addresses, or has slept: everything is begun anew at once. */
void hth_locker_link_network_changed(HthLockerLink *self);

G_END_DECLS
