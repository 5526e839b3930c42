/* SPDX-License-Identifier: GPL-3.0-or-later */
#define HTH_LOG_TOPIC "announcer"
#include "announcer.h"

#include <errno.h>
#include <gio/gio.h>
#include <glib-unix.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"

#define READY_MAX_MS   15000
#define STOP_MAX_MS    1500
#define FIRST_DELAY_MS 250
#define MAX_DELAY_MS   30000
#define STABLE_AFTER_S 60 /* having lived this long, a child that dies is started at once again */

typedef enum { WAITING, STARTING, READY, STOPPING, STOPPED } State;

struct HthAnnouncer {
    HthAnnounceMessage *start;
    char *program;
    GHashTable *values;
    HthAnnouncerChanged changed;
    HthAnnouncerSeen seen;
    gpointer data;
    State state;
    GSubprocess *child;
    int fd;
    guint fd_source;
    guint timer;
    guint delay_ms;

    guint16 port;
    gint64 started_us;
};

static void start_child(HthAnnouncer *self);

static const char *interface_of(const HthAnnouncer *self)
{
    return self->start->start.interface;
}

static void set_timer(HthAnnouncer *self, guint after_ms, GSourceFunc call)
{
    g_clear_handle_id(&self->timer, g_source_remove);
    if (call != NULL)
        self->timer = g_timeout_add(after_ms, call, self);
}

static void log_end(const HthAnnouncer *self, GSubprocess *child)
{
    if (self->state == STOPPING)
        hth_log_info("no longer announcing on %s interface_address=%s", interface_of(self),
                     self->start->start.address);
    else if (g_subprocess_get_if_signaled(child))
        hth_log_warning("the announcer on %s died of signal %d; it is started again in %u ms",
                        interface_of(self), g_subprocess_get_term_sig(child), self->delay_ms);
    else
        hth_log_warning("the announcer on %s ended with %d; it is started again in %u ms",
                        interface_of(self), g_subprocess_get_exit_status(child), self->delay_ms);
}

static gboolean on_delay_over(gpointer data)
{
    HthAnnouncer *self = data;
    self->timer = 0;
    start_child(self);
    return G_SOURCE_REMOVE;
}

static void retry_later(HthAnnouncer *self)
{
    self->state = WAITING;
    set_timer(self, self->delay_ms, on_delay_over);
    self->delay_ms = MIN(self->delay_ms * 2, MAX_DELAY_MS);
}

/* Reaps the child, whatever it does: its end of the pipe is closed, or it is late. What killed it
 * before stays its exit status. */
static void end_child(HthAnnouncer *self)
{
    g_autoptr(GSubprocess) child = g_steal_pointer(&self->child);
    set_timer(self, 0, NULL);
    g_clear_handle_id(&self->fd_source, g_source_remove);
    if (self->fd >= 0)
        close(self->fd);
    self->fd = -1;
    self->port = 0;
    if (child == NULL)
        return;
    g_subprocess_force_exit(child);
    (void)g_subprocess_wait(child, NULL, NULL); /* killed: it takes no time */
    if (g_get_monotonic_time() - self->started_us > STABLE_AFTER_S * G_USEC_PER_SEC)
        self->delay_ms = FIRST_DELAY_MS;
    log_end(self, child);
}

static void child_ended(HthAnnouncer *self)
{
    end_child(self);
    if (self->state == STOPPING)
        self->state = STOPPED;
    else
        retry_later(self);
    self->changed(self, self->data);
}

static gboolean on_late(gpointer data)
{
    HthAnnouncer *self = data;
    self->timer = 0;
    hth_log_warning("the announcer on %s does not %s; it is ended", interface_of(self),
                    self->state == STOPPING ? "stop" : "start");
    child_ended(self);
    return G_SOURCE_REMOVE;
}

