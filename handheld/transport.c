/* SPDX-License-Identifier: GPL-3.0-or-later */
#define HTH_LOG_TOPIC "transport"
#include "transport.h"

#include <string.h>

#include "base/error.h"
#include "base/log.h"

#define CONNECT_MS  5000
#define EXCHANGE_MS 60000
#define MAX_PLACES  16

typedef struct {
    char *address;
    guint16 port;
} Place;

struct HthTransport {
    HthKeyId home;
    char *certificate;
    char *key;
    char *interface;
    GCancellable *cancellable;
    GPtrArray *places;     /* (element Place) the likeliest first */
    HthHttpClient *client; /* NULL: no place has been tried */
    Place *current;        /* of the client; in places */
    HthVerdict verdict;
    guint64 bytes_sent; /* of clients that are gone */
    guint64 bytes_received;
    guint64 handshake_bytes;
};

static void place_free(gpointer pointer)
{
    Place *place = pointer;
    g_free(place->address);
    g_free(place);
}

static void add_place(HthTransport *self, const char *address, guint16 port, gboolean is_first)
{
    for (guint i = 0; i < self->places->len; i++) {
        Place *place = self->places->pdata[i];
        if (place->port != port || strcmp(place->address, address) != 0)
            continue;
        if (is_first && i > 0)
            g_ptr_array_insert(self->places, 0, g_ptr_array_steal_index(self->places, i));
        return;
    }
    Place *place = g_new(Place, 1);
    *place = (Place){ .address = g_strdup(address), .port = port };
    g_ptr_array_insert(self->places, is_first ? 0 : -1, place);
    /* Not the one that is in use. */
    if (self->places->len > MAX_PLACES && self->places->pdata[MAX_PLACES] != self->current)
        g_ptr_array_remove_index(self->places, MAX_PLACES);
}

HthTransport *hth_transport_new(const HthPairedHome *home, const HthDeviceIdentity *identity,
                                const char *interface, GCancellable *cancellable)
{
    HthTransport *self = g_new0(HthTransport, 1);
    self->home = home->id;
    self->certificate = g_strdup(hth_device_identity_certificate(identity));
    self->key = g_strdup(hth_device_identity_key(identity));
    self->interface = g_strdup(interface);
    self->cancellable = cancellable != NULL ? g_object_ref(cancellable) : NULL;
    self->places = g_ptr_array_new_with_free_func(place_free);
    for (char **address = home->addresses; address != NULL && *address != NULL; address++)
        add_place(self, *address, home->port, FALSE);
    return self;
}

/* Its bytes have been on the network all the same. */
static void drop_client(HthTransport *self)
{
    if (self->client == NULL)
        return;
    hth_http_client_disconnect(self->client);
    self->bytes_sent += hth_http_client_bytes_sent(self->client);
    self->bytes_received += hth_http_client_bytes_received(self->client);
    self->handshake_bytes += hth_http_client_handshake_bytes(self->client);
    g_clear_pointer(&self->client, hth_http_client_free);
    self->current = NULL;
}

void hth_transport_free(HthTransport *self)
{
    if (self == NULL)
        return;
    drop_client(self);
    g_ptr_array_unref(self->places);
    g_clear_object(&self->cancellable);
    g_free(self->certificate);
    explicit_bzero(self->key, strlen(self->key));
    g_free(self->key);
    g_free(self->interface);
    g_free(self);
}

void hth_transport_add_place(HthTransport *self, const char *address, guint16 port)
{
    add_place(self, address, port, TRUE);
}

const char *hth_transport_address(const HthTransport *self, guint16 *out_port)
{
    if (self->current == NULL)
        return NULL;
    *out_port = self->current->port;
    return self->current->address;
}

/* ---- Errors as the engine knows them ---- */

static gboolean fail(GError **error, const GError *problem)
{
    const gboolean is_cancelled = g_error_matches(problem, G_IO_ERROR, G_IO_ERROR_CANCELLED);
    g_set_error_literal(error, HTH_ERROR, is_cancelled ? HTH_ERROR_CANCELLED : HTH_ERROR_NETWORK,
                        problem->message);
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
           problem->domain == G_NUMBER_PARSER_ERROR;
}

/* ---- The connection ---- */

static gboolean is_home(const HthKeyId *key, gpointer data)
{
    return hth_key_id_equal(key, data);
}

