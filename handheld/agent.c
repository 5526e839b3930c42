/* SPDX-License-Identifier: GPL-3.0-or-later */
#define HTH_LOG_TOPIC "agent"
#include "agent.h"

#include <string.h>

#include "base/error.h"
#include "base/log.h"
#include "finder.h"

/* A home that is away is not knocked at for ever: after these, it is seen by mDNS or not at all. */
static const guint retry_s[] = { 1, 3, 10, 30 };

/* With --address there is no mDNS to wait for. */
#define RETRY_ADDRESS_S 30

/* Even without an event it is asked so often; files may be missing, too. */
#define ASK_EVERY_S (6 * 3600)

/* After the first session: what changed while the listener was not there yet. */
#define ASK_AGAIN_MS 1500

#define HOME_BUSY_S 2
#define WAIT_S      60

/* By the relay only asking shows that a home is awake again. Devices of one home come back spread
 * out. */
#define RETRY_RELAY_S 240

/* A connection that worked and broke is tried again at once, but not again and again. */
#define RETRY_AT_ONCE_EVERY_US (3 * G_USEC_PER_SEC)

typedef enum { NEWS_WAKE = 1, NEWS_EVENT, NEWS_NETWORK, NEWS_QUIT } NewsKind;

struct HthAgent {
    HthHandheld handheld; /* its strings are the program's */
    HthPairedHome *home;
    const HthSessionLimits *limits;
    GCancellable *cancellable;
    HthReach *reach;
    GAsyncQueue *news; /* (element NewsKind, as a pointer) */
    GThread *worker;
    /* The listener's: guarded by mutex. */
    GMutex mutex;
    GCond condition;
    GThread *listener;
    gboolean is_near;
    gboolean is_ending;
    HthPlayShelf *shelf; /* NULL: players are not served */
    guint16 play_port;
    /* The worker's. */
    gboolean has_read_lists;
    guint64 operations_read; /* how many were done when the lists were read */
    gint64 retried_us;       /* at once */
    guint n_failures;        /* in a row */
};

static void push(HthAgent *self, NewsKind kind)
{
    g_async_queue_push(self->news, GUINT_TO_POINTER(kind));
}

/* ---- The listener ---- */

static gboolean on_event(const char *event, const char *data, gpointer user_data)
{
    hth_log_debug("event %s", event);
    push(user_data, NEWS_EVENT);
    return TRUE;
}

/* Until a session says that the home is near. FALSE: the program ends. */
static gboolean wait_until_near(HthAgent *self)
{
    g_mutex_lock(&self->mutex);
    while (!self->is_near && !self->is_ending)
        g_cond_wait(&self->condition, &self->mutex);
    const gboolean is_ending = self->is_ending;
    g_mutex_unlock(&self->mutex);
    return !is_ending;
}

static gpointer listen(gpointer data)
{
    HthAgent *self = data;
    g_autoptr(HthTransport) transport = hth_transport_new(self->reach, self->cancellable);
    while (wait_until_near(self)) {
        guint status = 0;
        g_autoptr(GError) ended = NULL;
        const gboolean is_fine =
            hth_transport_listen(transport, "/sync/events", on_event, self, &status, &ended);
        hth_log_debug("the event stream ended: status=%u %s", status,
                      ended != NULL ? ended->message : "");
        g_mutex_lock(&self->mutex);
        self->is_near = FALSE;
        g_mutex_unlock(&self->mutex);
        /* A sync shows whether the home is still there, and listens again if it is. */
        if (is_fine || status != 200)
            g_usleep(G_USEC_PER_SEC);
        push(self, NEWS_WAKE);
    }
    return NULL;
}

static void home_is_near(HthAgent *self, gboolean *out_is_first)
{
    g_mutex_lock(&self->mutex);
    *out_is_first = !self->is_near;
    self->is_near = TRUE;
    g_cond_signal(&self->condition);
    g_mutex_unlock(&self->mutex);
}

/* ---- The worker ---- */

static void grant_wish(HthSession *session)
{
    g_autofree char *wish = hth_session_take_wish(session);
    g_autoptr(GError) error = NULL;
    if (g_strcmp0(wish, "verify") == 0)
        hth_sync_device_verify(hth_session_device(session));
    if (g_strcmp0(wish, "confirm") == 0 &&
        !hth_sync_device_confirm(hth_session_device(session), &error))
        hth_log_warning("the word could not be noted: %s", error->message);
}

