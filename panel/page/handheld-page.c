/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "page/handheld-page.h"

#include <glib/gi18n.h>
#include <string.h>

#include "api/member.h"
#include "page/rule-editor.h"
#include "widget/playing-row.h"
#include "widget/row-set.h"
#include "widget/sheet.h"
#include "wording.h"

#define REFRESH_MS 2000
/* The rate is that of about the last so many looks. */
#define SMOOTHING 0.4

typedef struct {
    HthPanel *panel;
    char *id;
    char *path; /* "paired/ID" */
    char *name;
    GCancellable *cancellable;
    guint timer; /* source */
    gboolean is_asking;
    GtkWidget *playing; /* row; hidden while nothing is played from home */
    GtkWidget *state_row;
    GtkWidget *sync_row;
    GtkWidget *progress_row;
    GtkProgressBar *progress;
    GtkWidget *held_row;
    HthRuleEditor *editor;
    gint64 coming_bytes; /* at the last look; -1 before */
    gint64 looked_us;
    double rate_bps; /* bytes a second */
} HandheldPage;

static void page_free(gpointer data)
{
    HandheldPage *self = data;
    g_cancellable_cancel(self->cancellable);
    g_object_unref(self->cancellable);
    g_clear_handle_id(&self->timer, g_source_remove);
    g_free(self->id);
    g_free(self->path);
    g_free(self->name);
    g_free(self);
}

/* ---- What is going on ---- */

static void measure_rate(HandheldPage *self, gint64 coming_bytes)
{
    const gint64 now_us = g_get_monotonic_time();
    const double seconds = (double)(now_us - self->looked_us) / G_USEC_PER_SEC;
    if (self->coming_bytes >= 0 && seconds > 0.1) {
        const double rate = MAX((double)(self->coming_bytes - coming_bytes), 0) / seconds;
        self->rate_bps += SMOOTHING * (rate - self->rate_bps);
    }
    self->coming_bytes = coming_bytes;
    self->looked_us = now_us;
}

static char *sync_subtitle(HandheldPage *self, gint64 files, gint64 bytes)
{
    g_autofree char *n_files = hth_wording_files(files);
    g_autofree char *size = hth_wording_bytes(bytes);
    g_autofree char *left = g_strdup_printf(_("%s to come, %s"), n_files, size);
    if (self->rate_bps < 1000)
        return g_steal_pointer(&left);
    g_autofree char *rate = hth_wording_bytes((gint64)self->rate_bps);
    g_autofree char *time = hth_wording_time_left((gint64)((double)bytes / self->rate_bps));
    return g_strdup_printf(_("%s · %s a second · %s"), left, rate, time);
}

static void show_sync(HandheldPage *self, JsonObject *sync)
{
    const gint64 files =
        hth_member_number(sync, "coming.files") + hth_member_number(sync, "changes.files");
    /* A device tells what it has when all that it was given is done. */
    const gint64 sent =
        MIN(hth_member_number(sync, "sent_bytes"), hth_member_number(sync, "coming.bytes"));
    const gint64 there = hth_member_number(sync, "there.bytes");
    const gint64 bytes = hth_member_number(sync, "coming.bytes") - sent;
    measure_rate(self, bytes);
    const gboolean comes = files > 0;
    const gboolean is_here = hth_member_is(sync, "is_here");
    g_autofree char *held = hth_wording_files(hth_member_number(sync, "there.files"));
    g_autofree char *size = hth_wording_bytes(there);
    g_autofree char *idle = g_strdup_printf(_("%s, %s"), held, size);
    g_autofree char *busy = comes ? sync_subtitle(self, files, bytes) : NULL;
    hth_row_set_texts(self->sync_row,
                      comes && is_here ? _("Being brought up to date")
                      : comes          ? _("Comes with the next connection")
                                       : _("On the device"),
                      comes ? busy : idle);
    const gint64 whole = there + sent + bytes;
    gtk_widget_set_visible(self->progress_row, comes && is_here && whole > 0);
    gtk_progress_bar_set_fraction(self->progress, (double)(there + sent) / (double)MAX(whole, 1));
}

