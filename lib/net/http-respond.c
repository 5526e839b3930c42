/* SPDX-License-Identifier: GPL-3.0-or-later */
#define HTH_LOG_TOPIC "http"
#include <string.h>

#include "base/log.h"
#include "net/http-request.h"

static void add_pair(GArray **headers, const char *name, const char *value)
{
    if (*headers == NULL)
        *headers = g_array_new(FALSE, FALSE, sizeof(HthHttpHeader));
    const HthHttpHeader header = { .name = g_strdup(name), .value = g_strdup(value) };
    g_array_append_val(*headers, header);
}

void hth_http_request_add_header(HthHttpRequest *self, const char *name, const char *value)
{
    g_return_if_fail(strpbrk(name, "\r\n: ") == NULL && *name != '\0');
    g_return_if_fail(strpbrk(value, "\r\n") == NULL);
    add_pair(&self->added, name, value);
}

const char *hth_http_request_added_header(const HthHttpRequest *self, const char *name)
{
    for (guint i = 0; self->added != NULL && i < self->added->len; i++) {
        const HthHttpHeader *header = &g_array_index(self->added, HthHttpHeader, i);
        if (g_ascii_strcasecmp(header->name, name) == 0)
            return header->value;
    }
    return NULL;
}

void hth_http_request_apply_headers(HthHttpRequest *self, HthHttpAnswer *answer)
{
    for (guint i = 0; self->added != NULL && i < self->added->len; i++) {
        const HthHttpHeader *header = &g_array_index(self->added, HthHttpHeader, i);
        hth_http_answer_add_header(answer, header->name, header->value);
    }
}

gboolean hth_http_request_settle(HthHttpRequest *self, guint status, HthHttpAnswer *answer,
                                 guint64 body_bytes)
{
    if (self->is_answered)
        return FALSE;
    self->is_answered = TRUE;
    self->answer = answer;
    self->status = status;
    self->body_bytes = body_bytes;
    if (self->is_deferred)
        hth_http_ticker_remove(self->service->ticker, self);
    if (self->is_suspended)
        hth_http_exchange_resume(self->exchange);
    self->is_suspended = FALSE;
    return TRUE;
}

void hth_http_request_settled(HthHttpRequest *self, gboolean is_first)
{
    if (!is_first && !self->is_deferred)
        g_critical("%s is answered twice", self->target.path);
    if (self->is_deferred)
        hth_http_request_unref(self);
}

void hth_http_request_send(HthHttpRequest *self, guint status, HthHttpAnswer *answer,
                           guint64 body_bytes)
{
    hth_http_request_apply_headers(self, answer);
    pthread_mutex_lock(&self->lock);
    const gboolean is_first = hth_http_request_settle(self, status, answer, body_bytes);
    pthread_mutex_unlock(&self->lock);
    if (!is_first)
        hth_http_answer_free(answer);
    hth_http_request_settled(self, is_first);
}

void hth_http_request_set_header(HthHttpRequest *self, const char *name, const char *value)
{
    for (guint i = 0; self->added != NULL && i < self->added->len; i++) {
        HthHttpHeader *header = &g_array_index(self->added, HthHttpHeader, i);
        if (g_ascii_strcasecmp(header->name, name) == 0) {
            g_free(header->value);
            header->value = g_strdup(value);
            return;
        }
    }
    hth_http_request_add_header(self, name, value);
}

void hth_http_request_default_header(HthHttpRequest *self, const char *name, const char *value)
{
    if (value != NULL && hth_http_request_added_header(self, name) == NULL)
        hth_http_request_add_header(self, name, value);
}

void hth_http_request_respond_take(HthHttpRequest *self, guint status, const char *content_type,
                                   char *body, gsize size_bytes)
{
    hth_http_request_default_header(self, "Content-Type", content_type);
    hth_http_request_send(self, status, hth_http_answer_new_take(body, size_bytes), size_bytes);
}

void hth_http_request_respond(HthHttpRequest *self, guint status, const char *content_type,
                              const char *body)
{
    char *copy = g_strdup(body != NULL ? body : "");
    hth_http_request_respond_take(self, status, content_type, copy, strlen(copy));
}

void hth_http_request_respond_bytes(HthHttpRequest *self, guint status, const char *content_type,
                                    GBytes *body)
{
    hth_http_request_default_header(self, "Content-Type", content_type);
    hth_http_request_send(self, status, hth_http_answer_new_bytes(body), g_bytes_get_size(body));
}

