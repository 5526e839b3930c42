/* SPDX-License-Identifier: GPL-3.0-or-later */
#define HTH_LOG_TOPIC "locker"
#include "locker/parking.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"

#define HEADER_BYTES   16
#define HEADER_VERSION 1
/* From the first byte of the header on. */
#define HEADER_S 5
/* Over two intervals of silence. */
#define GRACE_S 10
/* So many answered pings show that the interval may be longer. */
#define GOOD_PINGS 4
/* Sessions remembered, so that none is played twice. */
#define SEEN_SESSIONS 256

typedef struct {
    int fd;
    gint64 parked_us;
    gint64 heard_us;
    gint64 pinged_us;
    gboolean is_joining; /* J has come */
    guint8 header[HEADER_BYTES];
    guint n_header;
} Spot;

struct HthParking {
    HthParkingOptions options;
    gint64 second_us;
    GThread *thread;
    int wake_fd;
    GMutex lock;      /* guards the fields below */
    GArray *arriving; /* (element int) descriptors on their way into the thread */
    guint n_spots;
    guint interval_s;
    guint longest_s; /* the interval does not grow beyond: with more a connection died */
    gboolean is_clearing;
    gboolean is_ending;

    /* Of the thread alone. */
    GArray *spots; /* (element Spot) */
    guint n_good;  /* pings answered in a row */
    guint64 seen[SEEN_SESSIONS];
    guint n_seen;
};

static void wake(HthParking *self)
{
    const guint64 one = 1;
    while (write(self->wake_fd, &one, sizeof one) < 0 && errno == EINTR)
        ;
}

/* ---- The interval ---- */

static void set_interval(HthParking *self, guint interval_s)
{
    g_mutex_lock(&self->lock);
    const gboolean is_new = self->interval_s != interval_s;
    self->interval_s = interval_s;
    g_mutex_unlock(&self->lock);
    self->n_good = 0;
    if (is_new && self->options.interval_changed != NULL)
        self->options.interval_changed(interval_s, self->options.data);
}

static void note_answered(HthParking *self)
{
    if (++self->n_good < GOOD_PINGS)
        return;
    g_mutex_lock(&self->lock);
    const guint longest_s = self->longest_s;
    g_mutex_unlock(&self->lock);
    set_interval(self, MIN(self->interval_s * 2, longest_s));
}

static void note_silent_death(HthParking *self)
{
    const guint shorter_s = MAX(self->interval_s / 2, HTH_PARKING_INTERVAL_MIN_S);
    g_mutex_lock(&self->lock);
    self->longest_s = shorter_s;
    g_mutex_unlock(&self->lock);
    set_interval(self, shorter_s);
}

/* ---- One connection ---- */

static void count_spots(HthParking *self)
{
    g_mutex_lock(&self->lock);
    self->n_spots = self->spots->len + self->arriving->len;
    g_mutex_unlock(&self->lock);
}

static void lose(HthParking *self, guint index, HthParkingLoss loss, gint64 now_us)
{
    const Spot spot = g_array_index(self->spots, Spot, index);
    g_array_remove_index_fast(self->spots, index);
    close(spot.fd);
    count_spots(self);
    if (loss == HTH_PARKING_SILENT)
        note_silent_death(self);
    self->options.lost(loss, (guint)((now_us - spot.parked_us) / 1000), self->options.data);
}

static gboolean is_replayed(HthParking *self, guint64 id)
{
    for (guint i = 0; i < MIN(self->n_seen, SEEN_SESSIONS); i++) {
        if (self->seen[i] == id)
            return TRUE;
    }
    self->seen[self->n_seen++ % SEEN_SESSIONS] = id;
    return FALSE;
}

static guint32 read_u32(const guint8 *bytes)
{
    guint32 value;
    memcpy(&value, bytes, sizeof value);
    return GUINT32_FROM_LE(value);
}

/* All of the header is there. */
static void join(HthParking *self, guint index, gint64 now_us)
{
    Spot *spot = &g_array_index(self->spots, Spot, index);
    HthParkingSession session = { .rate_limit_kib = read_u32(spot->header + 4) };
    memcpy(&session.id, spot->header + 8, sizeof session.id);
    if (spot->header[0] != HEADER_VERSION || is_replayed(self, session.id)) {
        hth_log_warning("the locker announced a session that makes no sense: version %u%s",
                        spot->header[0],
                        spot->header[0] == HEADER_VERSION ? ", and it was there before" : "");
        lose(self, index, HTH_PARKING_STRANGE, now_us);
        return;
    }
    const int fd = spot->fd;
    g_array_remove_index_fast(self->spots, index);
    count_spots(self);
    self->options.joined(fd, &session, self->options.data);
}

