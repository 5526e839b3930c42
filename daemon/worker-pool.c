/* SPDX-License-Identifier: GPL-3.0-or-later */
#define HTH_LOG_TOPIC "worker-pool"
#include "worker-pool.h"

#include <errno.h>
#include <fcntl.h>
#include <glib-unix.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"
#include "base/log.h"
#include "media/worker-protocol.h"
#include "worker-job.h"

/* Jobs that wait hold an open descriptor each, so their number is one of descriptors. */
#define PROBES_QUEUED_MAX     512
#define PICTURES_QUEUED_MAX   64
#define BACKGROUND_QUEUED_MAX 256
/* In flight a worker: enough that it never waits for a round trip, few enough that a picture, which
 * goes ahead of all that is queued but not of these, waits a millisecond or two. */
#define IN_FLIGHT_MAX       4
#define WORKERS_MAX         32
#define DEFAULT_DEADLINE_MS 10000
#define DEFAULT_IDLE_EXIT_S 10
/* A worker that starts has this long to close its sandbox and say hello. */
#define HELLO_DEADLINE_MS 20000
#define BACKOFF_FIRST_MS  100
#define BACKOFF_MAX_MS    10000
/* Jobs that no worker can be started for fail after this many attempts in a row. */
#define START_FAILURES_MAX 5
/* Answers handled in one turn of the loop, so that others get theirs. */
#define ANSWERS_A_TURN 16

/* Workers for what people wait for, and workers for the rest. */
typedef enum { CREW_FRONT, CREW_BACKGROUND, N_CREWS } Crew;

/* ioprio_set(2), which glibc does not have: class "idle" for one process. */
#define IOPRIO_WHO_PROCESS 1
#define IOPRIO_IDLE        (3 << 13)

/* All of a worker belongs to the pool's context. Its life:
 *
 *     STARTING --hello--> READY --idle--> (socket closed, it exits) --> GONE
 *         \                 \--deadline, nonsense--> (SIGKILL) --> GONE
 *          \--death--> GONE <--death--/
 *
 * GONE means that its child is reaped and the slot may start another after the back-off. */
typedef enum { WORKER_GONE, WORKER_STARTING, WORKER_READY } WorkerState;

typedef struct {
    HthWorkerPool *pool;
    Crew crew;
    WorkerState state;
    GPid pid;
    int socket_fd; /* -1: closed */
    GSource *socket_source;
    GSource *child_source;
    GSource *timer;         /* deadline of the job in hand, of the hello, or the idle exit */
    GQueue in_flight;       /* (element HthWorkerJob), the one in hand first */
    gboolean is_late;       /* killed at a deadline */
    gboolean is_distrusted; /* killed for nonsense: what else it sent is not read */
} Worker;

struct HthWorkerPool {
    char *program;
    guint n_workers;
    guint deadline_ms;
    guint idle_exit_s;
    GMainContext *context;
    GSource *wake; /* set ready from any thread; its dispatch is pump() */
    Worker workers[N_CREWS][WORKERS_MAX];
    guint backoff_ms;
    gint64 start_not_before_us;
    guint n_start_failures;

    /* The lock guards what is below; nothing is called out to while it is held. */
    GMutex lock;
    GQueue pictures; /* (element HthWorkerJob) */
    GQueue probes;
    GQueue background;
    GQueue refused; /* came when the queue was full: answered HTH_ERROR_BUSY */
    guint64 last_job_id;
    HthWorkerPoolStatus status;
};

static void pump(HthWorkerPool *self);
static guint drain_answers(Worker *worker);

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
static void fail_job(HthWorkerPool *self, HthWorkerJob *job, const GError *error)
{
    g_autoptr(HthWorkerJob) owned = job;
    count_end(self, FALSE);
    hth_worker_job_fail(owned, error);
}

static void fail_job_with(HthWorkerPool *self, HthWorkerJob *job, HthError code, const char *text)
{
    g_autoptr(GError) error = g_error_new_literal(HTH_ERROR, (gint)code, text);
    fail_job(self, job, error);
}

