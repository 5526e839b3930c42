/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a paired device holds, shall hold, and why: show, try a rule, set it. */
#include <string.h>

#include "api.h"
#include "base/error.h"
#include "base/json.h"
#include "base/text.h"
#include "sync/selection.h"
#include "sync/sync-part.h"
#include "sync/why.h"

/* Files named in one answer; ?items= asks for fewer. */
#define ITEMS_MAX     10000
#define ITEMS_DEFAULT 1000

static const char *const fate_names[HTH_N_SYNC_FATES] = {
    [HTH_SYNC_FATE_THERE] = "there",     [HTH_SYNC_FATE_COMING] = "coming",
    [HTH_SYNC_FATE_CHANGES] = "changes", [HTH_SYNC_FATE_GOING] = "going",
    [HTH_SYNC_FATE_NO_ROOM] = "no_room", [HTH_SYNC_FATE_FAILED] = "failed",
};

/* The id of the paired device that the path names; NULL with @error. */
static char *device_of(HthApiCall *call, GError **error)
{
    g_autoptr(HthPairedDevice) device = g_utf8_validate(call->argument, -1, NULL)
                                            ? hth_pairing_find(call->parts->pairing, call->argument)
                                            : NULL;
    if (device != NULL)
        return hth_key_id_to_text(&device->id);
    g_set_error(error, HTH_ERROR, HTH_ERROR_NOT_FOUND,
                "no paired device is called “%s”; `hearth devices` lists them", call->argument);
    return NULL;
}

static HthSyncHome *home_of(HthApiCall *call)
{
    return hth_sync_part_home(call->parts->sync);
}

/* ---- Items ---- */

typedef struct {
    JsonArray *items;
    guint left;
    guint n_left_out;
} Collector;

static void on_item(const HthSyncPreviewItem *item, gpointer data)
{
    Collector *self = data;
    if (self->left == 0) {
        self->n_left_out++;
        return;
    }
    self->left--;
    char id[HTH_TEXT_ID_LENGTH + 1];
    hth_text_id_encode(item->item, id);
    JsonObject *object = json_object_new();
    json_object_set_string_member(object, "id", id);
    json_object_set_string_member(object, "path", item->path);
    json_object_set_string_member(object, "fate", fate_names[item->fate]);
    json_object_set_int_member(object, "bytes", item->size_bytes);
    if (strcmp(item->rendition, HTH_SYNC_ORIGINAL) != 0 && *item->rendition != '\0')
        json_object_set_string_member(object, "rendition", item->rendition);
    hth_sync_why_set(object, "why", item->reason);
    json_array_add_object_element(self->items, object);
}

static JsonObject *sums_of(const HthSyncPreview *preview, HthSyncFate fate)
{
    JsonObject *object = json_object_new();
    json_object_set_int_member(object, "files", preview->n_files[fate]);
    json_object_set_int_member(object, "bytes", (gint64)preview->n_bytes[fate]);
    return object;
}

static void set_state(JsonObject *object, HthApiCall *call, const char *device,
                      const HthSyncPreview *preview)
{
    json_object_set_boolean_member(
        object, "is_here",
        hth_sync_events_is_here(hth_sync_part_events(call->parts->sync), device));
    HthSyncProgress *progress = hth_sync_part_progress(call->parts->sync);
    hth_json_set_number(object, "sent_bytes", (gint64)hth_sync_progress_bytes(progress, device));
    json_object_set_boolean_member(object, "is_settled", preview->is_settled);
    json_object_set_boolean_member(object, "has_volume", preview->has_volume);
    json_object_set_boolean_member(object, "will_be_wiped", preview->will_be_wiped);
    hth_json_set_number(object, "last_sync_unix_s", preview->last_seen_unix_ms / 1000);
    hth_json_set_number(object, "clone_seen_unix_s", preview->clone_seen_unix_ms / 1000);
    hth_json_set_number(object, "converting", preview->n_converting);
    hth_json_set_number(object, "held_back", preview->n_held_back);
    hth_json_set_number(object, "max_bytes", (gint64)preview->max_bytes);
    if (preview->free_bytes >= 0)
        json_object_set_int_member(object, "free_bytes", preview->free_bytes);
}

static gboolean set_rule(JsonObject *object, const char *rule, GError **error)
{
    JsonNode *node = json_from_string(rule, error);
    if (node == NULL)
        return FALSE;
    json_object_set_member(object, "rule", node);
    return TRUE;
}

static void set_unknown(JsonObject *object, HthApiCall *call, const char *json)
{
    g_autoptr(HthSyncRule) rule = hth_sync_rule_parse(json, NULL);
    g_autoptr(GPtrArray) unknown =
        rule != NULL ? hth_selection_unknown(call->parts->library, rule) : NULL;
    hth_json_set_text_list(object, "unknown", unknown);
}

