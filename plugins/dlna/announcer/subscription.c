/* SPDX-License-Identifier: GPL-3.0-or-later */
#define HTH_LOG_TOPIC "eventing"
#include "subscription.h"

#include <string.h>

#include "base/error.h"
#include "base/log.h"
#include "callback.h"
#include "gena.h"
#include "literal-url.h"
#include "subscription-table.h"

struct HthSubscriptions {
    HthInterfaces *interfaces;
    HthAnnouncers *announcers; /* NULL: none yet, or no more */
    HthSubscriptionTable *table;
};

/* One request on its way: filled on an HTTP thread, then the main thread's. */
typedef struct {
    HthSubscriptions *subscriptions; /* a reference */
    HthHttpRequest *request;
    GInetAddress *local;
    char *peer;
    char *path;
    char *callback; /* checked; NULL: not a new subscription */
    char *sid;
    guint timeout_s;
    gboolean is_unsubscribe;
    guint64 generation;
} Job;

/* Why a request is refused: a status and a sentence for the log and the peer. */
typedef struct {
    guint status;
    char *sentence;
} Refusal;

static gboolean refuse(Refusal *refusal, guint status, const char *sentence)
{
    *refusal = (Refusal){ status, g_strdup(sentence) };
    return FALSE;
}

static void respond_refused(HthHttpRequest *request, Refusal *refusal)
{
    hth_log_info("%s from %s is refused with %u: %s", hth_http_request_method(request),
                 hth_http_request_peer_text(request), refusal->status, refusal->sentence);
    hth_http_request_respond_error(request, refusal->status, refusal->sentence);
    g_clear_pointer(&refusal->sentence, g_free);
}

static void clear_subscriptions(gpointer data)
{
    HthSubscriptions *self = data;
    hth_subscription_table_free(self->table);
}

HthSubscriptions *hth_subscriptions_new(HthInterfaces *interfaces)
{
    HthSubscriptions *self = g_atomic_rc_box_new0(HthSubscriptions);
    self->interfaces = interfaces;
    self->table = hth_subscription_table_new(HTH_SUBSCRIPTIONS_A_PEER, HTH_SUBSCRIPTIONS_MAX);
    return self;
}

void hth_subscriptions_set_announcers(HthSubscriptions *self, HthAnnouncers *announcers)
{
    self->announcers = announcers;
}

void hth_subscriptions_free(HthSubscriptions *self)
{
    if (self == NULL)
        return;
    self->announcers = NULL; /* requests under way, which hold a reference, get 503 */
    g_atomic_rc_box_release_full(self, clear_subscriptions);
}

static void job_free(Job *job)
{
    g_clear_object(&job->local);
    g_free(job->peer);
    g_free(job->path);
    g_free(job->callback);
    g_free(job->sid);
    g_atomic_rc_box_release_full(job->subscriptions, clear_subscriptions);
    g_free(job);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Job, job_free)

/* ---- On the HTTP thread: what can be said from the request alone ---- */

/* The rules of UPnP Device Architecture 1.1, sections 4.1.2 (new), 4.1.3 (renewal), 4.1.4 (end). */
static gboolean check_renewal(Job *job, gboolean has_callback, const char *nt, Refusal *refusal)
{
    if (has_callback || nt != NULL)
        return refuse(refusal, 400, "SID and CALLBACK or NT in one request");
    if (!hth_sid_is_valid(job->sid))
        return refuse(refusal, 412, "the SID has not the form of one");
    return TRUE;
}

static gboolean check_new(Job *job, const char *callback, const char *nt, GInetAddress *peer,
                          Refusal *refusal)
{
    if (nt == NULL || strcmp(nt, "upnp:event") != 0)
        return refuse(refusal, 412, "NT is not upnp:event");
    if (callback == NULL)
        return refuse(refusal, 412, "there is no CALLBACK");
    g_autoptr(GError) error = NULL;
    job->callback = hth_callback_check(callback, peer, &error);
    if (job->callback == NULL)
        return refuse(refusal, 412, error->message);
    if (!hth_interfaces_is_same_subnet(job->subscriptions->interfaces, job->local, peer))
        return refuse(refusal, 412, "the callback is not on the subnet of this interface");
    return TRUE;
}

