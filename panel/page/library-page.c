/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "page/library-page.h"

#include <glib/gi18n.h>
#include <string.h>

#include "page/container-page.h"
#include "page/photo-page.h"
#include "page/playlist-editor.h"
#include "page/video-page.h"
#include "widget/row-set.h"
#include "window.h"

/* The last is there while something is searched for. */
enum { EVERYTHING = 6, N_KINDS };

static const struct {
    const char *kind;
    const char *name;
    const char *icon_name;
    const char *nothing;
} kinds[N_KINDS] = {
    { "album", N_("Albums"), "media-optical-symbolic", N_("No Albums") },
    { "artist", N_("Artists"), "avatar-default-symbolic", N_("No Artists") },
    { "track", N_("Tracks"), "audio-x-generic-symbolic", N_("No Tracks") },
    { "video", N_("Videos"), "video-x-generic-symbolic", N_("No Videos") },
    { "photo", N_("Photos"), "image-x-generic-symbolic", N_("No Photos") },
    { "playlist", N_("Playlists"), "view-list-symbolic", N_("No Playlists") },
    [EVERYTHING] = { "", N_("Everything"), "system-search-symbolic", N_("Nothing Here") },
};

struct _HthLibraryPage {
    AdwBin parent;
    HthPanel *panel;
    HthMediaView *view;
    GtkSearchBar *search_bar;
    GtkSearchEntry *search_entry;
    GtkBox *kinds;
    GtkToggleButton *buttons[N_KINDS];
    GtkButton *add_button;
    GtkWidget *everywhere; /* a button below "Nothing Found" */
    AdwBin *view_place;
    GSimpleAction *sort;
    guint kind;
};

G_DEFINE_FINAL_TYPE(HthLibraryPage, hth_library_page, ADW_TYPE_BIN)

/* ---- What is listed ---- */

/* Among everything one can search, but not leaf through it. */
static void show_kinds(HthLibraryPage *self, gboolean is_search)
{
    gtk_widget_set_visible(GTK_WIDGET(self->buttons[EVERYTHING]), is_search);
    gtk_widget_set_visible(self->everywhere, is_search && self->kind != EVERYTHING);
    if (!is_search && self->kind == EVERYTHING)
        gtk_toggle_button_set_active(self->buttons[0], TRUE);
}

static void show_list(HthLibraryPage *self)
{
    const char *text = gtk_editable_get_text(GTK_EDITABLE(self->search_entry));
    show_kinds(self, *text != '\0');
    g_autofree char *words = g_uri_escape_string(text, NULL, FALSE);
    g_autoptr(GVariant) order = g_action_get_state(G_ACTION(self->sort));
    const char *sort = g_variant_get_string(order, NULL);
    const char *kind = kinds[self->kind].kind;
    /* Artists and playlists have no artist and no date. */
    if (strcmp(kind, "artist") == 0 || strcmp(kind, "playlist") == 0 || *kind == '\0')
        sort = "title";
    g_autofree char *only = *kind != '\0' ? g_strdup_printf("&kind=%s", kind) : g_strdup("");
    g_autofree char *path = g_strdup_printf("search?q=%s%s&sort=%s", words, only, sort);
    if (*text != '\0')
        hth_media_view_set_empty(self->view, "system-search-symbolic", _("Nothing Found"),
                                 self->kind == EVERYTHING ? _("Try other words.") : NULL);
    else
        hth_media_view_set_empty(self->view, kinds[self->kind].icon_name,
                                 _(kinds[self->kind].nothing),
                                 _("What is in the shared folders appears here by itself."));
    gtk_widget_set_visible(GTK_WIDGET(self->add_button), strcmp(kind, "playlist") == 0);
    hth_media_view_show(self->view, path);
}

static void on_sort(GSimpleAction *action, GVariant *value, HthLibraryPage *self)
{
    g_simple_action_set_state(action, value);
    show_list(self);
}

static void on_kind(GtkToggleButton *button, HthLibraryPage *self)
{
    if (!gtk_toggle_button_get_active(button))
        return;
    for (guint i = 0; i < N_KINDS; i++) {
        if (self->buttons[i] == button)
            self->kind = i;
    }
    show_list(self);
}

void hth_library_page_show_kind(HthLibraryPage *self, const char *kind)
{
    for (guint i = 0; i < N_KINDS; i++) {
        if (strcmp(kinds[i].kind, kind) == 0)
            gtk_toggle_button_set_active(self->buttons[i], TRUE);
    }
}

void hth_library_page_search(HthLibraryPage *self, const char *text)
{
    gtk_search_bar_set_search_mode(self->search_bar, TRUE);
    if (text != NULL)
        gtk_editable_set_text(GTK_EDITABLE(self->search_entry), text);
    gtk_widget_grab_focus(GTK_WIDGET(self->search_entry));
    gtk_editable_set_position(GTK_EDITABLE(self->search_entry), -1);
}

HthMediaView *hth_library_page_view(HthLibraryPage *self)
{
    return self->view;
}

/* ---- What is opened ---- */

void hth_library_open(HthPanel *panel, HthMediaView *view, HthLibraryItem *item, guint position)
{
    const char *kind = hth_library_item_kind(item);
    if (hth_library_item_is_container(item))
        hth_container_page_open(panel, item);
    else if (strcmp(kind, "track") == 0)
        hth_media_view_play(view, position);
    else if (strcmp(kind, "photo") == 0)
        hth_photo_page_open(panel, item);
    else
        hth_video_page_open(panel, item);
}

