/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Pictures from a daemon of thirty lines, on a real socket. */
#include "model/pictures.h"

#include <gdk-pixbuf/gdk-pixbuf.h>
#include <gio/gio.h>
#include <gio/gunixsocketaddress.h>
#include <glib/gstdio.h>
#include <string.h>

#define PIXELS 160

typedef struct {
    GSocketService *service;
    HthPictures *pictures;
    char *dir;
    char *path;
    char *jpeg;
    gsize jpeg_bytes;
    gboolean closes;  /* after each answer, without a word */
    gint n_connected; /* atomic */
    gint n_open;      /* atomic */
    GMutex mutex;
    GPtrArray *asked; /* (element char), locked: paths in their order */
    GMutex gate;      /* held: nobody is answered */
    guint n_ready;
    guint n_failed;
} Fixture;

static gboolean read_request(GSocketConnection *connection, char *request, gsize size)
{
    GInputStream *input = g_io_stream_get_input_stream(G_IO_STREAM(connection));
    const gssize n = g_input_stream_read(input, request, size - 1, NULL, NULL);
    request[MAX(n, 0)] = '\0';
    return n > 0;
}

static void answer(Fixture *self, GSocketConnection *connection, const char *path)
{
    const gboolean is_good = g_str_has_prefix(path, "/good/");
    const char *body = is_good ? self->jpeg : "this is no picture";
    const gsize size = is_good ? self->jpeg_bytes : strlen(body);
    const char *status = g_str_has_prefix(path, "/missing/") ? "404 Not Found" : "200 OK";
    g_autofree char *head =
        g_strdup_printf("HTTP/1.1 %s\r\nContent-Length: %zu\r\n\r\n", status, size);
    GOutputStream *output = g_io_stream_get_output_stream(G_IO_STREAM(connection));
    g_output_stream_write_all(output, head, strlen(head), NULL, NULL, NULL);
    g_output_stream_write_all(output, body, size, NULL, NULL, NULL);
}

/* On a thread of the service's. */
static gboolean on_run(GThreadedSocketService *service, GSocketConnection *connection,
                       GObject *source, gpointer data)
{
    Fixture *self = data;
    char request[4096];
    g_atomic_int_inc(&self->n_connected);
    g_atomic_int_inc(&self->n_open);
    while (read_request(connection, request, sizeof request)) {
        g_auto(GStrv) words = g_strsplit(request, " ", 3);
        g_mutex_lock(&self->mutex);
        g_ptr_array_add(self->asked, g_strdup(words[1]));
        g_mutex_unlock(&self->mutex);
        g_mutex_lock(&self->gate);
        g_mutex_unlock(&self->gate);
        answer(self, connection, words[1]);
        if (self->closes)
            break;
    }
    g_atomic_int_add(&self->n_open, -1);
    return TRUE;
}

static void set_up(Fixture *self, gconstpointer closes)
{
    self->closes = closes != NULL;
    g_autoptr(GdkPixbuf) pixbuf = gdk_pixbuf_new(GDK_COLORSPACE_RGB, FALSE, 8, PIXELS, PIXELS);
    gdk_pixbuf_fill(pixbuf, 0xff8000ff);
    g_assert_true(
        gdk_pixbuf_save_to_buffer(pixbuf, &self->jpeg, &self->jpeg_bytes, "jpeg", NULL, NULL));
    self->dir = g_dir_make_tmp("hearth-panel-XXXXXX", NULL);
    self->path = g_build_filename(self->dir, "socket", NULL);
    self->asked = g_ptr_array_new_with_free_func(g_free);
    g_mutex_init(&self->mutex);
    g_mutex_init(&self->gate);
    self->service = g_threaded_socket_service_new(16);
    g_autoptr(GSocketAddress) address = g_unix_socket_address_new(self->path);
    g_assert_true(g_socket_listener_add_address(G_SOCKET_LISTENER(self->service), address,
                                                G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_DEFAULT,
                                                NULL, NULL, NULL));
    g_signal_connect(self->service, "run", G_CALLBACK(on_run), self);
    self->pictures = hth_pictures_new(self->path);
}

