/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "model/pictures.h"

#include <gdk-pixbuf/gdk-pixbuf.h>
#include <math.h>

#include "base/error.h"

/* A picture of more pixels a side is not what was asked for. */
#define SIDE_MAX 8192

struct _HthPictures {
    GObject parent;
    HthApiClient *client;
    GHashTable *kept; /* key → Kept */
    GQueue order;     /* (element Kept), the last used first */
    gsize n_bytes;
};

typedef struct {
    char *key;
    GdkTexture *texture;
    gsize n_bytes;
    GList link; /* in the order */
} Kept;

/* One picture on its way; the data of its GTask. */
typedef struct {
    char *key;
    guint pixels;
    guint radius;
    GBytes *bytes;
} Load;

G_DEFINE_FINAL_TYPE(HthPictures, hth_pictures, G_TYPE_OBJECT)

static void kept_free(gpointer data)
{
    Kept *kept = data;
    g_free(kept->key);
    g_clear_object(&kept->texture);
    g_free(kept);
}

static void load_free(gpointer data)
{
    Load *load = data;
    g_free(load->key);
    g_clear_pointer(&load->bytes, g_bytes_unref);
    g_free(load);
}

static char *key_of(const char *path, guint pixels)
{
    return g_strdup_printf("%u %s", pixels, path);
}

/* ---- Kept ---- */

GdkTexture *hth_pictures_lookup(HthPictures *self, const char *path, guint pixels)
{
    g_autofree char *key = key_of(path, pixels);
    Kept *kept = g_hash_table_lookup(self->kept, key);
    if (kept == NULL)
        return NULL;
    g_queue_unlink(&self->order, &kept->link);
    g_queue_push_head_link(&self->order, &kept->link);
    return kept->texture;
}

static void drop_last(HthPictures *self)
{
    Kept *last = g_queue_peek_tail(&self->order);
    self->n_bytes -= last->n_bytes;
    g_queue_unlink(&self->order, &last->link);
    g_hash_table_remove(self->kept, last->key);
}

static void keep(HthPictures *self, const char *key, GdkTexture *texture)
{
    if (g_hash_table_contains(self->kept, key))
        return;
    Kept *kept = g_new0(Kept, 1);
    *kept = (Kept){ .key = g_strdup(key), .texture = g_object_ref(texture) };
    kept->n_bytes =
        (gsize)gdk_texture_get_width(texture) * (gsize)gdk_texture_get_height(texture) * 4;
    kept->link.data = kept;
    self->n_bytes += kept->n_bytes;
    g_hash_table_insert(self->kept, kept->key, kept);
    g_queue_push_head_link(&self->order, &kept->link);
    while (self->n_bytes > HTH_PICTURES_BYTES)
        drop_last(self);
}

/* ---- Decoding, on a thread ---- */

static void round_corners(cairo_t *cairo, double side, double radius)
{
    cairo_new_sub_path(cairo);
    cairo_arc(cairo, side - radius, radius, radius, -G_PI / 2, 0);
    cairo_arc(cairo, side - radius, side - radius, radius, 0, G_PI / 2);
    cairo_arc(cairo, radius, side - radius, radius, G_PI / 2, G_PI);
    cairo_arc(cairo, radius, radius, radius, G_PI, 3 * G_PI / 2);
    cairo_close_path(cairo);
}

/* The middle of @pixbuf, as a square with round corners. */
static cairo_surface_t *cut(GdkPixbuf *pixbuf, guint pixels, guint radius)
{
    const double width = gdk_pixbuf_get_width(pixbuf);
    const double height = gdk_pixbuf_get_height(pixbuf);
    const double scale = pixels / MIN(width, height);
    cairo_surface_t *surface =
        cairo_image_surface_create(CAIRO_FORMAT_ARGB32, (int)pixels, (int)pixels);
    cairo_t *cairo = cairo_create(surface);
    round_corners(cairo, pixels, radius);
    cairo_clip(cairo);
    cairo_translate(cairo, (pixels - width * scale) / 2, (pixels - height * scale) / 2);
    cairo_scale(cairo, scale, scale);
    gdk_cairo_set_source_pixbuf(cairo, pixbuf, 0, 0);
    cairo_pattern_set_extend(cairo_get_source(cairo), CAIRO_EXTEND_PAD);
    cairo_paint(cairo);
    cairo_destroy(cairo);
    cairo_surface_flush(surface);
    return surface;
}

