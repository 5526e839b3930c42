/* SPDX-License-Identifier: GPL-3.0-or-later */
#define HTH_LOG_TOPIC "locker"
#include "locker/link.h"

#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/json.h"
#include "base/log.h"
#include "locker/client.h"
#include "locker/dial.h"

/* A locker that has removed us may have been restored since. */
#define ENDED_RETRY_MS (10 * 60 * 1000)
/* A parked connection that is lost sooner was none. */
#define BRIEF_MS 5000
/* A session raises the number of parked connections for so long. */
#define DEMAND_US (10 * G_USEC_PER_SEC)

struct HthLockerLink {
    HthLinkOptions options;
    HthLockerAccount *account;
    HthParking *parking;
    GThread *control;
    GThread *caller;
    GMutex lock; /* guards the fields below */
    GCond is_news;
    GCancellable *cancellable; /* of what blocks; another one after the network changed */
    gboolean is_ending;
    gboolean is_hurried; /* no waiting: the network changed */
    HthLinkState state;
    gint64 since_unix_s;
    char *problem;
    HthLockerLimits limits;
    guint n_failures; /* of the control stream, in a row */
    gboolean are_routes_new;
    guint n_routes;
    guint n_call_failures; /* of tickets, routes and parking, in a row */
    gint64 calls_from_us;  /* not before */
    GQueue demand;         /* (element gint64 *) when sessions began, the newest first */
    guint64 n_sessions;
};

const char *hth_link_state_name(HthLinkState state)
{
    static const char *const names[HTH_N_LINK_STATES] = {
        [HTH_LINK_CONNECTING] = "connecting",
        [HTH_LINK_CONNECTED] = "connected",
        [HTH_LINK_WAITING] = "waiting",
        [HTH_LINK_ENDED] = "ended",
    };
    return names[state];
}

void hth_link_status_clear(HthLinkStatus *status)
{
    g_clear_pointer(&status->problem, g_free);
}

void hth_link_status_show(const HthLinkStatus *status, JsonObject *object)
{
    json_object_set_string_member(object, "state", hth_link_state_name(status->state));
    json_object_set_int_member(object, "since_unix_s", status->since_unix_s);
    hth_json_set_text(object, "problem", status->problem);
    json_object_set_object_member(object, "limits", hth_locker_limits_to_json(&status->limits));
    json_object_set_int_member(object, "parked", status->n_parked);
    json_object_set_int_member(object, "routes", status->n_routes);
    json_object_set_int_member(object, "interval_s", status->interval_s);
    json_object_set_int_member(object, "sessions_total", (gint64)status->n_sessions);
}

/* ---- State ---- */

/* Takes @problem. */
static void set_state(HthLockerLink *self, HthLinkState state, char *problem)
{
    g_mutex_lock(&self->lock);
    const gboolean is_new = self->state != state || g_strcmp0(self->problem, problem) != 0;
    if (self->state != state)
        self->since_unix_s = g_get_real_time() / G_USEC_PER_SEC;
    self->state = state;
    g_free(self->problem);
    self->problem = problem;
    g_cond_broadcast(&self->is_news);
    g_mutex_unlock(&self->lock);
    if (is_new)
        self->options.changed(self->options.data);
}

static gboolean is_ending(HthLockerLink *self)
{
    g_mutex_lock(&self->lock);
    const gboolean is_ending = self->is_ending;
    g_mutex_unlock(&self->lock);
    return is_ending;
}

/* Returns: a reference. */
static GCancellable *cancellable_of(HthLockerLink *self)
{
    g_mutex_lock(&self->lock);
    GCancellable *cancellable = g_object_ref(self->cancellable);
    g_mutex_unlock(&self->lock);
    return cancellable;
}

/* Anywhere between nothing and twice as long as last time. */
static gint64 chance_us(guint first_ms, guint n_failures)
{
    const guint doublings = MIN(n_failures, 16u);
    const guint64 most_ms = MIN((guint64)first_ms << doublings, HTH_LOCKER_LAST_RETRY_MS);
    return (gint64)(g_random_double() * (double)most_ms) * 1000;
}

