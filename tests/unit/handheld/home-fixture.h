/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A home that gives media to one paired device, by TLS on 127.0.0.1, and what the device knows. */
#pragma once

#include "net/http-server.h"
#include "reach.h"

#define HOME_ITEM      "aaaaaaaaaaaaa" /* 0 */
#define HOME_FILE_SIZE (5 * 1000 * 1000 + 17)

/* Its conversions, "opus-96" and whatever else. */
#define HOME_SMALL_SIZE (120 * 1000 + 3)

typedef struct {
    HthDeviceIdentity *identity;
    HthDeviceIdentity *device;
    HthHttpServer *server;
    char *dir;       /* removed with what the fixture made in it */
    char *file_path; /* what every item is */
    guint16 port;
    _Atomic guint n_requests;
    _Atomic guint n_busy; /* so many requests are answered by 503 first */
    /* At this request, from 1 on, the file becomes another, or every connection breaks; 0: never.
     */
    guint changes_at;
    guint breaks_at;
    gint64 duration_ms;     /* that is told of the item; 0: nothing is */
    const char *media_type; /* of the item; NULL: audio/flac */
    _Atomic guint n_making; /* so many requests for a conversion are answered by 503 first */
    guint small_status;     /* every request for a conversion is answered so; 0: it is there */
    HthPairedHome *paired;
} Home;

void home_set_up(Home *self);
void home_tear_down(Home *self);
void home_start(Home *self); /* on the port that it had */
void home_stop(Home *self);

/* From now on the device is elsewhere: nobody answers on the LAN, and by the relay it may have so
 * many bytes a second; 0: no limit. Before a reach is made. */
void home_leave(Home *self, guint64 session_rate);

/* The byte at @position of the file, and of its conversions. */
guint8 home_byte(guint64 position);