/* ---- Workers ---- */

static void clear_source(GSource **source)
{
    if (*source != NULL) {
        g_source_destroy(*source);
        g_clear_pointer(source, g_source_unref);
    }
}

static void set_timer(Worker *worker, guint ms, GSourceFunc callback)
{
    clear_source(&worker->timer);
    worker->timer = g_timeout_source_new(ms);
    g_source_set_callback(worker->timer, callback, worker, NULL);
    g_source_attach(worker->timer, worker->pool->context);
}

/* After this the worker is as good as dead; on_child_exit() tidies up. */
static void kill_worker(Worker *worker)
{
    clear_source(&worker->timer);
    clear_source(&worker->socket_source);
    if (worker->pid != 0)
        kill(worker->pid, SIGKILL);
}

/* Of the job in hand. */
static guint deadline_ms(const Worker *worker)
{
    const HthWorkerJob *job = g_queue_peek_head((GQueue *)&worker->in_flight);
    return job != NULL ? hth_worker_job_deadline_ms(job, worker->pool->deadline_ms)
                       : worker->pool->deadline_ms;
}

static gboolean on_deadline(gpointer data)
{
    Worker *worker = data;
    /* When this loop was the late one, the answers are there already. */
    if (drain_answers(worker) > 0) {
        pump(worker->pool);
        return G_SOURCE_REMOVE;
    }
    worker->is_late = TRUE;
    hth_log_warning("a worker is killed: its file took too long; deadline_ms=%u pid=%d",
                    deadline_ms(worker), (int)worker->pid);
    kill_worker(worker);
    return G_SOURCE_REMOVE;
}

static gboolean on_idle(gpointer data)
{
    Worker *worker = data;
    clear_source(&worker->socket_source);
    close(worker->socket_fd); /* the end of the socket: it exits */
    worker->socket_fd = -1;
    set_timer(worker, worker->pool->deadline_ms, on_deadline); /* or is made to */
    return G_SOURCE_REMOVE;
}

/* The deadline is of the job in hand: it starts anew with every answer. */
static void restart_timer(Worker *worker)
{
    if (!g_queue_is_empty(&worker->in_flight))
        set_timer(worker, deadline_ms(worker), on_deadline);
    else
        set_timer(worker, worker->pool->idle_exit_s * 1000, on_idle);
}

static void say_hello(Worker *worker, HthWorkerMessage *message)
{
    HthWorkerPool *pool = worker->pool;
    worker->state = WORKER_READY;
    pool->n_start_failures = 0;
    pool->backoff_ms = 0;
    g_mutex_lock(&pool->lock);
    g_free(pool->status.sandbox);
    pool->status.sandbox = g_strdup(message->text != NULL ? message->text : "");
    g_mutex_unlock(&pool->lock);
    restart_timer(worker);
}

/* Returns: FALSE when the worker talks nonsense. */
static gboolean handle_message(Worker *worker, HthWorkerMessage *message)
{
    if (worker->state == WORKER_STARTING) {
        if (message->type != HTH_WORKER_HELLO || message->code != HTH_WORKER_PROTOCOL_VERSION)
            return FALSE;
        say_hello(worker, message);
        return TRUE;
    }
    HthWorkerJob *job = g_queue_pop_head(&worker->in_flight);
    if (job == NULL)
        return FALSE;
    /* Before the call: a callback may take long, and must not look like a slow file. */
    restart_timer(worker);
    if (hth_worker_job_answer(job, message)) {
        count_end(worker->pool, message->type != HTH_WORKER_FAILED);
        hth_worker_job_free(job);
        return TRUE;
    }
    g_queue_push_head(&worker->in_flight, job);
    return FALSE;
}

