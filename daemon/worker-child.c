/* SPDX-License-Identifier: GPL-3.0-or-later */
#define HTH_LOG_TOPIC "worker-pool"
#include "worker-child.h"

#include <errno.h>
#include <glib-unix.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"
#include "base/log.h"
#include "media/worker-protocol.h"

/* Enough that it never waits for a round trip, few enough that a picture, which goes ahead of all
 * that is queued but not of these, waits a millisecond or two. */
#define IN_FLIGHT_MAX 4
/* It has this long to close its sandbox and say hello. */
#define HELLO_DEADLINE_MS 20000
/* Answers handled in one turn of the loop, so that others get theirs. */
#define ANSWERS_A_TURN 16

/* ioprio_set(2), which glibc does not have: class "idle" for one process. */
#define IOPRIO_WHO_PROCESS 1
#define IOPRIO_IDLE        (3 << 13)

struct HthWorkerChild {
    const HthWorkerChildHost *host;
    HthCrew crew;
    HthWorkerChildState state;
    GPid pid;
    int socket_fd; /* -1: closed */
    GSource *socket_source;
    GSource *child_source;
    GSource *timer;         /* deadline of the job in hand, of the hello, or the idle exit */
    GQueue in_flight;       /* (element HthWorkerJob), the one in hand first */
    gboolean is_late;       /* killed at a deadline */
    gboolean is_distrusted; /* killed for nonsense: what else it sent is not read */
};

static guint drain_answers(HthWorkerChild *self);

/* ---- Its time ---- */

static void clear_source(GSource **source)
{
    if (*source != NULL) {
        g_source_destroy(*source);
        g_clear_pointer(source, g_source_unref);
    }
}

static void set_timer(HthWorkerChild *self, guint ms, GSourceFunc callback)
{
    clear_source(&self->timer);
    self->timer = g_timeout_source_new(ms);
    g_source_set_callback(self->timer, callback, self, NULL);
    g_source_attach(self->timer, self->host->context);
}

/* After this it is as good as dead; on_child_exit() tidies up. */
static void kill_child(HthWorkerChild *self)
{
    clear_source(&self->timer);
    clear_source(&self->socket_source);
    if (self->pid != 0)
        kill(self->pid, SIGKILL);
}

/* Of the job in hand. */
static guint deadline_ms(const HthWorkerChild *self)
{
    const HthWorkerJob *job = g_queue_peek_head((GQueue *)&self->in_flight);
    return job != NULL ? hth_worker_job_deadline_ms(job, self->host->deadline_ms)
                       : self->host->deadline_ms;
}

static gboolean on_deadline(gpointer data)
{
    HthWorkerChild *self = data;
    /* When this loop was the late one, the answers are there already. */
    if (drain_answers(self) > 0) {
        self->host->on_room(self->host->data);
        return G_SOURCE_REMOVE;
    }
    self->is_late = TRUE;
    hth_log_warning("a worker is killed: its file took too long; deadline_ms=%u pid=%d",
                    deadline_ms(self), (int)self->pid);
    kill_child(self);
    return G_SOURCE_REMOVE;
}

static gboolean on_idle(gpointer data)
{
    HthWorkerChild *self = data;
    clear_source(&self->socket_source);
    close(self->socket_fd); /* the end of the socket: it exits */
    self->socket_fd = -1;
    set_timer(self, self->host->deadline_ms, on_deadline); /* or is made to */
    return G_SOURCE_REMOVE;
}

/* The deadline is of the job in hand: it starts anew with every answer. */
static void restart_timer(HthWorkerChild *self)
{
    if (!g_queue_is_empty(&self->in_flight))
        set_timer(self, deadline_ms(self), on_deadline);
    else
        set_timer(self, self->host->idle_exit_s * 1000, on_idle);
}

/* ---- What it says ---- */

