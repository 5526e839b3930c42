/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "page/device-page.h"

#include <glib/gi18n.h>
#include <string.h>

#include "api/member.h"
#include "widget/playing-row.h"
#include "widget/row-set.h"
#include "widget/sheet.h"
#include "wording.h"

#define REFRESH_SECONDS 3
#define TIMELINE_MAX    40

typedef struct {
    HthPanel *panel;
    char *id;
    char *path; /* of the API */
    GCancellable *cancellable;
    guint timer; /* source */
    gboolean has_shown;
    gboolean is_showing; /* what is set now is not a person's wish */
    AdwEntryRow *name;
    GtkSwitch *allowed;
    GtkWidget *playing; /* row; hidden while nothing is played */
    AdwPreferencesGroup *facts;
    AdwPreferencesGroup *timeline;
    HthRowSet *notes;
} DevicePage;

static void page_free(gpointer data)
{
    DevicePage *self = data;
    g_cancellable_cancel(self->cancellable);
    g_object_unref(self->cancellable);
    g_clear_handle_id(&self->timer, g_source_remove);
    hth_row_set_free(self->notes);
    g_free(self->id);
    g_free(self->path);
    g_free(self);
}

/* ---- What it looks like ---- */

const char *hth_device_icon(JsonObject *device)
{
    g_autofree char *all =
        g_strconcat(hth_member_text(device, "client"), " ", hth_member_text(device, "user_agent"),
                    " ", hth_member_text(device, "model"), NULL);
    g_autofree char *low = g_utf8_strdown(all, -1);
    if (strstr(low, "android") != NULL || strstr(low, "iphone") != NULL)
        return "phone-symbolic";
    if (strstr(low, "xbox") != NULL || strstr(low, "playstation") != NULL)
        return "input-gaming-symbolic";
    if (strstr(low, "sonos") != NULL || strstr(low, "yamaha") != NULL ||
        strstr(low, "denon") != NULL || strstr(low, "frontier") != NULL)
        return "audio-speakers-symbolic";
    if (strstr(low, "kodi") != NULL || strstr(low, "vlc") != NULL || strstr(low, "windows") != NULL)
        return "computer-symbolic";
    return "video-display-symbolic";
}

/* A hardware or network address tells nobody anything. */
const char *hth_device_title(JsonObject *device)
{
    const char *label = hth_member_text(device, "label");
    const char *client = hth_member_text(device, "client");
    const gboolean is_address = strcmp(label, hth_member_text(device, "id")) == 0;
    return is_address && *client != '\0' ? client : label;
}

/* ---- What it asked ---- */

static GtkWidget *make_note(gpointer data)
{
    GtkWidget *row = hth_row_new("", "");
    adw_action_row_set_title_lines(ADW_ACTION_ROW(row), 1);
    GtkWidget *when = gtk_label_new(NULL);
    gtk_widget_add_css_class(when, "dim-label");
    gtk_widget_add_css_class(when, "numeric");
    gtk_widget_add_css_class(when, "caption");
    adw_action_row_add_suffix(ADW_ACTION_ROW(row), when);
    g_object_set_data(G_OBJECT(row), "when", when);
    return row;
}

static void show_note(DevicePage *self, JsonObject *note, guint place)
{
    g_autofree char *key = g_strdup_printf("%u", place);
    GtkWidget *row = hth_row_set_row(self->notes, key, make_note, NULL);
    hth_row_set_texts(row, hth_member_text(note, "asked"), hth_member_text(note, "got"));
    g_autoptr(GDateTime) when = g_date_time_new_from_unix_local(hth_member_number(note, "unix_s"));
    g_autofree char *clock = when != NULL ? g_date_time_format(when, "%X") : g_strdup("");
    gtk_label_set_label(g_object_get_data(G_OBJECT(row), "when"), clock);
}

static GtkWidget *make_quiet(gpointer data)
{
    return hth_row_new(_("It has asked nothing since hearth was started"), "");
}

static void show_timeline(DevicePage *self, JsonObject *device)
{
    const guint n = hth_member_length(device, "timeline");
    const gboolean newest_last =
        n > 1 && hth_member_number(hth_member_at(device, "timeline", 0), "unix_s") <=
                     hth_member_number(hth_member_at(device, "timeline", n - 1), "unix_s");
    hth_row_set_begin(self->notes);
    for (guint i = 0; i < MIN(n, TIMELINE_MAX); i++)
        show_note(self, hth_member_at(device, "timeline", newest_last ? n - 1 - i : i), i);
    if (n == 0)
        (void)hth_row_set_row(self->notes, "-", make_quiet, NULL);
    (void)hth_row_set_end(self->notes);
}

/* ---- What it is ---- */

static void show_facts(DevicePage *self, JsonObject *device)
{
    g_autofree char *addresses = hth_member_joined(device, "addresses", ", ");
    g_autofree char *count = hth_wording_number(hth_member_number(device, "n_requests"));
    g_autofree char *first = hth_wording_ago(hth_member_number(device, "first_seen_unix_s"));
    hth_sheet_add_fact(self->facts, _("Model"), hth_member_text(device, "model"));
    hth_sheet_add_fact(self->facts, _("Treated as"), hth_member_text(device, "client"));
    hth_sheet_add_fact(self->facts, _("Calls itself"), hth_member_text(device, "user_agent"));
    hth_sheet_add_fact(self->facts, _("Addresses"), addresses);
    hth_sheet_add_fact(self->facts, _("First seen"), first);
    hth_sheet_add_fact(self->facts, _("Requests"), count);
}

