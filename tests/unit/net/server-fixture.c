/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "server-fixture.h"

#include <string.h>

static void on_hello(HthHttpRequest *request, gpointer data)
{
    hth_http_request_add_header(request, "X-Extra", "yes");
    hth_http_request_respond(request, 200, "text/plain", "hello");
}

/* Says what it was asked, one fact a line. */
static void on_echo(HthHttpRequest *request, gpointer data)
{
    gsize size = 0;
    const char *body = hth_http_request_body(request, &size);
    const char *query = hth_http_request_query(request, "q");
    GInetAddress *local = hth_http_request_local(request);
    g_autofree char *local_text = local != NULL ? g_inet_address_to_string(local) : g_strdup("-");
    char *text = g_strdup_printf("method=%s\npath=%s\nq=%s\nbody=%s\nsize=%zu\npeer=%s\nlocal=%"
                                 "s\nbase=%s\nagent=%s\nuid=%u\n",
                                 hth_http_request_method(request), hth_http_request_path(request),
                                 query != NULL ? query : "-", body, size,
                                 hth_http_request_peer_text(request), local_text,
                                 hth_http_request_base_url(request),
                                 hth_http_request_header(request, "user-agent") != NULL
                                     ? hth_http_request_header(request, "User-Agent")
                                     : "-",
                                 hth_http_request_peer_uid(request));
    hth_http_request_respond_take(request, 200, "text/plain", text, strlen(text));
}

static void on_deep(HthHttpRequest *request, gpointer data)
{
    hth_http_request_respond(request, 200, "text/plain", "deep");
}

static gpointer answer_later(gpointer data)
{
    HthHttpRequest *request = data;
    g_usleep(50 * 1000);
    g_autofree char *text =
        g_strdup_printf("late %s", hth_http_request_header(request, "X-Word") != NULL
                                       ? hth_http_request_header(request, "X-Word")
                                       : "");
    hth_http_request_respond(request, 200, "text/plain", text);
    return NULL;
}

static void on_later(HthHttpRequest *request, gpointer data)
{
    hth_http_request_defer(request);
    g_thread_unref(g_thread_new("later", answer_later, request));
}

/* Deferred, and answered when the test says so. */
static void on_parked(HthHttpRequest *request, gpointer data)
{
    hth_http_request_defer(request);
    handout_push(data, request);
}

static void on_events(HthHttpRequest *request, gpointer data)
{
    handout_push(data, hth_http_request_respond_events(request));
}

static void note_finished(guint64 body_bytes_sent, gboolean is_complete, gpointer data)
{
    handout_push(data, g_strdup_printf("%" G_GUINT64_FORMAT " %d", body_bytes_sent, is_complete));
}

static void on_large(HthHttpRequest *request, gpointer data)
{
    hth_http_request_on_finished(request, note_finished, data, NULL);
    hth_http_request_respond_take(request, 200, "text/plain", g_malloc0(SERVER_LARGE_BYTES),
                                  SERVER_LARGE_BYTES);
}

static const HthHttpRoute routes[] = {
    { HTH_HTTP_GET, "/hello", on_hello, 0 },
    { HTH_HTTP_GET | HTH_HTTP_POST | HTH_HTTP_SUBSCRIBE, "/echo", on_echo, 1000 },
    { HTH_HTTP_GET, "/m/", on_echo, 0 },
    { HTH_HTTP_GET, "/m/deep/", on_deep, 0 },
    { HTH_HTTP_PUT, "/m/deep/", on_hello, 10 },
    { HTH_HTTP_GET, "/later", on_later, 0 },
};

static const HthHttpRoute queue_routes[] = {
    { HTH_HTTP_GET, "/parked", on_parked, 0 },
    { HTH_HTTP_GET, "/events", on_events, 0 },
    { HTH_HTTP_GET, "/large", on_large, 0 },
};

void server_start_with(ServerFixture *fixture, HthHttpOptions options)
{
    g_autoptr(GError) error = NULL;
    fixture->queue = handout_new();
    fixture->server = hth_http_server_new(&options);
    hth_http_server_add_routes(fixture->server, routes, G_N_ELEMENTS(routes), NULL);
    hth_http_server_add_routes(fixture->server, queue_routes, G_N_ELEMENTS(queue_routes),
                               fixture->queue);
    hth_http_server_start(fixture->server, &error);
    g_assert_no_error(error);
    fixture->port = hth_http_server_port(fixture->server);
}

void server_set_up(ServerFixture *fixture, gconstpointer data)
{
    server_start_with(fixture, (HthHttpOptions){ .name = "test", .bind_address = "127.0.0.1" });
}

void server_set_up_impatient(ServerFixture *fixture, gconstpointer data)
{
    server_start_with(fixture, (HthHttpOptions){ .name = "test",
                                                 .bind_address = "127.0.0.1",
                                                 .head_timeout_s = 1,
                                                 .body_timeout_s = 1,
                                                 .idle_timeout_s = 1,
                                                 .defer_timeout_s = 1,
                                                 .max_connections = 5 });
}

void server_tear_down(ServerFixture *fixture, gconstpointer data)
{
    hth_http_server_free(fixture->server);
    handout_free(fixture->queue);
}

HthHttpCounters server_counters(const ServerFixture *fixture)
{
    HthHttpCounters counters;
    hth_http_server_counters(fixture->server, &counters);
    return counters;
}

void server_assert_status(const ServerFixture *fixture, const char *request, guint status)
{
    g_autoptr(HttpAnswer) answer = http_ask(fixture->port, request);
    g_assert_nonnull(answer);
    if (answer->status != status)
        g_error("%s gives %s", request, answer->head);
}

void server_assert_has_line(const HttpAnswer *answer, const char *line)
{
    g_auto(GStrv) lines = g_strsplit(http_answer_text(answer), "\n", -1);
    if (!g_strv_contains((const char *const *)lines, line))
        g_error("no line \"%s\" in:\n%s", line, http_answer_text(answer));
}