static gboolean check(Job *job, HthHttpRequest *request, Refusal *refusal)
{
    const char *callback = hth_http_request_header(request, "CALLBACK");
    const char *nt = hth_http_request_header(request, "NT");
    GInetAddress *peer = hth_http_request_peer(request);
    if (!hth_gena_path_is_valid(job->path))
        return refuse(refusal, 404, "nothing has events there");
    if (peer == NULL || job->local == NULL)
        return refuse(refusal, 412, "events go to network addresses only");
    if (job->sid != NULL)
        return check_renewal(job, callback != NULL, nt, refusal);
    if (job->is_unsubscribe)
        return refuse(refusal, 412, "there is no SID");
    return check_new(job, callback, nt, peer, refusal);
}

static GInetAddress *unmapped_or_null(GInetAddress *address)
{
    return address != NULL ? hth_address_unmapped(address) : NULL;
}

static Job *job_new(HthHttpRequest *request, HthSubscriptions *self)
{
    Job *job = g_new(Job, 1);
    *job = (Job){
        .subscriptions = g_atomic_rc_box_acquire(self),
        .request = request,
        .local = unmapped_or_null(hth_http_request_local(request)),
        .peer = g_strdup(hth_http_request_peer_text(request)),
        .path = g_strdup(hth_http_request_path(request)),
        .sid = g_strdup(hth_http_request_header(request, "SID")),
        .timeout_s = hth_subscription_timeout_s(hth_http_request_header(request, "TIMEOUT")),
        .is_unsubscribe = strcmp(hth_http_request_method(request), "UNSUBSCRIBE") == 0,
    };
    return job;
}

static gboolean forward(gpointer data);

void hth_subscriptions_handle(HthHttpRequest *request, gpointer self)
{
    g_autoptr(Job) job = job_new(request, self);
    Refusal refusal = { 0 };
    if (!check(job, request, &refusal)) {
        respond_refused(request, &refusal);
        return;
    }
    hth_http_request_defer(request);
    g_idle_add(forward, g_steal_pointer(&job));
}

/* ---- On the main thread: counts, and libupnp ---- */

static gint64 end_of(const HthGenaReply *reply)
{
    return g_get_monotonic_time() + (gint64)reply->timeout_s * G_USEC_PER_SEC;
}

/* Lets the first event go once the client has been sent its SID. */
typedef struct {
    HthSubscriptions *subscriptions;
    guint64 generation;
    char *sid;
} Grant;

static void grant_free(gpointer data)
{
    Grant *grant = data;
    g_atomic_rc_box_release_full(grant->subscriptions, clear_subscriptions);
    g_free(grant->sid);
    g_free(grant);
}

static gboolean on_granted(gpointer data)
{
    const Grant *grant = data;
    if (grant->subscriptions->announcers != NULL)
        hth_announcers_accept(grant->subscriptions->announcers, grant->generation, grant->sid);
    return G_SOURCE_REMOVE;
}

/* On an HTTP thread. The grant goes along with the idle source. */
static void on_answered(guint64 body_bytes_sent, gboolean is_complete, gpointer data)
{
    const Grant *grant = data;
    Grant *copy = g_new(Grant, 1);
    *copy = (Grant){
        .subscriptions = g_atomic_rc_box_acquire(grant->subscriptions),
        .generation = grant->generation,
        .sid = g_strdup(grant->sid),
    };
    g_idle_add_full(G_PRIORITY_DEFAULT, on_granted, copy, grant_free);
}

static void grant_when_answered(Job *job, const char *sid)
{
    Grant *grant = g_new(Grant, 1);
    *grant = (Grant){
        .subscriptions = g_atomic_rc_box_acquire(job->subscriptions),
        .generation = job->generation,
        .sid = g_strdup(sid),
    };
    hth_http_request_on_finished(job->request, on_answered, grant, grant_free);
}

