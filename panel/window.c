/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "window.h"

#include <glib/gi18n.h>

#include "api/api-error.h"
#include "api/member.h"
#include "base/error.h"
#include "page/away-page.h"
#include "page/devices-page.h"
#include "page/doctor-page.h"
#include "page/home-page.h"
#include "page/library-page.h"
#include "page/settings-window.h"
#include "page/start-page.h"
#include "widget/player-bar.h"
#include "widget/row-set.h"
#include "widget/sight.h"

struct _HthWindow {
    AdwApplicationWindow parent;
    HthPanel *panel;
    AdwToastOverlay *toasts;
    GtkStack *stages;
    AdwBin *start_place;
    AdwLeaflet *navigation;
    GtkWidget *main_box;
    AdwViewSwitcherTitle *switcher_title;
    GtkToggleButton *search_button;
    GtkRevealer *absence;
    GtkButton *absence_button;
    AdwViewStack *pages;
    AdwBin *player_place;
    HthLibraryPage *library;
    GtkWidget *start;
    GPtrArray *pushed; /* (element GtkWidget) over the pages, the last on top */
    guint drop;        /* source */
};

G_DEFINE_FINAL_TYPE(HthWindow, hth_window, ADW_TYPE_APPLICATION_WINDOW)

/* ---- Navigation ---- */

static gboolean is_main_shown(HthWindow *self)
{
    return adw_leaflet_get_visible_child(self->navigation) == self->main_box;
}

/* What was gone back from goes, once it is out of sight: not before what is pushed at this moment
 * is in sight. */
static gboolean drop_left(gpointer data)
{
    HthWindow *self = data;
    self->drop = 0;
    if (adw_leaflet_get_child_transition_running(self->navigation))
        return G_SOURCE_REMOVE; /* it ends with another notification */
    /* By our own list: the leaflet's children are in the order in which they are drawn. */
    const GtkWidget *shown = adw_leaflet_get_visible_child(self->navigation);
    while (self->pushed->len > 0) {
        GtkWidget *last = self->pushed->pdata[self->pushed->len - 1];
        if (last == shown)
            break;
        g_ptr_array_set_size(self->pushed, (int)self->pushed->len - 1);
        adw_leaflet_remove(self->navigation, last);
    }
    return G_SOURCE_REMOVE;
}

/* Escape is for the search and the entry that it is pressed in, where there is nothing to go back
 * to. */
static void allow_back(HthWindow *self)
{
    gtk_widget_action_set_enabled(GTK_WIDGET(self), "win.back", !is_main_shown(self));
}

static void on_navigated(HthWindow *self)
{
    if (self->drop == 0 && self->pushed != NULL)
        self->drop = g_idle_add(drop_left, self);
}

static void on_back(GtkButton *button, HthWindow *self)
{
    hth_window_pop(self);
}

void hth_window_pop(HthWindow *self)
{
    adw_leaflet_navigate(self->navigation, ADW_NAVIGATION_DIRECTION_BACK);
}

void hth_window_show_pages(HthWindow *self)
{
    adw_leaflet_set_visible_child(self->navigation, self->main_box);
}

static GtkWidget *back_button(HthWindow *self)
{
    GtkWidget *button = gtk_button_new_from_icon_name("go-previous-symbolic");
    gtk_widget_set_tooltip_text(button, _("Back"));
    gtk_accessible_update_property(GTK_ACCESSIBLE(button), GTK_ACCESSIBLE_PROPERTY_LABEL, _("Back"),
                                   -1);
    g_signal_connect(button, "clicked", G_CALLBACK(on_back), self);
    return button;
}

void hth_window_push(HthWindow *self, const char *title, GtkWidget *content, GtkWidget *end)
{
    GtkWidget *box = gtk_box_new(GTK_ORIENTATION_VERTICAL, 0);
    GtkWidget *header = adw_header_bar_new();
    g_autofree char *shown = hth_row_text(title);
    adw_header_bar_set_title_widget(ADW_HEADER_BAR(header), adw_window_title_new(shown, ""));
    GtkWidget *back = back_button(self);
    adw_header_bar_pack_start(ADW_HEADER_BAR(header), back);
    if (end != NULL)
        adw_header_bar_pack_end(ADW_HEADER_BAR(header), end);
    gtk_box_append(GTK_BOX(box), header);
    gtk_widget_set_vexpand(content, TRUE);
    gtk_box_append(GTK_BOX(box), content);
    adw_leaflet_append(self->navigation, box);
    g_ptr_array_add(self->pushed, box);
    adw_leaflet_set_visible_child(self->navigation, box);
    gtk_widget_grab_focus(back);
}

