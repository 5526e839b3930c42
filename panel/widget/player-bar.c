/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "widget/player-bar.h"

#include <glib/gi18n.h>

#include "widget/cover.h"
#include "widget/row-set.h"
#include "wording.h"

#define TICK_MS      500
#define NARROW_WIDTH 600

struct _HthPlayerBar {
    AdwBin parent;
    HthPanel *panel;
    GtkRevealer *revealer;
    AdwBin *cover_place;
    GtkWidget *cover;
    GtkLabel *title;
    GtkLabel *artist;
    GtkLabel *clock;
    GtkScale *scale;
    GtkAdjustment *adjustment;
    GtkButton *previous;
    GtkButton *toggle;
    GtkButton *next;
    guint tick; /* source */
};

G_DEFINE_FINAL_TYPE(HthPlayerBar, hth_player_bar, ADW_TYPE_BIN)

static void show_position(HthPlayerBar *self)
{
    HthPlayer *player = self->panel->player;
    const gint64 duration_ms = hth_player_duration_ms(player);
    const gint64 position_ms = hth_player_position_ms(player);
    gtk_adjustment_set_upper(self->adjustment, (double)MAX(duration_ms, 1));
    gtk_adjustment_set_value(self->adjustment, (double)position_ms);
    g_autofree char *now = hth_wording_clock(position_ms);
    g_autofree char *whole = hth_wording_clock(duration_ms);
    g_autofree char *text = g_strdup_printf("%s / %s", now, whole);
    gtk_label_set_label(self->clock, text);
}

static gboolean on_tick(gpointer data)
{
    HthPlayerBar *self = data;
    const int width = gtk_widget_get_width(GTK_WIDGET(self));
    gtk_widget_set_visible(GTK_WIDGET(self->scale), width >= NARROW_WIDTH);
    gtk_widget_set_visible(GTK_WIDGET(self->clock), width >= NARROW_WIDTH);
    show_position(self);
    return G_SOURCE_CONTINUE;
}

static void update(HthPlayerBar *self)
{
    HthPlayer *player = self->panel->player;
    HthLibraryItem *item = hth_player_item(player);
    gtk_revealer_set_reveal_child(self->revealer, item != NULL);
    gtk_accessible_update_state(GTK_ACCESSIBLE(self->revealer), GTK_ACCESSIBLE_STATE_HIDDEN,
                                item == NULL, -1);
    if (item == NULL) {
        g_clear_handle_id(&self->tick, g_source_remove);
        return;
    }
    g_autofree char *artists = hth_library_item_artists(item);
    g_autofree char *title = hth_row_text(hth_library_item_title(item));
    g_autofree char *artist = hth_row_text(artists);
    gtk_label_set_label(self->title, title);
    gtk_label_set_label(self->artist, artist);
    gtk_widget_set_visible(GTK_WIDGET(self->artist), *artists != '\0');
    hth_cover_set_item(HTH_COVER(self->cover), item);
    const gboolean is_playing = hth_player_is_playing(player);
    const char *name = is_playing ? _("Pause") : _("Play");
    gtk_button_set_icon_name(self->toggle, is_playing ? "media-playback-pause-symbolic"
                                                      : "media-playback-start-symbolic");
    gtk_widget_set_tooltip_text(GTK_WIDGET(self->toggle), name);
    hth_name_widget(GTK_WIDGET(self->toggle), name);
    gtk_widget_set_sensitive(GTK_WIDGET(self->next), hth_player_has_next(player));
    if (self->tick == 0)
        self->tick = g_timeout_add(TICK_MS, on_tick, self);
    (void)on_tick(self);
}

static void on_failed(HthPlayer *player, const char *sentence, HthPlayerBar *self)
{
    if (self->panel->window != NULL)
        hth_window_toast(self->panel->window, sentence);
}

static gboolean on_moved(GtkRange *range, GtkScrollType scroll, double value, HthPlayerBar *self)
{
    hth_player_seek(self->panel->player, (gint64)value);
    return FALSE;
}

static void hth_player_bar_init(HthPlayerBar *self)
{
    gtk_widget_init_template(GTK_WIDGET(self));
    g_signal_connect(self->scale, "change-value", G_CALLBACK(on_moved), self);
}

static void hth_player_bar_dispose(GObject *object)
{
    HthPlayerBar *self = HTH_PLAYER_BAR(object);
    g_clear_handle_id(&self->tick, g_source_remove);
    if (self->panel != NULL)
        g_signal_handlers_disconnect_by_data(self->panel->player, self);
    self->panel = NULL;
    G_OBJECT_CLASS(hth_player_bar_parent_class)->dispose(object);
}

static void hth_player_bar_class_init(HthPlayerBarClass *class)
{
    GtkWidgetClass *widget_class = GTK_WIDGET_CLASS(class);
    G_OBJECT_CLASS(class)->dispose = hth_player_bar_dispose;
    gtk_widget_class_set_template_from_resource(widget_class, HTH_PANEL_RESOURCES "player-bar.ui");
    gtk_widget_class_bind_template_child(widget_class, HthPlayerBar, revealer);
    gtk_widget_class_bind_template_child(widget_class, HthPlayerBar, cover_place);
    gtk_widget_class_bind_template_child(widget_class, HthPlayerBar, title);
    gtk_widget_class_bind_template_child(widget_class, HthPlayerBar, artist);
    gtk_widget_class_bind_template_child(widget_class, HthPlayerBar, clock);
    gtk_widget_class_bind_template_child(widget_class, HthPlayerBar, scale);
    gtk_widget_class_bind_template_child(widget_class, HthPlayerBar, adjustment);
    gtk_widget_class_bind_template_child(widget_class, HthPlayerBar, previous);
    gtk_widget_class_bind_template_child(widget_class, HthPlayerBar, toggle);
    gtk_widget_class_bind_template_child(widget_class, HthPlayerBar, next);
}

GtkWidget *hth_player_bar_new(HthPanel *panel)
{
    HthPlayerBar *self = g_object_new(HTH_TYPE_PLAYER_BAR, NULL);
    self->panel = panel;
    self->cover = hth_cover_new(panel->pictures, 40);
    adw_bin_set_child(self->cover_place, self->cover);
    g_signal_connect_swapped(panel->player, "changed", G_CALLBACK(update), self);
    g_signal_connect(panel->player, "failed", G_CALLBACK(on_failed), self);
    g_signal_connect_swapped(self->previous, "clicked", G_CALLBACK(hth_player_previous),
                             panel->player);
    g_signal_connect_swapped(self->toggle, "clicked", G_CALLBACK(hth_player_toggle), panel->player);
    g_signal_connect_swapped(self->next, "clicked", G_CALLBACK(hth_player_next), panel->player);
    update(self);
    return GTK_WIDGET(self);
}