/* What would be so under @rule; NULL: the rule in force. */
static JsonObject *preview(HthApiCall *call, const char *device, const char *rule, GError **error)
{
    gint64 max = ITEMS_DEFAULT;
    if (!hth_api_query_number(call, "items", 0, ITEMS_MAX, ITEMS_DEFAULT, &max, error))
        return NULL;
    g_autofree char *in_force = hth_sync_home_rule(home_of(call), device);
    g_autoptr(JsonObject) object = json_object_new();
    Collector collector = { .items = json_array_new(), .left = (guint)max };
    json_object_set_array_member(object, "items", collector.items);
    HthSyncPreview result;
    if (!hth_sync_home_preview(home_of(call), device, rule, on_item, &collector, &result, error) ||
        !set_rule(object, rule != NULL ? rule : in_force, error))
        return NULL;
    json_object_set_string_member(object, "id", device);
    json_object_set_string_member(object, "label", call->argument);
    set_state(object, call, device, &result);
    set_unknown(object, call, rule != NULL ? rule : in_force);
    for (guint i = 0; i < HTH_N_SYNC_FATES; i++)
        json_object_set_object_member(object, fate_names[i], sums_of(&result, (HthSyncFate)i));
    json_object_set_int_member(object, "items_left_out", collector.n_left_out);
    return g_steal_pointer(&object);
}

/* ---- Rows ---- */

static JsonObject *show_sync(HthApiCall *call, GError **error)
{
    g_autofree char *device = device_of(call, error);
    return device != NULL ? preview(call, device, NULL, error) : NULL;
}

static JsonObject *show_rule(HthApiCall *call, GError **error)
{
    g_autofree char *device = device_of(call, error);
    if (device == NULL)
        return NULL;
    g_autofree char *rule = hth_sync_home_rule(home_of(call), device);
    g_autoptr(JsonObject) object = json_object_new();
    return set_rule(object, rule, error) ? g_steal_pointer(&object) : NULL;
}

/* The rule of the body as text, read and printed again. */
static char *body_rule(HthApiCall *call, GError **error)
{
    g_autofree char *given = json_to_string(json_object_get_member(call->body, "rule"), FALSE);
    g_autoptr(HthSyncRule) rule = hth_sync_rule_parse(given, error);
    return rule != NULL ? hth_sync_rule_print(rule) : NULL;
}

static JsonObject *try_rule(HthApiCall *call, GError **error)
{
    g_autofree char *device = device_of(call, error);
    g_autofree char *rule = device != NULL ? body_rule(call, error) : NULL;
    return rule != NULL ? preview(call, device, rule, error) : NULL;
}

static JsonObject *put_rule(HthApiCall *call, GError **error)
{
    g_autofree char *device = device_of(call, error);
    g_autofree char *rule = device != NULL ? body_rule(call, error) : NULL;
    if (rule == NULL || !hth_sync_home_set_rule(home_of(call), device, rule, error))
        return NULL;
    hth_sync_part_prepare(call->parts->sync);
    return preview(call, device, NULL, error);
}

static JsonObject *confirm_absent(HthApiCall *call, GError **error)
{
    g_autofree char *device = device_of(call, error);
    if (device == NULL || !hth_sync_home_confirm_absent(home_of(call), device, error))
        return NULL;
    return hth_api_done();
}

static JsonObject *show_status(HthApiCall *call, GError **error)
{
    return hth_sync_part_status(call->parts->sync);
}

static const HthApiRow rows[] = {
    { HTH_HTTP_GET, "sync", HTH_ROLE_OWNER, HTH_API_TASK, show_status, NULL },
    { HTH_HTTP_GET, "paired/:/sync", HTH_ROLE_OWNER, HTH_API_TASK, show_sync, NULL },
    { HTH_HTTP_GET, "paired/:/rule", HTH_ROLE_OWNER, HTH_API_TASK, show_rule, NULL },
    { HTH_HTTP_POST, "paired/:/rule", HTH_ROLE_OWNER, HTH_API_TASK, try_rule, "rule:o!" },
    { HTH_HTTP_PUT, "paired/:/rule", HTH_ROLE_OWNER, HTH_API_TASK, put_rule, "rule:o!" },
    { HTH_HTTP_POST, "paired/:/confirm", HTH_ROLE_OWNER, HTH_API_TASK, confirm_absent, "" },
};

const HthApiRow *hth_api_sync_rows(guint *out_n)
{
    *out_n = G_N_ELEMENTS(rows);
    return rows;
}
