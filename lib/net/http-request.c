/* SPDX-License-Identifier: GPL-3.0-or-later */
#define HTH_LOG_TOPIC "http"
#include "net/http-request.h"

#include <string.h>
#include <sys/socket.h>

#include "base/log.h"
#include "net/http-route.h"

/* What the server counts of the head, to refuse what two readers could understand in two ways
 * (request smuggling: RFC 9112, section 11.2). */
typedef struct {
    guint n_hosts;
    guint n_lengths;
    guint n_encodings;
    const char *host;
    const char *length;
    const char *encoding;
} Head;

HthHttpRequest *hth_http_request_new(HthHttpService *service, HthHttpConnection *connection,
                                     HthHttpExchange *exchange, const char *raw_target)
{
    HthHttpRequest *self = g_new0(HthHttpRequest, 1);
    self->references = 1;
    self->service = service;
    self->connection = hth_http_connection_ref(connection);
    self->exchange = exchange;
    self->raw_target = g_strdup(raw_target);
    pthread_mutex_init(&self->lock, NULL);
    return self;
}

HthHttpRequest *hth_http_request_ref(HthHttpRequest *self)
{
    atomic_fetch_add(&self->references, 1);
    return self;
}

static void free_headers(GArray *headers)
{
    if (headers == NULL)
        return;
    for (guint i = 0; i < headers->len; i++) {
        HthHttpHeader *header = &g_array_index(headers, HthHttpHeader, i);
        g_free(header->name);
        g_free(header->value);
    }
    g_array_unref(headers);
}

void hth_http_request_unref(HthHttpRequest *self)
{
    if (atomic_fetch_sub(&self->references, 1) > 1)
        return;
    g_free(self->raw_target);
    hth_http_target_clear(&self->target);
    g_clear_pointer(&self->body, g_byte_array_unref);
    g_clear_pointer(&self->texts, g_ptr_array_unref);
    free_headers(self->added);
    free_headers(self->received);
    if (self->finished_destroy != NULL)
        self->finished_destroy(self->finished_data);
    g_clear_pointer(&self->answer, hth_http_answer_free);
    hth_http_connection_unref(self->connection);
    pthread_mutex_destroy(&self->lock);
    g_free(self);
}

static void refuse(HthHttpRequest *self, guint status, const char *sentence)
{
    hth_http_request_respond_error(self, status, sentence);
}

static void look_at_header(const char *name, const char *value, gpointer data)
{
    Head *head = data;
    if (g_ascii_strcasecmp(name, "Host") == 0) {
        head->n_hosts++;
        head->host = value;
    } else if (g_ascii_strcasecmp(name, "Content-Length") == 0) {
        head->n_lengths++;
        head->length = value;
    } else if (g_ascii_strcasecmp(name, "Transfer-Encoding") == 0) {
        head->n_encodings++;
        head->encoding = value;
    }
}

/* FALSE when it has been refused. */
static gboolean check_host(HthHttpRequest *self, const Head *head)
{
    if (head->n_hosts > 1 || (head->n_hosts == 0 && !self->is_http10)) {
        refuse(self, 400, "A request of HTTP/1.1 names its host, once.");
        return FALSE;
    }
    g_autofree char *host = NULL;
    if (head->host != NULL && *head->host != '\0') {
        host = hth_http_host_parse(head->host);
        if (host == NULL) {
            refuse(self, 400, "The Host header is malformed.");
            return FALSE;
        }
    }
    /* RFC 9112, section 3.2.2: the target's host goes before the header's. */
    const char *asked = self->target.host != NULL ? self->target.host : host;
    const HthHttpOptions *options = &self->service->options;
    if (options->host_rule == NULL ||
        options->host_rule(asked, self->connection->local, self->connection->local_port,
                           options->rule_data))
        return TRUE;
    atomic_fetch_add(&self->service->tally.refused_host, 1);
    hth_log_debug("refused host=\"%s\" peer=%s", asked != NULL ? asked : "",
                  self->connection->peer_text);
    refuse(self, 421,
           "hearth does not answer to this name. Use its address, its host name or a name listed "
           "under host-names in hearth.conf.");
    return FALSE;
}

