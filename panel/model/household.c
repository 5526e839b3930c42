/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "model/household.h"

#include <glib/gi18n.h>
#include <string.h>

#include "api/member.h"
#include "wording.h"

#define REFRESH_SECONDS 10

struct _HthHousehold {
    GObject parent;
    HthHome *home;
    JsonObject *devices;
    JsonObject *paired;
    GCancellable *cancellable;
    guint timer; /* source */
    guint n_asked;
};

G_DEFINE_FINAL_TYPE(HthHousehold, hth_household, G_TYPE_OBJECT)

static guint changed_signal; /* set once, by class_init */

static void changed(HthHousehold *self)
{
    g_signal_emit(self, changed_signal, 0);
}

static void call(HthHousehold *self, const char *path, GAsyncReadyCallback callback, gpointer data)
{
    hth_api_client_call(hth_home_client(self->home), "GET", path, NULL, self->cancellable, callback,
                        data);
}

/* ---- Lists ---- */

static void take(HthHousehold *self, JsonObject **where, JsonObject *answer)
{
    self->n_asked--;
    if (answer == NULL)
        return;
    g_clear_pointer(where, json_object_unref);
    *where = answer;
    changed(self);
}

static void on_devices(GObject *source, GAsyncResult *result, gpointer data)
{
    g_autoptr(HthHousehold) self = data;
    take(self, &self->devices, hth_api_client_call_finish(HTH_API_CLIENT(source), result, NULL));
}

static void on_paired(GObject *source, GAsyncResult *result, gpointer data)
{
    g_autoptr(HthHousehold) self = data;
    take(self, &self->paired, hth_api_client_call_finish(HTH_API_CLIENT(source), result, NULL));
}

void hth_household_refresh(HthHousehold *self)
{
    if (self->n_asked > 0 || !hth_home_is_connected(self->home))
        return;
    self->n_asked = 2;
    call(self, "devices", on_devices, g_object_ref(self));
    call(self, "paired", on_paired, g_object_ref(self));
}

static gboolean on_timer(gpointer data)
{
    hth_household_refresh(data);
    return G_SOURCE_CONTINUE;
}

JsonObject *hth_household_devices(HthHousehold *self)
{
    return self->devices;
}

JsonObject *hth_household_paired(HthHousehold *self)
{
    return self->paired;
}

char *hth_household_path_text(JsonObject *paired)
{
    if (strcmp(hth_member_text(paired, "state"), "wiping") == 0)
        return g_strdup(_("Removes what it holds when it comes next"));
    if (strcmp(hth_member_text(paired, "state"), "revoked") == 0)
        return g_strdup(_("This device’s access was taken away."));
    const char *way = hth_member_text(paired, "way.path");
    const gint64 seen = hth_member_number(paired, "last_seen_unix_s");
    if (seen == 0)
        return g_strdup(_("Has not come yet"));
    g_autofree char *ago = hth_wording_ago(seen);
    if (strcmp(way, "relay") == 0)
        return g_strdup_printf(_("Away, through the locker · seen %s"), ago);
    if (strcmp(way, "lan") == 0)
        return g_strdup_printf(_("On this network · seen %s"), ago);
    return g_strdup_printf(_("Last seen %s"), ago);
}

/* ---- Object ---- */

static void hth_household_init(HthHousehold *self)
{
    self->cancellable = g_cancellable_new();
    self->timer = g_timeout_add_seconds(REFRESH_SECONDS, on_timer, self);
}

static void hth_household_finalize(GObject *object)
{
    HthHousehold *self = HTH_HOUSEHOLD(object);
    g_clear_handle_id(&self->timer, g_source_remove);
    g_cancellable_cancel(self->cancellable);
    g_clear_object(&self->cancellable);
    g_signal_handlers_disconnect_by_data(self->home, self);
    g_clear_object(&self->home);
    g_clear_pointer(&self->devices, json_object_unref);
    g_clear_pointer(&self->paired, json_object_unref);
    G_OBJECT_CLASS(hth_household_parent_class)->finalize(object);
}

static void hth_household_class_init(HthHouseholdClass *class)
{
    G_OBJECT_CLASS(class)->finalize = hth_household_finalize;
    changed_signal = g_signal_new("changed", HTH_TYPE_HOUSEHOLD, G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                                  NULL, G_TYPE_NONE, 0);
}

HthHousehold *hth_household_new(HthHome *home)
{
    HthHousehold *self = g_object_new(HTH_TYPE_HOUSEHOLD, NULL);
    self->home = g_object_ref(home);
    g_signal_connect_swapped(home, "devices", G_CALLBACK(hth_household_refresh), self);
    g_signal_connect_swapped(home, "connection", G_CALLBACK(hth_household_refresh), self);
    return self;
}
