/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "net/http-client.h"

#include <fcntl.h>
#include <gnutls/gnutls.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/error.h"
#include "net/http-listen.h"
#include "net/http-server.h"
#include "net/tls-key.h"
#include "tls-fixture.h"

#define STREAM_BYTES (5 * 1000 * 1000)

typedef struct {
    HthDeviceIdentity *home;
    HthDeviceIdentity *device;
    HthHttpServer *server;
    HthHttpClient *client;
    guint16 port;
    _Atomic(HthHttpEvents *) events;
    _Atomic guint n_streams_gone;
    GCancellable *cancellable; /* borrowed */
} Fixture;

/* ---- The server's side ---- */

static void on_who(HthHttpRequest *request, gpointer data)
{
    const HthKeyId *key = hth_http_request_peer_key(request);
    g_autofree char *text = hth_key_id_to_text(key);
    hth_http_request_respond(request, 200, "text/plain", text);
}

static void on_echo(HthHttpRequest *request, gpointer data)
{
    gsize size = 0;
    const char *body = hth_http_request_body(request, &size);
    g_autoptr(GBytes) bytes = g_bytes_new(body, size);
    hth_http_request_respond_bytes(request, 200, "text/plain", bytes);
}

static void on_nothing(HthHttpRequest *request, gpointer data)
{
    hth_http_request_respond(request, 204, NULL, NULL);
}

static void on_missing(HthHttpRequest *request, gpointer data)
{
    hth_http_request_respond_error(request, 404, "It is not here.");
}

static guint8 byte_at(guint64 position)
{
    return (guint8)(position * 31 + position / 251);
}

typedef struct {
    guint64 end;
    guint64 fails_at;
    Fixture *fixture;
} Source;

static gssize read_source(gpointer data, guint64 position, char *buffer, gsize max_bytes)
{
    const Source *source = data;
    if (position >= source->fails_at)
        return HTH_HTTP_STREAM_FAILED;
    const gsize n_bytes = (gsize)MIN(max_bytes, source->end - position);
    for (gsize i = 0; i < n_bytes; i++)
        buffer[i] = (char)byte_at(position + i);
    return n_bytes > 0 ? (gssize)n_bytes : HTH_HTTP_STREAM_END;
}

static void source_gone(gpointer data)
{
    Source *source = data;
    source->fixture->n_streams_gone++;
    g_free(source);
}

static void respond_source(HthHttpRequest *request, Fixture *fixture, gint64 size, guint64 fails_at)
{
    Source *source = g_new(Source, 1);
    *source = (Source){ .end = STREAM_BYTES, .fails_at = fails_at, .fixture = fixture };
    hth_http_request_respond_stream(request, 200, "application/octet-stream", size, read_source,
                                    source, source_gone);
}

static void on_sized(HthHttpRequest *request, gpointer data)
{
    respond_source(request, data, STREAM_BYTES, G_MAXUINT64);
}

static void on_unsized(HthHttpRequest *request, gpointer data)
{
    respond_source(request, data, -1, G_MAXUINT64);
}

static void on_failing(HthHttpRequest *request, gpointer data)
{
    respond_source(request, data, -1, 1000 * 1000);
}

static void on_events(HthHttpRequest *request, gpointer data)
{
    Fixture *fixture = data;
    HthHttpEvents *events = hth_http_request_respond_events(request);
    for (guint i = 0; i < 3; i++) {
        g_autofree char *json = g_strdup_printf("{\"n\":%u}", i);
        hth_http_events_send(events, i, "sync", json);
    }
    fixture->events = events;
}

static const HthHttpRoute routes[] = {
    { HTH_HTTP_GET, "/who", on_who, 0 },
    { HTH_HTTP_POST, "/echo", on_echo, 4 * 1024 * 1024 },
    { HTH_HTTP_GET, "/nothing", on_nothing, 0 },
    { HTH_HTTP_GET, "/missing", on_missing, 0 },
    { HTH_HTTP_GET, "/sized", on_sized, 0 },
    { HTH_HTTP_GET, "/unsized", on_unsized, 0 },
    { HTH_HTTP_GET, "/failing", on_failing, 0 },
    { HTH_HTTP_GET, "/events", on_events, 0 },
};

