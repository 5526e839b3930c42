/* SPDX-License-Identifier: GPL-3.0-or-later */
#define HTH_LOG_TOPIC "plugins"
#include "plugin-host.h"

#include "base/json.h"
#include "base/log.h"
#include "install-paths.h"
#include "pairing/device-listener.h"
#include "task-queue.h"

#define MAX_HOOKS 32

typedef struct {
    HthMediaHook hook;
    gpointer data;
} Hook;

typedef struct {
    HthCheck check;
    gpointer data;
} Check;

typedef struct {
    HthHostCall call;
    gpointer data;
} Idle;

struct HthHost {
    HthParts *parts;
    char *friendly_name;
    char *uuid;
    gint port; /* atomic */
    gboolean are_routes_closed;
    guint n_hooks; /* fixed once the listeners run, as hooks is */
    Hook hooks[MAX_HOOKS];
    GArray *checks; /* (element Check), likewise */
    GArray *idles;  /* (element Idle) main thread */

    GMutex lock;          /* guards statuses */
    GHashTable *statuses; /* name → HthPluginStatus */
};

void hth_plugin_status_free(HthPluginStatus *self)
{
    if (self == NULL)
        return;
    g_free(self->name);
    g_free(self->sentence);
    g_free(self);
}

/* The UDN: made once, and the same for ever. */
static char *load_uuid(HthLibrary *library)
{
    char *uuid = hth_library_load(library, "identity.uuid");
    if (uuid != NULL && g_uuid_string_is_valid(uuid))
        return uuid;
    g_free(uuid);
    uuid = g_uuid_string_random();
    g_autoptr(GError) error = NULL;
    if (!hth_library_store(library, "identity.uuid", uuid, &error))
        hth_log_error("the identity of this home could not be stored: %s", error->message);
    return uuid;
}

HthHost *hth_host_new(HthParts *parts, const char *friendly_name)
{
    HthHost *self = g_new0(HthHost, 1);
    g_mutex_init(&self->lock);
    self->parts = parts;
    self->friendly_name = g_strdup(friendly_name);
    self->uuid = load_uuid(parts->library);
    self->checks = g_array_new(FALSE, FALSE, sizeof(Check));
    self->idles = g_array_new(FALSE, FALSE, sizeof(Idle));
    self->statuses = g_hash_table_new_full(g_str_hash, g_str_equal, NULL,
                                           (GDestroyNotify)hth_plugin_status_free);
    return self;
}

void hth_host_free(HthHost *self)
{
    if (self == NULL)
        return;
    g_hash_table_unref(self->statuses);
    g_array_unref(self->checks);
    g_array_unref(self->idles);
    g_mutex_clear(&self->lock);
    g_free(self->uuid);
    g_free(self->friendly_name);
    g_free(self);
}

void hth_host_set_port(HthHost *self, guint16 port)
{
    g_atomic_int_set(&self->port, port);
}

void hth_host_close_routes(HthHost *self)
{
    self->are_routes_closed = TRUE;
}

const char *hth_host_friendly_name(HthHost *self)
{
    return self->friendly_name;
}

const char *hth_host_uuid(HthHost *self)
{
    return self->uuid;
}

const char *hth_host_version(HthHost *self)
{
    return HTH_VERSION;
}

guint16 hth_host_port(HthHost *self)
{
    return (guint16)g_atomic_int_get(&self->port);
}

HthLibrary *hth_host_library(HthHost *self)
{
    return self->parts->library;
}

HthInterfaces *hth_host_interfaces(HthHost *self)
{
    return self->parts->interfaces;
}

char *hth_host_program_path(HthHost *self, const char *program)
{
    return hth_install_program(program);
}

char *hth_host_data_path(HthHost *self, const char *name)
{
    return hth_install_data(name);
}

/* A key that is not in the table is a mistake of the plugin's: said, and treated as not set. */
static gboolean is_known_setting(const char *group, const char *key)
{
    if (hth_setting_find(group, key) != NULL)
        return TRUE;
    hth_log_warning("setting %s.%s is asked for and not in the table of settings", group, key);
    return FALSE;
}

