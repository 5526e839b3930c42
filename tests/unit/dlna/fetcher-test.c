/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A fetcher and a server of the worst manners, on the loopback interface. */
#include "fetcher.h"

#include <gio/gio.h>
#include <string.h>

#include "base/error.h"

#define MAX_BYTES  1000
#define TIMEOUT_MS 1500

typedef struct {
    const char *head;  /* sent first */
    gsize body_bytes;  /* then so much of this, over and over: */
    const char *piece; /* NULL: 100 'x' */
    gboolean trickles; /* a byte every 50 ms, for ever */
} Manners;

/* Its threads outlive the fixture when nobody reads what they write. */
typedef struct {
    Manners manners;
    gint n_connections;
} Server;

typedef struct {
    GSocketService *service;
    Server *server; /* the service's */
    guint16 port;
    HthFetcher *fetcher;
    guint n_answers;
    GBytes *body;
    GError *error;
} Fixture;

static gboolean serve(GThreadedSocketService *service, GSocketConnection *connection,
                      GObject *source, gpointer data)
{
    Server *server = data;
    GOutputStream *out = g_io_stream_get_output_stream(G_IO_STREAM(connection));
    const Manners *manners = &server->manners;
    char request[1024];
    g_atomic_int_inc(&server->n_connections);
    (void)g_input_stream_read(g_io_stream_get_input_stream(G_IO_STREAM(connection)), request,
                              sizeof request, NULL, NULL);
    gboolean is_open =
        g_output_stream_write_all(out, manners->head, strlen(manners->head), NULL, NULL, NULL);
    g_autofree char *filler = g_strnfill(100, 'x');
    const char *piece = manners->piece != NULL ? manners->piece : filler;
    const gsize length = strlen(piece);
    for (gsize sent = 0; is_open && sent < manners->body_bytes; sent += length)
        is_open = g_output_stream_write_all(out, piece, length, NULL, NULL, NULL);
    while (is_open && manners->trickles) {
        g_usleep(50 * 1000);
        is_open = g_output_stream_write_all(out, "x", 1, NULL, NULL, NULL);
    }
    return TRUE;
}

static void free_server(gpointer server, GClosure *closure)
{
    g_free(server);
}

static void set_up(Fixture *fixture, gconstpointer manners)
{
    const HthFetcherOptions options = { "test/1", MAX_BYTES, TIMEOUT_MS };
    fixture->server = g_new0(Server, 1);
    fixture->server->manners = *(const Manners *)manners;
    fixture->service = g_threaded_socket_service_new(16);
    fixture->port =
        g_socket_listener_add_any_inet_port(G_SOCKET_LISTENER(fixture->service), NULL, NULL);
    g_signal_connect_data(fixture->service, "run", G_CALLBACK(serve), fixture->server, free_server,
                          0);
    g_socket_service_start(fixture->service);
    fixture->fetcher = hth_fetcher_new(&options);
}

static void tear_down(Fixture *fixture, gconstpointer manners)
{
    hth_fetcher_free(fixture->fetcher);
    g_socket_service_stop(fixture->service);
    g_socket_listener_close(G_SOCKET_LISTENER(fixture->service));
    g_clear_object(&fixture->service);
    g_clear_pointer(&fixture->body, g_bytes_unref);
    g_clear_error(&fixture->error);
}

static void on_fetched(GBytes *body, const GError *error, gpointer data)
{
    Fixture *fixture = data;
    g_assert_true((body == NULL) == (error != NULL));
    fixture->n_answers++;
    g_clear_pointer(&fixture->body, g_bytes_unref);
    g_clear_error(&fixture->error);
    fixture->body = body != NULL ? g_bytes_ref(body) : NULL;
    fixture->error = error != NULL ? g_error_copy(error) : NULL;
}

static void ask(Fixture *fixture, guint16 port)
{
    g_autofree char *url = g_strdup_printf("http://127.0.0.1:%u/d.xml", port);
    hth_fetcher_get(fixture->fetcher, url, on_fetched, fixture);
}

static void await_answers(Fixture *fixture, guint n_answers)
{
    while (fixture->n_answers < n_answers)
        g_main_context_iteration(NULL, TRUE);
    g_assert_cmpuint(fixture->n_answers, ==, n_answers);
}

static const Manners good = { "HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n", 500, NULL, FALSE };
static const Manners endless = { "HTTP/1.1 200 OK\r\n\r\n", 1 << 30, NULL, FALSE };
static const Manners boastful = { "HTTP/1.1 200 OK\r\nContent-Length: 100000000\r\n\r\n", 0, NULL,
                                  TRUE };
