/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "page/devices-page.h"

#include <glib/gi18n.h>
#include <string.h>

#include "api/member.h"
#include "model/playing.h"
#include "page/device-page.h"
#include "page/handheld-page.h"
#include "page/pairing-dialog.h"
#include "widget/row-set.h"
#include "widget/sheet.h"
#include "wording.h"

struct _HthDevicesPage {
    AdwBin parent;
    HthPanel *panel;
    AdwPreferencesGroup *handhelds;
    HthRowSet *handheld_rows;
    AdwPreferencesGroup *players;
    HthRowSet *player_rows;
};

G_DEFINE_FINAL_TYPE(HthDevicesPage, hth_devices_page, ADW_TYPE_BIN)

typedef struct {
    HthDevicesPage *page;
    const char *id;
    const char *icon_name;
    GCallback opened;
} RowData;

static const char *title_of(AdwActionRow *row)
{
    return adw_preferences_row_get_title(ADW_PREFERENCES_ROW(row));
}

static void on_handheld(AdwActionRow *row, HthDevicesPage *self)
{
    hth_handheld_page_open(self->panel, g_object_get_data(G_OBJECT(row), "id"), title_of(row));
}

static void on_player(AdwActionRow *row, HthDevicesPage *self)
{
    hth_device_page_open(self->panel, g_object_get_data(G_OBJECT(row), "id"), title_of(row));
}

static GtkWidget *make_row(gpointer data)
{
    const RowData *row_data = data;
    GtkWidget *row = hth_row_new("", "");
    g_object_set_data_full(G_OBJECT(row), "id", g_strdup(row_data->id), g_free);
    hth_row_add_icon(row, row_data->icon_name);
    GtkWidget *pill = gtk_label_new(NULL);
    gtk_widget_add_css_class(pill, "dim-label");
    adw_action_row_add_suffix(ADW_ACTION_ROW(row), pill);
    g_object_set_data(G_OBJECT(row), "pill", pill);
    hth_row_add_arrow(row);
    g_signal_connect(row, "activated", row_data->opened, row_data->page);
    return row;
}

static void set_pill(GtkWidget *row, const char *text)
{
    gtk_label_set_label(g_object_get_data(G_OBJECT(row), "pill"), text);
}

/* What it plays, before @subtitle. New string. */
static char *with_playing(HthDevicesPage *self, JsonObject *device, const char *subtitle)
{
    JsonObject *session = hth_playing_on(self->panel->home, hth_member_text(device, "id"));
    if (session == NULL)
        return g_strdup(subtitle);
    g_autofree char *title = hth_playing_title(session);
    g_autofree char *playing = g_strdup_printf(_("Playing %s"), title);
    return g_strdup_printf("%s · %s", playing, subtitle);
}

/* ---- Handhelds ---- */

static void show_handheld(HthDevicesPage *self, JsonObject *device)
{
    RowData data = { self, hth_member_text(device, "id"), "phone-symbolic",
                     G_CALLBACK(on_handheld) };
    GtkWidget *row = hth_row_set_row(self->handheld_rows, data.id, make_row, &data);
    g_autofree char *seen = hth_household_path_text(device);
    g_autofree char *subtitle = with_playing(self, device, seen);
    hth_row_set_texts(row, hth_member_text(device, "name"), subtitle);
    set_pill(row, strcmp(hth_member_text(device, "role"), "owner") == 0 ? _("Owner") : "");
}

static GtkWidget *make_no_handheld(gpointer data)
{
    GtkWidget *row = hth_row_new(_("No handheld is paired"),
                                 _("A paired handheld is kept up to date over the air by itself."));
    return row;
}

static void show_handhelds(HthDevicesPage *self, JsonObject *paired)
{
    hth_row_set_begin(self->handheld_rows);
    const guint n = hth_member_length(paired, "paired");
    for (guint i = 0; i < n; i++)
        show_handheld(self, hth_member_at(paired, "paired", i));
    if (n == 0)
        (void)hth_row_set_row(self->handheld_rows, "-", make_no_handheld, NULL);
    (void)hth_row_set_end(self->handheld_rows);
}

/* ---- Players ---- */

