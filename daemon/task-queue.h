/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Work that may wait for a disk, done off the main loop and off the HTTP threads: two threads, at
 * most HTH_TASKS_MAX tasks queued.
 *
 * Threads: any thread; free on the main thread.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define HTH_TASKS_MAX 1024

typedef struct HthTaskQueue HthTaskQueue;
typedef void (*HthTask)(gpointer data);

HthTaskQueue *hth_task_queue_new(void);
/* Does what is queued, then frees. NULL is fine. */
void hth_task_queue_free(HthTaskQueue *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HthTaskQueue, hth_task_queue_free)

/* @destroy: NULL, or frees @data once the task has run. FALSE: the queue is full; @data is
 * the caller's still. */
gboolean hth_task_queue_push(HthTaskQueue *self, HthTask task, gpointer data,
                             GDestroyNotify destroy);

G_END_DECLS
