/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "play-sessions.h"

#include <string.h>

#define SHOWN_PART      32
#define SHOWN_MIN_BYTES (128 * 1024)
#define SHOWN_MAX_BYTES (1024 * 1024)
#define TAIL_PERCENT    2
#define FETCHES_MAX     8
/* Devices ask for the next range from a little before the end of the last one, or after it. */
#define TOUCH_BYTES (64 * 1024)
/* Requests that a device begins together are no jumps from one to the other. */
#define TOGETHER_US (2 * G_USEC_PER_SEC)
/* Of a device that plays something else already, a request that sends nothing for so long. */
#define STALLED_S 10

/* A stretch of the file that was fetched from its front to its end, by one request or by many. */
typedef struct {
    guint id; /* in its session; 0: there is none */
    guint64 from, to;
    gint64 begun_us;
} Run;

struct HthPlayFetch {
    gatomicrefcount references; /* of the request, and of its session while it is followed */
    char *key;
    guint64 first;
    gint64 begun_us;
    guint run;           /* that it is part of */
    guint64 sent_bytes;  /* guarded by the table's lock, as is the rest */
    HthHttpMeter *meter; /* NULL once it has ended */
};

typedef struct {
    char *key; /* device, item and conversion */
    HthPlaySession shown;
    gboolean is_shown;
    gboolean is_told;
    gboolean is_followed; /* the device plays something else since the last byte of this */
    guint n_runs;
    Run run;  /* that is played from; none until it is shown */
    Run next; /* that may become it */
    gint64 clock_us;
    gint64 clock_ms; /* what was played at clock_us */
    guint n_fetches;
    HthPlayFetch *fetches[FETCHES_MAX];
} Session;

struct HthPlaySessions {
    GMutex lock; /* guards all below; meters are asked without it */
    GHashTable *sessions;
    guint64 generation;
};

static void fetch_unref(HthPlayFetch *self)
{
    if (!g_atomic_ref_count_dec(&self->references))
        return;
    hth_http_meter_unref(self->meter);
    g_free(self->key);
    g_free(self);
}

static void clear_shown(HthPlaySession *shown)
{
    g_free(shown->device);
    g_free(shown->conversion);
    hth_object_free(shown->object);
}

void hth_play_session_free(HthPlaySession *self)
{
    if (self == NULL)
        return;
    clear_shown(self);
    g_free(self);
}

static void session_free(Session *self)
{
    for (guint i = 0; i < self->n_fetches; i++)
        fetch_unref(self->fetches[i]);
    clear_shown(&self->shown);
    g_free(self->key);
    g_free(self);
}

HthPlaySessions *hth_play_sessions_new(void)
{
    HthPlaySessions *self = g_new0(HthPlaySessions, 1);
    g_mutex_init(&self->lock);
    self->sessions =
        g_hash_table_new_full(g_str_hash, g_str_equal, NULL, (GDestroyNotify)session_free);
    return self;
}

void hth_play_sessions_free(HthPlaySessions *self)
{
    if (self == NULL)
        return;
    g_hash_table_unref(self->sessions);
    g_mutex_clear(&self->lock);
    g_free(self);
}

/* ---- How far it is played ---- */

/* Bytes as time, as if every second took as many; -1: nobody knows. */
static gint64 time_of(const Session *self, guint64 bytes)
{
    const gint64 duration_ms = self->shown.object->duration_ms;
    if (duration_ms <= 0 || self->shown.size_bytes == 0)
        return -1;
    const double part = (double)MIN(bytes, self->shown.size_bytes) / (double)self->shown.size_bytes;
    return (gint64)(part * (double)duration_ms);
}

/* What it may have played at most. */
static gint64 limit_ms(const Session *self)
{
    return self->is_told ? self->shown.object->duration_ms : time_of(self, self->run.to);
}

static gint64 position_ms(const Session *self, gint64 now_us)
{
    if (self->shown.state == HTH_SESSION_PAUSED)
        return self->clock_ms;
    const gint64 limit = limit_ms(self);
    const gint64 played_ms = self->clock_ms + (now_us - self->clock_us) / 1000;
    if (self->is_told && limit <= 0)
        return played_ms;
    return limit < 0 ? -1 : MIN(played_ms, limit);
}

static void set_clock(Session *self, gint64 at_ms, gint64 now_us)
{
    self->clock_ms = MAX(at_ms, 0);
    self->clock_us = now_us;
}

