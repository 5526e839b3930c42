/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "net/http-client.h"

#include <string.h>
#include <sys/socket.h>

#include "base/error.h"
#include "net/http-answer-reader.h"

#define DEFAULT_TIMEOUT_MS 30000
#define DEFAULT_MAX_BYTES  (1024 * 1024)
/* Of an answer that explains why there is no other. */
#define MAX_PROBLEM_BYTES (64 * 1024)

struct HthHttpClient {
    HthTlsTarget target;         /* with strings of our own */
    HthTlsStream *stream;        /* NULL: not connected */
    HthHttpAnswerReader *reader; /* of an answer under way; NULL: there is none */
    gboolean is_watched;         /* the peer's kernel is asked while a call lasts */
    guint64 bytes_sent;          /* of connections that are closed */
    guint64 bytes_received;
    guint64 handshake_bytes;
};

HthHttpClient *hth_http_client_new(const HthTlsTarget *target)
{
    HthHttpClient *self = g_new0(HthHttpClient, 1);
    self->target = *target;
    self->target.host = g_strdup(target->host);
    self->target.interface = g_strdup(target->interface);
    self->target.certificate = g_strdup(target->certificate);
    self->target.key = g_strdup(target->key);
    self->target.server_name = g_strdup(target->server_name);
    self->target.authorities = g_strdup(target->authorities);
    return self;
}

void hth_http_client_disconnect(HthHttpClient *self)
{
    g_clear_pointer(&self->reader, hth_http_answer_reader_free);
    if (self->stream == NULL)
        return;
    self->bytes_sent += hth_tls_stream_bytes_sent(self->stream);
    self->bytes_received += hth_tls_stream_bytes_received(self->stream);
    g_clear_pointer(&self->stream, hth_tls_stream_free);
}

void hth_http_client_free(HthHttpClient *self)
{
    if (self == NULL)
        return;
    hth_http_answer_reader_free(self->reader);
    hth_tls_stream_free(self->stream);
    g_free((char *)self->target.host);
    g_free((char *)self->target.interface);
    g_free((char *)self->target.certificate);
    explicit_bzero((char *)self->target.key, strlen(self->target.key));
    g_free((char *)self->target.key);
    g_free((char *)self->target.server_name);
    g_free((char *)self->target.authorities);
    g_free(self);
}

void hth_http_reply_clear(HthHttpReply *self)
{
    g_clear_pointer(&self->body, g_bytes_unref);
}

gboolean hth_http_client_is_connected(HthHttpClient *self)
{
    return self->stream != NULL && hth_tls_stream_is_open(self->stream);
}

void hth_http_client_local_address(HthHttpClient *self, struct sockaddr_storage *out)
{
    memset(out, 0, sizeof *out);
    if (self->stream != NULL)
        hth_tls_stream_local_address(self->stream, out);
}

const HthKeyId *hth_http_client_peer_key(HthHttpClient *self)
{
    return self->stream != NULL ? hth_tls_stream_peer_key(self->stream) : NULL;
}

guint64 hth_http_client_bytes_sent(HthHttpClient *self)
{
    return self->bytes_sent + (self->stream != NULL ? hth_tls_stream_bytes_sent(self->stream) : 0);
}

guint64 hth_http_client_bytes_received(HthHttpClient *self)
{
    return self->bytes_received +
           (self->stream != NULL ? hth_tls_stream_bytes_received(self->stream) : 0);
}

guint64 hth_http_client_handshake_bytes(HthHttpClient *self)
{
    return self->handshake_bytes;
}

/* ---- One call ---- */

static gboolean connect_if_needed(HthHttpClient *self, const HthPatience *patience, GError **error)
{
    if (hth_http_client_is_connected(self))
        return TRUE;
    hth_http_client_disconnect(self);
    self->stream = hth_tls_stream_open(&self->target, patience, error);
    if (self->stream == NULL)
        return FALSE;
    self->handshake_bytes +=
        hth_tls_stream_bytes_sent(self->stream) + hth_tls_stream_bytes_received(self->stream);
    return TRUE;
}

static const char *method_of(const HthHttpCall *call)
{
    if (call->method != NULL)
        return call->method;
    return call->body != NULL ? "POST" : "GET";
}

/* A home is known by its key and has no name, whatever relay leads to it. */
static const char *host_of(const HthHttpClient *self)
{
    return self->target.trusts_authorities ? self->target.server_name : "hearth";
}

gboolean hth_http_client_connect(HthHttpClient *self, guint timeout_ms, GCancellable *cancellable,
                                 GError **error)
{
    const HthPatience patience = hth_patience_for(timeout_ms, cancellable);
    return connect_if_needed(self, &patience, error);
}

