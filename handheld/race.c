/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "race.h"

typedef struct {
    struct HthRace *race;
    HthHttpClient *client; /* NULL: it was taken */
    gboolean is_relay;
    guint delay_ms;
    guint timeout_ms;
    gboolean is_over;
    GError *error; /* NULL: it is connected, or not over */
} Attempt;

struct HthRace {
    gatomicrefcount references;
    guint grace_ms;
    GCancellable *cancellable; /* ends the attempts */
    gpointer keep;
    GDestroyNotify keep_free;
    GPtrArray *attempts; /* (element Attempt) not changed while it runs */
    gint64 started_us;
    GMutex mutex; /* guards what is below, and of the attempts what changes */
    GCond condition;
    gboolean is_decided;
};

static void attempt_free(gpointer data)
{
    Attempt *attempt = data;
    hth_http_client_free(attempt->client);
    g_clear_error(&attempt->error);
    g_free(attempt);
}

static void race_unref(HthRace *self)
{
    if (!g_atomic_ref_count_dec(&self->references))
        return;
    g_ptr_array_unref(self->attempts);
    g_object_unref(self->cancellable);
    self->keep_free(self->keep);
    g_mutex_clear(&self->mutex);
    g_cond_clear(&self->condition);
    g_free(self);
}

HthRace *hth_race_new(guint grace_ms, gpointer keep, GDestroyNotify keep_free)
{
    HthRace *self = g_new0(HthRace, 1);
    g_atomic_ref_count_init(&self->references);
    self->grace_ms = grace_ms;
    self->keep = keep;
    self->keep_free = keep_free;
    self->cancellable = g_cancellable_new();
    self->attempts = g_ptr_array_new_with_free_func(attempt_free);
    g_mutex_init(&self->mutex);
    g_cond_init(&self->condition);
    return self;
}

void hth_race_add(HthRace *self, HthHttpClient *client, gboolean is_relay, guint delay_ms,
                  guint timeout_ms)
{
    Attempt *attempt = g_new0(Attempt, 1);
    *attempt = (Attempt){
        .race = self,
        .client = client,
        .is_relay = is_relay,
        .delay_ms = delay_ms,
        .timeout_ms = timeout_ms,
    };
    g_ptr_array_add(self->attempts, attempt);
}

/* Locking: held. */
static guint n_running(const HthRace *self, gboolean is_relay)
{
    guint n = 0;
    for (guint i = 0; i < self->attempts->len; i++) {
        const Attempt *attempt = g_ptr_array_index(self->attempts, i);
        n += attempt->is_relay == is_relay && !attempt->is_over;
    }
    return n;
}

/* ---- One attempt, on its thread ---- */

/* FALSE: it is decided already. */
static gboolean wait_for_turn(Attempt *self)
{
    HthRace *race = self->race;
    const gint64 turn_us = race->started_us + (gint64)self->delay_ms * 1000;
    g_mutex_lock(&race->mutex);
    while (!race->is_decided && !(self->is_relay && n_running(race, FALSE) == 0) &&
           g_cond_wait_until(&race->condition, &race->mutex, turn_us))
        ;
    const gboolean goes_on = !race->is_decided;
    g_mutex_unlock(&race->mutex);
    return goes_on;
}

static gpointer run_attempt(gpointer data)
{
    Attempt *self = data;
    HthRace *race = self->race;
    g_autoptr(GError) error = NULL;
    const gboolean is_connected =
        wait_for_turn(self) &&
        hth_http_client_connect(self->client, self->timeout_ms, race->cancellable, &error);
    g_mutex_lock(&race->mutex);
    self->is_over = TRUE;
    if (!is_connected && error == NULL)
        g_set_error_literal(&error, G_IO_ERROR, G_IO_ERROR_CANCELLED, "not begun");
    self->error = g_steal_pointer(&error);
    HthHttpClient *lost = race->is_decided ? g_steal_pointer(&self->client) : NULL;
    g_cond_broadcast(&race->condition);
    g_mutex_unlock(&race->mutex);
    hth_http_client_free(lost);
    race_unref(race);
    return NULL;
}

/* ---- The race ---- */