/* When it has played what it has fetched. */
static gint64 end_us(const Session *self)
{
    if (self->is_told)
        return self->shown.news_us + HTH_PLAY_TOLD_S * G_USEC_PER_SEC;
    const gint64 limit = limit_ms(self);
    if (!self->is_shown || limit < 0)
        return self->shown.news_us + HTH_PLAY_UNKNOWN_S * G_USEC_PER_SEC;
    const gint64 played_us = self->clock_us + (limit - self->clock_ms) * 1000;
    const gboolean is_whole = self->run.to >= self->shown.size_bytes;
    return MAX(played_us, self->shown.news_us) +
           HTH_PLAY_GRACE_S * G_USEC_PER_SEC / (is_whole ? 3 : 1);
}

/* ---- The table; everything below, as far as the functions for others, with the lock held ---- */

static gboolean is_same_device(const Session *a, const Session *b)
{
    return a->shown.kind == b->shown.kind && strcmp(a->shown.device, b->shown.device) == 0;
}

/* One device plays one thing: what it has played goes with the next sweep, unless more of it is
 * fetched. */
static void follow_others(HthPlaySessions *self, const Session *session)
{
    GHashTableIter iter;
    gpointer value;
    g_hash_table_iter_init(&iter, self->sessions);
    while (g_hash_table_iter_next(&iter, NULL, &value)) {
        if (value != session && is_same_device(value, session))
            ((Session *)value)->is_followed = TRUE;
    }
}

static void show(HthPlaySessions *self, Session *session, gint64 since_us)
{
    if (session->is_shown)
        return;
    session->is_shown = TRUE;
    session->shown.since_us = since_us;
    follow_others(self, session);
    self->generation++;
}

static void make_room(HthPlaySessions *self)
{
    Session *oldest = NULL;
    GHashTableIter iter;
    gpointer value;
    g_hash_table_iter_init(&iter, self->sessions);
    while (g_hash_table_iter_next(&iter, NULL, &value)) {
        Session *each = value;
        const gboolean is_less = oldest != NULL && each->is_shown == oldest->is_shown;
        if (oldest == NULL || (!each->is_shown && oldest->is_shown) ||
            (is_less && each->shown.news_us < oldest->shown.news_us))
            oldest = each;
    }
    if (oldest == NULL)
        return;
    self->generation += oldest->is_shown ? 1 : 0;
    g_hash_table_remove(self->sessions, oldest->key);
}

static char *key_of(const HthPlayWhat *what)
{
    return g_strdup_printf("%d %s %s %s", (int)what->kind, what->device, what->object->leaf_id,
                           what->conversion != NULL ? what->conversion : "");
}

static Session *ensure(HthPlaySessions *self, const HthPlayWhat *what, gint64 now_us,
                       gboolean *out_is_first)
{
    g_autofree char *key = key_of(what);
    Session *session = g_hash_table_lookup(self->sessions, key);
    *out_is_first = FALSE;
    if (session == NULL) {
        *out_is_first = g_hash_table_size(self->sessions) == 0;
        if (g_hash_table_size(self->sessions) >= HTH_PLAY_SESSIONS_MAX)
            make_room(self);
        session = g_new0(Session, 1);
        session->key = g_steal_pointer(&key);
        session->shown.kind = what->kind;
        session->shown.device = g_strdup(what->device);
        session->shown.conversion = g_strdup(what->conversion);
        session->shown.object = hth_object_copy(what->object);
        session->shown.news_us = now_us;
        g_hash_table_insert(self->sessions, session->key, session);
    }
    session->shown.is_relay = what->is_relay;
    session->shown.size_bytes = what->size_bytes;
    return session;
}

/* ---- Bytes ---- */

static gboolean is_at_end(const Run *run, guint64 first)
{
    return run->id != 0 && first + TOUCH_BYTES >= run->to && first <= run->to + TOUCH_BYTES;
}

/* The run that a request from byte @first on is part of. */
static guint run_of(Session *self, guint64 first, gint64 now_us)
{
    if (is_at_end(&self->run, first))
        return self->run.id;
    if (!is_at_end(&self->next, first))
        self->next = (Run){ ++self->n_runs, first, first, now_us };
    return self->next.id;
}

static gboolean is_enough(const Session *self, const Run *run)
{
    const guint64 size = self->shown.size_bytes;
    const guint64 needed = MIN(size, CLAMP(size / SHOWN_PART, SHOWN_MIN_BYTES, SHOWN_MAX_BYTES));
    const gboolean is_tail = run->from > 0 && run->from >= size - size / 100 * TAIL_PERCENT;
    return !is_tail && run->to - run->from >= needed;
}