/* Returns: FALSE when it talks nonsense. */
static gboolean handle_message(HthWorkerChild *self, HthWorkerMessage *message)
{
    if (self->state == HTH_CHILD_STARTING) {
        if (message->type != HTH_WORKER_HELLO || message->code != HTH_WORKER_PROTOCOL_VERSION)
            return FALSE;
        self->state = HTH_CHILD_READY;
        self->host->on_hello(message->text != NULL ? message->text : "", self->host->data);
        restart_timer(self);
        return TRUE;
    }
    HthWorkerJob *job = g_queue_pop_head(&self->in_flight);
    if (job == NULL)
        return FALSE;
    /* Before the call: a callback may take long, and must not look like a slow file. */
    restart_timer(self);
    if (hth_worker_job_answer(job, message)) {
        self->host->on_answered(message->type != HTH_WORKER_FAILED, self->host->data);
        hth_worker_job_free(job);
        return TRUE;
    }
    g_queue_push_head(&self->in_flight, job);
    return FALSE;
}

static gboolean on_socket(int fd, GIOCondition condition, gpointer data)
{
    HthWorkerChild *self = data;
    for (guint i = 0; i < ANSWERS_A_TURN; i++) {
        g_auto(HthWorkerMessage) message = HTH_WORKER_MESSAGE_INIT;
        g_autoptr(GError) error = NULL;
        if (!hth_worker_receive(self->socket_fd, &message, MSG_DONTWAIT, &error)) {
            if (g_error_matches(error, HTH_ERROR, HTH_ERROR_BUSY))
                break;
            self->is_distrusted = g_error_matches(error, HTH_ERROR, HTH_ERROR_CORRUPT);
            if (self->is_distrusted)
                hth_log_warning("a worker is killed: %s; pid=%d", error->message, (int)self->pid);
            kill_child(self); /* it closed its socket or talks nonsense: dead either way */
            return G_SOURCE_REMOVE;
        }
        if (!handle_message(self, &message)) {
            hth_log_warning("a worker is killed: an answer makes no sense; pid=%d", (int)self->pid);
            self->is_distrusted = TRUE;
            kill_child(self);
            return G_SOURCE_REMOVE;
        }
    }
    self->host->on_room(self->host->data);
    return self->socket_source != NULL ? G_SOURCE_CONTINUE : G_SOURCE_REMOVE;
}

/* Handles what it has sent and nobody has read yet. Returns: how many messages. */
static guint drain_answers(HthWorkerChild *self)
{
    guint n = 0;
    while (self->socket_fd >= 0) {
        g_auto(HthWorkerMessage) message = HTH_WORKER_MESSAGE_INIT;
        if (!hth_worker_receive(self->socket_fd, &message, MSG_DONTWAIT, NULL) ||
            !handle_message(self, &message))
            break;
        n++;
    }
    return n;
}

/* ---- Its end ---- */

static void close_socket(HthWorkerChild *self)
{
    if (self->socket_fd >= 0)
        close(self->socket_fd);
    self->socket_fd = -1;
}

/* Jobs that it never came to go back to the head of their queues, in their order. */
static void give_back(HthWorkerChild *self)
{
    HthWorkerJob *job;
    while ((job = g_queue_pop_tail(&self->in_flight)) != NULL)
        hth_worker_queue_push_back(self->host->queue, job);
}

static void on_child_exit(GPid pid, gint status, gpointer data)
{
    HthWorkerChild *self = data;
    const gboolean was_idle = self->socket_fd < 0;
    if (!self->is_distrusted && !self->is_late)
        (void)drain_answers(self); /* what it sent before its end counts */
    const gboolean had_hello = self->state == HTH_CHILD_READY;
    clear_source(&self->timer);
    clear_source(&self->socket_source);
    clear_source(&self->child_source);
    close_socket(self);
    self->pid = 0;
    self->state = HTH_CHILD_GONE;
    g_spawn_close_pid(pid);

    const HthWorkerEnd end = { .in_hand = g_queue_pop_head(&self->in_flight),
                               .had_hello = had_hello,
                               .was_idle = was_idle,
                               .is_late = self->is_late };
    give_back(self);
    if (!was_idle && !self->is_late)
        hth_log_warning("a worker died; pid=%d wait_status=%d in_hand=%s", (int)pid, status,
                        end.in_hand != NULL ? "yes" : "no");
    self->host->on_end(&end, self->host->data);
}

