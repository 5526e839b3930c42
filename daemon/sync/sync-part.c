/* SPDX-License-Identifier: GPL-3.0-or-later */
#define HTH_LOG_TOPIC "sync"
#include "sync/sync-part.h"

#include <stdatomic.h>
#include <string.h>

#include "base/error.h"
#include "base/log.h"
#include "base/text.h"
#include "install-paths.h"
#include "library/schema.h"
#include "locker/locker-part.h"
#include "media/layout.h"
#include "pairing/device-listener.h"
#include "rendition/rendition.h"
#include "sync/library-view.h"
#include "task-queue.h"

/* A change is told after so long, so that what belongs together is one; and so often at most. */
#define WAKE_AFTER_MS 100
#define WAKE_EVERY_MS 500

/* Layouts asked for at a time, while nothing else is done. */
#define MISSING_AT_ONCE 64

struct HthSyncService {
    HthParts *parts;
    HthUploads *uploads;
    HthLayoutFeed *feed;
    HthRenditionView *renditions;
    HthLibraryView *view;
    HthSyncHome *home;
    HthSyncEvents *events;
    HthSyncProgress *progress;
    guint watch;
    atomic_bool is_wake_posted;
    atomic_bool has_changed; /* the library, since the last wake; else something was made */
    atomic_bool has_learnt;  /* essences, since renditions were asked for */
    atomic_bool is_prepare_wanted;
    guint wake_source; /* main thread */
    gint64 woken_us;
    atomic_bool is_preparing;
    atomic_bool is_stopping;
    atomic_uint n_missing; /* layouts, as last counted */
};

HthSyncHome *hth_sync_part_home(HthSyncService *self)
{
    return self->home;
}

HthSyncEvents *hth_sync_part_events(HthSyncService *self)
{
    return self->events;
}

HthSyncProgress *hth_sync_part_progress(HthSyncService *self)
{
    return self->progress;
}

void hth_sync_part_begin_data(HthSyncService *self)
{
    hth_layout_feed_hold(self->feed);
}

void hth_sync_part_end_data(HthSyncService *self)
{
    hth_layout_feed_release(self->feed);
}

JsonObject *hth_sync_part_glance(HthSyncService *self)
{
    JsonObject *object = json_object_new();
    json_object_set_int_member(object, "layouts_missing", atomic_load(&self->n_missing));
    json_object_set_int_member(object, "jobs", hth_layout_feed_n_jobs(self->feed));
    return object;
}

JsonObject *hth_sync_part_status(HthSyncService *self)
{
    JsonObject *object = json_object_new();
    json_object_set_int_member(object, "layouts_missing",
                               hth_sync_home_missing_layouts(self->home, 0, NULL, NULL));
    json_object_set_int_member(object, "jobs", hth_layout_feed_n_jobs(self->feed));
    return object;
}

/* ---- Waking devices, and preparing for those that are not here ---- */

static gboolean push_task(HthSyncService *self, HthTask task, gpointer data, GDestroyNotify destroy)
{
    return !atomic_load(&self->is_stopping) &&
           hth_task_queue_push(self->parts->tasks, task, data, destroy);
}

static void prepare(gpointer data)
{
    HthSyncService *self = data;
    hth_sync_home_prepare(self->home);
    atomic_store(&self->is_preparing, FALSE);
}

static void start_prepare(HthSyncService *self)
{
    if (!atomic_exchange(&self->is_preparing, TRUE) && !push_task(self, prepare, self, NULL))
        atomic_store(&self->is_preparing, FALSE); /* with the next change, then */
}

static gboolean on_wake(gpointer data)
{
    HthSyncService *self = data;
    self->wake_source = 0;
    self->woken_us = g_get_monotonic_time();
    atomic_store(&self->is_wake_posted, FALSE);
    const gboolean is_prepare_wanted = atomic_exchange(&self->is_prepare_wanted, FALSE);
    if (!atomic_exchange(&self->has_changed, FALSE)) {
        hth_sync_home_wake_waiting(self->home);
        if (is_prepare_wanted)
            start_prepare(self);
        return G_SOURCE_REMOVE;
    }
    hth_sync_home_wake(self->home);
    start_prepare(self);
    return G_SOURCE_REMOVE;
}

