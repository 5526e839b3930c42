/* SPDX-License-Identifier: GPL-3.0-or-later */
#define HTH_LOG_TOPIC "door"
#include "door.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"
#include "client-hello.h"
#include "guest.h"
#include "lobby.h"
#include "peer-count.h"

/* Accepted in one go, before the others have their turn. */
#define ACCEPTS_A_ROUND 64
/* When there are no descriptors, nobody is accepted for so long. */
#define ACCEPT_PAUSE_US (100 * 1000)
#define SWEEP_MS        250

struct HthDoor {
    HthWatch listen_watch; /* first: the listener is known by it */
    HthDoorOptions options;
    char *suffix; /* ".NAME" */
    HthPollThread *thread;
    HthPeerCount *silent;
    HthLobbies *lobbies;
    GQueue lists[HTH_GUEST_GONE]; /* of each state, in the order in which they will be too late */
    gint64 accept_after_us;       /* 0: accepting */
    gint64 swept_us;
    guint8 scratch[HTH_HELLO_MAX_PEEK_BYTES];
    _Atomic guint64 events[HTH_DOOR_N_EVENTS];
    _Atomic guint n_in[HTH_GUEST_GONE];
};

static const guint patience_s[HTH_GUEST_GONE] = {
    [HTH_GUEST_SPEAKS] = HTH_DOOR_SPEAK_S,
    [HTH_GUEST_PARKED] = HTH_DOOR_PARKED_S,
    [HTH_GUEST_WAITS] = HTH_DOOR_WAIT_S,
};

static void count(HthDoor *self, HthDoorEvent event)
{
    atomic_fetch_add_explicit(&self->events[event], 1, memory_order_relaxed);
}

/* ---- Coming, and going ---- */

/* Takes @guest out of the state that it is in. */
static void leave_state(HthDoor *self, HthGuest *guest)
{
    g_queue_unlink(&self->lists[guest->state], &guest->link);
    atomic_fetch_sub(&self->n_in[guest->state], 1);
    if (guest->state == HTH_GUEST_SPEAKS)
        hth_peer_count_remove(self->silent, guest->peer);
    else
        hth_lobbies_leave(self->lobbies, guest);
    if (guest->state == HTH_GUEST_PARKED)
        hth_household_change_parked(guest->household, -1);
}

/* Lets @guest go; its socket stays open. */
static int dismiss(HthDoor *self, HthGuest *guest)
{
    leave_state(self, guest);
    guest->state = HTH_GUEST_GONE;
    g_clear_pointer(&guest->household, hth_household_unref);
    hth_poll_thread_unwatch(self->thread, guest->fd);
    hth_poll_thread_bury(self->thread, guest);
    return guest->fd;
}

static void close_guest(HthDoor *self, HthGuest *guest)
{
    close(dismiss(self, guest));
}

static void refuse(HthDoor *self, HthGuest *guest, HthDoorEvent event, HthAlert alert)
{
    count(self, event);
    hth_guest_send_alert(guest->fd, alert);
    close_guest(self, guest);
}

/* From speaking to parked or waiting. @household: taken. FALSE: there is no room. */
static gboolean enter_state(HthDoor *self, HthGuest *guest, HthGuestState state,
                            HthHousehold *household)
{
    const HthGuest before = *guest;
    guest->household = household;
    guest->state = state;
    if (!hth_lobbies_enter(self->lobbies, guest)) {
        guest->state = before.state;
        g_clear_pointer(&guest->household, hth_household_unref);
        return FALSE;
    }
    hth_peer_count_remove(self->silent, guest->peer);
    g_queue_unlink(&self->lists[before.state], &guest->link);
    g_queue_push_tail_link(&self->lists[state], &guest->link);
    atomic_fetch_sub(&self->n_in[before.state], 1);
    atomic_fetch_add(&self->n_in[state], 1);
    guest->since_us = hth_poll_thread_now(self->thread);
    if (state == HTH_GUEST_PARKED)
        hth_household_change_parked(household, 1);
    return TRUE;
}

/* ---- Joining ---- */

static HthSplicer *least_busy(HthDoor *self)
{
    HthSplicer *best = self->options.splicers[0];
    for (guint i = 1; i < self->options.n_splicers; i++) {
        HthSplicer *splicer = self->options.splicers[i];
        if (hth_splicer_sessions(splicer) < hth_splicer_sessions(best))
            best = splicer;
    }
    return best;
}

static guint64 random_number(void)
{
    guint64 number = 0;
    (void)!getrandom(&number, sizeof number, 0);
    return number;
}

