/* SPDX-License-Identifier: GPL-3.0-or-later */
#define HTH_LOG_TOPIC "locker"
#include "locker/locker-part.h"

#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "base/log.h"
#include "base/wake-watch.h"
#include "locker/away.h"
#include "locker/client.h"
#include "locker/device-media.h"
#include "locker/device-paths.h"
#include "locker/door.h"
#include "locker/link.h"
#include "pairing/device-listener.h"
#include "sync/sync-part.h"
#include "sync/sync-routes.h"

#define ACCOUNT_KEY "locker"

/* Devices by the relay: more than a household has. */
#define RELAY_CONNECTIONS 256
#define RELAY_THREADS     2

struct HthLockerService {
    HthParts *parts;
    char *home_name;
    HthDeviceIdentity *identity; /* by which the locker knows us, and nobody else does */
    HthDeviceListener *relay;
    HthDeviceDoor lan_door;
    HthDeviceDoor relay_door;
    HthAway *away;
    HthDevicePaths *paths;
    HthWakeWatch *wake_watch;
    guint interfaces_watch;
    GMutex change; /* held while it is joined or left */
    GMutex lock;   /* guards the fields below; never held while the link is freed */
    gboolean is_running;
    HthLockerAccount *account; /* NULL: none is joined */
    HthLockerLimits limits;
    HthLockerLink *link; /* NULL: none is joined, or it does not run */
};

/* ---- What is stored ---- */

static gboolean store_account(HthLockerService *self, const HthLockerAccount *account,
                              GError **error)
{
    g_autofree char *text = account != NULL ? hth_locker_account_print(account) : NULL;
    return hth_library_store(self->parts->library, ACCOUNT_KEY, text, error);
}

static void load_account(HthLockerService *self)
{
    g_autofree char *text = hth_library_load(self->parts->library, ACCOUNT_KEY);
    if (text == NULL)
        return;
    self->account = hth_locker_account_parse(text);
    if (self->account == NULL)
        hth_log_warning("what is stored of the locker makes no sense: join it again");
}

/* ---- What the link says (its threads) ---- */

static GStrv routes_of(gpointer data)
{
    return hth_away_routes(((HthLockerService *)data)->away);
}

static void on_joined(int fd, const HthParkingSession *session, gpointer data)
{
    HthLockerService *self = data;
    g_autoptr(GError) error = NULL;
    if (!hth_device_listener_add_socket(self->relay, fd, &error))
        hth_log_info("a device that came by the locker is not answered: %s", error->message);
}

/* Tells those who listen how it is now; devices too when their limits are others. */
static void on_changed(gpointer data)
{
    HthLockerService *self = data;
    g_auto(HthLinkStatus) status = { 0 };
    g_mutex_lock(&self->lock);
    if (self->link == NULL) { /* it is just being made; the next change tells it */
        g_mutex_unlock(&self->lock);
        return;
    }
    hth_locker_link_status(self->link, &status);
    const gboolean are_limits_new = status.state == HTH_LINK_CONNECTED &&
                                    !hth_locker_limits_equal(&self->limits, &status.limits);
    if (status.state == HTH_LINK_CONNECTED)
        self->limits = status.limits;
    if (are_limits_new)
        hth_away_set_locker(self->away, self->account, &self->limits);
    g_mutex_unlock(&self->lock);
    JsonObject *event = json_object_new();
    json_object_set_string_member(event, "state", hth_link_state_name(status.state));
    hth_json_set_text(event, "problem", status.problem);
    hth_event_hub_send(self->parts->events, "locker", event);
    if (are_limits_new)
        hth_sync_events_send(hth_sync_part_events(self->parts->sync), NULL, "limits");
}

static void on_interval(guint interval_s, gpointer data)
{
    HthLockerService *self = data;
    g_autoptr(GError) error = NULL;
    g_mutex_lock(&self->lock);
    g_autoptr(HthLockerAccount) account =
        self->account != NULL ? hth_locker_account_copy(self->account) : NULL;
    if (account != NULL)
        self->account->interval_s = account->interval_s = interval_s;
    g_mutex_unlock(&self->lock);
    if (account != NULL && !store_account(self, account, &error))
        hth_log_warning("the interval of pings is not kept: %s", error->message);
}