static void schedule_wake(gpointer data)
{
    HthSyncService *self = data;
    if (self->wake_source != 0 || atomic_load(&self->is_stopping))
        return;
    const gint64 since_ms = (g_get_monotonic_time() - self->woken_us) / 1000;
    const guint wait_ms = since_ms < WAKE_EVERY_MS ? (guint)(WAKE_EVERY_MS - since_ms) : 0;
    self->wake_source = g_timeout_add(MAX(wait_ms, WAKE_AFTER_MS), on_wake, self);
}

/* Any thread. */
static void post_wake(HthSyncService *self)
{
    if (!atomic_exchange(&self->is_wake_posted, TRUE))
        hth_host_post(self->parts->host, schedule_wake, self, NULL);
}

static void on_library_changed(const HthLibraryChange *change, gpointer data)
{
    atomic_store(&((HthSyncService *)data)->has_changed, TRUE);
    post_wake(data);
}

typedef struct {
    HthSyncService *part;
    char *device;
} Wiped;

static void wiped_free(gpointer data)
{
    g_free(((Wiped *)data)->device);
    g_free(data);
}

/* It is revoked from now on. */
static void note_wiped(gpointer data)
{
    const Wiped *wiped = data;
    HthKeyId id;
    g_autoptr(GError) error = NULL;
    if (hth_key_id_from_text(wiped->device, &id) &&
        !hth_pairing_wiped(wiped->part->parts->pairing, &id, &error))
        hth_log_warning("a device has wiped itself, and is not marked so: %s", error->message);
}

void hth_sync_part_prepare(HthSyncService *self)
{
    atomic_store(&self->is_prepare_wanted, TRUE);
    post_wake(self);
}

static void notify(gpointer data, const char *device, const char *event)
{
    HthSyncService *self = data;
    if (strcmp(event, "wiped") != 0) {
        hth_sync_events_send(self->events, device, event);
        return;
    }
    Wiped *wiped = g_new(Wiped, 1);
    *wiped = (Wiped){ self, g_strdup(device) };
    if (!push_task(self, note_wiped, wiped, wiped_free))
        wiped_free(wiped); /* it comes again */
}

static guint32 away_revision(gpointer data, const char *device, guint32 known)
{
    HthSyncService *self = data;
    return hth_locker_part_revision(self->parts->locker, device, known);
}

/* ---- The feed's callbacks (main thread) ---- */

typedef struct {
    HthSyncService *part;
    guint64 item, revision;
    char *rendition;
    GBytes *layout;
} LaidOut;

static void laid_out_free(gpointer data)
{
    LaidOut *laid_out = data;
    g_free(laid_out->rendition);
    g_bytes_unref(laid_out->layout);
    g_free(laid_out);
}

/* The essence of an original, for its renditions. */
static void learn(const LaidOut *laid_out)
{
    if (strcmp(laid_out->rendition, HTH_SYNC_ORIGINAL) != 0)
        return;
    g_autoptr(HthLayout) layout = hth_layout_decode(laid_out->layout, NULL);
    hth_rendition_view_learn(laid_out->part->renditions, laid_out->item, laid_out->revision,
                             layout);
    atomic_store(&laid_out->part->has_learnt, TRUE);
}

static void keep_layout(gpointer data)
{
    const LaidOut *laid_out = data;
    g_autoptr(GError) error = NULL;
    learn(laid_out);
    if (!hth_sync_home_put_layout(laid_out->part->home, laid_out->item, laid_out->rendition,
                                  laid_out->revision, laid_out->layout, &error))
        hth_log_warning("a layout is not kept, and will be made again: %s", error->message);
    post_wake(laid_out->part);
}

