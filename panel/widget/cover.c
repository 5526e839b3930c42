/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "widget/cover.h"

#include <string.h>

#define RADIUS_LARGE 10
#define RADIUS_SMALL 5

struct _HthCover {
    GtkWidget parent;
    HthPictures *pictures;
    guint size;
    char *path; /* of what is shown, or on its way */
    const char *icon_name;
    gboolean is_person; /* shown round */
    GdkTexture *texture;
    GtkIconPaintable *icon;
    HthPictureWish *wish; /* NULL: none, or it was fulfilled */
};

G_DEFINE_FINAL_TYPE(HthCover, hth_cover, GTK_TYPE_WIDGET)

static const struct {
    const char *kind;
    const char *icon_name;
} icons[] = {
    { "album", "media-optical-symbolic" },   { "artist", "avatar-default-symbolic" },
    { "photo", "image-x-generic-symbolic" }, { "photo-album", "image-x-generic-symbolic" },
    { "playlist", "view-list-symbolic" },    { "video", "video-x-generic-symbolic" },
};

static const char *icon_for(const char *kind)
{
    for (guint i = 0; i < G_N_ELEMENTS(icons); i++) {
        if (strcmp(icons[i].kind, kind) == 0)
            return icons[i].icon_name;
    }
    return "audio-x-generic-symbolic";
}

static guint pixels_of(HthCover *self)
{
    return self->size * (guint)gtk_widget_get_scale_factor(GTK_WIDGET(self));
}

static guint radius_of(HthCover *self)
{
    const guint radius = self->size >= 96 ? RADIUS_LARGE : RADIUS_SMALL;
    return radius * (guint)gtk_widget_get_scale_factor(GTK_WIDGET(self));
}

static void on_ready(GdkTexture *texture, gpointer data)
{
    HthCover *self = data;
    self->wish = NULL;
    if (g_set_object(&self->texture, texture))
        gtk_widget_queue_draw(GTK_WIDGET(self));
}

static void stop(HthCover *self)
{
    if (self->wish != NULL)
        hth_pictures_forgo(self->pictures, g_steal_pointer(&self->wish));
    g_clear_pointer(&self->path, g_free);
}

static void show(HthCover *self, char *path)
{
    stop(self);
    self->path = path;
    GdkTexture *kept = hth_pictures_lookup(self->pictures, path, pixels_of(self));
    g_set_object(&self->texture, kept);
    if (kept == NULL)
        self->wish = hth_pictures_want(self->pictures, path, pixels_of(self), radius_of(self),
                                       gtk_widget_get_mapped(GTK_WIDGET(self)), on_ready, self);
}

void hth_cover_set_item(HthCover *self, HthLibraryItem *item)
{
    const guint served = pixels_of(self) <= 160 ? 160 : pixels_of(self) <= 640 ? 640 : 1024;
    char *path = item != NULL ? hth_library_item_picture(item, served) : NULL;
    const char *icon_name = icon_for(item != NULL ? hth_library_item_kind(item) : "");
    if (icon_name != self->icon_name)
        g_clear_object(&self->icon);
    self->icon_name = icon_name;
    self->is_person = item != NULL && strcmp(hth_library_item_kind(item), "artist") == 0;
    if (path != NULL && g_strcmp0(path, self->path) == 0) {
        g_free(path);
        return;
    }
    if (path != NULL) {
        show(self, path);
    } else {
        stop(self);
        g_clear_object(&self->texture);
    }
    gtk_widget_queue_draw(GTK_WIDGET(self));
}

gboolean hth_cover_has_picture(HthCover *self)
{
    return self->texture != NULL;
}

/* ---- Drawing ---- */