/* Joins @device, which waits, with a parked connection. FALSE: there is none that lives. */
static gboolean try_join(HthDoor *self, HthGuest *device)
{
    HthGuest *parked;
    HthLimits limits;
    hth_household_limits(device->household, &limits);
    HthJoin join = { .number = random_number() };
    while ((parked = hth_lobbies_parked(self->lobbies, device->household)) != NULL) {
        if (!hth_guest_send_join(parked->fd, limits.session_rate, join.number)) {
            close_guest(self, parked);
            continue;
        }
        join.household = hth_household_ref(device->household);
        memcpy(join.route, device->route, sizeof join.route);
        join.home_fd = dismiss(self, parked);
        join.device_fd = dismiss(self, device);
        hth_guest_want_bytes(join.device_fd, 1);
        hth_splicer_begin(least_busy(self), &join);
        count(self, HTH_DOOR_JOINED);
        return TRUE;
    }
    return FALSE;
}

/* A parked connection has come for those who wait. */
static void serve_waiting(HthDoor *self, HthHousehold *household)
{
    HthGuest *device;
    while ((device = hth_lobbies_waiting(self->lobbies, household)) != NULL &&
           try_join(self, device))
        ;
}

/* ---- What they say ---- */

/* A device names a route. @household: taken. */
static void on_route(HthDoor *self, HthGuest *guest, const char *route, HthHousehold *household)
{
    if (!hth_household_begin_session(household)) {
        hth_household_unref(household);
        refuse(self, guest, HTH_DOOR_OVER_LIMIT, HTH_ALERT_ACCESS_DENIED);
        return;
    }
    if (!enter_state(self, guest, HTH_GUEST_WAITS, hth_household_ref(household))) {
        hth_household_end_session(household);
        refuse(self, guest, HTH_DOOR_OVER_LIMIT, HTH_ALERT_ACCESS_DENIED);
    } else {
        g_strlcpy(guest->route, route, sizeof guest->route);
        hth_poll_thread_change(self->thread, guest->fd, EPOLLRDHUP, &guest->watch);
        (void)try_join(self, guest);
    }
    hth_household_unref(household);
}

static void on_name(HthDoor *self, HthGuest *guest, const char *name)
{
    if (strcmp(name, self->options.name) == 0) {
        hth_guest_want_bytes(guest->fd, 1);
        self->options.api(dismiss(self, guest), self->options.api_data);
        return;
    }
    char route[HTH_ROUTE_LENGTH + 1] = "";
    HthHousehold *household = NULL;
    if (strlen(name) > HTH_ROUTE_LENGTH && strcmp(name + HTH_ROUTE_LENGTH, self->suffix) == 0) {
        memcpy(route, name, HTH_ROUTE_LENGTH);
        household = hth_switchboard_by_route(self->options.switchboard, route);
    }
    if (household != NULL)
        on_route(self, guest, route, household);
    else
        refuse(self, guest, HTH_DOOR_NO_ROUTE, HTH_ALERT_UNRECOGNIZED_NAME);
}

static void on_hello(HthDoor *self, HthGuest *guest, gsize n_bytes, gboolean has_ended)
{
    char name[HTH_HELLO_NAME_SIZE];
    gsize n_wanted = 0;
    switch (hth_client_hello_read(self->scratch, n_bytes, name, &n_wanted)) {
    case HTH_HELLO_NAME:
        on_name(self, guest, name);
        break;
    case HTH_HELLO_NO_NAME:
        refuse(self, guest, HTH_DOOR_NO_ROUTE, HTH_ALERT_UNRECOGNIZED_NAME);
        break;
    case HTH_HELLO_MALFORMED:
        refuse(self, guest, HTH_DOOR_MALFORMED, HTH_ALERT_DECODE_ERROR);
        break;
    case HTH_HELLO_NEED_MORE:
        if (has_ended)
            refuse(self, guest, HTH_DOOR_MALFORMED, HTH_ALERT_DECODE_ERROR);
        else
            hth_guest_want_bytes(guest->fd, n_wanted);
        break;
    }
}

static void on_park(HthDoor *self, HthGuest *guest)
{
    char ticket[HTH_ROUTE_LENGTH + 1];
    HthHousehold *household = NULL;
    if (!hth_guest_read_park(guest->fd, ticket)) {
        count(self, HTH_DOOR_MALFORMED);
        close_guest(self, guest);
        return;
    }
    household = hth_switchboard_use_ticket(self->options.switchboard, ticket,
                                           hth_poll_thread_now(self->thread));
    if (household == NULL || !enter_state(self, guest, HTH_GUEST_PARKED, household)) {
        count(self, HTH_DOOR_BAD_TICKET);
        (void)!send(guest->fd, "E", 1, MSG_NOSIGNAL | MSG_DONTWAIT);
        close_guest(self, guest);
        return;
    }
    hth_guest_want_bytes(guest->fd, 1);
    serve_waiting(self, household);
}

