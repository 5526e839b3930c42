/* SPDX-License-Identifier: GPL-3.0-or-later */
#define HTH_LOG_TOPIC "splicer"
#include "splicer.h"

#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "session.h"

/* How often those are looked at that wait for their limits. */
#define THROTTLE_MS 5
/* How often deadlines are looked at. */
#define SWEEP_MS 1000

struct HthSplicer {
    HthPollThread *thread;
    HthPipePool *pipes;
    GQueue work;      /* sessions that have had their turn and have more */
    GQueue throttled; /* sessions that wait for their limits */
    GQueue all;
    gint64 swept_us;
    _Atomic guint n_sessions;
    _Atomic guint64 n_bytes;
};

static void put_in(HthSession *session, GQueue *queue)
{
    if (session->queue == queue)
        return;
    if (session->queue != NULL)
        g_queue_unlink(session->queue, &session->link);
    session->queue = queue;
    if (queue != NULL)
        g_queue_push_tail_link(queue, &session->link);
}

static void end_session(HthSplicer *self, HthSession *session, const char *why)
{
    hth_log_debug("session=%016" G_GINT64_MODIFIER "x ended why=\"%s\" seconds=%.1f",
                  session->join.number, why,
                  (double)(hth_poll_thread_now(self->thread) - session->begun_us) / 1e6);
    put_in(session, NULL);
    g_queue_unlink(&self->all, &session->all_link);
    hth_session_clear(session, self->pipes); /* what is closed leaves epoll by itself */
    hth_poll_thread_bury(self->thread, session);
    atomic_fetch_sub(&self->n_sessions, 1);
}

static void note_activity(HthSplicer *self, HthSession *session, gsize n_moved, gint64 now_us)
{
    if (n_moved == 0)
        return;
    atomic_fetch_add_explicit(&self->n_bytes, n_moved, memory_order_relaxed);
    if (now_us - session->active_us < G_USEC_PER_SEC)
        return;
    session->active_us = now_us;
    g_queue_unlink(&self->all, &session->all_link);
    g_queue_push_tail_link(&self->all, &session->all_link);
}

static void step(HthSplicer *self, HthSession *session)
{
    gsize n_moved = 0;
    const gint64 now_us = hth_poll_thread_now(self->thread);
    const HthSessionState state = hth_session_step(session, self->pipes, now_us, &n_moved);
    note_activity(self, session, n_moved, now_us);
    if (state == HTH_SESSION_OVER)
        end_session(self, session, "done");
    else if (state == HTH_SESSION_HAS_MORE)
        put_in(session, &self->work);
    else
        put_in(session, state == HTH_SESSION_THROTTLED ? &self->throttled : NULL);
}

static void on_ready(HthWatch *watch, guint events)
{
    HthSessionEnd *end = (HthSessionEnd *)watch;
    if (end->session->is_over)
        return;
    if ((events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0)
        end->is_readable = TRUE;
    if ((events & (EPOLLOUT | EPOLLHUP | EPOLLERR)) != 0)
        end->is_writable = TRUE;
    /* One that waits for its turn has it when the others had theirs. */
    if (end->session->queue == NULL)
        step(end->session->owner, end->session);
}

/* Those that are in it now, once each. */
static void step_queue(HthSplicer *self, GQueue *queue)
{
    for (guint n = queue->length; n > 0; n--) {
        HthSession *session = queue->head->data;
        put_in(session, NULL);
        step(self, session);
    }
}

static void sweep(HthSplicer *self, gint64 now_us)
{
    self->swept_us = now_us;
    const gint64 idle_since_us = now_us - (gint64)HTH_SESSION_IDLE_S * G_USEC_PER_SEC;
    const gint64 silent_since_us = now_us - (gint64)HTH_SESSION_FIRST_S * G_USEC_PER_SEC;
    for (GList *link = self->all.head; link != NULL;) {
        HthSession *session = link->data;
        link = link->next;
        if (session->active_us <= idle_since_us)
            end_session(self, session, "idle");
        else if (!session->has_home_spoken && session->begun_us <= silent_since_us)
            end_session(self, session, "the home says nothing");
    }
}

static int on_round(gpointer data, gint64 now_us)
{
    HthSplicer *self = data;
    step_queue(self, &self->work);
    step_queue(self, &self->throttled);
    if (now_us - self->swept_us >= SWEEP_MS * 1000)
        sweep(self, now_us);
    if (self->work.length > 0)
        return 0;
    if (self->throttled.length > 0)
        return THROTTLE_MS;
    return self->all.length > 0 ? SWEEP_MS : -1;
}

/* ---- From other threads ---- */

static void on_begin(gpointer owner, gpointer message)
{
    HthSplicer *self = owner;
    g_autofree HthJoin *join = message;
    HthSession *session = hth_session_new(join);
    session->owner = self;
    session->begun_us = hth_poll_thread_now(self->thread);
    session->active_us = session->begun_us;
    session->device.watch.ready = on_ready;
    session->home.watch.ready = on_ready;
    g_queue_push_tail_link(&self->all, &session->all_link);
    const guint events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;
    if (hth_household_is_ended(join->household) ||
        !hth_poll_thread_watch(self->thread, join->device_fd, events, &session->device.watch) ||
        !hth_poll_thread_watch(self->thread, join->home_fd, events, &session->home.watch))
        end_session(self, session, "it cannot begin");
}

typedef struct {
    HthHousehold *household;
    char *route;
} Ending;

static void on_end(gpointer owner, gpointer message)
{
    HthSplicer *self = owner;
    Ending *ending = message;
    for (GList *link = self->all.head; link != NULL;) {
        HthSession *session = link->data;
        link = link->next;
        if (session->join.household == ending->household &&
            (ending->route == NULL || strcmp(ending->route, session->join.route) == 0))
            end_session(self, session, "its route has ended");
    }
    hth_household_unref(ending->household);
    g_free(ending->route);
    g_free(ending);
}

HthSplicer *hth_splicer_new(void)
{
    HthSplicer *self = g_new0(HthSplicer, 1);
    self->pipes = hth_pipe_pool_new();
    self->thread = hth_poll_thread_new("splicer", on_round, self);
    hth_poll_thread_start(self->thread);
    return self;
}

void hth_splicer_free(HthSplicer *self)
{
    if (self == NULL)
        return;
    hth_poll_thread_stop(self->thread);
    while (self->all.head != NULL)
        end_session(self, self->all.head->data, "the locker stops");
    hth_poll_thread_free(self->thread);
    hth_pipe_pool_free(self->pipes);
    g_free(self);
}

void hth_splicer_begin(HthSplicer *self, const HthJoin *join)
{
    atomic_fetch_add(&self->n_sessions, 1);
    hth_poll_thread_post(self->thread, on_begin, g_memdup2(join, sizeof *join));
}

void hth_splicer_end(HthSplicer *self, HthHousehold *household, const char *route)
{
    Ending *ending = g_new(Ending, 1);
    *ending = (Ending){ .household = hth_household_ref(household), .route = g_strdup(route) };
    hth_poll_thread_post(self->thread, on_end, ending);
}

guint hth_splicer_sessions(HthSplicer *self)
{
    return atomic_load(&self->n_sessions);
}

guint64 hth_splicer_bytes(HthSplicer *self)
{
    return atomic_load(&self->n_bytes);
}
