/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "worker-pool.h"

#include <sys/stat.h>

#include "base/error.h"
#include "media/worker-protocol.h"
#include "worker-child.h"

#define WORKERS_MAX         32
#define DEFAULT_DEADLINE_MS 10000
#define DEFAULT_IDLE_EXIT_S 10
#define BACKOFF_FIRST_MS    100
#define BACKOFF_MAX_MS      10000
/* Jobs that no worker can be started for fail after this many attempts in a row. */
#define START_FAILURES_MAX 5

struct HthWorkerPool {
    char *program;
    guint n_workers; /* of each crew */
    GMainContext *context;
    GSource *wake; /* set ready from any thread; its dispatch is pump() */
    HthWorkerQueue *queue;
    HthWorkerChildHost host;
    HthWorkerChild *workers[HTH_N_CREWS][WORKERS_MAX];
    guint backoff_ms;
    gint64 start_not_before_us;
    guint n_start_failures;

    GMutex lock; /* guards the status; nothing is called out to while it is held */
    HthWorkerPoolStatus status;
};

/* ---- Answers to callers ---- */

static void count_end(HthWorkerPool *self, gboolean is_done)
{
    g_mutex_lock(&self->lock);
    if (is_done)
        self->status.n_done++;
    else
        self->status.n_failed++;
    g_mutex_unlock(&self->lock);
}

/* Takes @job. */
static void fail_job(HthWorkerPool *self, HthWorkerJob *job, HthError code, const char *text)
{
    g_autoptr(HthWorkerJob) owned = job;
    g_autoptr(GError) error = g_error_new_literal(HTH_ERROR, (gint)code, text);
    count_end(self, FALSE);
    hth_worker_job_fail(owned, error);
}

/* ---- Handing out ---- */

/* The worker with the most room; NULL when all are full. */
static HthWorkerChild *least_busy(HthWorkerPool *self, HthCrew crew)
{
    HthWorkerChild *best = NULL;
    guint most = 0;
    for (guint i = 0; i < self->n_workers; i++) {
        HthWorkerChild *worker = self->workers[crew][i];
        const guint room = hth_worker_child_room(worker);
        if (room > most) {
            best = worker;
            most = room;
        }
    }
    return best;
}

static void fail_all_waiting(HthWorkerPool *self)
{
    for (HthCrew crew = 0; crew < HTH_N_CREWS; crew++) {
        HthWorkerJob *job;
        while ((job = hth_worker_queue_pop(self->queue, crew)) != NULL)
            fail_job(self, job, HTH_ERROR_UNAVAILABLE, "hearth-worker can't be started");
    }
    self->n_start_failures = 0;
}

static void back_off(HthWorkerPool *self)
{
    self->backoff_ms = CLAMP(self->backoff_ms * 2, BACKOFF_FIRST_MS, BACKOFF_MAX_MS);
    self->start_not_before_us = g_get_monotonic_time() + (gint64)self->backoff_ms * 1000;
}

static void start_worker(HthWorkerPool *self, HthWorkerChild *worker)
{
    if (!hth_worker_child_start(worker)) {
        self->n_start_failures++;
        back_off(self);
        return;
    }
    g_mutex_lock(&self->lock);
    self->status.n_running++;
    g_mutex_unlock(&self->lock);
}

/* One more worker for every job that waits, as far as slots and the back-off allow. */
static void start_workers(HthWorkerPool *self, HthCrew crew, guint n_wanted)
{
    for (guint i = 0; i < self->n_workers && n_wanted > 0; i++) {
        HthWorkerChild *worker = self->workers[crew][i];
        const HthWorkerChildState state = hth_worker_child_state(worker);
        if (state == HTH_CHILD_STARTING)
            n_wanted--;
        if (state != HTH_CHILD_GONE)
            continue;
        if (g_get_monotonic_time() < self->start_not_before_us)
            break;
        n_wanted--;
        start_worker(self, worker);
    }
}

static void refuse(HthWorkerPool *self)
{
    HthWorkerJob *job;
    while ((job = hth_worker_queue_pop_refused(self->queue)) != NULL)
        fail_job(self, job, HTH_ERROR_BUSY, "too many files wait to be read");
}

