/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "page/home-page.h"

#include <glib/gi18n.h>
#include <string.h>

#include "api/member.h"
#include "model/household.h"
#include "model/playing.h"
#include "page/device-page.h"
#include "page/home-warnings.h"
#include "page/item-page.h"
#include "widget/row-set.h"
#include "window.h"
#include "wording.h"

/* Devices shown here; the page Devices has them all. */
#define DEVICES_MAX 6

enum { N_TILES = 6 };

/* What is counted, and where a click leads. */
static const struct {
    const char *member;
    const char *kind;
    const char *name;
} tile_rows[N_TILES] = {
    { "counts.albums", "album", N_("Albums") }, { "counts.artists", "artist", N_("Artists") },
    { "counts.tracks", "track", N_("Tracks") }, { "counts.videos", "video", N_("Videos") },
    { "counts.photos", "photo", N_("Photos") }, { "counts.playlists", "playlist", N_("Playlists") },
};

/* No home has a longer name. */
#define NAME_LETTERS 100

struct _HthHomePage {
    AdwBin parent;
    HthPanel *panel;
    HthHousehold *household;
    GtkLabel *name;
    GtkLabel *subtitle;
    AdwPreferencesGroup *warnings;
    HthRowSet *warning_rows;
    GtkFlowBox *tiles;
    GtkLabel *figures[N_TILES];
    AdwActionRow *scan_row;
    GtkWidget *scan_progress_row;
    GtkProgressBar *scan_progress;
    GtkButton *scan_button;
    AdwPreferencesGroup *playing;
    HthRowSet *playing_rows;
    AdwPreferencesGroup *devices;
    HthRowSet *device_rows;
};

G_DEFINE_FINAL_TYPE(HthHomePage, hth_home_page, ADW_TYPE_BIN)

/* ---- Counts ---- */

static void on_tile(GtkButton *button, HthHomePage *self)
{
    const char *kind = g_object_get_data(G_OBJECT(button), "kind");
    hth_window_show_kind(self->panel->window, kind);
}

static void add_tile(HthHomePage *self, guint n)
{
    GtkWidget *button = gtk_button_new();
    GtkWidget *box = gtk_box_new(GTK_ORIENTATION_VERTICAL, 0);
    self->figures[n] = GTK_LABEL(gtk_label_new("–"));
    GtkWidget *name = gtk_label_new(_(tile_rows[n].name));
    gtk_widget_add_css_class(GTK_WIDGET(self->figures[n]), "figure");
    gtk_widget_add_css_class(GTK_WIDGET(self->figures[n]), "numeric");
    gtk_widget_add_css_class(name, "dim-label");
    gtk_box_append(GTK_BOX(box), GTK_WIDGET(self->figures[n]));
    gtk_box_append(GTK_BOX(box), name);
    gtk_button_set_child(GTK_BUTTON(button), box);
    gtk_widget_add_css_class(button, "card");
    gtk_widget_add_css_class(button, "tile");
    g_object_set_data(G_OBJECT(button), "kind", (gpointer)tile_rows[n].kind);
    g_signal_connect(button, "clicked", G_CALLBACK(on_tile), self);
    gtk_flow_box_append(self->tiles, button);
    gtk_widget_set_focusable(gtk_widget_get_parent(button), FALSE);
}

static void show_counts(HthHomePage *self, JsonObject *status)
{
    for (guint i = 0; i < N_TILES; i++) {
        const gint64 count = hth_member_number(status, tile_rows[i].member);
        g_autofree char *text = hth_wording_number(count);
        gtk_label_set_label(self->figures[i], text);
        GtkWidget *button = gtk_widget_get_ancestor(GTK_WIDGET(self->figures[i]), GTK_TYPE_BUTTON);
        g_autofree char *name = g_strdup_printf("%s %s", text, _(tile_rows[i].name));
        hth_name_widget(button, name);
        hth_name_widget(gtk_widget_get_parent(button), name); /* the place around it */
    }
}

