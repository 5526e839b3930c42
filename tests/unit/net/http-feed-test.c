/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>
#include <unistd.h>

#include "http-client.h"
#include "net/http-server.h"

#define BODY "bytes that were waited for"

typedef struct {
    HthHttpServer *server;
    guint16 port;
    HthHttpFeed *feed; /* of the last request */
    _Atomic guint n_waits;
    _Atomic gboolean is_there; /* the bytes */
    _Atomic gboolean has_failed;
    _Atomic gboolean is_destroyed;
} Fixture;

static gssize read_body(gpointer data, guint64 position, char *buffer, gsize max_bytes)
{
    Fixture *fixture = data;
    if (fixture->has_failed)
        return HTH_HTTP_STREAM_FAILED;
    if (!fixture->is_there) {
        fixture->n_waits++;
        return HTH_HTTP_STREAM_WAIT;
    }
    buffer[0] = BODY[position]; /* one at a time */
    return 1;
}

static void body_gone(gpointer data)
{
    ((Fixture *)data)->is_destroyed = TRUE;
}

static void on_feed(HthHttpRequest *request, gpointer data)
{
    Fixture *fixture = data;
    fixture->feed = hth_http_request_respond_feed(request, 200, "text/plain", sizeof BODY - 1,
                                                  read_body, fixture, body_gone);
}

static const HthHttpRoute routes[] = { { HTH_HTTP_GET, "/feed", on_feed, 0 } };

static void set_up(Fixture *fixture, gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    const HthHttpOptions options = { .name = "test", .bind_address = "127.0.0.1", .n_threads = 1 };
    fixture->server = hth_http_server_new(&options);
    hth_http_server_add_routes(fixture->server, routes, G_N_ELEMENTS(routes), fixture);
    hth_http_server_start(fixture->server, &error);
    g_assert_no_error(error);
    fixture->port = hth_http_server_port(fixture->server);
}

static void tear_down(Fixture *fixture, gconstpointer data)
{
    hth_http_server_free(fixture->server);
    if (fixture->feed != NULL)
        hth_http_feed_unref(fixture->feed);
    g_assert_true(fixture->is_destroyed);
}

/* Asks, and returns once the answer waits for its bytes. */
static int ask(Fixture *fixture)
{
    const int fd = http_connect(fixture->port);
    http_send(fd, "GET /feed HTTP/1.1\r\nHost: x\r\n\r\n");
    while (fixture->n_waits == 0)
        g_usleep(1000);
    return fd;
}

static void assert_destroyed(Fixture *fixture)
{
    for (guint i = 0; i < 10000 && !fixture->is_destroyed; i++)
        g_usleep(1000);
    g_assert_true(fixture->is_destroyed);
}

static void test_bytes_may_come_later(Fixture *fixture, gconstpointer data)
{
    const int fd = ask(fixture);
    fixture->is_there = TRUE;
    hth_http_feed_wake(fixture->feed);
    g_autoptr(HttpAnswer) answer = http_read_answer(fd, FALSE);
    close(fd);
    g_assert_cmpstr(http_answer_text(answer), ==, BODY);
}

static void test_waiting_does_not_spin(Fixture *fixture, gconstpointer data)
{
    const int fd = ask(fixture);
    g_usleep(200 * 1000);
    g_assert_cmpuint(fixture->n_waits, <=, 3);
    hth_http_feed_wake(fixture->feed); /* for nothing: it waits on */
    g_usleep(50 * 1000);
    fixture->is_there = TRUE;
    hth_http_feed_wake(fixture->feed);
    g_autoptr(HttpAnswer) answer = http_read_answer(fd, FALSE);
    close(fd);
    g_assert_cmpstr(http_answer_text(answer), ==, BODY);
}

static void test_a_failure_cuts_it(Fixture *fixture, gconstpointer data)
{
    const int fd = ask(fixture);
    fixture->has_failed = TRUE;
    hth_http_feed_wake(fixture->feed);
    g_autoptr(GBytes) all = http_read_all(fd);
    gsize size = 0;
    const char *bytes = g_bytes_get_data(all, &size);
    g_assert_true(size == 0 || memmem(bytes, size, "bytes that", 10) == NULL);
}

static void test_who_leaves_while_it_waits_is_noticed(Fixture *fixture, gconstpointer data)
{
    close(ask(fixture));
    assert_destroyed(fixture);
    hth_http_feed_wake(fixture->feed); /* does nothing */
}

static void test_the_server_can_stop_while_it_waits(Fixture *fixture, gconstpointer data)
{
    const int fd = ask(fixture);
    hth_http_server_stop(fixture->server);
    assert_destroyed(fixture);
    hth_http_feed_wake(fixture->feed);
    close(fd);
}

#define ADD(name, function)                                                                        \
    g_test_add("/http-feed/" name, Fixture, NULL, set_up, function, tear_down)

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    ADD("bytes-may-come-later", test_bytes_may_come_later);
    ADD("waiting-does-not-spin", test_waiting_does_not_spin);
    ADD("a-failure-cuts-it", test_a_failure_cuts_it);
    ADD("who-leaves-while-it-waits-is-noticed", test_who_leaves_while_it_waits_is_noticed);
    ADD("the-server-can-stop-while-it-waits", test_the_server_can_stop_while_it_waits);
    return g_test_run();
}
