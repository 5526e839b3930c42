/* SPDX-License-Identifier: GPL-3.0-or-later */
#define HTH_LOG_TOPIC "sync"
#include "sync/sync-home.h"

#include <string.h>

#include "base/error.h"
#include "base/log.h"
#include "media/layout.h"
#include "sync/home-private.h"
#include "sync/sync-env.h"

#define EPOCH_KEY         "epoch"
#define STREAM_SECRET_KEY "stream-secret"

/* A rule may look at the time: what was settled is looked at again after so long. */
#define SETTLED_MS (60 * 60 * 1000)

/* When a device was last seen is written down so often, at most. */
#define SEEN_EVERY_MS (10 * 60 * 1000)

/* What no device needs any more is dropped every so many exchanges that changed something. */
#define SWEEP_EVERY 64

guint64 hth_sync_revision(guint64 inode, gint64 size_bytes, gint64 mtime_ns, gint64 ctime_ns)
{
    const guint64 words[] = { inode, (guint64)size_bytes, (guint64)mtime_ns, (guint64)ctime_ns };
    HthDigest digest;
    hth_digest_of(words, sizeof words, &digest);
    guint64 revision;
    memcpy(&revision, digest.bytes, sizeof revision);
    return revision != 0 ? revision : 1;
}

/* ---- New and free ---- */

static void peer_free(gpointer data)
{
    HthSyncPeer *peer = data;
    g_mutex_clear(&peer->lock);
    g_hash_table_unref(peer->asked);
    hth_sync_peer_drop_rest(peer);
    g_free(peer);
}

HthSyncPeer *hth_sync_home_peer(HthSyncHome *self, const char *device)
{
    g_mutex_lock(&self->lock);
    HthSyncPeer *peer = g_hash_table_lookup(self->peers, device);
    if (peer == NULL) {
        peer = g_new0(HthSyncPeer, 1);
        g_mutex_init(&peer->lock);
        peer->asked = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL);
        g_hash_table_insert(self->peers, g_strdup(device), peer);
    }
    g_mutex_unlock(&self->lock);
    return peer;
}

gboolean hth_sync_home_renew_epoch(HthSyncHome *self, GError **error)
{
    self->library->random(self->library->data, self->epoch, sizeof self->epoch);
    return hth_sync_store_save(self->store, EPOCH_KEY, self->epoch, sizeof self->epoch, error);
}

/* Made once: tokens in playlists stay as they are. */
static gboolean load_stream_secret(HthSyncHome *self, GError **error)
{
    g_autoptr(GBytes) secret = hth_sync_store_load(self->store, STREAM_SECRET_KEY);
    if (secret != NULL && g_bytes_get_size(secret) == sizeof self->stream_secret) {
        memcpy(self->stream_secret, g_bytes_get_data(secret, NULL), sizeof self->stream_secret);
        return TRUE;
    }
    self->library->random(self->library->data, self->stream_secret, sizeof self->stream_secret);
    return hth_sync_store_save(self->store, STREAM_SECRET_KEY, self->stream_secret,
                               sizeof self->stream_secret, error);
}

static gboolean load_epoch(HthSyncHome *self, GError **error)
{
    if (!hth_sync_store_begin(self->store, error))
        return FALSE;
    gboolean is_good = TRUE;
    g_autoptr(GBytes) epoch = hth_sync_store_load(self->store, EPOCH_KEY);
    if (epoch != NULL && g_bytes_get_size(epoch) == sizeof self->epoch)
        memcpy(self->epoch, g_bytes_get_data(epoch, NULL), sizeof self->epoch);
    else
        is_good = hth_sync_home_renew_epoch(self, error);
    is_good = is_good && load_stream_secret(self, error);
    hth_sync_home_load_plays(self);
    return hth_sync_store_end(self->store, is_good, error);
}

