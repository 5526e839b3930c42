/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "page/start-page.h"

#include <glib/gi18n.h>

#include "api/member.h"
#include "page/folder-rows.h"
#include "widget/row-set.h"
#include "widget/sheet.h"
#include "widget/sight.h"

/* A daemon that was started and does not answer by then did not start. */
#define START_SECONDS 15

struct _HthStartPage {
    AdwBin parent;
    HthPanel *panel;
    GtkStack *stages;
    AdwStatusPage *words;
    GtkButton *start;
    GtkSpinner *spinner;
    AdwEntryRow *name;
    GtkSwitch *wait;
    guint late; /* source */
    gboolean is_first_run;
    gboolean is_decided; /* whether it is the first run is known */
};

G_DEFINE_FINAL_TYPE(HthStartPage, hth_start_page, ADW_TYPE_BIN)

static guint done_signal; /* set once, by class_init */

/* ---- Starting the daemon ---- */

static void set_waiting(HthStartPage *self, gboolean is_waiting)
{
    g_clear_handle_id(&self->late, g_source_remove);
    gtk_widget_set_sensitive(GTK_WIDGET(self->start), !is_waiting);
    gtk_widget_set_visible(GTK_WIDGET(self->spinner), is_waiting);
    gtk_spinner_set_spinning(self->spinner, is_waiting);
}

static void fail(HthStartPage *self, const char *text)
{
    set_waiting(self, FALSE);
    g_autofree char *escaped = g_markup_escape_text(text, -1);
    adw_status_page_set_description(self->words, escaped);
    if (self->panel->window != NULL)
        hth_window_toast(self->panel->window, _("hearth could not be started"));
}

static gboolean on_late(gpointer data)
{
    HthStartPage *self = data;
    self->late = 0;
    fail(self, _("hearth was started, but does not answer. Its log says why."));
    return G_SOURCE_REMOVE;
}

/* Where there is no service: the program, on its own. It goes on when this window is closed. */
static void run_program(HthStartPage *self)
{
    const char *socket_path = hth_api_client_socket_path(hth_home_client(self->panel->home));
    const char *argv[] = { self->panel->daemon_program, "--socket", socket_path, NULL };
    g_autoptr(GSubprocessLauncher) launcher = g_subprocess_launcher_new(
        G_SUBPROCESS_FLAGS_STDOUT_SILENCE | G_SUBPROCESS_FLAGS_STDERR_SILENCE);
    g_autoptr(GError) error = NULL;
    g_autoptr(GSubprocess) process = g_subprocess_launcher_spawnv(launcher, argv, &error);
    if (process == NULL)
        fail(self, error->message);
}

static void on_service(GObject *source, GAsyncResult *result, gpointer data)
{
    g_autoptr(HthStartPage) self = data;
    if (!g_subprocess_wait_check_finish(G_SUBPROCESS(source), result, NULL) && self->panel != NULL)
        run_program(self);
}

void hth_start_page_start_daemon(HthStartPage *self)
{
    set_waiting(self, TRUE);
    self->late = g_timeout_add_seconds(START_SECONDS, on_late, self);
    hth_home_refresh(self->panel->home);
    g_autoptr(GSubprocess) service =
        g_subprocess_new(G_SUBPROCESS_FLAGS_STDOUT_SILENCE | G_SUBPROCESS_FLAGS_STDERR_SILENCE,
                         NULL, "systemctl", "--user", "enable", "--now", "hearthd.service", NULL);
    if (service != NULL)
        g_subprocess_wait_check_async(service, NULL, on_service, g_object_ref(self));
    else
        run_program(self);
}