static gboolean is_set(HthHost *self, const char *group, const char *key)
{
    return is_known_setting(group, key) &&
           g_strcmp0(hth_settings_source(self->parts->settings, group, key), "default") != 0;
}

char *hth_host_config_string(HthHost *self, const char *group, const char *key)
{
    return is_set(self, group, key) ? hth_settings_string(self->parts->settings, group, key) : NULL;
}

gboolean hth_host_config_boolean(HthHost *self, const char *group, const char *key,
                                 gboolean default_value)
{
    return is_set(self, group, key) ? hth_settings_boolean(self->parts->settings, group, key)
                                    : default_value;
}

gint64 hth_host_config_integer(HthHost *self, const char *group, const char *key,
                               gint64 default_value)
{
    return is_set(self, group, key) ? hth_settings_integer(self->parts->settings, group, key)
                                    : default_value;
}

guint16 hth_host_device_port(HthHost *self)
{
    const HthDeviceListener *listener = self->parts->device_listener;
    return listener != NULL ? hth_device_listener_port(listener) : 0;
}

char *hth_host_load(HthHost *self, const char *key)
{
    return hth_library_load(self->parts->library, key);
}

void hth_host_store(HthHost *self, const char *key, const char *value)
{
    g_autoptr(GError) error = NULL;
    if (!hth_library_store(self->parts->library, key, value, &error))
        hth_log_error("storing %s: %s", key, error->message);
}

typedef struct {
    HthHostCall call;
    gpointer data;
    GDestroyNotify destroy;
} Posted;

static gboolean run_posted(gpointer pointer)
{
    const Posted *posted = pointer;
    posted->call(posted->data);
    return G_SOURCE_REMOVE;
}

static void posted_free(gpointer pointer)
{
    Posted *posted = pointer;
    if (posted->destroy != NULL)
        posted->destroy(posted->data);
    g_free(posted);
}

void hth_host_post(HthHost *self, HthHostCall call, gpointer data, GDestroyNotify destroy)
{
    Posted *posted = g_new(Posted, 1);
    *posted = (Posted){ .call = call, .data = data, .destroy = destroy };
    g_idle_add_full(G_PRIORITY_DEFAULT, run_posted, posted, posted_free);
}

void hth_host_add_lan_routes(HthHost *self, const HthHttpRoute *routes, guint n_routes,
                             gpointer data)
{
    g_return_if_fail(!self->are_routes_closed);
    hth_http_server_add_routes(self->parts->lan, routes, n_routes, data);
}

void hth_host_add_media_hook(HthHost *self, HthMediaHook hook, gpointer data)
{
    g_return_if_fail(!self->are_routes_closed && self->n_hooks < MAX_HOOKS);
    self->hooks[self->n_hooks++] = (Hook){ hook, data };
}

gboolean hth_host_run_media_hooks(HthHost *self, HthHttpRequest *request, HthMediaAnswer *answer)
{
    for (guint i = 0; i < self->n_hooks; i++) {
        if (!self->hooks[i].hook(request, answer, self->hooks[i].data))
            return FALSE;
    }
    return TRUE;
}

HthDevicePolicy hth_host_device_policy(HthHost *self, GInetAddress *peer)
{
    if (peer != NULL && hth_interfaces_has_address(self->parts->interfaces, peer))
        return HTH_DEVICE_ALLOWED;
    return hth_device_registry_policy(self->parts->devices, peer);
}

/* Our own announcer asks for our description, since libupnp wants to have read it: no device. */
static gboolean is_announcer(HthHost *self, GInetAddress *peer, const char *user_agent)
{
    return peer != NULL && user_agent != NULL &&
           strstr(user_agent, "Portable SDK for UPnP devices") != NULL &&
           hth_interfaces_has_address(self->parts->interfaces, peer);
}

void hth_host_device_seen(HthHost *self, GInetAddress *peer, const char *name, const char *model,
                          const char *client, const char *user_agent)
{
    if (!is_announcer(self, peer, user_agent))
        hth_device_registry_seen(self->parts->devices, peer, name, model, client, user_agent);
}

void hth_host_device_note(HthHost *self, GInetAddress *peer, const char *asked, const char *got)
{
    hth_device_registry_note(self->parts->devices, peer, asked, got);
}