/* Head and body in one piece while that is small: one record, one packet. */
static gboolean send_request(HthHttpClient *self, const HthHttpCall *call,
                             const HthPatience *patience, GError **error)
{
    static const gsize max_joined = 64 * 1024;
    gsize n_body = 0;
    const char *body = call->body != NULL ? g_bytes_get_data(call->body, &n_body) : NULL;
    g_autoptr(GString) head = g_string_new(NULL);
    g_string_append_printf(head, "%s %s HTTP/1.1\r\nHost: %s\r\n", method_of(call), call->path,
                           host_of(self));
    if (call->body != NULL)
        g_string_append_printf(head, "Content-Length: %zu\r\n", n_body);
    if (call->content_type != NULL)
        g_string_append_printf(head, "Content-Type: %s\r\n", call->content_type);
    if (call->headers != NULL)
        g_string_append(head, call->headers);
    g_string_append(head, "\r\n");
    const gboolean is_joined = n_body <= max_joined;
    if (is_joined)
        g_string_append_len(head, body, (gssize)n_body);
    return hth_tls_stream_write(self->stream, head->str, head->len, patience, error) &&
           (is_joined || hth_tls_stream_write(self->stream, body, n_body, patience, error));
}

typedef struct {
    GByteArray *body;
    gsize max_bytes;
} Collector;

static gboolean collect(const guint8 *bytes, gsize n_bytes, gpointer data, GError **error)
{
    Collector *collector = data;
    if (n_bytes > collector->max_bytes - collector->body->len) {
        g_set_error(error, HTH_ERROR, HTH_ERROR_TOO_LARGE, "the answer is larger than %zu bytes",
                    collector->max_bytes);
        return FALSE;
    }
    g_byte_array_append(collector->body, bytes, (guint)n_bytes);
    return TRUE;
}

/* @out_has_begun: whether anything of the answer has come. */
static gboolean try_begin(HthHttpClient *self, const HthHttpCall *call, const HthPatience *patience,
                          guint *out_status, gboolean *out_has_begun, GError **error)
{
    const guint stall_ms = call->stall_timeout_ms > 0 ? call->stall_timeout_ms : DEFAULT_TIMEOUT_MS;
    const HthPatience sending = hth_patience_sooner(patience, stall_ms);
    *out_has_begun = FALSE;
    if (!connect_if_needed(self, &sending, error))
        return FALSE;
    if (call->dead_after_ms > 0)
        hth_tls_stream_watch(self->stream, call->dead_after_ms);
    self->is_watched = call->dead_after_ms > 0;
    if (!send_request(self, call, &sending, error))
        return FALSE;
    self->reader = hth_http_answer_reader_new(self->stream, patience, stall_ms);
    const gboolean is_read = hth_http_answer_reader_head(self->reader, out_status, error);
    *out_has_begun = hth_http_answer_reader_has_begun(self->reader);
    return is_read;
}

gboolean hth_http_client_begin(HthHttpClient *self, const HthHttpCall *call, guint *out_status,
                               GError **error)
{
    g_return_val_if_fail(self->reader == NULL, FALSE);
    const HthPatience patience = hth_patience_for(call->timeout_ms, call->cancellable);
    const gboolean was_connected = hth_http_client_is_connected(self);
    g_autoptr(GError) problem = NULL;
    gboolean has_begun = FALSE;
    gboolean is_done = try_begin(self, call, &patience, out_status, &has_begun, &problem);
    /* The peer closed a kept connection just as we asked: it has not heard the question. */
    if (!is_done && was_connected && !has_begun &&
        g_error_matches(problem, HTH_ERROR, HTH_ERROR_UNAVAILABLE)) {
        g_clear_error(&problem);
        hth_http_client_disconnect(self);
        is_done = try_begin(self, call, &patience, out_status, &has_begun, &problem);
    }
    if (is_done)
        return TRUE;
    hth_http_client_disconnect(self);
    g_propagate_error(error, g_steal_pointer(&problem));
    return FALSE;
}

const char *hth_http_client_header(HthHttpClient *self, const char *name)
{
    return self->reader != NULL ? hth_http_answer_reader_header(self->reader, name) : NULL;
}

gboolean hth_http_client_pump(HthHttpClient *self, gsize max_bytes, HthHttpSink sink, gpointer data,
                              gboolean *out_ended, GError **error)
{
    g_return_val_if_fail(self->reader != NULL, FALSE);
    return hth_http_answer_reader_pump(self->reader, max_bytes, sink, data, out_ended, error);
}

void hth_http_client_end(HthHttpClient *self)
{
    if (self->reader == NULL)
        return;
    if (self->is_watched)
        hth_tls_stream_watch(self->stream, 0);
    self->is_watched = FALSE;
    if (hth_http_answer_reader_is_kept(self->reader))
        g_clear_pointer(&self->reader, hth_http_answer_reader_free);
    else
        hth_http_client_disconnect(self);
}

