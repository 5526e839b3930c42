/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a server does with its connections: deadlines and limits, answers that come later, events.
 */
#include <errno.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "server-fixture.h"

static void test_a_trickled_head_is_cut(ServerFixture *fixture, gconstpointer data)
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
    g_assert_cmpuint(server_counters(fixture).timed_out, ==, 1);
    close(fd);
}

static void test_a_trickled_body_is_cut(ServerFixture *fixture, gconstpointer data)
{
    const int fd = http_connect(fixture->port);
    http_send(fd, "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 500\r\n\r\n");
    gboolean is_closed = FALSE;
    for (guint i = 0; i < 400 && !is_closed; i++) {
        (void)send(fd, "x", 1, MSG_NOSIGNAL);
        is_closed = http_is_closed(fd, 50);
    }
    g_assert_true(is_closed);
    g_assert_cmpuint(server_counters(fixture).timed_out, ==, 1);
    close(fd);
}

static void test_an_idle_connection_is_closed(ServerFixture *fixture, gconstpointer data)
{
    const int fd = http_connect(fixture->port);
    http_send(fd, "GET /hello HTTP/1.1\r\nHost: x\r\n\r\n");
    g_autoptr(HttpAnswer) answer = http_read_answer(fd, FALSE);
    g_assert_cmpuint(answer->status, ==, 200);
    g_assert_true(http_is_closed(fd, 5000));
    close(fd);
}

static void test_the_total_is_limited(ServerFixture *fixture, gconstpointer data)
{
    int fds[5];
    for (guint i = 0; i < G_N_ELEMENTS(fds); i++) {
        fds[i] = http_connect(fixture->port);
        http_send(fds[i], "GET /hello HTTP/1.1\r\nHost: x\r\n\r\n");
        g_autoptr(HttpAnswer) answer = http_read_answer(fds[i], FALSE);
        g_assert_cmpuint(answer->status, ==, 200);
    }
    g_assert_cmpuint(server_counters(fixture).connections, ==, 5);
    const int sixth = http_connect(fixture->port);
    g_assert_true(http_is_closed(sixth, 1000));
    close(sixth);
    g_assert_cmpuint(server_counters(fixture).refused_limit, ==, 1);
    for (guint i = 0; i < G_N_ELEMENTS(fds); i++)
        close(fds[i]);
    for (guint i = 0; i < 100 && server_counters(fixture).connections > 0; i++)
        g_usleep(20 * 1000);
    server_assert_status(fixture, "GET /hello HTTP/1.1\r\nHost: x\r\n\r\n", 200);
}

static void test_defers_to_another_thread(ServerFixture *fixture, gconstpointer data)
{
    const int fd = http_connect(fixture->port);
    for (guint i = 0; i < 5; i++) {
        http_send(fd, "GET /later HTTP/1.1\r\nHost: x\r\nX-Word: w\r\n\r\n");
        g_autoptr(HttpAnswer) answer = http_read_answer(fd, FALSE);
        g_assert_cmpstr(http_answer_text(answer), ==, "late w");
    }
    close(fd);
}

static void test_a_late_answer_is_503(ServerFixture *fixture, gconstpointer data)
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

static void test_a_client_may_go_while_deferred(ServerFixture *fixture, gconstpointer data)
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
    server_assert_status(fixture, "GET /hello HTTP/1.1\r\nHost: x\r\n\r\n", 200);
}

static void test_stop_answers_what_was_deferred(ServerFixture *fixture, gconstpointer data)
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

static HthHttpEvents *open_events(const ServerFixture *fixture, int *out_fd)
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

static void test_streams_events(ServerFixture *fixture, gconstpointer data)
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

static void test_a_full_event_queue_closes(ServerFixture *fixture, gconstpointer data)
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

static void test_closes_a_peer(ServerFixture *fixture, gconstpointer data)
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

static void test_tells_what_was_sent(ServerFixture *fixture, gconstpointer data)
{
    g_autoptr(HttpAnswer) answer =
        http_ask(fixture->port, "GET /large HTTP/1.1\r\nHost: x\r\n\r\n");
    g_assert_cmpuint(g_bytes_get_size(answer->body), ==, SERVER_LARGE_BYTES);
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
    g_assert_cmpuint(n_bytes, <, SERVER_LARGE_BYTES);

    g_autoptr(HttpAnswer) head = http_ask(fixture->port, "HEAD /large HTTP/1.1\r\nHost: x\r\n\r\n");
    g_autofree char *nothing = handout_pop(fixture->queue);
    g_assert_cmpstr(nothing, ==, "0 1");
}

static void test_raises_the_descriptor_limit(ServerFixture *fixture, gconstpointer data)
{
    struct rlimit limit;
    g_assert_cmpint(getrlimit(RLIMIT_NOFILE, &limit), ==, 0);
    g_assert_cmpuint(limit.rlim_cur, ==, limit.rlim_max);
}

#define ADD(path, function)                                                                        \
    g_test_add(path, ServerFixture, NULL, server_set_up, function, server_tear_down)
#define ADD_IMPATIENT(path, function)                                                              \
    g_test_add(path, ServerFixture, NULL, server_set_up_impatient, function, server_tear_down)

static void add_limit_tests(void)
{
    ADD_IMPATIENT("/http-connections/a-trickled-head-is-cut", test_a_trickled_head_is_cut);
    ADD_IMPATIENT("/http-connections/a-trickled-body-is-cut", test_a_trickled_body_is_cut);
    ADD_IMPATIENT("/http-connections/an-idle-connection-is-closed",
                  test_an_idle_connection_is_closed);
    ADD_IMPATIENT("/http-connections/the-total-is-limited", test_the_total_is_limited);
    ADD("/http-connections/closes-a-peer", test_closes_a_peer);
    ADD("/http-connections/raises-the-descriptor-limit", test_raises_the_descriptor_limit);
}

static void add_answer_tests(void)
{
    ADD("/http-connections/defers-to-another-thread", test_defers_to_another_thread);
    ADD_IMPATIENT("/http-connections/a-late-answer-is-503", test_a_late_answer_is_503);
    ADD("/http-connections/a-client-may-go-while-deferred", test_a_client_may_go_while_deferred);
    ADD("/http-connections/stop-answers-what-was-deferred", test_stop_answers_what_was_deferred);
    ADD("/http-connections/streams-events", test_streams_events);
    ADD("/http-connections/a-full-event-queue-closes", test_a_full_event_queue_closes);
    ADD("/http-connections/tells-what-was-sent", test_tells_what_was_sent);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    add_limit_tests();
    add_answer_tests();
    return g_test_run();
}