/* More came to the run that is played from. Where its end had been reached, the clock has stood. */
static void extend(Session *self, guint64 to, gint64 now_us)
{
    if (to <= self->run.to)
        return;
    const gint64 at_ms = position_ms(self, now_us);
    const gboolean has_stood = at_ms >= 0 && at_ms >= limit_ms(self);
    self->run.to = to;
    if (has_stood)
        set_clock(self, at_ms, now_us);
}

/* Whether the next run is more of the one that is played from: it goes on where that has ended (a
 * device that breaks off and asks anew is faster than the news of the end), or both began together.
 */
static gboolean is_continued(const Session *self)
{
    const Run *run = &self->run, *next = &self->next;
    return is_at_end(run, next->from) ||
           (run->id != 0 && next->from >= run->from && next->from <= run->to &&
            next->begun_us < run->begun_us + TOGETHER_US);
}

/* The next run is long enough. */
static void play_next(HthPlaySessions *self, Session *session)
{
    const Run next = session->next;
    const gboolean is_more = is_continued(session);
    session->next = (Run){ 0 };
    if (is_more) {
        extend(session, next.to, next.begun_us);
        session->run.id = next.id;
        return;
    }
    session->run = next;
    set_clock(session, time_of(session, next.from), next.begun_us);
    show(self, session, next.begun_us);
}

/* @fetch has sent @sent_bytes by now. */
static void advance(HthPlaySessions *self, Session *session, HthPlayFetch *fetch,
                    guint64 sent_bytes, gint64 now_us)
{
    if (sent_bytes <= fetch->sent_bytes)
        return;
    session->shown.sent_bytes += sent_bytes - fetch->sent_bytes;
    session->shown.news_us = now_us;
    session->is_followed = FALSE;
    fetch->sent_bytes = sent_bytes;
    const guint64 to = MIN(fetch->first + sent_bytes, session->shown.size_bytes);
    if (fetch->run == session->run.id) {
        extend(session, to, now_us);
        return;
    }
    if (fetch->run != session->next.id) /* another request came in between */
        session->next = (Run){ fetch->run, fetch->first, fetch->first, fetch->begun_us };
    session->next.to = MAX(session->next.to, to);
    if (is_enough(session, &session->next))
        play_next(self, session);
}

static void drop_fetch(Session *session, const HthPlayFetch *fetch)
{
    for (guint i = 0; i < session->n_fetches; i++) {
        if (session->fetches[i] == fetch) {
            fetch_unref(session->fetches[i]);
            session->fetches[i] = session->fetches[--session->n_fetches];
            return;
        }
    }
}

/* ---- Requests ---- */

HthPlayFetch *hth_play_sessions_begin(HthPlaySessions *self, const HthPlayWhat *what, guint64 first,
                                      HthHttpMeter *meter, gint64 now_us, gboolean *out_is_first)
{
    HthPlayFetch *fetch = g_new0(HthPlayFetch, 1);
    g_atomic_ref_count_init(&fetch->references);
    fetch->first = first;
    fetch->begun_us = now_us;
    fetch->meter = meter;
    g_mutex_lock(&self->lock);
    Session *session = ensure(self, what, now_us, out_is_first);
    fetch->key = g_strdup(session->key);
    fetch->run = run_of(session, first, now_us);
    if (session->n_fetches < FETCHES_MAX) {
        g_atomic_ref_count_inc(&fetch->references);
        session->fetches[session->n_fetches++] = fetch;
    }
    g_mutex_unlock(&self->lock);
    return fetch;
}

void hth_play_sessions_end(HthPlaySessions *self, HthPlayFetch *fetch, guint64 sent_bytes,
                           gint64 now_us)
{
    g_mutex_lock(&self->lock);
    Session *session = g_hash_table_lookup(self->sessions, fetch->key);
    if (session != NULL) {
        advance(self, session, fetch, sent_bytes, now_us);
        drop_fetch(session, fetch);
    }
    HthHttpMeter *meter = g_steal_pointer(&fetch->meter);
    g_mutex_unlock(&self->lock);
    hth_http_meter_unref(meter);
    fetch_unref(fetch);
}

/* ---- Players that tell ---- */

void hth_play_sessions_tell(HthPlaySessions *self, const HthPlayWhat *what, HthSessionState state,
                            gint64 at_ms, gint64 now_us, gboolean *out_is_first)
{
    g_mutex_lock(&self->lock);
    Session *session = ensure(self, what, now_us, out_is_first);
    self->generation += session->is_shown && session->shown.state != state ? 1 : 0;
    session->is_told = TRUE;
    session->shown.state = state;
    session->shown.news_us = now_us;
    session->is_followed = FALSE;
    set_clock(session, at_ms, now_us);
    show(self, session, now_us);
    if (state == HTH_SESSION_STOPPED) {
        self->generation++;
        g_hash_table_remove(self->sessions, session->key);
    }
    g_mutex_unlock(&self->lock);
}

