/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "page/away-page.h"

#include <glib/gi18n.h>
#include <string.h>

#include "api/api-error.h"
#include "api/member.h"
#include "base/error.h"
#include "widget/row-set.h"
#include "widget/sheet.h"
#include "widget/sight.h"
#include "wording.h"

#define REFRESH_SECONDS 5

struct _HthAwayPage {
    AdwBin parent;
    HthPanel *panel;
    gboolean is_there;
    gboolean is_asking;
    GCancellable *cancellable;
    guint timer; /* source */
    GtkStack *stages;
    /* not joined */
    AdwEntryRow *url;
    AdwEntryRow *code;
    GtkButton *join;
    GtkLabel *problem;
    /* joined */
    GtkWidget *state_row;
    GtkWidget *address_row;
    GtkWidget *sessions_row;
    GtkWidget *rate_row;
    GtkWidget *month_row;
    GtkLevelBar *month;
};

G_DEFINE_FINAL_TYPE(HthAwayPage, hth_away_page, ADW_TYPE_BIN)

enum { PROP_IS_THERE = 1 };

/* ---- What is so ---- */

static const char *state_name(const char *state)
{
    static const struct {
        const char *state;
        const char *name;
    } rows[] = {
        { "connecting", N_("Connecting to the locker…") },
        { "connected", N_("Reachable from everywhere") },
        { "waiting", N_("The locker does not answer. Trying again…") },
        { "ended", N_("The locker has ended this membership") },
    };
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        if (strcmp(rows[i].state, state) == 0)
            return _(rows[i].name);
    }
    return _("Joined");
}

static char *a_second(gint64 bytes)
{
    g_autofree char *size = hth_wording_bytes(bytes);
    return bytes > 0 ? g_strdup_printf(_("%s a second"), size) : g_strdup(_("No limit"));
}

static void show_month(HthAwayPage *self, JsonObject *locker)
{
    const gint64 used = hth_member_number(locker, "limits.month_used");
    const gint64 all = hth_member_number(locker, "limits.month_bytes");
    g_autofree char *used_text = hth_wording_bytes(used);
    g_autofree char *all_text = hth_wording_bytes(all);
    g_autofree char *text =
        all > 0 ? g_strdup_printf(_("%s of %s"), used_text, all_text) : g_strdup(used_text);
    adw_action_row_set_subtitle(ADW_ACTION_ROW(self->month_row), text);
    gtk_widget_set_visible(GTK_WIDGET(self->month), all > 0);
    gtk_level_bar_set_value(self->month, all > 0 ? MIN((double)used / (double)all, 1) : 0);
}

static void show_joined(HthAwayPage *self, JsonObject *locker)
{
    hth_row_set_texts(self->state_row, state_name(hth_member_text(locker, "state")),
                      hth_member_text(locker, "problem"));
    g_autofree char *address = g_strdup_printf("%s:%d", hth_member_text(locker, "address"),
                                               (int)hth_member_number(locker, "port"));
    hth_row_set_texts(self->address_row, hth_member_text(locker, "name"), address);
    const gint64 sessions = hth_member_number(locker, "sessions");
    g_autofree char *through = g_strdup_printf(
        ngettext("%d connection now", "%d connections now", (gulong)sessions), (int)sessions);
    hth_row_set_texts(self->sessions_row, _("Devices through the relay"), through);
    g_autofree char *rate = a_second(hth_member_number(locker, "limits.session_rate"));
    g_autofree char *all_rate = a_second(hth_member_number(locker, "limits.household_rate"));
    g_autofree char *rates = g_strdup_printf(_("A device: %s. All together: %s."), rate, all_rate);
    adw_action_row_set_subtitle(ADW_ACTION_ROW(self->rate_row), rates);
    show_month(self, locker);
}

static void set_there(HthAwayPage *self, gboolean is_there)
{
    if (self->is_there == is_there)
        return;
    self->is_there = is_there;
    g_object_notify(G_OBJECT(self), "is-there");
}

static void on_locker(GObject *source, GAsyncResult *result, gpointer data)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(JsonObject) locker =
        hth_api_client_call_finish(HTH_API_CLIENT(source), result, &error);
    if (g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
        return;
    HthAwayPage *self = data;
    self->is_asking = FALSE;
    if (g_error_matches(error, HTH_ERROR, HTH_ERROR_NOT_FOUND))
        set_there(self, FALSE);
    if (locker == NULL)
        return;
    const gboolean is_joined = hth_member_is(locker, "joined");
    if (is_joined)
        show_joined(self, locker);
    gtk_stack_set_visible_child_name(self->stages, is_joined ? "joined" : "apart");
    set_there(self, TRUE);
}