static gboolean check_body(HthHttpRequest *self, const Head *head)
{
    if (head->n_lengths > 1 || head->n_encodings > 1 ||
        (head->n_lengths > 0 && head->n_encodings > 0)) {
        refuse(self, 400, "The length of the body is given in two ways.");
        return FALSE;
    }
    if (head->encoding != NULL && g_ascii_strcasecmp(head->encoding, "chunked") != 0) {
        refuse(self, 501, "Of transfer encodings only chunked is understood.");
        return FALSE;
    }
    guint64 n_bytes = 0;
    if (head->length != NULL &&
        !g_ascii_string_to_unsigned(head->length, 10, 0, G_MAXINT64, &n_bytes, NULL)) {
        refuse(self, 400, "The Content-Length is not a number.");
        return FALSE;
    }
    self->has_body = n_bytes > 0 || head->encoding != NULL;
    if (n_bytes > self->entry.route->max_body_bytes ||
        (self->has_body && self->entry.route->max_body_bytes == 0)) {
        refuse(self, 413, "The body is larger than what is taken here.");
        return FALSE;
    }
    return TRUE;
}

static gboolean check_route(HthHttpRequest *self)
{
    HthHttpMethods allowed = 0;
    const guint status =
        hth_http_route_find(self->service->routes, hth_http_method_from_name(self->method),
                            self->target.path, &self->entry, &allowed);
    if (status == 404)
        refuse(self, 404, "There is nothing here.");
    if (status == 405) {
        g_autofree char *text = hth_http_methods_text(allowed);
        hth_http_request_add_header(self, "Allow", text);
        refuse(self, 405, "This method is not for this place.");
    }
    return status == 200;
}

static gboolean check_entry(HthHttpRequest *self)
{
    const HthHttpOptions *options = &self->service->options;
    return options->entry_rule == NULL ||
           options->entry_rule(self, self->entry.route, options->entry_data);
}

/* On the thread that serves the connection, where alone its TLS session may be asked. */
static void learn_peer_key(HthHttpRequest *self)
{
    HthKeyId key;
    if (self->connection->is_tls && !self->connection->has_peer_key &&
        hth_http_exchange_peer_key(self->exchange, &key))
        hth_http_connections_set_key(self->service->connections, self->connection, &key);
}

static void begin(HthHttpRequest *self, const char *method, const char *version)
{
    self->has_begun = TRUE;
    self->method = hth_http_method_static_name(method);
    self->is_http10 = strcmp(version, "HTTP/1.0") == 0;
    atomic_fetch_add_explicit(&self->service->tally.requests, 1, memory_order_relaxed);
    learn_peer_key(self);

    Head head = { 0 };
    hth_http_exchange_each_header(self->exchange, look_at_header, &head);
    /* Until it is looked at more closely. */
    self->has_body =
        head.encoding != NULL || (head.length != NULL && strcmp(head.length, "0") != 0);
    if (!hth_http_target_parse(self->raw_target, &self->target)) {
        refuse(self, 400, "The address that was asked for is malformed.");
        return;
    }
    if (check_host(self, &head) && check_route(self) && check_entry(self) &&
        check_body(self, &head) && self->has_body)
        hth_http_connection_set_timeout(self->connection, self->service->options.body_timeout_s);
    else if (!self->has_body || !self->is_answered)
        hth_http_connection_set_timeout(self->connection, 0);
}

/* A body without an announced length that grows too long: libmicrohttpd takes no answer in the
 * middle of a request, so this one is written by hand, ahead of the close. */