static void on_words(HthDoor *self, HthGuest *guest, gboolean has_ended)
{
    const gssize n = recv(guest->fd, self->scratch, sizeof self->scratch, MSG_PEEK | MSG_DONTWAIT);
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    const guint8 first = n > 0 ? self->scratch[0] : 0;
    if (first == 22) {
        on_hello(self, guest, (gsize)n, has_ended);
    } else if (first == 'P' && n >= HTH_PARK_LINE_BYTES) {
        on_park(self, guest);
    } else if (first == 'P' && !has_ended) {
        hth_guest_want_bytes(guest->fd, HTH_PARK_LINE_BYTES);
    } else {
        count(self, n > 0 ? HTH_DOOR_MALFORMED : HTH_DOOR_SILENT);
        close_guest(self, guest);
    }
}

static void on_pings(HthDoor *self, HthGuest *guest)
{
    const gint64 now_us = hth_poll_thread_now(self->thread);
    if (!hth_guest_answer_pings(guest, now_us)) {
        close_guest(self, guest);
        return;
    }
    guest->since_us = now_us;
    g_queue_unlink(&self->lists[HTH_GUEST_PARKED], &guest->link);
    g_queue_push_tail_link(&self->lists[HTH_GUEST_PARKED], &guest->link);
    hth_lobbies_heard(self->lobbies, guest);
}

/* A device that has waited goes without having had a session. */
static void end_waiting(HthDoor *self, HthGuest *guest, gboolean is_late)
{
    hth_household_end_session(guest->household);
    if (is_late)
        refuse(self, guest, HTH_DOOR_HOME_AWAY, HTH_ALERT_INTERNAL_ERROR);
    else
        close_guest(self, guest);
}

