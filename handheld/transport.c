/* SPDX-License-Identifier: GPL-3.0-or-later */
#define HTH_LOG_TOPIC "transport"
#include "transport.h"

#include <string.h>

#include "base/error.h"
#include "base/log.h"

#define EXCHANGE_MS 60000

/* On a path that leads nowhere any more nothing is lost but time. */
#define DEAD_AFTER_MS 8000

/* By the relay less is taken at a time: in between it may turn out that the home is near. */
#define RELAY_SLICE_BYTES (256 * 1024)

struct HthTransport {
    HthReach *reach;
    GCancellable *cancellable;
    HthReachLink *link; /* NULL: not connected */
    HthVerdict verdict;
    gboolean is_streaming;
    gboolean has_lost; /* a connection that worked */
    gint64 measured_us;
    guint64 measured_bytes;
    guint64 bytes_sent; /* of links that are gone */
    guint64 bytes_received;
    guint64 handshake_bytes;
};

HthTransport *hth_transport_new(HthReach *reach, GCancellable *cancellable)
{
    HthTransport *self = g_new0(HthTransport, 1);
    self->reach = hth_reach_ref(reach);
    self->cancellable = cancellable != NULL ? g_object_ref(cancellable) : NULL;
    return self;
}

/* Its bytes have been on the network all the same. */
static void drop_link(HthTransport *self)
{
    if (self->link == NULL)
        return;
    HthHttpClient *client = hth_reach_link_client(self->link);
    hth_http_client_disconnect(client);
    self->bytes_sent += hth_http_client_bytes_sent(client);
    self->bytes_received += hth_http_client_bytes_received(client);
    self->handshake_bytes += hth_http_client_handshake_bytes(client);
    g_clear_pointer(&self->link, hth_reach_link_free);
}

void hth_transport_free(HthTransport *self)
{
    if (self == NULL)
        return;
    drop_link(self);
    hth_reach_unref(self->reach);
    g_clear_object(&self->cancellable);
    g_free(self);
}

HthReach *hth_transport_reach(HthTransport *self)
{
    return self->reach;
}

HthPath hth_transport_path(const HthTransport *self)
{
    return self->link != NULL ? hth_reach_link_path(self->link) : HTH_PATH_NONE;
}

const char *hth_transport_address(const HthTransport *self, guint16 *out_port)
{
    return self->link != NULL ? hth_reach_link_address(self->link, out_port) : NULL;
}

gboolean hth_transport_should_move(HthTransport *self)
{
    return self->link != NULL && hth_reach_link_should_move(self->link);
}

gboolean hth_transport_is_streaming(const HthTransport *self)
{
    return self->is_streaming;
}

gboolean hth_transport_take_lost(HthTransport *self)
{
    const gboolean has_lost = self->has_lost;
    self->has_lost = FALSE;
    return has_lost;
}

/* ---- Errors as the engine knows them ---- */

static gboolean fail(HthTransport *self, GError **error, const GError *problem)
{
    /* A link that was broken off because its path is no good is not the caller's doing. */
    const gboolean is_cancelled = g_cancellable_is_cancelled(self->cancellable);
    const gboolean is_broken_off = g_error_matches(problem, G_IO_ERROR, G_IO_ERROR_CANCELLED);
    g_set_error_literal(error, HTH_ERROR, is_cancelled ? HTH_ERROR_CANCELLED : HTH_ERROR_NETWORK,
                        is_broken_off && !is_cancelled ? "the network changed" : problem->message);
    return FALSE;
}

/* What a sink said is the engine's own, and passed on; too large is too large. */
static gboolean is_of_network(const GError *problem)
{
    return g_error_matches(problem, G_IO_ERROR, G_IO_ERROR_CANCELLED) ||
           g_error_matches(problem, HTH_ERROR, HTH_ERROR_UNAVAILABLE) ||
           g_error_matches(problem, HTH_ERROR, HTH_ERROR_TIMEOUT) ||
           g_error_matches(problem, HTH_ERROR, HTH_ERROR_REFUSED) ||
           g_error_matches(problem, HTH_ERROR, HTH_ERROR_CORRUPT) ||
           g_error_matches(problem, HTH_ERROR, HTH_ERROR_ASLEEP) ||
           g_error_matches(problem, HTH_ERROR, HTH_ERROR_BUSY) ||
           g_error_matches(problem, HTH_ERROR, HTH_ERROR_NOT_FOUND) ||
           problem->domain == G_NUMBER_PARSER_ERROR;
}

/* ---- The connection ---- */

static HthHttpClient *client_of(HthTransport *self)
{
    return hth_reach_link_client(self->link);
}

