/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "home-fixture.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "net/http-listen.h"

guint8 home_byte(guint64 position)
{
    return (guint8)(position * 31 + position / 251);
}

static void write_file(const Home *self, guint8 salt)
{
    g_autofree char *bytes = g_malloc(HOME_FILE_SIZE);
    for (guint64 i = 0; i < HOME_FILE_SIZE; i++)
        bytes[i] = (char)(home_byte(i) ^ salt);
    g_assert_true(g_file_set_contents(self->file_path, bytes, HOME_FILE_SIZE, NULL));
}

static void respond_small(const Home *self, HthHttpRequest *request)
{
    const int fd = open(self->file_path, O_RDONLY | O_CLOEXEC);
    const HthHttpFile file = {
        .fd = fd, .size_bytes = HOME_SMALL_SIZE, .etag = "\"small\"", .content_type = "audio/ogg"
    };
    hth_http_request_respond_file(request, &file);
}

/* FALSE: it is for the item as it is. */
static gboolean answer_small(Home *self, HthHttpRequest *request)
{
    const char *name = strrchr(hth_http_request_path(request), '/');
    if (g_str_has_prefix(name, "/" HOME_ITEM "."))
        return FALSE;
    if (self->n_making > 0) {
        self->n_making--;
        hth_http_request_respond_error(request, 503, "This is being converted.");
    } else if (self->small_status != 0) {
        hth_http_request_respond_error(request, self->small_status, "There is none.");
    } else {
        respond_small(self, request);
    }
    return TRUE;
}

/* As hearthd answers GET /m/… */
static void on_media(HthHttpRequest *request, gpointer data)
{
    Home *self = data;
    struct stat status;
    const guint number = ++self->n_requests;
    if (number == self->changes_at)
        write_file(self, 0x55);
    if (number == self->breaks_at)
        hth_http_server_close_key(self->server, hth_http_request_peer_key(request));
    if (strstr(hth_http_request_path(request), HOME_ITEM) == NULL) {
        hth_http_request_respond_error(request, 404, "There is no such media here.");
        return;
    }
    if (self->n_busy > 0) {
        self->n_busy--;
        hth_http_request_respond_error(request, 503, "This is being converted.");
        return;
    }
    if (answer_small(self, request))
        return;
    g_autofree char *duration = g_strdup_printf("%" G_GINT64_FORMAT, self->duration_ms);
    if (self->duration_ms > 0)
        hth_http_request_add_header(request, "Hearth-Duration-Ms", duration);
    const int fd = open(self->file_path, O_RDONLY | O_CLOEXEC);
    g_assert_cmpint(fstat(fd, &status), ==, 0);
    g_autofree char *etag = g_strdup_printf("\"%lu\"", (unsigned long)status.st_ino);
    const HthHttpFile file = {
        .fd = fd,
        .size_bytes = status.st_size,
        .etag = etag,
        .content_type = self->media_type != NULL ? self->media_type : "audio/flac",
    };
    hth_http_request_respond_file(request, &file);
}

static const HthHttpRoute routes[] = { { HTH_HTTP_GET, "/m/", on_media, 0 } };

void home_start(Home *self)
{
    g_autoptr(GError) error = NULL;
    const HthHttpOptions options = {
        .name = "device",
        .bind_address = "127.0.0.1",
        .port = self->port,
        .tls_certificate = hth_device_identity_certificate(self->identity),
        .tls_key = hth_device_identity_key(self->identity),
    };
    self->server = hth_http_server_new(&options);
    hth_http_server_add_routes(self->server, routes, G_N_ELEMENTS(routes), self);
    hth_http_server_start(self->server, &error);
    g_assert_no_error(error);
    self->port = hth_http_server_port(self->server);
}

void home_stop(Home *self)
{
    g_clear_pointer(&self->server, hth_http_server_free);
}

static HthDeviceIdentity *make_identity(const Home *self, const char *name)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *dir = g_build_filename(self->dir, name, NULL);
    HthDeviceIdentity *identity = hth_device_identity_open(dir, &error);
    g_assert_no_error(error);
    return identity;
}

void home_set_up(Home *self)
{
    self->dir = g_dir_make_tmp("hearth-home-XXXXXX", NULL);
    self->file_path = g_build_filename(self->dir, "file", NULL);
    self->identity = make_identity(self, "home");
    self->device = make_identity(self, "identity");
    write_file(self, 0);
    home_start(self);
    self->paired = g_new0(HthPairedHome, 1);
    self->paired->name = g_strdup("Home");
    self->paired->id = *hth_device_identity_id(self->identity);
    self->paired->addresses = g_strsplit("127.0.0.1", " ", -1);
    self->paired->port = self->port;
    self->paired->away = hth_away_new();
}

void home_leave(Home *self, guint64 session_rate)
{
    HthAway *away = self->paired->away;
    away->revision = 1;
    away->locker = g_strdup("locker.example");
    away->address = g_strdup("127.0.0.1");
    away->port = self->port;
    away->route = g_strdup("abcdefghijklmnopqrstuvwxyz");
    away->session_rate = session_rate;
    const int listener = hth_http_listen_tcp("127.0.0.1", 0, &self->paired->port, NULL);
    g_assert_cmpint(listener, >=, 0);
    close(listener);
}

static void remove_below(const char *path)
{
    g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
    const char *name;
    while (dir != NULL && (name = g_dir_read_name(dir)) != NULL) {
        g_autofree char *child = g_build_filename(path, name, NULL);
        if (!g_file_test(child, G_FILE_TEST_IS_SYMLINK) && g_file_test(child, G_FILE_TEST_IS_DIR))
            remove_below(child);
        g_remove(child);
    }
}

void home_tear_down(Home *self)
{
    home_stop(self);
    hth_paired_home_free(self->paired);
    hth_device_identity_free(self->identity);
    hth_device_identity_free(self->device);
    remove_below(self->dir);
    g_rmdir(self->dir);
    g_free(self->file_path);
    g_free(self->dir);
}