static void take_message(HthAnnouncer *self, const HthAnnounceMessage *message)
{
    const gint64 took_ms = (g_get_monotonic_time() - self->started_us) / 1000;
    switch (message->kind) {
    case HTH_ANNOUNCE_READY:
        if (self->state != STARTING)
            return;
        self->state = READY;
        self->port = message->port;
        set_timer(self, 0, NULL);
        hth_log_info("announcing on %s interface_address=%s took_ms=%" G_GINT64_FORMAT,
                     interface_of(self), self->start->start.address, took_ms);
        self->changed(self, self->data);
        return;
    case HTH_ANNOUNCE_ANNOUNCED:
        hth_log_debug("first announcements on %s are out took_ms=%" G_GINT64_FORMAT,
                      interface_of(self), took_ms);
        return;
    case HTH_ANNOUNCE_FAILED:
        hth_log_warning("the announcer on %s: %s", interface_of(self), message->text);
        return;
    case HTH_ANNOUNCE_SEEN:
        if (self->seen != NULL && self->state == READY)
            self->seen(self, message, self->data);
        return;
    default:
        hth_log_warning("the announcer on %s talks nonsense", interface_of(self));
    }
}

/* Returns: FALSE when the child has gone or talks nonsense. */
static gboolean read_message(HthAnnouncer *self)
{
    guint8 bytes[1024]; /* what a child says is short; more is cut and thereby refused */
    const gssize size = recv(self->fd, bytes, sizeof bytes, MSG_DONTWAIT);
    if (size < 0 && (errno == EAGAIN || errno == EINTR))
        return TRUE;
    if (size <= 0)
        return FALSE;
    g_autoptr(GError) error = NULL;
    g_autoptr(HthAnnounceMessage) message = hth_announce_message_decode(bytes, (gsize)size, &error);
    if (message == NULL) {
        hth_log_warning("the announcer on %s: %s", interface_of(self), error->message);
        return FALSE;
    }
    take_message(self, message);
    return TRUE;
}

static gboolean on_readable(int fd, GIOCondition condition, gpointer data)
{
    HthAnnouncer *self = data;
    if (read_message(self))
        return G_SOURCE_CONTINUE;
    self->fd_source = 0;
    child_ended(self); /* may free self */
    return G_SOURCE_REMOVE;
}

/* Never blocks: a child that does not take what it is sent (its queue of some 200 KB is full)
 * hangs, and is ended by the shutdown, which is read as its end. */
static void send_message(HthAnnouncer *self, const HthAnnounceMessage *message)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GByteArray) bytes = hth_announce_message_encode(message, &error);
    if (bytes == NULL) {
        hth_log_error("not told to the announcer on %s: %s", interface_of(self), error->message);
        return;
    }
    if (send(self->fd, bytes->data, bytes->len, MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
        (void)shutdown(self->fd, SHUT_RDWR);
}

static void send_event(HthAnnouncer *self, HthAnnounceKind kind, const char *service_id,
                       GArray *variables)
{
    g_autoptr(HthAnnounceMessage) message = hth_announce_message_new(kind);
    message->event.service_id = g_strdup(service_id);
    message->event.variables = g_array_ref(variables);
    send_message(self, message);
}

static void send_all_values(HthAnnouncer *self)
{
    GHashTableIter iter;
    gpointer service_id = NULL;
    gpointer variables = NULL;
    g_hash_table_iter_init(&iter, self->values);
    while (g_hash_table_iter_next(&iter, &service_id, &variables))
        send_event(self, HTH_ANNOUNCE_VALUES, service_id, variables);
}

static gboolean spawn(HthAnnouncer *self, int child_fd, GError **error)
{
    g_autoptr(GSubprocessLauncher) launcher = g_subprocess_launcher_new(G_SUBPROCESS_FLAGS_NONE);
    g_subprocess_launcher_take_fd(launcher, child_fd, HTH_ANNOUNCE_FD);
    self->child = g_subprocess_launcher_spawn(launcher, error, self->program, NULL);
    return self->child != NULL;
}

static void start_child(HthAnnouncer *self)
{
    g_autoptr(GError) error = NULL;
    int pair[2] = { -1, -1 };
    self->started_us = g_get_monotonic_time();

    /* UPnP Device Architecture 1.1, section 1.2.2: larger whenever a device joins anew. */
    self->start->start.boot_id = (self->start->start.boot_id + 1) & G_MAXINT32;
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0) {
        hth_log_warning("no announcer on %s: %s", interface_of(self), g_strerror(errno));
        retry_later(self);
        return;
    }
    self->fd = pair[0];
    if (!spawn(self, pair[1], &error)) {
        hth_log_warning("no announcer on %s: %s", interface_of(self), error->message);
        close(self->fd);
        self->fd = -1;
        retry_later(self);
        return;
    }
    self->state = STARTING;
    self->fd_source = g_unix_fd_add(self->fd, G_IO_IN | G_IO_HUP | G_IO_ERR, on_readable, self);
    set_timer(self, READY_MAX_MS, on_late);
    send_message(self, self->start);
    send_all_values(self);
}

