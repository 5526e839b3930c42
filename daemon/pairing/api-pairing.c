/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Codes, and the devices that were paired by them. */
#include <string.h>

#include "api.h"
#include "base/error.h"
#include "base/json.h"
#include "base/text.h"
#include "locker/locker-part.h"
#include "pairing/device-listener.h"
#include "sync/pairing.h"
#include "sync/sync-part.h"

/* ---- Codes ---- */

static const char *const offer_states[] = {
    [HTH_OFFER_OPEN] = "open",           [HTH_OFFER_QR_ONLY] = "text-ended",
    [HTH_OFFER_PAIRED] = "paired",       [HTH_OFFER_EXPIRED] = "expired",
    [HTH_OFFER_CANCELLED] = "cancelled",
};

/* The addresses that devices may find us at; global ones before link-local, IPv4 first. */
static GStrv addresses(HthParts *parts)
{
    g_autoptr(GStrvBuilder) ipv4 = g_strv_builder_new();
    g_autoptr(GPtrArray) ipv6 = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GPtrArray) interfaces = hth_interfaces_list(parts->interfaces);
    for (guint i = 0; i < interfaces->len; i++) {
        const HthInterface *interface = interfaces->pdata[i];
        for (guint n = 0; interface->is_used && n < interface->addresses->len; n++) {
            const HthInterfaceAddress *address = interface->addresses->pdata[n];
            char *text = g_inet_address_to_string(address->address);
            if (g_inet_address_get_family(address->address) == G_SOCKET_FAMILY_IPV4)
                g_strv_builder_add(ipv4, text);
            else if (!g_inet_address_get_is_link_local(address->address))
                g_ptr_array_add(ipv6, g_strdup(text));
            g_free(text);
        }
    }
    for (guint i = 0; i < ipv6->len; i++)
        g_strv_builder_add(ipv4, ipv6->pdata[i]);
    return g_strv_builder_end(ipv4);
}

static JsonObject *offer_object(HthParts *parts, const HthOffer *offer, gboolean has_codes)
{
    char id[HTH_TEXT_ID_LENGTH + 1];
    hth_text_id_encode(offer->id, id);
    JsonObject *object = json_object_new();
    json_object_set_string_member(object, "id", id);
    json_object_set_string_member(object, "state", offer_states[offer->state]);
    json_object_set_int_member(object, "expires", offer->expires_unix_s);
    if (has_codes) {
        g_auto(GStrv) where = addresses(parts);
        g_autofree char *code = hth_pairing_format_qr(
            hth_pairing_home(parts->pairing), offer->secret,
            hth_device_listener_port(parts->device_listener), (const char *const *)where);
        g_autofree char *text =
            hth_pairing_format_text(hth_pairing_home(parts->pairing), offer->text_secret);
        json_object_set_string_member(object, "code", code);
        json_object_set_string_member(object, "text", text);
    }
    if (offer->state == HTH_OFFER_PAIRED) {
        g_autoptr(HthPairedDevice) device = hth_pairing_find_key(parts->pairing, &offer->device);
        if (device != NULL)
            json_object_set_object_member(object, "device", hth_paired_device_to_json(device));
    }
    return object;
}

static JsonObject *show_pairing(HthApiCall *call, GError **error)
{
    g_autofree char *home = hth_key_id_to_text(hth_pairing_home(call->parts->pairing));
    JsonObject *object = json_object_new();
    json_object_set_string_member(object, "home", home);
    json_object_set_int_member(object, "port",
                               hth_device_listener_port(call->parts->device_listener));
    return object;
}

static JsonObject *make_offer(HthApiCall *call, GError **error)
{
    if (hth_device_listener_port(call->parts->device_listener) == 0) {
        g_set_error_literal(error, HTH_ERROR, HTH_ERROR_UNAVAILABLE,
                            "devices are not answered: the log says why their port could not be "
                            "opened");
        return NULL;
    }
    g_autoptr(HthOffer) offer =
        hth_pairing_offer(call->parts->pairing, hth_api_text(call, "name"), error);
    return offer != NULL ? offer_object(call->parts, offer, TRUE) : NULL;
}

static HthOffer *find_offer(HthApiCall *call, GError **error)
{
    guint64 id = 0;
    HthOffer *offer = hth_text_id_decode(call->argument, &id)
                          ? hth_pairing_find_offer(call->parts->pairing, id)
                          : NULL;
    if (offer == NULL)
        g_set_error_literal(error, HTH_ERROR, HTH_ERROR_NOT_FOUND, "there is no such code");
    return offer;
}

static JsonObject *show_offer(HthApiCall *call, GError **error)
{
    g_autoptr(HthOffer) offer = find_offer(call, error);
    return offer != NULL ? offer_object(call->parts, offer, FALSE) : NULL;
}

static JsonObject *cancel_offer(HthApiCall *call, GError **error)
{
    g_autoptr(HthOffer) offer = find_offer(call, error);
    if (offer == NULL)
        return NULL;
    (void)hth_pairing_cancel_offer(call->parts->pairing, offer->id); /* it may be over already */
    return hth_api_done();
}

/* ---- Devices ---- */