/* ---- The control stream ---- */

static gboolean on_control(const char *event, JsonObject *object, gpointer data)
{
    HthLockerLink *self = data;
    if (strcmp(event, "ended") == 0) {
        set_state(self, HTH_LINK_ENDED, g_strdup("the locker has removed this household"));
        return FALSE;
    }
    if (strcmp(event, "limits") != 0)
        return TRUE;
    HthLockerLimits limits;
    hth_locker_limits_parse(object, &limits);
    g_mutex_lock(&self->lock);
    const gboolean is_first = self->state != HTH_LINK_CONNECTED;
    const gboolean are_new = !hth_locker_limits_equal(&self->limits, &limits);
    self->limits = limits;
    self->n_failures = 0;
    if (is_first) { /* it may have been another locker's disk until now */
        self->are_routes_new = TRUE;
        self->n_call_failures = 0;
        self->calls_from_us = 0;
    }
    g_mutex_unlock(&self->lock);
    if (is_first)
        set_state(self, HTH_LINK_CONNECTED, NULL);
    else if (are_new)
        self->options.changed(self->options.data);
    return TRUE;
}

static void wait_before_retry(HthLockerLink *self)
{
    g_mutex_lock(&self->lock);
    const guint first_ms = self->options.first_retry_ms;
    const gint64 wait_us = self->state == HTH_LINK_ENDED ? ENDED_RETRY_MS * G_GINT64_CONSTANT(1000)
                                                         : chance_us(first_ms, self->n_failures);
    const gint64 until_us = g_get_monotonic_time() + wait_us;
    self->n_failures++;
    while (!self->is_ending && !self->is_hurried &&
           g_cond_wait_until(&self->is_news, &self->lock, until_us))
        ;
    self->is_hurried = FALSE;
    g_mutex_unlock(&self->lock);
}

static void note_end(HthLockerLink *self, const GError *error)
{
    g_mutex_lock(&self->lock);
    const gboolean is_over = self->state == HTH_LINK_ENDED;
    g_mutex_unlock(&self->lock);
    if (is_over)
        return;
    if (g_error_matches(error, HTH_ERROR, HTH_ERROR_CHANGED))
        set_state(self, HTH_LINK_ENDED, g_strdup(error->message));
    else
        set_state(self, HTH_LINK_WAITING,
                  g_strdup(error != NULL ? error->message : "the locker ended the connection"));
}

static gpointer run_control(gpointer data)
{
    HthLockerLink *self = data;
    g_autoptr(HthLockerClient) client =
        hth_locker_client_new(self->account, self->options.identity);
    while (!is_ending(self)) {
        g_autoptr(GError) error = NULL;
        g_autoptr(GCancellable) cancellable = cancellable_of(self);
        hth_locker_client_follow(client, on_control, self, cancellable, &error);
        if (is_ending(self))
            break;
        if (!g_cancellable_is_cancelled(cancellable)) {
            note_end(self, error);
            hth_log_info("no connection to the locker: %s",
                         error != NULL ? error->message : "it ended it");
        }
        wait_before_retry(self);
        set_state(self, HTH_LINK_CONNECTING, NULL);
    }
    return NULL;
}

/* ---- Tickets, routes and parking ---- */

/* Locking: self->lock is held. */
static guint wanted_spots(HthLockerLink *self)
{
    const gint64 since_us = g_get_monotonic_time() - DEMAND_US;
    while (self->demand.tail != NULL && *(gint64 *)self->demand.tail->data < since_us)
        g_free(g_queue_pop_tail(&self->demand));
    return MIN(HTH_LOCKER_PARKED + self->demand.length, HTH_LOCKER_PARKED_MAX);
}

typedef struct {
    gboolean has_routes;
    guint n_spots;
    GCancellable *cancellable;
} Order;

