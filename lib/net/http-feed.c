/* SPDX-License-Identifier: GPL-3.0-or-later */
/* An answer whose bytes may have to be waited for: while they are, the connection is suspended and
 * costs no thread. */
#include <poll.h>
#include <sys/socket.h>

#include "net/http-request.h"

struct HthHttpFeed {
    _Atomic int references;
    HthHttpTicker *ticker; /* of the server; used only while the feed is open */
    HthHttpStreamRead read;
    gpointer data;
    GDestroyNotify destroy;
    pthread_mutex_t lock;      /* guards the fields below */
    HthHttpExchange *exchange; /* not used once it is not open */
    int fd;
    gboolean is_open;
    gboolean is_suspended;
    gboolean is_woken; /* since the reader was asked last */
};

static void feed_ref(gpointer object)
{
    HthHttpFeed *self = object;
    atomic_fetch_add(&self->references, 1);
}

static void feed_unref(gpointer object)
{
    HthHttpFeed *self = object;
    if (atomic_fetch_sub(&self->references, 1) > 1)
        return;
    pthread_mutex_destroy(&self->lock);
    g_free(self);
}

void hth_http_feed_unref(HthHttpFeed *self)
{
    feed_unref(self);
}

/* Locking: self->lock is held. */
static void wake(HthHttpFeed *self)
{
    self->is_woken = TRUE;
    if (self->is_suspended)
        hth_http_exchange_resume(self->exchange);
    self->is_suspended = FALSE;
}

void hth_http_feed_wake(HthHttpFeed *self)
{
    pthread_mutex_lock(&self->lock);
    wake(self);
    pthread_mutex_unlock(&self->lock);
}

/* Locking: self->lock is held. TRUE: it waits; FALSE: it was woken meanwhile. */
static gboolean suspend(HthHttpFeed *self)
{
    if (!self->is_woken) {
        self->is_suspended = TRUE;
        hth_http_exchange_suspend(self->exchange);
    }
    return self->is_suspended;
}

/* On the connection's thread, from where alone it can be suspended. */
static gssize read_feed(gpointer data, guint64 position, char *buffer, gsize max_bytes)
{
    HthHttpFeed *self = data;
    for (;;) {
        pthread_mutex_lock(&self->lock);
        const gboolean is_open = self->is_open;
        self->is_woken = FALSE;
        pthread_mutex_unlock(&self->lock);
        const gssize n_bytes =
            is_open ? self->read(self->data, position, buffer, max_bytes) : HTH_HTTP_STREAM_FAILED;
        if (n_bytes > 0)
            return n_bytes;
        if (n_bytes != HTH_HTTP_STREAM_WAIT)
            return n_bytes == HTH_HTTP_STREAM_END ? HTH_HTTP_READ_END : HTH_HTTP_READ_FAILED;
        pthread_mutex_lock(&self->lock);
        const gboolean waits = suspend(self);
        pthread_mutex_unlock(&self->lock);
        if (waits)
            return 0;
    }
}

/* The answer has gone: no more of the exchange or its descriptor. */
static void on_answer_gone(gpointer data)
{
    HthHttpFeed *self = data;
    pthread_mutex_lock(&self->lock);
    const gboolean was_open = self->exchange != NULL;
    self->is_open = FALSE;
    self->is_suspended = FALSE;
    pthread_mutex_unlock(&self->lock);
    if (was_open)
        hth_http_ticker_remove(self->ticker, self);
    self->destroy(self->data);
    feed_unref(self);
}

/* A suspended connection is not watched by libmicrohttpd. */
static void tick(gpointer object, gint64 now_us)
{
    HthHttpFeed *self = object;
    char byte;
    pthread_mutex_lock(&self->lock);
    const gboolean has_gone =
        self->is_suspended && recv(self->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 0;
    if (self->is_open && (now_us == G_MAXINT64 || has_gone)) {
        self->is_open = FALSE;
        shutdown(self->fd, SHUT_RDWR);
        wake(self);
    }
    pthread_mutex_unlock(&self->lock);
}

static const HthHttpTickable feed_type = {
    .tick = tick,
    .ref = feed_ref,
    .unref = feed_unref,
};

/* Locking: the request's lock is held, and it is not answered: so the server is there. */
static void open_feed(HthHttpFeed *self, HthHttpRequest *request)
{
    self->ticker = request->service->ticker;
    self->exchange = request->exchange;
    self->fd = request->connection->fd;
    self->is_open = self->exchange != NULL;
    if (!self->is_open)
        return;
    hth_http_request_count_waiting(request);
    hth_http_ticker_add(self->ticker, self, &feed_type);
    /* stop() sets the flag and then ticks what it finds: one of the two sees this feed. */
    if (atomic_load(&request->service->is_stopping))
        tick(self, G_MAXINT64);
}

HthHttpFeed *hth_http_request_respond_feed(HthHttpRequest *self, guint status,
                                           const char *content_type, gint64 size_bytes,
                                           HthHttpStreamRead read, gpointer data,
                                           GDestroyNotify destroy)
{
    hth_http_request_default_header(self, "Content-Type", content_type);
    HthHttpFeed *feed = g_new0(HthHttpFeed, 1);
    feed->references = 2; /* the answer's, and the caller's */
    feed->read = read;
    feed->data = data;
    feed->destroy = destroy;
    pthread_mutex_init(&feed->lock, NULL);
    HthHttpAnswer *answer = hth_http_answer_new_reader(size_bytes, HTH_HTTP_BLOCK_BYTES, read_feed,
                                                       feed, on_answer_gone);
    hth_http_request_apply_headers(self, answer);
    pthread_mutex_lock(&self->lock);
    const gboolean is_first = !self->is_answered;
    if (is_first) {
        open_feed(feed, self);
        (void)hth_http_request_settle(self, status, answer, 0); /* nobody was first */
    }
    pthread_mutex_unlock(&self->lock);
    if (!is_first)
        hth_http_answer_free(answer);
    hth_http_request_settled(self, is_first);
    return feed;
}
