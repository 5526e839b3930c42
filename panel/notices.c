/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "notices.h"

#include <glib/gi18n.h>
#include <string.h>

#include "api/member.h"
#include "wording.h"

#define LOCKER_S 30
/* Of things that are remembered. */
#define MEMORY_MAX 200

struct HthNotices {
    GApplication *application;
    HthPanel *panel;
    char *memory_path;
    GHashTable *sent;   /* (element utf8) ids that are out, or were in an earlier run */
    JsonObject *locker; /* as last answered; NULL before */
    GCancellable *cancellable;
    guint timer; /* source */
    gboolean is_asking;
};

void hth_notice_free(HthNotice *self)
{
    if (self == NULL)
        return;
    g_free(self->id);
    g_free(self->title);
    g_free(self->body);
    g_free(self->target);
    g_free(self);
}

/* ---- What needs a person ---- */

/* Takes all but @body. */
static void add(GPtrArray *notices, char *id, char *title, const char *body, char *target)
{
    HthNotice *notice = g_new(HthNotice, 1);
    *notice = (HthNotice){ id, title, g_strdup(body), target };
    g_ptr_array_add(notices, notice);
}

static void add_held_back(GPtrArray *notices, JsonObject *paired)
{
    for (guint i = 0; i < hth_member_length(paired, "paired"); i++) {
        JsonObject *device = hth_member_at(paired, "paired", i);
        const gint64 n = hth_member_number(device, "held_back");
        const char *id = hth_member_text(device, "id");
        if (n <= 0 || strcmp(hth_member_text(device, "state"), "paired") != 0)
            continue;
        g_autofree char *files = hth_wording_files(n);
        add(notices, g_strconcat("held ", id, NULL),
            g_strdup_printf(_("%s are gone from “%s” at once"), files,
                            hth_member_text(device, "name")),
            _("Say whether this was meant. Until then they are not brought again."),
            g_strconcat("handheld:", id, NULL));
    }
}

static void add_waiting(GPtrArray *notices, JsonObject *devices)
{
    for (guint i = 0; i < hth_member_length(devices, "devices"); i++) {
        JsonObject *device = hth_member_at(devices, "devices", i);
        const char *id = hth_member_text(device, "id");
        if (strcmp(hth_member_text(device, "policy"), "waiting") != 0)
            continue;
        add(notices, g_strconcat("waits ", id, NULL),
            g_strdup_printf(_("“%s” wants to see this home’s media"),
                            hth_member_text(device, "label")),
            _("It is new, and waits for your permission."), g_strconcat("device:", id, NULL));
    }
}

static void add_folders(GPtrArray *notices, JsonObject *status)
{
    for (guint i = 0; i < hth_member_length(status, "roots"); i++) {
        JsonObject *root = hth_member_at(status, "roots", i);
        const char *path = hth_member_text(root, "path");
        if (hth_member_is(root, "is_available"))
            continue;
        g_autofree char *name = g_filename_display_basename(path);
        add(notices, g_strconcat("root ", path, NULL),
            g_strdup_printf(_("The folder “%s” is away"), name),
            _("Its disk may have to be connected. What it holds stays known and comes back with "
              "it."),
            g_strdup("page:home"));
    }
}

static void add_library(GPtrArray *notices, JsonObject *status)
{
    const char *problem = hth_member_text(status, "scan.problem");
    if (*problem != '\0')
        add(notices, g_strdup("library"), g_strdup(_("The library cannot be written")), problem,
            g_strdup("page:home"));
}

static void add_locker(GPtrArray *notices, JsonObject *locker)
{
    if (strcmp(hth_member_text(locker, "state"), "ended") != 0)
        return;
    add(notices, g_strconcat("locker ", hth_member_text(locker, "address"), NULL),
        g_strdup(_("The locker no longer serves this home")),
        _("Handhelds find home on its own network only, until you join one again."),
        g_strdup("page:away"));
}

GPtrArray *hth_notices_of(JsonObject *status, JsonObject *devices, JsonObject *paired,
                          JsonObject *locker)
{
    GPtrArray *notices = g_ptr_array_new_with_free_func((GDestroyNotify)hth_notice_free);
    add_held_back(notices, paired);
    add_waiting(notices, devices);
    add_folders(notices, status);
    add_library(notices, status);
    add_locker(notices, locker);
    return notices;
}

/* ---- What was sent ---- */

static void load(HthNotices *self)
{
    g_autofree char *text = NULL;
    if (!g_file_get_contents(self->memory_path, &text, NULL, NULL))
        return; /* nothing was ever sent */
    g_auto(GStrv) lines = g_strsplit(text, "\n", MEMORY_MAX + 1);
    for (guint i = 0; lines[i] != NULL && i < MEMORY_MAX; i++) {
        if (*lines[i] != '\0' && g_utf8_validate(lines[i], -1, NULL))
            g_hash_table_add(self->sent, g_strdup(lines[i]));
    }
}

