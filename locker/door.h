/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where everybody comes in: one TCP port, and its thread.
 *
 *   accepted ──▶ speaks ──▶ a hello with a household's route ──▶ waits ──▶ joined
 *                  │  │                                            ▲          ▲
 *                  │  └───▶ PARK ticket ──▶ parked ─────────────────┴──────────┘
 *                  ├──────▶ a hello with the locker's own name ──▶ the API
 *                  └──────▶ anything else, or nothing in time: refused, closed
 *
 * Nothing of a hello is consumed: it is peeked at, and read by whom it is for. A refusal is one TLS
 * alert in the clear, before any TLS, and closes.
 *
 * Bounds: sockets in all; sockets of one address that have not said anything whole yet; 5 s for the
 * first words, 5 s for a device to wait for its home. A silent connection costs a descriptor and
 * under 1 KB.
 *
 * Threads: any, unless it says otherwise.
 */
#pragma once

#include "splicer.h"
#include "switchboard.h"

G_BEGIN_DECLS

#define HTH_DOOR_SPEAK_S  5
#define HTH_DOOR_WAIT_S   5
#define HTH_DOOR_PARKED_S 600 /* without a byte */

/* Connections of one address that have not said anything whole yet. */
#define HTH_DOOR_MAX_SILENT_A_PEER 256
/* Of one household: parked connections, and devices that wait for one. */
#define HTH_DOOR_MAX_PARKED  64
#define HTH_DOOR_MAX_WAITING 64

typedef struct HthDoor HthDoor;

/* Takes a connected socket that says the locker's own name. Called on the door's thread. */
typedef void (*HthDoorApi)(int fd, gpointer data);

typedef struct {
    const char *name; /* the locker's, in lower case */
    int listen_fd;    /* taken */
    HthSwitchboard *switchboard;
    HthSplicer *const *splicers; /* borrowed until free, like the switchboard */
    guint n_splicers;
    HthDoorApi api;
    gpointer api_data;
    guint max_sockets; /* at the door and in sessions */
} HthDoorOptions;

/* Its thread runs. */
HthDoor *hth_door_new(const HthDoorOptions *options);
/* Closes the port and everything at the door; sessions go on. NULL is fine. Threads: the one that
 * called new. */
void hth_door_free(HthDoor *self);

/* Closes what is parked and what waits for that household. */
void hth_door_end(HthDoor *self, HthHousehold *household);

typedef enum {
    HTH_DOOR_ACCEPTED,
    HTH_DOOR_REFUSED_LIMIT, /* too many sockets, of all or of one address */
    HTH_DOOR_SILENT,        /* said nothing whole in time */
    HTH_DOOR_NO_ROUTE,      /* no name, or one that is nobody's */
    HTH_DOOR_MALFORMED,     /* no hello, no PARK, or a bad one */
    HTH_DOOR_BAD_TICKET,
    HTH_DOOR_HOME_AWAY,  /* no parked connection in time */
    HTH_DOOR_OVER_LIMIT, /* of the household */
    HTH_DOOR_JOINED,
    HTH_DOOR_N_EVENTS,
} HthDoorEvent;

typedef struct {
    guint64 events[HTH_DOOR_N_EVENTS]; /* ever */
    guint speaking;                    /* now */
    guint parked;
    guint waiting;
} HthDoorCounters;

void hth_door_counters(HthDoor *self, HthDoorCounters *out_counters);

G_END_DECLS