static void note_success(Job *job, const HthGenaReply *reply)
{
    HthSubscriptionTable *table = job->subscriptions->table;
    if (job->is_unsubscribe) {
        hth_subscription_table_remove(table, job->sid);
    } else if (job->sid != NULL) {
        hth_subscription_table_renew(table, job->sid, end_of(reply));
    } else {
        hth_subscription_table_add(table, job->peer, reply->sid, job->generation, end_of(reply));
        grant_when_answered(job, reply->sid);
    }
}

static void note_failure(Job *job, const HthGenaReply *reply)
{
    HthSubscriptionTable *table = job->subscriptions->table;
    if (job->callback != NULL)
        hth_subscription_table_cancel(table, job->peer);
    else if (reply != NULL && reply->status == 412)
        hth_subscription_table_remove(table, job->sid);
}

static void respond_success(Job *job, const HthGenaReply *reply)
{
    if (!job->is_unsubscribe) {
        g_autofree char *timeout = g_strdup_printf("Second-%u", reply->timeout_s);
        hth_http_request_add_header(job->request, "SID",
                                    reply->sid != NULL ? reply->sid : job->sid);
        hth_http_request_add_header(job->request, "TIMEOUT", timeout);
    }
    hth_http_request_respond(job->request, 200, NULL, NULL);
}

/* What the peer is told when libupnp does not say 200: its own fault stays its own. */
static guint refused_status(guint status)
{
    if (status == 404)
        return 404;
    return status >= 400 && status < 500 ? 412 : 503;
}

static void on_forwarded(GObject *source, GAsyncResult *result, gpointer data)
{
    g_autoptr(Job) job = data;
    g_autoptr(GError) error = NULL;
    HthGenaReply reply = { 0 };
    Refusal refusal = { 0 };
    if (!hth_gena_send_finish(result, &reply, &error)) {
        note_failure(job, NULL);
        refuse(&refusal, 503, error->message);
        respond_refused(job->request, &refusal);
    } else if (reply.status != 200 || (job->callback != NULL && reply.sid == NULL)) {
        note_failure(job, &reply);
        refuse(&refusal, refused_status(reply.status), "libupnp refused it");
        respond_refused(job->request, &refusal);
    } else {
        note_success(job, &reply);
        respond_success(job, &reply);
    }
    hth_gena_reply_clear(&reply);
}

static gboolean is_alive(guint64 generation, gpointer announcers)
{
    return hth_announcers_is_alive(announcers, generation);
}

/* Takes a place for a new subscription, or sees that the peer holds the one that it names. */
static gboolean admit(Job *job, Refusal *refusal)
{
    HthSubscriptions *self = job->subscriptions;
    const gint64 now_us = g_get_monotonic_time();
    g_autoptr(GError) error = NULL;
    hth_subscription_table_forget(self->table, is_alive, self->announcers);
    if (job->callback == NULL) {
        if (hth_subscription_table_holds(self->table, job->peer, job->sid, job->generation, now_us))
            return TRUE;
        return refuse(refusal, 412, "this peer has no such subscription");
    }
    if (!hth_subscription_table_reserve(self->table, job->peer, now_us, &error))
        return refuse(refusal, 503, error->message);
    return TRUE;
}

/* An idle callback on the main thread. */
static gboolean forward(gpointer data)
{
    g_autoptr(Job) job = data;
    HthAnnouncers *announcers = job->subscriptions->announcers;
    Refusal refusal = { 0 };
    guint16 port = 0;
    if (announcers != NULL)
        port = hth_announcers_port(announcers, job->local, &job->generation);
    if (port == 0)
        refuse(&refusal, 503, "no announcer serves this interface just now");
    if (port == 0 || !admit(job, &refusal)) {
        respond_refused(job->request, &refusal);
        return G_SOURCE_REMOVE;
    }
    const HthGenaRequest request = {
        .is_unsubscribe = job->is_unsubscribe,
        .path = job->path,
        .callback = job->callback,
        .sid = job->sid,
        .timeout_s = job->timeout_s,
    };
    g_autofree char *text = hth_gena_request_text(&request, port);
    hth_gena_send_async(text, port, on_forwarded, g_steal_pointer(&job));
    return G_SOURCE_REMOVE;
}
