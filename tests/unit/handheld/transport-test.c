/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "transport.h"

#include <string.h>

#include "base/error.h"
#include "net/http-server.h"
#include "tls-fixture.h"

#define STREAM_BYTES (1000 * 1000)

typedef struct {
    HthDeviceIdentity *home_key;
    HthDeviceIdentity *device_key;
    HthHttpServer *server;
    GCancellable *cancellable;
    HthTransport *transport;
    const char *verdict; /* what /refuse says */
} Fixture;

static void on_echo(HthHttpRequest *request, gpointer data)
{
    gsize size = 0;
    const char *body = hth_http_request_body(request, &size);
    g_autoptr(GBytes) bytes = g_bytes_new(body, size);
    hth_http_request_respond_bytes(request, 200, NULL, bytes);
}

static void on_nothing(HthHttpRequest *request, gpointer data)
{
    hth_http_request_respond(request, 204, NULL, NULL);
}

static void on_refuse(HthHttpRequest *request, gpointer data)
{
    const Fixture *fixture = data;
    hth_http_request_respond(request, 403, "application/json", fixture->verdict);
}

static gssize read_zeros(gpointer data, guint64 position, char *buffer, gsize max_bytes)
{
    const gsize n_bytes = (gsize)MIN(max_bytes, STREAM_BYTES - position);
    memset(buffer, 0, n_bytes);
    return n_bytes > 0 ? (gssize)n_bytes : HTH_HTTP_STREAM_END;
}

static void on_stream(HthHttpRequest *request, gpointer data)
{
    hth_http_request_respond_stream(request, 200, NULL, -1, read_zeros, NULL, NULL);
}

static const HthHttpRoute routes[] = {
    { HTH_HTTP_POST, "/echo", on_echo, 100000 },
    { HTH_HTTP_POST, "/nothing", on_nothing, 100000 },
    { HTH_HTTP_POST, "/refuse", on_refuse, 100000 },
    { HTH_HTTP_POST, "/stream", on_stream, 100000 },
};

static guint16 start_server(Fixture *fixture)
{
    g_autoptr(GError) error = NULL;
    const HthHttpOptions options = {
        .bind_address = "127.0.0.1",
        .tls_certificate = hth_device_identity_certificate(fixture->home_key),
        .tls_key = hth_device_identity_key(fixture->home_key),
    };
    fixture->server = hth_http_server_new(&options);
    hth_http_server_add_routes(fixture->server, routes, G_N_ELEMENTS(routes), fixture);
    hth_http_server_start(fixture->server, &error);
    g_assert_no_error(error);
    return hth_http_server_port(fixture->server);
}

static void set_up(Fixture *fixture, gconstpointer data)
{
    static char *addresses[] = { (char *)"127.0.0.2", (char *)"127.0.0.1", NULL };
    fixture->home_key = tls_identity_new();
    fixture->device_key = tls_identity_new();
    fixture->cancellable = g_cancellable_new();
    const HthPairedHome home = {
        .id = *hth_device_identity_id(fixture->home_key),
        .addresses = addresses,
        .port = start_server(fixture),
    };
    fixture->transport = hth_transport_new(&home, fixture->device_key, NULL, fixture->cancellable);
}

static void tear_down(Fixture *fixture, gconstpointer data)
{
    hth_transport_free(fixture->transport);
    hth_http_server_free(fixture->server);
    g_object_unref(fixture->cancellable);
    hth_device_identity_free(fixture->home_key);
    hth_device_identity_free(fixture->device_key);
}

static guint exchange(Fixture *fixture, const char *route, const char *text, GBytes **out_answer,
                      GError **error)
{
    guint status = 0;
    g_autoptr(GBytes) body = g_bytes_new(text, strlen(text));
    hth_transport_exchange(fixture->transport, route, body, 1000, &status, out_answer, error);
    return status;
}

static void test_the_place_that_answers_is_taken(Fixture *fixture, gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GBytes) answer = NULL;
    guint16 port = 0;
    g_assert_null(hth_transport_address(fixture->transport, &port));
    g_assert_cmpuint(exchange(fixture, "/echo", "hello", &answer, &error), ==, 200);
    g_assert_no_error(error);
    g_assert_cmpmem(g_bytes_get_data(answer, NULL), g_bytes_get_size(answer), "hello", 5);
    g_assert_cmpstr(hth_transport_address(fixture->transport, &port), ==, "127.0.0.1");
    g_assert_cmpuint(port, ==, hth_http_server_port(fixture->server));
}

static void test_nothing_new_is_empty(Fixture *fixture, gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GBytes) first = NULL;
    g_autoptr(GBytes) answer = NULL;
    g_assert_cmpuint(exchange(fixture, "/nothing", "x", &first, &error), ==, 204);
    const guint64 before = hth_transport_bytes_sent(fixture->transport) +
                           hth_transport_bytes_received(fixture->transport);
    g_assert_cmpuint(exchange(fixture, "/nothing", "x", &answer, &error), ==, 204);
    g_assert_no_error(error);
    g_assert_cmpuint(g_bytes_get_size(answer), ==, 0);
    const guint64 n_bytes = hth_transport_bytes_sent(fixture->transport) +
                            hth_transport_bytes_received(fixture->transport) - before;
    g_assert_cmpuint(n_bytes, >, 60);
    g_assert_cmpuint(n_bytes, <, 250);
}

