/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "engine.h"

#include "answer.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define READ_BYTES (256 * 1024)

/* A server that refuses is asked again after this, not at once. */
#define RETRY_US (20 * 1000)

/* A run without an end gives up on a server that ends this many connections. */
#define MAX_RESETS 250

typedef struct {
    guint number;
    int fd;           /* -1: none */
    gboolean is_used; /* at least one answer came on it */
    gboolean is_over; /* nothing left to ask */
    gboolean has_request;
    HthLoadRequest request;
    gsize sent;
    gint64 asked_us;
    gint64 heard_us; /* when something came last */
    gint64 retry_us; /* 0: no retry is due */
    guint64 n_answers;
    HthAnswer answer;
} Connection;

typedef struct {
    const HthLoadPlan *plan;
    const HthLoadWork *work;
    HthLoadResult *result;
    int epoll;
    guint n_open; /* connections that are not over */
    guint8 *buffer;
    Connection *connections;
} Engine;

static void close_connection(Connection *connection)
{
    if (connection->fd >= 0)
        close(connection->fd);
    connection->fd = -1;
    hth_answer_reset(&connection->answer);
}

static void bind_source(const Engine *self, int fd, guint number)
{
    if (self->plan->n_sources == 0)
        return;
    const struct sockaddr_in source = {
        .sin_family = AF_INET,
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK + number % self->plan->n_sources),
    };
    const int on = 1;
    setsockopt(fd, SOL_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
    /* An address that can't be had leaves the system's choice, which serves as well. */
    (void)bind(fd, (const struct sockaddr *)&source, sizeof source);
}

static gboolean connect_to_server(Engine *self, Connection *connection)
{
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    g_assert(fd >= 0);
    const int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    bind_source(self, fd, connection->number);
    const struct sockaddr *to = (const struct sockaddr *)&self->plan->server;
    if (connect(fd, to, sizeof self->plan->server) != 0 && errno != EINPROGRESS) {
        close(fd);
        return FALSE;
    }
    connection->fd = fd;
    connection->is_used = FALSE;
    connection->sent = 0;
    struct epoll_event event = { .events = EPOLLIN | EPOLLOUT | EPOLLET, .data.ptr = connection };
    return epoll_ctl(self->epoll, EPOLL_CTL_ADD, fd, &event) == 0;
}

static void try_again(Engine *self, Connection *connection)
{
    close_connection(connection);
    if (!connect_to_server(self, connection))
        connection->retry_us = g_get_monotonic_time() + RETRY_US;
}

static void fail(Engine *self, Connection *connection)
{
    const gboolean is_silent_close = connection->is_used &&
                                     connection->answer.state == HTH_ANSWER_HEAD &&
                                     connection->answer.raw->len == 0;
    if (is_silent_close) {
        self->result->n_closed++;
        try_again(self, connection);
        return;
    }
    self->result->n_resets++;
    close_connection(connection);
    connection->retry_us = g_get_monotonic_time() + RETRY_US;
}

static void send_request(Engine *self, Connection *connection)
{
    while (connection->has_request && connection->sent < connection->request.size) {
        const ssize_t n = send(connection->fd, connection->request.bytes + connection->sent,
                               connection->request.size - connection->sent, MSG_NOSIGNAL);
        if (n < 0)
            return; /* later, or the reading side learns of the end */
        connection->sent += (gsize)n;
    }
}

static void ask_next(Engine *self, Connection *connection)
{
    if (!self->work->next(self->work->data, connection->number, &connection->request)) {
        connection->is_over = TRUE;
        connection->has_request = FALSE;
        self->n_open--;
        close_connection(connection);
        return;
    }
    connection->has_request = TRUE;
    connection->sent = 0;
    connection->asked_us = g_get_monotonic_time();
    if (connection->fd >= 0)
        send_request(self, connection);
    else if (!connect_to_server(self, connection))
        connection->retry_us = g_get_monotonic_time() + RETRY_US;
}

static void finish_answer(Engine *self, Connection *connection)
{
    HthAnswer *answer = &connection->answer;
    hth_latency_add(&self->result->latency, g_get_monotonic_time() - connection->asked_us);
    gsize size = (gsize)answer->body_bytes;
    self->result->n_bytes += size;
    const char *body = self->work->keep_body ? hth_answer_body(answer, &size) : NULL;
    if (self->work->check(self->work->data, connection->request.tag, answer->status, body, size))
        self->result->n_right++;
    else
        self->result->n_wrong++;
    connection->n_answers++;
    connection->is_used = TRUE;
    if (answer->is_last) {
        self->result->n_closed++;
        close_connection(connection);
    }
    hth_answer_reset(answer);
    ask_next(self, connection);
}