/* ---- Scan ---- */

static char *scan_subtitle(JsonObject *scan)
{
    const gint64 seconds_left = hth_member_number(scan, "seconds_left");
    const double rate = hth_member_double(scan, "files_per_s");
    g_autofree char *done = hth_wording_number(hth_member_number(scan, "n_read"));
    g_autofree char *all = hth_wording_files(hth_member_number(scan, "n_to_read"));
    g_autofree char *left = seconds_left > 0 ? hth_wording_time_left(seconds_left) : g_strdup("");
    g_autofree char *number = hth_wording_number((gint64)rate);
    g_autofree char *speed = g_strdup_printf(_("%s a second"), number);
    g_autofree char *of = g_strdup_printf(_("%s of %s"), done, all);
    return g_strjoin(" · ", of, speed, *left != '\0' ? left : NULL, NULL);
}

static char *idle_subtitle(JsonObject *status)
{
    const guint n_roots = hth_member_length(status, "roots");
    g_autofree char *size = hth_wording_bytes(hth_member_number(status, "counts.size_bytes"));
    g_autofree char *folders =
        g_strdup_printf(ngettext("%u folder", "%u folders", n_roots), n_roots);
    return g_strdup_printf("%s · %s", folders, size);
}

static void show_scan(HthHomePage *self, JsonObject *status, JsonObject *scan)
{
    const char *phase = hth_member_text(scan, "phase");
    const gboolean is_reading = strcmp(phase, "reading") == 0;
    const gboolean is_listing = strcmp(phase, "listing") == 0;
    const char *title = is_reading   ? _("Reading the files")
                        : is_listing ? _("Looking through the folders")
                                     : _("Everything is up to date");
    g_autofree char *subtitle = is_reading ? scan_subtitle(scan) : idle_subtitle(status);
    adw_preferences_row_set_title(ADW_PREFERENCES_ROW(self->scan_row), title);
    adw_action_row_set_subtitle(self->scan_row, subtitle);
    gtk_widget_set_visible(self->scan_progress_row, is_reading || is_listing);
    gtk_widget_set_visible(GTK_WIDGET(self->scan_button), !is_reading && !is_listing);
    const double n_all = hth_member_double(scan, "n_to_read");
    if (is_reading && n_all > 0)
        gtk_progress_bar_set_fraction(self->scan_progress,
                                      CLAMP(hth_member_double(scan, "n_read") / n_all, 0, 1));
    else
        gtk_progress_bar_pulse(self->scan_progress);
}

/* ---- Who plays ---- */

static void on_playing_row(AdwActionRow *row, HthHomePage *self)
{
    JsonObject *json = json_object_new();
    json_object_set_string_member(json, "id", g_object_get_data(G_OBJECT(row), "item"));
    json_object_set_string_member(json, "title", g_object_get_data(G_OBJECT(row), "title"));
    g_autoptr(HthLibraryItem) item = hth_library_item_new(json);
    json_object_unref(json);
    hth_item_page_open(self->panel, item);
}

static GtkWidget *make_playing_row(gpointer data)
{
    GtkWidget *row = hth_row_new("", "");
    hth_row_add_icon(row, "media-playback-start-symbolic");
    GtkWidget *progress = gtk_progress_bar_new();
    gtk_widget_set_valign(progress, GTK_ALIGN_CENTER);
    gtk_widget_set_size_request(progress, 60, -1);
    hth_name_widget(progress, _("How far it is played"));
    adw_action_row_add_suffix(ADW_ACTION_ROW(row), progress);
    g_object_set_data(G_OBJECT(row), "progress", progress);
    hth_row_add_arrow(row);
    g_signal_connect(row, "activated", G_CALLBACK(on_playing_row), data);
    return row;
}

