/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Every hearth-announcer: one for each used interface that has an IPv4 address, following the
 * interfaces as they come, go and change. docs/discovery.md tells the whole story.
 *
 * When an address changes, the old announcer says byebye and has left before the new one starts, so
 * that no late byebye takes away what was just announced.
 *
 * Threads: main thread.
 */
#pragma once

#include "net/interfaces.h"
#include "protocol.h"

G_BEGIN_DECLS

typedef struct HthAnnouncers HthAnnouncers;

typedef struct {
    HthInterfaces *interfaces;    /* borrowed until free */
    const char *program;          /* path of hearth-announcer */
    guint16 port;                 /* of the LAN listener, which must already serve */
    const char *description_path; /* "/dlna/description.xml" */
    guint32 max_age_s;            /* 0: 1800; announced anew after half of it less 30 s */
    guint32 boot_id;              /* 0: the time in seconds */
    guint32 config_id;            /* 0 to 16777215 */
    void (*changed)(HthAnnouncers *self, gpointer data); /* state changed; may be NULL */
    /* A renderer says that its description is at @location; the message came from @sender, by the
     * interface that has the address @local. Nothing has been checked. May be NULL. */
    void (*seen)(const char *local, const char *sender, const char *location, gpointer data);
    gpointer data;
} HthAnnouncersOptions;

/* Copies @options and starts announcing. */
HthAnnouncers *hth_announcers_new(const HthAnnouncersOptions *options);

/* Says byebye everywhere and waits up to 2 s for it. NULL is fine. */
void hth_announcers_free(HthAnnouncers *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HthAnnouncers, hth_announcers_free)

/* Sets what the first event (SEQ 0) to a new subscriber of @service_id says, without an event.
 * Every evented variable of each service should be set before the first client subscribes.
 * Variables that are not named keep their value. @service_id:
 * "urn:upnp-org:serviceId:ContentDirectory". */
void hth_announcers_set_values(HthAnnouncers *self, const char *service_id,
                               const HthEventVariable *variables, guint n_variables);

/* Sets the same and sends an event with these variables to every subscriber, at once. */
void hth_announcers_notify(HthAnnouncers *self, const char *service_id,
                           const HthEventVariable *variables, guint n_variables);

/* ContentDirectory changed: SystemUpdateID and ContainerUpdateIDs are evented, moderated to five a
 * second (event-moderator.h). */
void hth_announcers_system_changed(HthAnnouncers *self, guint32 system_update_id);
void hth_announcers_container_changed(HthAnnouncers *self, const char *container_id,
                                      guint32 update_id);

/* Where libupnp of the interface that has the address @local listens on 127.0.0.1; 0 when there is
 * none.
 * @out_generation: of the child that listens there; when it has gone, so have its subscriptions. */
guint16 hth_announcers_port(HthAnnouncers *self, GInetAddress *local, guint64 *out_generation);
gboolean hth_announcers_is_alive(HthAnnouncers *self, guint64 generation);

/* Lets the first event of a subscription go. Until then libupnp holds it back: a client that gets
 * an event before it knows its SID refuses it, and libupnp then drops the subscription. */
void hth_announcers_accept(HthAnnouncers *self, guint64 generation, const char *sid);

/* "announcing on eth0 (192.0.2.5)": a new string, for people. */
char *hth_announcers_sentence(HthAnnouncers *self, gboolean *out_is_working);

G_END_DECLS