typedef struct {
    HthHttpStreamRead read;
    gpointer data;
    GDestroyNotify destroy;
} Stream;

static void stream_free(gpointer pointer)
{
    Stream *stream = pointer;
    if (stream->destroy != NULL)
        stream->destroy(stream->data);
    g_free(stream);
}

static gssize read_stream(gpointer pointer, guint64 position, char *buffer, gsize max_bytes)
{
    const Stream *stream = pointer;
    const gssize n_bytes = stream->read(stream->data, position, buffer, max_bytes);
    if (n_bytes > 0)
        return n_bytes;
    return n_bytes == HTH_HTTP_STREAM_END ? HTH_HTTP_READ_END : HTH_HTTP_READ_FAILED;
}

void hth_http_request_respond_stream(HthHttpRequest *self, guint status, const char *content_type,
                                     gint64 size_bytes, HthHttpStreamRead read, gpointer data,
                                     GDestroyNotify destroy)
{
    Stream *stream = g_new(Stream, 1);
    *stream = (Stream){ .read = read, .data = data, .destroy = destroy };
    hth_http_request_default_header(self, "Content-Type", content_type);
    hth_http_request_send(self, status,
                          hth_http_answer_new_reader(size_bytes, HTH_HTTP_BLOCK_BYTES, read_stream,
                                                     stream, stream_free),
                          size_bytes > 0 ? (guint64)size_bytes : 0);
}

void hth_http_request_respond_error(HthHttpRequest *self, guint status, const char *sentence)
{
    char *body = g_strdup_printf("%s\n", sentence);
    hth_http_request_respond_take(self, status, "text/plain; charset=utf-8", body, strlen(body));
}

static void copy_header(const char *name, const char *value, gpointer data)
{
    add_pair(data, name, value);
}

/* On the ticker's thread, or at stop. */
static void keep_deadline(gpointer object, gint64 now_us)
{
    HthHttpRequest *self = object;
    if (now_us < self->deadline_us)
        return;
    static const char sentence[] = "hearth could not answer in time. Try again.\n";
    HthHttpAnswer *answer = hth_http_answer_new_take(g_strdup(sentence), sizeof sentence - 1);
    hth_http_answer_add_header(answer, "Content-Type", "text/plain; charset=utf-8");
    hth_http_answer_add_header(answer, "Retry-After", "1");
    pthread_mutex_lock(&self->lock);
    const gboolean is_first = hth_http_request_settle(self, 503, answer, sizeof sentence - 1);
    pthread_mutex_unlock(&self->lock);
    if (!is_first)
        hth_http_answer_free(answer);
    else if (now_us != G_MAXINT64)
        hth_log_warning("a deferred answer is late path=%s", self->target.path);
}

static void ref_request(gpointer object)
{
    hth_http_request_ref(object);
}

static void unref_request(gpointer object)
{
    hth_http_request_unref(object);
}

static const HthHttpTickable deferred_type = {
    .tick = keep_deadline,
    .ref = ref_request,
    .unref = unref_request,
};

void hth_http_request_defer(HthHttpRequest *self)
{
    g_return_if_fail(!self->is_deferred && !self->is_answered);
    self->received = g_array_new(FALSE, FALSE, sizeof(HthHttpHeader));
    hth_http_exchange_each_header(self->exchange, copy_header, &self->received);
    hth_http_request_ref(self);
    self->deadline_us =
        g_get_monotonic_time() + (gint64)self->service->options.defer_timeout_s * G_USEC_PER_SEC;
    pthread_mutex_lock(&self->lock);
    self->is_deferred = TRUE;
    pthread_mutex_unlock(&self->lock);
    hth_http_ticker_add(self->service->ticker, self, &deferred_type);
    /* stop() sets the flag and then ticks what it finds: one of the two sees this request. */
    if (atomic_load(&self->service->is_stopping))
        keep_deadline(self, G_MAXINT64);
}

void hth_http_request_on_finished(HthHttpRequest *self, HthHttpFinished callback, gpointer data,
                                  GDestroyNotify destroy)
{
    g_return_if_fail(self->finished == NULL);
    self->finished = callback;
    self->finished_data = data;
    self->finished_destroy = destroy;
}