static gboolean try_place(HthTransport *self, Place *place, GError **error)
{
    const HthTlsTarget target = {
        .host = place->address,
        .port = place->port,
        .interface = self->interface,
        .certificate = self->certificate,
        .key = self->key,
        .check = is_home,
        .check_data = &self->home,
    };
    drop_client(self);
    self->client = hth_http_client_new(&target);
    self->current = place;
    return hth_http_client_connect(self->client, CONNECT_MS, self->cancellable, error);
}

gboolean hth_transport_open(HthTransport *self, GError **error)
{
    g_autoptr(GError) problem = NULL;
    if (self->client != NULL && hth_http_client_is_connected(self->client))
        return TRUE;
    for (guint i = 0; i < self->places->len; i++) {
        Place *place = self->places->pdata[i];
        g_clear_error(&problem);
        if (try_place(self, place, &problem)) {
            g_ptr_array_insert(self->places, 0, g_ptr_array_steal_index(self->places, i));
            return TRUE;
        }
        hth_log_debug("not at %s port %u: %s", place->address, place->port, problem->message);
        if (g_error_matches(problem, G_IO_ERROR, G_IO_ERROR_CANCELLED))
            break;
    }
    drop_client(self);
    if (problem != NULL)
        return fail(error, problem);
    g_set_error_literal(error, HTH_ERROR, HTH_ERROR_NETWORK, "it is not known where the home is");
    return FALSE;
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

gboolean hth_transport_exchange(gpointer data, const char *route, GBytes *body,
                                gsize max_answer_bytes, guint *out_status, GBytes **out_answer,
                                GError **error)
{
    HthTransport *self = data;
    g_autoptr(GError) problem = NULL;
    g_auto(HthHttpReply) reply = { 0 };
    const HthHttpCall call = {
        .method = "POST",
        .path = route,
        .body = body,
        .timeout_ms = EXCHANGE_MS,
        .max_answer_bytes = max_answer_bytes,
        .cancellable = self->cancellable,
    };
    if (!hth_transport_open(self, error))
        return FALSE;
    if (!hth_http_client_call(self->client, &call, &reply, &problem)) {
        if (is_of_network(problem))
            return fail(error, problem);
        g_propagate_error(error, g_steal_pointer(&problem));
        return FALSE;
    }
    take_verdict(self, reply.status, reply.body);
    *out_status = reply.status;
    *out_answer = g_steal_pointer(&reply.body);
    return TRUE;
}

/* There is one stream at a time; its handle is the transport. */
HthSyncStream *hth_transport_stream(gpointer data, const char *route, GBytes *body,
                                    guint *out_status, GError **error)
{
    HthTransport *self = data;
    g_autoptr(GError) problem = NULL;
    const HthHttpCall call = {
        .method = "POST", .path = route, .body = body, .cancellable = self->cancellable
    };
    if (!hth_transport_open(self, error))
        return NULL;
    if (hth_http_client_begin(self->client, &call, out_status, &problem))
        return (HthSyncStream *)self;
    fail(error, problem);
    return NULL;
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
    if (hth_http_client_pump(self->client, max_bytes, pass, &call, out_ended, &problem))
        return TRUE;
    if (!call.has_failed)
        return fail(error, problem);
    g_propagate_error(error, g_steal_pointer(&problem));
    return FALSE;
}

void hth_transport_end_stream(gpointer data, HthSyncStream *stream)
{
    HthTransport *self = data;
    if (stream != NULL && self->client != NULL)
        hth_http_client_end(self->client);
}

gboolean hth_transport_listen(HthTransport *self, const char *route, HthHttpEvent callback,
                              gpointer callback_data, guint *out_status, GError **error)
{
    g_autoptr(GError) problem = NULL;
    g_autoptr(GBytes) body = NULL;
    if (!hth_transport_open(self, error))
        return FALSE;
    if (!hth_http_client_events(self->client, route, callback, callback_data, self->cancellable,
                                out_status, &body, &problem))
        return fail(error, problem);
    take_verdict(self, *out_status, body);
    return TRUE;
}

guint64 hth_transport_bytes_sent(const HthTransport *self)
{
    return self->bytes_sent + (self->client != NULL ? hth_http_client_bytes_sent(self->client) : 0);
}

guint64 hth_transport_bytes_received(const HthTransport *self)
{
    return self->bytes_received +
           (self->client != NULL ? hth_http_client_bytes_received(self->client) : 0);
}

guint64 hth_transport_handshake_bytes(const HthTransport *self)
{
    return self->handshake_bytes +
           (self->client != NULL ? hth_http_client_handshake_bytes(self->client) : 0);
}
