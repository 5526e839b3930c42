/* SPDX-License-Identifier: GPL-3.0-or-later */
#define HTH_LOG_TOPIC "pairing"
#include "pairing/pairing-part.h"

#include "api.h"
#include "base/log.h"
#include "pairing/device-listener.h"
#include "store/identity.h"

static char *load(gpointer data, const char *key)
{
    return hth_library_load(data, key);
}

static gboolean store(gpointer data, const char *key, const char *value, GError **error)
{
    return hth_library_store(data, key, value, error);
}

static const char *const event_names[] = {
    [HTH_PAIRING_PAIRED] = "paired",       [HTH_PAIRING_CHANGED] = "changed",
    [HTH_PAIRING_REVOKED] = "revoked",     [HTH_PAIRING_WIPED] = "wiped",
    [HTH_PAIRING_FORGOTTEN] = "forgotten", [HTH_PAIRING_TEXT_ENDED] = "text-ended",
};

static void send_event(HthPairingEvent event, const HthPairedDevice *device, gpointer data)
{
    HthParts *parts = data;
    JsonObject *object = json_object_new();
    json_object_set_string_member(object, "what", event_names[event]);
    if (device != NULL)
        json_object_set_object_member(object, "device", hth_paired_device_to_json(device));
    hth_event_hub_send(parts->events, "pairing", object);
}

/* The API as on the Unix socket for owners; a handheld sees what everybody on the network does. */
static void on_api(HthHttpRequest *request, const HthPairedDevice *device, gpointer data)
{
    hth_api_answer(data, request,
                   device->role == HTH_PAIRED_OWNER ? HTH_ROLE_OWNER : HTH_ROLE_ANYONE);
}

static const HthDeviceRoute routes[] = {
    { HTH_HTTP_GET | HTH_HTTP_POST | HTH_HTTP_PUT | HTH_HTTP_DELETE, HTH_API_PREFIX, HTH_FOR_OWNER,
      on_api, HTH_API_MAX_BODY_BYTES },
};

gboolean hth_pairing_part_open(HthParts *parts, const HthHttpOptions *http, const char *home_name,
                               GError **error)
{
    const HthPairingStore place = { .load = load, .store = store, .data = parts->library };
    g_autofree char *dir = g_build_filename(parts->paths->state_dir, "identity", NULL);
    g_autoptr(HthDeviceIdentity) identity = hth_device_identity_open(dir, error);
    if (identity == NULL)
        return FALSE;
    parts->pairing = hth_pairing_new(&place, hth_device_identity_id(identity), NULL, NULL, error);
    if (parts->pairing == NULL)
        return FALSE;
    const HthDeviceListenerOptions options = {
        .pairing = parts->pairing,
        .identity = identity,
        .home_name = home_name,
        .http = *http,
    };
    parts->device_listener = hth_device_listener_new(&options);
    hth_device_listener_add_routes(parts->device_listener, routes, G_N_ELEMENTS(routes), parts);
    hth_pairing_add_watch(parts->pairing, send_event, parts);
    return TRUE;
}

void hth_pairing_part_start(HthParts *parts)
{
    g_autoptr(GError) error = NULL;
    if (!hth_device_listener_start(parts->device_listener, &error))
        hth_log_error("paired devices are not answered: %s", error->message);
}

void hth_pairing_part_stop(HthParts *parts)
{
    if (parts->device_listener != NULL)
        hth_device_listener_stop(parts->device_listener);
}

void hth_pairing_part_close(HthParts *parts)
{
    g_clear_pointer(&parts->device_listener, hth_device_listener_free);
    g_clear_pointer(&parts->pairing, hth_pairing_free);
}
