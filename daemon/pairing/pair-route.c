/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "pairing/pair-route.h"

#include <string.h>

#include "base/base32.h"
#include "base/error.h"
#include "base/json.h"
#include "pairing/device-listener.h"

static JsonObject *answer_object(HthPairing *pairing, const HthPairedDevice *device,
                                 const char *home_name)
{
    g_autofree char *home = hth_key_id_to_text(hth_pairing_home(pairing));
    g_autofree char *key =
        hth_base32_encode(hth_pairing_discovery_key(pairing), HTH_DISCOVERY_KEY_BYTES);
    JsonObject *object = json_object_new();
    json_object_set_string_member(object, "home", home);
    json_object_set_string_member(object, "name", home_name);
    json_object_set_string_member(object, "device", device->name);
    json_object_set_string_member(object, "discovery_key", key);
    return object;
}

static HthPairedDevice *pair(HthHttpRequest *request, HthPairing *pairing, GError **error)
{
    gsize size = 0;
    const char *body = hth_http_request_body(request, &size);
    g_autoptr(JsonNode) node = hth_json_parse_object(body, size, error);
    if (node == NULL)
        return NULL;
    JsonObject *object = json_node_get_object(node);
    const char *secret = hth_json_get_text(object, "secret");
    if (secret == NULL) {
        g_set_error_literal(error, HTH_ERROR, HTH_ERROR_INVALID, "the field “secret” is missing");
        return NULL;
    }
    g_autofree char *letters = g_ascii_strdown(secret, -1);
    return hth_pairing_pair(pairing, hth_http_request_peer_key(request), letters,
                            hth_json_get_text(object, "name"), hth_http_request_peer_text(request),
                            error);
}

static void respond_error(HthHttpRequest *request, const GError *error)
{
    if (g_error_matches(error, HTH_ERROR, HTH_ERROR_REFUSED))
        hth_device_respond_problem(request, 403, "wrong-code", error->message);
    else if (g_error_matches(error, HTH_ERROR, HTH_ERROR_INVALID))
        hth_device_respond_problem(request, 400, "invalid", error->message);
    else if (g_error_matches(error, HTH_ERROR, HTH_ERROR_BUSY))
        hth_device_respond_problem(request, 503, "busy", error->message);
    else
        hth_device_respond_problem(request, 500, "failed", "the home could not store it");
}

void hth_pair_route_answer(HthHttpRequest *request, HthPairing *pairing, const char *home_name)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(HthPairedDevice) device = pair(request, pairing, &error);
    if (device == NULL) {
        respond_error(request, error);
        return;
    }
    char *text = hth_json_print_object(answer_object(pairing, device, home_name));
    hth_http_request_respond_take(request, 200, "application/json", text, strlen(text));
}