static void show_player(HthDevicesPage *self, JsonObject *device)
{
    RowData data = { self, hth_member_text(device, "id"), hth_device_icon(device),
                     G_CALLBACK(on_player) };
    GtkWidget *row = hth_row_set_row(self->player_rows, data.id, make_row, &data);
    g_autofree char *ago = hth_wording_ago(hth_member_number(device, "last_seen_unix_s"));
    g_autofree char *seen = g_strdup_printf(_("Seen %s"), ago);
    const char *model = hth_member_text(device, "model");
    const char *kind = *model != '\0' ? model : hth_member_text(device, "client");
    const char *title = hth_device_title(device);
    const gboolean says_more = *kind != '\0' && strcmp(kind, title) != 0;
    g_autofree char *known = says_more ? g_strdup_printf("%s · %s", kind, seen) : g_strdup(seen);
    g_autofree char *subtitle = with_playing(self, device, known);
    hth_row_set_texts(row, title, subtitle);
    const char *policy = hth_member_text(device, "policy");
    set_pill(row, strcmp(policy, "hidden") == 0    ? _("Hidden")
                  : strcmp(policy, "waiting") == 0 ? _("Waits for permission")
                                                   : "");
}

static GtkWidget *make_no_player(gpointer data)
{
    GtkWidget *row = hth_row_new(_("No television or player has asked yet"),
                                 _("They find this home by themselves. Open the media sources on "
                                   "one of them."));
    return row;
}

static void show_players(HthDevicesPage *self, JsonObject *devices)
{
    hth_row_set_begin(self->player_rows);
    const guint n = hth_member_length(devices, "devices");
    for (guint i = 0; i < n; i++)
        show_player(self, hth_member_at(devices, "devices", i));
    if (n == 0)
        (void)hth_row_set_row(self->player_rows, "-", make_no_player, NULL);
    (void)hth_row_set_end(self->player_rows);
}

static void show(HthDevicesPage *self)
{
    show_handhelds(self, hth_household_paired(self->panel->household));
    show_players(self, hth_household_devices(self->panel->household));
}

static void on_pair(GtkButton *button, HthDevicesPage *self)
{
    hth_pairing_dialog_open(self->panel);
}

/* ---- Object ---- */

static GtkWidget *pair_button(HthDevicesPage *self)
{
    GtkWidget *content = adw_button_content_new();
    adw_button_content_set_icon_name(ADW_BUTTON_CONTENT(content), "list-add-symbolic");
    adw_button_content_set_label(ADW_BUTTON_CONTENT(content), _("_Pair"));
    adw_button_content_set_use_underline(ADW_BUTTON_CONTENT(content), TRUE);
    GtkWidget *button = gtk_button_new();
    gtk_button_set_child(GTK_BUTTON(button), content);
    gtk_widget_add_css_class(button, "flat");
    gtk_widget_set_valign(button, GTK_ALIGN_CENTER);
    gtk_widget_set_tooltip_text(button, _("Pair a handheld"));
    hth_name_widget(button, _("Pair a handheld"));
    g_signal_connect(button, "clicked", G_CALLBACK(on_pair), self);
    return button;
}

static void hth_devices_page_init(HthDevicesPage *self)
{
    GtkBox *box = NULL;
    adw_bin_set_child(ADW_BIN(self), hth_sheet_new(&box));
    self->handhelds = hth_sheet_add_group(box, _("Handhelds"), NULL);
    adw_preferences_group_set_header_suffix(self->handhelds, pair_button(self));
    self->players = hth_sheet_add_group(box, _("Televisions and Players"), NULL);
    self->handheld_rows = hth_row_set_new(self->handhelds);
    self->player_rows = hth_row_set_new(self->players);
}

static void hth_devices_page_dispose(GObject *object)
{
    HthDevicesPage *self = HTH_DEVICES_PAGE(object);
    if (self->panel != NULL) {
        g_signal_handlers_disconnect_by_data(self->panel->household, self);
        g_signal_handlers_disconnect_by_data(self->panel->home, self);
    }
    self->panel = NULL;
    g_clear_pointer(&self->handheld_rows, hth_row_set_free);
    g_clear_pointer(&self->player_rows, hth_row_set_free);
    G_OBJECT_CLASS(hth_devices_page_parent_class)->dispose(object);
}

static void hth_devices_page_class_init(HthDevicesPageClass *class)
{
    G_OBJECT_CLASS(class)->dispose = hth_devices_page_dispose;
}

GtkWidget *hth_devices_page_new(HthPanel *panel)
{
    HthDevicesPage *self = g_object_new(HTH_TYPE_DEVICES_PAGE, NULL);
    self->panel = panel;
    g_signal_connect_swapped(panel->household, "changed", G_CALLBACK(show), self);
    g_signal_connect_swapped(panel->home, "status", G_CALLBACK(show), self);
    show(self);
    return GTK_WIDGET(self);
}