HthSyncHome *hth_sync_home_new(const char *path, const char *const *migrations, guint n_migrations,
                               const HthSyncLibrary *library, GError **error)
{
    HthSyncStore *store = hth_sync_store_open(path, migrations, n_migrations, error);
    if (store == NULL)
        return NULL;
    HthSyncHome *self = g_new0(HthSyncHome, 1);
    self->store = store;
    self->library = library;
    hth_sync_store_set_turn(store, library->take_turn, library->give_turn, library->data);
    g_mutex_init(&self->lock);
    g_mutex_init(&self->telling);
    self->peers = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, peer_free);
    if (load_epoch(self, error)) {
        hth_sync_home_tell_library(self); /* what a crash kept from it */
        return self;
    }
    hth_sync_home_free(self);
    return NULL;
}

void hth_sync_home_free(HthSyncHome *self)
{
    if (self == NULL)
        return;
    hth_sync_store_free(self->store);
    g_hash_table_unref(self->peers);
    g_mutex_clear(&self->lock);
    g_mutex_clear(&self->telling);
    g_free(self);
}

/* ---- POST /sync ---- */

void hth_sync_home_tell(HthSyncHome *self, const char *device, const char *event)
{
    if (self->library->notify != NULL)
        self->library->notify(self->library->data, device, event);
}

/* All that is new in it is where it is, how full it is, and what it asks for. */
static gboolean says_nothing(const HthSyncRequest *request)
{
    return request->results->len == 0 && request->absent->len == 0 && request->plays->len == 0 &&
           (request->says & HTH_SYNC_SAYS_ALL_PLAYS) == 0;
}

static gboolean is_believed(const HthSyncHome *self, const HthSyncDeviceRow *row,
                            const HthSyncRequest *request)
{
    if ((self->library->faults & HTH_SYNC_FAULT_RESULT_TRUSTED) != 0)
        return TRUE;
    return row->n_files == request->n_files &&
           hth_digest_equal(&row->digest.sum, &request->set_digest) &&
           (row->flags & HTH_SYNC_DEVICE_NEEDS_MANIFEST) == 0;
}

/* Nothing changed on either side since there was nothing to do: known without a plan. */
static gboolean is_settled(HthSyncHome *self, const HthSyncPeer *peer, const HthSyncDeviceRow *row,
                           const HthSyncRequest *request, gint64 now_ms, guint64 play_counter)
{
    return peer->is_settled && says_nothing(request) && row->flags == 0 &&
           request->plays_seen == play_counter && row->rule_sequence == peer->settled_rule &&
           request->free_bytes <= peer->settled_free_bytes &&
           self->library->sequence(self->library->data) == peer->settled_library &&
           ABS(now_ms - peer->settled_ms) < SETTLED_MS &&
           memcmp(row->epoch, request->device_epoch, sizeof row->epoch) == 0 &&
           memcmp(self->epoch, request->home_epoch, sizeof self->epoch) == 0 &&
           request->sequence < row->next_sequence && request->sequence >= row->confirmed_sequence &&
           row->play_port == request->play_port && row->says == request->says &&
           row->n_held_back == request->n_held_back && is_believed(self, row, request) &&
           ABS(now_ms - row->last_seen_ms) < SEEN_EVERY_MS;
}

/* Whether the device is to ask GET /away: one that knows nothing of it is left alone. */
static gboolean is_away_news(HthSyncHome *self, const char *device, const HthSyncRequest *request)
{
    const HthSyncLibrary *library = self->library;
    return (request->says & HTH_SYNC_SAYS_AWAY) != 0 && library->away_revision != NULL &&
           library->away_revision(library->data, device, request->away_revision) !=
               request->away_revision;
}

static gboolean save_contact(HthSyncHome *self, HthSyncDeviceRow *row, GError **error)
{
    if (!hth_sync_store_save_device(self->store, row, error))
        return FALSE;
    return ++self->n_exchanges % SWEEP_EVERY != 0 || hth_sync_store_sweep(self->store, error);
}

static gboolean book(HthSyncHome *self, HthSyncDeviceRow *row, const HthSyncRequest *request,
                     HthSyncContact *contact, gint64 now_ms, GError **error)
{
    if (!hth_sync_store_begin(self->store, error))
        return FALSE;
    gboolean is_good = hth_sync_home_book(self, row, request, contact, error);
    if (ABS(now_ms - row->last_seen_ms) >= SEEN_EVERY_MS) {
        row->last_seen_ms = now_ms;
        contact->is_changed = TRUE;
    }
    is_good = is_good && (!contact->is_changed || save_contact(self, row, error));
    return hth_sync_store_end(self->store, is_good, error);
}

