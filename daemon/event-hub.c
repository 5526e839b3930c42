/* SPDX-License-Identifier: GPL-3.0-or-later */
#define HTH_LOG_TOPIC "events"
#include "event-hub.h"

#include "base/error.h"
#include "base/json.h"
#include "base/log.h"

#define TICK_MS        250
#define MAX_CONTAINERS 100
#define MAX_LOG_LINES  50

struct HthEventHub {
    HthLibrary *library;
    guint watch;
    guint tick; /* source; main thread */

    GMutex lock; /* guards all below */
    GPtrArray *streams;
    guint64 next_id;
    GHashTable *containers; /* that changed since the last tick */
    gboolean has_changed;
    gboolean is_everything;
    guint64 log_sequence;
    HthScanPhase last_phase;
};

static const char *const phase_names[] = {
    [HTH_SCAN_IDLE] = "idle",
    [HTH_SCAN_LISTING] = "listing",
    [HTH_SCAN_READING] = "reading",
};

static JsonObject *scan_object(const HthScanStatus *status)
{
    JsonObject *object = json_object_new();
    json_object_set_string_member(object, "phase", phase_names[status->phase]);
    json_object_set_int_member(object, "n_folders", (gint64)status->n_folders);
    json_object_set_int_member(object, "n_files", (gint64)status->n_files);
    json_object_set_int_member(object, "n_to_read", (gint64)status->n_to_read);
    json_object_set_int_member(object, "n_read", (gint64)status->n_read);
    json_object_set_int_member(object, "n_failed", (gint64)status->n_failed);
    json_object_set_double_member(object, "files_per_s", status->files_per_s);
    json_object_set_int_member(object, "seconds_left", status->seconds_left);
    json_object_set_int_member(object, "started_unix_ms", status->started_unix_ms);
    json_object_set_int_member(object, "took_ms", status->took_ms);
    json_object_set_int_member(object, "n_watches", status->n_watches);
    json_object_set_boolean_member(object, "is_watch_limited", status->is_watch_limited);
    hth_json_set_text(object, "worker_sandbox", status->worker_sandbox);
    hth_json_set_text(object, "problem", status->problem);
    hth_json_set_text(object, "problem", status->problem);
    return object;
}

JsonObject *hth_event_hub_scan_object(HthLibrary *library)
{
    HthScanStatus status = { 0 };
    hth_library_scan_status(library, &status);
    JsonObject *object = scan_object(&status);
    hth_scan_status_clear(&status);
    return object;
}

/* On the writer's thread: mark and leave. */
static void on_library_changed(const HthLibraryChange *change, gpointer data)
{
    HthEventHub *self = data;
    g_mutex_lock(&self->lock);
    if (self->streams->len > 0) {
        self->has_changed = TRUE;
        self->is_everything |= change->is_everything;
        for (guint i = 0; i < change->n_containers; i++) {
            if (g_hash_table_size(self->containers) >= MAX_CONTAINERS)
                self->is_everything = TRUE;
            else
                g_hash_table_add(self->containers, g_strdup(change->container_ids[i]));
        }
    }
    g_mutex_unlock(&self->lock);
}

HthEventHub *hth_event_hub_new(HthLibrary *library)
{
    HthEventHub *self = g_new0(HthEventHub, 1);
    g_mutex_init(&self->lock);
    self->library = library;
    self->streams = g_ptr_array_new_with_free_func((GDestroyNotify)hth_http_events_unref);
    self->containers = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    self->next_id = 1;
    self->watch = hth_library_add_watch(library, on_library_changed, self);
    return self;
}

void hth_event_hub_free(HthEventHub *self)
{
    if (self == NULL)
        return;
    hth_library_remove_watch(self->library, self->watch);
    while (g_source_remove_by_user_data(self))
        ; /* the tick, and starts of it that are still queued */
    g_ptr_array_unref(self->streams);
    g_hash_table_unref(self->containers);
    g_mutex_clear(&self->lock);
    g_free(self);
}

/* Sends to all, and lets those go that have gone. Locking: self->lock is held. */
static void send_locked(HthEventHub *self, const char *event, const char *json)
{
    const guint64 id = self->next_id++;
    for (guint i = self->streams->len; i > 0; i--) {
        if (!hth_http_events_send(self->streams->pdata[i - 1], id, event, json))
            g_ptr_array_remove_index_fast(self->streams, i - 1);
    }
}

void hth_event_hub_send(HthEventHub *self, const char *event, JsonObject *object)
{
    g_autofree char *json = hth_json_print_object(object);
    g_mutex_lock(&self->lock);
    send_locked(self, event, json);
    g_mutex_unlock(&self->lock);
}

