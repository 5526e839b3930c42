/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "net/http-server.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "handout.h"
#include "http-client.h"

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

/* 64 MB that the kernel cannot hold in its buffers. */
#define LARGE_BYTES (64 * 1024 * 1024)

static void on_large(HthHttpRequest *request, gpointer data)
{
    hth_http_request_on_finished(request, note_finished, data, NULL);
    hth_http_request_respond_take(request, 200, "text/plain", g_malloc0(LARGE_BYTES), LARGE_BYTES);
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

typedef struct {
    HthHttpServer *server;
    guint16 port;
    Handout *queue; /* what the handlers hand out */
} Fixture;

static void start_with(Fixture *fixture, HthHttpOptions options)
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

static void set_up(Fixture *fixture, gconstpointer data)
{
    start_with(fixture, (HthHttpOptions){ .name = "test", .bind_address = "127.0.0.1" });
}

static void set_up_impatient(Fixture *fixture, gconstpointer data)
{
    start_with(fixture, (HthHttpOptions){ .name = "test",
                                          .bind_address = "127.0.0.1",
                                          .head_timeout_s = 1,
                                          .body_timeout_s = 1,
                                          .idle_timeout_s = 1,
                                          .defer_timeout_s = 1,
                                          .max_connections = 5 });
}

static void tear_down(Fixture *fixture, gconstpointer data)
{
    hth_http_server_free(fixture->server);
    handout_free(fixture->queue);
}

static HthHttpCounters counters_of(const Fixture *fixture)
{
    HthHttpCounters counters;
    hth_http_server_counters(fixture->server, &counters);
    return counters;
}

static void assert_status(const Fixture *fixture, const char *request, guint status)
{
    g_autoptr(HttpAnswer) answer = http_ask(fixture->port, request);
    g_assert_nonnull(answer);
    if (answer->status != status)
        g_error("%s gives %s", request, answer->head);
}

static void assert_has_line(const HttpAnswer *answer, const char *line)
{
    g_auto(GStrv) lines = g_strsplit(http_answer_text(answer), "\n", -1);
    if (!g_strv_contains((const char *const *)lines, line))
        g_error("no line \"%s\" in:\n%s", line, http_answer_text(answer));
}

static void test_finds_the_longest_route(Fixture *fixture, gconstpointer data)
{
    assert_status(fixture, "GET /hello HTTP/1.1\r\nHost: x\r\n\r\n", 200);
    assert_status(fixture, "GET /hello/ HTTP/1.1\r\nHost: x\r\n\r\n", 404);
    assert_status(fixture, "GET /hell HTTP/1.1\r\nHost: x\r\n\r\n", 404);
    assert_status(fixture, "GET /m HTTP/1.1\r\nHost: x\r\n\r\n", 404);
    assert_status(fixture, "GET /m/../hello HTTP/1.1\r\nHost: x\r\n\r\n", 200);
    g_autoptr(HttpAnswer) below = http_ask(fixture->port, "GET /m/a/b HTTP/1.1\r\nHost: x\r\n\r\n");
    assert_has_line(below, "path=/m/a/b");
    g_autoptr(HttpAnswer) deep =
        http_ask(fixture->port, "GET /m/deep/b HTTP/1.1\r\nHost: x\r\n\r\n");
    g_assert_cmpstr(http_answer_text(deep), ==, "deep");
}

static void test_says_which_methods_are_allowed(Fixture *fixture, gconstpointer data)
{
    g_autoptr(HttpAnswer) answer =
        http_ask(fixture->port, "DELETE /m/deep/x HTTP/1.1\r\nHost: x\r\n\r\n");
    g_assert_cmpuint(answer->status, ==, 405);
    g_autofree char *allow = http_answer_header(answer, "Allow");
    g_assert_cmpstr(allow, ==, "GET, HEAD, PUT");
    assert_status(fixture, "BREW /hello HTTP/1.1\r\nHost: x\r\n\r\n", 405);
    assert_status(fixture, "SUBSCRIBE /echo HTTP/1.1\r\nHost: x\r\n\r\n", 200);
}

static void test_reads_the_request(Fixture *fixture, gconstpointer data)
{
    g_autoptr(HttpAnswer) answer =
        http_ask(fixture->port, "POST /echo?a=1&q=b%20c%2B+d HTTP/1.1\r\nHost: x\r\nUser-Agent: "
                                "TV\r\nContent-Length: 4\r\n\r\nbody");
    assert_has_line(answer, "method=POST");
    assert_has_line(answer, "q=b c+ d");
    assert_has_line(answer, "body=body");
    assert_has_line(answer, "size=4");
    assert_has_line(answer, "peer=127.0.0.1");
    assert_has_line(answer, "local=127.0.0.1");
    assert_has_line(answer, "agent=TV");
    g_autofree char *base = g_strdup_printf("base=http://127.0.0.1:%u", fixture->port);
    assert_has_line(answer, base);
}

static void test_decodes_strictly(Fixture *fixture, gconstpointer data)
{
    g_autoptr(HttpAnswer) answer =
        http_ask(fixture->port, "GET /m/%41%C3%A9%2f HTTP/1.1\r\nHost: x\r\n\r\n");
    assert_has_line(answer, "path=/m/Aé/");
    static const char *const wrong[] = { "/m/%4",   "/m/%zz", "/m/%00", "/m/%ff",     "m",
                                         "m/a",     "*",      "/m/a#b", "ftp://x/m/", "/m/a b",
                                         "http://", "x:80",   "/m/\x7f" };
    for (guint i = 0; i < G_N_ELEMENTS(wrong); i++) {
        g_autofree char *request = g_strdup_printf("GET %s HTTP/1.1\r\nHost: x\r\n\r\n", wrong[i]);
        assert_status(fixture, request, 400);
    }
}

static void test_takes_the_absolute_form(Fixture *fixture, gconstpointer data)
{
    assert_status(fixture, "GET http://127.0.0.1:80/hello HTTP/1.1\r\nHost: x\r\n\r\n", 200);
    /* What ends libupnp 1.8.4 with a segmentation fault. */
    assert_status(fixture, "UNSUBSCRIBE http://127.0.0.1:80 HTTP/1.1\r\nHost: x\r\n\r\n", 404);
}

static void test_needs_a_host_from_1_1_on(Fixture *fixture, gconstpointer data)
{
    assert_status(fixture, "GET /hello HTTP/1.1\r\n\r\n", 400);
    assert_status(fixture, "GET /hello HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400);
    assert_status(fixture, "GET /hello HTTP/1.1\r\nHost: a b\r\n\r\n", 400);
    assert_status(fixture, "GET /hello HTTP/1.0\r\n\r\n", 200);
}

static void test_head_is_get_without_the_body(Fixture *fixture, gconstpointer data)
{
    const int fd = http_connect(fixture->port);
    http_send(fd, "GET /hello HTTP/1.1\r\nHost: x\r\n\r\n");
    g_autoptr(HttpAnswer) get = http_read_answer(fd, FALSE);
    http_send(fd, "HEAD /hello HTTP/1.1\r\nHost: x\r\n\r\nHEAD /hello HTTP/1.1\r\nHost: x\r\n\r\n");
    g_autoptr(HttpAnswer) head = http_read_answer(fd, TRUE);
    g_autoptr(HttpAnswer) second = http_read_answer(fd, TRUE); /* no body lay between the two */
    close(fd);
    g_autofree char *length = http_answer_header(head, "Content-Length");
    g_autofree char *extra = http_answer_header(second, "X-Extra");
    g_assert_cmpstr(length, ==, "5");
    g_assert_cmpstr(extra, ==, "yes");
    g_assert_cmpuint(strlen(get->head), ==, strlen(head->head)); /* but for the second in Date */
}

static void test_keeps_connections(Fixture *fixture, gconstpointer data)
{
    const int fd = http_connect(fixture->port);
    /* Three requests in one packet; the second is refused, and the connection lives on. */
    http_send(fd, "GET /hello HTTP/1.1\r\nHost: x\r\n\r\nGET /nothing HTTP/1.1\r\nHost: x\r\n\r\n"
                  "GET /m/x HTTP/1.1\r\nHost: x\r\n\r\n");
    static const guint expected[] = { 200, 404, 200 };
    for (guint i = 0; i < G_N_ELEMENTS(expected); i++) {
        g_autoptr(HttpAnswer) answer = http_read_answer(fd, FALSE);
        g_assert_cmpuint(answer->status, ==, expected[i]);
    }
    close(fd);
    const int old = http_connect(fixture->port);
    for (guint i = 0; i < 2; i++) {
        http_send(old, "GET /hello HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
        g_autoptr(HttpAnswer) answer = http_read_answer(old, FALSE);
        g_assert_cmpuint(answer->status, ==, 200);
    }
    http_send(old, "GET /hello HTTP/1.0\r\n\r\n");
    g_autoptr(HttpAnswer) last = http_read_answer(old, FALSE);
    g_assert_cmpuint(last->status, ==, 200);
    g_assert_true(http_is_closed(old, 1000));
    close(old);
}

static void test_bounds_the_body(Fixture *fixture, gconstpointer data)
{
    assert_status(fixture, "GET /hello HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\nx", 413);
    assert_status(fixture, "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 1001\r\n\r\n", 413);
    assert_status(
        fixture,
        "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999999\r\n\r\n", 413);
    assert_status(fixture, "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n", 400);
    assert_status(fixture, "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n", 200);
    /* Chunks that never end: refused at the first byte too many. */
    const int fd = http_connect(fixture->port);
    http_send(fd, "POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n");
    g_autofree char *chunk = g_strnfill(500, 'x');
    for (guint i = 0; i < 3; i++) {
        http_send(fd, "1f4\r\n");
        http_send(fd, chunk);
        http_send(fd, "\r\n");
    }
    g_autoptr(HttpAnswer) answer = http_read_answer(fd, FALSE);
    g_assert_cmpuint(answer->status, ==, 413);
    g_assert_true(http_is_closed(fd, 1000));
    close(fd);
}

static void test_takes_chunked_bodies(Fixture *fixture, gconstpointer data)
{
    g_autoptr(HttpAnswer) answer = http_ask(
        fixture->port, "POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
                       "3\r\nabc\r\n2;x=y\r\nde\r\n0\r\nTrailer: t\r\n\r\n");
    assert_has_line(answer, "body=abcde");
    assert_status(
        fixture, "POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", 400);
}

static void test_refuses_two_lengths(Fixture *fixture, gconstpointer data)
{
    assert_status(
        fixture,
        "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd",
        400);
    assert_status(
        fixture,
        "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n"
        "0\r\n\r\n",
        400);
    assert_status(fixture, "POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip\r\n\r\nx",
                  501);
}

static void test_says_continue(Fixture *fixture, gconstpointer data)
{
    const int fd = http_connect(fixture->port);
    http_send(
        fd, "POST /echo HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n");
    g_autoptr(HttpAnswer) first = http_read_answer(fd, FALSE);
    g_assert_cmpuint(first->status, ==, 100);
    http_send(fd, "abc");
    g_autoptr(HttpAnswer) second = http_read_answer(fd, FALSE);
    assert_has_line(second, "body=abc");
    close(fd);
    assert_status(
        fixture,
        "POST /echo HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 5000\r\n\r\n",
        413);
}

static void test_every_prefix_is_harmless(Fixture *fixture, gconstpointer data)
{
    static const char request[] =
        "POST /echo?q=1 HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nbody";
    int fds[sizeof request - 1]; /* all at once, because an end that comes with data takes 0.5 s */
    for (gsize length = 0; length < G_N_ELEMENTS(fds); length++) {
        fds[length] = http_connect(fixture->port);
        http_send_bytes(fds[length], request, length);
        shutdown(fds[length], SHUT_WR);
    }
    for (gsize length = 0; length < G_N_ELEMENTS(fds); length++) {
        g_autoptr(GBytes) rest = http_read_all(fds[length]);
        g_assert_cmpuint(g_bytes_get_size(rest), ==, 0);
    }
    assert_status(fixture, request, 200);
}

static void test_a_half_closed_client_is_answered(Fixture *fixture, gconstpointer data)
{
    const int fd = http_connect(fixture->port);
    http_send(fd, "GET /hello HTTP/1.1\r\nHost: x\r\n\r\n");
    shutdown(fd, SHUT_WR);
    g_autoptr(HttpAnswer) answer = http_read_answer(fd, FALSE);
    g_assert_nonnull(answer);
    g_assert_cmpstr(http_answer_text(answer), ==, "hello");
    close(fd);
}

static void test_an_endless_head_is_refused(Fixture *fixture, gconstpointer data)
{
    const int fd = http_connect(fixture->port);
    http_send(fd, "GET /hello HTTP/1.1\r\nHost: x\r\n");
    g_autofree char *line = g_strnfill(1000, 'a');
    line[1] = ':';
    line[998] = '\r';
    line[999] = '\n';
    for (guint i = 0; i < 100; i++) {
        if (send(fd, line, 1000, MSG_NOSIGNAL) < 0)
            break;
    }
    g_autoptr(HttpAnswer) answer = http_read_answer(fd, FALSE);
    g_assert_true(answer == NULL || answer->status == 431);
    close(fd);
}

static void test_a_trickled_head_is_cut(Fixture *fixture, gconstpointer data)
{
    const int fd = http_connect(fixture->port);
    const gint64 start_us = g_get_monotonic_time();
    gboolean is_closed = FALSE;
    static const char head[] =
        "GET /hello HTTP/1.1\r\nHost: xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx";
    for (gsize i = 0; i < sizeof head - 1 && !is_closed; i++) {
        (void)send(fd, head + i, 1, MSG_NOSIGNAL);
        is_closed = http_is_closed(fd, 100);
    }
    g_assert_true(is_closed);
    g_assert_cmpint(g_get_monotonic_time() - start_us, >=, 900 * 1000);
    g_assert_cmpuint(counters_of(fixture).timed_out, ==, 1);
    close(fd);
}

static void test_a_trickled_body_is_cut(Fixture *fixture, gconstpointer data)
{
    const int fd = http_connect(fixture->port);
    http_send(fd, "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 500\r\n\r\n");
    gboolean is_closed = FALSE;
    for (guint i = 0; i < 400 && !is_closed; i++) {
        (void)send(fd, "x", 1, MSG_NOSIGNAL);
        is_closed = http_is_closed(fd, 50);
    }
    g_assert_true(is_closed);
    g_assert_cmpuint(counters_of(fixture).timed_out, ==, 1);
    close(fd);
}

static void test_an_idle_connection_is_closed(Fixture *fixture, gconstpointer data)
{
    const int fd = http_connect(fixture->port);
    http_send(fd, "GET /hello HTTP/1.1\r\nHost: x\r\n\r\n");
    g_autoptr(HttpAnswer) answer = http_read_answer(fd, FALSE);
    g_assert_cmpuint(answer->status, ==, 200);
    g_assert_true(http_is_closed(fd, 5000));
    close(fd);
}

static void test_the_total_is_limited(Fixture *fixture, gconstpointer data)
{
    int fds[5];
    for (guint i = 0; i < G_N_ELEMENTS(fds); i++) {
        fds[i] = http_connect(fixture->port);
        http_send(fds[i], "GET /hello HTTP/1.1\r\nHost: x\r\n\r\n");
        g_autoptr(HttpAnswer) answer = http_read_answer(fds[i], FALSE);
        g_assert_cmpuint(answer->status, ==, 200);
    }
    g_assert_cmpuint(counters_of(fixture).connections, ==, 5);
    const int sixth = http_connect(fixture->port);
    g_assert_true(http_is_closed(sixth, 1000));
    close(sixth);
    g_assert_cmpuint(counters_of(fixture).refused_limit, ==, 1);
    for (guint i = 0; i < G_N_ELEMENTS(fds); i++)
        close(fds[i]);
    for (guint i = 0; i < 100 && counters_of(fixture).connections > 0; i++)
        g_usleep(20 * 1000);
    assert_status(fixture, "GET /hello HTTP/1.1\r\nHost: x\r\n\r\n", 200);
}

static gboolean refuse_peer(GInetAddress *peer, gpointer data)
{
    return FALSE;
}

static gboolean check_host(const char *host, GInetAddress *local, guint16 port, gpointer data)
{
    return host == NULL || (strcmp(host, "tv.local") == 0 && port != 0 && local != NULL);
}

static void test_asks_the_rules(void)
{
    Fixture fixture = { 0 };
    start_with(&fixture, (HthHttpOptions){ .bind_address = "127.0.0.1", .peer_rule = refuse_peer });
    const int fd = http_connect(fixture.port);
    g_assert_true(http_is_closed(fd, 1000));
    close(fd);
    g_assert_cmpuint(counters_of(&fixture).refused_peer, ==, 1);
    tear_down(&fixture, NULL);

    start_with(&fixture, (HthHttpOptions){ .bind_address = "127.0.0.1", .host_rule = check_host });
    assert_status(&fixture, "GET /hello HTTP/1.1\r\nHost: TV.local:8200\r\n\r\n", 200);
    assert_status(&fixture, "GET /hello HTTP/1.0\r\n\r\n", 200);
    assert_status(&fixture, "GET /hello HTTP/1.1\r\nHost: evil.example\r\n\r\n", 421);
    assert_status(&fixture, "GET http://evil.example/hello HTTP/1.1\r\nHost: tv.local\r\n\r\n",
                  421);
    g_assert_cmpuint(counters_of(&fixture).refused_host, ==, 2);
    tear_down(&fixture, NULL);
}

static void test_defers_to_another_thread(Fixture *fixture, gconstpointer data)
{
    const int fd = http_connect(fixture->port);
    for (guint i = 0; i < 5; i++) {
        http_send(fd, "GET /later HTTP/1.1\r\nHost: x\r\nX-Word: w\r\n\r\n");
        g_autoptr(HttpAnswer) answer = http_read_answer(fd, FALSE);
        g_assert_cmpstr(http_answer_text(answer), ==, "late w");
    }
    close(fd);
}

static void test_a_late_answer_is_503(Fixture *fixture, gconstpointer data)
{
    const int fd = http_connect(fixture->port);
    http_send(fd, "GET /parked HTTP/1.1\r\nHost: x\r\n\r\n");
    HthHttpRequest *request = handout_pop(fixture->queue);
    g_autoptr(HttpAnswer) answer = http_read_answer(fd, FALSE);
    g_assert_cmpuint(answer->status, ==, 503);
    g_assert_cmpstr(hth_http_request_path(request), ==, "/parked");
    hth_http_request_respond(request, 200, "text/plain", "too late");
    close(fd);
}

static void test_a_client_may_go_while_deferred(Fixture *fixture, gconstpointer data)
{
    for (guint i = 0; i < 20; i++) {
        const int fd = http_connect(fixture->port);
        http_send(fd, "GET /parked HTTP/1.1\r\nHost: x\r\n\r\n");
        HthHttpRequest *request = handout_pop(fixture->queue);
        const struct linger reset = { .l_onoff = 1 };
        setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
        close(fd);
        hth_http_request_respond(request, 200, "text/plain", "nobody");
    }
    assert_status(fixture, "GET /hello HTTP/1.1\r\nHost: x\r\n\r\n", 200);
}

static void test_stop_answers_what_was_deferred(Fixture *fixture, gconstpointer data)
{
    const int fd = http_connect(fixture->port);
    http_send(fd, "GET /parked HTTP/1.1\r\nHost: x\r\n\r\n");
    HthHttpRequest *request = handout_pop(fixture->queue);
    const int stream = http_connect(fixture->port);
    http_send(stream, "GET /events HTTP/1.1\r\nHost: x\r\n\r\n");
    HthHttpEvents *events = handout_pop(fixture->queue);
    hth_http_server_stop(fixture->server);

    g_autoptr(HttpAnswer) answer = http_read_answer(fd, FALSE);
    g_assert_cmpuint(answer->status, ==, 503);
    close(fd);
    g_autoptr(GBytes) rest = http_read_all(stream);
    hth_http_server_free(g_steal_pointer(&fixture->server));
    g_assert_false(hth_http_events_send(events, 1, "change", "{}"));
    hth_http_events_unref(events);
    hth_http_request_respond_error(request, 500, "Nobody hears this.");
}

static HthHttpEvents *open_events(const Fixture *fixture, int *out_fd)
{
    *out_fd = http_connect(fixture->port);
    http_send(*out_fd, "GET /events HTTP/1.1\r\nHost: x\r\n\r\n");
    return handout_pop(fixture->queue);
}

static void read_until(int fd, GString *text, const char *needle)
{
    while (strstr(text->str, needle) == NULL) {
        char buffer[1024];
        const gssize n = recv(fd, buffer, sizeof buffer, 0);
        g_assert_cmpint(n, >, 0);
        g_string_append_len(text, buffer, n);
    }
}

static void test_streams_events(Fixture *fixture, gconstpointer data)
{
    int fd;
    HthHttpEvents *events = open_events(fixture, &fd);
    g_autoptr(GString) text = g_string_new(NULL);
    g_assert_true(hth_http_events_send(events, 1, "change", "{\"a\":1}"));
    read_until(fd, text, "id: 1\nevent: change\ndata: {\"a\":1}\n\n");
    g_assert_nonnull(strstr(text->str, "text/event-stream"));
    g_usleep(30 * 1000); /* the connection is suspended again */
    for (guint i = 2; i <= 200; i++)
        g_assert_true(hth_http_events_send(events, i, "change", "{}"));
    read_until(fd, text, "id: 200\n");
    close(fd);
    for (guint i = 0; i < 100 && hth_http_events_is_open(events); i++)
        g_usleep(20 * 1000);
    g_assert_false(hth_http_events_is_open(events));
    g_assert_false(hth_http_events_send(events, 201, "change", "{}"));
    hth_http_events_unref(events);
}

static void test_a_full_event_queue_closes(Fixture *fixture, gconstpointer data)
{
    int fd;
    HthHttpEvents *events = open_events(fixture, &fd);
    g_autofree char *large = g_strnfill(100 * 1000, 'x');
    guint n_sent = 0;
    while (n_sent < 10000 && hth_http_events_send(events, n_sent, "change", large))
        n_sent++; /* the client reads nothing */
    g_assert_cmpuint(n_sent, <, 10000);
    g_assert_false(hth_http_events_is_open(events));
    hth_http_events_unref(events);
    g_autoptr(GBytes) rest = http_read_all(fd);
}

static void test_closes_a_peer(Fixture *fixture, gconstpointer data)
{
    int stream;
    HthHttpEvents *events = open_events(fixture, &stream);
    const int idle = http_connect(fixture->port);
    http_send(idle, "GET /hello HTTP/1.1\r\nHost: x\r\n\r\n");
    g_autoptr(HttpAnswer) answer = http_read_answer(idle, FALSE);
    g_autoptr(GInetAddress) other = g_inet_address_new_from_string("127.0.0.2");
    hth_http_server_close_peer(fixture->server, other);
    g_assert_false(http_is_closed(idle, 50));
    g_autoptr(GInetAddress) peer = g_inet_address_new_from_string("127.0.0.1");
    hth_http_server_close_peer(fixture->server, peer);
    g_assert_true(http_is_closed(idle, 1000));
    close(idle);
    g_autoptr(GBytes) rest = http_read_all(stream);
    for (guint i = 0; i < 100 && hth_http_events_is_open(events); i++)
        g_usleep(20 * 1000);
    g_assert_false(hth_http_events_is_open(events));
    hth_http_events_unref(events);
}

static void test_tells_what_was_sent(Fixture *fixture, gconstpointer data)
{
    g_autoptr(HttpAnswer) answer =
        http_ask(fixture->port, "GET /large HTTP/1.1\r\nHost: x\r\n\r\n");
    g_assert_cmpuint(g_bytes_get_size(answer->body), ==, LARGE_BYTES);
    g_autofree char *whole = handout_pop(fixture->queue);
    g_assert_cmpstr(whole, ==, "67108864 1");

    const int fd = http_connect(fixture->port);
    http_send(fd, "GET /large HTTP/1.1\r\nHost: x\r\n\r\n");
    g_autofree char *buffer = g_malloc(1024 * 1024);
    g_assert_cmpint(recv(fd, buffer, 1024 * 1024, MSG_WAITALL), ==, 1024 * 1024);
    close(fd);
    g_autofree char *part = handout_pop(fixture->queue);
    g_assert_true(g_str_has_suffix(part, " 0"));
    const guint64 n_bytes = g_ascii_strtoull(part, NULL, 10);
    g_assert_cmpuint(n_bytes, >=, 1000 * 1000);
    g_assert_cmpuint(n_bytes, <, LARGE_BYTES);

    g_autoptr(HttpAnswer) head = http_ask(fixture->port, "HEAD /large HTTP/1.1\r\nHost: x\r\n\r\n");
    g_autofree char *nothing = handout_pop(fixture->queue);
    g_assert_cmpstr(nothing, ==, "0 1");
}

static void test_names_the_port_that_is_taken(Fixture *fixture, gconstpointer data)
{
    const HthHttpOptions options = { .port = fixture->port, .bind_address = "127.0.0.1" };
    g_autoptr(HthHttpServer) second = hth_http_server_new(&options);
    g_autoptr(GError) error = NULL;
    g_assert_false(hth_http_server_start(second, &error));
    g_assert_error(error, G_IO_ERROR, G_IO_ERROR_ADDRESS_IN_USE);
    g_autofree char *port = g_strdup_printf("%u", fixture->port);
    g_assert_nonnull(strstr(error->message, port));
}

/* -1: this machine has no IPv6. */
static int connect_ipv6(guint16 port)
{
    const struct sockaddr_in6 address = { .sin6_family = AF_INET6,
                                          .sin6_port = htons(port),
                                          .sin6_addr = IN6ADDR_LOOPBACK_INIT };
    const int fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd >= 0 && connect(fd, (const struct sockaddr *)&address, sizeof address) == 0)
        return fd;
    if (fd >= 0)
        close(fd);
    return -1;
}

static void test_serves_both_families(void)
{
    Fixture fixture = { 0 };
    start_with(&fixture, (HthHttpOptions){ .name = "both" });
    g_autoptr(HttpAnswer) old = http_ask(fixture.port, "GET /echo HTTP/1.1\r\nHost: x\r\n\r\n");
    assert_has_line(old, "peer=127.0.0.1"); /* not ::ffff:127.0.0.1 */
    const int fd = connect_ipv6(fixture.port);
    if (fd < 0) {
        g_test_skip("this machine has no IPv6");
    } else {
        http_send(fd, "GET /echo HTTP/1.1\r\nHost: [::1]:80\r\n\r\n");
        g_autoptr(HttpAnswer) answer = http_read_answer(fd, FALSE);
        g_autofree char *base = g_strdup_printf("base=http://[::1]:%u", fixture.port);
        assert_has_line(answer, base);
        assert_has_line(answer, "peer=::1");
        close(fd);
    }
    tear_down(&fixture, NULL);
}

static int connect_unix(const char *path)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    g_strlcpy(address.sun_path, path, sizeof address.sun_path);
    const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    g_assert_cmpint(connect(fd, (struct sockaddr *)&address, sizeof address), ==, 0);
    return fd;
}

static void test_serves_a_unix_socket(void)
{
    g_autofree char *dir = g_dir_make_tmp("hearth-http-XXXXXX", NULL);
    g_autofree char *path = g_build_filename(dir, "socket", NULL);
    Fixture fixture = { 0 };
    start_with(&fixture, (HthHttpOptions){ .socket_path = path });
    struct stat status;
    g_assert_cmpint(stat(path, &status), ==, 0);
    g_assert_cmpint(status.st_mode & 0777, ==, 0600);
    const int fd = connect_unix(path);
    http_send(fd, "GET /echo HTTP/1.1\r\nHost: localhost\r\n\r\n");
    g_autoptr(HttpAnswer) answer = http_read_answer(fd, FALSE);
    close(fd);
    g_autofree char *uid = g_strdup_printf("uid=%u", getuid());
    assert_has_line(answer, uid);
    assert_has_line(answer, "peer=unix");
    assert_has_line(answer, "local=-");

    const HthHttpOptions options = { .socket_path = path };
    g_autoptr(HthHttpServer) second = hth_http_server_new(&options);
    g_autoptr(GError) error = NULL;
    g_assert_false(hth_http_server_start(second, &error));
    g_assert_error(error, G_IO_ERROR, G_IO_ERROR_ADDRESS_IN_USE);
    g_assert_nonnull(strstr(error->message, "already running"));
    tear_down(&fixture, NULL);
    g_assert_cmpint(g_access(path, F_OK), !=, 0); /* removed at stop */
    g_rmdir(dir);
}

static void test_raises_the_descriptor_limit(Fixture *fixture, gconstpointer data)
{
    struct rlimit limit;
    g_assert_cmpint(getrlimit(RLIMIT_NOFILE, &limit), ==, 0);
    g_assert_cmpuint(limit.rlim_cur, ==, limit.rlim_max);
}

static void test_starts_again(Fixture *fixture, gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    for (guint i = 0; i < 10; i++) {
        assert_status(fixture, "GET /hello HTTP/1.1\r\nHost: x\r\n\r\n", 200);
        hth_http_server_stop(fixture->server);
        g_assert_true(hth_http_server_start(fixture->server, &error));
        g_assert_no_error(error);
        fixture->port = hth_http_server_port(fixture->server);
    }
}

#define ADD(path, function) g_test_add(path, Fixture, NULL, set_up, function, tear_down)
#define ADD_IMPATIENT(path, function)                                                              \
    g_test_add(path, Fixture, NULL, set_up_impatient, function, tear_down)

static void add_request_tests(void)
{
    ADD("/http-server/finds-the-longest-route", test_finds_the_longest_route);
    ADD("/http-server/says-which-methods-are-allowed", test_says_which_methods_are_allowed);
    ADD("/http-server/reads-the-request", test_reads_the_request);
    ADD("/http-server/decodes-strictly", test_decodes_strictly);
    ADD("/http-server/takes-the-absolute-form", test_takes_the_absolute_form);
    ADD("/http-server/needs-a-host-from-1.1-on", test_needs_a_host_from_1_1_on);
    ADD("/http-server/head-is-get-without-the-body", test_head_is_get_without_the_body);
    ADD("/http-server/keeps-connections", test_keeps_connections);
    ADD("/http-server/bounds-the-body", test_bounds_the_body);
    ADD("/http-server/takes-chunked-bodies", test_takes_chunked_bodies);
    ADD("/http-server/refuses-two-lengths", test_refuses_two_lengths);
    ADD("/http-server/says-continue", test_says_continue);
    ADD("/http-server/every-prefix-is-harmless", test_every_prefix_is_harmless);
    ADD("/http-server/a-half-closed-client-is-answered", test_a_half_closed_client_is_answered);
    ADD("/http-server/an-endless-head-is-refused", test_an_endless_head_is_refused);
}

static void add_limit_tests(void)
{
    ADD_IMPATIENT("/http-server/a-trickled-head-is-cut", test_a_trickled_head_is_cut);
    ADD_IMPATIENT("/http-server/a-trickled-body-is-cut", test_a_trickled_body_is_cut);
    ADD_IMPATIENT("/http-server/an-idle-connection-is-closed", test_an_idle_connection_is_closed);
    ADD_IMPATIENT("/http-server/the-total-is-limited", test_the_total_is_limited);
    g_test_add_func("/http-server/asks-the-rules", test_asks_the_rules);
    ADD("/http-server/closes-a-peer", test_closes_a_peer);
    ADD("/http-server/raises-the-descriptor-limit", test_raises_the_descriptor_limit);
}

static void add_answer_tests(void)
{
    ADD("/http-server/defers-to-another-thread", test_defers_to_another_thread);
    ADD_IMPATIENT("/http-server/a-late-answer-is-503", test_a_late_answer_is_503);
    ADD("/http-server/a-client-may-go-while-deferred", test_a_client_may_go_while_deferred);
    ADD("/http-server/stop-answers-what-was-deferred", test_stop_answers_what_was_deferred);
    ADD("/http-server/streams-events", test_streams_events);
    ADD("/http-server/a-full-event-queue-closes", test_a_full_event_queue_closes);
    ADD("/http-server/tells-what-was-sent", test_tells_what_was_sent);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    add_request_tests();
    add_limit_tests();
    add_answer_tests();
    ADD("/http-server/names-the-port-that-is-taken", test_names_the_port_that_is_taken);
    g_test_add_func("/http-server/serves-both-families", test_serves_both_families);
    g_test_add_func("/http-server/serves-a-unix-socket", test_serves_a_unix_socket);
    ADD("/http-server/starts-again", test_starts_again);
    return g_test_run();
}