HthAnnouncer *hth_announcer_new(const HthAnnouncerOptions *options, HthAnnouncerChanged changed,
                                gpointer data)
{
    HthAnnouncer *self = g_new(HthAnnouncer, 1);
    *self = (HthAnnouncer){
        .start = hth_announce_message_new(HTH_ANNOUNCE_START),
        .program = g_strdup(options->program),
        .values = g_hash_table_ref(options->values),
        .changed = changed,
        .seen = options->seen,
        .data = data,
        .fd = -1,
        .delay_ms = FIRST_DELAY_MS,
    };
    self->start->start.interface = g_strdup(options->interface);
    self->start->start.address = g_strdup(options->address);
    self->start->start.description_url = g_strdup(options->description_url);
    self->start->start.max_age_s = options->max_age_s;
    self->start->start.boot_id = options->boot_id;
    self->start->start.config_id = options->config_id;
    start_child(self);
    return self;
}

void hth_announcer_free(HthAnnouncer *self)
{
    if (self == NULL)
        return;
    end_child(self);
    hth_announce_message_free(self->start);
    g_hash_table_unref(self->values);
    g_free(self->program);
    g_free(self);
}

void hth_announcer_stop(HthAnnouncer *self)
{
    if (self->state == STOPPING || self->state == STOPPED)
        return;
    set_timer(self, 0, NULL);
    if (self->child == NULL) {
        self->state = STOPPED;
        self->changed(self, self->data);
        return;
    }
    self->state = STOPPING;
    self->port = 0;
    g_autoptr(HthAnnounceMessage) message = hth_announce_message_new(HTH_ANNOUNCE_STOP);
    send_message(self, message);
    set_timer(self, STOP_MAX_MS, on_late);
}

void hth_announcer_join(HthAnnouncer *self, gint64 deadline_us)
{
    while (self->child != NULL) {
        struct pollfd wait = { .fd = self->fd, .events = POLLIN };
        const gint64 left_ms = (deadline_us - g_get_monotonic_time()) / 1000;
        if (left_ms <= 0 || (poll(&wait, 1, (int)left_ms) > 0 && !read_message(self)))
            end_child(self);
    }
    self->state = STOPPED;
}

gboolean hth_announcer_is_stopped(const HthAnnouncer *self)
{
    return self->state == STOPPED;
}

static void send_variables(HthAnnouncer *self, HthAnnounceKind kind, const char *service_id,
                           const HthEventVariable *variables, guint n_variables)
{
    if (self->state != READY && self->state != STARTING)
        return;
    g_autoptr(GArray) copies = hth_event_variables_copy(variables, n_variables);
    send_event(self, kind, service_id, copies);
}

void hth_announcer_notify(HthAnnouncer *self, const char *service_id,
                          const HthEventVariable *variables, guint n_variables)
{
    send_variables(self, HTH_ANNOUNCE_NOTIFY, service_id, variables, n_variables);
}

void hth_announcer_set_values(HthAnnouncer *self, const char *service_id,
                              const HthEventVariable *variables, guint n_variables)
{
    send_variables(self, HTH_ANNOUNCE_VALUES, service_id, variables, n_variables);
}

void hth_announcer_accept(HthAnnouncer *self, const char *sid)
{
    if (self->state != READY)
        return;
    g_autoptr(HthAnnounceMessage) message = hth_announce_message_new(HTH_ANNOUNCE_ACCEPT);
    message->text = g_strdup(sid);
    send_message(self, message);
}

const char *hth_announcer_interface(const HthAnnouncer *self)
{
    return interface_of(self);
}

const char *hth_announcer_address(const HthAnnouncer *self)
{
    return self->start->start.address;
}

guint16 hth_announcer_port(const HthAnnouncer *self)
{
    return self->port;
}

guint64 hth_announcer_generation(const HthAnnouncer *self)
{
    return self->child != NULL ? (guint64)self->started_us : 0;
}