static void show_state(HandheldPage *self, JsonObject *sync)
{
    const gint64 last = hth_member_number(sync, "last_sync_unix_s");
    g_autofree char *ago = hth_wording_ago(last);
    g_autofree char *seen = last > 0 ? g_strdup_printf(_("Last brought up to date %s"), ago)
                                     : g_strdup(_("Has not come yet"));
    const gboolean is_here = hth_member_is(sync, "is_here");
    const gboolean goes = hth_member_is(sync, "will_be_wiped");
    hth_row_set_texts(self->state_row,
                      goes      ? _("Removes what it holds when it comes next")
                      : is_here ? _("Connected now")
                                : _("Not connected"),
                      seen);
    const gint64 n_held_back = hth_member_number(sync, "held_back");
    gtk_widget_set_visible(self->held_row, n_held_back > 0);
    g_autofree char *files = hth_wording_files(n_held_back);
    g_autofree char *gone = g_strdup_printf(_("%s are gone from the device at once"), files);
    hth_row_set_texts(self->held_row, gone,
                      _("They are not brought again until you say that this was meant."));
}

static void on_sync(GObject *source, GAsyncResult *result, gpointer data)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(JsonObject) sync = hth_api_client_call_finish(HTH_API_CLIENT(source), result, &error);
    if (g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
        return; /* the page has gone */
    HandheldPage *self = data;
    self->is_asking = FALSE;
    if (sync == NULL)
        return; /* the row of the window says when the daemon is away */
    hth_playing_row_update(self->playing, self->panel->home, self->id);
    show_state(self, sync);
    show_sync(self, sync);
    hth_rule_editor_show(self->editor, sync);
}

static void ask(HandheldPage *self)
{
    if (self->is_asking)
        return;
    self->is_asking = TRUE;
    g_autofree char *path = g_strconcat(self->path, "/sync?items=200", NULL);
    hth_api_client_call(hth_home_client(self->panel->home), "GET", path, NULL, self->cancellable,
                        on_sync, self);
}

static gboolean on_timer(gpointer data)
{
    ask(data);
    return G_SOURCE_CONTINUE;
}

/* ---- Access ---- */

static void on_done(GObject *source, GAsyncResult *result, gpointer data)
{
    HthPanel *panel = data;
    g_autoptr(GError) error = NULL;
    g_autoptr(JsonObject) answer =
        hth_api_client_call_finish(HTH_API_CLIENT(source), result, &error);
    if (answer == NULL && panel->window != NULL)
        hth_window_fail(panel->window, error);
    hth_household_refresh(panel->household);
}

static void send(HandheldPage *self, const char *verb, JsonObject *body)
{
    g_autofree char *path = g_strconcat(self->path, verb, NULL);
    hth_api_client_call(hth_home_client(self->panel->home), "POST", path, body, NULL, on_done,
                        self->panel);
}

static void on_renamed(AdwEntryRow *row, HandheldPage *self)
{
    JsonObject *body = json_object_new();
    json_object_set_string_member(body, "name", gtk_editable_get_text(GTK_EDITABLE(row)));
    send(self, "", body);
}

static void on_confirm(GtkButton *button, HandheldPage *self)
{
    send(self, "/confirm", NULL);
}

static void take_access(gpointer data, gpointer more)
{
    HandheldPage *self = data;
    send(self, more, NULL);
    hth_window_show_pages(self->panel->window);
}

static void on_revoke(GtkButton *button, HandheldPage *self)
{
    g_autofree char *heading = g_strdup_printf(_("Revoke “%s”?"), self->name);
    hth_sheet_ask(GTK_WINDOW(self->panel->window), heading,
                  _("It is cut off at once and no longer answered. What it holds stays on it."),
                  _("_Revoke"), TRUE, take_access, self, (gpointer) "/revoke");
}

static void on_wipe(GtkButton *button, HandheldPage *self)
{
    g_autofree char *heading = g_strdup_printf(_("Remove Everything From “%s”?"), self->name);
    hth_sheet_ask(GTK_WINDOW(self->panel->window), heading,
                  _("When it comes next it removes what this home has brought to it, and is no "
                    "longer paired."),
                  _("_Remove"), TRUE, take_access, self, (gpointer) "/wipe");
}

