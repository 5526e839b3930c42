/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "device.h"

#include <json-glib/json-glib.h>
#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "base/text.h"

#define NOTE_TEXT_MAX_BYTES 200

static const char *const policy_names[] = {
    [HTH_DEVICE_ALLOWED] = "allowed",
    [HTH_DEVICE_HIDDEN] = "hidden",
    [HTH_DEVICE_WAITING] = "waiting",
};

const char *hth_device_policy_name(HthDevicePolicy policy)
{
    g_return_val_if_fail(policy < G_N_ELEMENTS(policy_names), "allowed");
    return policy_names[policy];
}

gboolean hth_device_policy_from_name(const char *name, HthDevicePolicy *out_policy)
{
    for (guint i = 0; i < G_N_ELEMENTS(policy_names); i++) {
        if (g_strcmp0(name, policy_names[i]) == 0) {
            *out_policy = i;
            return TRUE;
        }
    }
    return FALSE;
}

static void note_free(HthDeviceNote *note)
{
    g_free(note->asked);
    g_free(note->got);
    g_free(note);
}

static GPtrArray *notes_new(void)
{
    return g_ptr_array_new_with_free_func((GDestroyNotify)note_free);
}

HthDevice *hth_device_new(const char *id)
{
    HthDevice *self = g_new0(HthDevice, 1);
    self->id = g_strdup(id);
    self->addresses = g_new0(char *, 1);
    self->first_seen_unix_s = g_get_real_time() / G_USEC_PER_SEC;
    self->last_seen_unix_s = self->first_seen_unix_s;
    self->notes = notes_new();
    return self;
}

void hth_device_free(HthDevice *self)
{
    if (self == NULL)
        return;
    char *const texts[] = { self->id,    self->given_name, self->name,
                            self->model, self->client,     self->user_agent };
    for (guint i = 0; i < G_N_ELEMENTS(texts); i++)
        g_free(texts[i]);
    g_strfreev(self->addresses);
    g_clear_pointer(&self->notes, g_ptr_array_unref);
    g_free(self);
}

static gpointer note_copy(gconstpointer from, gpointer data)
{
    const HthDeviceNote *note = from;
    HthDeviceNote *copy = g_new(HthDeviceNote, 1);
    *copy = (HthDeviceNote){
        .unix_s = note->unix_s,
        .asked = g_strdup(note->asked),
        .got = g_strdup(note->got),
    };
    return copy;
}

HthDevice *hth_device_copy(const HthDevice *self, gboolean with_notes)
{
    HthDevice *copy = g_new(HthDevice, 1);
    *copy = *self;
    copy->id = g_strdup(self->id);
    copy->given_name = g_strdup(self->given_name);
    copy->name = g_strdup(self->name);
    copy->model = g_strdup(self->model);
    copy->client = g_strdup(self->client);
    copy->user_agent = g_strdup(self->user_agent);
    copy->addresses = g_strdupv(self->addresses);
    copy->notes = NULL;
    if (with_notes) {
        copy->notes = notes_new();
        for (guint i = 0; i < self->notes->len; i++)
            g_ptr_array_add(copy->notes, note_copy(self->notes->pdata[i], NULL));
    }
    return copy;
}

const char *hth_device_label(const HthDevice *self)
{
    if (self->given_name != NULL)
        return self->given_name;
    if (self->name != NULL)
        return self->name;
    return self->model != NULL ? self->model : self->id;
}

gboolean hth_device_is_kept(const HthDevice *self)
{
    return self->has_own_policy || self->given_name != NULL;
}

gboolean hth_device_add_address(HthDevice *self, const char *address)
{
    if (g_strv_contains((const char *const *)self->addresses, address))
        return FALSE;
    g_autoptr(GStrvBuilder) builder = g_strv_builder_new();
    const guint n = g_strv_length(self->addresses);
    for (guint i = n >= HTH_DEVICE_ADDRESSES_MAX ? 1 : 0; i < n; i++)
        g_strv_builder_add(builder, self->addresses[i]);
    g_strv_builder_add(builder, address);
    g_strfreev(self->addresses);
    self->addresses = g_strv_builder_end(builder);
    return TRUE;
}

gboolean hth_device_remove_address(HthDevice *self, const char *address)
{
    if (!g_strv_contains((const char *const *)self->addresses, address))
        return FALSE;
    g_autoptr(GStrvBuilder) builder = g_strv_builder_new();
    for (char **each = self->addresses; *each != NULL; each++) {
        if (strcmp(*each, address) != 0)
            g_strv_builder_add(builder, *each);
    }
    g_strfreev(self->addresses);
    self->addresses = g_strv_builder_end(builder);
    return TRUE;
}

void hth_device_add_note(HthDevice *self, const char *asked, const char *got)
{
    HthDeviceNote *note = g_new(HthDeviceNote, 1);
    *note = (HthDeviceNote){
        .unix_s = g_get_real_time() / G_USEC_PER_SEC,
        .asked = hth_text_clean(asked, NOTE_TEXT_MAX_BYTES),
        .got = hth_text_clean(got, NOTE_TEXT_MAX_BYTES),
    };
    if (self->notes->len >= HTH_DEVICE_NOTES_MAX)
        g_ptr_array_remove_index(self->notes, 0);
    g_ptr_array_add(self->notes, note);
}

char *hth_device_to_json(const HthDevice *self)
{
    JsonObject *object = json_object_new();
    hth_json_set_text(object, "given_name", self->given_name);
    hth_json_set_text(object, "name", self->name);
    hth_json_set_text(object, "model", self->model);
    hth_json_set_text(object, "client", self->client);
    hth_json_set_text(object, "user_agent", self->user_agent);
    hth_json_set_texts(object, "addresses", (const char *const *)self->addresses);
    json_object_set_int_member(object, "first_seen_unix_s", self->first_seen_unix_s);
    json_object_set_int_member(object, "last_seen_unix_s", self->last_seen_unix_s);
    if (self->has_own_policy)
        json_object_set_string_member(object, "policy", hth_device_policy_name(self->policy));
    return hth_json_print_object(object);
}

static char *dup_member(JsonObject *object, const char *name)
{
    return g_strdup(json_object_get_string_member_with_default(object, name, NULL));
}

HthDevice *hth_device_from_json(const char *id, const char *json, GError **error)
{
    g_autoptr(JsonNode) node = json_from_string(json, error);
    if (node == NULL || !JSON_NODE_HOLDS_OBJECT(node)) {
        if (error != NULL && *error == NULL)
            g_set_error(error, HTH_ERROR, HTH_ERROR_CORRUPT, "the row of device %s is damaged", id);
        return NULL;
    }
    JsonObject *object = json_node_get_object(node);
    HthDevice *self = hth_device_new(id);
    self->given_name = dup_member(object, "given_name");
    self->name = dup_member(object, "name");
    self->model = dup_member(object, "model");
    self->client = dup_member(object, "client");
    self->user_agent = dup_member(object, "user_agent");
    self->first_seen_unix_s = json_object_get_int_member_with_default(object, "first_seen_unix_s",
                                                                      self->first_seen_unix_s);
    self->last_seen_unix_s = json_object_get_int_member_with_default(object, "last_seen_unix_s", 0);
    self->has_own_policy = hth_device_policy_from_name(
        json_object_get_string_member_with_default(object, "policy", NULL), &self->policy);
    g_auto(GStrv) addresses = hth_json_get_texts(object, "addresses");
    for (char **address = addresses; *address != NULL; address++)
        (void)hth_device_add_address(self, *address);
    return self;
}
