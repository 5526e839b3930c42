/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "worker-queue.h"

#include <unistd.h>

/* Jobs that wait hold an open descriptor each, so their number is one of descriptors. */
#define PROBES_MAX     512
#define PICTURES_MAX   64
#define BACKGROUND_MAX 256

struct HthWorkerQueue {
    /* The lock guards what is below; nothing is called out to while it is held. */
    GMutex lock;
    GQueue pictures; /* (element HthWorkerJob) */
    GQueue probes;
    GQueue background;
    GQueue refused; /* came when the queue was full: answered HTH_ERROR_BUSY */
    guint64 last_job_id;
};

static const guint limits[HTH_N_JOB_KINDS] = {
    [HTH_JOB_PICTURE] = PICTURES_MAX,
    [HTH_JOB_PROBE] = PROBES_MAX,
    [HTH_JOB_LAYOUT] = BACKGROUND_MAX,
    [HTH_JOB_RECIPE] = BACKGROUND_MAX,
};

HthWorkerQueue *hth_worker_queue_new(void)
{
    HthWorkerQueue *self = g_new0(HthWorkerQueue, 1);
    g_mutex_init(&self->lock);
    return self;
}

void hth_worker_queue_free(HthWorkerQueue *self)
{
    if (self == NULL)
        return;
    g_queue_clear_full(&self->pictures, (GDestroyNotify)hth_worker_job_free);
    g_queue_clear_full(&self->probes, (GDestroyNotify)hth_worker_job_free);
    g_queue_clear_full(&self->background, (GDestroyNotify)hth_worker_job_free);
    g_queue_clear_full(&self->refused, (GDestroyNotify)hth_worker_job_free);
    g_mutex_clear(&self->lock);
    g_free(self);
}

/* Under the lock, if what is in it matters. */
static GQueue *queue_of(HthWorkerQueue *self, HthJobKind kind)
{
    if (hth_job_kind_is_background(kind))
        return &self->background;
    return kind == HTH_JOB_PICTURE ? &self->pictures : &self->probes;
}

void hth_worker_queue_push(HthWorkerQueue *self, HthWorkerJob *job)
{
    g_mutex_lock(&self->lock);
    job->id = ++self->last_job_id;
    GQueue *queue = queue_of(self, job->kind);
    if (g_queue_get_length(queue) >= limits[job->kind]) {
        close(job->fd);
        job->fd = -1;
        queue = &self->refused;
    }
    g_queue_push_tail(queue, job);
    g_mutex_unlock(&self->lock);
}

void hth_worker_queue_push_back(HthWorkerQueue *self, HthWorkerJob *job)
{
    g_mutex_lock(&self->lock);
    g_queue_push_head(queue_of(self, job->kind), job);
    g_mutex_unlock(&self->lock);
}

HthWorkerJob *hth_worker_queue_pop(HthWorkerQueue *self, HthCrew crew)
{
    HthWorkerJob *job = NULL;
    g_mutex_lock(&self->lock);
    if (crew == HTH_CREW_BACKGROUND)
        job = g_queue_pop_head(&self->background);
    else if ((job = g_queue_pop_head(&self->pictures)) == NULL)
        job = g_queue_pop_head(&self->probes);
    g_mutex_unlock(&self->lock);
    return job;
}

HthWorkerJob *hth_worker_queue_pop_refused(HthWorkerQueue *self)
{
    g_mutex_lock(&self->lock);
    HthWorkerJob *job = g_queue_pop_head(&self->refused);
    g_mutex_unlock(&self->lock);
    return job;
}

guint hth_worker_queue_length(HthWorkerQueue *self, HthCrew crew)
{
    g_mutex_lock(&self->lock);
    const guint n = crew == HTH_CREW_BACKGROUND
                        ? g_queue_get_length(&self->background)
                        : g_queue_get_length(&self->pictures) + g_queue_get_length(&self->probes);
    g_mutex_unlock(&self->lock);
    return n;
}

guint hth_worker_queue_room(HthWorkerQueue *self, HthJobKind kind)
{
    g_mutex_lock(&self->lock);
    const guint n = g_queue_get_length(queue_of(self, kind));
    g_mutex_unlock(&self->lock);
    return n < limits[kind] ? limits[kind] - n : 0;
}