static void ask(HthAwayPage *self)
{
    if (self->is_asking || !hth_home_is_connected(self->panel->home))
        return;
    self->is_asking = TRUE;
    hth_api_client_call(hth_home_client(self->panel->home), "GET", "locker", NULL,
                        self->cancellable, on_locker, self);
}

static gboolean on_timer(gpointer data)
{
    if (gtk_widget_get_mapped(data))
        ask(data);
    return G_SOURCE_CONTINUE;
}

/* ---- Joining and leaving ---- */

static void on_joined(GObject *source, GAsyncResult *result, gpointer data)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(JsonObject) locker =
        hth_api_client_call_finish(HTH_API_CLIENT(source), result, &error);
    if (g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
        return;
    HthAwayPage *self = data;
    gtk_widget_set_sensitive(GTK_WIDGET(self->join), TRUE);
    gtk_widget_set_visible(GTK_WIDGET(self->problem), error != NULL);
    if (error != NULL) {
        g_autofree char *text = hth_api_error_text(error);
        gtk_label_set_label(self->problem, text);
        return;
    }
    gtk_editable_set_text(GTK_EDITABLE(self->code), "");
    ask(self);
}

static void on_join(HthAwayPage *self)
{
    JsonObject *body = json_object_new();
    g_autofree char *url = g_strstrip(g_strdup(gtk_editable_get_text(GTK_EDITABLE(self->url))));
    g_autofree char *code = g_strstrip(g_strdup(gtk_editable_get_text(GTK_EDITABLE(self->code))));
    json_object_set_string_member(body, "url", url);
    json_object_set_string_member(body, "code", code);
    gtk_widget_set_sensitive(GTK_WIDGET(self->join), FALSE);
    hth_api_client_call(hth_home_client(self->panel->home), "POST", "locker", body,
                        self->cancellable, on_joined, self);
}

static void leave(gpointer data, gpointer more)
{
    HthAwayPage *self = data;
    hth_api_client_call(hth_home_client(self->panel->home), "DELETE", "locker", NULL,
                        self->cancellable, on_joined, self);
}

static void on_leave(HthAwayPage *self)
{
    hth_sheet_ask(GTK_WINDOW(self->panel->window), _("Leave the Locker?"),
                  _("Devices away from home no longer reach it. At home nothing changes."),
                  _("_Leave"), TRUE, leave, self, NULL);
}

static void on_typed(HthAwayPage *self)
{
    gtk_widget_set_sensitive(GTK_WIDGET(self->join),
                             *gtk_editable_get_text(GTK_EDITABLE(self->url)) != '\0' &&
                                 *gtk_editable_get_text(GTK_EDITABLE(self->code)) != '\0');
}

/* ---- Building ---- */

static AdwEntryRow *add_entry(AdwPreferencesGroup *group, const char *title, HthAwayPage *self)
{
    GtkWidget *row = adw_entry_row_new();
    adw_preferences_row_set_title(ADW_PREFERENCES_ROW(row), title);
    g_signal_connect_swapped(row, "changed", G_CALLBACK(on_typed), self);
    adw_preferences_group_add(group, row);
    return ADW_ENTRY_ROW(row);
}

static GtkWidget *build_apart(HthAwayPage *self)
{
    GtkBox *box = NULL;
    GtkWidget *sheet = hth_sheet_new(&box);
    hth_sheet_add_head(
        box, "hearth-away-symbolic", _("Away From Home"),
        _("A locker is a server that leads your handhelds home from everywhere. It sees nothing of "
          "what passes. Whoever runs it gives you an address and a code."),
        NULL, NULL);
    AdwPreferencesGroup *group = hth_sheet_add_group(box, NULL, NULL);
    self->url = add_entry(group, _("Address of the locker"), self);
    self->code = add_entry(group, _("Code"), self);
    self->problem = GTK_LABEL(gtk_label_new(NULL));
    gtk_label_set_wrap(self->problem, TRUE);
    gtk_widget_add_css_class(GTK_WIDGET(self->problem), "error");
    gtk_widget_set_visible(GTK_WIDGET(self->problem), FALSE);
    gtk_box_append(box, GTK_WIDGET(self->problem));
    self->join = GTK_BUTTON(hth_button_new(_("_Join")));
    gtk_widget_add_css_class(GTK_WIDGET(self->join), "pill");
    gtk_widget_add_css_class(GTK_WIDGET(self->join), "suggested-action");
    gtk_widget_set_halign(GTK_WIDGET(self->join), GTK_ALIGN_CENTER);
    gtk_widget_set_sensitive(GTK_WIDGET(self->join), FALSE);
    g_signal_connect_swapped(self->join, "clicked", G_CALLBACK(on_join), self);
    gtk_box_append(box, GTK_WIDGET(self->join));
    return sheet;
}