static void show_session(HthHomePage *self, JsonObject *session)
{
    g_autofree char *key =
        g_strjoin(" ", hth_member_text(session, "player"), hth_member_text(session, "label"),
                  hth_member_text(session, "device"), NULL);
    GtkWidget *row = hth_row_set_row(self->playing_rows, key, make_playing_row, self);
    g_autofree char *title = hth_playing_title(session);
    g_autofree char *line = hth_playing_line(session);
    hth_row_set_texts(row, title, line);
    g_object_set_data_full(G_OBJECT(row), "item", g_strdup(hth_member_text(session, "item")),
                           g_free);
    g_object_set_data_full(G_OBJECT(row), "title", g_strdup(hth_member_text(session, "title")),
                           g_free);
    GtkWidget *progress = g_object_get_data(G_OBJECT(row), "progress");
    gtk_widget_set_visible(progress, hth_member_exists(session, "share"));
    gtk_progress_bar_set_fraction(GTK_PROGRESS_BAR(progress),
                                  CLAMP(hth_member_double(session, "share"), 0, 1));
}

static void show_playing(HthHomePage *self)
{
    HthHome *home = self->panel->home;
    hth_row_set_begin(self->playing_rows);
    for (guint i = 0; i < hth_playing_count(home); i++)
        show_session(self, hth_playing_at(home, i));
    gtk_widget_set_visible(GTK_WIDGET(self->playing), hth_row_set_end(self->playing_rows) > 0);
}

/* ---- Status ---- */

static void show_status(HthHomePage *self)
{
    JsonObject *status = hth_home_status(self->panel->home);
    if (status == NULL)
        return;
    const char *whole = hth_member_text(status, "name");
    g_autofree char *name = g_utf8_substring(whole, 0, MIN(g_utf8_strlen(whole, -1), NAME_LETTERS));
    gtk_label_set_label(self->name, name);
    JsonObject *address = hth_member_at(status, "addresses", 0);
    const char *url = hth_member_text(address, "url");
    g_autofree char *where = address != NULL
                                 ? g_strdup_printf(_("Shared on this network at %s"),
                                                   g_str_has_prefix(url, "http://") ? url + 7 : url)
                                 : g_strdup(_("No network is connected"));
    g_autofree char *shown = hth_row_text(where);
    gtk_label_set_label(self->subtitle, shown);
    show_counts(self, status);
    show_scan(self, status, hth_home_scan(self->panel->home));
    const guint n = hth_home_warnings_show(self->warning_rows, self->panel);
    gtk_widget_set_visible(GTK_WIDGET(self->warnings), n > 0);
    show_playing(self);
}

/* ---- Who is there ---- */

static void on_device_row(AdwActionRow *row, HthHomePage *self)
{
    hth_window_show_page(self->panel->window, "devices");
}

typedef struct {
    HthHomePage *page;
    const char *icon_name;
} RowData;

static GtkWidget *make_device_row(gpointer data)
{
    const RowData *row_data = data;
    GtkWidget *row = hth_row_new("", "");
    hth_row_add_icon(row, row_data->icon_name);
    hth_row_add_arrow(row);
    g_signal_connect(row, "activated", G_CALLBACK(on_device_row), row_data->page);
    return row;
}

static void add_paired(HthHomePage *self, JsonObject *device)
{
    RowData data = { self, "phone-symbolic" };
    g_autofree char *seen = hth_household_path_text(device);
    GtkWidget *row =
        hth_row_set_row(self->device_rows, hth_member_text(device, "id"), make_device_row, &data);
    hth_row_set_texts(row, hth_member_text(device, "name"), seen);
}

static void add_player(HthHomePage *self, JsonObject *device)
{
    RowData data = { self, hth_device_icon(device) };
    g_autofree char *ago = hth_wording_ago(hth_member_number(device, "last_seen_unix_s"));
    g_autofree char *seen = g_strdup_printf(_("On this network · seen %s"), ago);
    GtkWidget *row =
        hth_row_set_row(self->device_rows, hth_member_text(device, "id"), make_device_row, &data);
    const gboolean waits = strcmp(hth_member_text(device, "policy"), "waiting") == 0;
    hth_row_set_texts(row, hth_device_title(device),
                      waits ? _("New: it waits for your permission") : seen);
}