static HthPairedDevice *find(HthApiCall *call, GError **error)
{
    HthPairedDevice *device = hth_pairing_find(call->parts->pairing, call->argument);
    if (device == NULL)
        g_set_error(error, HTH_ERROR, HTH_ERROR_NOT_FOUND,
                    "no paired device is called “%s”; `hearth devices` lists them", call->argument);
    return device;
}

/* The device, and by which way it came last. */
static JsonObject *device_object(HthApiCall *call, const HthPairedDevice *device)
{
    JsonObject *object = hth_paired_device_to_json(device);
    g_autofree char *id = hth_key_id_to_text(&device->id);
    JsonObject *way = hth_locker_part_path_of(call->parts->locker, id);
    if (way != NULL)
        json_object_set_object_member(object, "way", way);
    hth_json_set_number(object, "held_back",
                        hth_sync_home_held_back(hth_sync_part_home(call->parts->sync), id));
    return object;
}

static JsonObject *list_paired(HthApiCall *call, GError **error)
{
    g_autoptr(GPtrArray) devices = hth_pairing_list(call->parts->pairing);
    JsonArray *array = json_array_new();
    for (guint i = 0; i < devices->len; i++)
        json_array_add_object_element(array, device_object(call, devices->pdata[i]));
    JsonObject *object = json_object_new();
    json_object_set_array_member(object, "paired", array);
    return object;
}

static JsonObject *show_paired(HthApiCall *call, GError **error)
{
    g_autoptr(HthPairedDevice) device = find(call, error);
    return device != NULL ? device_object(call, device) : NULL;
}

static JsonObject *show_again(HthApiCall *call, const HthKeyId *id)
{
    g_autoptr(HthPairedDevice) device = hth_pairing_find_key(call->parts->pairing, id);
    return device != NULL ? hth_paired_device_to_json(device) : hth_api_done();
}

static gboolean change_role(HthApiCall *call, const HthPairedDevice *device, GError **error)
{
    HthPairedRole role;
    const char *name = hth_api_text(call, "role");
    if (hth_paired_role_from_name(name, &role))
        return hth_pairing_set_role(call->parts->pairing, &device->id, role, error);
    g_set_error(error, HTH_ERROR, HTH_ERROR_INVALID, "a role is handheld or owner, not “%s”", name);
    return FALSE;
}

static JsonObject *change_paired(HthApiCall *call, GError **error)
{
    g_autoptr(HthPairedDevice) device = find(call, error);
    if (device == NULL || (hth_api_has(call, "role") && !change_role(call, device, error)) ||
        (hth_api_has(call, "name") &&
         !hth_pairing_rename(call->parts->pairing, &device->id, hth_api_text(call, "name"), error)))
        return NULL;
    return show_again(call, &device->id);
}

static JsonObject *revoke_paired(HthApiCall *call, GError **error)
{
    g_autoptr(HthPairedDevice) device = find(call, error);
    if (device == NULL || !hth_pairing_revoke(call->parts->pairing, &device->id, error))
        return NULL;
    return show_again(call, &device->id);
}

static JsonObject *wipe_paired(HthApiCall *call, GError **error)
{
    g_autoptr(HthPairedDevice) device = find(call, error);
    if (device == NULL || !hth_pairing_wipe(call->parts->pairing, &device->id, error))
        return NULL;
    return show_again(call, &device->id);
}

static JsonObject *forget_paired(HthApiCall *call, GError **error)
{
    g_autoptr(HthPairedDevice) device = find(call, error);
    if (device == NULL || !hth_pairing_forget(call->parts->pairing, &device->id, error))
        return NULL;
    return hth_api_done();
}

static const HthApiRow rows[] = {
    { HTH_HTTP_GET, "pairing", HTH_ROLE_OWNER, HTH_API_HERE, show_pairing, NULL },
    { HTH_HTTP_POST, "pairing", HTH_ROLE_OWNER, HTH_API_MAIN, make_offer, "name:s" },
    { HTH_HTTP_GET, "pairing/:", HTH_ROLE_OWNER, HTH_API_HERE, show_offer, NULL },
    { HTH_HTTP_DELETE, "pairing/:", HTH_ROLE_OWNER, HTH_API_HERE, cancel_offer, NULL },
    { HTH_HTTP_GET, "paired", HTH_ROLE_OWNER, HTH_API_TASK, list_paired, NULL },
    { HTH_HTTP_GET, "paired/:", HTH_ROLE_OWNER, HTH_API_TASK, show_paired, NULL },
    { HTH_HTTP_POST, "paired/:", HTH_ROLE_OWNER, HTH_API_TASK, change_paired, "name:s role:s" },
    { HTH_HTTP_POST, "paired/:/revoke", HTH_ROLE_OWNER, HTH_API_TASK, revoke_paired, "" },
    { HTH_HTTP_POST, "paired/:/wipe", HTH_ROLE_OWNER, HTH_API_TASK, wipe_paired, "" },
    { HTH_HTTP_DELETE, "paired/:", HTH_ROLE_OWNER, HTH_API_TASK, forget_paired, NULL },
};

const HthApiRow *hth_api_pairing_rows(guint *out_n)
{
    *out_n = G_N_ELEMENTS(rows);
    return rows;
}