static GtkWidget *add_row(AdwPreferencesGroup *group, const char *title)
{
    GtkWidget *row = hth_row_new(title, "");
    adw_preferences_group_add(group, row);
    return row;
}

static GtkWidget *build_joined(HthAwayPage *self)
{
    GtkBox *box = NULL;
    GtkWidget *sheet = hth_sheet_new(&box);
    AdwPreferencesGroup *group = hth_sheet_add_group(box, _("Away From Home"), NULL);
    self->state_row = add_row(group, "");
    hth_row_add_icon(self->state_row, "hearth-away-symbolic");
    self->address_row = add_row(group, "");
    self->sessions_row = add_row(group, "");
    AdwPreferencesGroup *limits = hth_sheet_add_group(box, _("Limits"), NULL);
    self->rate_row = add_row(limits, _("Rate"));
    self->month_row = add_row(limits, _("Traffic this month"));
    self->month = GTK_LEVEL_BAR(gtk_level_bar_new());
    gtk_widget_set_valign(GTK_WIDGET(self->month), GTK_ALIGN_CENTER);
    gtk_widget_set_size_request(GTK_WIDGET(self->month), 110, -1);
    gtk_widget_add_css_class(GTK_WIDGET(self->month), "room");
    hth_name_widget(GTK_WIDGET(self->month), _("Traffic this month"));
    adw_action_row_add_suffix(ADW_ACTION_ROW(self->month_row), GTK_WIDGET(self->month));
    GtkWidget *button = hth_button_new(_("_Leave the Locker…"));
    gtk_widget_add_css_class(button, "pill");
    gtk_widget_add_css_class(button, "destructive-action");
    gtk_widget_set_halign(button, GTK_ALIGN_CENTER);
    g_signal_connect_swapped(button, "clicked", G_CALLBACK(on_leave), self);
    gtk_box_append(box, button);
    return sheet;
}

/* ---- Object ---- */

static void get_property(GObject *object, guint id, GValue *value, GParamSpec *spec)
{
    g_value_set_boolean(value, HTH_AWAY_PAGE(object)->is_there);
}

static void hth_away_page_init(HthAwayPage *self)
{
    self->cancellable = g_cancellable_new();
    self->stages = GTK_STACK(gtk_stack_new());
    gtk_stack_add_named(self->stages, build_apart(self), "apart");
    gtk_stack_add_named(self->stages, build_joined(self), "joined");
    hth_sight_follow(GTK_WIDGET(self->stages));
    adw_bin_set_child(ADW_BIN(self), GTK_WIDGET(self->stages));
    self->timer = g_timeout_add_seconds(REFRESH_SECONDS, on_timer, self);
}

static void hth_away_page_dispose(GObject *object)
{
    HthAwayPage *self = HTH_AWAY_PAGE(object);
    g_clear_handle_id(&self->timer, g_source_remove);
    g_cancellable_cancel(self->cancellable);
    g_clear_object(&self->cancellable);
    G_OBJECT_CLASS(hth_away_page_parent_class)->dispose(object);
}

static void hth_away_page_class_init(HthAwayPageClass *class)
{
    G_OBJECT_CLASS(class)->dispose = hth_away_page_dispose;
    G_OBJECT_CLASS(class)->get_property = get_property;
    g_object_class_install_property(
        G_OBJECT_CLASS(class), PROP_IS_THERE,
        g_param_spec_boolean("is-there", NULL, NULL, FALSE,
                             G_PARAM_READABLE | G_PARAM_STATIC_STRINGS));
}

GtkWidget *hth_away_page_new(HthPanel *panel)
{
    HthAwayPage *self = g_object_new(HTH_TYPE_AWAY_PAGE, NULL);
    self->panel = panel;
    g_signal_connect_object(panel->home, "connection", G_CALLBACK(ask), self, G_CONNECT_SWAPPED);
    return GTK_WIDGET(self);
}