static void on_routes_changed(gpointer data)
{
    HthLockerService *self = data;
    g_mutex_lock(&self->lock);
    if (self->link != NULL)
        hth_locker_link_routes_changed(self->link);
    g_mutex_unlock(&self->lock);
}

/* ---- The link's life ---- */

static void start_link(HthLockerService *self)
{
    g_mutex_lock(&self->lock);
    if (self->is_running && self->account != NULL && self->link == NULL) {
        const HthLinkOptions options = {
            .account = self->account,
            .limits = &self->limits,
            .identity = self->identity,
            .routes = routes_of,
            .joined = on_joined,
            .changed = on_changed,
            .interval_changed = on_interval,
            .data = self,
        };
        self->link = hth_locker_link_new(&options);
    }
    g_mutex_unlock(&self->lock);
}

static void stop_link(HthLockerService *self)
{
    g_mutex_lock(&self->lock);
    HthLockerLink *link = g_steal_pointer(&self->link);
    g_mutex_unlock(&self->lock);
    hth_locker_link_free(link);
}

/* ---- The network (main thread) ---- */

static void note_wake_addresses(HthLockerService *self)
{
    static const guint8 none[6];
    g_autoptr(GStrvBuilder) builder = g_strv_builder_new();
    g_autoptr(GPtrArray) interfaces = hth_interfaces_list(self->parts->interfaces);
    for (guint i = 0; i < interfaces->len; i++) {
        const HthInterface *each = interfaces->pdata[i];
        const guint8 *mac = each->hardware_address;
        if (!each->is_used || each->is_loopback || memcmp(mac, none, sizeof none) == 0)
            continue;
        g_autofree char *text = g_strdup_printf("%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1],
                                                mac[2], mac[3], mac[4], mac[5]);
        g_strv_builder_add(builder, text);
    }
    g_auto(GStrv) addresses = g_strv_builder_end(builder);
    hth_away_set_wake(self->away, (const char *const *)addresses);
}

static void begin_anew(HthLockerService *self)
{
    g_mutex_lock(&self->lock);
    if (self->link != NULL)
        hth_locker_link_network_changed(self->link);
    g_mutex_unlock(&self->lock);
}

static void on_interfaces(HthInterfaces *interfaces, gpointer data)
{
    note_wake_addresses(data);
    begin_anew(data);
}

static void on_woken(gint64 slept_us, gpointer data)
{
    begin_anew(data);
}

/* ---- Devices ---- */

static void on_pairing(HthPairingEvent event, const HthPairedDevice *device, gpointer data)
{
    HthLockerService *self = data;
    if (event != HTH_PAIRING_REVOKED && event != HTH_PAIRING_WIPED &&
        event != HTH_PAIRING_FORGOTTEN)
        return;
    g_autofree char *id = hth_key_id_to_text(&device->id);
    /* One that is to wipe itself must be able to come and hear it. */
    if (device->state != HTH_PAIRED_WIPING)
        hth_away_drop(self->away, id);
    hth_device_paths_forget(self->paths, id);
}

/* A revocation may have been stored, and the end of the route not. */
static void drop_strangers(HthLockerService *self)
{
    g_autoptr(GHashTable) paired = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    g_autoptr(GPtrArray) devices = hth_pairing_list(self->parts->pairing);
    for (guint i = 0; i < devices->len; i++) {
        const HthPairedDevice *device = devices->pdata[i];
        if (device->state != HTH_PAIRED_REVOKED)
            g_hash_table_add(paired, hth_key_id_to_text(&device->id));
    }
    hth_away_keep_only(self->away, paired);
}

static void on_away(HthHttpRequest *request, const HthPairedDevice *device, gpointer data)
{
    const HthDeviceDoor *door = data;
    g_autofree char *id = hth_key_id_to_text(&device->id);
    HthLockerService *self = door->parts->locker;
    char *text =
        hth_json_print_object(hth_away_object(self->away, id, door->is_relay ? "relay" : "lan"));
    hth_http_request_respond_take(request, 200, "application/json", text, strlen(text));
}

static void on_media(HthHttpRequest *request, const HthPairedDevice *device, gpointer data)
{
    hth_device_media_answer(data, device, request);
}

static const HthDeviceRoute routes[] = {
    { HTH_HTTP_GET, "/away", HTH_FOR_PAIRED, on_away, 0 },
    { HTH_HTTP_GET, "/m/", HTH_FOR_PAIRED, on_media, 0 },
};

