/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "page/settings-window.h"

#include <glib/gi18n.h>
#include <string.h>

#include "api/api-error.h"
#include "api/member.h"
#include "page/folder-rows.h"
#include "widget/row-set.h"
#include "widget/sheet.h"

/* Where each group of the configuration is shown. A group that is not listed, of a newer daemon,
 * goes to the last page under its own name. */
static const struct {
    const char *group;
    const char *title;
    gboolean is_advanced;
} groups[] = {
    { "hearth", N_("This Home"), FALSE },
    { "library", N_("Library"), FALSE },
    { "dlna", N_("Televisions and Players"), FALSE },
    { "sync", N_("Handhelds"), FALSE },
    { "away", N_("Away From Home"), FALSE },
    { "renditions", N_("Conversion"), FALSE },
    { "http", N_("Connections"), TRUE },
    { "log", N_("Log"), TRUE },
    { "plugins", N_("Parts"), TRUE },
};

/* Names of settings for people; those of a newer daemon have their own. */
static const struct {
    const char *name;
    const char *title;
} titles[] = {
    { "hearth.name", N_("Name") },
    { "hearth.port", N_("Port for televisions") },
    { "hearth.device-port", N_("Port for handhelds") },
    { "hearth.interfaces", N_("Network interfaces") },
    { "hearth.allow-subnets", N_("Further networks") },
    { "hearth.host-names", N_("Further names of this computer") },
    { "library.settle-ms", N_("Rest before a file is read") },
    { "library.poll-seconds", N_("Look through network folders every") },
    { "library.workers", N_("Files read at a time") },
    { "library.watch", N_("Notice changes by itself") },
    { "http.threads", N_("Threads") },
    { "http.max-connections", N_("Connections at a time") },
    { "http.max-connections-per-device", N_("Connections a device") },
    { "http.head-seconds", N_("Time for a request") },
    { "http.body-seconds", N_("Time for what a request carries") },
    { "http.idle-seconds", N_("Idle connections close after") },
    { "dlna.new-devices-wait", N_("New devices wait for permission") },
    { "sync.uploads", N_("Folder for photos from handhelds") },
    { "renditions.cache-megabytes", N_("Room for converted files") },
    { "renditions.conversions", N_("Conversions at a time") },
    { "log.levels", N_("What is logged") },
    { "plugins.enable", N_("Started besides") },
    { "plugins.disable", N_("Not started") },
};

typedef struct {
    HthPanel *panel;
    AdwPreferencesWindow *window;
    AdwPreferencesPage *basic;
    AdwPreferencesPage *advanced;
    GHashTable *made; /* group name → AdwPreferencesGroup */
    AdwToast *offer;  /* of a restart, until it is dismissed; NULL: none */
    GCancellable *cancellable;
} Settings;

static void drop_offer(Settings *self)
{
    if (self->offer != NULL)
        g_signal_handlers_disconnect_by_data(self->offer, self);
    g_clear_object(&self->offer);
}

static void settings_free(gpointer data)
{
    Settings *self = data;
    drop_offer(self);
    g_cancellable_cancel(self->cancellable);
    g_object_unref(self->cancellable);
    g_hash_table_unref(self->made);
    g_free(self);
}

/* ---- Changing ---- */

static void say(Settings *self, const char *text)
{
    g_autofree char *escaped = g_markup_escape_text(text, -1);
    adw_preferences_window_add_toast(self->window, adw_toast_new(escaped));
}

static void on_restarted(GObject *source, GAsyncResult *result, gpointer data)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(JsonObject) answer =
        hth_api_client_call_finish(HTH_API_CLIENT(source), result, &error);
    if (g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
        return;
    Settings *self = data;
    if (answer == NULL)
        hth_sheet_tell(_("hearth Could Not Be Restarted"), error);
    else
        say(self, _("hearth restarts"));
}