static void on_cancelled(GCancellable *from, gpointer data)
{
    HthRace *self = data;
    g_cancellable_cancel(self->cancellable);
    g_mutex_lock(&self->mutex);
    g_cond_broadcast(&self->condition);
    g_mutex_unlock(&self->mutex);
}

static void start(HthRace *self)
{
    self->started_us = g_get_monotonic_time();
    for (guint i = 0; i < self->attempts->len; i++) {
        g_atomic_ref_count_inc(&self->references);
        g_thread_unref(g_thread_new("connect", run_attempt, g_ptr_array_index(self->attempts, i)));
    }
}

/* Locking: held. Returns: the attempt that is connected; -1: none of that kind is. */
static int connected(const HthRace *self, gboolean is_relay)
{
    for (guint i = 0; i < self->attempts->len; i++) {
        const Attempt *attempt = g_ptr_array_index(self->attempts, i);
        if (attempt->is_relay == is_relay && attempt->is_over && attempt->error == NULL)
            return (int)i;
    }
    return -1;
}

/* Locking: held. */
static int wait_for_winner(HthRace *self)
{
    gint64 grace_us = 0; /* until when the LAN is waited for; 0: the relay has not answered */
    while (!g_cancellable_is_cancelled(self->cancellable)) {
        const int by_lan = connected(self, FALSE);
        const int by_relay = connected(self, TRUE);
        const gint64 now = g_get_monotonic_time();
        if (by_relay >= 0 && grace_us == 0)
            grace_us = now + (gint64)self->grace_ms * 1000;
        if (by_lan >= 0)
            return by_lan;
        if (by_relay >= 0 && (n_running(self, FALSE) == 0 || now >= grace_us))
            return by_relay;
        if (n_running(self, FALSE) + n_running(self, TRUE) == 0)
            return -1;
        if (grace_us != 0)
            (void)g_cond_wait_until(&self->condition, &self->mutex, grace_us);
        else
            g_cond_wait(&self->condition, &self->mutex);
    }
    return -1;
}

/* Locking: held. */
static GError *last_error(const HthRace *self, gboolean is_relay)
{
    const GError *error = NULL;
    for (guint i = 0; i < self->attempts->len; i++) {
        const Attempt *attempt = g_ptr_array_index(self->attempts, i);
        if (attempt->is_relay == is_relay && attempt->error != NULL)
            error = attempt->error;
    }
    return error != NULL ? g_error_copy(error) : NULL;
}

/* Locking: held. What has connected and not won is to be closed at once: a relay has joined it with
 * a connection of the home. Returns: (element HthHttpClient) */
static GPtrArray *take_losers(HthRace *self)
{
    GPtrArray *losers = g_ptr_array_new_with_free_func((GDestroyNotify)hth_http_client_free);
    for (guint i = 0; i < self->attempts->len; i++) {
        Attempt *attempt = g_ptr_array_index(self->attempts, i);
        if (attempt->is_over && attempt->client != NULL)
            g_ptr_array_add(losers, g_steal_pointer(&attempt->client));
    }
    return losers;
}

HthHttpClient *hth_race_run(HthRace *self, GCancellable *cancellable, guint *out_index,
                            GError **out_lan_error, GError **out_relay_error)
{
    HthHttpClient *client = NULL;
    const gulong handler =
        cancellable != NULL
            ? g_cancellable_connect(cancellable, G_CALLBACK(on_cancelled), self, NULL)
            : 0;
    start(self);
    g_mutex_lock(&self->mutex);
    const int winner = wait_for_winner(self);
    if (winner >= 0) {
        Attempt *attempt = g_ptr_array_index(self->attempts, (guint)winner);
        client = g_steal_pointer(&attempt->client);
        *out_index = (guint)winner;
    }
    *out_lan_error = last_error(self, FALSE);
    *out_relay_error = last_error(self, TRUE);
    self->is_decided = TRUE;
    g_autoptr(GPtrArray) losers = take_losers(self);
    g_cond_broadcast(&self->condition);
    g_mutex_unlock(&self->mutex);
    g_cancellable_disconnect(cancellable, handler);
    g_cancellable_cancel(self->cancellable);
    race_unref(self);
    return client;
}
