/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "page/item-plays.h"

#include <glib/gi18n.h>
#include <string.h>

#include "api/member.h"
#include "widget/row-set.h"
#include "widget/sheet.h"
#include "widget/stars.h"
#include "wording.h"

typedef struct {
    HthPanel *panel;
    char *path;       /* of the API: "item/ID" */
    GtkWidget *plays; /* rows */
    GtkWidget *position;
    gint64 play_count;
    GCancellable *cancellable;
} Plays;

static void plays_free(gpointer data)
{
    Plays *self = data;
    g_cancellable_cancel(self->cancellable);
    g_object_unref(self->cancellable);
    g_free(self->path);
    g_free(self);
}

/* ---- Telling the daemon ---- */

static void on_told(GObject *source, GAsyncResult *result, gpointer data)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(JsonObject) answer =
        hth_api_client_call_finish(HTH_API_CLIENT(source), result, &error);
    if (answer == NULL && !g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
        hth_window_fail(((Plays *)data)->panel->window, error);
}

static void tell(Plays *self, const char *what, JsonObject *body)
{
    g_autofree char *path = g_strconcat(self->path, "/", what, NULL);
    hth_api_client_call(hth_home_client(self->panel->home), "POST", path, body, self->cancellable,
                        on_told, self);
}

static void on_rated(HthStars *stars, guint rating, Plays *self)
{
    JsonObject *body = json_object_new();
    json_object_set_int_member(body, "rating", rating);
    tell(self, "rating", body);
}

static void on_favourite(GtkSwitch *favourite, GParamSpec *spec, Plays *self)
{
    JsonObject *body = json_object_new();
    json_object_set_boolean_member(body, "is_favourite", gtk_switch_get_active(favourite));
    tell(self, "favourite", body);
}

static void show_count(Plays *self, gint64 last_unix_s)
{
    const gint64 n = self->play_count;
    g_autofree char *times =
        n > 0 ? g_strdup_printf(ngettext("Played %d time", "Played %d times", (gulong)n), (int)n)
              : g_strdup(_("Not played yet"));
    g_autofree char *ago = last_unix_s > 0 ? hth_wording_ago(last_unix_s) : g_strdup("");
    hth_row_set_texts(self->plays, times, ago);
}

static void on_played(GtkButton *button, Plays *self)
{
    self->play_count++;
    show_count(self, g_get_real_time() / G_USEC_PER_SEC);
    tell(self, "play", NULL);
}

static void on_restart(GtkButton *button, Plays *self)
{
    JsonObject *body = json_object_new();
    json_object_set_int_member(body, "position_ms", 0);
    gtk_widget_set_visible(self->position, FALSE);
    tell(self, "position", body);
}

/* ---- The group ---- */

static void add_rating(Plays *self, AdwPreferencesGroup *group, JsonObject *json)
{
    GtkWidget *row = hth_row_new(_("Rating"), NULL);
    GtkWidget *stars = hth_stars_new();
    hth_stars_set(HTH_STARS(stars), (guint)CLAMP(hth_member_number(json, "rating"), 0, 5));
    g_signal_connect(stars, "chosen", G_CALLBACK(on_rated), self);
    adw_action_row_add_suffix(ADW_ACTION_ROW(row), stars);
    adw_preferences_group_add(group, row);
}

static void add_favourite(Plays *self, AdwPreferencesGroup *group, JsonObject *json)
{
    GtkWidget *row = hth_row_new(_("Favourite"), NULL);
    GtkWidget *favourite = gtk_switch_new();
    gtk_widget_set_valign(favourite, GTK_ALIGN_CENTER);
    gtk_switch_set_active(GTK_SWITCH(favourite), hth_member_is(json, "is_favourite"));
    g_signal_connect(favourite, "notify::active", G_CALLBACK(on_favourite), self);
    adw_action_row_add_suffix(ADW_ACTION_ROW(row), favourite);
    adw_action_row_set_activatable_widget(ADW_ACTION_ROW(row), favourite);
    adw_preferences_group_add(group, row);
}

static void add_button(GtkWidget *row, const char *label, GCallback callback, Plays *self)
{
    GtkWidget *button = gtk_button_new_with_label(label);
    gtk_widget_set_valign(button, GTK_ALIGN_CENTER);
    g_signal_connect(button, "clicked", callback, self);
    adw_action_row_add_suffix(ADW_ACTION_ROW(row), button);
}

void hth_item_plays_add(HthPanel *panel, GtkBox *box, JsonObject *json)
{
    AdwPreferencesGroup *group = hth_sheet_add_group(box, NULL, NULL);
    Plays *self = g_new0(Plays, 1);
    g_autofree char *id = g_uri_escape_string(hth_member_text(json, "id"), NULL, FALSE);
    self->panel = panel;
    self->path = g_strconcat("item/", id, NULL);
    self->cancellable = g_cancellable_new();
    self->play_count = hth_member_number(json, "play_count");
    g_object_set_data_full(G_OBJECT(group), "plays", self, plays_free);
    add_rating(self, group, json);
    add_favourite(self, group, json);
    self->plays = hth_row_new("", "");
    show_count(self, hth_member_number(json, "last_played_unix_s"));
    adw_preferences_group_add(group, self->plays);
    if (strcmp(hth_member_text(json, "kind"), "photo") != 0)
        add_button(self->plays, _("Count a Play"), G_CALLBACK(on_played), self);
    const gint64 position_ms = hth_member_number(json, "position_ms");
    g_autofree char *at = hth_wording_clock(position_ms);
    g_autofree char *text = g_strdup_printf(_("Goes on at %s"), at);
    self->position = hth_row_new(text, NULL);
    add_button(self->position, _("From the Start"), G_CALLBACK(on_restart), self);
    gtk_widget_set_visible(self->position, position_ms > 0);
    adw_preferences_group_add(group, self->position);
}
