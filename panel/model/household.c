/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "model/household.h"

#include <glib/gi18n.h>
#include <string.h>

#include "api/member.h"
#include "wording.h"

#define REFRESH_SECONDS 10
/* A device that was not seen for so long plays nothing. */
#define ACTIVE_SECONDS (3 * 60)
/* A film that has no length, or a track, is taken for so long. */
#define UNKNOWN_SECONDS (3 * 60)
#define ACTIVE_MAX      8

struct _HthHousehold {
    GObject parent;
    HthHome *home;
    JsonObject *devices;
    JsonObject *paired;
    GPtrArray *playing;
    GCancellable *cancellable;
    guint timer; /* source */
    guint n_asked;
};

G_DEFINE_FINAL_TYPE(HthHousehold, hth_household, G_TYPE_OBJECT)

static guint changed_signal; /* set once, by class_init */

static void playing_free(gpointer data)
{
    HthPlaying *playing = data;
    g_free(playing->device_id);
    g_free(playing->device);
    g_free(playing->item_id);
    g_free(playing->title);
    g_free(playing);
}

static void changed(HthHousehold *self)
{
    g_signal_emit(self, changed_signal, 0);
}

static void call(HthHousehold *self, const char *path, GAsyncReadyCallback callback, gpointer data)
{
    hth_api_client_call(hth_home_client(self->home), "GET", path, NULL, self->cancellable, callback,
                        data);
}

static HthPlaying *playing_of(HthHousehold *self, const char *device_id)
{
    for (guint i = 0; i < self->playing->len; i++) {
        HthPlaying *playing = self->playing->pdata[i];
        if (strcmp(playing->device_id, device_id) == 0)
            return playing;
    }
    return NULL;
}

static gint64 now_unix_s(void)
{
    return g_get_real_time() / G_USEC_PER_SEC;
}

static void drop_ended(HthHousehold *self)
{
    for (guint i = self->playing->len; i > 0; i--) {
        if (((HthPlaying *)self->playing->pdata[i - 1])->until_unix_s < now_unix_s())
            g_ptr_array_remove_index(self->playing, i - 1);
    }
}

/* ---- What a device plays: its last request for media, and what that was ---- */

typedef struct {
    HthHousehold *self;
    char *device_id;
    char *device;
    gint64 asked_unix_s;
} Look;

static void look_free(Look *look)
{
    g_object_unref(look->self);
    g_free(look->device_id);
    g_free(look->device);
    g_free(look);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Look, look_free)

static void on_item(GObject *source, GAsyncResult *result, gpointer data)
{
    g_autoptr(Look) look = data;
    HthHousehold *self = look->self;
    g_autoptr(JsonObject) item = hth_api_client_call_finish(HTH_API_CLIENT(source), result, NULL);
    const char *kind = hth_member_text(item, "kind");
    if (strcmp(kind, "track") != 0 && strcmp(kind, "video") != 0)
        return;
    const gint64 duration_ms = hth_member_number(item, "duration_ms");
    HthPlaying *playing = playing_of(self, look->device_id);
    if (playing != NULL)
        g_ptr_array_remove(self->playing, playing);
    playing = g_new(HthPlaying, 1);
    g_autofree char *artists = hth_member_joined(item, "artists", ", ");
    const char *title = hth_member_text(item, "title");
    *playing = (HthPlaying){
        .device_id = g_strdup(look->device_id),
        .device = g_strdup(look->device),
        .item_id = g_strdup(hth_member_text(item, "id")),
        .title = artists != NULL ? g_strdup_printf("%s – %s", title, artists) : g_strdup(title),
        .until_unix_s =
            look->asked_unix_s + (duration_ms > 0 ? duration_ms / 1000 : UNKNOWN_SECONDS),
    };
    g_ptr_array_add(self->playing, playing);
    drop_ended(self);
    changed(self);
}

static void on_timeline(GObject *source, GAsyncResult *result, gpointer data)
{
    g_autoptr(Look) look = data;
    g_autoptr(JsonObject) device = hth_api_client_call_finish(HTH_API_CLIENT(source), result, NULL);
    const char *asked = NULL;
    for (guint i = 0; i < hth_member_length(device, "timeline"); i++) {
        JsonObject *note = hth_member_at(device, "timeline", i);
        const char *text = strstr(hth_member_text(note, "asked"), "/m/");
        if (text == NULL || strstr(text, "/original.") == NULL ||
            hth_member_number(note, "unix_s") < look->asked_unix_s)
            continue;
        asked = text;
        look->asked_unix_s = hth_member_number(note, "unix_s");
    }
    if (asked == NULL)
        return;
    g_auto(GStrv) parts = g_strsplit(asked, "/", 4); /* "", "m", ID, … */
    g_autofree char *id = g_uri_escape_string(parts[2], NULL, FALSE);
    g_autofree char *path = g_strconcat("item/", id, NULL);
    HthHousehold *self = look->self;
    call(self, path, on_item, g_steal_pointer(&look));
}

static void look_at(HthHousehold *self, JsonObject *device)
{
    Look *look = g_new0(Look, 1);
    look->self = g_object_ref(self);
    look->device_id = g_strdup(hth_member_text(device, "id"));
    look->device = g_strdup(hth_member_text(device, "label"));
    g_autofree char *id = g_uri_escape_string(look->device_id, NULL, FALSE);
    g_autofree char *path = g_strconcat("devices/", id, NULL);
    call(self, path, on_timeline, look);
}

static void look_at_active(HthHousehold *self)
{
    guint n = 0;
    for (guint i = 0; i < hth_member_length(self->devices, "devices") && n < ACTIVE_MAX; i++) {
        JsonObject *device = hth_member_at(self->devices, "devices", i);
        if (hth_member_number(device, "last_seen_unix_s") > now_unix_s() - ACTIVE_SECONDS) {
            look_at(self, device);
            n++;
        }
    }
    drop_ended(self);
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
    look_at_active(self);
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

const GPtrArray *hth_household_playing(HthHousehold *self)
{
    return self->playing;
}

char *hth_household_path_text(JsonObject *paired)
{
    if (strcmp(hth_member_text(paired, "state"), "wiping") == 0)
        return g_strdup(_("Removes what it holds when it comes next"));
    if (strcmp(hth_member_text(paired, "state"), "revoked") == 0)
        return g_strdup(_("This device’s access was taken away."));
    const char *way = hth_member_text(paired, "way");
    const gint64 seen = hth_member_number(paired, "last_seen_unix_s");
    if (hth_member_is(paired, "is_here") && strcmp(way, "relay") == 0)
        return g_strdup(_("Away, through the relay"));
    if (hth_member_is(paired, "is_here"))
        return g_strdup(_("At home now"));
    if (seen == 0)
        return g_strdup(_("Has not come yet"));
    g_autofree char *ago = hth_wording_ago(seen);
    return g_strdup_printf(_("Last seen %s"), ago);
}

/* ---- Object ---- */

static void hth_household_init(HthHousehold *self)
{
    self->playing = g_ptr_array_new_with_free_func(playing_free);
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
    g_ptr_array_unref(self->playing);
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