static void save(HthNotices *self)
{
    g_autoptr(GString) text = g_string_new(NULL);
    GHashTableIter iter;
    gpointer id;
    g_hash_table_iter_init(&iter, self->sent);
    while (g_hash_table_iter_next(&iter, &id, NULL))
        g_string_append_printf(text, "%s\n", (const char *)id);
    g_autofree char *folder = g_path_get_dirname(self->memory_path);
    /* Where it cannot be kept, something is said once more: no reason to trouble anybody. */
    if (g_mkdir_with_parents(folder, 0700) == 0)
        (void)g_file_set_contents(self->memory_path, text->str, (gssize)text->len, NULL);
}

/* ---- Sending ---- */

static void send(HthNotices *self, const HthNotice *notice)
{
    g_autoptr(GNotification) notification = g_notification_new(notice->title);
    g_notification_set_body(notification, notice->body);
    g_notification_set_default_action_and_target(notification, "app.show", "s", notice->target);
    g_application_send_notification(self->application, notice->id, notification);
}

static gboolean is_among(const GPtrArray *notices, const char *id)
{
    for (guint i = 0; i < notices->len; i++) {
        if (strcmp(((const HthNotice *)notices->pdata[i])->id, id) == 0)
            return TRUE;
    }
    return FALSE;
}

static gboolean withdraw_others(HthNotices *self, const GPtrArray *notices)
{
    gboolean has_changed = FALSE;
    GHashTableIter iter;
    gpointer id;
    g_hash_table_iter_init(&iter, self->sent);
    while (g_hash_table_iter_next(&iter, &id, NULL)) {
        if (is_among(notices, id))
            continue;
        g_application_withdraw_notification(self->application, id);
        g_hash_table_iter_remove(&iter);
        has_changed = TRUE;
    }
    return has_changed;
}

static void look(HthNotices *self)
{
    HthPanel *panel = self->panel;
    JsonObject *status = hth_home_status(panel->home);
    JsonObject *devices = hth_household_devices(panel->household);
    JsonObject *paired = hth_household_paired(panel->household);
    /* What is not known yet is not over either. */
    if (status == NULL || devices == NULL || paired == NULL || self->locker == NULL ||
        !hth_home_is_connected(panel->home))
        return;
    g_autoptr(GPtrArray) notices = hth_notices_of(status, devices, paired, self->locker);
    gboolean has_changed = withdraw_others(self, notices);
    for (guint i = 0; i < notices->len; i++) {
        const HthNotice *notice = notices->pdata[i];
        if (g_hash_table_size(self->sent) >= MEMORY_MAX ||
            !g_hash_table_add(self->sent, g_strdup(notice->id)))
            continue;
        send(self, notice);
        has_changed = TRUE;
    }
    if (has_changed)
        save(self);
}

/* ---- The locker, which no status tells of ---- */

static void on_locker(GObject *source, GAsyncResult *result, gpointer data)
{
    g_autoptr(GError) error = NULL;
    JsonObject *locker = hth_api_client_call_finish(HTH_API_CLIENT(source), result, &error);
    if (g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
        return;
    HthNotices *self = data;
    self->is_asking = FALSE;
    if (locker == NULL)
        return;
    g_clear_pointer(&self->locker, json_object_unref);
    self->locker = locker;
    look(self);
}

static void ask_locker(HthNotices *self)
{
    if (self->is_asking || !hth_home_is_connected(self->panel->home))
        return;
    self->is_asking = TRUE;
    hth_api_client_call(hth_home_client(self->panel->home), "GET", "locker", NULL,
                        self->cancellable, on_locker, self);
}

static gboolean on_timer(gpointer data)
{
    ask_locker(data);
    return G_SOURCE_CONTINUE;
}

HthNotices *hth_notices_new(GApplication *application, HthPanel *panel, const char *memory_path)
{
    HthNotices *self = g_new0(HthNotices, 1);
    self->application = application;
    self->panel = panel;
    self->memory_path = g_strdup(memory_path);
    self->sent = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    self->cancellable = g_cancellable_new();
    self->timer = g_timeout_add_seconds(LOCKER_S, on_timer, self);
    load(self);
    g_signal_connect_swapped(panel->home, "status", G_CALLBACK(look), self);
    g_signal_connect_swapped(panel->home, "connection", G_CALLBACK(ask_locker), self);
    g_signal_connect_swapped(panel->household, "changed", G_CALLBACK(look), self);
    return self;
}

void hth_notices_free(HthNotices *self)
{
    if (self == NULL)
        return;
    g_signal_handlers_disconnect_by_data(self->panel->home, self);
    g_signal_handlers_disconnect_by_data(self->panel->household, self);
    g_clear_handle_id(&self->timer, g_source_remove);
    g_cancellable_cancel(self->cancellable);
    g_object_unref(self->cancellable);
    g_clear_pointer(&self->locker, json_object_unref);
    g_hash_table_unref(self->sent);
    g_free(self->memory_path);
    g_free(self);
}
