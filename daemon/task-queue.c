/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "task-queue.h"

#define N_THREADS 2

typedef struct {
    HthTask run;
    gpointer data;
    GDestroyNotify destroy;
} Queued;

struct HthTaskQueue {
    GThreadPool *pool;
};

static void run_task(gpointer pointer, gpointer unused)
{
    g_autofree Queued *task = pointer;
    task->run(task->data);
    if (task->destroy != NULL)
        task->destroy(task->data);
}

HthTaskQueue *hth_task_queue_new(void)
{
    HthTaskQueue *self = g_new0(HthTaskQueue, 1);
    self->pool = g_thread_pool_new(run_task, NULL, N_THREADS, FALSE, NULL);
    return self;
}

void hth_task_queue_free(HthTaskQueue *self)
{
    if (self == NULL)
        return;
    g_thread_pool_free(self->pool, FALSE, TRUE);
    g_free(self);
}

gboolean hth_task_queue_push(HthTaskQueue *self, HthTask task, gpointer data,
                             GDestroyNotify destroy)
{
    if (g_thread_pool_unprocessed(self->pool) >= HTH_TASKS_MAX)
        return FALSE;
    Queued *queued = g_new(Queued, 1);
    *queued = (Queued){ .run = task, .data = data, .destroy = destroy };
    (void)g_thread_pool_push(self->pool, queued, NULL); /* it fails only to start one more thread */
    return TRUE;
}
