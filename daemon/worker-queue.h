/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The jobs of the worker pool that wait: bounded, and in the order in which they are handed out.
 * Internal to the pool.
 *
 * Threads: any thread, any time.
 */
#pragma once

#include "worker-job.h"

G_BEGIN_DECLS

/* Workers for what people wait for, and workers for the rest. */
typedef enum { HTH_CREW_FRONT, HTH_CREW_BACKGROUND, HTH_N_CREWS } HthCrew;

typedef struct HthWorkerQueue HthWorkerQueue;

HthWorkerQueue *hth_worker_queue_new(void);
void hth_worker_queue_free(HthWorkerQueue *self); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HthWorkerQueue, hth_worker_queue_free)

/* Takes @job and numbers it. Where too many of its kind wait, its file is closed and it waits for
 * hth_worker_queue_pop_refused(). */
void hth_worker_queue_push(HthWorkerQueue *self, HthWorkerJob *job);

/* Takes @job, which no worker came to: it goes ahead of all of its kind. */
void hth_worker_queue_push_back(HthWorkerQueue *self, HthWorkerJob *job);

/* The next one for @crew, to free; NULL: none waits. */
HthWorkerJob *hth_worker_queue_pop(HthWorkerQueue *self, HthCrew crew);
HthWorkerJob *hth_worker_queue_pop_refused(HthWorkerQueue *self);

/* How many wait for @crew. */
guint hth_worker_queue_length(HthWorkerQueue *self, HthCrew crew);

/* How many more of @kind may wait. */
guint hth_worker_queue_room(HthWorkerQueue *self, HthJobKind kind);

G_END_DECLS