static void add_access(HandheldPage *self, GtkBox *box)
{
    const struct {
        const char *label;
        GCallback callback;
    } rows[] = {
        { _("_Revoke Access…"), G_CALLBACK(on_revoke) },
        { _("Remove _What It Holds…"), G_CALLBACK(on_wipe) },
    };
    GtkWidget *buttons = gtk_box_new(GTK_ORIENTATION_VERTICAL, 12);
    gtk_widget_set_halign(buttons, GTK_ALIGN_CENTER);
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        GtkWidget *button = hth_button_new(rows[i].label);
        gtk_widget_add_css_class(button, "pill");
        gtk_widget_add_css_class(button, "warns");
        g_signal_connect(button, "clicked", rows[i].callback, self);
        gtk_box_append(GTK_BOX(buttons), button);
    }
    gtk_box_append(box, buttons);
}

/* ---- Opening ---- */

static void add_state(HandheldPage *self, GtkBox *box)
{
    AdwPreferencesGroup *group = hth_sheet_add_group(box, NULL, NULL);
    GtkWidget *name = adw_entry_row_new();
    adw_preferences_row_set_title(ADW_PREFERENCES_ROW(name), _("Name"));
    adw_entry_row_set_show_apply_button(ADW_ENTRY_ROW(name), TRUE);
    gtk_editable_set_text(GTK_EDITABLE(name), self->name);
    g_signal_connect(name, "apply", G_CALLBACK(on_renamed), self);
    adw_preferences_group_add(group, name);
    self->playing = hth_playing_row_new();
    adw_preferences_group_add(group, self->playing);
    self->state_row = hth_row_new("…", "");
    adw_preferences_group_add(group, self->state_row);
    self->sync_row = hth_row_new("…", "");
    adw_preferences_group_add(group, self->sync_row);
    self->progress = GTK_PROGRESS_BAR(gtk_progress_bar_new());
    hth_name_widget(GTK_WIDGET(self->progress), _("Progress of the sync"));
    self->progress_row = hth_row_new_progress(self->progress);
    gtk_widget_set_visible(self->progress_row, FALSE);
    adw_preferences_group_add(group, self->progress_row);
    self->held_row = hth_row_new("", "");
    GtkWidget *confirm = gtk_button_new_with_label(_("It Was Meant"));
    gtk_widget_set_valign(confirm, GTK_ALIGN_CENTER);
    g_signal_connect(confirm, "clicked", G_CALLBACK(on_confirm), self);
    adw_action_row_add_suffix(ADW_ACTION_ROW(self->held_row), confirm);
    gtk_widget_set_visible(self->held_row, FALSE);
    adw_preferences_group_add(group, self->held_row);
}

void hth_handheld_page_open(HthPanel *panel, const char *id, const char *name)
{
    GtkBox *box = NULL;
    GtkWidget *sheet = hth_sheet_new(&box);
    HandheldPage *self = g_new0(HandheldPage, 1);
    g_autofree char *escaped = g_uri_escape_string(id, NULL, FALSE);
    self->panel = panel;
    self->id = g_strdup(id);
    self->path = g_strconcat("paired/", escaped, NULL);
    self->name = g_strdup(name);
    self->coming_bytes = -1;
    self->cancellable = g_cancellable_new();
    add_state(self, box);
    GtkWidget *apply = hth_button_new(_("_Apply"));
    gtk_widget_add_css_class(apply, "suggested-action");
    GtkWidget *editor = hth_rule_editor_new(panel, self->path, apply);
    self->editor = HTH_RULE_EDITOR(editor);
    gtk_box_append(box, editor);
    add_access(self, box);
    g_object_set_data_full(G_OBJECT(sheet), "page", self, page_free);
    self->timer = g_timeout_add(REFRESH_MS, on_timer, self);
    ask(self);
    hth_window_push(panel->window, name, sheet, apply);
}
