/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Everything that the daemon offers a plugin; the only door.
 *
 * Threads: main thread unless it says "any thread".
 */
#pragma once

#include <gio/gio.h>

#include "net/http-server.h"
#include "net/interfaces.h"
#include "plugin/library.h"
#include "plugin/plugin.h"

G_BEGIN_DECLS

/* ---- Who and where we are ---- */

const char *hth_host_friendly_name(HthHost *self); /* any thread; fixed for the daemon's life */
const char *hth_host_uuid(
    HthHost *self); /* any thread; "xxxxxxxx-xxxx-…": the UDN, for ever the same */
const char *hth_host_version(HthHost *self); /* any thread; of hearth, "0.1.0" */
guint16 hth_host_port(HthHost *self);        /* any thread; of the LAN listener; 0 before serving */
guint16 hth_host_device_port(HthHost *self); /* any thread; for paired devices; 0: not served, or not yet */
HthLibrary *hth_host_library(HthHost *self); /* any thread */
HthInterfaces *hth_host_interfaces(HthHost *self);
/* "…/hearth-announcer" beside the daemon, in libexec, or in the build folder. New string. */
char *hth_host_program_path(HthHost *self, const char *program);
char *hth_host_data_path(HthHost *self, const char *name); /* in data/: "clients.d". New string. */

/* ---- Configuration: [GROUP] key = value, documented in data/hearth.conf ---- */

char *hth_host_config_string(HthHost *self, const char *group, const char *key); /* NULL: not set */
gboolean hth_host_config_boolean(HthHost *self, const char *group, const char *key,
                                 gboolean default_value);
gint64 hth_host_config_integer(HthHost *self, const char *group, const char *key,
                               gint64 default_value);

/* Small values that survive restarts, in state.db. NULL: not set. */
char *hth_host_load(HthHost *self, const char *key);
void hth_host_store(HthHost *self, const char *key, const char *value);

/* ---- Messages to the main loop (any thread) ---- */

typedef void (*HthHostCall)(gpointer data);

/* Runs @call on the main loop, in an idle source, even when it is posted from the main thread. */
void hth_host_post(HthHost *self, HthHostCall call, gpointer data, GDestroyNotify destroy);

/* @call is called on the main loop when nobody has asked for anything for a minute: give back what
 * can be made again. From start() only. */
void hth_host_add_idle(HthHost *self, HthHostCall call, gpointer data);

/* ---- HTTP ---- */

/* Routes of the LAN listener. From start() only; see hth_http_server_add_routes(). */
void hth_host_add_lan_routes(HthHost *self, const HthHttpRoute *routes, guint n_routes,
                             gpointer data);

/* Asked on an HTTP thread before a media, artwork or subtitle file is answered: adds headers, or
 * answers itself (an error) and returns FALSE. @object: the item, NULL for artwork. */
typedef enum { HTH_MEDIA_ROUTE_ITEM, HTH_MEDIA_ROUTE_ARTWORK } HthMediaRoute;
typedef struct {
    HthMediaRoute route;
    const HthObject *object;
    const char *content_type;    /* what will be sent; the hook may put another in its place */
    char *replaced_content_type; /* set by the hook, freed by the caller */
} HthMediaAnswer;
typedef gboolean (*HthMediaHook)(HthHttpRequest *request, HthMediaAnswer *answer, gpointer data);
void hth_host_add_media_hook(HthHost *self, HthMediaHook hook, gpointer data);

/* ---- Devices that ask (any thread) ---- */

typedef enum {
    HTH_DEVICE_ALLOWED,
    HTH_DEVICE_HIDDEN,  /* the household said no */
    HTH_DEVICE_WAITING, /* new, and the household wants to be asked */
} HthDevicePolicy;

/* What this peer may see. Devices are told apart by hardware address where the neighbour table
 * has it, else by network address: a convenience for the household, not an identity. The peer's
 * first question makes it known to the registry. Cheap enough for every request. */
HthDevicePolicy hth_host_device_policy(HthHost *self, GInetAddress *peer);

/* Tells what has been learned of a peer. NULL: nothing new of that. @client: the family of devices
 * that it was taken for, as people call it ("Samsung TV, series B"). */
void hth_host_device_seen(HthHost *self, GInetAddress *peer, const char *name, const char *model,
                          const char *client, const char *user_agent);

/* A line in the device's timeline (the last 200 are kept): what it asked and what it got. */
void hth_host_device_note(HthHost *self, GInetAddress *peer, const char *asked, const char *got);

/* ---- Play state (any thread) ---- */

void hth_host_set_position(HthHost *self, const char *item_id, gint64 position_ms);
void hth_host_add_play(HthHost *self, const char *item_id);

/* ---- What a person sees ---- */

/* One line for `hearth plugins` and the status; @is_working FALSE shows it as a problem. */
void hth_host_set_plugin_status(HthHost *self, const char *plugin, gboolean is_working,
                                const char *sentence);

typedef enum { HTH_CHECK_OK, HTH_CHECK_NOTE, HTH_CHECK_WARNING, HTH_CHECK_PROBLEM } HthCheckResult;

/* Reports one finding of `hearth doctor`. @cause and @mend are sentences; NULL when all is well. */
typedef struct HthDoctor HthDoctor;
void hth_doctor_report(HthDoctor *self, HthCheckResult result, const char *subject,
                       const char *finding, const char *cause, const char *mend);

/* The same, of sentences with parts that differ: "{name}" in any of the texts stands for the value
 * of that name. After @mend: names and values (const char *), then NULL. Clients that speak another
 * language translate the texts as they are here, so what differs belongs into a value. */
void hth_doctor_report_with(HthDoctor *self, HthCheckResult result, const char *subject,
                            const char *finding, const char *cause, const char *mend,
                            ...) G_GNUC_NULL_TERMINATED;

/* Runs on a thread of the doctor's own, at most once at a time; may block for at most 5 s. */
typedef void (*HthCheck)(HthDoctor *doctor, gpointer data);
void hth_host_add_check(HthHost *self, HthCheck check, gpointer data);

G_END_DECLS
