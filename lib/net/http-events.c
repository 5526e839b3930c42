/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Server-sent events: a bounded queue that the connection's thread takes from; while it is empty
 * the connection is suspended. A reader that returned 0 instead would be called in a loop. */
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

#include "net/http-request.h"

#define MAX_EVENTS      256
#define MAX_QUEUE_BYTES (1024 * 1024)
#define KEEP_ALIVE_US   (15 * G_USEC_PER_SEC)
#define KEEP_ALIVE_TEXT ":\n\n"
/* Events are short, and thousands of streams may be open: each keeps its block. */
#define BLOCK_BYTES 2048
#define FIRST_TEXT  "retry: 2000\n\n" /* ms until a client connects anew */

struct HthHttpEvents {
    _Atomic int references;
    HthHttpTicker *ticker;     /* of the server; used only while the stream is open */
    pthread_mutex_t lock;      /* guards the fields below */
    HthHttpExchange *exchange; /* not used once it is not open */
    int fd;
    gboolean is_tls;
    gboolean is_open;
    gboolean is_suspended;
    GQueue queue; /* (element char) texts to send */
    gsize n_queue_bytes;
    gsize first_sent; /* bytes of the first text that have been taken */
    gint64 last_us;
};

static void events_ref(gpointer object)
{
    HthHttpEvents *self = object;
    atomic_fetch_add(&self->references, 1);
}

static void events_unref(gpointer object)
{
    HthHttpEvents *self = object;
    if (atomic_fetch_sub(&self->references, 1) > 1)
        return;
    g_queue_clear_full(&self->queue, g_free);
    pthread_mutex_destroy(&self->lock);
    g_free(self);
}

void hth_http_events_unref(HthHttpEvents *self)
{
    events_unref(self);
}

/* Locking: self->lock is held. */
static void wake(HthHttpEvents *self)
{
    if (self->is_suspended)
        hth_http_exchange_resume(self->exchange);
    self->is_suspended = FALSE;
}

/* Locking: self->lock is held, and the stream is open. */
static void push(HthHttpEvents *self, char *text)
{
    self->n_queue_bytes += strlen(text);
    g_queue_push_tail(&self->queue, text);
    self->last_us = g_get_monotonic_time();
    wake(self);
}

/* Locking: self->lock is held. What is not sent yet is dropped. */
static void end(HthHttpEvents *self)
{
    self->is_open = FALSE;
    g_queue_clear_full(&self->queue, g_free);
    shutdown(self->fd, SHUT_RDWR);
    wake(self);
}

/* On the connection's thread, from where alone it can be suspended. */
static gssize read_events(gpointer data, guint64 position, char *buffer, gsize max_bytes)
{
    HthHttpEvents *self = data;
    gsize n_bytes = 0;
    pthread_mutex_lock(&self->lock);
    const gboolean is_open = self->is_open;
    while (is_open && n_bytes < max_bytes && self->queue.length > 0) {
        const char *text = (const char *)g_queue_peek_head(&self->queue) + self->first_sent;
        const gsize part = MIN(strlen(text), max_bytes - n_bytes);
        memcpy(buffer + n_bytes, text, part);
        n_bytes += part;
        self->first_sent += part;
        self->n_queue_bytes -= part;
        if (text[part] == '\0') {
            g_free(g_queue_pop_head(&self->queue));
            self->first_sent = 0;
        }
    }
    if (is_open && n_bytes == 0) {
        self->is_suspended = TRUE;
        hth_http_exchange_suspend(self->exchange);
    }
    pthread_mutex_unlock(&self->lock);
    return is_open ? (gssize)n_bytes : HTH_HTTP_READ_END;
}

/* The answer has gone: no more of the exchange or its descriptor. */
static void on_answer_gone(gpointer data)
{
    HthHttpEvents *self = data;
    pthread_mutex_lock(&self->lock);
    self->is_open = FALSE;
    self->is_suspended = FALSE;
    pthread_mutex_unlock(&self->lock);
    hth_http_ticker_remove(self->ticker, self);
    events_unref(self);
}