static JsonObject *take_library_change(HthEventHub *self)
{
    JsonObject *object = json_object_new();
    JsonArray *containers = json_array_new();
    g_mutex_lock(&self->lock);
    GHashTableIter iter;
    gpointer id;
    g_hash_table_iter_init(&iter, self->containers);
    while (!self->is_everything && g_hash_table_iter_next(&iter, &id, NULL))
        json_array_add_string_element(containers, id);
    json_object_set_boolean_member(object, "is_everything", self->is_everything);
    g_hash_table_remove_all(self->containers);
    self->is_everything = FALSE;
    self->has_changed = FALSE;
    g_mutex_unlock(&self->lock);
    json_object_set_array_member(object, "containers", containers);
    json_object_set_int_member(object, "sequence", (gint64)hth_library_sequence(self->library));
    return object;
}

static JsonObject *log_object(const HthLogLine *line)
{
    JsonObject *object = json_object_new();
    json_object_set_int_member(object, "sequence", (gint64)line->sequence);
    json_object_set_int_member(object, "unix_us", line->unix_us);
    json_object_set_string_member(object, "level", hth_log_level_name(line->level));
    json_object_set_string_member(object, "topic", line->topic);
    json_object_set_string_member(object, "message", line->message);
    return object;
}

static void send_log(HthEventHub *self)
{
    g_autoptr(GPtrArray) lines = hth_log_read(self->log_sequence, MAX_LOG_LINES);
    for (guint i = 0; i < lines->len; i++) {
        const HthLogLine *line = lines->pdata[i];
        self->log_sequence = line->sequence;
        if (line->level <= HTH_LOG_WARNING)
            hth_event_hub_send(self, "log", log_object(line));
    }
}

static void send_scan(HthEventHub *self)
{
    HthScanStatus status = { 0 };
    hth_library_scan_status(self->library, &status);
    if (status.phase != HTH_SCAN_IDLE || self->last_phase != HTH_SCAN_IDLE)
        hth_event_hub_send(self, "scan", scan_object(&status));
    self->last_phase = status.phase;
    hth_scan_status_clear(&status);
}

static gboolean on_tick(gpointer data)
{
    HthEventHub *self = data;
    if (hth_event_hub_n_streams(self) == 0) {
        self->tick = 0;
        return G_SOURCE_REMOVE;
    }
    send_scan(self);
    g_mutex_lock(&self->lock);
    const gboolean has_changed = self->has_changed;
    g_mutex_unlock(&self->lock);
    if (has_changed)
        hth_event_hub_send(self, "library", take_library_change(self));
    send_log(self);
    return G_SOURCE_CONTINUE;
}

static gboolean start_tick(gpointer data)
{
    HthEventHub *self = data;
    if (self->tick == 0)
        self->tick = g_timeout_add(TICK_MS, on_tick, self);
    return G_SOURCE_REMOVE;
}

/* The newest kept line, so that a new listener is not told of old troubles. */
static guint64 newest_log_sequence(void)
{
    g_autoptr(GPtrArray) lines = hth_log_read(0, G_MAXUINT);
    return lines->len > 0 ? ((HthLogLine *)lines->pdata[lines->len - 1])->sequence : 0;
}

gboolean hth_event_hub_attach(HthEventHub *self, HthHttpRequest *request, GError **error)
{
    g_autofree char *first = hth_json_print_object(hth_event_hub_scan_object(self->library));
    const guint64 newest = newest_log_sequence();
    g_mutex_lock(&self->lock);
    for (guint i = self->streams->len; i > 0; i--) {
        if (!hth_http_events_is_open(self->streams->pdata[i - 1]))
            g_ptr_array_remove_index_fast(self->streams, i - 1);
    }
    const gboolean has_room = self->streams->len < HTH_EVENT_STREAMS_MAX;
    if (has_room) {
        if (self->streams->len == 0)
            self->log_sequence = newest;
        HthHttpEvents *stream = hth_http_request_respond_events(request);
        (void)hth_http_events_send(stream, self->next_id++, "scan", first);
        g_ptr_array_add(self->streams, stream);
    }
    g_mutex_unlock(&self->lock);
    if (!has_room) {
        g_set_error(error, HTH_ERROR, HTH_ERROR_BUSY,
                    "%d programs listen already; close one of them", HTH_EVENT_STREAMS_MAX);
        return FALSE;
    }
    g_idle_add(start_tick, self);
    return TRUE;
}

guint hth_event_hub_n_streams(HthEventHub *self)
{
    g_mutex_lock(&self->lock);
    for (guint i = self->streams->len; i > 0; i--) {
        if (!hth_http_events_is_open(self->streams->pdata[i - 1]))
            g_ptr_array_remove_index_fast(self->streams, i - 1);
    }
    const guint n = self->streams->len;
    g_mutex_unlock(&self->lock);
    return n;
}