static GtkWidget *make_nothing_row(gpointer data)
{
    GtkWidget *row = hth_row_new(_("No device has asked yet"),
                                 _("Televisions and players find this home by themselves. Open "
                                   "the media sources on one of them."));
    return row;
}

static void show_devices(HthHomePage *self)
{
    JsonObject *paired = hth_household_paired(self->household);
    JsonObject *players = hth_household_devices(self->household);
    guint n = 0;
    hth_row_set_begin(self->device_rows);
    for (guint i = 0; i < hth_member_length(paired, "paired") && n < DEVICES_MAX; i++, n++)
        add_paired(self, hth_member_at(paired, "paired", i));
    for (guint i = 0; i < hth_member_length(players, "devices") && n < DEVICES_MAX; i++, n++)
        add_player(self, hth_member_at(players, "devices", i));
    if (n == 0)
        (void)hth_row_set_row(self->device_rows, "-", make_nothing_row, NULL);
    (void)hth_row_set_end(self->device_rows);
}

/* ---- Object ---- */

static void hth_home_page_init(HthHomePage *self)
{
    gtk_widget_init_template(GTK_WIDGET(self));
    self->warning_rows = hth_row_set_new(self->warnings);
    self->playing_rows = hth_row_set_new(self->playing);
    self->device_rows = hth_row_set_new(self->devices);
    for (guint i = 0; i < N_TILES; i++)
        add_tile(self, i);
}

static void hth_home_page_dispose(GObject *object)
{
    HthHomePage *self = HTH_HOME_PAGE(object);
    if (self->panel != NULL)
        g_signal_handlers_disconnect_by_data(self->panel->home, self);
    self->panel = NULL;
    if (self->household != NULL)
        g_signal_handlers_disconnect_by_data(self->household, self);
    g_clear_object(&self->household);
    g_clear_pointer(&self->warning_rows, hth_row_set_free);
    g_clear_pointer(&self->playing_rows, hth_row_set_free);
    g_clear_pointer(&self->device_rows, hth_row_set_free);
    G_OBJECT_CLASS(hth_home_page_parent_class)->dispose(object);
}

static void hth_home_page_class_init(HthHomePageClass *class)
{
    GtkWidgetClass *widget_class = GTK_WIDGET_CLASS(class);
    G_OBJECT_CLASS(class)->dispose = hth_home_page_dispose;
    gtk_widget_class_set_template_from_resource(widget_class, HTH_PANEL_RESOURCES "home-page.ui");
    gtk_widget_class_bind_template_child(widget_class, HthHomePage, name);
    gtk_widget_class_bind_template_child(widget_class, HthHomePage, subtitle);
    gtk_widget_class_bind_template_child(widget_class, HthHomePage, warnings);
    gtk_widget_class_bind_template_child(widget_class, HthHomePage, tiles);
    gtk_widget_class_bind_template_child(widget_class, HthHomePage, scan_row);
    gtk_widget_class_bind_template_child(widget_class, HthHomePage, scan_progress_row);
    gtk_widget_class_bind_template_child(widget_class, HthHomePage, scan_progress);
    gtk_widget_class_bind_template_child(widget_class, HthHomePage, scan_button);
    gtk_widget_class_bind_template_child(widget_class, HthHomePage, playing);
    gtk_widget_class_bind_template_child(widget_class, HthHomePage, devices);
}

GtkWidget *hth_home_page_new(HthPanel *panel)
{
    HthHomePage *self = g_object_new(HTH_TYPE_HOME_PAGE, NULL);
    self->panel = panel;
    self->household = g_object_ref(panel->household);
    g_signal_connect_swapped(panel->home, "status", G_CALLBACK(show_status), self);
    g_signal_connect_swapped(self->household, "changed", G_CALLBACK(show_devices), self);
    show_devices(self);
    return GTK_WIDGET(self);
}