static gboolean on_socket(int fd, GIOCondition condition, gpointer data)
{
    Worker *worker = data;
    HthWorkerPool *pool = worker->pool;
    for (guint i = 0; i < ANSWERS_A_TURN; i++) {
        g_auto(HthWorkerMessage) message = HTH_WORKER_MESSAGE_INIT;
        g_autoptr(GError) error = NULL;
        if (!hth_worker_receive(worker->socket_fd, &message, MSG_DONTWAIT, &error)) {
            if (g_error_matches(error, HTH_ERROR, HTH_ERROR_BUSY))
                break;
            worker->is_distrusted = g_error_matches(error, HTH_ERROR, HTH_ERROR_CORRUPT);
            if (worker->is_distrusted)
                hth_log_warning("a worker is killed: %s; pid=%d", error->message, (int)worker->pid);
            kill_worker(worker); /* it closed its socket or talks nonsense: dead either way */
            return G_SOURCE_REMOVE;
        }
        if (!handle_message(worker, &message)) {
            hth_log_warning("a worker is killed: an answer makes no sense; pid=%d",
                            (int)worker->pid);
            worker->is_distrusted = TRUE;
            kill_worker(worker);
            return G_SOURCE_REMOVE;
        }
    }
    pump(pool);
    return worker->socket_source != NULL ? G_SOURCE_CONTINUE : G_SOURCE_REMOVE;
}

/* Under the lock. */
static GQueue *queue_of(HthWorkerPool *self, const HthWorkerJob *job)
{
    if (hth_worker_job_is_background(job))
        return &self->background;
    return job->kind == HTH_JOB_PICTURE ? &self->pictures : &self->probes;
}

/* Jobs that the worker never came to go back to the head of their queues, in their order. */
static void requeue_in_flight(Worker *worker)
{
    HthWorkerPool *pool = worker->pool;
    g_mutex_lock(&pool->lock);
    HthWorkerJob *job;
    while ((job = g_queue_pop_tail(&worker->in_flight)) != NULL)
        g_queue_push_head(queue_of(pool, job), job);
    g_mutex_unlock(&pool->lock);
}

static void count_death(HthWorkerPool *self, gboolean is_late)
{
    g_mutex_lock(&self->lock);
    self->status.n_running--;
    if (is_late)
        self->status.n_killed++;
    else
        self->status.n_died++;
    g_mutex_unlock(&self->lock);
}

static void back_off(HthWorkerPool *self)
{
    self->backoff_ms = CLAMP(self->backoff_ms * 2, BACKOFF_FIRST_MS, BACKOFF_MAX_MS);
    self->start_not_before_us = g_get_monotonic_time() + (gint64)self->backoff_ms * 1000;
}

/* Handles what the worker has sent and nobody has read yet. Returns: how many messages. */
static guint drain_answers(Worker *worker)
{
    guint n = 0;
    while (worker->socket_fd >= 0) {
        g_auto(HthWorkerMessage) message = HTH_WORKER_MESSAGE_INIT;
        if (!hth_worker_receive(worker->socket_fd, &message, MSG_DONTWAIT, NULL) ||
            !handle_message(worker, &message))
            break;
        n++;
    }
    return n;
}

static void on_child_exit(GPid pid, gint status, gpointer data)
{
    Worker *worker = data;
    HthWorkerPool *pool = worker->pool;
    const gboolean was_idle = worker->socket_fd < 0;
    if (!worker->is_distrusted && !worker->is_late)
        (void)drain_answers(worker); /* what it sent before its end counts */
    const gboolean had_hello = worker->state == WORKER_READY;
    clear_source(&worker->timer);
    clear_source(&worker->socket_source);
    clear_source(&worker->child_source);
    if (worker->socket_fd >= 0)
        close(worker->socket_fd);
    worker->socket_fd = -1;
    worker->pid = 0;
    worker->state = WORKER_GONE;
    g_spawn_close_pid(pid);

    HthWorkerJob *in_hand = g_queue_pop_head(&worker->in_flight);
    requeue_in_flight(worker);
    if (was_idle) {
        g_mutex_lock(&pool->lock);
        pool->status.n_running--;
        g_mutex_unlock(&pool->lock);
    } else {
        count_death(pool, worker->is_late);
        if (!worker->is_late)
            hth_log_warning("a worker died; pid=%d wait_status=%d in_hand=%s", (int)pid, status,
                            in_hand != NULL ? "yes" : "no");
    }
    if (!had_hello) {
        pool->n_start_failures++;
        back_off(pool);
    } else if (!was_idle && in_hand == NULL) {
        back_off(pool); /* no file to blame */
    }
    const gboolean is_late = worker->is_late;
    if (in_hand != NULL)
        fail_job_with(pool, in_hand, is_late ? HTH_ERROR_TIMEOUT : HTH_ERROR_FAILED,
                      is_late ? "reading the file took too long"
                              : "reading the file failed: the "
                                "worker died of it");
    pump(pool);
}