static void on_laid_out(guint64 item, const char *rendition, guint64 revision, GBytes *layout,
                        gpointer data)
{
    LaidOut *laid_out = g_new(LaidOut, 1);
    *laid_out = (LaidOut){ data, item, revision, g_strdup(rendition), g_bytes_ref(layout) };
    if (!push_task(data, keep_layout, laid_out, laid_out_free))
        laid_out_free(laid_out); /* it is missing still, and will be found so */
}

static void on_refused(guint64 item, const char *rendition, guint64 revision, gpointer data)
{
    HthSyncService *self = data;
    if (strcmp(rendition, HTH_SYNC_ORIGINAL) != 0)
        return;
    hth_rendition_view_learn(self->renditions, item, revision, NULL);
    atomic_store(&self->has_learnt, TRUE);
    post_wake(self);
}

static int open_rendition(guint64 item, const char *rendition, HthMediaFormat *out_format,
                          guint64 *out_revision, gpointer data, GError **error)
{
    HthSyncService *self = data;
    return hth_rendition_view_open(self->renditions, item, rendition, out_format, out_revision,
                                   error);
}

static void on_ready(gpointer data)
{
    post_wake(data);
}

static void want_layout(guint64 item, const char *rendition, guint64 revision, gpointer data)
{
    HthSyncService *self = data;
    g_autoptr(GBytes) layout = NULL;
    (void)hth_layout_feed_layout(self->feed, item, rendition, revision, &layout, NULL);
}

static void find_missing(gpointer data)
{
    HthSyncService *self = data;
    if (atomic_exchange(&self->has_learnt, FALSE))
        hth_sync_part_prepare(self);
    atomic_store(&self->n_missing,
                 hth_sync_home_missing_layouts(self->home, MISSING_AT_ONCE, want_layout, self));
}

static void on_idle(gpointer data)
{
    (void)push_task(data, find_missing, data, NULL); /* or at the next change */
}

/* ---- Conversions (main thread) ---- */

/* Nothing waits any more: devices that are away may need the next ones. */
static void prepare_when_done(HthSyncService *self)
{
    g_auto(HthRenditionsStatus) status = { 0 };
    hth_renditions_status(self->parts->renditions, &status);
    if (status.n_waiting == 0)
        hth_sync_part_prepare(self);
}

/* The layout of what was made, while its bytes are here: it outlives them. What failed is asked for
 * again when a device comes, and not at once. */
static void on_converted(const char *item_id, const char *profile, const GError *error,
                         gpointer data)
{
    HthSyncService *self = data;
    guint64 item;
    if (error != NULL || !hth_text_id_decode(item_id, &item))
        return;
    const HthRenditionWish wish = { .item_id = item_id, .profile = profile, .is_lookup = TRUE };
    g_auto(HthRendition) made = HTH_RENDITION_INIT;
    if (hth_renditions_request(self->parts->renditions, &wish, &made, NULL) &&
        made.state == HTH_RENDITION_READY)
        want_layout(item, profile, made.revision, self);
    post_wake(self);
    prepare_when_done(self);
}

void hth_sync_part_use_renditions(HthParts *parts)
{
    if (parts->renditions == NULL)
        return;
    hth_renditions_set_done(parts->renditions, on_converted, parts->sync);
    hth_sync_part_prepare(parts->sync);
}

/* ---- Devices ---- */

/* What the household calls the device. */
static char *device_name(const char *device, gpointer data)
{
    HthParts *parts = data;
    HthKeyId id;
    g_autoptr(HthPairedDevice) paired =
        hth_key_id_from_text(device, &id) ? hth_pairing_find_key(parts->pairing, &id) : NULL;
    return g_strdup(paired != NULL ? paired->name : device);
}

static void log_problem(const GError *error)
{
    if (error != NULL)
        hth_log_warning("a device's sync state: %s", error->message);
}

