/* SPDX-License-Identifier: GPL-3.0-or-later */
#define HTH_LOG_TOPIC "reach"
#include <string.h>

#include "base/error.h"
#include "base/log.h"
#include "local-net.h"
#include "reach-private.h"

#define MAX_PLACES 16

/* By the relay, with a place of the LAN on a subnet of ours: it is looked for again so often. */
#define PROBE_EVERY_US (30 * G_USEC_PER_SEC)
#define WAKE_EVERY_US  (30 * G_USEC_PER_SEC)

/* A rate is measured over so long at least, and then counts as much as the one before. */
#define MEASURE_US (500 * 1000)

const char *hth_path_name(HthPath path)
{
    static const char *const names[HTH_N_PATHS] = {
        [HTH_PATH_NONE] = "none",
        [HTH_PATH_LAN] = "lan",
        [HTH_PATH_RELAY] = "relay",
    };
    return names[path];
}

HthReach *hth_reach_new(const HthPairedHome *home, const HthDeviceIdentity *identity,
                        const char *interface)
{
    HthReach *self = g_new0(HthReach, 1);
    g_atomic_ref_count_init(&self->references);
    g_mutex_init(&self->mutex);
    self->home = home->id;
    self->device = *hth_device_identity_id(identity);
    self->certificate = g_strdup(hth_device_identity_certificate(identity));
    self->key = g_strdup(hth_device_identity_key(identity));
    self->interface = g_strdup(interface);
    self->links = g_ptr_array_new();
    self->places = g_ptr_array_new_with_free_func(hth_reach_place_free);
    self->away = home->away != NULL ? hth_away_copy(home->away) : hth_away_new();
    for (char **address = home->addresses; address != NULL && *address != NULL; address++)
        g_ptr_array_add(self->places, hth_reach_place_new(*address, home->port));
    return self;
}

HthReach *hth_reach_ref(HthReach *self)
{
    g_atomic_ref_count_inc(&self->references);
    return self;
}

void hth_reach_unref(HthReach *self)
{
    if (self == NULL || !g_atomic_ref_count_dec(&self->references))
        return;
    g_ptr_array_unref(self->places);
    g_ptr_array_unref(self->links);
    hth_away_free(self->away);
    g_free(self->certificate);
    explicit_bzero(self->key, strlen(self->key));
    g_free(self->key);
    g_free(self->interface);
    g_mutex_clear(&self->mutex);
    g_free(self);
}

const HthKeyId *hth_reach_device_id(const HthReach *self)
{
    return &self->device;
}

/* ---- What is told ---- */

/* Locking: held. */
static void put_first(HthReach *self, const char *address, guint16 port)
{
    for (guint i = 0; i < self->places->len; i++) {
        const HthReachPlace *place = g_ptr_array_index(self->places, i);
        if (place->port == port && strcmp(place->address, address) == 0) {
            g_ptr_array_insert(self->places, 0, g_ptr_array_steal_index(self->places, i));
            return;
        }
    }
    g_ptr_array_insert(self->places, 0, hth_reach_place_new(address, port));
    if (self->places->len > MAX_PLACES)
        g_ptr_array_set_size(self->places, MAX_PLACES);
}

void hth_reach_add_place(HthReach *self, const char *address, guint16 port)
{
    g_mutex_lock(&self->mutex);
    put_first(self, address, port);
    g_mutex_unlock(&self->mutex);
}

void hth_reach_stay_local(HthReach *self)
{
    g_mutex_lock(&self->mutex);
    self->stays_local = TRUE;
    g_mutex_unlock(&self->mutex);
}

void hth_reach_set_away(HthReach *self, const HthAway *away)
{
    g_mutex_lock(&self->mutex);
    hth_away_free(self->away);
    self->away = hth_away_copy(away);
    g_mutex_unlock(&self->mutex);
}

HthAway *hth_reach_away(HthReach *self)
{
    g_mutex_lock(&self->mutex);
    HthAway *away = hth_away_copy(self->away);
    g_mutex_unlock(&self->mutex);
    return away;
}

/* ---- Links ---- */

static HthReachLink *link_new(HthReach *self, const HthReachCourse *course, HthHttpClient *client,
                              guint index)
{
    const gboolean is_relay = index >= course->n_racers;
    const HthReachPlace *place = is_relay ? NULL : g_ptr_array_index(course->places, index);
    HthReachLink *link = g_new0(HthReachLink, 1);
    link->reach = hth_reach_ref(self);
    link->client = client;
    link->path = is_relay ? HTH_PATH_RELAY : HTH_PATH_LAN;
    link->address = g_strdup(is_relay ? course->away->address : place->address);
    link->port = is_relay ? course->away->port : place->port;
    link->lan_serial = course->lan_serial;
    link->cancellable = g_cancellable_new();
    hth_http_client_local_address(client, &link->local);
    return link;
}

/* ---- Nobody answers ---- */

/* Locking: held. TRUE: it is time to wake the home. */
static gboolean may_wake(HthReach *self)
{
    const gint64 now = g_get_monotonic_time();
    if (self->woken_us != 0 && now - self->woken_us < WAKE_EVERY_US)
        return FALSE;
    self->woken_us = now;
    return TRUE;
}

