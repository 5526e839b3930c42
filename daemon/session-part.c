/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "session-part.h"

#include <string.h>

#include "base/json.h"
#include "object-json.h"

#define SWEEP_S 1

struct HthSessionService {
    HthPlaySessions *sessions;
    guint timer;        /* source; main thread, as generation is */
    guint64 generation; /* that listeners know of */
};

void hth_session_part_open(HthParts *parts)
{
    parts->sessions = g_new0(HthSessionService, 1);
    parts->sessions->sessions = hth_play_sessions_new();
}

void hth_session_part_close(HthParts *parts)
{
    HthSessionService *self = g_steal_pointer(&parts->sessions);
    if (self == NULL)
        return;
    g_clear_handle_id(&self->timer, g_source_remove);
    hth_play_sessions_free(self->sessions);
    g_free(self);
}

/* ---- The timer, which runs while there is something to end ---- */

static gboolean on_timer(gpointer data)
{
    HthParts *parts = data;
    HthSessionService *self = parts->sessions;
    guint64 generation = 0;
    const gboolean has_any =
        hth_play_sessions_sweep(self->sessions, g_get_monotonic_time(), &generation);
    if (generation != self->generation) {
        JsonObject *event = json_object_new();
        json_object_set_array_member(event, "sessions", hth_session_part_array(parts));
        hth_event_hub_send(parts->events, "sessions", event);
    }
    self->generation = generation;
    if (has_any)
        return G_SOURCE_CONTINUE;
    self->timer = 0;
    return G_SOURCE_REMOVE;
}

static void wake(gpointer data)
{
    HthParts *parts = data;
    if (parts->sessions != NULL && parts->sessions->timer == 0)
        parts->sessions->timer = g_timeout_add_seconds(SWEEP_S, on_timer, parts);
}

/* ---- Requests ---- */

static gboolean is_played(const HthObject *object)
{
    return object->class == HTH_OBJECT_MUSIC_TRACK || object->class == HTH_OBJECT_VIDEO;
}

HthPlayFetch *hth_session_part_begin(HthParts *parts, HthHttpRequest *request,
                                     const HthPlayWhat *what)
{
    if (!is_played(what->object) || hth_http_request_is_head(request))
        return NULL;
    gboolean is_first = FALSE;
    const guint64 first =
        hth_play_range_start(hth_http_request_header(request, "Range"), what->size_bytes);
    HthPlayFetch *fetch =
        hth_play_sessions_begin(parts->sessions->sessions, what, first,
                                hth_http_request_meter(request), g_get_monotonic_time(), &is_first);
    if (is_first)
        hth_host_post(parts->host, wake, parts, NULL);
    return fetch;
}

void hth_session_part_end(HthParts *parts, HthPlayFetch *fetch, guint64 sent_bytes)
{
    if (fetch != NULL)
        hth_play_sessions_end(parts->sessions->sessions, fetch, sent_bytes, g_get_monotonic_time());
}

typedef struct {
    HthParts *parts;
    HthPlayFetch *fetch;
} Following;

static void on_finished(guint64 sent_bytes, gboolean is_complete, gpointer data)
{
    const Following *following = data;
    hth_session_part_end(following->parts, following->fetch, sent_bytes);
}

void hth_session_part_follow(HthParts *parts, HthHttpRequest *request, const HthPlayWhat *what)
{
    HthPlayFetch *fetch = hth_session_part_begin(parts, request, what);
    if (fetch == NULL)
        return;
    Following *following = g_new(Following, 1);
    *following = (Following){ parts, fetch };
    hth_http_request_on_finished(request, on_finished, following, g_free);
}

void hth_session_part_tell(HthParts *parts, const HthPlayWhat *what, HthSessionState state,
                           gint64 position_ms)
{
    gboolean is_first = FALSE;
    hth_play_sessions_tell(parts->sessions->sessions, what, state, position_ms,
                           g_get_monotonic_time(), &is_first);
    hth_host_post(parts->host, wake, parts, NULL);
}

/* ---- For people ---- */