/* Waits so long for news. FALSE: the program ends. */
static gboolean wait_for_news(HthAgent *self, guint64 wait_us, gboolean *out_with_scan)
{
    *out_with_scan = TRUE;
    gpointer news = g_async_queue_timeout_pop(self->news, wait_us);
    gboolean goes_on = TRUE;
    for (; news != NULL; news = g_async_queue_try_pop(self->news)) {
        goes_on = goes_on && GPOINTER_TO_UINT(news) != NEWS_QUIT;
        *out_with_scan = GPOINTER_TO_UINT(news) != NEWS_EVENT;
        if (GPOINTER_TO_UINT(news) == NEWS_NETWORK)
            self->n_failures = 0;
    }
    return goes_on && !g_cancellable_is_cancelled(self->cancellable);
}

/* Steps until there is nothing more to do. */
static HthSyncStep run_steps(HthAgent *self, HthSession *session, HthSyncProgress *out_progress,
                             gboolean *out_is_first)
{
    g_autoptr(GError) error = NULL;
    HthSyncStep step = HTH_SYNC_STEP_MORE;
    gboolean is_told = FALSE;
    *out_is_first = FALSE;
    while (step == HTH_SYNC_STEP_MORE) {
        step = hth_session_step(session, out_progress, &error);
        guint16 port = 0;
        if (!is_told && step != HTH_SYNC_STEP_FAILED &&
            hth_transport_address(hth_session_transport(session), &port) != NULL) {
            home_is_near(self, out_is_first);
            is_told = TRUE;
        }
    }
    if (error != NULL)
        hth_log_info("home=%s %s", self->home->name, error->message);
    else
        hth_log_info("home=%s %s operations=%" G_GUINT64_FORMAT " files=%" G_GUINT64_FORMAT,
                     self->home->name,
                     step == HTH_SYNC_STEP_WAIT ? hth_sync_wait_name(out_progress->wait)
                                                : "in step",
                     out_progress->operations_done, out_progress->n_files);
    return step;
}

/* TRUE: what broke was a connection that worked; perhaps there is another path. */
static gboolean may_retry_at_once(HthAgent *self, HthSession *session)
{
    const gint64 now = g_get_monotonic_time();
    if (!hth_transport_take_lost(hth_session_transport(session)) ||
        (self->retried_us != 0 && now - self->retried_us < RETRY_AT_ONCE_EVERY_US))
        return FALSE;
    self->retried_us = now;
    return TRUE;
}

static guint64 wait_after_failure(HthAgent *self, HthSession *session)
{
    g_autoptr(HthAway) away = hth_reach_away(self->reach);
    if (may_retry_at_once(self, session)) {
        self->n_failures = 0;
        return 1;
    }
    const guint failure = self->n_failures++;
    if (failure < G_N_ELEMENTS(retry_s))
        return (guint64)retry_s[failure] * G_USEC_PER_SEC;
    if (self->handheld.address != NULL)
        return (guint64)RETRY_ADDRESS_S * G_USEC_PER_SEC;
    if (hth_away_has_relay(away))
        return (guint64)g_random_int_range(RETRY_RELAY_S, 2 * RETRY_RELAY_S) * G_USEC_PER_SEC;
    return (guint64)ASK_EVERY_S * G_USEC_PER_SEC;
}

static guint64 wait_after(HthAgent *self, HthSession *session, HthSyncStep step, HthSyncWait wait,
                          gboolean is_first)
{
    /* Its event comes when all is ready; should that be lost, it is asked. */
    if (step == HTH_SYNC_STEP_WAIT && wait == HTH_SYNC_WAITS_HOME)
        return (guint64)HOME_BUSY_S * G_USEC_PER_SEC;
    if (step == HTH_SYNC_STEP_IDLE && is_first)
        return (guint64)ASK_AGAIN_MS * 1000;
    if (step == HTH_SYNC_STEP_WAIT)
        return (guint64)WAIT_S * G_USEC_PER_SEC;
    if (step == HTH_SYNC_STEP_IDLE)
        return (guint64)ASK_EVERY_S * G_USEC_PER_SEC;
    return wait_after_failure(self, session);
}

/* TRUE: the home is to be forgotten, and all of it is gone. */
static gboolean wipe(HthSession *session, HthSyncProgress *progress)
{
    if (!progress->is_wiped &&
        hth_transport_verdict(hth_session_transport(session)) != HTH_VERDICT_WIPE)
        return FALSE;
    if (!progress->is_wiped && hth_sync_device_wipe(hth_session_device(session), NULL))
        while (hth_session_step(session, progress, NULL) == HTH_SYNC_STEP_MORE)
            ;
    return progress->is_wiped;
}