/* Returns: FALSE when the spot is no longer there. */
static gboolean take_byte(HthParking *self, guint index, char byte, gint64 now_us)
{
    Spot *spot = &g_array_index(self->spots, Spot, index);
    const gboolean is_answered = spot->pinged_us > spot->heard_us;
    spot->heard_us = now_us;
    switch (byte) {
    case 'p':
        (void)send(spot->fd, "q", 1, MSG_NOSIGNAL | MSG_DONTWAIT); /* else silence tells */
        return TRUE;
    case 'q':
        if (is_answered)
            note_answered(self);
        return TRUE;
    case 'J':
        spot->is_joining = TRUE;
        return TRUE;
    default:
        lose(self, index, byte == 'E' ? HTH_PARKING_REFUSED : HTH_PARKING_STRANGE, now_us);
        return FALSE;
    }
}

/* Never reads what comes behind the header: that is the device's. */
static gboolean read_spot(HthParking *self, guint index, gint64 now_us)
{
    Spot *spot = &g_array_index(self->spots, Spot, index);
    char byte;
    const gboolean is_joining = spot->is_joining;
    const gssize n = is_joining ? recv(spot->fd, spot->header + spot->n_header,
                                       HEADER_BYTES - spot->n_header, MSG_DONTWAIT)
                                : recv(spot->fd, &byte, 1, MSG_DONTWAIT);
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return FALSE;
    if (n <= 0) {
        const gboolean is_silent = n < 0 && (errno == ETIMEDOUT || errno == EHOSTUNREACH);
        lose(self, index, is_silent ? HTH_PARKING_SILENT : HTH_PARKING_CLOSED, now_us);
        return FALSE;
    }
    if (!is_joining)
        return take_byte(self, index, byte, now_us);
    spot->n_header += (guint)n;
    if (spot->n_header < HEADER_BYTES)
        return TRUE;
    join(self, index, now_us);
    return FALSE;
}

/* When something about the spot is due; what is due now is done. -1: it has gone. */
static gint64 keep_time(HthParking *self, guint index, gint64 now_us)
{
    Spot *spot = &g_array_index(self->spots, Spot, index);
    const gint64 interval_us = (gint64)self->interval_s * self->second_us;
    const gint64 silent_us =
        spot->heard_us + (spot->is_joining ? HEADER_S * self->second_us
                                           : 2 * interval_us + GRACE_S * self->second_us);
    if (silent_us <= now_us) {
        lose(self, index, spot->is_joining ? HTH_PARKING_STRANGE : HTH_PARKING_SILENT, now_us);
        return -1;
    }
    if (spot->is_joining)
        return silent_us;
    if (spot->pinged_us + interval_us <= now_us) {
        spot->pinged_us = now_us;
        (void)send(spot->fd, "p", 1, MSG_NOSIGNAL | MSG_DONTWAIT); /* else silence tells */
    }
    return MIN(silent_us, spot->pinged_us + interval_us);
}

/* ---- The thread ---- */

static void close_all(HthParking *self)
{
    for (guint i = 0; i < self->spots->len; i++)
        close(g_array_index(self->spots, Spot, i).fd);
    g_array_set_size(self->spots, 0);
}

/* FALSE: it is time to end. */
static gboolean take_orders(HthParking *self)
{
    guint64 count;
    (void)!read(self->wake_fd, &count, sizeof count); /* it only woke us */
    const gint64 now_us = g_get_monotonic_time();
    g_mutex_lock(&self->lock);
    if (self->is_clearing || self->is_ending)
        close_all(self);
    self->is_clearing = FALSE;
    for (guint i = 0; i < self->arriving->len; i++) {
        const Spot spot = { .fd = g_array_index(self->arriving, int, i),
                            .parked_us = now_us,
                            .heard_us = now_us,
                            .pinged_us = now_us };
        g_array_append_val(self->spots, spot);
    }
    g_array_set_size(self->arriving, 0);
    self->n_spots = self->spots->len;
    const gboolean is_ending = self->is_ending;
    if (is_ending)
        close_all(self);
    g_mutex_unlock(&self->lock);
    return !is_ending;
}