static void on_pairing(HthPairingEvent event, const HthPairedDevice *device, gpointer data)
{
    HthSyncService *self = data;
    g_autoptr(GError) error = NULL;
    if (device == NULL)
        return;
    g_autofree char *id = hth_key_id_to_text(&device->id);
    if (event == HTH_PAIRING_REVOKED) {
        if (device->state == HTH_PAIRED_WIPING)
            (void)hth_sync_home_wipe(self->home, id, &error);
    } else if (event == HTH_PAIRING_FORGOTTEN || event == HTH_PAIRING_WIPED ||
               event == HTH_PAIRING_PAIRED) {
        /* Paired anew: whatever is on it is told by its manifest. Its rule stays with the key. */
        if (event != HTH_PAIRING_PAIRED || hth_sync_home_is_wiping(self->home, id))
            (void)hth_sync_home_forget(self->home, id, &error);
    }
    log_problem(error);
}

/* ---- Open and close ---- */

static void make_feed(HthSyncService *self)
{
    g_autofree char *worker = hth_install_program("hearth-worker");
    const HthLayoutFeedOptions options = {
        .library = self->parts->library,
        .worker_program = worker,
        .open_rendition = open_rendition,
        .laid_out = on_laid_out,
        .refused = on_refused,
        .ready = on_ready,
        .idle = on_idle,
        .data = self,
    };
    self->feed = hth_layout_feed_new(&options);
}

static gboolean open_home(HthSyncService *self, GError **error)
{
    HthParts *parts = self->parts;
    g_autofree char *uploads = g_build_filename(parts->paths->cache_dir, "uploads", NULL);
    g_autofree char *folder = hth_settings_string(parts->settings, "sync", "uploads");
    g_autofree char *path = hth_library_state_path(parts->library);
    self->uploads = hth_uploads_new(uploads, folder, device_name, parts);
    make_feed(self);
    self->renditions = hth_rendition_view_new(parts, self->feed);
    const HthLibraryViewOptions view = { .library = parts->library,
                                         .feed = self->feed,
                                         .uploads = self->uploads,
                                         .renditions = self->renditions,
                                         .notify = notify,
                                         .away_revision = away_revision,
                                         .notify_data = self };
    self->view = hth_library_view_new(&view);
    self->home = hth_sync_home_new(path, hth_state_migrations, hth_n_state_migrations,
                                   hth_library_view_vtable(self->view), error);
    return self->home != NULL;
}

gboolean hth_sync_part_open(HthParts *parts, GError **error)
{
    HthSyncService *self = g_new0(HthSyncService, 1);
    self->parts = parts;
    self->events = hth_sync_events_new();
    self->progress = hth_sync_progress_new();
    parts->sync = self;
    if (!open_home(self, error))
        return FALSE;
    hth_pairing_add_watch(parts->pairing, on_pairing, self);
    self->watch = hth_library_add_watch(parts->library, on_library_changed, self);
    return TRUE;
}

void hth_sync_part_stop(HthParts *parts)
{
    HthSyncService *self = parts->sync;
    if (self == NULL)
        return;
    atomic_store(&self->is_stopping, TRUE);
    if (self->watch != 0)
        hth_library_remove_watch(parts->library, self->watch);
    self->watch = 0;
    if (parts->renditions != NULL)
        hth_renditions_set_done(parts->renditions, NULL, NULL);
    g_clear_handle_id(&self->wake_source, g_source_remove);
}

void hth_sync_part_close(HthParts *parts)
{
    HthSyncService *self = parts->sync;
    if (self == NULL)
        return;
    hth_sync_part_stop(parts);
    hth_layout_feed_free(self->feed);
    hth_sync_home_free(self->home);
    hth_library_view_free(self->view);
    hth_rendition_view_free(self->renditions);
    hth_uploads_free(self->uploads);
    hth_sync_events_free(self->events);
    hth_sync_progress_free(self->progress);
    g_free(self);
    parts->sync = NULL;
}
