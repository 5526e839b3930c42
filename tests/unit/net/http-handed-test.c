/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A server that listens nowhere and is handed the sockets it serves. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/error.h"
#include "http-client.h"
#include "net/http-client.h"
#include "net/http-connections.h"
#include "net/http-server.h"
#include "tls-fixture.h"

#define N_CONNECTIONS 3

typedef struct {
    HthHttpServer *server;
    int listener; /* where the sockets come from that are handed over */
    guint16 port;
} Fixture;

static void on_hello(HthHttpRequest *request, gpointer data)
{
    const HthKeyId *key = hth_http_request_peer_key(request);
    g_autofree char *text = key != NULL ? hth_key_id_to_text(key) : g_strdup("nobody");
    hth_http_request_respond(request, 200, "text/plain", text);
}

static const HthHttpRoute routes[] = { { HTH_HTTP_GET, "/hello", on_hello, 0 } };

static void start_with(Fixture *fixture, HthHttpOptions options)
{
    g_autoptr(GError) error = NULL;
    options.name = "handed";
    options.is_handed_sockets = TRUE;
    options.max_connections = N_CONNECTIONS;
    options.max_connections_a_peer = 1;
    fixture->server = hth_http_server_new(&options);
    hth_http_server_add_routes(fixture->server, routes, G_N_ELEMENTS(routes), NULL);
    hth_http_server_start(fixture->server, &error);
    g_assert_no_error(error);

    struct sockaddr_in address = { .sin_family = AF_INET };
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    fixture->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    g_assert_cmpint(bind(fixture->listener, (struct sockaddr *)&address, sizeof address), ==, 0);
    g_assert_cmpint(listen(fixture->listener, 16), ==, 0);
    g_assert_cmpint(getsockname(fixture->listener, (struct sockaddr *)&address, &size), ==, 0);
    fixture->port = ntohs(address.sin_port);
}

static void set_up(Fixture *fixture, gconstpointer data)
{
    start_with(fixture, (HthHttpOptions){ 0 });
}

static void tear_down(Fixture *fixture, gconstpointer data)
{
    hth_http_server_free(fixture->server);
    close(fixture->listener);
}

static int accept_one(const Fixture *fixture)
{
    const int fd = accept4(fixture->listener, NULL, NULL, SOCK_CLOEXEC);
    g_assert_cmpint(fd, >=, 0);
    return fd;
}

/* Returns: the client's end of a connection that the server was handed. */
static int connect_handed(const Fixture *fixture)
{
    g_autoptr(GError) error = NULL;
    const int fd = http_connect(fixture->port);
    hth_http_server_add_socket(fixture->server, accept_one(fixture), &error);
    g_assert_no_error(error);
    return fd;
}

static void assert_answers(int fd)
{
    http_send(fd, "GET /hello HTTP/1.1\r\nHost: x\r\n\r\n");
    g_autoptr(HttpAnswer) answer = http_read_answer(fd, FALSE);
    g_assert_nonnull(answer);
    g_assert_cmpuint(answer->status, ==, 200);
    g_assert_cmpstr(http_answer_text(answer), ==, "nobody");
}

static guint count(const Fixture *fixture)
{
    HthHttpCounters counters;
    hth_http_server_counters(fixture->server, &counters);
    return (guint)counters.connections;
}

static void test_listens_nowhere(Fixture *fixture, gconstpointer data)
{
    g_assert_cmpuint(hth_http_server_port(fixture->server), ==, 0);
}

static void test_serves_what_it_is_handed(Fixture *fixture, gconstpointer data)
{
    const int first = connect_handed(fixture);
    const int second = connect_handed(fixture);
    assert_answers(first);
    assert_answers(second);
    assert_answers(first);
    close(first);
    close(second);
}

static void test_reads_what_came_before(Fixture *fixture, gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    const int fd = http_connect(fixture->port);
    http_send(fd, "GET /hello HTTP/1.1\r\nHost: x\r\n\r\n");
    const int handed = accept_one(fixture);
    char byte;
    g_assert_cmpint(recv(handed, &byte, 1, MSG_PEEK), ==, 1); /* it is there */
    g_assert_true(hth_http_server_add_socket(fixture->server, handed, &error));
    g_autoptr(HttpAnswer) answer = http_read_answer(fd, FALSE);
    g_assert_cmpuint(answer->status, ==, 200);
    close(fd);
}