/* On a subnet where the home was: it may be asleep. Somebody else there has its address by now. */
static void wake(HthReach *self, const HthReachCourse *course, const GError *by_lan)
{
    if (course->n_attached == 0 || course->away->wake[0] == NULL ||
        g_error_matches(by_lan, HTH_ERROR, HTH_ERROR_REFUSED))
        return;
    g_mutex_lock(&self->mutex);
    const gboolean is_time = may_wake(self);
    g_mutex_unlock(&self->mutex);
    const HthReachPlace *place = g_ptr_array_index(course->places, 0);
    for (char **hardware = course->away->wake; is_time && *hardware != NULL; hardware++) {
        if (hth_local_net_wake(place->address, self->interface, *hardware))
            hth_log_info("nobody answers at %s: sent a packet to wake the home", place->address);
    }
}

static void tell_state(HthReach *self, HthPath path, const GError *by_relay)
{
    g_mutex_lock(&self->mutex);
    if (self->state.path != path) {
        self->state.rate = 0;
        self->measured_bytes = 0;
        self->measured_us = 0;
    }
    self->state.path = path;
    self->state.is_asleep =
        path == HTH_PATH_NONE && g_error_matches(by_relay, HTH_ERROR, HTH_ERROR_ASLEEP);
    self->state.is_limited =
        path == HTH_PATH_NONE && g_error_matches(by_relay, HTH_ERROR, HTH_ERROR_BUSY);
    g_mutex_unlock(&self->mutex);
}

static void set_error(const HthReachCourse *course, const GError *by_lan, const GError *by_relay,
                      GCancellable *cancellable, GError **error)
{
    static const HthError told[] = { HTH_ERROR_ASLEEP, HTH_ERROR_BUSY };
    if (g_cancellable_is_cancelled(cancellable)) {
        g_set_error_literal(error, HTH_ERROR, HTH_ERROR_CANCELLED, "it was ended");
        return;
    }
    int code = HTH_ERROR_NETWORK;
    for (guint i = 0; i < G_N_ELEMENTS(told); i++)
        code = g_error_matches(by_relay, HTH_ERROR, (int)told[i]) ? (int)told[i] : code;
    if (by_lan == NULL && by_relay == NULL)
        g_set_error_literal(error, HTH_ERROR, code, "it is not known where the home is");
    else if (by_lan == NULL || by_relay == NULL)
        g_set_error_literal(error, HTH_ERROR, code,
                            by_lan != NULL ? by_lan->message : by_relay->message);
    else
        g_set_error(error, HTH_ERROR, code, "%s (and not on this network: %s)", by_relay->message,
                    by_lan->message);
}

static void on_outer_cancelled(GCancellable *outer, gpointer data)
{
    g_cancellable_cancel(data);
}

static void register_link(HthReach *self, HthReachLink *link, GCancellable *cancellable,
                          gboolean moves_at_once)
{
    link->moves_at_once = moves_at_once;
    if (cancellable != NULL) {
        link->outer = g_object_ref(cancellable);
        link->outer_handler =
            g_cancellable_connect(cancellable, G_CALLBACK(on_outer_cancelled),
                                  g_object_ref(link->cancellable), g_object_unref);
    }
    g_mutex_lock(&self->mutex);
    g_ptr_array_add(self->links, link);
    if (link->path == HTH_PATH_LAN)
        put_first(self, link->address, link->port);
    g_mutex_unlock(&self->mutex);
}

HthReachLink *hth_reach_connect(HthReach *self, GCancellable *cancellable, gboolean moves_at_once,
                                GError **error)
{
    g_auto(HthReachCourse) course;
    g_autoptr(GError) by_lan = NULL;
    g_autoptr(GError) by_relay = NULL;
    guint index = 0;
    hth_reach_course_init(&course, self);
    const gint64 started_us = g_get_monotonic_time();
    HthHttpClient *client = hth_race_run(hth_reach_course_race(self, &course, course.has_relay),
                                         cancellable, &index, &by_lan, &by_relay);
    if (client == NULL) {
        hth_log_debug("nobody answers: lan=%s relay=%s", by_lan != NULL ? by_lan->message : "",
                      by_relay != NULL ? by_relay->message : "");
        if (!g_cancellable_is_cancelled(cancellable)) {
            tell_state(self, HTH_PATH_NONE, by_relay);
            wake(self, &course, by_lan);
        }
        set_error(&course, by_lan, by_relay, cancellable, error);
        return NULL;
    }
    HthReachLink *link = link_new(self, &course, client, index);
    register_link(self, link, cancellable, moves_at_once);
    tell_state(self, link->path, NULL);
    hth_log_debug("connected by %s at %s took_ms=%d", hth_path_name(link->path), link->address,
                  (int)((g_get_monotonic_time() - started_us) / 1000));
    return link;
}