static gboolean refuse_upload(HthHttpRequest *self)
{
    if (self->connection->is_tls)
        return FALSE;
    static const char answer[] = "HTTP/1.1 413 Content Too Large\r\nConnection: close\r\n"
                                 "Content-Length: 0\r\n\r\n";
    (void)send(self->connection->fd, answer, sizeof answer - 1, MSG_NOSIGNAL | MSG_DONTWAIT);
    return FALSE;
}

static gboolean take_upload(HthHttpRequest *self, const char *upload, gsize *upload_bytes)
{
    if (self->is_answered) {
        *upload_bytes = 0;
        return TRUE;
    }
    if (self->body == NULL)
        self->body = g_byte_array_new();
    if (*upload_bytes > self->entry.route->max_body_bytes - self->body->len)
        return refuse_upload(self);
    g_byte_array_append(self->body, (const guint8 *)upload, (guint)*upload_bytes);
    *upload_bytes = 0;
    return TRUE;
}

static void call_handler(HthHttpRequest *self)
{
    self->is_handled = TRUE;
    hth_http_connection_set_timeout(self->connection, 0);
    if (self->body != NULL)
        g_byte_array_append(self->body, (const guint8 *)"", 1);
    self->entry.route->handler(self, self->entry.data);
    pthread_mutex_lock(&self->lock);
    const gboolean is_forgotten = !self->is_answered && !self->is_deferred;
    pthread_mutex_unlock(&self->lock);
    if (is_forgotten) {
        g_critical("the handler of %s neither answered nor deferred", self->target.path);
        refuse(self, 500, "The answer was forgotten.");
    }
}

void hth_http_request_count_waiting(HthHttpRequest *self)
{
    if (!self->is_waiting)
        atomic_fetch_add(&self->service->n_waiting, 1);
    self->is_waiting = TRUE;
}

/* Hands the answer over, or waits for it without a thread. */
static gboolean send_or_wait(HthHttpRequest *self)
{
    pthread_mutex_lock(&self->lock);
    if (!self->is_answered) {
        self->is_suspended = TRUE;
        hth_http_request_count_waiting(self);
        hth_http_exchange_suspend(self->exchange);
        pthread_mutex_unlock(&self->lock);
        return TRUE;
    }
    HthHttpAnswer *answer = g_steal_pointer(&self->answer);
    const guint status = self->status;
    if (answer != NULL && self->finished != NULL) {
        self->written_before = hth_http_connection_written(self->connection);
        self->is_measured = TRUE;
    }
    pthread_mutex_unlock(&self->lock);
    if (answer == NULL)
        return TRUE; /* it has been handed over already */
    return hth_http_exchange_send(self->exchange, status, answer);
}

gboolean hth_http_request_step(HthHttpRequest *self, const char *method, const char *version,
                               const char *upload, gsize *upload_bytes)
{
    if (!self->has_begun) {
        begin(self, method, version);
        /* An answer before the body makes libmicrohttpd close the connection: only where there is
         * one. */
        return self->is_answered && self->has_body ? send_or_wait(self) : TRUE;
    }
    if (*upload_bytes > 0)
        return take_upload(self, upload, upload_bytes);
    if (!self->is_handled && !self->is_answered)
        call_handler(self);
    return send_or_wait(self);
}

/* Of an answer that goes out, or was broken off. */
static guint64 measure_part(HthHttpRequest *self)
{
    const guint64 written = hth_http_connection_written(self->connection);
    const guint64 n_bytes = written > self->written_before ? written - self->written_before : 0;
    return self->body_bytes > 0 ? MIN(n_bytes, self->body_bytes) : n_bytes;
}

static guint64 measure(HthHttpRequest *self, gboolean is_complete)
{
    if (strcmp(self->method, "HEAD") == 0)
        return 0;
    if (is_complete)
        return self->body_bytes;
    if (self->finished == NULL)
        return 0; /* not measured; the total leaves out what was broken off */
    return measure_part(self);
}