static const Manners slow = { "HTTP/1.1 200 OK\r\n\r\n", 0, NULL, TRUE };
static const Manners slow_head = { "HTTP/1.1 200 OK\r\nX-Long: ", 0, NULL, TRUE };
static const Manners long_head = { "HTTP/1.1 200 OK\r\n", 1 << 30, "X-Field: and another\r\n",
                                   FALSE };
static const Manners long_field = { "HTTP/1.1 200 OK\r\nX-Long: ", 1 << 30, NULL, FALSE };
static const Manners elsewhere = {
    "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n", 0, NULL,
    FALSE
};
static const Manners missing = { "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", 0, NULL,
                                 FALSE };
static const Manners no_http = { "220 mail.example ESMTP\r\n", 0, NULL, FALSE };

static void test_a_document_comes_whole(Fixture *fixture, gconstpointer manners)
{
    for (guint i = 0; i < HTH_FETCHER_MAX_AT_ONCE; i++) {
        g_assert_true(hth_fetcher_is_free(fixture->fetcher));
        ask(fixture, fixture->port);
    }
    g_assert_false(hth_fetcher_is_free(fixture->fetcher));
    await_answers(fixture, HTH_FETCHER_MAX_AT_ONCE);
    g_assert_cmpuint(g_bytes_get_size(fixture->body), ==, 500);
    g_assert_true(hth_fetcher_is_free(fixture->fetcher));
}

static void test_too_large(Fixture *fixture, gconstpointer manners)
{
    ask(fixture, fixture->port);
    await_answers(fixture, 1);
    g_assert_error(fixture->error, HTH_ERROR, HTH_ERROR_TOO_LARGE);
}

static void test_too_slow(Fixture *fixture, gconstpointer manners)
{
    ask(fixture, fixture->port);
    await_answers(fixture, 1);
    g_assert_error(fixture->error, HTH_ERROR, HTH_ERROR_TIMEOUT);
}

static void test_refused(Fixture *fixture, gconstpointer manners)
{
    ask(fixture, fixture->port);
    await_answers(fixture, 1);
    g_assert_error(fixture->error, HTH_ERROR, HTH_ERROR_REFUSED);
    g_assert_cmpint(g_atomic_int_get(&fixture->server->n_connections), ==, 1);
}

static void test_broken(Fixture *fixture, gconstpointer manners)
{
    ask(fixture, fixture->port);
    await_answers(fixture, 1);
    g_assert_error(fixture->error, HTH_ERROR, HTH_ERROR_NETWORK);
    ask(fixture, 1); /* nobody listens there */
    await_answers(fixture, 2);
    g_assert_error(fixture->error, HTH_ERROR, HTH_ERROR_NETWORK);
}

static void test_freed_while_busy(Fixture *fixture, gconstpointer manners)
{
    for (guint i = 0; i < HTH_FETCHER_MAX_AT_ONCE; i++)
        ask(fixture, fixture->port);
    while (g_atomic_int_get(&fixture->server->n_connections) < HTH_FETCHER_MAX_AT_ONCE)
        g_main_context_iteration(NULL, TRUE);
    hth_fetcher_free(g_steal_pointer(&fixture->fetcher));
    while (g_main_context_iteration(NULL, FALSE))
        continue;
    g_assert_cmpuint(fixture->n_answers, ==, 0);
}

#define ADD(claim, manners, function)                                                              \
    g_test_add("/fetcher/" claim, Fixture, &(manners), set_up, function, tear_down)

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    ADD("a-document-comes-whole", good, test_a_document_comes_whole);
    ADD("an-endless-body-is-cut-off", endless, test_too_large);
    ADD("an-announced-size-is-believed", boastful, test_too_large);
    ADD("a-long-head-is-cut-off", long_head, test_too_large);
    ADD("an-endless-field-is-cut-off", long_field, test_broken);
    ADD("a-trickling-body-has-a-deadline", slow, test_too_slow);
    ADD("a-trickling-head-has-a-deadline", slow_head, test_too_slow);
    ADD("a-redirect-is-not-followed", elsewhere, test_refused);
    ADD("another-status-is-an-error", missing, test_refused);
    ADD("what-is-not-http-is-an-error", no_http, test_broken);
    ADD("freed-while-busy-it-calls-nobody", slow, test_freed_while_busy);
    return g_test_run();
}