static gboolean read_body(HthHttpClient *self, const HthHttpCall *call, guint status,
                          HthHttpReply *out_reply, GError **error)
{
    const gboolean is_streamed = call->sink != NULL && status == 200;
    const gsize asked_bytes =
        call->max_answer_bytes > 0 ? call->max_answer_bytes : DEFAULT_MAX_BYTES;
    Collector collector = {
        .body = g_byte_array_new(),
        .max_bytes = call->sink != NULL ? MAX_PROBLEM_BYTES : asked_bytes,
    };
    const gboolean is_read =
        is_streamed ? hth_http_answer_reader_body(self->reader, call->sink, call->sink_data, error)
                    : hth_http_answer_reader_body(self->reader, collect, &collector, error);
    GBytes *body = g_byte_array_free_to_bytes(collector.body);
    if (is_read)
        *out_reply = (HthHttpReply){ .status = status, .body = body };
    else
        g_bytes_unref(body);
    return is_read;
}

gboolean hth_http_client_call(HthHttpClient *self, const HthHttpCall *call, HthHttpReply *out_reply,
                              GError **error)
{
    HthHttpCall timed = *call;
    guint status = 0;
    if (timed.timeout_ms == 0 && timed.sink == NULL)
        timed.timeout_ms = DEFAULT_TIMEOUT_MS;
    if (!hth_http_client_begin(self, &timed, &status, error))
        return FALSE;
    const gboolean is_read = read_body(self, &timed, status, out_reply, error);
    hth_http_client_end(self);
    return is_read;
}

/* ---- Server-sent events (WHATWG HTML, section 9.2) ---- */

#define MAX_LINE_BYTES (64 * 1024)
/* The server breaks a silence of 15 s. */
#define EVENT_SILENCE_MS 40000

typedef struct {
    HthHttpEvent callback;
    gpointer user_data;
    GString *line;
    GString *data;
    char *event;
    gboolean has_data;
    gboolean is_over; /* the callback has had enough */
} EventParser;

static void end_event(EventParser *parser)
{
    if (parser->has_data)
        parser->is_over = !parser->callback(parser->event != NULL ? parser->event : "message",
                                            parser->data->str, parser->user_data);
    g_string_truncate(parser->data, 0);
    g_clear_pointer(&parser->event, g_free);
    parser->has_data = FALSE;
}

static void take_line(EventParser *parser, const char *line)
{
    if (*line == '\0') {
        end_event(parser);
    } else if (g_str_has_prefix(line, "data:")) {
        if (parser->has_data)
            g_string_append_c(parser->data, '\n');
        g_string_append(parser->data, line + 5 + (line[5] == ' '));
        parser->has_data = TRUE;
    } else if (g_str_has_prefix(line, "event:")) {
        g_free(parser->event);
        parser->event = g_strdup(line + 6 + (line[6] == ' '));
    }
}

static gboolean take_event_bytes(const guint8 *bytes, gsize n_bytes, gpointer data, GError **error)
{
    EventParser *parser = data;
    for (gsize i = 0; i < n_bytes && !parser->is_over; i++) {
        if (bytes[i] == '\n') {
            take_line(parser, parser->line->str);
            g_string_truncate(parser->line, 0);
        } else if (bytes[i] != '\r' && bytes[i] != '\0') {
            g_string_append_c(parser->line, (char)bytes[i]);
        }
        if (parser->line->len + parser->data->len > MAX_LINE_BYTES) {
            g_set_error(error, HTH_ERROR, HTH_ERROR_TOO_LARGE, "an event is too large");
            return FALSE;
        }
    }
    if (parser->is_over)
        g_set_error(error, HTH_ERROR, HTH_ERROR_REFUSED, "enough");
    return !parser->is_over;
}

gboolean hth_http_client_events(HthHttpClient *self, const char *path, HthHttpEvent callback,
                                gpointer user_data, GCancellable *cancellable, guint *out_status,
                                GBytes **out_problem, GError **error)
{
    EventParser parser = {
        .callback = callback,
        .user_data = user_data,
        .line = g_string_new(NULL),
        .data = g_string_new(NULL),
    };
    const HthHttpCall call = {
        .path = path,
        .stall_timeout_ms = EVENT_SILENCE_MS,
        .cancellable = cancellable,
        .sink = take_event_bytes,
        .sink_data = &parser,
    };
    g_auto(HthHttpReply) reply = { 0 };
    g_autoptr(GError) problem = NULL;
    gboolean is_done = hth_http_client_call(self, &call, &reply, &problem);
    *out_status = reply.status;
    if (is_done && out_problem != NULL)
        *out_problem = g_bytes_ref(reply.body);
    if (!is_done && parser.is_over) {
        *out_status = 200;
        is_done = TRUE;
        if (out_problem != NULL)
            *out_problem = g_bytes_new(NULL, 0);
    } else if (!is_done) {
        g_propagate_error(error, g_steal_pointer(&problem));
    }
    g_string_free(parser.line, TRUE);
    g_string_free(parser.data, TRUE);
    g_free(parser.event);
    return is_done;
}