void hth_http_request_over(HthHttpRequest *self, gboolean is_complete)
{
    if (self->has_begun) {
        const guint64 n_bytes = self->is_answered ? measure(self, is_complete) : 0;
        atomic_fetch_add_explicit(&self->service->tally.bytes_sent, n_bytes, memory_order_relaxed);
        if (self->finished != NULL)
            self->finished(n_bytes, is_complete && self->is_answered, self->finished_data);
    }
    hth_http_connection_set_timeout(self->connection, self->service->options.idle_timeout_s);
    pthread_mutex_lock(&self->lock);
    self->exchange = NULL;
    self->is_measured = FALSE; /* from here on the descriptor may be closed */
    g_clear_pointer(&self->answer, hth_http_answer_free); /* never handed over */
    const gboolean was_waiting = self->is_waiting;
    pthread_mutex_unlock(&self->lock);
    if (was_waiting)
        atomic_fetch_sub(&self->service->n_waiting, 1);
    hth_http_request_unref(self);
}

const char *hth_http_request_method(HthHttpRequest *self)
{
    return self->method;
}

gboolean hth_http_request_is_head(HthHttpRequest *self)
{
    return strcmp(self->method, "HEAD") == 0;
}

const char *hth_http_request_path(HthHttpRequest *self)
{
    return self->target.path;
}

const char *hth_http_request_header(HthHttpRequest *self, const char *name)
{
    if (self->received == NULL)
        return hth_http_exchange_header(self->exchange, name);
    for (guint i = 0; i < self->received->len; i++) {
        const HthHttpHeader *header = &g_array_index(self->received, HthHttpHeader, i);
        if (g_ascii_strcasecmp(header->name, name) == 0)
            return header->value;
    }
    return NULL;
}

const char *hth_http_request_query(HthHttpRequest *self, const char *name)
{
    char *value = hth_http_query_value(self->target.query, name);
    if (value == NULL)
        return NULL;
    if (self->texts == NULL)
        self->texts = g_ptr_array_new_with_free_func(g_free);
    g_ptr_array_add(self->texts, value);
    return value;
}

const char *hth_http_request_body(HthHttpRequest *self, gsize *out_size)
{
    const gsize size = self->body != NULL ? self->body->len - 1 : 0;
    if (out_size != NULL)
        *out_size = size;
    return self->body != NULL ? (const char *)self->body->data : "";
}

GInetAddress *hth_http_request_peer(HthHttpRequest *self)
{
    return self->connection->peer;
}

const char *hth_http_request_peer_text(HthHttpRequest *self)
{
    return self->connection->peer_text;
}

GInetAddress *hth_http_request_local(HthHttpRequest *self)
{
    return self->connection->local;
}

const char *hth_http_request_base_url(HthHttpRequest *self)
{
    return self->connection->base_url;
}

const HthKeyId *hth_http_request_peer_key(HthHttpRequest *self)
{
    return self->connection->has_peer_key ? &self->connection->peer_key : NULL;
}

guint hth_http_request_peer_uid(HthHttpRequest *self)
{
    return self->connection->peer_uid;
}

/* ---- The meter: the request itself, of which nothing else may be asked ---- */

HthHttpMeter *hth_http_request_meter(HthHttpRequest *self)
{
    return (HthHttpMeter *)hth_http_request_ref(self);
}

HthHttpMeter *hth_http_meter_ref(HthHttpMeter *self)
{
    return (HthHttpMeter *)hth_http_request_ref((HthHttpRequest *)self);
}

guint64 hth_http_meter_bytes(HthHttpMeter *self)
{
    HthHttpRequest *request = (HthHttpRequest *)self;
    pthread_mutex_lock(&request->lock);
    const guint64 n_bytes = request->is_measured ? measure_part(request) : 0;
    pthread_mutex_unlock(&request->lock);
    return n_bytes;
}

void hth_http_meter_unref(HthHttpMeter *self)
{
    if (self != NULL)
        hth_http_request_unref((HthHttpRequest *)self);
}