/* ---- Looking ---- */

/* What is under way, with a reference each. */
static GPtrArray *hold_fetches(HthPlaySessions *self)
{
    GPtrArray *held = g_ptr_array_new_with_free_func((GDestroyNotify)fetch_unref);
    GHashTableIter iter;
    gpointer value;
    g_mutex_lock(&self->lock);
    g_hash_table_iter_init(&iter, self->sessions);
    while (g_hash_table_iter_next(&iter, NULL, &value)) {
        const Session *session = value;
        for (guint i = 0; i < session->n_fetches; i++) {
            g_atomic_ref_count_inc(&session->fetches[i]->references);
            g_ptr_array_add(held, session->fetches[i]);
        }
    }
    g_mutex_unlock(&self->lock);
    return held;
}

/* Meters take a request's lock, which is never taken while the table's is held. */
static void ask_meters(HthPlaySessions *self, gint64 now_us)
{
    g_autoptr(GPtrArray) held = hold_fetches(self);
    for (guint i = 0; i < held->len; i++) {
        HthPlayFetch *fetch = held->pdata[i];
        g_mutex_lock(&self->lock);
        HthHttpMeter *meter = fetch->meter != NULL ? hth_http_meter_ref(fetch->meter) : NULL;
        g_mutex_unlock(&self->lock);
        if (meter == NULL)
            continue;
        const guint64 sent_bytes = hth_http_meter_bytes(meter);
        hth_http_meter_unref(meter);
        g_mutex_lock(&self->lock);
        Session *session = g_hash_table_lookup(self->sessions, fetch->key);
        if (session != NULL)
            advance(self, session, fetch, sent_bytes, now_us);
        g_mutex_unlock(&self->lock);
    }
}

static gboolean is_over(const Session *self, gint64 now_us)
{
    if (self->is_followed &&
        (self->n_fetches == 0 || now_us >= self->shown.news_us + STALLED_S * G_USEC_PER_SEC))
        return TRUE;
    return self->n_fetches == 0 && now_us >= end_us(self);
}

gboolean hth_play_sessions_sweep(HthPlaySessions *self, gint64 now_us, guint64 *out_generation)
{
    ask_meters(self, now_us);
    GHashTableIter iter;
    gpointer value;
    g_mutex_lock(&self->lock);
    g_hash_table_iter_init(&iter, self->sessions);
    while (g_hash_table_iter_next(&iter, NULL, &value)) {
        const Session *session = value;
        if (!is_over(session, now_us))
            continue;
        self->generation += session->is_shown ? 1 : 0;
        g_hash_table_iter_remove(&iter);
    }
    const gboolean has_any = g_hash_table_size(self->sessions) > 0;
    *out_generation = self->generation;
    g_mutex_unlock(&self->lock);
    return has_any;
}

static HthPlaySession *copy_of(const Session *session, gint64 now_us)
{
    HthPlaySession *copy = g_new(HthPlaySession, 1);
    *copy = session->shown;
    copy->device = g_strdup(copy->device);
    copy->conversion = g_strdup(copy->conversion);
    copy->object = hth_object_copy(copy->object);
    copy->position_bytes = session->run.to;
    copy->position_ms = position_ms(session, now_us);
    copy->is_fetching = session->n_fetches > 0;
    return copy;
}

static int by_since(gconstpointer a, gconstpointer b)
{
    const HthPlaySession *left = *(HthPlaySession *const *)a;
    const HthPlaySession *right = *(HthPlaySession *const *)b;
    if (left->since_us != right->since_us)
        return left->since_us > right->since_us ? -1 : 1;
    return strcmp(left->device, right->device);
}

GPtrArray *hth_play_sessions_list(HthPlaySessions *self, gint64 now_us)
{
    GPtrArray *list = g_ptr_array_new_with_free_func((GDestroyNotify)hth_play_session_free);
    GHashTableIter iter;
    gpointer value;
    g_mutex_lock(&self->lock);
    g_hash_table_iter_init(&iter, self->sessions);
    while (g_hash_table_iter_next(&iter, NULL, &value)) {
        if (((Session *)value)->is_shown)
            g_ptr_array_add(list, copy_of(value, now_us));
    }
    g_mutex_unlock(&self->lock);
    g_ptr_array_sort(list, by_since);
    return list;
}
