/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "model/pictures.h"

#include <gdk-pixbuf/gdk-pixbuf.h>
#include <math.h>

#include "api/fetcher.h"
#include "base/error.h"

/* A picture of more pixels a side is not what was asked for. */
#define SIDE_MAX 8192

/* Threads that fetch and decode; and how many pictures they have before them: enough to be busy
 * while the main thread draws, few enough that what comes into sight does not wait behind them. */
#define N_THREADS 3
#define N_HANDED  16

struct _HthPictures {
    GObject parent;
    HthFetcher *fetcher;
    GThreadPool *threads;
    guint n_handed;
    GQueue seen;      /* (element HthPictureWish) of what is on the screen, the first wish first */
    GQueue ahead;     /* (element HthPictureWish) of what is near it, the last wish first */
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

struct HthPictureWish {
    HthPictures *pictures; /* held while it is handed over */
    char *key;
    char *path;
    guint pixels;
    guint radius;
    HthPictureReady ready; /* NULL: nobody waits for it any more */
    gpointer data;
    GQueue *queue; /* where it waits; NULL: it is handed over */
    GList link;    /* there */
    GdkTexture *texture;
};

G_DEFINE_FINAL_TYPE(HthPictures, hth_pictures, G_TYPE_OBJECT)

static void kept_free(gpointer data)
{
    Kept *kept = data;
    g_free(kept->key);
    g_clear_object(&kept->texture);
    g_free(kept);
}

static void wish_free(HthPictureWish *wish)
{
    g_free(wish->key);
    g_free(wish->path);
    g_clear_object(&wish->texture);
    g_free(wish);
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

/* Cairo keeps colours multiplied by alpha; only at the corners that makes a difference. */
static void divide_by_alpha(cairo_surface_t *surface)
{
    const int side = cairo_image_surface_get_width(surface);
    const int stride = cairo_image_surface_get_stride(surface);
    guchar *data = cairo_image_surface_get_data(surface);
    for (int y = 0; y < side; y++) {
        guint32 *row = (guint32 *)(gpointer)(data + (gsize)y * (gsize)stride);
        for (int x = 0; x < side; x++) {
            const guint32 alpha = row[x] >> 24;
            if (alpha == 0 || alpha == 255)
                continue;
            guint32 pixel = alpha << 24;
            for (guint shift = 0; shift < 24; shift += 8)
                pixel |= MIN(255, ((row[x] >> shift & 255) * 255 + alpha / 2) / alpha) << shift;
            row[x] = pixel;
        }
    }
}

/* Drawn without GL, a texture is converted in every frame: GTK 4.8 does that with integers from
 * colours that stand for themselves, but by way of floats from those multiplied by alpha. */
static GdkTexture *texture_of(cairo_surface_t *surface)
{
    const GdkMemoryFormat format =
        G_BYTE_ORDER == G_LITTLE_ENDIAN ? GDK_MEMORY_B8G8R8A8 : GDK_MEMORY_A8R8G8B8;
    const int side = cairo_image_surface_get_width(surface);
    const int stride = cairo_image_surface_get_stride(surface);
    divide_by_alpha(surface);
    g_autoptr(GBytes) bytes = g_bytes_new_with_free_func(
        cairo_image_surface_get_data(surface), (gsize)stride * (gsize)side,
        (GDestroyNotify)cairo_surface_destroy, surface);
    return gdk_memory_texture_new(side, side, format, bytes, (gsize)stride);
}

static void on_size(GdkPixbufLoader *loader, int width, int height, gboolean *is_too_large)
{
    *is_too_large = width > SIDE_MAX || height > SIDE_MAX;
    if (*is_too_large)
        gdk_pixbuf_loader_set_size(loader, 1, 1); /* nothing is made of it */
}

/* Everything that the daemon shows as a picture is a JPEG. */
static GdkPixbuf *decode(GBytes *bytes, GError **error)
{
    g_autoptr(GdkPixbufLoader) loader = gdk_pixbuf_loader_new_with_type("jpeg", error);
    if (loader == NULL)
        return NULL;
    gboolean is_too_large = FALSE;
    g_signal_connect(loader, "size-prepared", G_CALLBACK(on_size), &is_too_large);
    const gboolean is_written = gdk_pixbuf_loader_write_bytes(loader, bytes, error);
    /* It has to be closed in any case; of two errors the first one counts. */
    const gboolean is_closed = gdk_pixbuf_loader_close(loader, is_written ? error : NULL);
    if (!is_written || !is_closed)
        return NULL;
    if (is_too_large) {
        g_set_error_literal(error, HTH_ERROR, HTH_ERROR_TOO_LARGE, "the picture is too large");
        return NULL;
    }
    GdkPixbuf *pixbuf = gdk_pixbuf_loader_get_pixbuf(loader);
    if (pixbuf == NULL)
        g_set_error_literal(error, HTH_ERROR, HTH_ERROR_CORRUPT, "this is no picture");
    return pixbuf != NULL ? g_object_ref(pixbuf) : NULL;
}

static gboolean on_made(gpointer data);

static void make(gpointer data, gpointer pictures)
{
    HthPictureWish *wish = data;
    const HthPictures *self = pictures;
    g_autoptr(GError) error = NULL;
    g_autoptr(GBytes) bytes = hth_fetcher_get(self->fetcher, wish->path, &error);
    g_autoptr(GdkPixbuf) pixbuf = bytes != NULL ? decode(bytes, &error) : NULL;
    if (pixbuf != NULL)
        wish->texture = texture_of(cut(pixbuf, wish->pixels, wish->radius));
    g_idle_add_full(G_PRIORITY_DEFAULT, on_made, wish, NULL); /* on the main thread */
}

/* ---- Wishes ---- */

static void hand_over(HthPictures *self)
{
    while (self->n_handed < N_HANDED) {
        GQueue *queue = !g_queue_is_empty(&self->seen) ? &self->seen : &self->ahead;
        GList *first = g_queue_pop_head_link(queue);
        if (first == NULL)
            return;
        HthPictureWish *wish = first->data;
        wish->queue = NULL;
        wish->pictures = g_object_ref(self);
        self->n_handed++;
        g_thread_pool_push(self->threads, wish, NULL);
    }
}

static gboolean on_made(gpointer data)
{
    HthPictureWish *wish = data;
    g_autoptr(HthPictures) self = wish->pictures;
    self->n_handed--;
    if (wish->texture != NULL)
        keep(self, wish->key, wish->texture);
    if (wish->ready != NULL)
        wish->ready(wish->texture, wish->data);
    wish_free(wish);
    hand_over(self);
    return G_SOURCE_REMOVE;
}

static void wait_in(HthPictureWish *wish, GQueue *queue)
{
    wish->queue = queue;
    if (queue == &wish->pictures->seen)
        g_queue_push_tail_link(queue, &wish->link);
    else
        g_queue_push_head_link(queue, &wish->link);
}

HthPictureWish *hth_pictures_want(HthPictures *self, const char *path, guint pixels, guint radius,
                                  gboolean is_seen, HthPictureReady ready, gpointer data)
{
    HthPictureWish *wish = g_new0(HthPictureWish, 1);
    *wish = (HthPictureWish){ .pictures = self,
                              .key = key_of(path, pixels),
                              .path = g_strdup(path),
                              .pixels = pixels,
                              .radius = radius,
                              .ready = ready,
                              .data = data };
    wish->link.data = wish;
    wait_in(wish, is_seen ? &self->seen : &self->ahead);
    hand_over(self);
    return wish;
}

void hth_pictures_set_seen(HthPictures *self, HthPictureWish *wish, gboolean is_seen)
{
    GQueue *queue = is_seen ? &self->seen : &self->ahead;
    if (wish->queue == NULL || wish->queue == queue)
        return;
    g_queue_unlink(wish->queue, &wish->link);
    wait_in(wish, queue);
}

void hth_pictures_forgo(HthPictures *self, HthPictureWish *wish)
{
    wish->ready = NULL;
    if (wish->queue == NULL)
        return; /* it is kept when it has come */
    g_queue_unlink(wish->queue, &wish->link);
    wish_free(wish);
}

gsize hth_pictures_n_bytes(HthPictures *self)
{
    return self->n_bytes;
}

/* ---- Object ---- */

static void hth_pictures_init(HthPictures *self)
{
    self->kept = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, kept_free);
    self->threads = g_thread_pool_new(make, self, N_THREADS, FALSE, NULL);
}

/* What is handed over holds the object: the threads have nothing left to do. */
static void hth_pictures_finalize(GObject *object)
{
    HthPictures *self = HTH_PICTURES(object);
    g_thread_pool_free(self->threads, TRUE, TRUE);
    g_hash_table_unref(self->kept);
    hth_fetcher_free(self->fetcher);
    G_OBJECT_CLASS(hth_pictures_parent_class)->finalize(object);
}

static void hth_pictures_class_init(HthPicturesClass *class)
{
    G_OBJECT_CLASS(class)->finalize = hth_pictures_finalize;
}

HthPictures *hth_pictures_new(const char *socket_path)
{
    HthPictures *self = g_object_new(HTH_TYPE_PICTURES, NULL);
    self->fetcher = hth_fetcher_new(socket_path);
    return self;
}
