/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "widget/media-tile.h"

#include <glib/gi18n.h>
#include <string.h>

#include "api/member.h"
#include "widget/cover.h"
#include "widget/row-set.h"
#include "wording.h"

#define ROW_PIXELS 40

struct _HthMediaTile {
    GtkBox parent;
    gboolean is_row;
    HthLibraryItem *item;
    gulong on_json;
    GtkWidget *cover;
    char *within;     /* artists of the album that is around it; NULL: none is */
    GtkLabel *number; /* likewise */
    GtkInscription *title;
    GtkInscription *subtitle;
    GtkLabel *length; /* of a row */
    GtkButton *more;  /* of a row */
};

G_DEFINE_FINAL_TYPE(HthMediaTile, hth_media_tile, GTK_TYPE_BOX)

/* ---- What is said of an item ---- */

static char *container_subtitle(HthLibraryItem *item)
{
    g_autofree char *artists = hth_library_item_artists(item);
    if (*artists != '\0')
        return g_steal_pointer(&artists);
    return hth_wording_items(hth_member_number(hth_library_item_json(item), "child_count"));
}

static char *video_subtitle(JsonObject *json)
{
    g_autofree char *length = hth_wording_clock(hth_member_number(json, "duration_ms"));
    const gint64 height = hth_member_number(json, "height");
    return height > 0 ? g_strdup_printf("%s · %dp", length, (int)height) : g_steal_pointer(&length);
}

static char *subtitle_of(HthLibraryItem *item, gboolean is_row)
{
    JsonObject *json = hth_library_item_json(item);
    const char *kind = hth_library_item_kind(item);
    if (hth_library_item_is_container(item))
        return container_subtitle(item);
    if (strcmp(kind, "video") == 0)
        return video_subtitle(json);
    if (strcmp(kind, "photo") == 0)
        return hth_wording_date(hth_member_text(json, "date"));
    char *artists = hth_library_item_artists(item);
    const char *album = hth_member_text(json, "album");
    if (!is_row || *album == '\0')
        return artists;
    char *both = *artists != '\0' ? g_strdup_printf("%s · %s", artists, album) : g_strdup(album);
    g_free(artists);
    return both;
}

static void show_row_end(HthMediaTile *self)
{
    JsonObject *json = hth_library_item_json(self->item);
    const gint64 duration_ms = hth_member_number(json, "duration_ms");
    g_autofree char *length = duration_ms > 0 ? hth_wording_clock(duration_ms) : g_strdup("");
    gtk_label_set_label(self->length, length);
    gtk_widget_set_visible(GTK_WIDGET(self->more),
                           json != NULL && !hth_library_item_is_container(self->item));
}

/* What a screen reader says: the list's own widget around the tile has the focus, and would be
 * called by its class. */
static void tell(HthMediaTile *self, const char *subtitle)
{
    GtkWidget *place = gtk_widget_get_parent(GTK_WIDGET(self));
    const char *title = hth_library_item_title(self->item);
    g_autofree char *both =
        *subtitle != '\0' ? g_strdup_printf("%s, %s", title, subtitle) : g_strdup(title);
    if (place != NULL)
        hth_name_widget(place, both);
}

/* On an album's page: its place there, and who plays it if that is somebody else. */
static void update_within(HthMediaTile *self)
{
    const gint64 track = hth_member_number(hth_library_item_json(self->item), "track");
    g_autofree char *number = track > 0 ? hth_wording_number(track) : g_strdup("");
    g_autofree char *artists = hth_library_item_artists(self->item);
    const gboolean is_other = *artists != '\0' && strcmp(artists, self->within) != 0;
    gtk_label_set_label(self->number, number);
    gtk_inscription_set_text(self->title, hth_library_item_title(self->item));
    gtk_inscription_set_text(self->subtitle, is_other ? artists : "");
    gtk_widget_set_visible(GTK_WIDGET(self->subtitle), is_other);
    tell(self, is_other ? artists : "");
    show_row_end(self);
}

static void update(HthMediaTile *self)
{
    if (self->within != NULL) {
        update_within(self);
        return;
    }
    g_autofree char *subtitle = subtitle_of(self->item, self->is_row);
    gtk_inscription_set_text(self->title, hth_library_item_title(self->item));
    gtk_inscription_set_text(self->subtitle, subtitle);
    tell(self, subtitle);
    hth_cover_set_item(HTH_COVER(self->cover), self->item);
    if (self->is_row)
        show_row_end(self);
}