static void start_server(Fixture *fixture, guint16 port)
{
    g_autoptr(GError) error = NULL;
    const HthHttpOptions options = {
        .name = "device",
        .bind_address = "127.0.0.1",
        .port = port,
        .tls_certificate = hth_device_identity_certificate(fixture->home),
        .tls_key = hth_device_identity_key(fixture->home),
    };
    fixture->server = hth_http_server_new(&options);
    hth_http_server_add_routes(fixture->server, routes, G_N_ELEMENTS(routes), fixture);
    hth_http_server_start(fixture->server, &error);
    g_assert_no_error(error);
    fixture->port = hth_http_server_port(fixture->server);
}

static void set_up(Fixture *fixture, gconstpointer data)
{
    fixture->home = tls_identity_new();
    fixture->device = tls_identity_new();
    start_server(fixture, 0);
    const HthTlsTarget target =
        tls_target(fixture->port, fixture->device, hth_device_identity_id(fixture->home));
    fixture->client = hth_http_client_new(&target);
}

static void tear_down(Fixture *fixture, gconstpointer data)
{
    hth_http_client_free(fixture->client);
    hth_http_server_free(fixture->server);
    if (fixture->events != NULL)
        hth_http_events_unref(fixture->events);
    hth_device_identity_free(fixture->home);
    hth_device_identity_free(fixture->device);
}

/* ---- The client's side ---- */

