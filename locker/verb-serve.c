/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <gio/gio.h>
#include <gio/gunixsocketaddress.h>
#include <glib-unix.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "client-hello.h"
#include "locker.h"
#include "verbs.h"

typedef struct {
    char *listen;
    char *name;
    char *certificate;
    char *key;
    char *metrics;
    int public_port;
} Words;

static void words_clear(Words *words)
{
    g_free(words->listen);
    g_free(words->name);
    g_free(words->certificate);
    g_free(words->key);
    g_free(words->metrics);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Words, words_clear)

/* "192.0.2.1:443", "[2001:db8::1]:443", ":443", "443". FALSE: it is none. */
static gboolean read_place(const char *text, char **out_address, guint16 *out_port)
{
    const char *colon = strrchr(text, ':');
    const char *port = colon != NULL ? colon + 1 : text;
    gsize length = colon != NULL ? (gsize)(colon - text) : 0;
    guint64 number = 0;
    if (!g_ascii_string_to_unsigned(port, 10, 0, G_MAXUINT16, &number, NULL))
        return FALSE;
    if (length >= 2 && text[0] == '[' && text[length - 1] == ']') {
        text++;
        length -= 2;
    }
    g_autofree char *address = g_strndup(text, length);
    g_autoptr(GInetAddress) parsed = length > 0 ? g_inet_address_new_from_string(address) : NULL;
    if (length > 0 && parsed == NULL)
        return FALSE;
    *out_port = (guint16)number;
    *out_address = length > 0 ? g_steal_pointer(&address) : NULL;
    return TRUE;
}

static gboolean on_signal(gpointer data)
{
    g_main_loop_quit(data);
    return G_SOURCE_CONTINUE;
}

/* systemd's notification (sd_notify(3)), without its library. */
static void notify_ready(void)
{
    const char *path = g_getenv("NOTIFY_SOCKET");
    if (path == NULL)
        return;
    g_autoptr(GSocket) socket =
        g_socket_new(G_SOCKET_FAMILY_UNIX, G_SOCKET_TYPE_DATAGRAM, G_SOCKET_PROTOCOL_DEFAULT, NULL);
    g_autoptr(GSocketAddress) address =
        path[0] == '@'
            ? g_unix_socket_address_new_with_type(path + 1, -1, G_UNIX_SOCKET_ADDRESS_ABSTRACT)
            : g_unix_socket_address_new(path);
    if (socket != NULL)
        (void)g_socket_send_to(socket, address, "READY=1", 7, NULL, NULL);
}

static int run(const HthLockerOptions *options, gboolean is_json)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GMainLoop) loop = g_main_loop_new(NULL, FALSE);
    g_autoptr(HthLocker) locker = hth_locker_start(options, &error);
    if (locker == NULL) {
        hth_locker_fail(error);
        return g_error_matches(error, HTH_ERROR, HTH_ERROR_BUSY) ? HTH_LOCKER_RUNNING
                                                                 : HTH_LOCKER_PROBLEM;
    }
    const guint sources[] = { g_unix_signal_add(SIGTERM, on_signal, loop),
                              g_unix_signal_add(SIGINT, on_signal, loop) };
    if (is_json) {
        g_print("{\"port\":%u}\n", hth_locker_port(locker));
        fflush(stdout);
    }
    notify_ready();
    g_main_loop_run(loop);
    for (gsize i = 0; i < G_N_ELEMENTS(sources); i++)
        g_source_remove(sources[i]);
    return HTH_LOCKER_OK;
}

/* The name that was given, or that of the last time. New string; NULL: said what is missing. */
static char *find_name(const Words *words, const char *data_dir)
{
    g_autofree char *name = words->name != NULL ? g_ascii_strdown(words->name, -1) : NULL;
    g_autofree char *path = g_build_filename(data_dir, "locker.sqlite", NULL);
    if (name == NULL && g_file_test(path, G_FILE_TEST_EXISTS)) {
        g_autoptr(HthCatalogue) catalogue = hth_catalogue_open(data_dir, NULL);
        name = catalogue != NULL ? hth_catalogue_note(catalogue, HTH_NOTE_NAME) : NULL;
    }
    if (name != NULL && hth_host_name_is_good(name) && strlen(name) + 27 < HTH_HELLO_NAME_SIZE)
        return g_steal_pointer(&name);
    g_printerr("hearth-locker: --name says by which host name this locker is reached, as "
               "locker.example.net\n");
    return NULL;
}

int hth_locker_verb_serve(int argc, char **argv)
{
    g_auto(HthLockerCommon) common = { 0 };
    g_auto(Words) words = { 0 };
    const GOptionEntry entries[] = {
        { "listen", 'l', 0, G_OPTION_ARG_STRING, &words.listen,
          "Where to listen; every address, port 443 unless given", "ADDR:PORT" },
        { "name", 'n', 0, G_OPTION_ARG_STRING, &words.name,
          "The host name of this locker; kept for the next time", "NAME" },
        { "certificate", 0, 0, G_OPTION_ARG_FILENAME, &words.certificate,
          "The certificate of NAME, with its chain; self-signed unless given", "FILE" },
        { "key", 0, 0, G_OPTION_ARG_FILENAME, &words.key, "The key of the certificate", "FILE" },
        { "public-port", 0, 0, G_OPTION_ARG_INT, &words.public_port,
          "The port by which it is reached from outside, where that is another", "PORT" },
        { "metrics", 0, 0, G_OPTION_ARG_STRING, &words.metrics,
          "Where counters for Prometheus are told; nowhere unless given", "ADDR:PORT" },
        { NULL },
    };
    if (!hth_locker_parse(&common, "serve", entries, &argc, &argv, 0, 0))
        return HTH_LOCKER_USAGE;
    HthLockerOptions options = { .data_dir = common.data_dir,
                                 .certificate = words.certificate,
                                 .key = words.key,
                                 .public_port = (guint16)CLAMP(words.public_port, 0, 65535) };
    g_autofree char *address = NULL;
    g_autofree char *metrics = NULL;
    if (!read_place(words.listen != NULL ? words.listen : ":443", &address, &options.port) ||
        (words.metrics != NULL && !read_place(words.metrics, &metrics, &options.metrics_port))) {
        g_printerr("hearth-locker: a place to listen at is ADDR:PORT, or :PORT\n");
        return HTH_LOCKER_USAGE;
    }
    if ((words.certificate == NULL) != (words.key == NULL)) {
        g_printerr("hearth-locker: --certificate and --key go together\n");
        return HTH_LOCKER_USAGE;
    }
    g_autofree char *name = find_name(&words, common.data_dir);
    if (name == NULL)
        return HTH_LOCKER_USAGE;
    options.name = name;
    options.address = address;
    options.metrics_address = metrics;
    return run(&options, common.is_json);
}