static void pump_crew(HthWorkerPool *self, HthCrew crew)
{
    HthWorkerChild *worker;
    HthWorkerJob *job;
    while ((worker = least_busy(self, crew)) != NULL &&
           (job = hth_worker_queue_pop(self->queue, crew)) != NULL) {
        if (!hth_worker_child_hand(worker, job))
            break;
    }
    const guint n = hth_worker_queue_length(self->queue, crew);
    if (n == 0)
        return;
    if (self->n_start_failures >= START_FAILURES_MAX)
        fail_all_waiting(self);
    else
        start_workers(self, crew, n);
    if (g_get_monotonic_time() < self->start_not_before_us)
        g_source_set_ready_time(self->wake, self->start_not_before_us);
}

static void pump(gpointer data)
{
    for (HthCrew crew = 0; crew < HTH_N_CREWS; crew++)
        pump_crew(data, crew);
}

static gboolean on_wake(gpointer data)
{
    HthWorkerPool *self = data;
    g_source_set_ready_time(self->wake, -1);
    refuse(self);
    pump(self);
    return G_SOURCE_CONTINUE;
}

static gboolean wake_dispatch(GSource *source, GSourceFunc callback, gpointer data)
{
    return callback(data);
}

static GSourceFuncs wake_funcs = { .dispatch = wake_dispatch };

/* ---- What the workers say ---- */

static void on_hello(const char *sandbox, gpointer data)
{
    HthWorkerPool *self = data;
    self->n_start_failures = 0;
    self->backoff_ms = 0;
    g_mutex_lock(&self->lock);
    g_free(self->status.sandbox);
    self->status.sandbox = g_strdup(sandbox);
    g_mutex_unlock(&self->lock);
}

static void on_answered(gboolean is_done, gpointer data)
{
    count_end(data, is_done);
}

static void count_worker_end(HthWorkerPool *self, const HthWorkerEnd *end)
{
    g_mutex_lock(&self->lock);
    self->status.n_running--;
    if (!end->was_idle && end->is_late)
        self->status.n_killed++;
    else if (!end->was_idle)
        self->status.n_died++;
    g_mutex_unlock(&self->lock);
}

static void on_worker_end(const HthWorkerEnd *end, gpointer data)
{
    HthWorkerPool *self = data;
    count_worker_end(self, end);
    if (!end->had_hello) {
        self->n_start_failures++;
        back_off(self);
    } else if (!end->was_idle && end->in_hand == NULL) {
        back_off(self); /* no file to blame */
    }
    if (end->in_hand != NULL && end->is_late)
        fail_job(self, end->in_hand, HTH_ERROR_TIMEOUT, "reading the file took too long");
    else if (end->in_hand != NULL)
        fail_job(self, end->in_hand, HTH_ERROR_FAILED,
                 "reading the file failed: the worker died of it");
    pump(self);
}

/* ---- The interface ---- */

static void make_workers(HthWorkerPool *self, const HthWorkerPoolOptions *options)
{
    self->host = (HthWorkerChildHost){
        .program = self->program,
        .deadline_ms = options->deadline_ms != 0 ? options->deadline_ms : DEFAULT_DEADLINE_MS,
        .idle_exit_s = options->idle_exit_s != 0 ? options->idle_exit_s : DEFAULT_IDLE_EXIT_S,
        .context = self->context,
        .queue = self->queue,
        .on_hello = on_hello,
        .on_answered = on_answered,
        .on_room = pump,
        .on_end = on_worker_end,
        .data = self,
    };
    for (HthCrew crew = 0; crew < HTH_N_CREWS; crew++) {
        for (guint i = 0; i < self->n_workers; i++)
            self->workers[crew][i] = hth_worker_child_new(&self->host, crew);
    }
}

HthWorkerPool *hth_worker_pool_new(const HthWorkerPoolOptions *options)
{
    g_return_val_if_fail(options->program != NULL, NULL);
    HthWorkerPool *self = g_new0(HthWorkerPool, 1);
    g_mutex_init(&self->lock);
    self->program = g_strdup(options->program);
    self->n_workers = options->n_workers != 0 ? options->n_workers : g_get_num_processors();
    self->n_workers = CLAMP(self->n_workers, 1, WORKERS_MAX);
    self->context = options->context != NULL ? options->context : g_main_context_default();
    g_main_context_ref(self->context);
    self->queue = hth_worker_queue_new();
    make_workers(self, options);
    self->wake = g_source_new(&wake_funcs, sizeof(GSource));
    g_source_set_callback(self->wake, on_wake, self, NULL);
    g_source_attach(self->wake, self->context);
    return self;
}