static void draw_empty(HthCover *self, GtkSnapshot *snapshot, const graphene_rect_t *bounds)
{
    GtkWidget *widget = GTK_WIDGET(self);
    GdkRGBA color;
    gtk_style_context_get_color(gtk_widget_get_style_context(widget), &color);
    GdkRGBA ground = color;
    ground.alpha *= 0.07f;
    GskRoundedRect round;
    const float radius = self->is_person    ? bounds->size.width / 2
                         : self->size >= 96 ? RADIUS_LARGE
                                            : RADIUS_SMALL;
    gsk_rounded_rect_init_from_rect(&round, bounds, radius);
    gtk_snapshot_push_rounded_clip(snapshot, &round);
    gtk_snapshot_append_color(snapshot, &ground, bounds);
    gtk_snapshot_pop(snapshot);
    const int icon_size = self->size >= 96 ? 48 : 16;
    if (self->icon == NULL)
        self->icon = gtk_icon_theme_lookup_icon(
            gtk_icon_theme_get_for_display(gtk_widget_get_display(widget)), self->icon_name, NULL,
            icon_size, gtk_widget_get_scale_factor(widget), GTK_TEXT_DIR_NONE, 0);
    color.alpha *= 0.35f;
    gtk_snapshot_save(snapshot);
    gtk_snapshot_translate(
        snapshot, &GRAPHENE_POINT_INIT(bounds->origin.x + (bounds->size.width - icon_size) / 2,
                                       bounds->origin.y + (bounds->size.height - icon_size) / 2));
    gtk_symbolic_paintable_snapshot_symbolic(GTK_SYMBOLIC_PAINTABLE(self->icon), snapshot,
                                             icon_size, icon_size, &color, 1);
    gtk_snapshot_restore(snapshot);
}

static void snapshot(GtkWidget *widget, GtkSnapshot *snapshot)
{
    HthCover *self = HTH_COVER(widget);
    const float side = self->size;
    const graphene_rect_t bounds =
        GRAPHENE_RECT_INIT(floorf(((float)gtk_widget_get_width(widget) - side) / 2),
                           floorf(((float)gtk_widget_get_height(widget) - side) / 2), side, side);
    if (self->texture != NULL)
        gtk_snapshot_append_texture(snapshot, self->texture, &bounds);
    else if (self->icon_name != NULL)
        draw_empty(self, snapshot, &bounds);
}

static void measure(GtkWidget *widget, GtkOrientation orientation, int for_size, int *minimum,
                    int *natural, int *minimum_baseline, int *natural_baseline)
{
    *minimum = *natural = (int)HTH_COVER(widget)->size;
}

/* ---- In and out of sight ---- */

static void map(GtkWidget *widget)
{
    HthCover *self = HTH_COVER(widget);
    GTK_WIDGET_CLASS(hth_cover_parent_class)->map(widget);
    if (self->wish != NULL)
        hth_pictures_set_seen(self->pictures, self->wish, TRUE);
}

static void unmap(GtkWidget *widget)
{
    HthCover *self = HTH_COVER(widget);
    GTK_WIDGET_CLASS(hth_cover_parent_class)->unmap(widget);
    if (self->wish != NULL)
        hth_pictures_set_seen(self->pictures, self->wish, FALSE);
}

/* ---- Object ---- */

static void hth_cover_init(HthCover *self)
{
}

static void hth_cover_dispose(GObject *object)
{
    HthCover *self = HTH_COVER(object);
    stop(self);
    g_clear_object(&self->texture);
    g_clear_object(&self->icon);
    g_clear_object(&self->pictures);
    G_OBJECT_CLASS(hth_cover_parent_class)->dispose(object);
}

static void hth_cover_class_init(HthCoverClass *class)
{
    G_OBJECT_CLASS(class)->dispose = hth_cover_dispose;
    GTK_WIDGET_CLASS(class)->map = map;
    GTK_WIDGET_CLASS(class)->unmap = unmap;
    GTK_WIDGET_CLASS(class)->snapshot = snapshot;
    GTK_WIDGET_CLASS(class)->measure = measure;
    gtk_widget_class_set_accessible_role(GTK_WIDGET_CLASS(class), GTK_ACCESSIBLE_ROLE_PRESENTATION);
}

GtkWidget *hth_cover_new(HthPictures *pictures, guint size)
{
    HthCover *self = g_object_new(HTH_TYPE_COVER, NULL);
    self->pictures = g_object_ref(pictures);
    self->size = size;
    return GTK_WIDGET(self);
}