/* Waits until something is to be done. FALSE: it is time to end. */
static gboolean next_order(HthLockerLink *self, Order *out_order)
{
    *out_order = (Order){ 0 };
    g_mutex_lock(&self->lock);
    while (!self->is_ending) {
        const gint64 now_us = g_get_monotonic_time();
        const guint n_parked = hth_parking_count(self->parking);
        const guint n_wanted = wanted_spots(self);
        const gboolean is_due = self->state == HTH_LINK_CONNECTED && self->calls_from_us <= now_us;
        if (is_due && (self->are_routes_new || n_parked < n_wanted)) {
            out_order->has_routes = self->are_routes_new;
            out_order->n_spots = n_wanted - MIN(n_parked, n_wanted);
            self->are_routes_new = FALSE;
            break;
        }
        if (self->state == HTH_LINK_CONNECTED && self->calls_from_us > now_us)
            g_cond_wait_until(&self->is_news, &self->lock, self->calls_from_us);
        else
            g_cond_wait(&self->is_news, &self->lock);
    }
    out_order->cancellable = g_object_ref(self->cancellable);
    const gboolean goes_on = !self->is_ending;
    g_mutex_unlock(&self->lock);
    return goes_on;
}

/* The next calls come later; how much later is up to chance. */
static void note_call_failure(HthLockerLink *self)
{
    g_mutex_lock(&self->lock);
    self->calls_from_us = g_get_monotonic_time() + chance_us(1000, ++self->n_call_failures);
    g_cond_broadcast(&self->is_news);
    g_mutex_unlock(&self->lock);
}

static gboolean tell_routes(HthLockerLink *self, HthLockerClient *client, GCancellable *cancellable,
                            GError **error)
{
    g_auto(GStrv) routes = self->options.routes(self->options.data);
    const gboolean is_told =
        hth_locker_client_put_routes(client, (const char *const *)routes, cancellable, error);
    g_mutex_lock(&self->lock);
    if (is_told)
        self->n_routes = g_strv_length(routes);
    else
        self->are_routes_new = TRUE;
    g_mutex_unlock(&self->lock);
    return is_told;
}

static gboolean park(HthLockerLink *self, HthLockerClient *client, guint count,
                     GCancellable *cancellable, GError **error)
{
    g_auto(GStrv) tickets = hth_locker_client_tickets(client, count, cancellable, error);
    for (guint i = 0; tickets != NULL && tickets[i] != NULL; i++) {
        const int fd = hth_locker_dial(self->account->host, self->account->port, tickets[i],
                                       cancellable, error);
        if (fd < 0)
            return FALSE;
        (void)hth_parking_add(self->parking, fd); /* when it is full there are enough */
    }
    return tickets != NULL;
}

static gpointer run_caller(gpointer data)
{
    HthLockerLink *self = data;
    g_autoptr(HthLockerClient) client =
        hth_locker_client_new(self->account, self->options.identity);
    Order order;
    while (next_order(self, &order)) {
        g_autoptr(GError) error = NULL;
        g_autoptr(GCancellable) cancellable = order.cancellable;
        const gboolean is_done =
            (!order.has_routes || tell_routes(self, client, cancellable, &error)) &&
            (order.n_spots == 0 || park(self, client, order.n_spots, cancellable, &error));
        if (is_done || g_cancellable_is_cancelled(cancellable))
            continue;
        hth_log_info("the locker is not ready for devices: %s", error->message);
        note_call_failure(self);
    }
    g_object_unref(order.cancellable);
    return NULL;
}

/* ---- What the parking says ---- */

static void on_joined(int fd, const HthParkingSession *session, gpointer data)
{
    HthLockerLink *self = data;
    const gint64 now_us = g_get_monotonic_time();
    g_mutex_lock(&self->lock);
    self->n_sessions++;
    self->n_call_failures = 0;
    g_queue_push_head(&self->demand, g_memdup2(&now_us, sizeof now_us));
    if (self->demand.length > HTH_LOCKER_PARKED_MAX)
        g_free(g_queue_pop_tail(&self->demand));
    g_cond_broadcast(&self->is_news);
    g_mutex_unlock(&self->lock);
    self->options.joined(fd, session, self->options.data);
}