void hth_worker_pool_free(HthWorkerPool *self)
{
    if (self == NULL)
        return;
    g_source_destroy(self->wake);
    g_source_unref(self->wake);
    for (HthCrew crew = 0; crew < HTH_N_CREWS; crew++) {
        for (guint i = 0; i < self->n_workers; i++)
            hth_worker_child_free(self->workers[crew][i]);
    }
    hth_worker_queue_free(self->queue);
    g_mutex_clear(&self->lock);
    g_main_context_unref(self->context);
    g_free(self->status.sandbox);
    g_free(self->program);
    g_free(self);
}

guint hth_worker_pool_room(HthWorkerPool *self)
{
    return hth_worker_queue_room(self->queue, HTH_JOB_PROBE);
}

guint hth_worker_pool_background_room(HthWorkerPool *self)
{
    return hth_worker_queue_room(self->queue, HTH_JOB_LAYOUT);
}

/* Takes @job. */
static void queue_job(HthWorkerPool *self, HthWorkerJob *job)
{
    hth_worker_queue_push(self->queue, job);
    g_source_set_ready_time(self->wake, 0);
}

/* @fd: taken. */
static HthWorkerJob *job_new(HthJobKind kind, int fd, HthMediaFormat format, gpointer data)
{
    HthWorkerJob *job = g_new0(HthWorkerJob, 1);
    job->kind = kind;
    job->fd = fd;
    job->format = format;
    job->data = data;
    struct stat stat_buffer;
    if (hth_job_kind_is_background(kind) && fstat(fd, &stat_buffer) == 0)
        job->size_bytes = (guint64)MAX(stat_buffer.st_size, 0);
    return job;
}

void hth_worker_pool_probe(HthWorkerPool *self, int fd, HthMediaFormat format,
                           HthWorkerProbed callback, gpointer data)
{
    g_return_if_fail(fd >= 0 && callback != NULL);
    HthWorkerJob *job = job_new(HTH_JOB_PROBE, fd, format, data);
    job->probed = callback;
    queue_job(self, job);
}

void hth_worker_pool_picture(HthWorkerPool *self, int fd, HthMediaFormat format, guint max_pixels,
                             HthWorkerPictured callback, gpointer data)
{
    g_return_if_fail(fd >= 0 && callback != NULL);
    HthWorkerJob *job = job_new(HTH_JOB_PICTURE, fd, format, data);
    job->max_pixels = MIN(max_pixels, HTH_WORKER_PIXELS_MAX);
    job->pictured = callback;
    queue_job(self, job);
}

void hth_worker_pool_layout(HthWorkerPool *self, int fd, HthMediaFormat format,
                            HthWorkerLayoutRead callback, gpointer data)
{
    g_return_if_fail(fd >= 0 && callback != NULL);
    HthWorkerJob *job = job_new(HTH_JOB_LAYOUT, fd, format, data);
    job->layout_read = callback;
    queue_job(self, job);
}

void hth_worker_pool_recipe(HthWorkerPool *self, int fd, HthMediaFormat format, GBytes *old_layout,
                            GBytes *new_layout, HthWorkerRecipeMade callback, gpointer data)
{
    g_return_if_fail(fd >= 0 && old_layout != NULL && callback != NULL);
    HthWorkerJob *job = job_new(HTH_JOB_RECIPE, fd, format, data);
    job->body = hth_worker_pair(old_layout, new_layout);
    job->recipe_made = callback;
    queue_job(self, job);
}

void hth_worker_pool_status(HthWorkerPool *self, HthWorkerPoolStatus *out_status)
{
    g_mutex_lock(&self->lock);
    *out_status = self->status;
    out_status->sandbox = g_strdup(self->status.sandbox);
    g_mutex_unlock(&self->lock);
    out_status->n_queued = 0;
    for (HthCrew crew = 0; crew < HTH_N_CREWS; crew++)
        out_status->n_queued += hth_worker_queue_length(self->queue, crew);
}