static void on_opened(HthMediaView *view, HthLibraryItem *item, guint position,
                      HthLibraryPage *self)
{
    hth_library_open(self->panel, view, item, position);
}

static void on_everywhere(HthLibraryPage *self)
{
    gtk_toggle_button_set_active(self->buttons[EVERYTHING], TRUE);
}

/* Enter, in the search: the first that was found. */
static void on_entered(HthLibraryPage *self)
{
    hth_media_view_open(self->view, 0);
}

static void on_add(GtkButton *button, HthLibraryPage *self)
{
    hth_playlist_editor_open(self->panel, NULL, NULL);
}

/* ---- Object ---- */

static void hth_library_page_init(HthLibraryPage *self)
{
    gtk_widget_init_template(GTK_WIDGET(self));
    g_autoptr(GSimpleActionGroup) group = g_simple_action_group_new();
    self->sort =
        g_simple_action_new_stateful("sort", G_VARIANT_TYPE_STRING, g_variant_new_string("title"));
    g_signal_connect(self->sort, "change-state", G_CALLBACK(on_sort), self);
    g_action_map_add_action(G_ACTION_MAP(group), G_ACTION(self->sort));
    gtk_widget_insert_action_group(GTK_WIDGET(self), "library", G_ACTION_GROUP(group));
    for (guint i = 0; i < N_KINDS; i++) {
        self->buttons[i] = GTK_TOGGLE_BUTTON(gtk_toggle_button_new_with_label(_(kinds[i].name)));
        gtk_widget_add_css_class(GTK_WIDGET(self->buttons[i]), "flat");
        if (i > 0)
            gtk_toggle_button_set_group(self->buttons[i], self->buttons[0]);
        gtk_box_append(self->kinds, GTK_WIDGET(self->buttons[i]));
    }
    gtk_box_reorder_child_after(self->kinds, GTK_WIDGET(self->buttons[EVERYTHING]), NULL);
    gtk_widget_set_visible(GTK_WIDGET(self->buttons[EVERYTHING]), FALSE);
    self->everywhere = hth_button_new(_("Look Among _Everything"));
    gtk_widget_add_css_class(self->everywhere, "pill");
    gtk_widget_set_halign(self->everywhere, GTK_ALIGN_CENTER);
    g_signal_connect_swapped(self->everywhere, "clicked", G_CALLBACK(on_everywhere), self);
}

static void hth_library_page_dispose(GObject *object)
{
    HthLibraryPage *self = HTH_LIBRARY_PAGE(object);
    if (self->sort != NULL)
        g_signal_handlers_disconnect_by_data(self->sort, self);
    g_clear_object(&self->sort);
    G_OBJECT_CLASS(hth_library_page_parent_class)->dispose(object);
}

static void hth_library_page_class_init(HthLibraryPageClass *class)
{
    GtkWidgetClass *widget_class = GTK_WIDGET_CLASS(class);
    G_OBJECT_CLASS(class)->dispose = hth_library_page_dispose;
    gtk_widget_class_set_template_from_resource(widget_class,
                                                HTH_PANEL_RESOURCES "library-page.ui");
    gtk_widget_class_bind_template_child(widget_class, HthLibraryPage, search_bar);
    gtk_widget_class_bind_template_child(widget_class, HthLibraryPage, search_entry);
    gtk_widget_class_bind_template_child(widget_class, HthLibraryPage, kinds);
    gtk_widget_class_bind_template_child(widget_class, HthLibraryPage, add_button);
    gtk_widget_class_bind_template_child(widget_class, HthLibraryPage, view_place);
}

/* The first list is asked for once there is somebody to answer. */
static void on_connection(HthLibraryPage *self)
{
    if (hth_home_is_connected(self->panel->home) &&
        hth_page_list_path(hth_media_view_list(self->view)) == NULL)
        show_list(self);
}

GtkWidget *hth_library_page_new(HthPanel *panel, GtkToggleButton *search_button)
{
    HthLibraryPage *self = g_object_new(HTH_TYPE_LIBRARY_PAGE, NULL);
    self->panel = panel;
    self->view = HTH_MEDIA_VIEW(hth_media_view_new(panel));
    adw_bin_set_child(self->view_place, GTK_WIDGET(self->view));
    hth_media_view_set_empty_child(self->view, self->everywhere);
    g_object_bind_property(search_button, "active", self->search_bar, "search-mode-enabled",
                           G_BINDING_BIDIRECTIONAL);
    gtk_search_bar_set_key_capture_widget(self->search_bar, GTK_WIDGET(self));
    gtk_search_bar_connect_entry(self->search_bar, GTK_EDITABLE(self->search_entry));
    g_signal_connect(self->view, "opened", G_CALLBACK(on_opened), self);
    g_signal_connect(self->add_button, "clicked", G_CALLBACK(on_add), self);
    gtk_toggle_button_set_active(self->buttons[0], TRUE);
    for (guint i = 0; i < N_KINDS; i++)
        g_signal_connect(self->buttons[i], "toggled", G_CALLBACK(on_kind), self);
    g_signal_connect_swapped(self->search_entry, "activate", G_CALLBACK(on_entered), self);
    g_signal_connect_swapped(self->search_entry, "search-changed", G_CALLBACK(show_list), self);
    g_signal_connect_object(panel->home, "connection", G_CALLBACK(on_connection), self,
                            G_CONNECT_SWAPPED);
    return GTK_WIDGET(self);
}