void hth_media_tile_bind(HthMediaTile *self, HthLibraryItem *item)
{
    if (self->item != NULL)
        g_signal_handler_disconnect(self->item, self->on_json);
    g_set_object(&self->item, item);
    if (item == NULL)
        return;
    self->on_json = g_signal_connect_swapped(item, "notify::json", G_CALLBACK(update), self);
    update(self);
}

void hth_media_tile_set_within(HthMediaTile *self, const char *artists)
{
    g_return_if_fail(self->is_row && self->within == NULL && self->item == NULL);
    self->within = g_strdup(artists);
    self->number = GTK_LABEL(gtk_label_new(NULL));
    gtk_widget_set_size_request(GTK_WIDGET(self->number), ROW_PIXELS, ROW_PIXELS);
    gtk_widget_add_css_class(GTK_WIDGET(self->number), "dim-label");
    gtk_widget_add_css_class(GTK_WIDGET(self->number), "numeric");
    gtk_box_prepend(GTK_BOX(self), GTK_WIDGET(self->number));
    gtk_widget_set_visible(self->cover, FALSE);
}

HthLibraryItem *hth_media_tile_item(HthMediaTile *self)
{
    return self->item;
}

GtkButton *hth_media_tile_more(HthMediaTile *self)
{
    return self->more;
}

/* ---- Parts ---- */

/* An inscription takes the place that there is: a new text measures nothing anew. */
static GtkInscription *add_line(GtkWidget *box, const char *class)
{
    GtkWidget *line = gtk_inscription_new(NULL);
    gtk_inscription_set_text_overflow(GTK_INSCRIPTION(line),
                                      GTK_INSCRIPTION_OVERFLOW_ELLIPSIZE_END);
    gtk_inscription_set_min_chars(GTK_INSCRIPTION(line), 4);
    gtk_inscription_set_nat_chars(GTK_INSCRIPTION(line), 4);
    gtk_inscription_set_min_lines(GTK_INSCRIPTION(line), 1);
    gtk_inscription_set_nat_lines(GTK_INSCRIPTION(line), 1);
    gtk_widget_set_hexpand(line, TRUE);
    if (class != NULL) {
        gtk_widget_add_css_class(line, class);
        gtk_widget_add_css_class(line, "dim-label");
    }
    gtk_box_append(GTK_BOX(box), line);
    return GTK_INSCRIPTION(line);
}

static void make_row_end(HthMediaTile *self)
{
    self->length = GTK_LABEL(gtk_label_new(NULL));
    gtk_widget_add_css_class(GTK_WIDGET(self->length), "dim-label");
    gtk_widget_add_css_class(GTK_WIDGET(self->length), "numeric");
    gtk_box_append(GTK_BOX(self), GTK_WIDGET(self->length));
    self->more = GTK_BUTTON(hth_icon_button("view-more-symbolic", _("Details")));
    gtk_widget_add_css_class(GTK_WIDGET(self->more), "flat");
    gtk_box_append(GTK_BOX(self), GTK_WIDGET(self->more));
}

static void hth_media_tile_init(HthMediaTile *self)
{
}

static void hth_media_tile_dispose(GObject *object)
{
    hth_media_tile_bind(HTH_MEDIA_TILE(object), NULL);
    g_clear_pointer(&HTH_MEDIA_TILE(object)->within, g_free);
    G_OBJECT_CLASS(hth_media_tile_parent_class)->dispose(object);
}

static void hth_media_tile_class_init(HthMediaTileClass *class)
{
    G_OBJECT_CLASS(class)->dispose = hth_media_tile_dispose;
}

GtkWidget *hth_media_tile_new(HthPictures *pictures, gboolean is_row)
{
    HthMediaTile *self =
        g_object_new(HTH_TYPE_MEDIA_TILE, "orientation",
                     is_row ? GTK_ORIENTATION_HORIZONTAL : GTK_ORIENTATION_VERTICAL, "spacing",
                     is_row ? 12 : 6, NULL);
    self->is_row = is_row;
    self->cover = hth_cover_new(pictures, is_row ? ROW_PIXELS : HTH_TILE_PIXELS);
    gtk_box_append(GTK_BOX(self), self->cover);
    GtkWidget *texts = gtk_box_new(GTK_ORIENTATION_VERTICAL, 0);
    gtk_widget_set_valign(texts, GTK_ALIGN_CENTER);
    gtk_box_append(GTK_BOX(self), texts);
    self->title = add_line(texts, NULL);
    self->subtitle = add_line(texts, "caption");
    if (is_row)
        make_row_end(self);
    else
        gtk_widget_set_halign(GTK_WIDGET(self), GTK_ALIGN_CENTER);
    return GTK_WIDGET(self);
}