void hth_window_show_page(HthWindow *self, const char *name)
{
    if (adw_view_stack_get_child_by_name(self->pages, name) == NULL)
        return;
    adw_leaflet_set_visible_child(self->navigation, self->main_box);
    adw_view_stack_set_visible_child_name(self->pages, name);
}

void hth_window_show_kind(HthWindow *self, const char *kind)
{
    hth_window_show_page(self, "library");
    hth_library_page_show_kind(self->library, kind);
}

void hth_window_search(HthWindow *self, const char *text)
{
    hth_window_show_page(self, "library");
    hth_library_page_search(self->library, text);
}

static void on_page_shown(HthWindow *self)
{
    const char *name = adw_view_stack_get_visible_child_name(self->pages);
    gtk_widget_set_visible(GTK_WIDGET(self->search_button), g_strcmp0(name, "library") == 0);
}

/* ---- Words ---- */

void hth_window_toast(HthWindow *self, const char *text)
{
    AdwToast *toast = adw_toast_new("");
    g_autofree char *escaped = g_markup_escape_text(text, -1);
    adw_toast_set_title(toast, escaped);
    adw_toast_set_timeout(toast, 4);
    adw_toast_overlay_add_toast(self->toasts, toast);
}

void hth_window_fail(HthWindow *self, const GError *error)
{
    if (g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
        return;
    hth_window_toast(self, hth_api_error_sentence(error));
}

/* ---- The daemon comes and goes ---- */

static void show_stage(HthWindow *self)
{
    HthHome *home = self->panel->home;
    const gboolean is_connected = hth_home_is_connected(home);
    JsonObject *status = hth_home_status(home);
    gtk_widget_set_visible(GTK_WIDGET(self->absence), !is_connected && status != NULL);
    gtk_revealer_set_reveal_child(self->absence, !is_connected && status != NULL);
    if (is_connected && hth_home_is_fresh(home))
        hth_start_page_daemon_is_there(HTH_START_PAGE(self->start));
    else if (!is_connected)
        hth_start_page_daemon_is_gone(HTH_START_PAGE(self->start));
    if (!hth_home_is_known(home) || (is_connected && status == NULL))
        return; /* soon */
    const gboolean starts = hth_start_page_is_needed(HTH_START_PAGE(self->start));
    gtk_stack_set_visible_child_name(self->stages, starts ? "start" : "main");
}

static void on_absence_clicked(GtkButton *button, HthWindow *self)
{
    hth_start_page_start_daemon(HTH_START_PAGE(self->start));
}

/* ---- Actions ---- */

static void on_scanned(GObject *source, GAsyncResult *result, gpointer data)
{
    g_autoptr(HthWindow) self = data;
    g_autoptr(GError) error = NULL;
    g_autoptr(JsonObject) answer =
        hth_api_client_call_finish(HTH_API_CLIENT(source), result, &error);
    if (answer == NULL)
        hth_window_fail(self, error);
    else
        hth_window_toast(self, _("Looking for changes in the folders"));
}

static void scan(GtkWidget *widget, const char *name, GVariant *parameter)
{
    HthWindow *self = HTH_WINDOW(widget);
    hth_api_client_call(hth_home_client(self->panel->home), "POST", "scan", NULL, NULL, on_scanned,
                        g_object_ref(self));
}

static void show_settings(GtkWidget *widget, const char *name, GVariant *parameter)
{
    HthWindow *self = HTH_WINDOW(widget);
    gtk_window_present(GTK_WINDOW(hth_settings_window_new(self->panel)));
}

static void show_page(GtkWidget *widget, const char *name, GVariant *parameter)
{
    hth_window_show_page(HTH_WINDOW(widget), g_variant_get_string(parameter, NULL));
}

static void search(GtkWidget *widget, const char *name, GVariant *parameter)
{
    HthWindow *self = HTH_WINDOW(widget);
    hth_window_show_page(self, "library");
    hth_library_page_search(self->library, NULL);
}

static void go_back(GtkWidget *widget, const char *name, GVariant *parameter)
{
    if (!is_main_shown(HTH_WINDOW(widget)))
        hth_window_pop(HTH_WINDOW(widget));
}

static void play_pause(GtkWidget *widget, const char *name, GVariant *parameter)
{
    hth_player_toggle(HTH_WINDOW(widget)->panel->player);
}

static void add_actions(GtkWidgetClass *class)
{
    gtk_widget_class_install_action(class, "win.scan", NULL, scan);
    gtk_widget_class_install_action(class, "win.settings", NULL, show_settings);
    gtk_widget_class_install_action(class, "win.page", "s", show_page);
    gtk_widget_class_install_action(class, "win.search", NULL, search);
    gtk_widget_class_install_action(class, "win.back", NULL, go_back);
    gtk_widget_class_install_action(class, "win.play", NULL, play_pause);
}

/* ---- Object ---- */

static void hth_window_init(HthWindow *self)
{
    self->pushed = g_ptr_array_new();
    gtk_widget_init_template(GTK_WIDGET(self));
    g_signal_connect_swapped(self->navigation, "notify::child-transition-running",
                             G_CALLBACK(on_navigated), self);
    g_signal_connect_swapped(self->navigation, "notify::visible-child", G_CALLBACK(allow_back),
                             self);
    allow_back(self);
    g_signal_connect_swapped(self->pages, "notify::visible-child", G_CALLBACK(on_page_shown), self);
    g_signal_connect(self->absence_button, "clicked", G_CALLBACK(on_absence_clicked), self);
}

static void hth_window_dispose(GObject *object)
{
    HthWindow *self = HTH_WINDOW(object);
    g_clear_handle_id(&self->drop, g_source_remove);
    g_clear_pointer(&self->pushed, g_ptr_array_unref);
    if (self->panel != NULL) {
        g_signal_handlers_disconnect_by_data(self->panel->home, self);
        self->panel->window = NULL;
        self->panel = NULL;
    }
    G_OBJECT_CLASS(hth_window_parent_class)->dispose(object);
}

static void hth_window_class_init(HthWindowClass *class)
{
    GtkWidgetClass *widget_class = GTK_WIDGET_CLASS(class);
    G_OBJECT_CLASS(class)->dispose = hth_window_dispose;
    gtk_widget_class_set_template_from_resource(widget_class, HTH_PANEL_RESOURCES "window.ui");
    gtk_widget_class_bind_template_child(widget_class, HthWindow, toasts);
    gtk_widget_class_bind_template_child(widget_class, HthWindow, stages);
    gtk_widget_class_bind_template_child(widget_class, HthWindow, start_place);
    gtk_widget_class_bind_template_child(widget_class, HthWindow, navigation);
    gtk_widget_class_bind_template_child(widget_class, HthWindow, main_box);
    gtk_widget_class_bind_template_child(widget_class, HthWindow, switcher_title);
    gtk_widget_class_bind_template_child(widget_class, HthWindow, search_button);
    gtk_widget_class_bind_template_child(widget_class, HthWindow, absence);
    gtk_widget_class_bind_template_child(widget_class, HthWindow, absence_button);
    gtk_widget_class_bind_template_child(widget_class, HthWindow, pages);
    gtk_widget_class_bind_template_child(widget_class, HthWindow, player_place);
    add_actions(widget_class);
}

static void add_page(HthWindow *self, GtkWidget *page, const char *name, const char *title,
                     const char *icon_name)
{
    AdwViewStackPage *added = adw_view_stack_add_titled(self->pages, page, name, title);
    adw_view_stack_page_set_icon_name(added, icon_name);
}

static void add_pages(HthWindow *self, HthPanel *panel)
{
    self->library = HTH_LIBRARY_PAGE(hth_library_page_new(panel, self->search_button));
    add_page(self, hth_home_page_new(panel), "home", _("Home"), "user-home-symbolic");
    add_page(self, GTK_WIDGET(self->library), "library", _("Library"), "hearth-library-symbolic");
    add_page(self, hth_devices_page_new(panel), "devices", _("Devices"), "hearth-devices-symbolic");
    GtkWidget *away = hth_away_page_new(panel);
    add_page(self, away, "away", _("Away"), "hearth-away-symbolic");
    AdwViewStackPage *page = adw_view_stack_get_page(self->pages, away);
    g_object_bind_property(away, "is-there", page, "visible", G_BINDING_SYNC_CREATE);
    add_page(self, hth_doctor_page_new(panel), "doctor", _("Doctor"), "hearth-doctor-symbolic");
}

HthWindow *hth_window_new(GtkApplication *application, HthPanel *panel)
{
    HthWindow *self = g_object_new(HTH_TYPE_WINDOW, "application", application, NULL);
    self->panel = panel;
    panel->window = self;
    self->start = hth_start_page_new(panel);
    adw_bin_set_child(self->start_place, self->start);
    g_signal_connect_swapped(self->start, "done", G_CALLBACK(show_stage), self);
    adw_bin_set_child(self->player_place, hth_player_bar_new(panel));
    add_pages(self, panel);
    hth_sight_follow(GTK_WIDGET(self->stages));
    hth_sight_follow(GTK_WIDGET(self->navigation));
    hth_sight_follow(GTK_WIDGET(self->pages));
    hth_mend_button_names(GTK_WIDGET(self));
    on_page_shown(self);
    g_signal_connect_swapped(panel->home, "connection", G_CALLBACK(show_stage), self);
    g_signal_connect_swapped(panel->home, "status", G_CALLBACK(show_stage), self);
    return self;
}