/* The same for both doors, so that being away is no other protocol. */
static void add_routes(HthDeviceListener *listener, HthDeviceDoor *door)
{
    hth_sync_routes_add(listener, door);
    hth_device_listener_add_routes(listener, routes, G_N_ELEMENTS(routes), door);
}

/* ---- Open and close ---- */

static gboolean open_relay(HthLockerService *self, const HthHttpOptions *http, GError **error)
{
    g_autofree char *dir = g_build_filename(self->parts->paths->state_dir, "identity", NULL);
    g_autoptr(HthDeviceIdentity) home = hth_device_identity_open(dir, error);
    if (home == NULL)
        return FALSE;
    const HthDeviceListenerOptions options = {
        .pairing = self->parts->pairing,
        .identity = home,
        .home_name = self->home_name,
        .is_relay = TRUE,
        .http = { .name = "relay",
                  .n_threads = RELAY_THREADS,
                  .max_connections = RELAY_CONNECTIONS,
                  .head_timeout_s = http->head_timeout_s,
                  .body_timeout_s = http->body_timeout_s,
                  .idle_timeout_s = http->idle_timeout_s },
    };
    self->relay = hth_device_listener_new(&options);
    return TRUE;
}

static char *load(gpointer data, const char *key)
{
    return hth_library_load(data, key);
}

static gboolean store(gpointer data, const char *key, const char *value, GError **error)
{
    return hth_library_store(data, key, value, error);
}

static void open_away(HthLockerService *self)
{
    const HthAwayOptions options = {
        .store = { .load = load, .store = store, .data = self->parts->library },
        .routes_changed = on_routes_changed,
        .data = self,
    };
    self->away = hth_away_new(&options);
    drop_strangers(self);
    hth_away_set_locker(self->away, self->account, &self->limits);
}

gboolean hth_locker_part_open(HthParts *parts, const HthHttpOptions *http, const char *home_name,
                              GError **error)
{
    HthLockerService *self = g_new0(HthLockerService, 1);
    parts->locker = self;
    self->parts = parts;
    self->home_name = g_strdup(home_name);
    self->lan_door = (HthDeviceDoor){ .parts = parts };
    self->relay_door = (HthDeviceDoor){ .parts = parts, .is_relay = TRUE };
    self->paths = hth_device_paths_new();
    g_mutex_init(&self->change);
    g_mutex_init(&self->lock);
    g_autofree char *dir = g_build_filename(parts->paths->state_dir, "locker", "identity", NULL);
    self->identity = hth_device_identity_open(dir, error);
    if (self->identity == NULL || !open_relay(self, http, error))
        return FALSE;
    load_account(self);
    open_away(self);
    add_routes(parts->device_listener, &self->lan_door);
    add_routes(self->relay, &self->relay_door);
    hth_pairing_add_watch(parts->pairing, on_pairing, self);
    return TRUE;
}

void hth_locker_part_start(HthParts *parts)
{
    HthLockerService *self = parts->locker;
    g_autoptr(GError) error = NULL;
    note_wake_addresses(self);
    self->interfaces_watch = hth_interfaces_add_watch(parts->interfaces, on_interfaces, self);
    if (!hth_device_listener_start(self->relay, &error)) {
        hth_log_error("devices that come by the locker are not answered: %s", error->message);
        return;
    }
    self->wake_watch = hth_wake_watch_new(on_woken, self, NULL);
    g_mutex_lock(&self->lock);
    self->is_running = TRUE;
    g_mutex_unlock(&self->lock);
    start_link(self);
}

void hth_locker_part_stop(HthParts *parts)
{
    HthLockerService *self = parts->locker;
    if (self == NULL)
        return;
    g_mutex_lock(&self->lock);
    self->is_running = FALSE;
    g_mutex_unlock(&self->lock);
    stop_link(self);
    g_clear_pointer(&self->wake_watch, hth_wake_watch_free);
    if (self->interfaces_watch != 0)
        hth_interfaces_remove_watch(parts->interfaces, self->interfaces_watch);
    self->interfaces_watch = 0;
    if (self->relay != NULL)
        hth_device_listener_stop(self->relay);
}

