/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The devices of the household: list, show, allow, hide, rename, forget. */
#include "api.h"
#include "base/error.h"
#include "base/json.h"

static JsonObject *device_object(const HthDevice *device)
{
    JsonObject *object = json_object_new();
    json_object_set_string_member(object, "id", device->id);
    json_object_set_string_member(object, "label", hth_device_label(device));
    hth_json_set_text(object, "given_name", device->given_name);
    hth_json_set_text(object, "name", device->name);
    hth_json_set_text(object, "model", device->model);
    hth_json_set_text(object, "client", device->client);
    hth_json_set_text(object, "user_agent", device->user_agent);
    hth_json_set_texts(object, "addresses", (const char *const *)device->addresses);
    json_object_set_int_member(object, "first_seen_unix_s", device->first_seen_unix_s);
    json_object_set_int_member(object, "last_seen_unix_s", device->last_seen_unix_s);
    json_object_set_int_member(object, "n_requests", (gint64)device->n_requests);
    json_object_set_string_member(object, "policy", hth_device_policy_name(device->policy));
    json_object_set_boolean_member(object, "has_own_policy", device->has_own_policy);
    return object;
}

static void add_timeline(JsonObject *object, const HthDevice *device)
{
    JsonArray *array = json_array_new();
    for (guint i = 0; i < device->notes->len; i++) {
        const HthDeviceNote *note = device->notes->pdata[i];
        JsonObject *each = json_object_new();
        json_object_set_int_member(each, "unix_s", note->unix_s);
        hth_json_set_text(each, "asked", note->asked);
        hth_json_set_text(each, "got", note->got);
        json_array_add_object_element(array, each);
    }
    json_object_set_array_member(object, "timeline", array);
}

static HthDevice *find(HthApiCall *call, GError **error)
{
    HthDevice *device = NULL;
    if (g_utf8_validate(call->argument, -1, NULL))
        device = hth_device_registry_find(call->parts->devices, call->argument);
    if (device == NULL)
        g_set_error(error, HTH_ERROR, HTH_ERROR_NOT_FOUND,
                    "there is no device “%s”; `hearth devices` lists those that asked for "
                    "something",
                    call->argument);
    return device;
}

static JsonObject *list_devices(HthApiCall *call, GError **error)
{
    g_autoptr(GPtrArray) devices = hth_device_registry_list(call->parts->devices);
    JsonArray *array = json_array_new();
    for (guint i = 0; i < devices->len; i++)
        json_array_add_object_element(array, device_object(devices->pdata[i]));
    JsonObject *answer = json_object_new();
    json_object_set_array_member(answer, "devices", array);
    return answer;
}

static JsonObject *show_device(HthApiCall *call, GError **error)
{
    g_autoptr(HthDevice) device = find(call, error);
    if (device == NULL)
        return NULL;
    JsonObject *object = device_object(device);
    add_timeline(object, device);
    return object;
}

/* A device that may no longer see us is cut off at once, in the middle of a film too. */
static void close_connections(HthParts *parts, const HthDevice *device)
{
    for (char **text = device->addresses; *text != NULL; text++) {
        g_autoptr(GInetAddress) address = g_inet_address_new_from_string(*text);
        if (address != NULL)
            hth_http_server_close_peer(parts->lan, address);
    }
}

static gboolean change_policy(HthApiCall *call, const HthDevice *device, GError **error)
{
    HthDevicePolicy policy;
    const char *name = hth_api_text(call, "policy");
    if (!hth_device_policy_from_name(name, &policy) || policy == HTH_DEVICE_WAITING) {
        g_set_error(error, HTH_ERROR, HTH_ERROR_INVALID,
                    "“policy” has to be allowed or hidden, not “%s”", name);
        return FALSE;
    }
    if (!hth_device_registry_set_policy(call->parts->devices, device->id, policy, error))
        return FALSE;
    if (policy == HTH_DEVICE_HIDDEN)
        close_connections(call->parts, device);
    return TRUE;
}

static JsonObject *change_device(HthApiCall *call, GError **error)
{
    g_autoptr(HthDevice) device = find(call, error);
    if (device == NULL)
        return NULL;
    if (hth_api_has(call, "policy") && !change_policy(call, device, error))
        return NULL;
    if (hth_api_has(call, "name") &&
        !hth_device_registry_set_name(call->parts->devices, device->id, hth_api_text(call, "name"),
                                      error))
        return NULL;
    g_autoptr(HthDevice) changed = hth_device_registry_find(call->parts->devices, device->id);
    return changed != NULL ? device_object(changed) : hth_api_done();
}

static JsonObject *forget_device(HthApiCall *call, GError **error)
{
    g_autoptr(HthDevice) device = find(call, error);
    if (device == NULL || !hth_device_registry_forget(call->parts->devices, device->id, error))
        return NULL;
    return hth_api_done();
}

static const HthApiRow rows[] = {
    { HTH_HTTP_GET, "devices", HTH_ROLE_OWNER, HTH_API_HERE, list_devices, NULL },
    { HTH_HTTP_GET, "devices/:", HTH_ROLE_OWNER, HTH_API_HERE, show_device, NULL },
    { HTH_HTTP_POST, "devices/:", HTH_ROLE_OWNER, HTH_API_MAIN, change_device, "policy:s name:s" },
    { HTH_HTTP_DELETE, "devices/:", HTH_ROLE_OWNER, HTH_API_MAIN, forget_device, NULL },
};

const HthApiRow *hth_api_device_rows(guint *out_n)
{
    *out_n = G_N_ELEMENTS(rows);
    return rows;
}