static GdkTexture *texture_of(cairo_surface_t *surface)
{
    const int side = cairo_image_surface_get_width(surface);
    const int stride = cairo_image_surface_get_stride(surface);
    g_autoptr(GBytes) bytes = g_bytes_new_with_free_func(
        cairo_image_surface_get_data(surface), (gsize)stride * (gsize)side,
        (GDestroyNotify)cairo_surface_destroy, surface);
    return gdk_memory_texture_new(side, side, GDK_MEMORY_DEFAULT, bytes, (gsize)stride);
}

static void decode(GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
    Load *load = data;
    GError *error = NULL;
    g_autoptr(GInputStream) stream = g_memory_input_stream_new_from_bytes(load->bytes);
    g_autoptr(GdkPixbuf) pixbuf = gdk_pixbuf_new_from_stream(stream, cancellable, &error);
    if (pixbuf == NULL) {
        g_task_return_error(task, error);
        return;
    }
    if (gdk_pixbuf_get_width(pixbuf) > SIDE_MAX || gdk_pixbuf_get_height(pixbuf) > SIDE_MAX) {
        g_task_return_new_error(task, HTH_ERROR, HTH_ERROR_TOO_LARGE, "the picture is too large");
        return;
    }
    g_task_return_pointer(task, texture_of(cut(pixbuf, load->pixels, load->radius)),
                          g_object_unref);
}

static void on_decoded(GObject *source, GAsyncResult *result, gpointer data)
{
    g_autoptr(GTask) outer = data;
    HthPictures *self = HTH_PICTURES(source);
    Load *load = g_task_get_task_data(G_TASK(result));
    GError *error = NULL;
    GdkTexture *texture = g_task_propagate_pointer(G_TASK(result), &error);
    if (texture == NULL) {
        g_task_return_error(outer, error);
        return;
    }
    keep(self, load->key, texture);
    g_task_return_pointer(outer, texture, g_object_unref);
}

/* ---- Loading ---- */

static void on_fetched(GObject *source, GAsyncResult *result, gpointer data)
{
    g_autoptr(GTask) outer = data;
    GError *error = NULL;
    GBytes *bytes = hth_api_client_fetch_finish(HTH_API_CLIENT(source), result, &error);
    if (bytes == NULL) {
        g_task_return_error(outer, error);
        return;
    }
    Load *load = g_task_get_task_data(outer);
    Load *copy = g_new0(Load, 1);
    *copy = (Load){ g_strdup(load->key), load->pixels, load->radius, bytes };
    g_autoptr(GTask) inner =
        g_task_new(g_task_get_source_object(outer), g_task_get_cancellable(outer), on_decoded,
                   g_object_ref(outer));
    g_task_set_task_data(inner, copy, load_free);
    g_task_run_in_thread(inner, decode);
}

void hth_pictures_load(HthPictures *self, const char *path, guint pixels, guint radius,
                       GCancellable *cancellable, GAsyncReadyCallback callback, gpointer data)
{
    GTask *task = g_task_new(self, cancellable, callback, data);
    Load *load = g_new0(Load, 1);
    *load = (Load){ .key = key_of(path, pixels), .pixels = pixels, .radius = radius };
    g_task_set_task_data(task, load, load_free);
    hth_api_client_fetch(self->client, path, cancellable, on_fetched, task);
}

GdkTexture *hth_pictures_load_finish(HthPictures *self, GAsyncResult *result, GError **error)
{
    g_return_val_if_fail(g_task_is_valid(result, self), NULL);
    return g_task_propagate_pointer(G_TASK(result), error);
}

gsize hth_pictures_n_bytes(HthPictures *self)
{
    return self->n_bytes;
}

/* ---- Object ---- */

static void hth_pictures_init(HthPictures *self)
{
    self->kept = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, kept_free);
    g_queue_init(&self->order);
}

static void hth_pictures_finalize(GObject *object)
{
    HthPictures *self = HTH_PICTURES(object);
    g_hash_table_unref(self->kept);
    g_clear_object(&self->client);
    G_OBJECT_CLASS(hth_pictures_parent_class)->finalize(object);
}

static void hth_pictures_class_init(HthPicturesClass *class)
{
    G_OBJECT_CLASS(class)->finalize = hth_pictures_finalize;
}

HthPictures *hth_pictures_new(HthApiClient *client)
{
    HthPictures *self = g_object_new(HTH_TYPE_PICTURES, NULL);
    self->client = g_object_ref(client);
    return self;
}