static void tear_down(Fixture *self, gconstpointer closes)
{
    g_object_unref(self->pictures);
    /* The last connection closes when what was handed over has come back. */
    do {
        g_main_context_iteration(NULL, FALSE);
        g_usleep(1000);
    } while (g_main_context_pending(NULL) || g_atomic_int_get(&self->n_open) > 0);
    g_socket_service_stop(self->service);
    g_socket_listener_close(G_SOCKET_LISTENER(self->service));
    g_object_unref(self->service);
    g_unlink(self->path);
    g_rmdir(self->dir);
    g_ptr_array_unref(self->asked);
    g_free(self->path);
    g_free(self->dir);
    g_free(self->jpeg);
}

static void on_ready(GdkTexture *texture, gpointer data)
{
    Fixture *self = data;
    self->n_ready++;
    self->n_failed += texture == NULL;
}

static HthPictureWish *want(Fixture *self, const char *kind, guint number, gboolean is_seen)
{
    g_autofree char *path = g_strdup_printf("/%s/%u", kind, number);
    return hth_pictures_want(self->pictures, path, PIXELS, 10, is_seen, on_ready, self);
}

static void wait_for(Fixture *self, guint n_ready)
{
    const gint64 deadline = g_get_monotonic_time() + 20 * G_USEC_PER_SEC;
    while (self->n_ready < n_ready) {
        g_assert_cmpint(g_get_monotonic_time(), <, deadline);
        g_main_context_iteration(NULL, TRUE);
    }
}

/* ---- What is kept ---- */

static void test_keeps_no_more_than_it_may(Fixture *self, gconstpointer closes)
{
    const guint n = 2 * HTH_PICTURES_BYTES / (PIXELS * PIXELS * 4);
    for (guint i = 0; i < n; i++)
        (void)want(self, "good", i, TRUE);
    wait_for(self, n);
    g_assert_cmpuint(self->n_failed, ==, 0);
    g_assert_cmpuint(hth_pictures_n_bytes(self->pictures), <=, HTH_PICTURES_BYTES);
    g_assert_cmpuint(hth_pictures_n_bytes(self->pictures), >, HTH_PICTURES_BYTES / 2);
    g_autofree char *last = g_strdup_printf("/good/%u", n - 1);
    g_assert_null(hth_pictures_lookup(self->pictures, "/good/0", PIXELS));
    GdkTexture *texture = hth_pictures_lookup(self->pictures, last, PIXELS);
    g_assert_cmpint(gdk_texture_get_width(texture), ==, PIXELS);
}

static guint32 pixel_at(const guint32 *pixels, guint x, guint y)
{
    return GUINT32_FROM_LE(pixels[y * PIXELS + x]);
}

static void test_its_colours_are_right(Fixture *self, gconstpointer closes)
{
    (void)want(self, "good", 1, TRUE);
    wait_for(self, 1);
    GdkTexture *texture = hth_pictures_lookup(self->pictures, "/good/1", PIXELS);
    g_autofree guint32 *pixels = g_new0(guint32, PIXELS * PIXELS);
    gdk_texture_download(texture, (guchar *)pixels, PIXELS * 4);
    const guint32 middle = pixel_at(pixels, PIXELS / 2, PIXELS / 2);
    g_assert_cmpuint(middle >> 24, ==, 255);
    g_assert_cmpuint(middle >> 16 & 255, >, 250); /* JPEG is nearly right */
    g_assert_cmpuint(ABS((int)(middle >> 8 & 255) - 0x80), <, 4);
    g_assert_cmpuint(middle & 255, <, 6);
    g_assert_cmpuint(pixel_at(pixels, 0, 0), ==, 0);
    /* At the edge of a corner it is the same colour, and a part of it. */
    guint n_parts = 0;
    for (guint x = 0; x < 20; x++) {
        const guint32 pixel = pixel_at(pixels, x, 1);
        const guint32 alpha = pixel >> 24;
        n_parts += alpha > 0 && alpha < 255;
        g_assert_cmpuint(ABS((int)(pixel >> 16 & 255) - (int)alpha), <, 6);
    }
    g_assert_cmpuint(n_parts, >, 0);
}

