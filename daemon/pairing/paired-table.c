/* SPDX-License-Identifier: GPL-3.0-or-later */
#define HTH_LOG_TOPIC "pairing"
#include "pairing/paired-table.h"

#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "base/log.h"

#define MIN_ID_LETTERS  6
#define MAX_NAME_COPIES (HTH_PAIRING_MAX_DEVICES + 1)

struct HthPairedTable {
    GHashTable *devices; /* HthKeyId (of the device) → HthPairedDevice */
};

HthPairedTable *hth_paired_table_new(void)
{
    HthPairedTable *self = g_new(HthPairedTable, 1);
    self->devices = g_hash_table_new_full(hth_key_id_hash, hth_key_id_equal_for_table, NULL,
                                          (GDestroyNotify)hth_paired_device_free);
    return self;
}

void hth_paired_table_free(HthPairedTable *self)
{
    if (self == NULL)
        return;
    g_hash_table_unref(self->devices);
    g_free(self);
}

void hth_paired_table_put(HthPairedTable *self, HthPairedDevice *device)
{
    g_hash_table_replace(self->devices, &device->id, device);
}

void hth_paired_table_remove(HthPairedTable *self, const HthKeyId *key)
{
    g_hash_table_remove(self->devices, key);
}

/* ---- Finding ---- */

HthPairedDevice *hth_paired_table_find(HthPairedTable *self, const HthKeyId *key)
{
    return g_hash_table_lookup(self->devices, key);
}

static gboolean is_same_name(const char *a, const char *b)
{
    g_autofree char *left = g_utf8_casefold(a, -1);
    g_autofree char *right = g_utf8_casefold(b, -1);
    return strcmp(left, right) == 0;
}

HthPairedDevice *hth_paired_table_find_name(HthPairedTable *self, const char *name)
{
    GHashTableIter iter;
    gpointer device;
    g_hash_table_iter_init(&iter, self->devices);
    while (g_hash_table_iter_next(&iter, NULL, &device)) {
        if (is_same_name(((const HthPairedDevice *)device)->name, name))
            return device;
    }
    return NULL;
}

HthPairedDevice *hth_paired_table_find_id(HthPairedTable *self, const char *letters)
{
    HthPairedDevice *found = NULL;
    GHashTableIter iter;
    gpointer device;
    if (strlen(letters) < MIN_ID_LETTERS)
        return NULL;
    g_hash_table_iter_init(&iter, self->devices);
    while (g_hash_table_iter_next(&iter, NULL, &device)) {
        g_autofree char *id = hth_key_id_to_text(&((const HthPairedDevice *)device)->id);
        if (!g_str_has_prefix(id, letters))
            continue;
        if (found != NULL)
            return NULL;
        found = device;
    }
    return found;
}

/* ---- One more ---- */

char *hth_paired_table_free_name(HthPairedTable *self, const char *wanted,
                                 const HthPairedDevice *except)
{
    char *name = g_strdup(wanted);
    for (guint i = 2; i < MAX_NAME_COPIES; i++) {
        const HthPairedDevice *taken = hth_paired_table_find_name(self, name);
        if (taken == NULL || taken == except)
            break;
        g_free(name);
        name = g_strdup_printf("%s %u", wanted, i);
    }
    return name;
}

gboolean hth_paired_table_make_room(HthPairedTable *self, GError **error)
{
    const HthPairedDevice *oldest = NULL;
    GHashTableIter iter;
    gpointer pointer;
    if (g_hash_table_size(self->devices) < HTH_PAIRING_MAX_DEVICES)
        return TRUE;
    g_hash_table_iter_init(&iter, self->devices);
    while (g_hash_table_iter_next(&iter, NULL, &pointer)) {
        const HthPairedDevice *device = pointer;
        if (device->state == HTH_PAIRED_REVOKED &&
            (oldest == NULL || device->seen_unix_s < oldest->seen_unix_s))
            oldest = device;
    }
    if (oldest != NULL) {
        g_hash_table_remove(self->devices, &oldest->id);
        return TRUE;
    }
    g_set_error(error, HTH_ERROR, HTH_ERROR_BUSY,
                "%d devices are paired already; revoke one that is not used any more",
                HTH_PAIRING_MAX_DEVICES);
    return FALSE;
}

/* ---- All of them ---- */

static int compare_names(gconstpointer a, gconstpointer b)
{
    const HthPairedDevice *left = *(HthPairedDevice *const *)a;
    const HthPairedDevice *right = *(HthPairedDevice *const *)b;
    return g_utf8_collate(left->name, right->name);
}

GPtrArray *hth_paired_table_list(HthPairedTable *self)
{
    GPtrArray *list = g_ptr_array_new_with_free_func((GDestroyNotify)hth_paired_device_free);
    GHashTableIter iter;
    gpointer device;
    g_hash_table_iter_init(&iter, self->devices);
    while (g_hash_table_iter_next(&iter, NULL, &device))
        g_ptr_array_add(list, hth_paired_device_copy(device));
    g_ptr_array_sort(list, compare_names);
    return list;
}

char *hth_paired_table_print(HthPairedTable *self)
{
    JsonArray *array = json_array_new();
    GHashTableIter iter;
    gpointer device;
    g_hash_table_iter_init(&iter, self->devices);
    while (g_hash_table_iter_next(&iter, NULL, &device))
        json_array_add_object_element(array, hth_paired_device_to_json(device));
    JsonObject *object = json_object_new();
    json_object_set_array_member(object, "devices", array);
    return hth_json_print_object(object);
}

gboolean hth_paired_table_load(HthPairedTable *self, const char *text, GError **error)
{
    g_autoptr(JsonNode) node = json_from_string(text, error);
    if (node == NULL || !JSON_NODE_HOLDS_OBJECT(node)) {
        g_prefix_error(error, "the paired devices in state.db cannot be read: ");
        return FALSE;
    }
    JsonArray *array = json_object_get_array_member(json_node_get_object(node), "devices");
    for (guint i = 0; array != NULL && i < json_array_get_length(array); i++) {
        HthPairedDevice *device =
            hth_paired_device_from_json(json_array_get_object_element(array, i));
        if (device != NULL)
            hth_paired_table_put(self, device);
        else
            hth_log_warning("a paired device in state.db makes no sense and is left out");
    }
    return TRUE;
}
