/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "pairing/paired-device.h"

#include <string.h>

#include "base/json.h"
#include "base/text.h"

static const char *const role_names[] = {
    [HTH_PAIRED_HANDHELD] = "handheld",
    [HTH_PAIRED_OWNER] = "owner",
};
G_STATIC_ASSERT(G_N_ELEMENTS(role_names) == HTH_N_PAIRED_ROLES);

static const char *const state_names[] = {
    [HTH_PAIRED_ACTIVE] = "paired",
    [HTH_PAIRED_WIPING] = "wiping",
    [HTH_PAIRED_REVOKED] = "revoked",
};
G_STATIC_ASSERT(G_N_ELEMENTS(state_names) == HTH_N_PAIRED_STATES);

HthPairedDevice *hth_paired_device_copy(const HthPairedDevice *self)
{
    HthPairedDevice *copy = g_memdup2(self, sizeof *self);
    copy->name = g_strdup(self->name);
    copy->address = g_strdup(self->address);
    return copy;
}

void hth_paired_device_free(HthPairedDevice *self)
{
    if (self == NULL)
        return;
    g_free(self->name);
    g_free(self->address);
    g_free(self);
}

static gboolean index_of(const char *const *names, guint n_names, const char *name, guint *out)
{
    for (guint i = 0; i < n_names; i++) {
        if (g_strcmp0(names[i], name) == 0) {
            *out = i;
            return TRUE;
        }
    }
    return FALSE;
}

const char *hth_paired_role_name(HthPairedRole role)
{
    return role_names[role];
}

gboolean hth_paired_role_from_name(const char *name, HthPairedRole *out_role)
{
    return index_of(role_names, HTH_N_PAIRED_ROLES, name, out_role);
}

const char *hth_paired_state_name(HthPairedState state)
{
    return state_names[state];
}

JsonObject *hth_paired_device_to_json(const HthPairedDevice *self)
{
    g_autofree char *id = hth_key_id_to_text(&self->id);
    JsonObject *object = json_object_new();
    json_object_set_string_member(object, "id", id);
    json_object_set_string_member(object, "name", self->name);
    json_object_set_string_member(object, "role", hth_paired_role_name(self->role));
    json_object_set_string_member(object, "state", hth_paired_state_name(self->state));
    json_object_set_int_member(object, "paired_unix_s", self->paired_unix_s);
    json_object_set_int_member(object, "last_seen_unix_s", self->seen_unix_s);
    hth_json_set_text(object, "address", self->address);
    return object;
}

HthPairedDevice *hth_paired_device_from_json(JsonObject *object)
{
    g_autoptr(HthPairedDevice) self = g_new0(HthPairedDevice, 1);
    const char *id = json_object_get_string_member_with_default(object, "id", "");
    const char *role = json_object_get_string_member_with_default(object, "role", "");
    const char *state = json_object_get_string_member_with_default(object, "state", "");
    self->name = hth_text_clean(json_object_get_string_member_with_default(object, "name", NULL),
                                HTH_PAIRED_NAME_MAX_BYTES);
    self->address = g_strdup(json_object_get_string_member_with_default(object, "address", NULL));
    self->paired_unix_s = json_object_get_int_member_with_default(object, "paired_unix_s", 0);
    self->seen_unix_s = json_object_get_int_member_with_default(object, "last_seen_unix_s", 0);
    if (self->name == NULL || !hth_key_id_from_text(id, &self->id) ||
        !hth_paired_role_from_name(role, &self->role) ||
        !index_of(state_names, HTH_N_PAIRED_STATES, state, &self->state))
        return NULL;
    return g_steal_pointer(&self);
}