/* Their layouts are made by and by, so that a later change can be described. */
static void ask_for_layouts(HthSyncHome *self, GArray *layouts)
{
    const HthSyncLibrary *library = self->library;
    for (guint i = 0; i < layouts->len; i++) {
        const HthSyncMissing *each = &g_array_index(layouts, HthSyncMissing, i);
        g_autoptr(GBytes) layout = NULL;
        g_autoptr(GError) error = NULL;
        if (library->layout(library->data, each->item, each->rendition, each->revision, &layout,
                            &error) == HTH_SYNC_READY &&
            !hth_sync_home_put_layout(self, each->item, each->rendition, each->revision, layout,
                                      &error))
            hth_log_debug("a layout is not kept: %s", error->message);
    }
}

static void missing_clear(gpointer data)
{
    g_free(((HthSyncMissing *)data)->rendition);
}

static GBytes *seal_answer(HthSyncAnswer *answer, const HthSyncRequest *request, guint *out_status)
{
    const gboolean is_empty =
        says_nothing(request) && answer->operations->len == 0 && answer->plays->len == 0 &&
        answer->demands == 0 && answer->rest_operations == 0 &&
        memcmp(answer->home_epoch, request->home_epoch, sizeof answer->home_epoch) == 0;
    *out_status = is_empty ? 204 : 200;
    return is_empty ? NULL : hth_sync_answer_encode(answer);
}

static gboolean fill_answer(HthSyncHome *self, HthSyncPeer *peer, HthSyncDeviceRow *row,
                            const HthSyncRequest *request, const HthSyncContact *contact,
                            HthSyncAnswer *answer, GError **error)
{
    memcpy(answer->home_epoch, self->epoch, sizeof answer->home_epoch);
    answer->confirmed_sequence = contact->confirmed_sequence;
    answer->confirmed_play = contact->confirmed_play;
    answer->confirmed_absent = contact->confirmed_absent;
    answer->plays_until = request->plays_seen;
    answer->demands = contact->demands;
    if ((row->flags & HTH_SYNC_DEVICE_CONFIRM_ABSENT) != 0)
        answer->demands |= HTH_SYNC_CONFIRM_ABSENT;
    if (contact->demands != 0)
        return TRUE; /* first who it is */
    if (!is_believed(self, row, request)) {
        answer->demands |= HTH_SYNC_SEND_MANIFEST;
        return TRUE;
    }
    hth_sync_home_add_plays(self, row->id, request, answer);
    return hth_sync_home_plan(self, peer, row, request, answer, error);
}

static GBytes *answer_known(HthSyncHome *self, HthSyncPeer *peer, HthSyncDeviceRow *row,
                            const HthSyncRequest *request, gint64 now_ms, guint *out_status,
                            GError **error)
{
    g_autoptr(GArray) layouts = g_array_new(FALSE, FALSE, sizeof(HthSyncMissing));
    g_array_set_clear_func(layouts, missing_clear);
    HthSyncContact contact = { .layouts = layouts };
    if (!book(self, row, request, &contact, now_ms, error))
        return NULL;
    if (contact.has_refusals || !contact.are_results_good)
        hth_sync_peer_drop_rest(peer);
    ask_for_layouts(self, layouts);
    if (contact.has_plays)
        hth_sync_home_tell_library(self);
    g_autoptr(HthSyncAnswer) answer = hth_sync_answer_new();
    if (!fill_answer(self, peer, row, request, &contact, answer, error))
        return NULL;
    if (is_away_news(self, row->id, request))
        answer->demands |= HTH_SYNC_AWAY;
    return seal_answer(answer, request, out_status);
}