static void on_guest(HthWatch *watch, guint events)
{
    HthGuest *guest = (HthGuest *)watch;
    HthDoor *self = guest->door;
    const gboolean has_ended = (events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0;
    if (guest->state == HTH_GUEST_SPEAKS)
        on_words(self, guest, has_ended);
    else if (guest->state == HTH_GUEST_PARKED)
        on_pings(self, guest);
    else if (guest->state == HTH_GUEST_WAITS && has_ended)
        end_waiting(self, guest, FALSE);
}

/* ---- The port ---- */

static guint sockets_now(HthDoor *self)
{
    guint n = 0;
    for (guint i = 0; i < HTH_GUEST_GONE; i++)
        n += atomic_load(&self->n_in[i]);
    for (guint i = 0; i < self->options.n_splicers; i++)
        n += 2 * hth_splicer_sessions(self->options.splicers[i]);
    return n;
}

static void admit(HthDoor *self, int fd, const struct sockaddr *address)
{
    const guint64 peer = hth_peer_key(address);
    const guint n_of_peer = hth_peer_count_add(self->silent, peer);
    HthGuest *guest = g_new0(HthGuest, 1);
    *guest = (HthGuest){ .watch = { on_guest }, .door = self, .fd = fd, .peer = peer };
    guest->since_us = hth_poll_thread_now(self->thread);
    guest->link.data = guest;
    guest->lobby_link.data = guest;
    if (n_of_peer > HTH_DOOR_MAX_SILENT_A_PEER || sockets_now(self) >= self->options.max_sockets ||
        !hth_poll_thread_watch(self->thread, fd, EPOLLIN | EPOLLRDHUP, &guest->watch)) {
        count(self, HTH_DOOR_REFUSED_LIMIT);
        hth_peer_count_remove(self->silent, peer);
        g_free(guest);
        close(fd);
        return;
    }
    count(self, HTH_DOOR_ACCEPTED);
    g_queue_push_tail_link(&self->lists[HTH_GUEST_SPEAKS], &guest->link);
    atomic_fetch_add(&self->n_in[HTH_GUEST_SPEAKS], 1);
}

static void pause_accepting(HthDoor *self)
{
    hth_log_warning("no connection can be accepted now: %s", g_strerror(errno));
    hth_poll_thread_unwatch(self->thread, self->options.listen_fd);
    self->accept_after_us = hth_poll_thread_now(self->thread) + ACCEPT_PAUSE_US;
}

static void on_listener(HthWatch *watch, guint events)
{
    HthDoor *self = (HthDoor *)watch;
    for (guint i = 0; i < ACCEPTS_A_ROUND; i++) {
        struct sockaddr_storage address = { 0 };
        socklen_t size = sizeof address;
        const int fd = accept4(self->options.listen_fd, (struct sockaddr *)&address, &size,
                               SOCK_CLOEXEC | SOCK_NONBLOCK);
        if (fd < 0 && (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM)) {
            pause_accepting(self);
            return;
        }
        if (fd < 0 && errno == EAGAIN)
            return;
        if (fd >= 0)
            admit(self, fd, (const struct sockaddr *)&address);
    }
}

/* ---- Time ---- */

static void send_away(HthDoor *self, HthGuest *guest)
{
    if (guest->state == HTH_GUEST_SPEAKS) {
        count(self, HTH_DOOR_SILENT);
        close_guest(self, guest);
    } else if (guest->state == HTH_GUEST_PARKED) {
        close_guest(self, guest);
    } else {
        end_waiting(self, guest, TRUE);
    }
}

static void sweep(HthDoor *self, gint64 now_us)
{
    self->swept_us = now_us;
    for (guint state = 0; state < HTH_GUEST_GONE; state++) {
        const gint64 since_us = now_us - (gint64)patience_s[state] * G_USEC_PER_SEC;
        const GList *head;
        while ((head = self->lists[state].head) != NULL &&
               ((HthGuest *)head->data)->since_us <= since_us)
            send_away(self, head->data);
    }
    if (self->accept_after_us != 0 && self->accept_after_us <= now_us) {
        self->accept_after_us = 0;
        (void)hth_poll_thread_watch(self->thread, self->options.listen_fd, EPOLLIN,
                                    &self->listen_watch);
    }
}

static int on_round(gpointer data, gint64 now_us)
{
    HthDoor *self = data;
    if (now_us - self->swept_us >= SWEEP_MS * 1000)
        sweep(self, now_us);
    const gboolean is_busy = self->lists[HTH_GUEST_SPEAKS].length > 0 ||
                             self->lists[HTH_GUEST_WAITS].length > 0 || self->accept_after_us != 0;
    return is_busy ? SWEEP_MS : 10 * 1000;
}

/* ---- From other threads ---- */

/* Options that an accepted socket has from its listener. */
static void set_options(int fd)
{
    static const struct {
        int level, name, value;
    } options[] = {
        { IPPROTO_TCP, TCP_NODELAY, 1 },
        { SOL_SOCKET, SO_KEEPALIVE, 1 },
        { IPPROTO_TCP, TCP_KEEPIDLE, 120 },
        { IPPROTO_TCP, TCP_KEEPINTVL, 30 },
        { IPPROTO_TCP, TCP_USER_TIMEOUT, 60 * 1000 },
    };
    for (gsize i = 0; i < G_N_ELEMENTS(options); i++)
        (void)setsockopt(fd, options[i].level, options[i].name, &options[i].value, sizeof(int));
}

HthDoor *hth_door_new(const HthDoorOptions *options)
{
    HthDoor *self = g_new0(HthDoor, 1);
    self->options = *options;
    self->options.name = g_strdup(options->name);
    self->suffix = g_strconcat(".", options->name, NULL);
    self->silent = hth_peer_count_new();
    self->lobbies = hth_lobbies_new();
    self->listen_watch.ready = on_listener;
    set_options(options->listen_fd);
    self->thread = hth_poll_thread_new("door", on_round, self);
    (void)hth_poll_thread_watch(self->thread, options->listen_fd, EPOLLIN, &self->listen_watch);
    hth_poll_thread_start(self->thread);
    return self;
}

static void close_all(HthDoor *self, HthGuestState state)
{
    while (self->lists[state].head != NULL) {
        HthGuest *guest = self->lists[state].head->data;
        if (state == HTH_GUEST_WAITS)
            end_waiting(self, guest, FALSE);
        else
            close_guest(self, guest);
    }
}

void hth_door_free(HthDoor *self)
{
    if (self == NULL)
        return;
    hth_poll_thread_stop(self->thread);
    for (guint state = 0; state < HTH_GUEST_GONE; state++)
        close_all(self, state);
    close(self->options.listen_fd);
    hth_poll_thread_free(self->thread);
    hth_peer_count_free(self->silent);
    hth_lobbies_free(self->lobbies);
    g_free((char *)self->options.name);
    g_free(self->suffix);
    g_free(self);
}

static void on_end(gpointer owner, gpointer message)
{
    HthDoor *self = owner;
    HthHousehold *household = message;
    HthGuest *guest;
    while ((guest = hth_lobbies_parked(self->lobbies, household)) != NULL)
        close_guest(self, guest);
    while ((guest = hth_lobbies_waiting(self->lobbies, household)) != NULL)
        end_waiting(self, guest, FALSE);
    hth_household_unref(household);
}

void hth_door_end(HthDoor *self, HthHousehold *household)
{
    hth_poll_thread_post(self->thread, on_end, hth_household_ref(household));
}

void hth_door_counters(HthDoor *self, HthDoorCounters *out_counters)
{
    for (guint i = 0; i < HTH_DOOR_N_EVENTS; i++)
        out_counters->events[i] = atomic_load(&self->events[i]);
    out_counters->speaking = atomic_load(&self->n_in[HTH_GUEST_SPEAKS]);
    out_counters->parked = atomic_load(&self->n_in[HTH_GUEST_PARKED]);
    out_counters->waiting = atomic_load(&self->n_in[HTH_GUEST_WAITS]);
}