void hth_start_page_daemon_is_there(HthStartPage *self)
{
    set_waiting(self, FALSE);
    JsonObject *status = hth_home_status(self->panel->home);
    if (self->is_decided || status == NULL)
        return;
    self->is_decided = TRUE;
    self->is_first_run = hth_member_length(status, "roots") == 0 ||
                         (hth_member_number(status, "counts.tracks") == 0 &&
                          hth_member_number(status, "counts.videos") == 0 &&
                          hth_member_number(status, "counts.photos") == 0 &&
                          g_str_equal(hth_member_text(status, "scan.phase"), "idle"));
    gtk_editable_set_text(GTK_EDITABLE(self->name), hth_member_text(status, "name"));
    if (self->is_first_run)
        gtk_stack_set_visible_child_name(self->stages, "first");
}

void hth_start_page_daemon_is_gone(HthStartPage *self)
{
    if (!self->is_first_run)
        return;
    self->is_decided = FALSE;
    self->is_first_run = FALSE;
}

gboolean hth_start_page_is_needed(HthStartPage *self)
{
    if (hth_home_status(self->panel->home) == NULL)
        return TRUE;
    return self->is_first_run;
}

/* ---- The first run ---- */

static void put(HthStartPage *self, const char *name, const char *value,
                GAsyncReadyCallback answered)
{
    JsonObject *body = json_object_new();
    json_object_set_string_member(body, "value", value);
    g_autofree char *path = g_strconcat("config/", name, NULL);
    hth_api_client_call(hth_home_client(self->panel->home), "PUT", path, body, NULL, answered,
                        g_object_ref(self));
}

/* Returns: the setting, or NULL after it was told why it is not set. */
static JsonObject *setting_of(GObject *source, GAsyncResult *result)
{
    g_autoptr(GError) error = NULL;
    JsonObject *setting = hth_api_client_call_finish(HTH_API_CLIENT(source), result, &error);
    if (setting == NULL)
        hth_sheet_tell(_("This Cannot Be Set"), error);
    return setting;
}

/* Televisions know the name that was in force when the daemon started. */
static void on_named(GObject *source, GAsyncResult *result, gpointer data)
{
    g_autoptr(HthStartPage) self = data;
    g_autoptr(JsonObject) setting = setting_of(source, result);
    if (setting != NULL && hth_member_is(setting, "awaits_restart"))
        hth_api_client_send(hth_home_client(self->panel->home), "POST", "restart", NULL);
}

static void set_name(HthStartPage *self)
{
    const char *name = gtk_editable_get_text(GTK_EDITABLE(self->name));
    JsonObject *status = hth_home_status(self->panel->home);
    if (*name != '\0' && !g_str_equal(name, hth_member_text(status, "name")))
        put(self, "hearth.name", name, on_named);
}

/* One after the other: the restart that the name needs would break off what is on its way. */
static void on_wait_set(GObject *source, GAsyncResult *result, gpointer data)
{
    g_autoptr(HthStartPage) self = data;
    g_autoptr(JsonObject) setting = setting_of(source, result);
    if (self->panel->window != NULL)
        set_name(self);
}

static void on_finish(GtkButton *button, HthStartPage *self)
{
    if (gtk_switch_get_active(self->wait))
        put(self, "dlna.new-devices-wait", "true", on_wait_set);
    else
        set_name(self);
    self->is_first_run = FALSE;
    g_signal_emit(self, done_signal, 0);
}

/* ---- Building ---- */

static GtkWidget *build_absent(HthStartPage *self)
{
    self->words = ADW_STATUS_PAGE(adw_status_page_new());
    adw_status_page_set_icon_name(self->words, HTH_PANEL_ID);
    adw_status_page_set_title(self->words, _("Welcome to hearth"));
    adw_status_page_set_description(
        self->words, _("Share your music, films and photos with every screen of the home, and take "
                       "them along on your handhelds."));
    GtkWidget *box = gtk_box_new(GTK_ORIENTATION_VERTICAL, 18);
    gtk_widget_set_halign(box, GTK_ALIGN_CENTER);
    self->start = GTK_BUTTON(hth_button_new(_("_Start hearth")));
    gtk_widget_add_css_class(GTK_WIDGET(self->start), "pill");
    gtk_widget_add_css_class(GTK_WIDGET(self->start), "suggested-action");
    g_signal_connect_swapped(self->start, "clicked", G_CALLBACK(hth_start_page_start_daemon), self);
    self->spinner = GTK_SPINNER(gtk_spinner_new());
    gtk_widget_set_visible(GTK_WIDGET(self->spinner), FALSE);
    gtk_box_append(GTK_BOX(box), GTK_WIDGET(self->start));
    gtk_box_append(GTK_BOX(box), GTK_WIDGET(self->spinner));
    adw_status_page_set_child(self->words, box);
    return GTK_WIDGET(self->words);
}

