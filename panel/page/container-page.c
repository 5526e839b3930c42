/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "page/container-page.h"

#include <glib/gi18n.h>
#include <string.h>

#include "api/member.h"
#include "page/library-page.h"
#include "page/playlist-editor.h"
#include "widget/cover.h"
#include "widget/row-set.h"
#include "wording.h"

#define COVER_PIXELS 96

static void on_opened(HthMediaView *view, HthLibraryItem *item, guint position, HthPanel *panel)
{
    hth_library_open(panel, view, item, position);
}

static void on_play(GtkButton *button, HthMediaView *view)
{
    hth_media_view_play(view, 0);
}

static void on_edit(GtkButton *button, HthPanel *panel)
{
    hth_playlist_editor_open(panel, g_object_get_data(G_OBJECT(button), "id"), NULL);
}

static GtkWidget *label(const char *text, const char *class)
{
    g_autofree char *cut = hth_row_text(text);
    GtkWidget *made = gtk_label_new(cut);
    gtk_label_set_xalign(GTK_LABEL(made), 0);
    gtk_label_set_wrap(GTK_LABEL(made), TRUE);
    gtk_label_set_wrap_mode(GTK_LABEL(made), PANGO_WRAP_WORD_CHAR);
    gtk_widget_add_css_class(made, class);
    return made;
}

static char *facts_of(HthLibraryItem *item)
{
    JsonObject *json = hth_library_item_json(item);
    g_autofree char *year = g_strndup(hth_member_text(json, "date"), 4);
    g_autofree char *genres = hth_member_joined(json, "genres", ", ");
    const gint64 n = hth_member_number(json, "child_count");
    const gboolean is_of_tracks = strcmp(hth_library_item_kind(item), "album") == 0;
    g_autofree char *count = is_of_tracks ? hth_wording_tracks(n) : hth_wording_items(n);
    g_autoptr(GString) facts = g_string_new(count);
    if (*year != '\0')
        g_string_append_printf(facts, " · %s", year);
    if (genres != NULL)
        g_string_append_printf(facts, " · %s", genres);
    return g_string_free(g_steal_pointer(&facts), FALSE);
}

static GtkWidget *words(HthLibraryItem *item)
{
    g_autofree char *artists = hth_library_item_artists(item);
    g_autofree char *facts = facts_of(item);
    GtkWidget *box = gtk_box_new(GTK_ORIENTATION_VERTICAL, 3);
    gtk_widget_set_valign(box, GTK_ALIGN_CENTER);
    gtk_widget_set_hexpand(box, TRUE);
    gtk_box_append(GTK_BOX(box), label(hth_library_item_title(item), "title-2"));
    if (*artists != '\0')
        gtk_box_append(GTK_BOX(box), label(artists, "heading"));
    gtk_box_append(GTK_BOX(box), label(facts, "dim-label"));
    return box;
}

static GtkWidget *play_button(GtkWidget *view)
{
    GtkWidget *play = hth_icon_button("media-playback-start-symbolic", _("Play"));
    gtk_widget_add_css_class(play, "circular");
    gtk_widget_add_css_class(play, "suggested-action");
    gtk_widget_set_size_request(play, 48, 48);
    g_signal_connect(play, "clicked", G_CALLBACK(on_play), view);
    return play;
}

static GtkWidget *head(HthPanel *panel, HthLibraryItem *item, GtkWidget *view)
{
    GtkWidget *box = gtk_box_new(GTK_ORIENTATION_HORIZONTAL, 18);
    gtk_widget_set_margin_top(box, 18);
    gtk_widget_set_margin_bottom(box, 12);
    gtk_widget_set_margin_start(box, 18);
    gtk_widget_set_margin_end(box, 18);
    GtkWidget *cover = hth_cover_new(panel->pictures, COVER_PIXELS);
    hth_cover_set_item(HTH_COVER(cover), item);
    gtk_widget_set_valign(cover, GTK_ALIGN_CENTER);
    gtk_box_append(GTK_BOX(box), cover);
    gtk_box_append(GTK_BOX(box), words(item));
    const char *kind = hth_library_item_kind(item);
    if (strcmp(kind, "album") == 0 || strcmp(kind, "playlist") == 0)
        gtk_box_append(GTK_BOX(box), play_button(view));
    GtkWidget *clamp = adw_clamp_new();
    adw_clamp_set_maximum_size(ADW_CLAMP(clamp), 900);
    adw_clamp_set_child(ADW_CLAMP(clamp), box);
    return clamp;
}

static GtkWidget *edit_button(HthPanel *panel, HthLibraryItem *item)
{
    GtkWidget *edit = hth_icon_button("document-edit-symbolic", _("Edit playlist"));
    g_object_set_data_full(G_OBJECT(edit), "id", g_strdup(hth_library_item_id(item)), g_free);
    g_signal_connect(edit, "clicked", G_CALLBACK(on_edit), panel);
    return edit;
}

void hth_container_page_open(HthPanel *panel, HthLibraryItem *item)
{
    GtkWidget *view = hth_media_view_new(panel);
    hth_media_view_set_empty(HTH_MEDIA_VIEW(view), "folder-symbolic", _("Nothing Here"), NULL);
    g_signal_connect(view, "opened", G_CALLBACK(on_opened), panel);
    GtkWidget *box = gtk_box_new(GTK_ORIENTATION_VERTICAL, 0);
    gtk_box_append(GTK_BOX(box), head(panel, item, view));
    gtk_widget_set_vexpand(view, TRUE);
    gtk_box_append(GTK_BOX(box), view);
    g_autofree char *artists = hth_library_item_artists(item);
    if (strcmp(hth_library_item_kind(item), "album") == 0)
        hth_media_view_set_within(HTH_MEDIA_VIEW(view), artists);
    g_autofree char *id = g_uri_escape_string(hth_library_item_id(item), NULL, FALSE);
    g_autofree char *path = g_strconcat("browse/", id, NULL);
    hth_media_view_show(HTH_MEDIA_VIEW(view), path);
    const gboolean is_playlist = strcmp(hth_library_item_kind(item), "playlist") == 0;
    hth_window_push(panel->window, hth_library_item_title(item), box,
                    is_playlist ? edit_button(panel, item) : NULL);
}