/* @moves_at_once: of hth_reach_connect(). */
static gboolean open_link(HthTransport *self, gboolean moves_at_once, GError **error)
{
    if (self->link != NULL && !hth_reach_link_should_move(self->link) &&
        hth_http_client_is_connected(client_of(self)))
        return TRUE;
    drop_link(self);
    self->link = hth_reach_connect(self->reach, self->cancellable, moves_at_once, error);
    return self->link != NULL;
}

/* What sleeps or refuses is to the engine a network that is not there. */
static gboolean as_network(GError *problem, GError **error)
{
    if (problem == NULL)
        return TRUE;
    if (!g_error_matches(problem, HTH_ERROR, HTH_ERROR_CANCELLED))
        problem->code = HTH_ERROR_NETWORK;
    g_propagate_error(error, problem);
    return FALSE;
}

gboolean hth_transport_open(HthTransport *self, GError **error)
{
    GError *problem = NULL;
    (void)open_link(self, FALSE, &problem);
    return as_network(problem, error);
}

/* A connection that worked and breaks is worth another try at once, by whatever path is there. */
static gboolean lose(HthTransport *self, GError **error, const GError *problem)
{
    self->has_lost = TRUE;
    drop_link(self);
    return fail(self, error, problem);
}

/* ---- What the home says of us ---- */

static const struct {
    const char *code;
    HthVerdict verdict;
} verdicts[] = {
    { "\"not-paired\"", HTH_VERDICT_NOT_PAIRED },
    { "\"revoked\"", HTH_VERDICT_REVOKED },
    { "\"wipe\"", HTH_VERDICT_WIPE },
};

/* The code is the first member: {"error":{"code":"wipe", … */
static void take_verdict(HthTransport *self, guint status, GBytes *body)
{
    static const char head[] = "{\"error\":{\"code\":";
    gsize size = 0;
    const char *bytes = g_bytes_get_data(body, &size);
    self->verdict = status == 403 ? HTH_VERDICT_REFUSED : HTH_VERDICT_NONE;
    if (status != 403 || size < sizeof head || memcmp(bytes, head, sizeof head - 1) != 0)
        return;
    for (guint i = 0; i < G_N_ELEMENTS(verdicts); i++) {
        const gsize length = strlen(verdicts[i].code);
        if (size - (sizeof head - 1) >= length &&
            memcmp(bytes + sizeof head - 1, verdicts[i].code, length) == 0)
            self->verdict = verdicts[i].verdict;
    }
}

HthVerdict hth_transport_verdict(const HthTransport *self)
{
    return self->verdict;
}

/* ---- The engine's calls ---- */

static gboolean try_call(HthTransport *self, HthHttpCall *call, HthHttpReply *out_reply,
                         GError **error)
{
    if (!open_link(self, FALSE, error))
        return FALSE;
    call->cancellable = hth_reach_link_cancellable(self->link);
    return hth_http_client_call(client_of(self), call, out_reply, error);
}

/* The engine says everything as often as it takes: so a question that a broken path has swallowed
 * is asked once more, by the path that there is now. */
static gboolean call(HthTransport *self, HthHttpCall *call, HthHttpReply *out_reply, GError **error)
{
    g_autoptr(GError) problem = NULL;
    const gboolean was_open = self->link != NULL;
    if (try_call(self, call, out_reply, &problem))
        return TRUE;
    if (self->link != NULL && was_open && is_of_network(problem) &&
        !g_cancellable_is_cancelled(self->cancellable)) {
        hth_log_debug("asked again: %s", problem->message);
        g_clear_error(&problem);
        drop_link(self);
        if (try_call(self, call, out_reply, &problem))
            return TRUE;
    }
    if (self->link == NULL)
        return as_network(g_steal_pointer(&problem), error);
    if (is_of_network(problem))
        return lose(self, error, problem);
    g_propagate_error(error, g_steal_pointer(&problem));
    return FALSE;
}

gboolean hth_transport_exchange(gpointer data, const char *route, GBytes *body,
                                gsize max_answer_bytes, guint *out_status, GBytes **out_answer,
                                GError **error)
{
    HthTransport *self = data;
    g_auto(HthHttpReply) reply = { 0 };
    HthHttpCall request = {
        .method = body != NULL ? "POST" : "GET",
        .path = route,
        .body = body,
        .timeout_ms = EXCHANGE_MS,
        .dead_after_ms = DEAD_AFTER_MS,
        .max_answer_bytes = max_answer_bytes,
    };
    if (!call(self, &request, &reply, error))
        return FALSE;
    take_verdict(self, reply.status, reply.body);
    *out_status = reply.status;
    *out_answer = g_steal_pointer(&reply.body);
    return TRUE;
}