static gboolean spawn(HthWorkerPool *self, int child_fd, GPid *out_pid, GError **error)
{
    const char *const argv[] = { self->program, NULL };
    const int target_fd = HTH_WORKER_SOCKET_FD;
    return g_spawn_async_with_pipes_and_fds(
        NULL, argv, NULL, G_SPAWN_DO_NOT_REAP_CHILD | G_SPAWN_STDOUT_TO_DEV_NULL, NULL, NULL, -1,
        -1, -1, &child_fd, &target_fd, 1, out_pid, NULL, NULL, NULL, error);
}

/* Everything else that the machine does goes first. Where the kernel has no such priorities, it
 * does without. */
static void step_back(GPid pid)
{
    (void)setpriority(PRIO_PROCESS, (id_t)pid, 19);
    (void)syscall(SYS_ioprio_set, IOPRIO_WHO_PROCESS, pid, IOPRIO_IDLE);
}

static gboolean start_worker(Worker *worker)
{
    HthWorkerPool *pool = worker->pool;
    int pair[2];
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0) {
        hth_log_warning("no worker can be started: socketpair: %s", g_strerror(errno));
        return FALSE;
    }
    g_autoptr(GError) error = NULL;
    const gboolean is_started = spawn(pool, pair[1], &worker->pid, &error);
    close(pair[1]);
    if (!is_started) {
        hth_log_warning("no worker can be started: %s", error->message);
        close(pair[0]);
        worker->pid = 0;
        return FALSE;
    }
    if (worker->crew == CREW_BACKGROUND)
        step_back(worker->pid);
    worker->state = WORKER_STARTING;
    worker->socket_fd = pair[0];
    worker->is_late = FALSE;
    worker->is_distrusted = FALSE;
    worker->socket_source = g_unix_fd_source_new(pair[0], G_IO_IN | G_IO_HUP | G_IO_ERR);
    g_source_set_callback(worker->socket_source, G_SOURCE_FUNC(on_socket), worker, NULL);
    g_source_attach(worker->socket_source, pool->context);
    worker->child_source = g_child_watch_source_new(worker->pid);
    g_source_set_callback(worker->child_source, G_SOURCE_FUNC(on_child_exit), worker, NULL);
    g_source_attach(worker->child_source, pool->context);
    set_timer(worker, HELLO_DEADLINE_MS, on_deadline);
    g_mutex_lock(&pool->lock);
    pool->status.n_running++;
    g_mutex_unlock(&pool->lock);
    return TRUE;
}

/* ---- Handing out ---- */

static HthWorkerJob *pop_job(HthWorkerPool *self, Crew crew)
{
    HthWorkerJob *job = NULL;
    g_mutex_lock(&self->lock);
    if (crew == CREW_BACKGROUND)
        job = g_queue_pop_head(&self->background);
    else if ((job = g_queue_pop_head(&self->pictures)) == NULL)
        job = g_queue_pop_head(&self->probes);
    g_mutex_unlock(&self->lock);
    return job;
}

static guint n_waiting(HthWorkerPool *self, Crew crew)
{
    g_mutex_lock(&self->lock);
    const guint n = crew == CREW_BACKGROUND
                        ? g_queue_get_length(&self->background)
                        : g_queue_get_length(&self->pictures) + g_queue_get_length(&self->probes);
    g_mutex_unlock(&self->lock);
    return n;
}