static void test_the_total_is_limited(Fixture *fixture, gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    int fds[N_CONNECTIONS];
    for (guint i = 0; i < N_CONNECTIONS; i++) {
        fds[i] = connect_handed(fixture);
        assert_answers(fds[i]);
    }
    const int fd = http_connect(fixture->port);
    g_assert_false(hth_http_server_add_socket(fixture->server, accept_one(fixture), &error));
    g_assert_error(error, HTH_ERROR, HTH_ERROR_BUSY);
    g_assert_true(http_is_closed(fd, 5000));
    close(fd);
    for (guint i = 0; i < N_CONNECTIONS; i++)
        close(fds[i]);
    for (guint i = 0; count(fixture) > 0 && i < 5000; i++)
        g_usleep(1000);
    const int again = connect_handed(fixture);
    assert_answers(again);
    close(again);
}

static void test_a_peer_that_has_gone_is_an_error(Fixture *fixture, gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    const int unconnected = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    g_assert_false(hth_http_server_add_socket(fixture->server, unconnected, &error));
    g_assert_error(error, HTH_ERROR, HTH_ERROR_NETWORK);
}

static void test_takes_nothing_once_stopped(Fixture *fixture, gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    const int served = connect_handed(fixture);
    assert_answers(served);
    hth_http_server_stop(fixture->server);
    g_assert_true(http_is_closed(served, 5000));
    close(served);

    const int fd = http_connect(fixture->port);
    g_assert_false(hth_http_server_add_socket(fixture->server, accept_one(fixture), &error));
    g_assert_error(error, HTH_ERROR, HTH_ERROR_CANCELLED);
    g_assert_true(http_is_closed(fd, 5000));
    close(fd);
}

/* What is handed over while it stops is closed, whether it was served or refused. */
static gpointer hand_over_until_it_stops(gpointer data)
{
    Fixture *fixture = data;
    for (;;) {
        g_autoptr(GError) error = NULL;
        const int fd = http_connect(fixture->port);
        hth_http_server_add_socket(fixture->server, accept_one(fixture), &error);
        if (error != NULL)
            g_assert_true(http_is_closed(fd, 5000));
        close(fd);
        if (g_error_matches(error, HTH_ERROR, HTH_ERROR_CANCELLED))
            return NULL;
    }
}

static void test_may_be_stopped_while_it_is_handed_one(void)
{
    for (guint round = 0; round < 10; round++) {
        Fixture fixture = { 0 };
        start_with(&fixture, (HthHttpOptions){ .head_timeout_s = 1 });
        GThread *thread = g_thread_new("hands", hand_over_until_it_stops, &fixture);
        g_usleep(round * 2000);
        hth_http_server_stop(fixture.server);
        g_thread_join(thread);
        tear_down(&fixture, NULL);
    }
}

static void test_a_smaller_connection_takes_a_smaller_head(void)
{
    Fixture fixture = { 0 };
    start_with(&fixture, (HthHttpOptions){ .connection_bytes = 8192 });
    const int small = connect_handed(&fixture);
    assert_answers(small);
    close(small);
    g_autofree char *long_text = g_strnfill(10000, 'x');
    g_autofree char *head =
        g_strdup_printf("GET /hello HTTP/1.1\r\nHost: x\r\nX-Long: %s\r\n\r\n", long_text);
    const int fd = connect_handed(&fixture);
    http_send(fd, head);
    g_autoptr(HttpAnswer) answer = http_read_answer(fd, FALSE);
    g_assert_true(answer == NULL || answer->status >= 400);
    close(fd);
    tear_down(&fixture, NULL);
}

/* The answer by TLS 1.3 to a client that shows a certificate. */
typedef struct {
    HthTlsTarget target;
    char *text;
} Asked;