static void on_restart(AdwToast *toast, Settings *self)
{
    hth_api_client_call(hth_home_client(self->panel->home), "POST", "restart", NULL,
                        self->cancellable, on_restarted, self);
}

/* Stays until it is answered: what waits for a restart waits as long. */
static void offer_restart(Settings *self)
{
    if (self->offer != NULL)
        return;
    self->offer = adw_toast_new(_("Takes effect after a restart of hearth"));
    adw_toast_set_button_label(self->offer, _("Restart"));
    adw_toast_set_timeout(self->offer, 0);
    g_signal_connect(self->offer, "button-clicked", G_CALLBACK(on_restart), self);
    g_signal_connect_swapped(self->offer, "dismissed", G_CALLBACK(drop_offer), self);
    adw_preferences_window_add_toast(self->window, g_object_ref(self->offer));
    hth_mend_button_names(GTK_WIDGET(self->window)); /* that of the toast */
}

static void on_changed(GObject *source, GAsyncResult *result, gpointer data)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(JsonObject) setting =
        hth_api_client_call_finish(HTH_API_CLIENT(source), result, &error);
    if (g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
        return;
    Settings *self = data;
    if (setting == NULL)
        hth_sheet_tell(_("This Cannot Be Set"), error);
    else if (hth_member_is(setting, "awaits_restart"))
        offer_restart(self);
    hth_home_refresh(self->panel->home);
}

/* @value: as the configuration file has it. */
static void put(Settings *self, GtkWidget *row, const char *value)
{
    const char *name = g_object_get_data(G_OBJECT(row), "name");
    JsonObject *body = json_object_new();
    json_object_set_string_member(body, "value", value);
    g_autofree char *path = g_strconcat("config/", name, NULL);
    hth_api_client_call(hth_home_client(self->panel->home), "PUT", path, body, self->cancellable,
                        on_changed, self);
}

static void on_switched(GtkSwitch *control, GParamSpec *spec, Settings *self)
{
    GtkWidget *row = gtk_widget_get_ancestor(GTK_WIDGET(control), ADW_TYPE_ACTION_ROW);
    put(self, row, gtk_switch_get_active(control) ? "true" : "false");
}

static void on_number(GtkWidget *row, Settings *self)
{
    const double value = gtk_spin_button_get_value(g_object_get_data(G_OBJECT(row), "spin"));
    g_autofree char *text = g_strdup_printf("%.0f", value);
    put(self, row, text);
}

/* "a; b;" of a person is "a;b". */
static char *list_text(const char *text)
{
    g_autoptr(GString) list = g_string_new(NULL);
    g_auto(GStrv) parts = g_strsplit(text, ";", -1);
    for (guint i = 0; parts[i] != NULL; i++) {
        if (*g_strstrip(parts[i]) != '\0')
            g_string_append_printf(list, "%s%s", list->len > 0 ? ";" : "", parts[i]);
    }
    return g_string_free(g_steal_pointer(&list), FALSE);
}

static void on_text(AdwEntryRow *row, Settings *self)
{
    const char *text = gtk_editable_get_text(GTK_EDITABLE(row));
    const gboolean is_list = g_object_get_data(G_OBJECT(row), "is-list") != NULL;
    g_autofree char *list = is_list ? list_text(text) : NULL;
    put(self, GTK_WIDGET(row), is_list ? list : text);
}

/* ---- Rows ---- */

static const char *title_of(const char *name)
{
    for (guint i = 0; i < G_N_ELEMENTS(titles); i++) {
        if (strcmp(titles[i].name, name) == 0)
            return _(titles[i].title);
    }
    return name;
}

static GtkWidget *boolean_row(Settings *self, JsonObject *setting, const char *title)
{
    GtkWidget *row = hth_row_new(title, _(hth_member_text(setting, "meaning")));
    GtkWidget *control = gtk_switch_new();
    gtk_widget_set_valign(control, GTK_ALIGN_CENTER);
    gtk_switch_set_active(GTK_SWITCH(control), hth_member_is(setting, "value"));
    g_signal_connect(control, "notify::active", G_CALLBACK(on_switched), self);
    adw_action_row_add_suffix(ADW_ACTION_ROW(row), control);
    adw_action_row_set_activatable_widget(ADW_ACTION_ROW(row), control);
    return row;
}