/* The ready worker with the least in flight; NULL when all are full. */
static Worker *least_busy(HthWorkerPool *self, Crew crew)
{
    Worker *best = NULL;
    for (guint i = 0; i < self->n_workers; i++) {
        Worker *worker = &self->workers[crew][i];
        if (worker->state != WORKER_READY || worker->socket_source == NULL)
            continue;
        if (g_queue_get_length(&worker->in_flight) < IN_FLIGHT_MAX &&
            (best == NULL ||
             g_queue_get_length(&worker->in_flight) < g_queue_get_length(&best->in_flight)))
            best = worker;
    }
    return best;
}

/* Returns: FALSE when the socket took nothing; then the job is back in its queue. */
static gboolean hand_out(Worker *worker, HthWorkerJob *job)
{
    const HthWorkerMessage message = hth_worker_job_request(job);
    g_autoptr(GError) error = NULL;
    if (hth_worker_send(worker->socket_fd, &message, MSG_DONTWAIT, &error)) {
        g_queue_push_tail(&worker->in_flight, job);
        if (g_queue_get_length(&worker->in_flight) == 1)
            restart_timer(worker);
        return TRUE;
    }
    g_mutex_lock(&worker->pool->lock);
    g_queue_push_head(queue_of(worker->pool, job), job);
    g_mutex_unlock(&worker->pool->lock);
    if (!g_error_matches(error, HTH_ERROR, HTH_ERROR_BUSY))
        kill_worker(worker);
    return FALSE;
}

static void fail_all_waiting(HthWorkerPool *self)
{
    for (Crew crew = 0; crew < N_CREWS; crew++) {
        HthWorkerJob *job;
        while ((job = pop_job(self, crew)) != NULL)
            fail_job_with(self, job, HTH_ERROR_UNAVAILABLE, "hearth-worker can't be started");
    }
    self->n_start_failures = 0;
}

/* One more worker for every job that waits, as far as slots and the back-off allow. */
static void start_workers(HthWorkerPool *self, Crew crew, guint n_wanted)
{
    for (guint i = 0; i < self->n_workers && n_wanted > 0; i++) {
        Worker *worker = &self->workers[crew][i];
        if (worker->state == WORKER_STARTING)
            n_wanted--;
        if (worker->state != WORKER_GONE)
            continue;
        if (g_get_monotonic_time() < self->start_not_before_us)
            break;
        n_wanted--;
        if (!start_worker(worker)) {
            self->n_start_failures++;
            back_off(self);
        }
    }
}

static void refuse(HthWorkerPool *self)
{
    for (;;) {
        g_mutex_lock(&self->lock);
        HthWorkerJob *job = g_queue_pop_head(&self->refused);
        g_mutex_unlock(&self->lock);
        if (job == NULL)
            return;
        fail_job_with(self, job, HTH_ERROR_BUSY, "too many files wait to be read");
    }
}

static void pump_crew(HthWorkerPool *self, Crew crew)
{
    Worker *worker;
    HthWorkerJob *job;
    while ((worker = least_busy(self, crew)) != NULL && (job = pop_job(self, crew)) != NULL) {
        if (!hand_out(worker, job))
            break;
    }
    const guint n = n_waiting(self, crew);
    if (n == 0)
        return;
    if (self->n_start_failures >= START_FAILURES_MAX)
        fail_all_waiting(self);
    else
        start_workers(self, crew, n);
    if (g_get_monotonic_time() < self->start_not_before_us)
        g_source_set_ready_time(self->wake, self->start_not_before_us);
}

