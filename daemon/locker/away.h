/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a paired device is told of the way to its home from elsewhere: GET /away.
 *
 *   {"revision": n, "path": "lan", "wake": ["52:54:00:12:34:56"],
 *    "locker": {"name": …, "address": …, "port": n, "route": …, "session_rate": n,
 *               "household_rate": n, "month_bytes": n, "month_used": n}}      or "locker": null
 *
 * Each device has a route of its own: 128 bits by chance, by which nobody but the home knows whose
 * it is. It is another one every HTH_AWAY_ROUTE_S; the old one stays good until the device has come
 * with the revision that told it the new one.
 *
 * The revision is made of what is told (but for path and month_used), so equal ones mean the same.
 *
 * Threads: any thread; routes_changed is called on the thread that caused it, with no lock held.
 */
#pragma once

#include "locker/account.h"
#include "pairing/pairing.h"

G_BEGIN_DECLS

#define HTH_AWAY_ROUTE_S      (7 * 24 * 60 * 60)
#define HTH_AWAY_ROUTE_LENGTH 26

typedef struct HthAway HthAway;

typedef struct {
    HthPairingStore store;
    gint64 (*unix_s)(gpointer data); /* NULL: the kernel's */
    void (*routes_changed)(gpointer data);
    gpointer data;
} HthAwayOptions;

HthAway *hth_away_new(const HthAwayOptions *options);
void hth_away_free(HthAway *self); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HthAway, hth_away_free)

/* NULL: none is joined; all routes are forgotten then. */
void hth_away_set_locker(HthAway *self, const HthLockerAccount *account,
                         const HthLockerLimits *limits);
/* Hardware addresses of this machine, "52:54:00:12:34:56". */
void hth_away_set_wake(HthAway *self, const char *const *addresses);

/* The revision for @device, which has @known (0: none): never 0. A device that has the newest loses
 * its older route. */
guint32 hth_away_revision(HthAway *self, const char *device, guint32 known);
/* The object of GET /away. @path: "lan" or "relay". */
JsonObject *hth_away_object(HthAway *self, const char *device, const char *path);

/* All that a device may come by, old ones too. A new list. */
GStrv hth_away_routes(HthAway *self);

/* The device is no longer paired: its routes end. */
void hth_away_drop(HthAway *self, const char *device);
/* Drops those of devices that are not in @devices (a set of their ids). */
void hth_away_keep_only(HthAway *self, GHashTable *devices);

G_END_DECLS
