/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A thread that waits for descriptors by epoll(7), takes messages from other threads, and owns
 * everything that is watched on it.
 *
 * Threads: post() from any; new, start, stop and free on the thread that made it; everything else
 * on the thread itself, or before it is started, or after it has stopped.
 */
#pragma once

#include <glib.h>
#include <sys/epoll.h>

G_BEGIN_DECLS

typedef struct HthPollThread HthPollThread;

/* Part of what is watched. */
typedef struct HthWatch HthWatch;
struct HthWatch {
    void (*ready)(HthWatch *watch, guint events); /* EPOLLIN … */
};

/* Called after what was ready, and when time has come.
 * Returns: in how many milliseconds at the latest it wants to be called again. */
typedef int (*HthPollRound)(gpointer data, gint64 now_us);

typedef void (*HthPollMessage)(gpointer owner, gpointer message);

/* @name: at most 15 letters, for the tools of the system. @owner: for @round and messages. */
HthPollThread *hth_poll_thread_new(const char *name, HthPollRound round, gpointer owner);
void hth_poll_thread_start(HthPollThread *self);
/* Joins the thread, and delivers what was still on its way. */
void hth_poll_thread_stop(HthPollThread *self);
void hth_poll_thread_free(HthPollThread *self); /* NULL is fine */

/* Has @message delivered on the thread; once stopped, it is delivered by stop(). */
void hth_poll_thread_post(HthPollThread *self, HthPollMessage deliver, gpointer message);

/* FALSE, with errno: the kernel does not take it. */
gboolean hth_poll_thread_watch(HthPollThread *self, int fd, guint events, HthWatch *watch);
void hth_poll_thread_change(HthPollThread *self, int fd, guint events, HthWatch *watch);
void hth_poll_thread_unwatch(HthPollThread *self, int fd);

/* Frees @object by g_free() when nothing that was ready in this round can name it any more. Its
 * watch must do nothing until then. */
void hth_poll_thread_bury(HthPollThread *self, gpointer object);

/* When this round began, monotonic. */
gint64 hth_poll_thread_now(const HthPollThread *self);

G_END_DECLS
