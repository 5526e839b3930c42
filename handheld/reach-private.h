/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Shared by the sources of reach.h only. */
#pragma once

#include <sys/socket.h>

#include "race.h"
#include "reach.h"

G_BEGIN_DECLS

typedef struct {
    char *address;
    guint16 port;
} HthReachPlace;

struct HthReach {
    gatomicrefcount references;
    HthKeyId home;
    HthKeyId device;
    char *certificate;
    char *key;
    char *interface;
    GMutex mutex;      /* guards what is below */
    GPtrArray *places; /* (element HthReachPlace) the likeliest first */
    HthAway *away;
    gboolean stays_local;
    guint lan_serial; /* grows whenever the LAN is found to answer by now */
    gboolean is_probing;
    gint64 probed_us;
    gint64 woken_us;
    GPtrArray *links; /* (element HthReachLink) those that are there */
    HthReachState state;
    guint64 measured_bytes; /* not in the rate yet */
    gint64 measured_us;
};

struct HthReachLink {
    HthReach *reach;
    HthHttpClient *client;
    HthPath path;
    char *address;
    guint16 port;
    guint lan_serial; /* as it was when this was made */
    gboolean moves_at_once;
    struct sockaddr_storage local;
    GCancellable *cancellable; /* breaks it */
    GCancellable *outer;       /* NULL: there is none */
    gulong outer_handler;
};

HthReachPlace *hth_reach_place_new(const char *address, guint16 port);
void hth_reach_place_free(gpointer place);

/* ---- reach-course.c ---- */

/* What a race is about to try; an own copy, because places change. */
typedef struct {
    GPtrArray *places; /* (element HthReachPlace) those on a subnet of ours first */
    guint n_attached;
    guint n_racers; /* the first so many take part */
    HthAway *away;
    gboolean has_relay;
    guint lan_serial;
} HthReachCourse;

void hth_reach_course_init(HthReachCourse *self, HthReach *reach);
void hth_reach_course_clear(HthReachCourse *self);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(HthReachCourse, hth_reach_course_clear)

/* The attempts are those of the places, in their order, and the relay's after them. */
HthRace *hth_reach_course_race(HthReach *self, const HthReachCourse *course, gboolean with_relay);

G_END_DECLS