/* FALSE: nothing more to read for now. */
static gboolean read_some(Engine *self, Connection *connection)
{
    HthAnswer *answer = &connection->answer;
    const gsize skippable = self->work->keep_body ? 0 : hth_answer_skippable(answer);
    /* With MSG_TRUNC the kernel drops the bytes: the client's copying is not what is measured. */
    const ssize_t n = skippable > 0
                          ? recv(connection->fd, NULL, skippable, MSG_TRUNC | MSG_DONTWAIT)
                          : recv(connection->fd, self->buffer, READ_BYTES, MSG_DONTWAIT);
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return errno == EINTR;
    connection->heard_us = g_get_monotonic_time();
    if (n > 0 && skippable > 0)
        hth_answer_skip(answer, (gsize)n);
    else if (n > 0)
        hth_answer_take(answer, self->buffer, (gsize)n, self->work->keep_body);
    else if (n == 0 && answer->state == HTH_ANSWER_BODY && answer->body_length < 0)
        hth_answer_end(answer);
    else
        answer->is_last = TRUE;

    if (answer->state == HTH_ANSWER_DONE)
        finish_answer(self, connection);
    else if (n <= 0 || answer->state == HTH_ANSWER_BAD)
        fail(self, connection);
    else
        return TRUE;
    return connection->fd >= 0 && !connection->is_over && n > 0;
}

static void on_event(Engine *self, const struct epoll_event *event)
{
    Connection *connection = event->data.ptr;
    if (connection->fd < 0)
        return;
    if (event->events & EPOLLOUT)
        send_request(self, connection);
    if (event->events & (EPOLLIN | EPOLLHUP | EPOLLERR))
        while (read_some(self, connection))
            ;
}

static void retry_due(Engine *self)
{
    const gint64 now = g_get_monotonic_time();
    for (guint i = 0; i < self->plan->n_connections; i++) {
        Connection *connection = &self->connections[i];
        if (connection->retry_us == 0 || connection->retry_us > now || connection->is_over)
            continue;
        connection->retry_us = 0;
        try_again(self, connection);
    }
}

static void run_until(Engine *self, gint64 end_us)
{
    struct epoll_event events[256];
    gint64 retried_us = 0;
    while (self->n_open > 0 && g_get_monotonic_time() < end_us) {
        if (end_us == G_MAXINT64 && self->result->n_resets > MAX_RESETS)
            break;
        const int n = epoll_wait(self->epoll, events, G_N_ELEMENTS(events), 10);
        for (int i = 0; i < n; i++)
            on_event(self, &events[i]);
        if (g_get_monotonic_time() - retried_us > RETRY_US) {
            retry_due(self);
            retried_us = g_get_monotonic_time();
        }
    }
}

static void start(Engine *self)
{
    for (guint i = 0; i < self->plan->n_connections; i++) {
        Connection *connection = &self->connections[i];
        *connection = (Connection){ .number = i, .fd = -1 };
        hth_answer_init(&connection->answer);
        ask_next(self, connection);
    }
}

/* An answer that still grows is slow, not starved. */
static gboolean is_starved(const Connection *connection, gint64 now)
{
    const gboolean is_growing =
        connection->answer.state == HTH_ANSWER_BODY && now - connection->heard_us < G_USEC_PER_SEC;
    return connection->n_answers == 0 && !connection->is_over && !is_growing;
}

static void finish(Engine *self)
{
    const gint64 now = g_get_monotonic_time();
    for (guint i = 0; i < self->plan->n_connections; i++) {
        Connection *connection = &self->connections[i];
        if (is_starved(connection, now))
            self->result->n_starved++;
        /* Bytes of an answer that was under way were served all the same. */
        self->result->n_bytes += (guint64)connection->answer.body_bytes;
        close_connection(connection);
        hth_answer_clear(&connection->answer);
    }
    close(self->epoll);
    g_free(self->connections);
    g_free(self->buffer);
}

void hth_load_run(const HthLoadPlan *plan, const HthLoadWork *work, HthLoadResult *out)
{
    *out = (HthLoadResult){ 0 };
    hth_latency_init(&out->latency);
    Engine self = {
        .plan = plan,
        .work = work,
        .result = out,
        .epoll = epoll_create1(EPOLL_CLOEXEC),
        .n_open = plan->n_connections,
        .buffer = g_malloc(READ_BYTES),
        .connections = g_new0(Connection, plan->n_connections),
    };
    g_assert(self.epoll >= 0);
    const gint64 start_us = g_get_monotonic_time();
    start(&self);
    run_until(&self,
              plan->seconds > 0 ? start_us + (gint64)(plan->seconds * G_USEC_PER_SEC) : G_MAXINT64);
    out->seconds = (double)(g_get_monotonic_time() - start_us) / G_USEC_PER_SEC;
    finish(&self);
}

void hth_load_result_clear(HthLoadResult *self)
{
    hth_latency_clear(&self->latency);
}

void hth_load_result_print(HthLoadResult *self, const char *more)
{
    printf("{\"right\": %" G_GUINT64_FORMAT ", \"wrong\": %" G_GUINT64_FORMAT
           ", \"resets\": %" G_GUINT64_FORMAT ", \"closed\": %" G_GUINT64_FORMAT
           ", \"starved\": %" G_GUINT64_FORMAT ", \"bytes\": %" G_GUINT64_FORMAT
           ", \"seconds\": %.3f, \"per_s\": %.2f, \"p50_ms\": %.3f, \"p99_ms\": %.3f"
           ", \"max_ms\": %.3f%s}\n",
           self->n_right, self->n_wrong, self->n_resets, self->n_closed, self->n_starved,
           self->n_bytes, self->seconds, (double)self->n_right / self->seconds,
           hth_latency_ms(&self->latency, 0.5), hth_latency_ms(&self->latency, 0.99),
           hth_latency_ms(&self->latency, 1), more);
    fflush(stdout);
}
