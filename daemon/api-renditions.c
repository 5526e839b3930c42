/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What an item is converted to, and for whom: each profile of its kind, and how it stands. */
#include <string.h>

#include "api.h"
#include "base/error.h"
#include "base/json.h"
#include "sync/rule.h"
#include "sync/sync-part.h"

static const char *const state_names[] = {
    [HTH_RENDITION_READY] = "ready",         [HTH_RENDITION_KNOWN] = "dropped",
    [HTH_RENDITION_WAITING] = "waiting",     [HTH_RENDITION_CONVERTING] = "converting",
    [HTH_RENDITION_WRAPPING] = "converting", [HTH_RENDITION_FAILED] = "failed",
};

/* ---- For whom ---- */

/* The names of paired devices whose rule has @profile for items of @kind. */
static GPtrArray *devices_with(HthParts *parts, HthMediaKind kind, const char *profile)
{
    GPtrArray *names = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GPtrArray) devices = hth_pairing_list(parts->pairing);
    for (guint i = 0; i < devices->len; i++) {
        const HthPairedDevice *device = devices->pdata[i];
        if (device->state != HTH_PAIRED_ACTIVE)
            continue;
        g_autofree char *id = hth_key_id_to_text(&device->id);
        g_autofree char *json = hth_sync_home_rule(hth_sync_part_home(parts->sync), id);
        g_autoptr(HthSyncRule) rule = json != NULL ? hth_sync_rule_parse(json, NULL) : NULL;
        if (rule != NULL && strcmp(hth_sync_rule_rendition(rule, kind), profile) == 0)
            g_ptr_array_add(names, g_strdup(device->name));
    }
    return names;
}

/* ---- How it stands ---- */

/* The words for an error of a look-up: not made yet is none. */
static void set_missing(JsonObject *json, const GError *error)
{
    const gboolean is_unmade = g_error_matches(error, HTH_ERROR, HTH_ERROR_NOT_FOUND);
    const gboolean can_not = g_error_matches(error, HTH_ERROR, HTH_ERROR_UNSUPPORTED);
    json_object_set_string_member(json, "state", can_not ? "unsupported" : "none");
    if (!is_unmade)
        json_object_set_string_member(json, "problem", error->message);
}

static void set_state(HthParts *parts, JsonObject *json, const char *item, const char *profile)
{
    g_autoptr(GError) error = NULL;
    g_auto(HthRendition) found = HTH_RENDITION_INIT;
    const HthRenditionWish wish = { .item_id = item, .profile = profile, .is_lookup = TRUE };
    if (!hth_renditions_request(parts->renditions, &wish, &found, &error)) {
        set_missing(json, error);
        return;
    }
    json_object_set_string_member(json, "state", state_names[found.state]);
    hth_json_set_number(json, "size_bytes", found.size_bytes);
    hth_json_set_text(json, "problem", found.problem);
    if (found.state == HTH_RENDITION_CONVERTING)
        json_object_set_double_member(json, "progress", found.progress);
    const gboolean is_exact =
        found.state == HTH_RENDITION_READY || found.state == HTH_RENDITION_KNOWN;
    if (is_exact)
        json_object_set_string_member(json, "encoder", found.encoder);
}

static JsonObject *profile_object(HthParts *parts, const HthObject *object,
                                  const HthRenditionProfile *profile)
{
    JsonObject *json = json_object_new();
    json_object_set_string_member(json, "profile", profile->name);
    json_object_set_string_member(json, "meaning", profile->meaning);
    json_object_set_string_member(json, "mime_type", profile->content_type);
    set_state(parts, json, object->leaf_id, profile->name);
    g_autoptr(GPtrArray) devices = devices_with(parts, object->kind, profile->name);
    hth_json_set_text_list(json, "devices", devices);
    return json;
}

static JsonObject *list_renditions(HthApiCall *call, GError **error)
{
    HthParts *parts = call->parts;
    g_autoptr(HthReader) reader = hth_library_acquire_reader(parts->library);
    g_autoptr(HthObject) object = hth_reader_object(reader, call->argument, NULL, error);
    if (object == NULL)
        return NULL;
    if (hth_object_is_container(object)) {
        g_set_error(error, HTH_ERROR, HTH_ERROR_INVALID,
                    "“%s” is a container, not something to convert", object->title);
        return NULL;
    }
    JsonArray *array = json_array_new();
    guint n = 0;
    const HthRenditionProfile *profiles = hth_rendition_profiles(&n);
    for (guint i = 0; parts->renditions != NULL && i < n; i++) {
        if (profiles[i].kind == object->kind)
            json_array_add_object_element(array, profile_object(parts, object, &profiles[i]));
    }
    JsonObject *answer = json_object_new();
    json_object_set_array_member(answer, "renditions", array);
    g_autoptr(GPtrArray) originals = devices_with(parts, object->kind, HTH_SYNC_ORIGINAL);
    hth_json_set_text_list(answer, "devices_with_original", originals);
    return answer;
}

static const HthApiRow rows[] = {
    { HTH_HTTP_GET, "item/:/renditions", HTH_ROLE_OWNER, HTH_API_TASK, list_renditions, NULL },
};

const HthApiRow *hth_api_rendition_rows(guint *out_n)
{
    *out_n = G_N_ELEMENTS(rows);
    return rows;
}
