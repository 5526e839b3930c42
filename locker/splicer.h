/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A thread that copies between joined sockets, without looking: splice(2) through a pipe, in both
 * directions, as fast as the limits of the household and the session allow.
 *
 *      device  ──▶ pipe ──▶  home          An end of stream is passed on as such; when both
 *      device  ◀── pipe ◀──  home          directions have ended, or one breaks, it is over.
 *
 * The home may have sent a ping in the moment in which it was joined. What comes from it first is
 * therefore looked at: leading bytes `p` and `q`, which begin no TLS record, are left out.
 *
 * Threads: any, unless it says otherwise.
 */
#pragma once

#include "household.h"
#include "switchboard.h"

G_BEGIN_DECLS

/* A session in which nothing moves for so long is over. */
#define HTH_SESSION_IDLE_S 600
/* From joining to the home's first byte. */
#define HTH_SESSION_FIRST_S 15

/* What begins a session. */
typedef struct {
    int device_fd;
    int home_fd;
    HthHousehold *household; /* a reference; its session has begun */
    char route[HTH_ROUTE_LENGTH + 1];
    guint64 number; /* for the log */
} HthJoin;

typedef struct HthSplicer HthSplicer;

HthSplicer *hth_splicer_new(void); /* its thread runs */
/* Ends all sessions. NULL is fine. Threads: the one that called new. */
void hth_splicer_free(HthSplicer *self);

/* Takes what @join holds. */
void hth_splicer_begin(HthSplicer *self, const HthJoin *join);

/* Ends the sessions of that household; of one route only, unless it is NULL. */
void hth_splicer_end(HthSplicer *self, HthHousehold *household, const char *route);

guint hth_splicer_sessions(HthSplicer *self); /* now */
guint64 hth_splicer_bytes(HthSplicer *self);  /* ever */

G_END_DECLS