static GtkWidget *number_row(Settings *self, JsonObject *setting, const char *title)
{
    GtkWidget *row = hth_row_new(title, _(hth_member_text(setting, "meaning")));
    GtkWidget *spin = gtk_spin_button_new_with_range(0, 1e8, 1);
    gtk_widget_set_valign(spin, GTK_ALIGN_CENTER);
    gtk_spin_button_set_value(GTK_SPIN_BUTTON(spin), hth_member_double(setting, "value"));
    gtk_editable_set_width_chars(GTK_EDITABLE(spin), 7);
    hth_name_widget(spin, title);
    g_object_set_data(G_OBJECT(row), "spin", spin);
    GtkWidget *apply = hth_icon_button("emblem-ok-symbolic", _("Apply"));
    gtk_widget_add_css_class(apply, "flat");
    gtk_widget_set_visible(apply, FALSE);
    g_signal_connect_swapped(spin, "value-changed", G_CALLBACK(gtk_widget_show), apply);
    g_object_set_data(G_OBJECT(apply), "row", row);
    adw_action_row_add_suffix(ADW_ACTION_ROW(row), spin);
    adw_action_row_add_suffix(ADW_ACTION_ROW(row), apply);
    g_object_set_data(G_OBJECT(row), "apply", apply);
    return row;
}

static void on_apply_number(GtkButton *button, Settings *self)
{
    GtkWidget *row = g_object_get_data(G_OBJECT(button), "row");
    on_number(row, self);
    gtk_widget_set_visible(GTK_WIDGET(button), FALSE);
}

static GtkWidget *text_row(Settings *self, JsonObject *setting, const char *title, gboolean is_list)
{
    GtkWidget *row = adw_entry_row_new();
    adw_preferences_row_set_use_markup(ADW_PREFERENCES_ROW(row), FALSE);
    adw_preferences_row_set_title(ADW_PREFERENCES_ROW(row), title);
    adw_entry_row_set_show_apply_button(ADW_ENTRY_ROW(row), TRUE);
    gtk_widget_set_tooltip_text(row, _(hth_member_text(setting, "meaning")));
    g_autofree char *joined = is_list ? hth_member_joined(setting, "value", "; ") : NULL;
    const char *text = is_list ? joined : hth_member_text(setting, "value");
    gtk_editable_set_text(GTK_EDITABLE(row), text != NULL ? text : "");
    if (is_list)
        g_object_set_data(G_OBJECT(row), "is-list", row);
    g_signal_connect(row, "apply", G_CALLBACK(on_text), self);
    return row;
}

/* "Room for converted files, MB" */
static char *title_with_unit(JsonObject *setting)
{
    const char *title = title_of(hth_member_text(setting, "name"));
    const char *unit = hth_member_text(setting, "unit");
    g_autofree char *whole =
        *unit != '\0' ? g_strdup_printf("%s, %s", title, unit) : g_strdup(title);
    return hth_row_text(whole);
}

static GtkWidget *row_of(Settings *self, JsonObject *setting)
{
    const char *name = hth_member_text(setting, "name");
    const char *type = hth_member_text(setting, "type");
    g_autofree char *title = title_with_unit(setting);
    GtkWidget *row = strcmp(type, "boolean") == 0 ? boolean_row(self, setting, title)
                     : strcmp(type, "integer") == 0
                         ? number_row(self, setting, title)
                         : text_row(self, setting, title, strcmp(type, "list") == 0);
    g_object_set_data_full(G_OBJECT(row), "name", g_strdup(name), g_free);
    GtkWidget *apply = g_object_get_data(G_OBJECT(row), "apply");
    if (apply != NULL)
        g_signal_connect(apply, "clicked", G_CALLBACK(on_apply_number), self);
    return row;
}

