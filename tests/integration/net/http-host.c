/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A server for the tests: /hello, /file (the file named on the command line), /counters.
 *
 * usage: http-host PORT FILE [MAX-CONNECTIONS-A-PEER]
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "net/http-server.h"
#include "net/interfaces.h"

typedef struct {
    const char *path;
    HthHttpServer *server;
} Host;

static void on_hello(HthHttpRequest *request, gpointer data)
{
    hth_http_request_respond(request, 200, "text/plain", "hello");
}

static void on_file(HthHttpRequest *request, gpointer data)
{
    const Host *host = data;
    struct stat status;
    const int fd = open(host->path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &status) != 0) {
        hth_http_request_respond_error(request, 500, "The file has gone.");
        return;
    }
    const HthHttpFile file = {
        .fd = fd, .size_bytes = status.st_size, .etag = "\"1\"", .content_type = "video/mp4"
    };
    hth_http_request_respond_file(request, &file);
}

/* Threads are counted as the kernel sees them. */
static guint n_threads(void)
{
    g_autoptr(GDir) dir = g_dir_open("/proc/self/task", 0, NULL);
    guint n = 0;
    while (dir != NULL && g_dir_read_name(dir) != NULL)
        n++;
    return n;
}

static void on_counters(HthHttpRequest *request, gpointer data)
{
    const Host *host = data;
    HthHttpCounters counters;
    hth_http_server_counters(host->server, &counters);
    g_autofree char *text =
        g_strdup_printf("{\"connections\": %u, \"refused_limit\": %" G_GUINT64_FORMAT
                        ", \"refused_peer\": %" G_GUINT64_FORMAT
                        ", \"timed_out\": %" G_GUINT64_FORMAT ", \"threads\": %u}\n",
                        counters.connections, counters.refused_limit, counters.refused_peer,
                        counters.timed_out, n_threads());
    hth_http_request_respond(request, 200, "application/json", text);
}

static gboolean is_attached(GInetAddress *peer, gpointer data)
{
    return hth_interfaces_is_attached(data, peer);
}

static const HthHttpRoute routes[] = {
    { HTH_HTTP_GET, "/hello", on_hello, 0 },
    { HTH_HTTP_GET, "/file", on_file, 0 },
    { HTH_HTTP_GET, "/counters", on_counters, 0 },
};

int main(int argc, char **argv)
{
    g_autoptr(GError) error = NULL;
    if (argc < 3)
        return 2;
    g_autoptr(HthInterfaces) interfaces = hth_interfaces_new(NULL, NULL, &error);
    if (interfaces == NULL) {
        fprintf(stderr, "%s\n", error->message);
        return 1;
    }
    const HthHttpOptions options = { .name = "test",
                                     .port = (guint16)atoi(argv[1]),
                                     .max_connections_a_peer = argc > 3 ? (guint)atoi(argv[3]) : 0,
                                     .peer_rule = is_attached,
                                     .rule_data = interfaces };
    g_autoptr(HthHttpServer) server = hth_http_server_new(&options);
    Host host = { .path = argv[2], .server = server };
    hth_http_server_add_routes(server, routes, G_N_ELEMENTS(routes), &host);
    if (!hth_http_server_start(server, &error)) {
        fprintf(stderr, "%s\n", error->message);
        return 1;
    }
    printf("ready\n");
    fflush(stdout);
    g_autoptr(GMainLoop) loop = g_main_loop_new(NULL, FALSE);
    g_main_loop_run(loop);
    return 0;
}