/* ---- Its beginning ---- */

static gboolean spawn(const char *program, int child_fd, GPid *out_pid, GError **error)
{
    const char *const argv[] = { program, NULL };
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

gboolean hth_worker_child_start(HthWorkerChild *self)
{
    int pair[2];
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0) {
        hth_log_warning("no worker can be started: socketpair: %s", g_strerror(errno));
        return FALSE;
    }
    g_autoptr(GError) error = NULL;
    const gboolean is_started = spawn(self->host->program, pair[1], &self->pid, &error);
    close(pair[1]);
    if (!is_started) {
        hth_log_warning("no worker can be started: %s", error->message);
        close(pair[0]);
        self->pid = 0;
        return FALSE;
    }
    if (self->crew == HTH_CREW_BACKGROUND)
        step_back(self->pid);
    self->state = HTH_CHILD_STARTING;
    self->socket_fd = pair[0];
    self->is_late = FALSE;
    self->is_distrusted = FALSE;
    self->socket_source = g_unix_fd_source_new(pair[0], G_IO_IN | G_IO_HUP | G_IO_ERR);
    g_source_set_callback(self->socket_source, G_SOURCE_FUNC(on_socket), self, NULL);
    g_source_attach(self->socket_source, self->host->context);
    self->child_source = g_child_watch_source_new(self->pid);
    g_source_set_callback(self->child_source, G_SOURCE_FUNC(on_child_exit), self, NULL);
    g_source_attach(self->child_source, self->host->context);
    set_timer(self, HELLO_DEADLINE_MS, on_deadline);
    return TRUE;
}

/* ---- The interface ---- */

HthWorkerChild *hth_worker_child_new(const HthWorkerChildHost *host, HthCrew crew)
{
    HthWorkerChild *self = g_new0(HthWorkerChild, 1);
    self->host = host;
    self->crew = crew;
    self->socket_fd = -1;
    g_queue_init(&self->in_flight);
    return self;
}

void hth_worker_child_free(HthWorkerChild *self)
{
    if (self == NULL)
        return;
    clear_source(&self->child_source);
    kill_child(self);
    /* SIGKILL was sent, so this waits for no file: at most for the kernel. */
    if (self->pid != 0) {
        while (waitpid(self->pid, NULL, 0) < 0 && errno == EINTR)
            ;
    }
    close_socket(self);
    g_queue_clear_full(&self->in_flight, (GDestroyNotify)hth_worker_job_free);
    g_free(self);
}

HthWorkerChildState hth_worker_child_state(const HthWorkerChild *self)
{
    return self->state;
}

guint hth_worker_child_room(const HthWorkerChild *self)
{
    const guint n = g_queue_get_length((GQueue *)&self->in_flight);
    if (self->state != HTH_CHILD_READY || self->socket_source == NULL)
        return 0;
    return n < IN_FLIGHT_MAX ? IN_FLIGHT_MAX - n : 0;
}

gboolean hth_worker_child_hand(HthWorkerChild *self, HthWorkerJob *job)
{
    const HthWorkerMessage message = hth_worker_job_request(job);
    g_autoptr(GError) error = NULL;
    if (hth_worker_send(self->socket_fd, &message, MSG_DONTWAIT, &error)) {
        g_queue_push_tail(&self->in_flight, job);
        if (g_queue_get_length(&self->in_flight) == 1)
            restart_timer(self);
        return TRUE;
    }
    hth_worker_queue_push_back(self->host->queue, job);
    if (!g_error_matches(error, HTH_ERROR, HTH_ERROR_BUSY))
        kill_child(self);
    return FALSE;
}