static gpointer ask_by_tls(gpointer data)
{
    Asked *asked = data;
    g_autoptr(GError) error = NULL;
    g_autoptr(HthHttpClient) client = hth_http_client_new(&asked->target);
    g_auto(HthHttpReply) reply = { 0 };
    const HthHttpCall call = { .path = "/hello" };
    hth_http_client_call(client, &call, &reply, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(reply.status, ==, 200);
    asked->text = g_strndup(g_bytes_get_data(reply.body, NULL), g_bytes_get_size(reply.body));
    return NULL;
}

static void test_speaks_tls_and_knows_the_client(void)
{
    g_autoptr(HthDeviceIdentity) home = tls_identity_new();
    g_autoptr(HthDeviceIdentity) device = tls_identity_new();
    Fixture fixture = { 0 };
    start_with(&fixture, (HthHttpOptions){ .tls_certificate = hth_device_identity_certificate(home),
                                           .tls_key = hth_device_identity_key(home) });
    Asked asked = { .target = tls_target(fixture.port, device, hth_device_identity_id(home)) };
    GThread *thread = g_thread_new("asks", ask_by_tls, &asked);
    g_assert_true(hth_http_server_add_socket(fixture.server, accept_one(&fixture), NULL));
    g_thread_join(thread);
    g_autofree char *expected = hth_key_id_to_text(hth_device_identity_id(device));
    g_assert_cmpstr(asked.text, ==, expected);
    g_free(asked.text);
    tear_down(&fixture, NULL);
}

/* Loopback is exempt anyhow, so this asks the table itself. */
static gboolean admits_a_second(gboolean is_handed_sockets)
{
    const HthHttpOptions options = {
        .is_handed_sockets = is_handed_sockets,
        .max_connections = 2,
        .max_connections_a_peer = 1,
        .head_timeout_s = 10,
    };
    HthHttpTally tally = { 0 };
    HthHttpTicker *ticker = hth_http_ticker_new();
    HthHttpConnections *table = hth_http_connections_new(&options, &tally, ticker);
    struct sockaddr_in peer = { .sin_family = AF_INET, .sin_port = htons(1) };
    g_assert_cmpint(inet_pton(AF_INET, "192.0.2.7", &peer.sin_addr), ==, 1);

    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    g_assert_true(hth_http_connections_admit(table, (struct sockaddr *)&peer, sizeof peer));
    HthHttpConnection *first = hth_http_connections_add(table, fd, (struct sockaddr *)&peer);
    const gboolean admits =
        hth_http_connections_admit(table, (struct sockaddr *)&peer, sizeof peer);
    hth_http_connections_remove(table, first);
    close(fd);
    hth_http_ticker_free(ticker);
    hth_http_connections_free(table);
    return admits;
}

static void test_one_peer_may_be_many(void)
{
    g_assert_true(admits_a_second(TRUE));
    g_assert_false(admits_a_second(FALSE));
}

#define ADD(path, function) g_test_add(path, Fixture, NULL, set_up, function, tear_down)

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    ADD("/http-handed/listens-nowhere", test_listens_nowhere);
    ADD("/http-handed/serves-what-it-is-handed", test_serves_what_it_is_handed);
    ADD("/http-handed/reads-what-came-before", test_reads_what_came_before);
    ADD("/http-handed/the-total-is-limited", test_the_total_is_limited);
    ADD("/http-handed/a-peer-that-has-gone-is-an-error", test_a_peer_that_has_gone_is_an_error);
    ADD("/http-handed/takes-nothing-once-stopped", test_takes_nothing_once_stopped);
    g_test_add_func("/http-handed/may-be-stopped-while-it-is-handed-one",
                    test_may_be_stopped_while_it_is_handed_one);
    g_test_add_func("/http-handed/a-smaller-connection-takes-a-smaller-head",
                    test_a_smaller_connection_takes_a_smaller_head);
    g_test_add_func("/http-handed/speaks-tls-and-knows-the-client",
                    test_speaks_tls_and_knows_the_client);
    g_test_add_func("/http-handed/one-peer-may-be-many", test_one_peer_may_be_many);
    return g_test_run();
}