/* ---- Pages ---- */

static AdwPreferencesGroup *group_of(Settings *self, const char *name)
{
    AdwPreferencesGroup *group = g_hash_table_lookup(self->made, name);
    if (group != NULL)
        return group;
    const char *title = name;
    gboolean is_advanced = TRUE;
    for (guint i = 0; i < G_N_ELEMENTS(groups); i++) {
        if (strcmp(groups[i].group, name) == 0) {
            title = _(groups[i].title);
            is_advanced = groups[i].is_advanced;
        }
    }
    group = ADW_PREFERENCES_GROUP(adw_preferences_group_new());
    g_autofree char *cut = hth_row_text(title);
    g_autofree char *escaped = g_markup_escape_text(cut, -1);
    adw_preferences_group_set_title(group, escaped);
    adw_preferences_page_add(is_advanced ? self->advanced : self->basic, group);
    g_hash_table_insert(self->made, g_strdup(name), group);
    return group;
}

static void on_config(GObject *source, GAsyncResult *result, gpointer data)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(JsonObject) config =
        hth_api_client_call_finish(HTH_API_CLIENT(source), result, &error);
    if (g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
        return;
    Settings *self = data;
    if (config == NULL) {
        say(self, hth_api_error_sentence(error));
        return;
    }
    for (guint i = 0; i < MIN(hth_member_length(config, "settings"), HTH_ROW_SET_MAX); i++) {
        JsonObject *setting = hth_member_at(config, "settings", i);
        if (hth_member_is(setting, "awaits_restart"))
            offer_restart(self);
        const char *name = hth_member_text(setting, "name");
        const char *dot = strchr(name, '.');
        if (dot == NULL || strcmp(name, "hearth.media") == 0)
            continue; /* the folders have rows of their own */
        g_autofree char *group = g_strndup(name, (gsize)(dot - name));
        adw_preferences_group_add(group_of(self, group), row_of(self, setting));
    }
}

static AdwPreferencesPage *add_page(Settings *self, const char *title, const char *icon_name)
{
    GtkWidget *page = adw_preferences_page_new();
    adw_preferences_page_set_title(ADW_PREFERENCES_PAGE(page), title);
    adw_preferences_page_set_icon_name(ADW_PREFERENCES_PAGE(page), icon_name);
    adw_preferences_window_add(self->window, ADW_PREFERENCES_PAGE(page));
    return ADW_PREFERENCES_PAGE(page);
}

GtkWidget *hth_settings_window_new(HthPanel *panel)
{
    GtkWidget *window = adw_preferences_window_new();
    Settings *self = g_new0(Settings, 1);
    self->panel = panel;
    self->window = ADW_PREFERENCES_WINDOW(window);
    self->cancellable = g_cancellable_new();
    self->made = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    g_object_set_data_full(G_OBJECT(window), "settings", self, settings_free);
    gtk_window_set_title(GTK_WINDOW(window), _("Settings"));
    gtk_window_set_transient_for(GTK_WINDOW(window), GTK_WINDOW(panel->window));
    gtk_window_set_modal(GTK_WINDOW(window), TRUE);
    self->basic = add_page(self, _("General"), "emblem-system-symbolic");
    self->advanced = add_page(self, _("Advanced"), "applications-engineering-symbolic");
    GtkWidget *folders = adw_preferences_group_new();
    adw_preferences_group_set_title(ADW_PREFERENCES_GROUP(folders), _("Shared Folders"));
    adw_preferences_page_add(self->basic, ADW_PREFERENCES_GROUP(folders));
    hth_folder_rows_attach(panel, ADW_PREFERENCES_GROUP(folders));
    hth_mend_button_names(window);
    hth_api_client_call(hth_home_client(panel->home), "GET", "config", NULL, self->cancellable,
                        on_config, self);
    return window;
}