void hth_locker_part_close(HthParts *parts)
{
    HthLockerService *self = parts->locker;
    if (self == NULL)
        return;
    hth_locker_part_stop(parts);
    hth_device_listener_free(self->relay);
    hth_away_free(self->away);
    hth_device_paths_free(self->paths);
    hth_device_identity_free(self->identity);
    hth_locker_account_free(self->account);
    g_mutex_clear(&self->change);
    g_mutex_clear(&self->lock);
    g_free(self->home_name);
    g_free(self);
    parts->locker = NULL;
}

/* ---- Joining and leaving ---- */

static gboolean take_account(HthLockerService *self, HthLockerAccount *account,
                             const HthLockerLimits *limits, GError **error)
{
    if (!store_account(self, account, error))
        return FALSE;
    g_mutex_lock(&self->lock);
    g_clear_pointer(&self->account, hth_locker_account_free);
    self->account = account != NULL ? hth_locker_account_copy(account) : NULL;
    self->limits = *limits;
    hth_away_set_locker(self->away, account, limits);
    g_mutex_unlock(&self->lock);
    /* Those who are here come and ask, and learn it. */
    hth_sync_events_send(hth_sync_part_events(self->parts->sync), NULL, "limits");
    return TRUE;
}

static gboolean join(HthLockerService *self, const char *url, const char *code, GError **error)
{
    HthLockerLimits limits;
    if (self->account != NULL) {
        g_set_error(error, HTH_ERROR, HTH_ERROR_REFUSED,
                    "this home has joined %s; `hearth locker leave` leaves it",
                    self->account->name);
        return FALSE;
    }
    g_autoptr(HthLockerAccount) account =
        hth_locker_join(url, code, self->home_name, self->identity, NULL, &limits, error);
    if (account == NULL || !take_account(self, account, &limits, error))
        return FALSE;
    hth_log_info("joined the locker %s", account->name);
    start_link(self);
    return TRUE;
}

gboolean hth_locker_part_join(HthLockerService *self, const char *url, const char *code,
                              GError **error)
{
    g_mutex_lock(&self->change);
    const gboolean has_joined = join(self, url, code, error);
    g_mutex_unlock(&self->change);
    return has_joined;
}

static gboolean leave(HthLockerService *self, char **out_problem, GError **error)
{
    const HthLockerLimits none = { 0 };
    g_autoptr(GError) problem = NULL;
    if (self->account == NULL) {
        g_set_error(error, HTH_ERROR, HTH_ERROR_NOT_FOUND, "this home has joined no locker");
        return FALSE;
    }
    stop_link(self);
    g_autoptr(HthLockerClient) client = hth_locker_client_new(self->account, self->identity);
    /* One that does not know us any more has nothing to be told. */
    if (!hth_locker_client_leave(client, NULL, &problem) &&
        !g_error_matches(problem, HTH_ERROR, HTH_ERROR_CHANGED))
        *out_problem = g_strdup(problem->message);
    if (take_account(self, NULL, &none, error))
        return TRUE;
    start_link(self);
    return FALSE;
}

gboolean hth_locker_part_leave(HthLockerService *self, char **out_problem, GError **error)
{
    *out_problem = NULL;
    g_mutex_lock(&self->change);
    const gboolean has_left = leave(self, out_problem, error);
    g_mutex_unlock(&self->change);
    return has_left;
}

/* ---- Asking ---- */

JsonObject *hth_locker_part_status(HthLockerService *self)
{
    HthHttpCounters counters;
    JsonObject *object = json_object_new();
    g_mutex_lock(&self->lock);
    hth_locker_account_show(self->account, object);
    if (self->link != NULL) {
        g_auto(HthLinkStatus) status = { 0 };
        hth_locker_link_status(self->link, &status);
        hth_link_status_show(&status, object);
    }
    g_mutex_unlock(&self->lock);
    hth_device_listener_counters(self->relay, &counters);
    json_object_set_int_member(object, "sessions", (gint64)counters.connections);
    return object;
}

guint32 hth_locker_part_revision(HthLockerService *self, const char *device, guint32 known)
{
    return hth_away_revision(self->away, device, known);
}

HthDevicePaths *hth_locker_part_paths(HthLockerService *self)
{
    return self->paths;
}

JsonObject *hth_locker_part_path_of(HthLockerService *self, const char *device)
{
    g_mutex_lock(&self->lock);
    const HthLockerLimits limits = self->limits;
    g_mutex_unlock(&self->lock);
    return hth_device_paths_object(self->paths, device, &limits);
}
