/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One socket at the door, and what is said to it. Threads: the door's. */
#pragma once

#include "client-hello.h"
#include "household.h"
#include "poll-thread.h"
#include "switchboard.h"

G_BEGIN_DECLS

typedef struct HthDoor HthDoor;

typedef enum {
    HTH_GUEST_SPEAKS,
    HTH_GUEST_PARKED,
    HTH_GUEST_WAITS,
    HTH_GUEST_GONE, /* to be freed */
} HthGuestState;

typedef struct {
    HthWatch watch; /* first: epoll knows it by this */
    HthDoor *door;
    int fd;
    HthGuestState state;
    guint n_pings; /* of late, see hth_guest_answer_pings() */
    gint64 pinged_us;
    gint64 since_us;         /* in this state, or the last byte of a parked one */
    guint64 peer;            /* see peer-count.h */
    HthHousehold *household; /* of a parked one and of one that waits */
    char route[HTH_ROUTE_LENGTH + 1];
    GList link;       /* in the list of its state */
    GList lobby_link; /* in its household's */
} HthGuest;

/* TLS alerts (RFC 8446, section 6). */
typedef enum {
    HTH_ALERT_ACCESS_DENIED = 49,
    HTH_ALERT_DECODE_ERROR = 50,
    HTH_ALERT_INTERNAL_ERROR = 80,
    HTH_ALERT_UNRECOGNIZED_NAME = 112,
} HthAlert;

/* Says why not, to a device that has said hello. The socket is then to be closed. */
void hth_guest_send_alert(int fd, HthAlert alert);

/* Wakes us when @n_bytes are there, and not before. */
void hth_guest_want_bytes(int fd, gsize n_bytes);

/* Reads the line `PARK ticket` that is there.
 * Returns: FALSE when it is something else. */
gboolean hth_guest_read_park(int fd, char out_ticket[HTH_ROUTE_LENGTH + 1]);
#define HTH_PARK_LINE_BYTES 32

/* Reads what a parked home has sent, and answers its pings. FALSE: it is gone, or says something
 * else, or pings all the time. */
gboolean hth_guest_answer_pings(HthGuest *self, gint64 now_us);

/* Ends the prelude of a parked connection. FALSE: it is gone. */
gboolean hth_guest_send_join(int fd, guint64 session_rate, guint64 number);

G_END_DECLS