static GBytes *answer_wipe(HthSyncHome *self, const char *device, const HthSyncRequest *request,
                           guint *out_status)
{
    g_autoptr(HthSyncAnswer) answer = hth_sync_answer_new();
    memcpy(answer->home_epoch, self->epoch, sizeof answer->home_epoch);
    answer->demands = HTH_SYNC_WIPE;
    *out_status = 200;
    if ((request->says & HTH_SYNC_SAYS_HAS_VOLUME) != 0 && request->n_files == 0)
        hth_sync_home_tell(self, device,
                           "wiped"); /* it has nothing of ours any more, and is told once more */
    return hth_sync_answer_encode(answer);
}

static GBytes *exchange_sync(HthSyncHome *self, HthSyncPeer *peer, const char *device, GBytes *body,
                             guint *out_status, GError **error)
{
    g_autoptr(HthSyncRequest) request = hth_sync_request_decode(body, error);
    if (request == NULL)
        return NULL;
    const gint64 now_ms = self->library->wall_ms(self->library->data);
    g_auto(HthSyncDeviceRow) row = { 0 };
    hth_sync_store_lock(self->store);
    (void)hth_sync_store_device(self->store, device, &row); /* one not known yet wants nothing */
    const guint64 play_counter = self->play_counter;
    hth_sync_store_unlock(self->store);
    peer->last_seen_ms = now_ms;
    *out_status = 204;
    if ((row.flags & HTH_SYNC_DEVICE_WIPE) != 0)
        return answer_wipe(self, device, request, out_status);
    if ((request->says & HTH_SYNC_SAYS_HAS_VOLUME) == 0) {
        peer->is_away = TRUE;
        return NULL;
    }
    peer->is_away = FALSE;
    if (is_settled(self, peer, &row, request, now_ms, play_counter) &&
        !is_away_news(self, device, request))
        return NULL;
    return answer_known(self, peer, &row, request, now_ms, out_status, error);
}

/* ---- The other routes ---- */

static GBytes *exchange_manifest(HthSyncHome *self, HthSyncPeer *peer, const char *device,
                                 GBytes *body, guint *out_status, GError **error)
{
    g_autoptr(HthSyncManifestPage) page = hth_sync_manifest_page_decode(body, error);
    if (page == NULL)
        return NULL;
    g_auto(HthSyncDeviceRow) row = { 0 };
    if (!hth_sync_store_begin(self->store, error))
        return NULL;
    const gboolean is_known = hth_sync_store_device(self->store, device, &row);
    const gboolean is_good = !is_known || hth_sync_home_book_page(self, &row, page, error);
    if (hth_sync_store_end(self->store, is_good, error))
        *out_status = 204;
    peer->is_settled = FALSE;
    hth_sync_peer_drop_rest(peer);
    return NULL;
}

/* Taken only when it was asked for and is of the file that the device is known to hold: it goes
 * into recipes for that file. */
static GBytes *exchange_layout(HthSyncHome *self, HthSyncPeer *peer, const char *device,
                               GBytes *body, guint *out_status, GError **error)
{
    g_autoptr(HthSyncLayout) message = hth_sync_layout_decode(body, error);
    g_autoptr(HthLayout) layout =
        message != NULL ? hth_layout_decode(message->layout, error) : NULL;
    if (layout == NULL)
        return NULL;
    g_auto(HthSyncHeldRow) held = { 0 };
    if (!hth_sync_store_begin(self->store, error))
        return NULL;
    gboolean is_good = TRUE;
    if (g_hash_table_contains(peer->asked, &message->item) &&
        hth_sync_store_find_held(self->store, device, message->item, &held) &&
        hth_digest_equal(&held.held.hash, &message->hash) &&
        hth_digest_equal(&layout->file_digest, &message->hash))
        is_good = hth_sync_store_put_layout(self->store, &message->hash, message->layout, error);
    if (hth_sync_store_end(self->store, is_good, error))
        *out_status = 204;
    return NULL;
}