static GtkWidget *build_first_run(HthStartPage *self, HthPanel *panel)
{
    GtkBox *box = NULL;
    GtkWidget *sheet = hth_sheet_new(&box);
    GtkWidget *title = gtk_label_new(_("What Shall Be Shared?"));
    gtk_widget_add_css_class(title, "title-1");
    gtk_label_set_wrap(GTK_LABEL(title), TRUE);
    gtk_box_append(box, title);
    AdwPreferencesGroup *folders =
        hth_sheet_add_group(box, _("Folders"), _("Where your music, films and photos are."));
    hth_folder_rows_attach(panel, folders);
    AdwPreferencesGroup *home = hth_sheet_add_group(box, _("This Home"), NULL);
    self->name = ADW_ENTRY_ROW(adw_entry_row_new());
    adw_preferences_row_set_title(ADW_PREFERENCES_ROW(self->name), _("Name that televisions show"));
    adw_preferences_group_add(home, GTK_WIDGET(self->name));
    GtkWidget *row = hth_row_new(_("New devices wait for permission"),
                                 _("Otherwise every television and player of this network may see "
                                   "what is shared."));
    self->wait = GTK_SWITCH(gtk_switch_new());
    gtk_widget_set_valign(GTK_WIDGET(self->wait), GTK_ALIGN_CENTER);
    adw_action_row_add_suffix(ADW_ACTION_ROW(row), GTK_WIDGET(self->wait));
    adw_action_row_set_activatable_widget(ADW_ACTION_ROW(row), GTK_WIDGET(self->wait));
    adw_preferences_group_add(home, row);
    GtkWidget *finish = hth_button_new(_("_Done"));
    gtk_widget_set_halign(finish, GTK_ALIGN_CENTER);
    gtk_widget_add_css_class(finish, "pill");
    gtk_widget_add_css_class(finish, "suggested-action");
    g_signal_connect(finish, "clicked", G_CALLBACK(on_finish), self);
    gtk_box_append(box, finish);
    return sheet;
}

/* ---- Object ---- */

static void hth_start_page_init(HthStartPage *self)
{
    self->stages = GTK_STACK(gtk_stack_new());
    adw_bin_set_child(ADW_BIN(self), GTK_WIDGET(self->stages));
    gtk_stack_add_named(self->stages, build_absent(self), "absent");
}

static void hth_start_page_dispose(GObject *object)
{
    HthStartPage *self = HTH_START_PAGE(object);
    g_clear_handle_id(&self->late, g_source_remove);
    G_OBJECT_CLASS(hth_start_page_parent_class)->dispose(object);
}

static void hth_start_page_class_init(HthStartPageClass *class)
{
    G_OBJECT_CLASS(class)->dispose = hth_start_page_dispose;
    done_signal = g_signal_new("done", HTH_TYPE_START_PAGE, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                               G_TYPE_NONE, 0);
}

GtkWidget *hth_start_page_new(HthPanel *panel)
{
    HthStartPage *self = g_object_new(HTH_TYPE_START_PAGE, NULL);
    self->panel = panel;
    gtk_stack_add_named(self->stages, build_first_run(self, panel), "first");
    hth_sight_follow(GTK_WIDGET(self->stages));
    return GTK_WIDGET(self);
}