static void test_the_home_that_moved_is_found_at_its_new_place(Fixture *fixture, gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GBytes) first = NULL;
    g_autoptr(GBytes) second = NULL;
    g_autoptr(GBytes) third = NULL;
    exchange(fixture, "/echo", "a", &first, &error);
    g_assert_no_error(error);
    hth_http_server_free(fixture->server);
    const guint16 port = start_server(fixture);
    exchange(fixture, "/echo", "b", &second, &error);
    g_assert_error(error, HTH_ERROR, HTH_ERROR_NETWORK);
    g_clear_error(&error);
    hth_transport_add_place(fixture->transport, "127.0.0.1", port);
    g_assert_cmpuint(exchange(fixture, "/echo", "c", &third, &error), ==, 200);
    g_assert_no_error(error);
}

static void test_another_home_is_not_talked_to(Fixture *fixture, gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GBytes) answer = NULL;
    HthHttpCounters counters;
    const guint16 port = hth_http_server_port(fixture->server);
    static char *addresses[] = { (char *)"127.0.0.1", NULL };
    const HthPairedHome other = {
        .id = *hth_device_identity_id(fixture->device_key),
        .addresses = addresses,
        .port = port,
    };
    g_autoptr(HthTransport) transport = hth_transport_new(&other, fixture->device_key, NULL, NULL);
    g_assert_false(hth_transport_open(transport, &error));
    g_assert_error(error, HTH_ERROR, HTH_ERROR_NETWORK);
    hth_http_server_counters(fixture->server, &counters);
    g_assert_cmpuint(counters.requests, ==, 0);
}

static void test_a_verdict_is_understood(Fixture *fixture, gconstpointer data)
{
    static const struct {
        const char *text;
        HthVerdict verdict;
    } rows[] = {
        { "{\"error\":{\"code\":\"revoked\",\"message\":\"x\"}}", HTH_VERDICT_REVOKED },
        { "{\"error\":{\"code\":\"wipe\",\"message\":\"x\"}}", HTH_VERDICT_WIPE },
        { "{\"error\":{\"code\":\"not-paired\",\"message\":\"x\"}}", HTH_VERDICT_NOT_PAIRED },
        { "{\"error\":{\"code\":\"refused\",\"message\":\"wipe\"}}", HTH_VERDICT_REFUSED },
        { "{\"error\":{\"code\":\"wip", HTH_VERDICT_REFUSED },
        { "", HTH_VERDICT_REFUSED },
    };
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(GBytes) answer = NULL;
        fixture->verdict = rows[i].text;
        g_assert_cmpuint(exchange(fixture, "/refuse", "x", &answer, &error), ==, 403);
        g_assert_no_error(error);
        g_assert_cmpint(hth_transport_verdict(fixture->transport), ==, rows[i].verdict);
    }
}

static gboolean count(gconstpointer bytes, gsize size, gpointer data, GError **error)
{
    guint64 *n_bytes = data;
    *n_bytes += size;
    if (*n_bytes < 500000 || *n_bytes > 600000)
        return TRUE;
    g_set_error(error, HTH_ERROR, HTH_ERROR_CHANGED, "enough");
    return FALSE;
}

static void test_what_a_sink_says_is_passed_on(Fixture *fixture, gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GBytes) body = g_bytes_new("x", 1);
    guint status = 0;
    guint64 n_bytes = 0;
    gboolean has_ended = FALSE;
    HthSyncStream *stream =
        hth_transport_stream(fixture->transport, "/stream", body, &status, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(status, ==, 200);
    while (!has_ended && hth_transport_pump(fixture->transport, stream, 100000, count, &n_bytes,
                                            &has_ended, &error))
        ;
    g_assert_error(error, HTH_ERROR, HTH_ERROR_CHANGED);
    hth_transport_end_stream(fixture->transport, stream);
    g_autoptr(GBytes) answer = NULL;
    g_clear_error(&error);
    g_assert_cmpuint(exchange(fixture, "/echo", "still", &answer, &error), ==, 200);
}

static void test_the_cancelled_stay_so(Fixture *fixture, gconstpointer data)
{
    g_autoptr(GBytes) first = NULL;
    g_autoptr(GError) error = NULL;
    exchange(fixture, "/echo", "a", &first, &error);
    g_assert_no_error(error);
    g_cancellable_cancel(fixture->cancellable);
    for (guint i = 0; i < 2; i++) {
        g_autoptr(GBytes) answer = NULL;
        exchange(fixture, "/echo", "b", &answer, &error);
        g_assert_error(error, HTH_ERROR, HTH_ERROR_CANCELLED);
        g_clear_error(&error);
    }
}

#define ADD(name, function)                                                                        \
    g_test_add("/transport/" name, Fixture, NULL, set_up, function, tear_down)

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    ADD("the-place-that-answers-is-taken", test_the_place_that_answers_is_taken);
    ADD("nothing-new-is-empty", test_nothing_new_is_empty);
    ADD("the-home-that-moved-is-found-at-its-new-place",
        test_the_home_that_moved_is_found_at_its_new_place);
    ADD("another-home-is-not-talked-to", test_another_home_is_not_talked_to);
    ADD("a-verdict-is-understood", test_a_verdict_is_understood);
    ADD("what-a-sink-says-is-passed-on", test_what_a_sink_says_is_passed_on);
    ADD("the-cancelled-stay-so", test_the_cancelled_stay_so);
    return g_test_run();
}