static GBytes *exchange_upload(HthSyncHome *self, HthSyncPeer *peer, const char *device,
                               GBytes *body, guint *out_status, GError **error)
{
    g_autoptr(HthSyncUpload) upload = hth_sync_upload_decode(body, error);
    if (upload == NULL)
        return NULL;
    g_autoptr(HthSyncUploadAnswer) answer = hth_sync_upload_answer_new();
    g_autoptr(GError) refusal = NULL;
    if (self->library->upload == NULL ||
        !self->library->upload(self->library->data, device, upload, answer, &refusal)) {
        answer->status = g_error_matches(refusal, G_FILE_ERROR, G_FILE_ERROR_NOSPC)
                             ? HTH_SYNC_NO_SPACE
                             : HTH_SYNC_FAILED;
        g_free(answer->sentence);
        answer->sentence =
            g_strdup(refusal != NULL ? refusal->message : "this home takes nothing from devices");
    }
    *out_status = 200;
    return hth_sync_upload_answer_encode(answer);
}

typedef GBytes *(*Route)(HthSyncHome *self, HthSyncPeer *peer, const char *device, GBytes *body,
                         guint *out_status, GError **error);

static guint status_of(const GError *error)
{
    static const struct {
        HthError code;
        guint status;
    } rows[] = { { HTH_ERROR_CORRUPT, 400 },     { HTH_ERROR_INVALID, 400 },
                 { HTH_ERROR_NEWER, 400 },       { HTH_ERROR_TOO_LARGE, 413 },
                 { HTH_ERROR_REFUSED, 403 },     { HTH_ERROR_NOT_FOUND, 404 },
                 { HTH_ERROR_UNAVAILABLE, 503 }, { HTH_ERROR_BUSY, 503 } };
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        if (g_error_matches(error, HTH_ERROR, (int)rows[i].code))
            return rows[i].status;
    }
    return 500;
}

GBytes *hth_sync_home_exchange(HthSyncHome *self, const char *device, const char *route,
                               GBytes *body, guint *out_status, GError **error)
{
    static const struct {
        const char *path;
        Route route;
    } routes[] = { { HTH_SYNC_ROUTE_SYNC, exchange_sync },
                   { HTH_SYNC_ROUTE_MANIFEST, exchange_manifest },
                   { HTH_SYNC_ROUTE_LAYOUT, exchange_layout },
                   { HTH_SYNC_ROUTE_UPLOAD, exchange_upload } };
    for (guint i = 0; i < G_N_ELEMENTS(routes); i++) {
        if (strcmp(route, routes[i].path) != 0)
            continue;
        g_autoptr(GError) failure = NULL;
        HthSyncPeer *peer = hth_sync_home_peer(self, device);
        g_mutex_lock(&peer->lock);
        GBytes *answer = routes[i].route(self, peer, device, body, out_status, &failure);
        g_mutex_unlock(&peer->lock);
        if (failure == NULL)
            return answer;
        *out_status = status_of(failure);
        g_propagate_error(error, g_steal_pointer(&failure));
        return NULL;
    }
    *out_status = 404;
    g_set_error(error, HTH_ERROR, HTH_ERROR_NOT_FOUND, "there is no %s", route);
    return NULL;
}

/* ---- Layouts ---- */

gboolean hth_sync_home_put_layout(HthSyncHome *self, guint64 item, const char *rendition,
                                  guint64 revision, GBytes *layout, GError **error)
{
    g_autoptr(HthLayout) decoded = hth_layout_decode(layout, error);
    if (decoded == NULL || !hth_sync_store_begin(self->store, error))
        return FALSE;
    const HthSyncFileRow file = { item, revision, decoded->file_digest };
    const gboolean is_good =
        hth_sync_store_put_layout(self->store, &decoded->file_digest, layout, error) &&
        hth_sync_store_put_file(self->store, &file, rendition, error);
    return hth_sync_store_end(self->store, is_good, error);
}

guint hth_sync_home_missing_layouts(HthSyncHome *self, guint max, HthSyncMissingFound found,
                                    gpointer data)
{
    hth_sync_store_lock(self->store);
    g_autoptr(GArray) missing = hth_sync_store_missing(self->store, max);
    const guint n = hth_sync_store_n_missing(self->store);
    hth_sync_store_unlock(self->store);
    for (guint i = 0; i < missing->len; i++) {
        const HthSyncMissing *each = &g_array_index(missing, HthSyncMissing, i);
        found(each->item, each->rendition, each->revision, data);
    }
    return n;
}
