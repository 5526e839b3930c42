/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "poll-thread.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define EVENTS_A_ROUND 256

typedef struct {
    HthPollMessage deliver;
    gpointer message;
} Letter;

struct HthPollThread {
    HthWatch bell_watch; /* first: the bell is told apart by its address */
    char name[16];
    HthPollRound round;
    gpointer owner;
    int epoll_fd;
    int bell_fd;
    gint64 now_us;
    GPtrArray *buried;
    GThread *thread;
    _Atomic gboolean is_stopping;
    pthread_mutex_t lock; /* guards the letters */
    GArray *letters;      /* (element Letter) */
};

static void on_bell(HthWatch *watch, guint events)
{
    const HthPollThread *self = (const HthPollThread *)watch;
    uint64_t n_rings = 0;
    (void)!read(self->bell_fd, &n_rings, sizeof n_rings);
}

HthPollThread *hth_poll_thread_new(const char *name, HthPollRound round, gpointer owner)
{
    HthPollThread *self = g_new0(HthPollThread, 1);
    self->bell_watch.ready = on_bell;
    g_strlcpy(self->name, name, sizeof self->name);
    self->round = round;
    self->owner = owner;
    self->now_us = g_get_monotonic_time();
    self->buried = g_ptr_array_new_with_free_func(g_free);
    pthread_mutex_init(&self->lock, NULL);
    self->letters = g_array_new(FALSE, FALSE, sizeof(Letter));
    self->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    self->bell_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (self->epoll_fd < 0 || self->bell_fd < 0 ||
        !hth_poll_thread_watch(self, self->bell_fd, EPOLLIN, &self->bell_watch))
        g_error("a thread that waits cannot be made: %s", g_strerror(errno));
    return self;
}

static void deliver_letters(HthPollThread *self)
{
    pthread_mutex_lock(&self->lock);
    GArray *letters = self->letters->len > 0 ? self->letters : NULL;
    if (letters != NULL)
        self->letters = g_array_new(FALSE, FALSE, sizeof(Letter));
    pthread_mutex_unlock(&self->lock);
    if (letters == NULL)
        return;
    for (guint i = 0; i < letters->len; i++) {
        const Letter *letter = &g_array_index(letters, Letter, i);
        letter->deliver(self->owner, letter->message);
    }
    g_array_unref(letters);
}

static gpointer run(gpointer data)
{
    HthPollThread *self = data;
    struct epoll_event events[EVENTS_A_ROUND];
    int timeout_ms = 0;
    while (!atomic_load(&self->is_stopping)) {
        const int n_events = epoll_wait(self->epoll_fd, events, EVENTS_A_ROUND, timeout_ms);
        self->now_us = g_get_monotonic_time();
        for (int i = 0; i < n_events; i++) {
            HthWatch *watch = events[i].data.ptr;
            watch->ready(watch, events[i].events);
        }
        deliver_letters(self);
        timeout_ms = self->round(self->owner, self->now_us);
        g_ptr_array_set_size(self->buried, 0);
    }
    return NULL;
}

void hth_poll_thread_start(HthPollThread *self)
{
    self->thread = g_thread_new(self->name, run, self);
}

static void ring(HthPollThread *self)
{
    const uint64_t once = 1;
    (void)!write(self->bell_fd, &once, sizeof once);
}

void hth_poll_thread_stop(HthPollThread *self)
{
    atomic_store(&self->is_stopping, TRUE);
    ring(self);
    g_clear_pointer(&self->thread, g_thread_join);
    deliver_letters(self);
}

void hth_poll_thread_free(HthPollThread *self)
{
    if (self == NULL)
        return;
    close(self->epoll_fd);
    close(self->bell_fd);
    g_ptr_array_unref(self->buried);
    g_array_unref(self->letters);
    pthread_mutex_destroy(&self->lock);
    g_free(self);
}

void hth_poll_thread_post(HthPollThread *self, HthPollMessage deliver, gpointer message)
{
    const Letter letter = { .deliver = deliver, .message = message };
    pthread_mutex_lock(&self->lock);
    const gboolean is_first = self->letters->len == 0;
    g_array_append_val(self->letters, letter);
    pthread_mutex_unlock(&self->lock);
    if (is_first)
        ring(self);
}

static gboolean control(HthPollThread *self, int operation, int fd, guint events, HthWatch *watch)
{
    struct epoll_event event = { .events = events, .data.ptr = watch };
    return epoll_ctl(self->epoll_fd, operation, fd, &event) == 0;
}

gboolean hth_poll_thread_watch(HthPollThread *self, int fd, guint events, HthWatch *watch)
{
    return control(self, EPOLL_CTL_ADD, fd, events, watch);
}

void hth_poll_thread_change(HthPollThread *self, int fd, guint events, HthWatch *watch)
{
    (void)control(self, EPOLL_CTL_MOD, fd, events, watch); /* cannot fail for what is watched */
}

void hth_poll_thread_unwatch(HthPollThread *self, int fd)
{
    (void)control(self, EPOLL_CTL_DEL, fd, 0, NULL); /* cannot fail for what is watched */
}

void hth_poll_thread_bury(HthPollThread *self, gpointer object)
{
    g_ptr_array_add(self->buried, object);
}

gint64 hth_poll_thread_now(const HthPollThread *self)
{
    return self->now_us;
}
