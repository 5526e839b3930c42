/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One hearth-announcer as hearthd sees it: a child that announces on one interface and is started
 * again, with back-off, when it dies.
 *
 *              start                READY                 stop
 *   waiting ─────────▶ starting ─────────────▶ ready ──────────────▶ stopping ──▶ stopped
 *      ▲                  │ died, late           │ died                  │ died
 *      └──────────────────┴──────────────────────┘                      ▼
 *           after 0.25 s, doubled up to 30 s                          stopped
 *
 * Threads: main thread.
 */
#pragma once

#include "protocol.h"

G_BEGIN_DECLS

typedef struct HthAnnouncer HthAnnouncer;

/* A renderer was heard of (protocol.h, SEEN). */
typedef void (*HthAnnouncerSeen)(HthAnnouncer *self, const HthAnnounceMessage *message,
                                 gpointer data);

typedef struct {
    const char *program; /* path of hearth-announcer */
    const char *interface;
    const char *address;
    const char *description_url;
    guint32 max_age_s;
    guint32 boot_id;
    guint32 config_id;
    HthAnnouncerSeen seen; /* with the data of hth_announcer_new(); may be NULL */
    GHashTable *values;    /* service id → GArray of HthEventVariable; a reference is taken; the
                            * caller keeps it up to date and tells changes by notify() */
} HthAnnouncerOptions;

/* Something of the state changed; a stopped announcer may be freed in it. */
typedef void (*HthAnnouncerChanged)(HthAnnouncer *self, gpointer data);

/* Copies @options and starts at once. A start that fails is tried again. */
HthAnnouncer *hth_announcer_new(const HthAnnouncerOptions *options, HthAnnouncerChanged changed,
                                gpointer data);

/* Ends the child without a byebye when it still runs. NULL is fine. */
void hth_announcer_free(HthAnnouncer *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HthAnnouncer, hth_announcer_free)

/* Asks it to say byebye and leave; after 1.5 s it is ended. Calls changed() once it has stopped, at
 * once when no child runs. */
void hth_announcer_stop(HthAnnouncer *self);
gboolean hth_announcer_is_stopped(const HthAnnouncer *self);

/* Waits, without the main loop, until it has stopped or @deadline_us (monotonic) has passed. */
void hth_announcer_join(HthAnnouncer *self, gint64 deadline_us);

/* Sends an event to every subscriber; nothing when it isn't ready. */
void hth_announcer_notify(HthAnnouncer *self, const char *service_id,
                          const HthEventVariable *variables, guint n_variables);
void hth_announcer_set_values(HthAnnouncer *self, const char *service_id,
                              const HthEventVariable *variables, guint n_variables);

const char *hth_announcer_interface(const HthAnnouncer *self);
const char *hth_announcer_address(const HthAnnouncer *self);

/* Where libupnp listens on 127.0.0.1; 0 when it isn't ready. */
guint16 hth_announcer_port(const HthAnnouncer *self);

/* Lets the first event of a subscription go: its SID has reached the client. */
void hth_announcer_accept(HthAnnouncer *self, const char *sid);

/* Differs for every child ever started; with the child its subscriptions are gone. 0: none runs. */
guint64 hth_announcer_generation(const HthAnnouncer *self);

G_END_DECLS
