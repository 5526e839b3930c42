/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One hearth-worker of the pool: its process, its socket, and the jobs that it has in hand.
 * Internal to the pool. Its life:
 *
 *     STARTING --hello--> READY --idle--> (socket closed, it exits) --> GONE
 *         \                 \--deadline, nonsense--> (SIGKILL) --> GONE
 *          \--death--> GONE <--death--/
 *
 * GONE means that its process is reaped, and that another may be started in its place.
 *
 * Threads: the one that runs the pool's main context.
 */
#pragma once

#include "worker-queue.h"

G_BEGIN_DECLS

typedef enum { HTH_CHILD_GONE, HTH_CHILD_STARTING, HTH_CHILD_READY } HthWorkerChildState;

/* How a child came to be GONE. */
typedef struct {
    HthWorkerJob *in_hand; /* the job that it died of, the callee's; NULL: none */
    gboolean had_hello;
    gboolean was_idle; /* it was sent home */
    gboolean is_late;  /* it was killed at a deadline */
} HthWorkerEnd;

/* What all children of a pool share. */
typedef struct {
    const char *program;
    guint deadline_ms;
    guint idle_exit_s;
    GMainContext *context;
    HthWorkerQueue *queue; /* jobs that no child came to go back there */
    void (*on_hello)(const char *sandbox, gpointer data); /* "": it did not say */
    void (*on_answered)(gboolean is_done, gpointer data); /* of each job, after its caller */
    void (*on_room)(gpointer data);                       /* answers were handled: it takes more */
    void (*on_end)(const HthWorkerEnd *end, gpointer data);
    gpointer data;
} HthWorkerChildHost;

typedef struct HthWorkerChild HthWorkerChild;

/* GONE, for now. @host: borrowed, for as long as it lives. */
HthWorkerChild *hth_worker_child_new(const HthWorkerChildHost *host, HthCrew crew);
/* Kills and reaps it; jobs not answered are dropped without a call. NULL is fine. */
void hth_worker_child_free(HthWorkerChild *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HthWorkerChild, hth_worker_child_free)

HthWorkerChildState hth_worker_child_state(const HthWorkerChild *self);

/* Of one that is GONE. Returns: FALSE when it can't be started; the log says why. */
gboolean hth_worker_child_start(HthWorkerChild *self);

/* How many jobs more it takes now; it is READY when there are any. */
guint hth_worker_child_room(const HthWorkerChild *self);

/* Takes @job. Returns: FALSE when the socket took nothing; then the job is back in its queue. */
gboolean hth_worker_child_hand(HthWorkerChild *self, HthWorkerJob *job);

G_END_DECLS
