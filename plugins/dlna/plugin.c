/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The DLNA plugin: what it serves, its announcers, its events, and the renderers it hears of. */
#include "announcer/announcers.h"
#include "announcer/subscription.h"
#include "description.h"
#include "renderers.h"
#include "site.h"
#include "upnp-service.h"

/* Of one change; the rest of a larger one is told by the SystemUpdateID alone. */
#define MAX_CONTAINERS_A_CHANGE 256

/* What posted messages hold on to: it outlives the plugin's stop. */
typedef struct {
    HthAnnouncers *announcers; /* main thread; NULL before serving and after stop */
} Events;

typedef struct {
    HthHost *host;
    HthSite *site;
    HthSubscriptions *subscriptions;
    HthRenderers *renderers;
    Events *events;
    HthHttpRoute event_route;
    guint watch;
} Plugin;

/* ---- From the writer's thread to the announcers ---- */

typedef struct {
    Events *events;
    guint32 system_update_id;
    guint n_containers;
    char **container_ids;
    guint32 *container_update_ids;
} Message;

static void message_free(gpointer data)
{
    Message *message = data;
    g_strfreev(message->container_ids);
    g_free(message->container_update_ids);
    g_atomic_rc_box_release(message->events);
    g_free(message);
}

static void tell_announcers(gpointer data)
{
    const Message *message = data;
    HthAnnouncers *announcers = message->events->announcers;
    if (announcers == NULL)
        return;
    for (guint i = 0; i < message->n_containers; i++)
        hth_announcers_container_changed(announcers, message->container_ids[i],
                                         message->container_update_ids[i]);
    hth_announcers_system_changed(announcers, message->system_update_id);
}

/* On the writer's thread: copy, post, leave. */
static void on_library_changed(const HthLibraryChange *change, gpointer data)
{
    Plugin *self = data;
    Message *message = g_new0(Message, 1);
    message->events = g_atomic_rc_box_acquire(self->events);
    message->system_update_id = change->system_update_id;
    message->n_containers = MIN(change->n_containers, MAX_CONTAINERS_A_CHANGE);
    message->container_ids = g_new0(char *, message->n_containers + 1);
    for (guint i = 0; i < message->n_containers; i++)
        message->container_ids[i] = g_strdup(change->container_ids[i]);
    message->container_update_ids =
        g_memdup2(change->container_update_ids, message->n_containers * sizeof(guint32));
    hth_host_post(self->host, tell_announcers, message, message_free);
}

/* ---- What the first event says ---- */

static void set_content_values(Plugin *self, HthAnnouncers *announcers)
{
    char update_id[16];
    g_snprintf(update_id, sizeof update_id, "%u",
               hth_library_system_update_id(hth_host_library(self->host)));
    const HthEventVariable variables[] = {
        { "SystemUpdateID", update_id },
        { "ContainerUpdateIDs", "" },
        { "TransferIDs", "" },
    };
    hth_announcers_set_values(announcers, hth_content_directory.id, variables,
                              G_N_ELEMENTS(variables));
}

static void set_connection_values(Plugin *self, HthAnnouncers *announcers)
{
    HthClientTable *clients = hth_dlna_clients(hth_site_dlna(self->site));
    g_autofree char *source =
        hth_connection_manager_source(hth_client_table_find(clients, "default"));
    const HthEventVariable variables[] = {
        { "SourceProtocolInfo", source },
        { "SinkProtocolInfo", "" },
        { "CurrentConnectionIDs", "0" },
    };
    hth_announcers_set_values(announcers, hth_connection_manager.id, variables,
                              G_N_ELEMENTS(variables));
}

static void set_registrar_values(HthAnnouncers *announcers)
{
    static const HthEventVariable variables[] = {
        { "AuthorizationGrantedUpdateID", "0" },
        { "AuthorizationDeniedUpdateID", "0" },
        { "ValidationSucceededUpdateID", "0" },
        { "ValidationRevokedUpdateID", "0" },
    };
    hth_announcers_set_values(announcers, hth_media_registrar.id, variables,
                              G_N_ELEMENTS(variables));
}

/* ---- Start, serve, stop ---- */

static void on_announcers_changed(HthAnnouncers *announcers, gpointer data)
{
    Plugin *self = data;
    gboolean is_working = FALSE;
    g_autofree char *sentence = hth_announcers_sentence(announcers, &is_working);
    hth_host_set_plugin_status(self->host, "dlna", is_working, sentence);
}

static void on_renderer_seen(const char *local, const char *sender, const char *location,
                             gpointer data)
{
    Plugin *self = data;
    hth_renderers_seen(self->renderers, local, sender, location);
}

static gpointer dlna_start(HthHost *host, GError **error)
{
    Plugin *self = g_new0(Plugin, 1);
    self->host = host;
    self->site = hth_site_new(host);
    self->events = g_atomic_rc_box_new0(Events);
    self->renderers = hth_renderers_new(hth_site_dlna(self->site));
    self->subscriptions = hth_subscriptions_new(hth_host_interfaces(host));
    self->event_route = (HthHttpRoute){
        .methods = HTH_HTTP_SUBSCRIBE | HTH_HTTP_UNSUBSCRIBE,
        .path = HTH_DLNA_EVENT_PATH,
        .handler = hth_subscriptions_handle,
    };
    hth_host_add_lan_routes(host, &self->event_route, 1, self->subscriptions);
    self->watch = hth_library_add_watch(hth_host_library(host), on_library_changed, self);
    hth_host_set_plugin_status(host, "dlna", TRUE, "not announced yet");
    return self;
}

static void dlna_serving(gpointer state)
{
    Plugin *self = state;
    g_autofree char *program = hth_host_program_path(self->host, "hearth-announcer");
    const HthAnnouncersOptions options = {
        .interfaces = hth_host_interfaces(self->host),
        .program = program,
        .port = hth_host_port(self->host),
        .description_path = HTH_DLNA_DESCRIPTION_PATH,
        .config_id = hth_site_config_id(self->site),
        .changed = on_announcers_changed,
        .seen = on_renderer_seen,
        .data = self,
    };
    HthAnnouncers *announcers = hth_announcers_new(&options);
    set_content_values(self, announcers);
    set_connection_values(self, announcers);
    set_registrar_values(announcers);
    self->events->announcers = announcers;
    hth_subscriptions_set_announcers(self->subscriptions, announcers);
    on_announcers_changed(announcers, self);
}

static void dlna_stop(gpointer state)
{
    Plugin *self = state;
    hth_library_remove_watch(hth_host_library(self->host), self->watch);
    hth_subscriptions_set_announcers(self->subscriptions, NULL);
    hth_announcers_free(g_steal_pointer(&self->events->announcers));
    hth_renderers_free(self->renderers);
    hth_subscriptions_free(self->subscriptions);
    g_atomic_rc_box_release(self->events);
    hth_site_free(self->site);
    g_free(self);
}

G_MODULE_EXPORT const HthPlugin hearth_plugin = {
    .abi = HTH_PLUGIN_ABI,
    .name = "dlna",
    .start = dlna_start,
    .serving = dlna_serving,
    .stop = dlna_stop,
};