/* Sets who plays: device (an id of `devices` or `paired`), label and player. */
static void set_player(HthParts *parts, JsonObject *json, const HthPlaySession *session)
{
    const char *player = "program";
    const char *path = session->is_relay ? "relay" : "lan";
    g_autofree char *id = NULL;
    g_autofree char *label = NULL;
    if (session->kind == HTH_PLAYER_NETWORK) {
        g_autoptr(HthDevice) device = hth_device_registry_find(parts->devices, session->device);
        const gboolean is_here =
            device != NULL && strcmp(device->id, HTH_DEVICE_THIS_COMPUTER) == 0;
        player = is_here ? "computer" : "network";
        path = is_here ? "here" : path;
        id = device != NULL ? g_strdup(device->id) : NULL;
        label = device != NULL ? g_strdup(hth_device_label(device)) : NULL;
    } else if (session->kind == HTH_PLAYER_PAIRED) {
        g_autoptr(HthPairedDevice) device = hth_pairing_find(parts->pairing, session->device);
        player = "paired";
        id = g_strdup(session->device);
        label = device != NULL ? g_strdup(device->name) : NULL;
    }
    json_object_set_string_member(json, "player", player);
    json_object_set_string_member(json, "path", session->kind == HTH_PLAYER_TOLD ? "here" : path);
    hth_json_set_text(json, "device", id);
    json_object_set_string_member(json, "label", label != NULL ? label : session->device);
}

static void set_item(JsonObject *json, const HthObject *object)
{
    json_object_set_string_member(json, "item", object->leaf_id);
    json_object_set_string_member(json, "kind", hth_object_kind_name(object->class));
    json_object_set_string_member(json, "title", object->title);
    hth_json_set_text_list(json, "artists", object->artists);
    hth_json_set_text(json, "album", object->album);
    hth_json_set_number(json, "duration_ms", object->duration_ms);
    if (object->artwork_id != NULL) {
        g_autofree char *url = g_strdup_printf("/a/%s/160.jpg", object->artwork_id);
        json_object_set_string_member(json, "artwork_url", url);
    }
}

static void set_progress(JsonObject *json, const HthPlaySession *session, gint64 now_us)
{
    const gint64 duration_ms = session->object->duration_ms;
    const gint64 now_unix_s = g_get_real_time() / G_USEC_PER_SEC;
    const gboolean is_told = session->kind == HTH_PLAYER_TOLD;
    json_object_set_int_member(json, "since_unix_s",
                               now_unix_s - (now_us - session->since_us) / G_USEC_PER_SEC);
    if (!is_told) {
        json_object_set_int_member(json, "size_bytes", (gint64)session->size_bytes);
        json_object_set_int_member(json, "sent_bytes", (gint64)session->sent_bytes);
        json_object_set_int_member(json, "position_bytes", (gint64)session->position_bytes);
        json_object_set_boolean_member(json, "is_fetching", session->is_fetching);
    }
    if (session->position_ms >= 0)
        json_object_set_int_member(json, "position_ms", session->position_ms);
    if (session->position_ms >= 0 && duration_ms > 0)
        json_object_set_double_member(
            json, "share", CLAMP((double)session->position_ms / (double)duration_ms, 0.0, 1.0));
    json_object_set_boolean_member(json, "is_estimate", !is_told);
    json_object_set_boolean_member(json, "is_paused", session->state == HTH_SESSION_PAUSED);
}

static JsonObject *session_object(HthParts *parts, const HthPlaySession *session, gint64 now_us)
{
    JsonObject *json = json_object_new();
    set_player(parts, json, session);
    set_item(json, session->object);
    hth_json_set_text(json, "conversion", session->conversion);
    set_progress(json, session, now_us);
    return json;
}

/* A device with an IPv4 and an IPv6 address plays by the one that it used last. */
static gboolean is_repeated(JsonArray *array, JsonObject *json, const HthPlaySession *session)
{
    const char *device = json_object_get_string_member_with_default(json, "device", "");
    for (guint i = 0; !session->is_fetching && i < json_array_get_length(array); i++) {
        JsonObject *each = json_array_get_object_element(array, i);
        if (*device != '\0' &&
            strcmp(device, json_object_get_string_member_with_default(each, "device", "")) == 0)
            return TRUE;
    }
    return FALSE;
}

JsonArray *hth_session_part_array(HthParts *parts)
{
    const gint64 now_us = g_get_monotonic_time();
    JsonArray *array = json_array_new();
    g_autoptr(GPtrArray) list = hth_play_sessions_list(parts->sessions->sessions, now_us);
    for (guint i = 0; i < list->len; i++) {
        JsonObject *json = session_object(parts, list->pdata[i], now_us);
        if (is_repeated(array, json, list->pdata[i]))
            json_object_unref(json);
        else
            json_array_add_object_element(array, json);
    }
    return array;
}