static void on_lost(HthParkingLoss loss, guint age_ms, gpointer data)
{
    HthLockerLink *self = data;
    hth_log_debug("a parked connection is lost after %u ms: %d", age_ms, (int)loss);
    if (age_ms < BRIEF_MS || loss == HTH_PARKING_STRANGE) {
        note_call_failure(self);
        return;
    }
    g_mutex_lock(&self->lock);
    self->n_call_failures = 0;
    g_cond_broadcast(&self->is_news);
    g_mutex_unlock(&self->lock);
}

static void on_interval(guint interval_s, gpointer data)
{
    HthLockerLink *self = data;
    self->options.interval_changed(interval_s, self->options.data);
}

/* ---- From outside ---- */

HthLockerLink *hth_locker_link_new(const HthLinkOptions *options)
{
    HthLockerLink *self = g_new0(HthLockerLink, 1);
    self->options = *options;
    if (options->first_retry_ms == 0)
        self->options.first_retry_ms = HTH_LOCKER_FIRST_RETRY_MS;
    self->account = hth_locker_account_copy(options->account);
    if (options->limits != NULL)
        self->limits = *options->limits;
    g_mutex_init(&self->lock);
    g_cond_init(&self->is_news);
    g_queue_init(&self->demand);
    self->cancellable = g_cancellable_new();
    self->since_unix_s = g_get_real_time() / G_USEC_PER_SEC;
    const HthParkingOptions parking = {
        .interval_s = self->account->interval_s,
        .joined = on_joined,
        .lost = on_lost,
        .interval_changed = on_interval,
        .data = self,
    };
    self->parking = hth_parking_new(&parking);
    self->control = g_thread_new("locker-control", run_control, self);
    self->caller = g_thread_new("locker-caller", run_caller, self);
    return self;
}

void hth_locker_link_free(HthLockerLink *self)
{
    if (self == NULL)
        return;
    g_mutex_lock(&self->lock);
    self->is_ending = TRUE;
    g_cancellable_cancel(self->cancellable);
    g_cond_broadcast(&self->is_news);
    g_mutex_unlock(&self->lock);
    g_thread_join(self->control);
    g_thread_join(self->caller);
    hth_parking_free(self->parking);
    hth_locker_account_free(self->account);
    g_object_unref(self->cancellable);
    g_queue_clear_full(&self->demand, g_free);
    g_free(self->problem);
    g_mutex_clear(&self->lock);
    g_cond_clear(&self->is_news);
    g_free(self);
}

void hth_locker_link_status(HthLockerLink *self, HthLinkStatus *out_status)
{
    g_mutex_lock(&self->lock);
    *out_status = (HthLinkStatus){
        .state = self->state,
        .since_unix_s = self->since_unix_s,
        .problem = g_strdup(self->problem),
        .limits = self->limits,
        .n_routes = self->n_routes,
        .n_sessions = self->n_sessions,
    };
    g_mutex_unlock(&self->lock);
    out_status->n_parked = hth_parking_count(self->parking);
    out_status->interval_s = hth_parking_interval_s(self->parking);
}

void hth_locker_link_routes_changed(HthLockerLink *self)
{
    g_mutex_lock(&self->lock);
    self->are_routes_new = TRUE;
    self->calls_from_us = 0;
    g_cond_broadcast(&self->is_news);
    g_mutex_unlock(&self->lock);
}

void hth_locker_link_network_changed(HthLockerLink *self)
{
    hth_parking_clear(self->parking);
    g_mutex_lock(&self->lock);
    g_cancellable_cancel(self->cancellable);
    g_object_unref(self->cancellable);
    self->cancellable = g_cancellable_new();
    self->is_hurried = TRUE;
    self->n_failures = 0;
    self->calls_from_us = 0;
    g_cond_broadcast(&self->is_news);
    g_mutex_unlock(&self->lock);
}