static void show(DevicePage *self, JsonObject *device)
{
    hth_playing_row_update(self->playing, self->panel->home, self->id);
    self->is_showing = TRUE;
    gtk_switch_set_active(self->allowed, strcmp(hth_member_text(device, "policy"), "allowed") == 0);
    if (!self->has_shown) {
        gtk_editable_set_text(GTK_EDITABLE(self->name), hth_member_text(device, "label"));
        show_facts(self, device);
    }
    show_timeline(self, device);
    self->has_shown = TRUE;
    self->is_showing = FALSE;
}

static void on_device(GObject *source, GAsyncResult *result, gpointer data)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(JsonObject) device =
        hth_api_client_call_finish(HTH_API_CLIENT(source), result, &error);
    if (g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
        return; /* the page has gone */
    DevicePage *self = data;
    if (device != NULL)
        show(self, device);
    else if (!self->has_shown)
        hth_window_fail(self->panel->window, error);
}

static void ask(DevicePage *self)
{
    hth_api_client_call(hth_home_client(self->panel->home), "GET", self->path, NULL,
                        self->cancellable, on_device, self);
}

static gboolean on_timer(gpointer data)
{
    ask(data);
    return G_SOURCE_CONTINUE;
}

/* ---- What is changed ---- */

static void on_changed(GObject *source, GAsyncResult *result, gpointer data)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(JsonObject) device =
        hth_api_client_call_finish(HTH_API_CLIENT(source), result, &error);
    if (g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
        return;
    DevicePage *self = data;
    if (device == NULL)
        hth_window_fail(self->panel->window, error);
    hth_household_refresh(self->panel->household);
    ask(self);
}

static void change(DevicePage *self, const char *member, const char *value)
{
    JsonObject *body = json_object_new();
    json_object_set_string_member(body, member, value);
    hth_api_client_call(hth_home_client(self->panel->home), "POST", self->path, body,
                        self->cancellable, on_changed, self);
}

static void on_allowed(GtkSwitch *allowed, GParamSpec *spec, DevicePage *self)
{
    if (!self->is_showing)
        change(self, "policy", gtk_switch_get_active(allowed) ? "allowed" : "hidden");
}

static void on_renamed(AdwEntryRow *row, DevicePage *self)
{
    change(self, "name", gtk_editable_get_text(GTK_EDITABLE(row)));
}

static void on_forgotten(GObject *source, GAsyncResult *result, gpointer data)
{
    HthPanel *panel = data;
    g_autoptr(GError) error = NULL;
    g_autoptr(JsonObject) answer =
        hth_api_client_call_finish(HTH_API_CLIENT(source), result, &error);
    if (answer == NULL && panel->window != NULL)
        hth_window_fail(panel->window, error);
    hth_household_refresh(panel->household);
}

static void on_forget(GtkButton *button, DevicePage *self)
{
    HthPanel *panel = self->panel;
    hth_api_client_call(hth_home_client(panel->home), "DELETE", self->path, NULL, NULL,
                        on_forgotten, panel);
    hth_window_pop(panel->window);
}

/* ---- Opening ---- */

static void add_access(DevicePage *self, GtkBox *box)
{
    AdwPreferencesGroup *group = hth_sheet_add_group(box, NULL, NULL);
    self->playing = hth_playing_row_new();
    adw_preferences_group_add(group, self->playing);
    self->name = ADW_ENTRY_ROW(adw_entry_row_new());
    adw_preferences_row_set_title(ADW_PREFERENCES_ROW(self->name), _("Name"));
    adw_entry_row_set_show_apply_button(self->name, TRUE);
    g_signal_connect(self->name, "apply", G_CALLBACK(on_renamed), self);
    adw_preferences_group_add(group, GTK_WIDGET(self->name));
    GtkWidget *row = hth_row_new(_("May see this home’s media"),
                                 _("A device that may not sees an empty home and is refused."));
    self->allowed = GTK_SWITCH(gtk_switch_new());
    gtk_widget_set_valign(GTK_WIDGET(self->allowed), GTK_ALIGN_CENTER);
    adw_action_row_add_suffix(ADW_ACTION_ROW(row), GTK_WIDGET(self->allowed));
    adw_action_row_set_activatable_widget(ADW_ACTION_ROW(row), GTK_WIDGET(self->allowed));
    g_signal_connect(self->allowed, "notify::active", G_CALLBACK(on_allowed), self);
    adw_preferences_group_add(group, row);
}

static void add_forget(DevicePage *self, GtkBox *box)
{
    GtkWidget *button = hth_button_new(_("_Forget This Device"));
    gtk_widget_set_halign(button, GTK_ALIGN_CENTER);
    gtk_widget_add_css_class(button, "pill");
    gtk_widget_set_tooltip_text(button, _("It is new when it asks again"));
    g_signal_connect(button, "clicked", G_CALLBACK(on_forget), self);
    gtk_box_append(box, button);
}

void hth_device_page_open(HthPanel *panel, const char *id, const char *label)
{
    GtkBox *box = NULL;
    GtkWidget *sheet = hth_sheet_new(&box);
    DevicePage *self = g_new0(DevicePage, 1);
    g_autofree char *escaped = g_uri_escape_string(id, NULL, FALSE);
    self->panel = panel;
    self->id = g_strdup(id);
    self->path = g_strconcat("devices/", escaped, NULL);
    self->cancellable = g_cancellable_new();
    add_access(self, box);
    self->facts = hth_sheet_add_group(box, _("About"), NULL);
    self->timeline = hth_sheet_add_group(box, _("Last Requests"), NULL);
    self->notes = hth_row_set_new(self->timeline);
    add_forget(self, box);
    g_object_set_data_full(G_OBJECT(sheet), "page", self, page_free);
    self->timer = g_timeout_add_seconds(REFRESH_SECONDS, on_timer, self);
    ask(self);
    hth_window_push(panel->window, label, sheet, NULL);
}