static char *get(Fixture *fixture, const char *path, guint expected_status)
{
    g_autoptr(GError) error = NULL;
    g_auto(HthHttpReply) reply = { 0 };
    const HthHttpCall call = { .path = path };
    hth_http_client_call(fixture->client, &call, &reply, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(reply.status, ==, expected_status);
    gsize size = 0;
    const char *bytes = g_bytes_get_data(reply.body, &size);
    return size > 0 ? g_strndup(bytes, size) : g_strdup("");
}

static guint n_connections(const Fixture *fixture)
{
    HthHttpCounters counters;
    hth_http_server_counters(fixture->server, &counters);
    return counters.connections;
}

static guint64 n_requests(const Fixture *fixture)
{
    HthHttpCounters counters;
    hth_http_server_counters(fixture->server, &counters);
    return counters.requests;
}

static void test_both_sides_know_each_other(Fixture *fixture, gconstpointer data)
{
    g_autofree char *expected = hth_key_id_to_text(hth_device_identity_id(fixture->device));
    for (guint i = 0; i < 3; i++) {
        g_autofree char *text = get(fixture, "/who", 200);
        g_assert_cmpstr(text, ==, expected);
    }
    g_assert_cmpuint(n_connections(fixture), ==, 1);
    g_autofree char *nothing = get(fixture, "/nothing", 204);
    g_assert_cmpstr(nothing, ==, "");
    g_autofree char *missing = get(fixture, "/missing", 404);
    g_assert_cmpstr(missing, ==, "It is not here.\n");
    g_autofree char *again = get(fixture, "/who", 200);
    g_assert_cmpuint(n_connections(fixture), ==, 1);
}

static void test_bodies_of_every_size_come_back(Fixture *fixture, gconstpointer data)
{
    static const gsize sizes[] = { 0, 1, 1000, 16384, 65536, 65537, 1000000, 4 * 1024 * 1024 };
    for (guint i = 0; i < G_N_ELEMENTS(sizes); i++) {
        g_autoptr(GError) error = NULL;
        g_auto(HthHttpReply) reply = { 0 };
        g_autofree guint8 *bytes = g_malloc(sizes[i] + 1);
        for (gsize j = 0; j < sizes[i]; j++)
            bytes[j] = byte_at(j);
        g_autoptr(GBytes) body = g_bytes_new(bytes, sizes[i]);
        const HthHttpCall call = { .path = "/echo",
                                   .body = body,
                                   .max_answer_bytes = 4 * 1024 * 1024 };
        hth_http_client_call(fixture->client, &call, &reply, &error);
        g_assert_no_error(error);
        g_assert_cmpuint(reply.status, ==, 200);
        g_assert_true(g_bytes_equal(reply.body, body));
    }
}

static void test_a_large_answer_is_refused(Fixture *fixture, gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    g_auto(HthHttpReply) reply = { 0 };
    const HthHttpCall call = { .path = "/sized" };
    g_assert_false(hth_http_client_call(fixture->client, &call, &reply, &error));
    g_assert_error(error, HTH_ERROR, HTH_ERROR_TOO_LARGE);
    g_autofree char *text = get(fixture, "/who", 200); /* on a new connection */
}

typedef struct {
    guint64 n_bytes;
    guint64 stop_at;
    gboolean is_wrong;
    GCancellable *cancel_in_it;
} Sink;

static gboolean take(const guint8 *bytes, gsize n_bytes, gpointer data, GError **error)
{
    Sink *sink = data;
    for (gsize i = 0; i < n_bytes; i++)
        sink->is_wrong |= bytes[i] != byte_at(sink->n_bytes + i);
    sink->n_bytes += n_bytes;
    if (sink->cancel_in_it != NULL)
        g_cancellable_cancel(sink->cancel_in_it);
    if (sink->stop_at == 0 || sink->n_bytes < sink->stop_at)
        return TRUE;
    g_set_error(error, HTH_ERROR, HTH_ERROR_CHANGED, "enough");
    return FALSE;
}

static void test_streams_arrive_whole(Fixture *fixture, gconstpointer data)
{
    static const char *const paths[] = { "/sized", "/unsized" };
    for (guint i = 0; i < G_N_ELEMENTS(paths); i++) {
        g_autoptr(GError) error = NULL;
        g_auto(HthHttpReply) reply = { 0 };
        Sink sink = { 0 };
        const HthHttpCall call = { .path = paths[i], .sink = take, .sink_data = &sink };
        const guint64 before = hth_http_client_bytes_received(fixture->client);
        hth_http_client_call(fixture->client, &call, &reply, &error);
        g_assert_no_error(error);
        g_assert_cmpuint(sink.n_bytes, ==, STREAM_BYTES);
        g_assert_false(sink.is_wrong);
        /* More than the body, because TLS is counted too; not much more. */
        const guint64 received = hth_http_client_bytes_received(fixture->client) - before;
        g_assert_cmpuint(received, >, STREAM_BYTES + STREAM_BYTES / 16384 * 22);
        g_assert_cmpuint(received, <, STREAM_BYTES + STREAM_BYTES / 50);
    }
    g_assert_cmpuint(n_connections(fixture), ==, 1);
}

static void test_an_answer_can_be_taken_in_parts(Fixture *fixture, gconstpointer data)
{
    static const char *const paths[] = { "/sized", "/unsized", "/nothing" };
    for (guint i = 0; i < G_N_ELEMENTS(paths); i++) {
        g_autoptr(GError) error = NULL;
        Sink sink = { 0 };
        guint status = 0;
        gboolean has_ended = FALSE;
        const HthHttpCall call = { .path = paths[i] };
        hth_http_client_begin(fixture->client, &call, &status, &error);
        g_assert_no_error(error);
        g_assert_cmpuint(status, ==, i < 2 ? 200 : 204);
        while (!has_ended) {
            const guint64 before = sink.n_bytes;
            hth_http_client_pump(fixture->client, 100001, take, &sink, &has_ended, &error);
            g_assert_no_error(error);
            g_assert_true(has_ended || sink.n_bytes - before == 100001);
        }
        hth_http_client_end(fixture->client);
        g_assert_cmpuint(sink.n_bytes, ==, i < 2 ? STREAM_BYTES : 0);
        g_assert_false(sink.is_wrong);
        g_assert_true(hth_http_client_is_connected(fixture->client));
    }
    g_assert_cmpuint(n_connections(fixture), ==, 1);
}

static void test_an_answer_can_be_left_in_the_middle(Fixture *fixture, gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    Sink sink = { 0 };
    guint status = 0;
    gboolean has_ended = FALSE;
    const HthHttpCall call = { .path = "/sized" };
    hth_http_client_begin(fixture->client, &call, &status, &error);
    hth_http_client_pump(fixture->client, 1000, take, &sink, &has_ended, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(sink.n_bytes, ==, 1000);
    hth_http_client_end(fixture->client);
    g_assert_false(hth_http_client_is_connected(fixture->client));
    g_autofree char *text = get(fixture, "/who", 200);
}

static void test_a_stream_that_fails_is_no_whole(Fixture *fixture, gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    g_auto(HthHttpReply) reply = { 0 };
    Sink sink = { 0 };
    const HthHttpCall call = { .path = "/failing", .sink = take, .sink_data = &sink };
    g_assert_false(hth_http_client_call(fixture->client, &call, &reply, &error));
    g_assert_error(error, HTH_ERROR, HTH_ERROR_UNAVAILABLE);
    g_assert_cmpuint(sink.n_bytes, <=, 1100 * 1000);
    for (guint i = 0; i < 2000 && fixture->n_streams_gone == 0; i++)
        g_usleep(1000);
    g_assert_cmpuint(fixture->n_streams_gone, ==, 1);
}

static void test_a_sink_may_stop(Fixture *fixture, gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    g_auto(HthHttpReply) reply = { 0 };
    Sink sink = { .stop_at = 100000 };
    const HthHttpCall call = { .path = "/sized", .sink = take, .sink_data = &sink };
    g_assert_false(hth_http_client_call(fixture->client, &call, &reply, &error));
    g_assert_error(error, HTH_ERROR, HTH_ERROR_CHANGED);
    g_autofree char *text = get(fixture, "/who", 200);
}

static void test_can_be_cancelled_in_the_middle(Fixture *fixture, gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GCancellable) cancellable = g_cancellable_new();
    g_auto(HthHttpReply) reply = { 0 };
    Sink sink = { .cancel_in_it = cancellable };
    const HthHttpCall call = {
        .path = "/sized", .sink = take, .sink_data = &sink, .cancellable = cancellable
    };
    g_assert_false(hth_http_client_call(fixture->client, &call, &reply, &error));
    g_assert_error(error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
}

static gboolean count_event(const char *event, const char *json, gpointer user_data)
{
    guint *n = user_data;
    g_autofree char *expected = g_strdup_printf("{\"n\":%u}", *n);
    g_assert_cmpstr(event, ==, "sync");
    g_assert_cmpstr(json, ==, expected);
    (*n)++;
    return *n < 3;
}

static void test_events_come_one_by_one(Fixture *fixture, gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    guint n = 0;
    guint status = 0;
    g_assert_true(hth_http_client_events(fixture->client, "/events", count_event, &n, NULL, &status,
                                         NULL, &error));
    g_assert_no_error(error);
    g_assert_cmpuint(status, ==, 200);
    g_assert_cmpuint(n, ==, 3);
}

static gboolean wait_for_cancel(const char *event, const char *json, gpointer user_data)
{
    return TRUE;
}

static gpointer cancel_later(gpointer data)
{
    Fixture *fixture = data;
    while (fixture->events == NULL)
        g_usleep(1000);
    g_usleep(100 * 1000); /* so that it waits for what comes after the first three */
    g_cancellable_cancel(fixture->cancellable);
    return NULL;
}

static void test_waiting_for_events_can_be_cancelled(Fixture *fixture, gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GCancellable) cancellable = g_cancellable_new();
    guint status = 0;
    fixture->cancellable = cancellable;
    GThread *thread = g_thread_new("cancel", cancel_later, fixture);
    g_assert_false(hth_http_client_events(fixture->client, "/events", wait_for_cancel, NULL,
                                          cancellable, &status, NULL, &error));
    g_assert_error(error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
    g_thread_join(thread);
    /* The server sees that nobody listens any more. */
    for (guint i = 0; i < 5000 && hth_http_events_is_open(fixture->events); i++)
        g_usleep(1000);
    g_assert_false(hth_http_events_is_open(fixture->events));
}

static gpointer close_key_later(gpointer data)
{
    Fixture *fixture = data;
    while (fixture->events == NULL)
        g_usleep(1000);
    g_usleep(50 * 1000);
    hth_http_server_close_key(fixture->server, hth_device_identity_id(fixture->device));
    return NULL;
}

static void test_a_closed_key_is_cut_off_at_once(Fixture *fixture, gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(HthDeviceIdentity) other = tls_identity_new();
    const HthTlsTarget target =
        tls_target(fixture->port, other, hth_device_identity_id(fixture->home));
    g_autoptr(HthHttpClient) bystander = hth_http_client_new(&target);
    g_auto(HthHttpReply) reply = { 0 };
    const HthHttpCall call = { .path = "/who" };
    g_assert_true(hth_http_client_call(bystander, &call, &reply, NULL));

    guint status = 0;
    GThread *thread = g_thread_new("close", close_key_later, fixture);
    const gint64 start_us = g_get_monotonic_time();
    g_assert_false(hth_http_client_events(fixture->client, "/events", wait_for_cancel, NULL, NULL,
                                          &status, NULL, &error));
    g_assert_error(error, HTH_ERROR, HTH_ERROR_UNAVAILABLE);
    g_assert_cmpint(g_get_monotonic_time() - start_us, <, 10 * G_USEC_PER_SEC);
    g_thread_join(thread);
    g_assert_true(hth_http_client_is_connected(bystander));
}

static void test_a_closed_connection_is_opened_anew(Fixture *fixture, gconstpointer data)
{
    g_autofree char *first = get(fixture, "/who", 200);
    const guint16 port = fixture->port;
    hth_http_server_free(fixture->server);
    start_server(fixture, port);
    g_autofree char *second = get(fixture, "/who", 200);
    g_assert_cmpstr(first, ==, second);
}

static void test_nobody_there_is_said(Fixture *fixture, gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    g_auto(HthHttpReply) reply = { 0 };
    const HthHttpCall call = { .path = "/who" };
    hth_http_server_stop(fixture->server);
    g_assert_false(hth_http_client_call(fixture->client, &call, &reply, &error));
    g_assert_error(error, HTH_ERROR, HTH_ERROR_UNAVAILABLE);
}

static void test_a_deadline_is_kept(Fixture *fixture, gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    g_auto(HthHttpReply) reply = { 0 };
    const HthHttpCall call = { .path = "/events", .timeout_ms = 200 };
    g_assert_false(hth_http_client_call(fixture->client, &call, &reply, &error));
    g_assert_error(error, HTH_ERROR, HTH_ERROR_TIMEOUT);
}

static void test_a_handshake_is_short(Fixture *fixture, gconstpointer data)
{
    g_autofree char *first = get(fixture, "/nothing", 204);
    const guint64 n_handshake = hth_http_client_handshake_bytes(fixture->client);
    const guint64 before = hth_http_client_bytes_sent(fixture->client) +
                           hth_http_client_bytes_received(fixture->client);
    g_autofree char *second = get(fixture, "/nothing", 204);
    const guint64 n_call = hth_http_client_bytes_sent(fixture->client) +
                           hth_http_client_bytes_received(fixture->client) - before;
    g_test_message("handshake %" G_GUINT64_FORMAT " bytes, an empty call %" G_GUINT64_FORMAT,
                   n_handshake, n_call);
    g_assert_cmpuint(n_handshake, >, 800);
    g_assert_cmpuint(n_handshake, <, 2000);
    g_assert_cmpuint(n_call, <, 300);
}

/* ---- Strangers ---- */

static void test_a_stranger_hears_nothing(Fixture *fixture, gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(HthDeviceIdentity) expected = tls_identity_new();
    const HthTlsTarget target =
        tls_target(fixture->port, fixture->device, hth_device_identity_id(expected));
    g_autoptr(HthHttpClient) client = hth_http_client_new(&target);
    g_auto(HthHttpReply) reply = { 0 };
    const HthHttpCall call = { .path = "/who" };
    g_assert_false(hth_http_client_call(client, &call, &reply, &error));
    g_assert_error(error, HTH_ERROR, HTH_ERROR_REFUSED);
    g_assert_cmpuint(n_requests(fixture), ==, 0);
}

typedef struct {
    int listener;
    const HthDeviceIdentity *identity;
    gboolean has_seen_certificate;
    int result;
} Impostor;

/* A server that wants to know who asks. */
static gpointer impostor_serve(gpointer data)
{
    Impostor *impostor = data;
    const gnutls_datum_t certificate = {
        (unsigned char *)hth_device_identity_certificate(impostor->identity),
        (unsigned int)strlen(hth_device_identity_certificate(impostor->identity))
    };
    const gnutls_datum_t key = { (unsigned char *)hth_device_identity_key(impostor->identity),
                                 (unsigned int)strlen(
                                     hth_device_identity_key(impostor->identity)) };
    gnutls_certificate_credentials_t credentials;
    gnutls_session_t session;
    const int flags = fcntl(impostor->listener, F_GETFL);
    fcntl(impostor->listener, F_SETFL, flags & ~O_NONBLOCK);
    const int fd = accept(impostor->listener, NULL, NULL);
    g_assert_cmpint(fd, >=, 0);
    gnutls_certificate_allocate_credentials(&credentials);
    gnutls_certificate_set_x509_key_mem(credentials, &certificate, &key, GNUTLS_X509_FMT_PEM);
    gnutls_init(&session, GNUTLS_SERVER);
    gnutls_priority_set_direct(session, HTH_TLS_PRIORITIES, NULL);
    gnutls_credentials_set(session, GNUTLS_CRD_CERTIFICATE, credentials);
    gnutls_certificate_server_set_request(session, GNUTLS_CERT_REQUIRE);
    gnutls_transport_set_int(session, fd);
    do
        impostor->result = gnutls_handshake(session);
    while (impostor->result < 0 && !gnutls_error_is_fatal(impostor->result));
    impostor->has_seen_certificate = gnutls_certificate_get_peers(session, NULL) != NULL;
    gnutls_deinit(session);
    gnutls_certificate_free_credentials(credentials);
    close(fd);
    return NULL;
}

/* @is_expected: whether the impostor is the one that the client looks for, after all. */
static void meet_impostor(gboolean is_expected, Impostor *out_impostor)
{
    guint16 port = 0;
    g_autoptr(HthDeviceIdentity) identity = tls_identity_new();
    g_autoptr(HthDeviceIdentity) home = tls_identity_new();
    g_autoptr(HthDeviceIdentity) device = tls_identity_new();
    *out_impostor = (Impostor){ .identity = identity };
    out_impostor->listener = hth_http_listen_tcp("127.0.0.1", 0, &port, NULL);
    g_assert_cmpint(out_impostor->listener, >=, 0);
    GThread *thread = g_thread_new("impostor", impostor_serve, out_impostor);
    const HthTlsTarget target =
        tls_target(port, device, hth_device_identity_id(is_expected ? identity : home));
    const HthPatience patience = hth_patience_for(10000, NULL);
    g_autoptr(GError) error = NULL;
    g_autoptr(HthTlsStream) stream = hth_tls_stream_open(&target, &patience, &error);
    if (is_expected)
        g_assert_no_error(error);
    else
        g_assert_error(error, HTH_ERROR, HTH_ERROR_REFUSED);
    g_thread_join(thread);
    close(out_impostor->listener);
}

static void test_an_impostor_does_not_learn_who_asks(void)
{
    Impostor impostor;
    meet_impostor(TRUE, &impostor); /* that the test can see a certificate */
    g_assert_cmpint(impostor.result, ==, 0);
    g_assert_true(impostor.has_seen_certificate);
    meet_impostor(FALSE, &impostor);
    g_assert_cmpint(impostor.result, <, 0);
    g_assert_false(impostor.has_seen_certificate);
}

#define ADD(name, function)                                                                        \
    g_test_add("/http-client/" name, Fixture, NULL, set_up, function, tear_down)

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    ADD("both-sides-know-each-other", test_both_sides_know_each_other);
    ADD("bodies-of-every-size-come-back", test_bodies_of_every_size_come_back);
    ADD("a-large-answer-is-refused", test_a_large_answer_is_refused);
    ADD("streams-arrive-whole", test_streams_arrive_whole);
    ADD("an-answer-can-be-taken-in-parts", test_an_answer_can_be_taken_in_parts);
    ADD("an-answer-can-be-left-in-the-middle", test_an_answer_can_be_left_in_the_middle);
    ADD("a-stream-that-fails-is-no-whole", test_a_stream_that_fails_is_no_whole);
    ADD("a-sink-may-stop", test_a_sink_may_stop);
    ADD("can-be-cancelled-in-the-middle", test_can_be_cancelled_in_the_middle);
    ADD("events-come-one-by-one", test_events_come_one_by_one);
    ADD("waiting-for-events-can-be-cancelled", test_waiting_for_events_can_be_cancelled);
    ADD("a-closed-key-is-cut-off-at-once", test_a_closed_key_is_cut_off_at_once);
    ADD("a-closed-connection-is-opened-anew", test_a_closed_connection_is_opened_anew);
    ADD("nobody-there-is-said", test_nobody_there_is_said);
    ADD("a-deadline-is-kept", test_a_deadline_is_kept);
    ADD("a-handshake-is-short", test_a_handshake_is_short);
    ADD("a-stranger-hears-nothing", test_a_stranger_hears_nothing);
    g_test_add_func("/http-client/an-impostor-does-not-learn-who-asks",
                    test_an_impostor_does_not_learn_who_asks);
    return g_test_run();
}