static void pump(HthWorkerPool *self)
{
    for (Crew crew = 0; crew < N_CREWS; crew++)
        pump_crew(self, crew);
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

/* ---- The interface ---- */

HthWorkerPool *hth_worker_pool_new(const HthWorkerPoolOptions *options)
{
    g_return_val_if_fail(options->program != NULL, NULL);
    HthWorkerPool *self = g_new0(HthWorkerPool, 1);
    g_mutex_init(&self->lock);
    self->program = g_strdup(options->program);
    self->n_workers = options->n_workers != 0 ? options->n_workers : g_get_num_processors();
    self->n_workers = CLAMP(self->n_workers, 1, WORKERS_MAX);
    self->deadline_ms = options->deadline_ms != 0 ? options->deadline_ms : DEFAULT_DEADLINE_MS;
    self->idle_exit_s = options->idle_exit_s != 0 ? options->idle_exit_s : DEFAULT_IDLE_EXIT_S;
    self->context = options->context != NULL ? options->context : g_main_context_default();
    g_main_context_ref(self->context);
    for (guint i = 0; i < N_CREWS * self->n_workers; i++) {
        Worker *worker = &self->workers[i % N_CREWS][i / N_CREWS];
        worker->pool = self;
        worker->crew = i % N_CREWS;
        worker->socket_fd = -1;
        g_queue_init(&worker->in_flight);
    }
    self->wake = g_source_new(&wake_funcs, sizeof(GSource));
    g_source_set_callback(self->wake, on_wake, self, NULL);
    g_source_attach(self->wake, self->context);
    return self;
}

static void worker_clear(Worker *worker)
{
    clear_source(&worker->child_source);
    kill_worker(worker);
    /* SIGKILL was sent, so this waits for no file: at most for the kernel. */
    if (worker->pid != 0) {
        while (waitpid(worker->pid, NULL, 0) < 0 && errno == EINTR)
            ;
    }
    if (worker->socket_fd >= 0)
        close(worker->socket_fd);
    g_queue_clear_full(&worker->in_flight, (GDestroyNotify)hth_worker_job_free);
}

void hth_worker_pool_free(HthWorkerPool *self)
{
    if (self == NULL)
        return;
    clear_source(&self->wake);
    for (guint i = 0; i < N_CREWS * self->n_workers; i++)
        worker_clear(&self->workers[i % N_CREWS][i / N_CREWS]);
    g_queue_clear_full(&self->pictures, (GDestroyNotify)hth_worker_job_free);
    g_queue_clear_full(&self->probes, (GDestroyNotify)hth_worker_job_free);
    g_queue_clear_full(&self->background, (GDestroyNotify)hth_worker_job_free);
    g_queue_clear_full(&self->refused, (GDestroyNotify)hth_worker_job_free);
    g_mutex_clear(&self->lock);
    g_main_context_unref(self->context);
    g_free(self->status.sandbox);
    g_free(self->program);
    g_free(self);
}

static guint room_in(HthWorkerPool *self, const GQueue *queue, guint limit)
{
    g_mutex_lock(&self->lock);
    const guint n = g_queue_get_length((GQueue *)queue);
    g_mutex_unlock(&self->lock);
    return n < limit ? limit - n : 0;
}

guint hth_worker_pool_room(HthWorkerPool *self)
{
    return room_in(self, &self->probes, PROBES_QUEUED_MAX);
}

guint hth_worker_pool_background_room(HthWorkerPool *self)
{
    return room_in(self, &self->background, BACKGROUND_QUEUED_MAX);
}

/* Takes @job. */
static void queue_job(HthWorkerPool *self, HthWorkerJob *job)
{
    static const guint limits[HTH_N_JOB_KINDS] = {
        [HTH_JOB_PICTURE] = PICTURES_QUEUED_MAX,
        [HTH_JOB_PROBE] = PROBES_QUEUED_MAX,
        [HTH_JOB_LAYOUT] = BACKGROUND_QUEUED_MAX,
        [HTH_JOB_RECIPE] = BACKGROUND_QUEUED_MAX,
    };
    g_mutex_lock(&self->lock);
    job->id = ++self->last_job_id;
    GQueue *queue = queue_of(self, job);
    if (g_queue_get_length(queue) >= limits[job->kind]) {
        close(job->fd);
        job->fd = -1;
        queue = &self->refused;
    }
    g_queue_push_tail(queue, job);
    g_mutex_unlock(&self->lock);
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
    if (hth_worker_job_is_background(job) && fstat(fd, &stat_buffer) == 0)
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
    out_status->n_queued = g_queue_get_length(&self->pictures) + g_queue_get_length(&self->probes) +
                           g_queue_get_length(&self->background);
    g_mutex_unlock(&self->lock);
}
