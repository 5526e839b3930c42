/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Connections to the locker that wait there for a device.
 *
 *   parked ── p, q: is it still there? ──▶ parked
 *     │  J and a header of 16 bytes              │ silence, E, end of stream, anything else
 *     ▼                                          ▼
 *   joined: every later byte is a device's     lost: closed
 *
 * A ping goes out every interval. The interval grows while its pings are answered and halves when a
 * connection died in silence: what is between us forgets idle connections sooner than that.
 *
 * Threads: new and free on one thread; all else on any. The callbacks run on a thread of its own,
 * with no lock held.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define HTH_PARKING_INTERVAL_FIRST_S 30
#define HTH_PARKING_INTERVAL_MIN_S   15
#define HTH_PARKING_INTERVAL_MAX_S   240
#define HTH_PARKING_MAX              16

typedef struct HthParking HthParking;

typedef struct {
    guint64 id;           /* chance's, of the locker's making */
    guint rate_limit_kib; /* KiB a second; 0: none */
} HthParkingSession;

typedef enum {
    HTH_PARKING_REFUSED, /* the locker says that the ticket is not good */
    HTH_PARKING_CLOSED,  /* by the locker, or the connection broke */
    HTH_PARKING_SILENT,  /* it died without a word */
    HTH_PARKING_STRANGE, /* it sent what makes no sense, or a session that was there before */
} HthParkingLoss;

typedef struct {
    guint interval_s; /* to begin with; 0: HTH_PARKING_INTERVAL_FIRST_S */
    /* Takes @fd. */
    void (*joined)(int fd, const HthParkingSession *session, gpointer data);
    /* @age_ms: how long it had been parked. */
    void (*lost)(HthParkingLoss loss, guint age_ms, gpointer data);
    void (*interval_changed)(guint interval_s, gpointer data);
    gpointer data;
    guint unit_ms; /* what a second lasts, for tests; 0: 1000 */
} HthParkingOptions;

HthParking *hth_parking_new(const HthParkingOptions *options);
/* Closes what is parked. NULL is fine. */
void hth_parking_free(HthParking *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HthParking, hth_parking_free)

/* Takes @fd, a connected socket on which the ticket has been sent. FALSE: there are
 * HTH_PARKING_MAX, and it has been closed. */
gboolean hth_parking_add(HthParking *self, int fd);
guint hth_parking_count(HthParking *self);
guint hth_parking_interval_s(HthParking *self);
/* Closes them all, as after the network changed; nothing is called lost. */
void hth_parking_clear(HthParking *self);

G_END_DECLS