/* A write to state.db, away from the thread that learned of it. */
typedef struct {
    HthLibrary *library;
    char *item_id;
    gint64 position_ms; /* -1: a play */
} PlayState;

static void play_state_free(gpointer pointer)
{
    PlayState *state = pointer;
    g_free(state->item_id);
    g_free(state);
}

static void store_play_state(gpointer pointer)
{
    const PlayState *state = pointer;
    g_autoptr(GError) error = NULL;
    const gboolean is_stored =
        state->position_ms < 0 ? hth_library_add_play(state->library, state->item_id, NULL, &error)
                               : hth_library_set_position(state->library, state->item_id, NULL,
                                                          state->position_ms, &error);
    if (!is_stored)
        hth_log_debug("play state of item=%s not stored: %s", state->item_id, error->message);
}

static void queue_play_state(HthHost *self, const char *item_id, gint64 position_ms)
{
    PlayState *state = g_new(PlayState, 1);
    *state = (PlayState){
        .library = self->parts->library,
        .item_id = g_strdup(item_id),
        .position_ms = position_ms,
    };
    if (!hth_task_queue_push(self->parts->tasks, store_play_state, state, play_state_free)) {
        hth_log_warning("too much to store at a time: one play state is lost");
        play_state_free(state);
    }
}

void hth_host_set_position(HthHost *self, const char *item_id, gint64 position_ms)
{
    queue_play_state(self, item_id, MAX(position_ms, 0));
}

void hth_host_add_play(HthHost *self, const char *item_id)
{
    queue_play_state(self, item_id, -1);
}

void hth_host_set_plugin_status(HthHost *self, const char *plugin, gboolean is_working,
                                const char *sentence)
{
    HthPluginStatus *status = g_new(HthPluginStatus, 1);
    *status = (HthPluginStatus){
        .name = g_strdup(plugin),
        .is_working = is_working,
        .sentence = g_strdup(sentence),
    };
    g_mutex_lock(&self->lock);
    const HthPluginStatus *old = g_hash_table_lookup(self->statuses, plugin);
    const gboolean has_changed =
        old == NULL || old->is_working != is_working || g_strcmp0(old->sentence, sentence) != 0;
    g_hash_table_replace(self->statuses, status->name, status);
    g_mutex_unlock(&self->lock);
    if (!has_changed)
        return;
    hth_log(is_working ? HTH_LOG_INFO : HTH_LOG_WARNING, HTH_LOG_TOPIC, "%s: %s", plugin,
            sentence != NULL ? sentence : "");
    JsonObject *event = json_object_new();
    json_object_set_string_member(event, "name", plugin);
    json_object_set_boolean_member(event, "is_working", is_working);
    hth_json_set_text(event, "sentence", sentence);
    hth_event_hub_send(self->parts->events, "plugin", event);
}

HthPluginStatus *hth_host_plugin_status(HthHost *self, const char *plugin)
{
    HthPluginStatus *copy = NULL;
    g_mutex_lock(&self->lock);
    const HthPluginStatus *status = g_hash_table_lookup(self->statuses, plugin);
    if (status != NULL) {
        copy = g_new(HthPluginStatus, 1);
        *copy = (HthPluginStatus){
            .name = g_strdup(status->name),
            .is_working = status->is_working,
            .sentence = g_strdup(status->sentence),
        };
    }
    g_mutex_unlock(&self->lock);
    return copy;
}

void hth_host_add_check(HthHost *self, HthCheck check, gpointer data)
{
    const Check added = { check, data };
    g_array_append_val(self->checks, added);
}

void hth_host_add_idle(HthHost *self, HthHostCall call, gpointer data)
{
    const Idle added = { call, data };
    g_array_append_val(self->idles, added);
}

void hth_host_tell_idle(HthHost *self)
{
    for (guint i = 0; i < self->idles->len; i++) {
        const Idle *idle = &g_array_index(self->idles, Idle, i);
        idle->call(idle->data);
    }
}

void hth_host_run_checks(HthHost *self, HthDoctor *doctor)
{
    for (guint i = 0; i < self->checks->len; i++) {
        const Check *check = &g_array_index(self->checks, Check, i);
        check->check(doctor, check->data);
    }
}