/* Playlists change by operations alone. */
static void read_lists(HthAgent *self, HthSession *session, const HthSyncProgress *progress)
{
    g_autoptr(GError) error = NULL;
    if (self->shelf == NULL ||
        (self->has_read_lists && self->operations_read == progress->operations_done))
        return;
    g_autoptr(HthPlayTokens) tokens = hth_session_play_tokens(session, self->play_port, &error);
    if (tokens == NULL) {
        hth_log_debug("playlists were not read: %s", error->message);
        return;
    }
    self->has_read_lists = TRUE;
    self->operations_read = progress->operations_done;
    hth_play_shelf_set(self->shelf, tokens, hth_session_folder(session));
}

static void work(HthAgent *self, HthSession *session)
{
    hth_session_set_play_port(session, self->play_port);
    for (;;) {
        HthSyncProgress progress = { 0 };
        gboolean is_first = FALSE;
        gboolean with_scan = TRUE;
        grant_wish(session);
        const HthSyncStep step = run_steps(self, session, &progress, &is_first);
        read_lists(self, session, &progress);
        if (wipe(session, &progress)) {
            hth_log_info("home=%s wiped, as it asked", self->home->name);
            (void)hth_paired_home_remove(self->home, self->handheld.state_dir, NULL);
            return;
        }
        if (step == HTH_SYNC_STEP_IDLE)
            self->n_failures = 0;
        if (!wait_for_news(self, wait_after(self, session, step, progress.wait, is_first),
                           &with_scan))
            return;
        hth_session_wake(session, with_scan);
    }
}

static gpointer run(gpointer data)
{
    HthAgent *self = data;
    for (;;) {
        gboolean with_scan = FALSE;
        g_autoptr(GError) error = NULL;
        g_autoptr(HthSession) session = hth_session_open(&self->handheld, self->home, self->reach,
                                                         self->limits, self->cancellable, &error);
        if (session != NULL) {
            work(self, session);
            return NULL;
        }
        hth_log_warning("home=%s %s", self->home->name, error->message);
        if (!wait_for_news(self, (guint64)WAIT_S * G_USEC_PER_SEC, &with_scan))
            return NULL;
    }
}

/* ---- The object ---- */

HthAgent *hth_agent_new(const HthHandheld *handheld, const HthPairedHome *home,
                        const HthSessionLimits *limits, HthPlayProxy *proxy)
{
    g_autoptr(HthPairedHome) own = hth_paired_home_find(handheld->state_dir, home->name, NULL);
    g_autoptr(GError) error = NULL;
    HthReach *reach = own != NULL ? hth_find_reach(handheld, own, &error) : NULL;
    if (reach == NULL) {
        hth_log_warning("home=%s %s", home->name, error != NULL ? error->message : "is gone");
        return NULL;
    }
    HthAgent *self = g_new0(HthAgent, 1);
    self->handheld = *handheld;
    self->home = g_steal_pointer(&own);
    self->reach = reach;
    self->limits = limits;
    if (proxy != NULL) {
        self->play_port = hth_play_proxy_port(proxy);
        self->shelf = hth_play_proxy_add(proxy, reach);
    }
    self->cancellable = g_cancellable_new();
    self->news = g_async_queue_new();
    g_mutex_init(&self->mutex);
    g_cond_init(&self->condition);
    self->worker = g_thread_new("sync", run, self);
    self->listener = g_thread_new("listen", listen, self);
    return self;
}

void hth_agent_free(HthAgent *self)
{
    if (self == NULL)
        return;
    g_cancellable_cancel(self->cancellable);
    push(self, NEWS_QUIT);
    g_mutex_lock(&self->mutex);
    self->is_ending = TRUE;
    g_cond_signal(&self->condition);
    g_mutex_unlock(&self->mutex);
    g_thread_join(self->worker);
    g_thread_join(self->listener);
    g_async_queue_unref(self->news);
    g_object_unref(self->cancellable);
    g_mutex_clear(&self->mutex);
    g_cond_clear(&self->condition);
    hth_reach_unref(self->reach);
    hth_paired_home_free(self->home);
    g_free(self);
}

const HthPairedHome *hth_agent_home(const HthAgent *self)
{
    return self->home;
}

void hth_agent_seen(HthAgent *self, const char *address, guint16 port)
{
    hth_reach_seen(self->reach, address, port);
    push(self, NEWS_NETWORK);
}

void hth_agent_network_changed(HthAgent *self)
{
    hth_reach_network_changed(self->reach);
    push(self, NEWS_NETWORK);
}

void hth_agent_wake(HthAgent *self)
{
    push(self, NEWS_WAKE);
}