static void test_connections_stay_open(Fixture *self, gconstpointer closes)
{
    for (guint i = 0; i < 60; i++)
        (void)want(self, "good", i, TRUE);
    wait_for(self, 60);
    g_assert_cmpuint(self->n_failed, ==, 0);
    if (!self->closes)
        g_assert_cmpint(g_atomic_int_get(&self->n_connected), <=, 3);
}

/* ---- Which comes first ---- */

static guint place_of(Fixture *self, const char *path)
{
    guint place = G_MAXUINT;
    g_mutex_lock(&self->mutex);
    for (guint i = 0; i < self->asked->len; i++) {
        if (strcmp(self->asked->pdata[i], path) == 0)
            place = i;
    }
    g_mutex_unlock(&self->mutex);
    return place;
}

static void test_what_is_seen_comes_first(Fixture *self, gconstpointer closes)
{
    g_mutex_lock(&self->gate);
    for (guint i = 0; i < 50; i++)
        (void)want(self, "good", i, FALSE);
    HthPictureWish *scrolled_in = want(self, "good", 50, FALSE);
    (void)want(self, "good", 51, FALSE);
    HthPictureWish *scrolled_out = want(self, "good", 52, TRUE);
    hth_pictures_set_seen(self->pictures, scrolled_in, TRUE);
    hth_pictures_set_seen(self->pictures, scrolled_out, FALSE);
    g_mutex_unlock(&self->gate);
    wait_for(self, 53);
    /* Those that were handed over at once are the first; then what is seen, then the newest. Three
     * threads ask, so neighbours may change places. */
    g_assert_cmpuint(place_of(self, "/good/50"), <, 16 + 3);
    g_assert_cmpuint(place_of(self, "/good/52"), <, 16 + 4);
    g_assert_cmpuint(place_of(self, "/good/51"), <, 16 + 5);
    g_assert_cmpuint(place_of(self, "/good/16"), >, 40);
}

static void test_nobody_hears_of_what_is_forgone(Fixture *self, gconstpointer closes)
{
    HthPictureWish *wishes[40];
    g_mutex_lock(&self->gate);
    for (guint i = 0; i < G_N_ELEMENTS(wishes); i++)
        wishes[i] = want(self, "good", i, FALSE);
    for (guint i = 0; i < G_N_ELEMENTS(wishes); i++)
        hth_pictures_forgo(self->pictures, wishes[i]);
    g_mutex_unlock(&self->gate);
    (void)want(self, "good", 100, TRUE);
    wait_for(self, 1);
    g_assert_cmpuint(self->n_ready, ==, 1);
    g_assert_cmpuint(place_of(self, "/good/39"), ==, G_MAXUINT);
}

/* ---- What is no picture ---- */

static void test_what_is_no_picture_is_none(Fixture *self, gconstpointer closes)
{
    (void)want(self, "nonsense", 1, TRUE);
    (void)want(self, "missing", 1, TRUE);
    wait_for(self, 2);
    g_assert_cmpuint(self->n_failed, ==, 2);
    g_assert_cmpuint(hth_pictures_n_bytes(self->pictures), ==, 0);
}

static void test_no_daemon_is_no_picture(Fixture *self, gconstpointer closes)
{
    g_unlink(self->path);
    (void)want(self, "good", 1, TRUE);
    wait_for(self, 1);
    g_assert_cmpuint(self->n_failed, ==, 1);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
#define ADD(name, closes, test) g_test_add(name, Fixture, closes, set_up, test, tear_down)
    ADD("/pictures/keeps-no-more-than-it-may", NULL, test_keeps_no_more_than_it_may);
    ADD("/pictures/its-colours-are-right", NULL, test_its_colours_are_right);
    ADD("/pictures/connections-stay-open", NULL, test_connections_stay_open);
    ADD("/pictures/a-daemon-may-close-them", "closes", test_connections_stay_open);
    ADD("/pictures/what-is-seen-comes-first", NULL, test_what_is_seen_comes_first);
    ADD("/pictures/nobody-hears-of-what-is-forgone", NULL, test_nobody_hears_of_what_is_forgone);
    ADD("/pictures/what-is-no-picture-is-none", NULL, test_what_is_no_picture_is_none);
    ADD("/pictures/no-daemon-is-no-picture", NULL, test_no_daemon_is_no_picture);
#undef ADD
    return g_test_run();
}