gboolean hth_transport_get(HthTransport *self, const char *route, gsize max_answer_bytes,
                           guint *out_status, GBytes **out_answer, GError **error)
{
    return hth_transport_exchange(self, route, NULL, max_answer_bytes, out_status, out_answer,
                                  error);
}

/* There is one stream at a time; its handle is the transport. */
HthSyncStream *hth_transport_stream(gpointer data, const char *route, GBytes *body,
                                    guint *out_status, GError **error)
{
    HthTransport *self = data;
    GError *problem = NULL;
    if (!open_link(self, FALSE, &problem)) {
        (void)as_network(problem, error);
        return NULL;
    }
    const HthHttpCall request = {
        .method = "POST",
        .path = route,
        .body = body,
        .dead_after_ms = DEAD_AFTER_MS,
        .cancellable = hth_reach_link_cancellable(self->link),
    };
    if (hth_http_client_begin(client_of(self), &request, out_status, &problem)) {
        self->is_streaming = TRUE;
        self->measured_us = g_get_monotonic_time();
        self->measured_bytes = hth_http_client_bytes_received(client_of(self));
        return (HthSyncStream *)self;
    }
    (void)lose(self, error, problem);
    g_error_free(problem);
    return NULL;
}

static void measure(HthTransport *self)
{
    const gint64 now = g_get_monotonic_time();
    const guint64 n_bytes = hth_http_client_bytes_received(client_of(self));
    hth_reach_link_measure(self->link, n_bytes - self->measured_bytes, now - self->measured_us);
    self->measured_us = now;
    self->measured_bytes = n_bytes;
}

typedef struct {
    HthSyncSink sink;
    gpointer data;
    gboolean has_failed; /* the sink, with an error of its own */
} SinkCall;

static gboolean pass(const guint8 *bytes, gsize n_bytes, gpointer data, GError **error)
{
    SinkCall *call = data;
    call->has_failed = !call->sink(bytes, n_bytes, call->data, error);
    return !call->has_failed;
}

gboolean hth_transport_pump(gpointer data, HthSyncStream *stream, gsize max_bytes, HthSyncSink sink,
                            gpointer sink_data, gboolean *out_ended, GError **error)
{
    HthTransport *self = data;
    g_autoptr(GError) problem = NULL;
    SinkCall call = { .sink = sink, .data = sink_data };
    if (self->link == NULL) {
        g_set_error_literal(error, HTH_ERROR, HTH_ERROR_NETWORK, "the connection broke");
        return FALSE;
    }
    const gsize slice =
        hth_transport_path(self) == HTH_PATH_RELAY ? MIN(max_bytes, RELAY_SLICE_BYTES) : max_bytes;
    if (hth_http_client_pump(client_of(self), slice, pass, &call, out_ended, &problem)) {
        measure(self);
        return TRUE;
    }
    if (!call.has_failed)
        return lose(self, error, problem);
    g_propagate_error(error, g_steal_pointer(&problem));
    return FALSE;
}

void hth_transport_end_stream(gpointer data, HthSyncStream *stream)
{
    HthTransport *self = data;
    self->is_streaming = FALSE;
    if (stream != NULL && self->link != NULL)
        hth_http_client_end(client_of(self));
}

gboolean hth_transport_listen(HthTransport *self, const char *route, HthHttpEvent callback,
                              gpointer callback_data, guint *out_status, GError **error)
{
    g_autoptr(GError) problem = NULL;
    g_autoptr(GBytes) body = NULL;
    if (!open_link(self, TRUE, &problem))
        return as_network(g_steal_pointer(&problem), error);
    if (!hth_http_client_events(client_of(self), route, callback, callback_data,
                                hth_reach_link_cancellable(self->link), out_status, &body,
                                &problem))
        return lose(self, error, problem);
    take_verdict(self, *out_status, body);
    return TRUE;
}

guint64 hth_transport_bytes_sent(const HthTransport *self)
{
    return self->bytes_sent +
           (self->link != NULL ? hth_http_client_bytes_sent(hth_reach_link_client(self->link)) : 0);
}

guint64 hth_transport_bytes_received(const HthTransport *self)
{
    return self->bytes_received +
           (self->link != NULL ? hth_http_client_bytes_received(hth_reach_link_client(self->link))
                               : 0);
}

guint64 hth_transport_handshake_bytes(const HthTransport *self)
{
    return self->handshake_bytes +
           (self->link != NULL ? hth_http_client_handshake_bytes(hth_reach_link_client(self->link))
                               : 0);
}