/* A suspended connection is not watched by libmicrohttpd. Over TLS a peer says goodbye before it
 * goes, so there its end of the stream is looked for behind what is still to be read. */
static gboolean has_peer_gone(const HthHttpEvents *self)
{
    char byte;
    struct pollfd poll_fd = { .fd = self->fd, .events = POLLRDHUP };
    if (self->is_tls)
        return poll(&poll_fd, 1, 0) > 0;
    return recv(self->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 0;
}

static void tick(gpointer object, gint64 now_us)
{
    HthHttpEvents *self = object;
    pthread_mutex_lock(&self->lock);
    if (self->is_open && (now_us == G_MAXINT64 || (self->is_suspended && has_peer_gone(self))))
        end(self);
    else if (self->is_open && now_us - self->last_us >= KEEP_ALIVE_US)
        push(self, g_strdup(KEEP_ALIVE_TEXT));
    pthread_mutex_unlock(&self->lock);
}

static const HthHttpTickable events_type = {
    .tick = tick,
    .ref = events_ref,
    .unref = events_unref,
};

static HthHttpEvents *events_new(void)
{
    HthHttpEvents *self = g_new0(HthHttpEvents, 1);
    self->references = 1;
    g_queue_init(&self->queue);
    pthread_mutex_init(&self->lock, NULL);
    return self;
}

/* Locking: the request's lock is held, and it is not answered: so the server is there. */
static void open_stream(HthHttpEvents *self, HthHttpRequest *request)
{
    self->ticker = request->service->ticker;
    self->exchange = request->exchange;
    self->fd = request->connection->fd;
    self->is_tls = request->connection->is_tls;
    self->is_open = TRUE;
    push(self, g_strdup(FIRST_TEXT));
    hth_http_request_count_waiting(request);
    hth_http_ticker_add(self->ticker, self, &events_type);
    /* stop() sets the flag and then ticks what it finds: one of the two sees this stream. */
    if (atomic_load(&request->service->is_stopping))
        tick(self, G_MAXINT64);

    events_ref(self); /* the answer's */
    HthHttpAnswer *answer =
        hth_http_answer_new_reader(-1, BLOCK_BYTES, read_events, self, on_answer_gone);
    hth_http_request_apply_headers(request, answer);
    hth_http_request_settle(request, 200, answer, 0);
}

HthHttpEvents *hth_http_request_respond_events(HthHttpRequest *self)
{
    hth_http_request_default_header(self, "Content-Type", "text/event-stream");
    hth_http_request_default_header(self, "Cache-Control", "no-store");
    HthHttpEvents *events = events_new();
    pthread_mutex_lock(&self->lock);
    const gboolean is_first = !self->is_answered;
    if (is_first)
        open_stream(events, self);
    pthread_mutex_unlock(&self->lock);
    hth_http_request_settled(self, is_first);
    return events;
}

gboolean hth_http_events_send(HthHttpEvents *self, guint64 id, const char *event, const char *json)
{
    g_return_val_if_fail(strpbrk(event, "\r\n") == NULL && strpbrk(json, "\r\n") == NULL, FALSE);
    g_autofree char *text =
        g_strdup_printf("id: %" G_GUINT64_FORMAT "\nevent: %s\ndata: %s\n\n", id, event, json);
    pthread_mutex_lock(&self->lock);
    if (self->is_open &&
        (self->queue.length >= MAX_EVENTS || self->n_queue_bytes + strlen(text) > MAX_QUEUE_BYTES))
        end(self);
    const gboolean is_open = self->is_open;
    if (is_open)
        push(self, g_steal_pointer(&text));
    pthread_mutex_unlock(&self->lock);
    return is_open;
}

gboolean hth_http_events_is_open(HthHttpEvents *self)
{
    pthread_mutex_lock(&self->lock);
    const gboolean is_open = self->is_open;
    pthread_mutex_unlock(&self->lock);
    return is_open;
}
