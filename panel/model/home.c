/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "model/home.h"

#include <string.h>

#include "api/member.h"
#include "base/json.h"

/* Counts and traffic are asked for so often while the daemon is there. */
#define STATUS_SECONDS 3
/* After an event the status is asked for so much later: events come in bursts. */
#define STATUS_DELAY_MS 200

struct _HthHome {
    GObject parent;
    HthApiClient *client;
    HthEventStream *events;
    JsonObject *status;
    JsonObject *scan;
    GCancellable *cancellable;
    guint timer; /* source */
    guint delay; /* source */
    gboolean is_asking;
    gboolean is_known;
    gboolean is_fresh; /* the status is of the connection that there is */
};

G_DEFINE_FINAL_TYPE(HthHome, hth_home, G_TYPE_OBJECT)

enum { CONNECTION, STATUS, LIBRARY, DEVICES, N_SIGNALS };
static guint signals[N_SIGNALS]; /* set once, by class_init */

static void take_status(HthHome *self, JsonObject *status)
{
    g_clear_pointer(&self->status, json_object_unref);
    g_clear_pointer(&self->scan, json_object_unref);
    self->status = status;
    self->is_fresh = TRUE;
    JsonObject *scan = hth_member_object(status, "scan");
    self->scan = scan != NULL ? json_object_ref(scan) : NULL;
    g_signal_emit(self, signals[STATUS], 0);
}

/* What another program, or a broken daemon, says is no status: nothing is concluded from it. */
static gboolean is_status(JsonObject *answer)
{
    return hth_member_array(answer, "roots") != NULL &&
           hth_member_object(answer, "counts") != NULL &&
           hth_member_object(answer, "scan") != NULL && *hth_member_text(answer, "name") != '\0';
}

static void on_status(GObject *source, GAsyncResult *result, gpointer data)
{
    g_autoptr(HthHome) self = data;
    g_autoptr(GError) error = NULL;
    g_autoptr(JsonObject) status =
        hth_api_client_call_finish(HTH_API_CLIENT(source), result, &error);
    self->is_asking = FALSE;
    /* A daemon that is gone is seen by the stream of events; one that is late, at the next turn. */
    if (status != NULL && is_status(status))
        take_status(self, g_steal_pointer(&status));
}

static void ask(HthHome *self)
{
    if (self->is_asking)
        return;
    self->is_asking = TRUE;
    hth_api_client_call(self->client, "GET", "status", NULL, self->cancellable, on_status,
                        g_object_ref(self));
}

static gboolean on_timer(gpointer data)
{
    ask(data);
    return G_SOURCE_CONTINUE;
}

static gboolean on_delay(gpointer data)
{
    HthHome *self = data;
    self->delay = 0;
    ask(self);
    return G_SOURCE_REMOVE;
}

static void ask_soon(HthHome *self)
{
    if (self->delay == 0)
        self->delay = g_timeout_add(STATUS_DELAY_MS, on_delay, self);
}

static void on_state(HthEventStream *events, gboolean is_connected, HthHome *self)
{
    self->is_known = TRUE;
    self->is_fresh = FALSE;
    g_clear_handle_id(&self->timer, g_source_remove);
    if (is_connected) {
        self->timer = g_timeout_add_seconds(STATUS_SECONDS, on_timer, self);
        ask(self);
    }
    g_signal_emit(self, signals[CONNECTION], 0);
}

static void on_event(HthEventStream *events, const char *name, JsonObject *data, HthHome *self)
{
    if (strcmp(name, "scan") == 0) {
        g_clear_pointer(&self->scan, json_object_unref);
        self->scan = json_object_ref(data);
        if (self->status != NULL)
            g_signal_emit(self, signals[STATUS], 0);
    } else if (strcmp(name, "library") == 0) {
        g_signal_emit(self, signals[LIBRARY], 0, data);
        ask_soon(self);
    } else if (strcmp(name, "device") == 0 || strcmp(name, "pairing") == 0) {
        g_signal_emit(self, signals[DEVICES], 0);
        ask_soon(self);
    } else {
        ask_soon(self);
    }
}

/* The stream says nothing when the first attempt fails: that there is no daemon is known then. */
static gboolean on_first_moment(gpointer data)
{
    g_autoptr(HthHome) self = data;
    if (!self->is_known) {
        self->is_known = TRUE;
        g_signal_emit(self, signals[CONNECTION], 0);
    }
    return G_SOURCE_REMOVE;
}

void hth_home_start(HthHome *self)
{
    hth_event_stream_start(self->events);
    g_timeout_add(250, on_first_moment, g_object_ref(self));
}

void hth_home_stop(HthHome *self)
{
    hth_event_stream_stop(self->events);
    g_cancellable_cancel(self->cancellable);
    g_clear_handle_id(&self->timer, g_source_remove);
    g_clear_handle_id(&self->delay, g_source_remove);
}

HthApiClient *hth_home_client(HthHome *self)
{
    return self->client;
}

gboolean hth_home_is_connected(HthHome *self)
{
    return hth_event_stream_is_connected(self->events);
}

gboolean hth_home_is_known(HthHome *self)
{
    return self->is_known;
}

gboolean hth_home_is_fresh(HthHome *self)
{
    return self->is_fresh;
}

JsonObject *hth_home_status(HthHome *self)
{
    return self->status;
}

JsonObject *hth_home_scan(HthHome *self)
{
    return self->scan;
}

void hth_home_refresh(HthHome *self)
{
    if (hth_home_is_connected(self))
        ask(self);
    else
        hth_event_stream_hurry(self->events);
}

static void hth_home_init(HthHome *self)
{
    self->cancellable = g_cancellable_new();
}

static void hth_home_finalize(GObject *object)
{
    HthHome *self = HTH_HOME(object);
    hth_home_stop(self);
    g_signal_handlers_disconnect_by_data(self->events, self);
    g_clear_object(&self->events);
    g_clear_object(&self->client);
    g_clear_object(&self->cancellable);
    g_clear_pointer(&self->status, json_object_unref);
    g_clear_pointer(&self->scan, json_object_unref);
    G_OBJECT_CLASS(hth_home_parent_class)->finalize(object);
}

static void hth_home_class_init(HthHomeClass *class)
{
    static const char *const names[N_SIGNALS] = { "connection", "status", "library", "devices" };
    G_OBJECT_CLASS(class)->finalize = hth_home_finalize;
    for (guint i = 0; i < N_SIGNALS; i++) {
        const GType type = JSON_TYPE_OBJECT;
        signals[i] = g_signal_newv(names[i], HTH_TYPE_HOME, G_SIGNAL_RUN_LAST, NULL, NULL, NULL,
                                   NULL, G_TYPE_NONE, i == LIBRARY ? 1 : 0,
                                   i == LIBRARY ? (GType[]){ type } : NULL);
    }
}

HthHome *hth_home_new(const char *socket_path)
{
    HthHome *self = g_object_new(HTH_TYPE_HOME, NULL);
    self->client = hth_api_client_new(socket_path);
    self->events = hth_event_stream_new(socket_path);
    g_signal_connect(self->events, "state", G_CALLBACK(on_state), self);
    g_signal_connect(self->events, "event", G_CALLBACK(on_event), self);
    return self;
}
