/* SPDX-License-Identifier: GPL-3.0-or-later */
#define HTH_LOG_TOPIC "pairing"
#include "pairing/device-listener.h"

#include <string.h>

#include "base/json.h"
#include "base/log.h"
#include "pairing/pair-route.h"

/* A route with what it needs to be answered. */
typedef struct {
    HthHttpRoute http; /* first: a route's address is its entry's */
    HthDeviceRoute route;
    gpointer data;
    HthDeviceListener *listener;
} Entry;

struct HthDeviceListener {
    HthPairing *pairing;
    char *home_name;
    HthHttpServer *server;
    GPtrArray *entries; /* (element Entry) */
    gboolean is_relay;
    gboolean is_started;
};

void hth_device_respond_problem(HthHttpRequest *request, guint status, const char *code,
                                const char *sentence)
{
    char *text = hth_json_print_object(hth_json_problem(code, sentence));
    hth_http_request_respond_take(request, status, "application/json", text, strlen(text));
}

/* ---- Who may ---- */

static HthDeviceAccess access_of(const HthPairedDevice *device)
{
    if (device == NULL || device->state == HTH_PAIRED_REVOKED)
        return HTH_FOR_STRANGER;
    if (device->state == HTH_PAIRED_WIPING)
        return HTH_FOR_STRANGER | HTH_FOR_WIPING;
    return HTH_FOR_STRANGER | (device->role == HTH_PAIRED_OWNER ? HTH_FOR_OWNER : HTH_FOR_HANDHELD);
}

static void refuse(HthHttpRequest *request, const HthPairedDevice *device)
{
    if (device == NULL)
        hth_device_respond_problem(request, 403, "not-paired",
                                   "This device is not paired with this home. Type `hearth pair` "
                                   "at home, and `hearth-handheld pair CODE` here.");
    else if (device->state == HTH_PAIRED_WIPING)
        hth_device_respond_problem(request, 403, "wipe",
                                   "This device is to remove what it has of this home.");
    else if (device->state == HTH_PAIRED_REVOKED)
        hth_device_respond_problem(request, 403, "revoked",
                                   "This device is no longer paired with this home.");
    else
        hth_device_respond_problem(request, 403, "refused",
                                   "This is for owners. `hearth devices role NAME owner` at home "
                                   "makes one of this device.");
}

/* Returns: who asks, if they may use @route; else NULL, and the request has been answered. A
 * stranger's route has no device when the key is unknown: @out_may tells the two apart. */
static HthPairedDevice *admit(HthDeviceListener *self, HthHttpRequest *request,
                              const HthDeviceRoute *route, gboolean *out_may)
{
    const HthKeyId *key = hth_http_request_peer_key(request);
    g_autoptr(HthPairedDevice) device =
        key != NULL ? hth_pairing_find_key(self->pairing, key) : NULL;
    *out_may = key != NULL && (access_of(device) & route->access) != 0;
    if (*out_may)
        return g_steal_pointer(&device);
    hth_log_debug("refused peer=%s path=%s", hth_http_request_peer_text(request),
                  hth_http_request_path(request));
    refuse(request, device);
    return NULL;
}

/* HthHttpEntryRule: before the body. */
static gboolean on_entry(HthHttpRequest *request, const HthHttpRoute *http, gpointer data)
{
    const Entry *entry = (const Entry *)(gconstpointer)http;
    gboolean may = FALSE;
    hth_paired_device_free(admit(data, request, &entry->route, &may));
    return may;
}

/* Asked again, because a body takes its time and the household may have changed its mind. */
static void on_request(HthHttpRequest *request, gpointer data)
{
    const Entry *entry = data;
    gboolean may = FALSE;
    g_autoptr(HthPairedDevice) device = admit(entry->listener, request, &entry->route, &may);
    if (!may)
        return;
    if (device != NULL)
        hth_pairing_seen(entry->listener->pairing, &device->id,
                         entry->listener->is_relay ? "relay" : hth_http_request_peer_text(request));
    entry->route.handler(request, device, entry->data);
}

/* ---- Life ---- */

static void on_pairing_event(HthPairingEvent event, const HthPairedDevice *device, gpointer data)
{
    HthDeviceListener *self = data;
    if (event == HTH_PAIRING_REVOKED || event == HTH_PAIRING_FORGOTTEN)
        hth_http_server_close_key(self->server, &device->id);
}

static void on_pair(HthHttpRequest *request, const HthPairedDevice *device, gpointer data)
{
    HthDeviceListener *self = data;
    hth_pair_route_answer(request, self->pairing, self->home_name);
}

static const HthDeviceRoute own_routes[] = {
    { HTH_HTTP_POST, "/pair", HTH_FOR_STRANGER, on_pair, HTH_PAIR_ROUTE_MAX_BODY },
};

HthDeviceListener *hth_device_listener_new(const HthDeviceListenerOptions *options)
{
    HthDeviceListener *self = g_new0(HthDeviceListener, 1);
    HthHttpOptions http = options->http;
    http.tls_certificate = hth_device_identity_certificate(options->identity);
    http.tls_key = hth_device_identity_key(options->identity);
    http.entry_rule = on_entry;
    http.entry_data = self;
    http.is_handed_sockets = options->is_relay;
    self->is_relay = options->is_relay;
    self->pairing = options->pairing;
    self->home_name = g_strdup(options->home_name);
    self->server = hth_http_server_new(&http);
    self->entries = g_ptr_array_new_with_free_func(g_free);
    if (!options->is_relay)
        hth_device_listener_add_routes(self, own_routes, G_N_ELEMENTS(own_routes), self);
    hth_pairing_add_watch(self->pairing, on_pairing_event, self);
    return self;
}

void hth_device_listener_add_routes(HthDeviceListener *self, const HthDeviceRoute *routes,
                                    guint n_routes, gpointer data)
{
    for (guint i = 0; i < n_routes; i++) {
        Entry *entry = g_new(Entry, 1);
        *entry = (Entry){
            .http = { .methods = routes[i].methods,
                      .path = routes[i].path,
                      .handler = on_request,
                      .max_body_bytes = routes[i].max_body_bytes },
            .route = routes[i],
            .data = data,
            .listener = self,
        };
        g_ptr_array_add(self->entries, entry);
        hth_http_server_add_routes(self->server, &entry->http, 1, entry);
    }
}

gboolean hth_device_listener_start(HthDeviceListener *self, GError **error)
{
    self->is_started = hth_http_server_start(self->server, error);
    return self->is_started;
}

void hth_device_listener_stop(HthDeviceListener *self)
{
    hth_http_server_stop(self->server);
    self->is_started = FALSE;
}

void hth_device_listener_free(HthDeviceListener *self)
{
    if (self == NULL)
        return;
    hth_http_server_free(self->server);
    g_ptr_array_unref(self->entries);
    g_free(self->home_name);
    g_free(self);
}

guint16 hth_device_listener_port(const HthDeviceListener *self)
{
    return self != NULL && self->is_started ? hth_http_server_port(self->server) : 0;
}

gboolean hth_device_listener_add_socket(HthDeviceListener *self, int fd, GError **error)
{
    return hth_http_server_add_socket(self->server, fd, error);
}

void hth_device_listener_counters(HthDeviceListener *self, HthHttpCounters *out_counters)
{
    hth_http_server_counters(self->server, out_counters);
}