static int wait_ms(HthParking *self)
{
    gint64 next_us = G_MAXINT64;
    const gint64 now_us = g_get_monotonic_time();
    for (guint i = self->spots->len; i > 0; i--) {
        const gint64 due_us = keep_time(self, i - 1, now_us);
        if (due_us >= 0)
            next_us = MIN(next_us, due_us);
    }
    return next_us == G_MAXINT64 ? -1 : (int)CLAMP((next_us - now_us) / 1000 + 1, 1, 60000);
}

static gpointer run(gpointer data)
{
    HthParking *self = data;
    struct pollfd fds[1 + HTH_PARKING_MAX];
    while (take_orders(self)) {
        const int timeout_ms = wait_ms(self);
        const guint n = MIN(self->spots->len, HTH_PARKING_MAX);
        fds[0] = (struct pollfd){ .fd = self->wake_fd, .events = POLLIN };
        for (guint i = 0; i < n; i++)
            fds[i + 1] =
                (struct pollfd){ .fd = g_array_index(self->spots, Spot, i).fd, .events = POLLIN };
        if (poll(fds, n + 1, timeout_ms) <= 0)
            continue;
        const gint64 now_us = g_get_monotonic_time();
        /* From the end: a spot that goes is replaced by the last one, which has had its turn. */
        for (guint i = n; i > 0; i--) {
            while (fds[i].revents != 0 && read_spot(self, i - 1, now_us))
                ;
        }
    }
    return NULL;
}

/* ---- From outside ---- */

HthParking *hth_parking_new(const HthParkingOptions *options)
{
    HthParking *self = g_new0(HthParking, 1);
    self->options = *options;
    self->second_us = (gint64)(options->unit_ms > 0 ? options->unit_ms : 1000) * 1000;
    self->interval_s =
        options->interval_s > 0
            ? CLAMP(options->interval_s, HTH_PARKING_INTERVAL_MIN_S, HTH_PARKING_INTERVAL_MAX_S)
            : HTH_PARKING_INTERVAL_FIRST_S;
    self->longest_s = HTH_PARKING_INTERVAL_MAX_S;
    self->arriving = g_array_new(FALSE, FALSE, sizeof(int));
    self->spots = g_array_new(FALSE, FALSE, sizeof(Spot));
    self->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    g_mutex_init(&self->lock);
    self->thread = g_thread_new("locker-parking", run, self);
    return self;
}

void hth_parking_free(HthParking *self)
{
    if (self == NULL)
        return;
    g_mutex_lock(&self->lock);
    self->is_ending = TRUE;
    g_mutex_unlock(&self->lock);
    wake(self);
    g_thread_join(self->thread);
    close(self->wake_fd);
    g_array_unref(self->arriving);
    g_array_unref(self->spots);
    g_mutex_clear(&self->lock);
    g_free(self);
}

gboolean hth_parking_add(HthParking *self, int fd)
{
    g_mutex_lock(&self->lock);
    const gboolean has_room = self->n_spots < HTH_PARKING_MAX && !self->is_ending;
    if (has_room) {
        g_array_append_val(self->arriving, fd);
        self->n_spots++;
    }
    g_mutex_unlock(&self->lock);
    if (has_room)
        wake(self);
    else
        close(fd);
    return has_room;
}

guint hth_parking_count(HthParking *self)
{
    g_mutex_lock(&self->lock);
    const guint n = self->n_spots;
    g_mutex_unlock(&self->lock);
    return n;
}

guint hth_parking_interval_s(HthParking *self)
{
    g_mutex_lock(&self->lock);
    const guint interval_s = self->interval_s;
    g_mutex_unlock(&self->lock);
    return interval_s;
}

void hth_parking_clear(HthParking *self)
{
    g_mutex_lock(&self->lock);
    for (guint i = 0; i < self->arriving->len; i++)
        close(g_array_index(self->arriving, int, i));
    g_array_set_size(self->arriving, 0);
    self->is_clearing = TRUE;
    self->n_spots = 0;
    self->longest_s = HTH_PARKING_INTERVAL_MAX_S; /* another network, another patience */
    g_mutex_unlock(&self->lock);
    wake(self);
}