void hth_reach_link_free(HthReachLink *self)
{
    if (self == NULL)
        return;
    g_mutex_lock(&self->reach->mutex);
    g_ptr_array_remove_fast(self->reach->links, self);
    g_mutex_unlock(&self->reach->mutex);
    g_cancellable_disconnect(self->outer, self->outer_handler);
    g_clear_object(&self->outer);
    hth_http_client_free(self->client);
    g_object_unref(self->cancellable);
    g_free(self->address);
    hth_reach_unref(self->reach);
    g_free(self);
}

HthHttpClient *hth_reach_link_client(HthReachLink *self)
{
    return self->client;
}

GCancellable *hth_reach_link_cancellable(HthReachLink *self)
{
    return self->cancellable;
}

HthPath hth_reach_link_path(const HthReachLink *self)
{
    return self->path;
}

const char *hth_reach_link_address(const HthReachLink *self, guint16 *out_port)
{
    *out_port = self->port;
    return self->address;
}

/* ---- The LAN, looked for from the relay ---- */

/* Locking: held. */
static void lan_is_there(HthReach *self)
{
    self->lan_serial++;
    for (guint i = 0; i < self->links->len; i++) {
        HthReachLink *link = g_ptr_array_index(self->links, i);
        if (link->path == HTH_PATH_RELAY && link->moves_at_once)
            g_cancellable_cancel(link->cancellable);
    }
}

static gpointer probe(gpointer data)
{
    g_autoptr(HthReach) self = data;
    g_auto(HthReachCourse) course;
    g_autoptr(GError) by_lan = NULL;
    g_autoptr(GError) by_relay = NULL;
    guint index = 0;
    hth_reach_course_init(&course, self);
    course.n_racers = MIN(course.n_racers, course.n_attached); /* the rest was raced before */
    HthHttpClient *client =
        hth_race_run(hth_reach_course_race(self, &course, FALSE), NULL, &index, &by_lan, &by_relay);
    g_mutex_lock(&self->mutex);
    self->is_probing = FALSE;
    if (client != NULL) {
        const HthReachPlace *place = g_ptr_array_index(course.places, index);
        hth_log_info("the home answers on this network, at %s", place->address);
        put_first(self, place->address, place->port);
        lan_is_there(self);
    }
    g_mutex_unlock(&self->mutex);
    hth_http_client_free(client);
    return NULL;
}

/* Locking: held. */
static void start_probe(HthReach *self)
{
    gboolean is_by_relay = FALSE;
    for (guint i = 0; i < self->links->len && !is_by_relay; i++)
        is_by_relay = ((HthReachLink *)self->links->pdata[i])->path == HTH_PATH_RELAY;
    if (!is_by_relay || self->is_probing || self->places->len == 0)
        return;
    self->is_probing = TRUE;
    self->probed_us = g_get_monotonic_time();
    g_thread_unref(g_thread_new("probe", probe, hth_reach_ref(self)));
}

void hth_reach_seen(HthReach *self, const char *address, guint16 port)
{
    g_mutex_lock(&self->mutex);
    put_first(self, address, port);
    start_probe(self);
    g_mutex_unlock(&self->mutex);
}

void hth_reach_network_changed(HthReach *self)
{
    g_mutex_lock(&self->mutex);
    for (guint i = 0; i < self->links->len; i++) {
        HthReachLink *link = g_ptr_array_index(self->links, i);
        if (!hth_local_net_has(&link->local)) {
            hth_log_debug("the address of a connection has gone");
            g_cancellable_cancel(link->cancellable);
        }
    }
    start_probe(self);
    g_mutex_unlock(&self->mutex);
}

gboolean hth_reach_link_should_move(HthReachLink *self)
{
    HthReach *reach = self->reach;
    if (g_cancellable_is_cancelled(self->cancellable))
        return TRUE;
    if (self->path != HTH_PATH_RELAY)
        return FALSE;
    g_mutex_lock(&reach->mutex);
    const gboolean is_better = reach->lan_serial != self->lan_serial;
    if (!is_better && g_get_monotonic_time() - reach->probed_us > PROBE_EVERY_US) {
        reach->probed_us = g_get_monotonic_time();
        start_probe(reach);
    }
    g_mutex_unlock(&reach->mutex);
    return is_better;
}

/* ---- Status ---- */

void hth_reach_link_measure(HthReachLink *self, guint64 n_bytes, gint64 duration_us)
{
    HthReach *reach = self->reach;
    g_mutex_lock(&reach->mutex);
    if (reach->state.path == self->path) {
        reach->measured_bytes += n_bytes;
        reach->measured_us += duration_us;
    }
    if (reach->measured_us >= MEASURE_US) {
        const guint64 rate =
            (guint64)((double)reach->measured_bytes * G_USEC_PER_SEC / (double)reach->measured_us);
        reach->state.rate = reach->state.rate == 0 ? rate : (reach->state.rate + rate) / 2;
        reach->measured_bytes = 0;
        reach->measured_us = 0;
    }
    g_mutex_unlock(&reach->mutex);
}

void hth_reach_state(HthReach *self, HthReachState *out_state)
{
    g_mutex_lock(&self->mutex);
    *out_state = self->state;
    out_state->limit = self->state.path == HTH_PATH_RELAY ? hth_away_rate(self->away) : 0;
    g_mutex_unlock(&self->mutex);
}
