/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From the rule to the next operations of a device. */
#define HTH_LOG_TOPIC "sync"
#include <string.h>

#include "base/log.h"
#include "media/layout.h"
#include "sync/home-private.h"

/* Recipes that one request may have made: the others wait for the next. */
#define RECIPES_MAX 2048

/* A device is asked so often for a layout; then the file is sent whole. */
#define ASKS_MAX 2

/* A failure is not tried again after so many times, until something about it changes or for so
 * long. */
#define FAILURES_MAX 3
#define FAILURE_MS   (12 * 60 * 60 * 1000)

void hth_sync_picture_free(HthSyncPicture *self)
{
    if (self == NULL)
        return;
    hth_sync_rule_free(self->rule);
    hth_sync_rule_free(self->smaller);
    g_clear_pointer(&self->held, g_array_unref);
    for (guint i = 0; i < G_N_ELEMENTS(self->files); i++)
        g_clear_pointer(&self->files[i], g_array_unref);
    g_clear_pointer(&self->failures, g_array_unref);
    hth_sync_wants_free(self->wants);
    g_clear_pointer(&self->wanted, g_array_unref);
    g_clear_pointer(&self->bare_held, g_array_unref);
    hth_sync_plan_free(self->plan);
    g_clear_pointer(&self->ask_layouts, g_array_unref);
    g_free(self);
}

/* ---- What is known of each file ---- */

/* Of which list in the picture the want's file is. */
static guint slot_of(const HthSyncRule *rule, const char *rendition)
{
    for (guint i = 0; i < HTH_SYNC_N_RENDITIONS; i++) {
        if (rule->renditions[i] != NULL && strcmp(rule->renditions[i], rendition) == 0)
            return i + 1;
    }
    return 0;
}

/* Both are sorted by item; @at goes along. */
static const HthSyncFileRow *file_of(const GArray *files, guint *at, const HthSyncWant *want)
{
    while (*at < files->len && g_array_index(files, HthSyncFileRow, *at).item < want->id)
        (*at)++;
    if (*at == files->len)
        return NULL;
    const HthSyncFileRow *file = &g_array_index(files, HthSyncFileRow, *at);
    return file->item == want->id && file->revision == want->revision ? file : NULL;
}

static const HthSyncFailure *failure_of(const GArray *failures, guint *at, guint64 item)
{
    while (*at < failures->len && g_array_index(failures, HthSyncFailure, *at).item < item)
        (*at)++;
    if (*at == failures->len)
        return NULL;
    const HthSyncFailure *failure = &g_array_index(failures, HthSyncFailure, *at);
    return failure->item == item ? failure : NULL;
}

/* A card that was bad yesterday may be another one today, and a clock that went back must not hold
 * a file off for years. */
static gboolean is_long_ago(const HthSyncFailure *failure, gint64 now_ms)
{
    return now_ms < failure->at_ms || now_ms - failure->at_ms >= FAILURE_MS;
}

gboolean hth_sync_failure_blocks(const HthSyncFailure *failure, const HthSyncWant *want,
                                 gint64 free_bytes, gint64 now_ms)
{
    if (failure == NULL || failure->n < FAILURES_MAX || failure->revision != want->revision ||
        is_long_ago(failure, now_ms))
        return FALSE;
    if (failure->status == HTH_SYNC_NO_SPACE)
        return free_bytes >= 0 && free_bytes <= failure->free_bytes;
    return g_strcmp0(failure->path, want->path) == 0;
}

/* ---- Recipes ---- */

typedef struct {
    HthSyncHome *home;
    HthSyncPeer *peer; /* NULL: a preview */
    HthSyncPicture *picture;
    const HthSyncDeviceRow *row;
    gboolean is_here;
    guint n_asked;
} Planner;

static void ask_device(Planner *self, HthSyncWanted *wanted)
{
    const guint n = GPOINTER_TO_UINT(g_hash_table_lookup(self->peer->asked, &wanted->item));
    if (n >= ASKS_MAX) {
        wanted->change = HTH_SYNC_CHANGE_PUT;
        return;
    }
    wanted->change = HTH_SYNC_CHANGE_WAIT;
    self->picture->is_pending = TRUE;
    if (self->picture->ask_layouts->len >= HTH_SYNC_MAX_LAYOUT_ITEMS)
        return;
    g_array_append_val(self->picture->ask_layouts, wanted->item);
}

/* Keeps what was made: the next device that held the same file gets it at once. */
static gboolean keep_recipe(Planner *self, HthSyncWanted *wanted, const HthDigest *old_hash,
                            GBytes *recipe, GBytes *layout, GError **error)
{
    g_autoptr(HthLayout) decoded = hth_layout_decode(layout, error);
    if (decoded == NULL)
        return FALSE;
    wanted->hash = decoded->file_digest;
    wanted->size = decoded->size_bytes;
    const HthSyncFileRow file = { wanted->item, wanted->revision, wanted->hash };
    HthSyncStore *store = self->home->store;
    if (!hth_sync_store_begin(store, error))
        return FALSE;
    const gboolean is_good =
        hth_sync_store_put_layout(store, &wanted->hash, layout, error) &&
        hth_sync_store_put_file(store, &file, wanted->rendition, error) &&
        (hth_digest_equal(old_hash, &wanted->hash) ||
         hth_sync_store_put_recipe(store, old_hash, &wanted->hash, recipe, error));
    return hth_sync_store_end(store, is_good, error);
}

static void use_recipe(HthSyncWanted *wanted, GBytes *recipe)
{
    const gsize size = g_bytes_get_size(recipe);
    wanted->change =
        size <= HTH_SYNC_RECIPE_MAX_BYTES ? HTH_SYNC_CHANGE_RETAG : HTH_SYNC_CHANGE_PUT;
    wanted->transfer_bytes = size;
}

static void make_recipe(Planner *self, HthSyncWanted *wanted, const HthDigest *old_hash,
                        GBytes *old_layout)
{
    const HthSyncLibrary *library = self->home->library;
    g_autoptr(GBytes) recipe = NULL;
    g_autoptr(GBytes) layout = NULL;
    g_autoptr(GError) error = NULL;
    HthSyncReadiness readiness = HTH_SYNC_NOT_YET;
    if (self->n_asked++ < RECIPES_MAX)
        readiness = library->recipe(library->data, wanted->item, wanted->rendition,
                                    wanted->revision, old_layout, &recipe, &layout, &error);
    if (readiness == HTH_SYNC_READY &&
        keep_recipe(self, wanted, old_hash, recipe, layout, &error)) {
        use_recipe(wanted, recipe);
        return;
    }
    if (readiness == HTH_SYNC_NOT_YET) {
        wanted->change = HTH_SYNC_CHANGE_WAIT;
        self->picture->is_pending = TRUE;
        return;
    }
    hth_log_debug("no recipe: %s", error != NULL ? error->message : "without a reason");
    wanted->change = HTH_SYNC_CHANGE_PUT;
}

/* What the file at home is, when nothing is known of it: perhaps just what the device holds. */
static void look_at_file(Planner *self, HthSyncWanted *wanted)
{
    const HthSyncLibrary *library = self->home->library;
    const char *rendition = wanted->rendition;
    g_autoptr(GBytes) layout = NULL;
    g_autoptr(GError) error = NULL;
    HthSyncReadiness readiness = HTH_SYNC_NOT_YET;
    if (self->n_asked++ < RECIPES_MAX)
        readiness = library->layout(library->data, wanted->item, rendition, wanted->revision,
                                    &layout, &error);
    g_autoptr(HthLayout) decoded =
        readiness == HTH_SYNC_READY ? hth_layout_decode(layout, &error) : NULL;
    if (decoded != NULL && hth_sync_home_put_layout(self->home, wanted->item, rendition,
                                                    wanted->revision, layout, &error))
        wanted->hash = decoded->file_digest;
    wanted->change = readiness == HTH_SYNC_NEVER ? HTH_SYNC_CHANGE_PUT : HTH_SYNC_CHANGE_WAIT;
    self->picture->is_pending = TRUE; /* what is known now is used at the next request */
}

/* A preview starts nothing, and takes what it does not know for unchanged. */
static void guess_change(HthSyncWanted *wanted, const HthSyncHeldRow *held)
{
    if (held->revision == 0 && hth_digest_is_zero(&wanted->hash))
        wanted->hash = held->held.hash;
    wanted->change = HTH_SYNC_CHANGE_RETAG;
}

/* The file at home is not the one that the device holds, or is not known to be. */
static void plan_change(Planner *self, HthSyncWanted *wanted, const HthSyncHeldRow *held)
{
    if (self->peer == NULL) {
        guess_change(wanted, held);
        return;
    }
    HthSyncStore *store = self->home->store;
    hth_sync_store_lock(store);
    g_autoptr(GBytes) recipe = hth_digest_is_zero(&wanted->hash)
                                   ? NULL
                                   : hth_sync_store_recipe(store, &held->held.hash, &wanted->hash);
    g_autoptr(GBytes) layout =
        recipe == NULL ? hth_sync_store_layout(store, &held->held.hash) : NULL;
    hth_sync_store_unlock(store);
    if (recipe != NULL)
        use_recipe(wanted, recipe);
    else if (layout != NULL)
        make_recipe(self, wanted, &held->held.hash, layout);
    else if (hth_digest_is_zero(&wanted->hash))
        look_at_file(self, wanted);
    else
        ask_device(self, wanted);
}

/* ---- Wanted files as the plan takes them ---- */

static gboolean is_of_rendition(const HthSyncWanted *wanted, const HthSyncHeldRow *held)
{
    return *held->rendition == '\0' || strcmp(held->rendition, wanted->rendition) == 0;
}

static void set_playlist(HthSyncWanted *wanted, const HthSyncWant *want)
{
    gsize size = 0;
    gconstpointer bytes = g_bytes_get_data(want->content, &size);
    hth_digest_of(bytes, size, &wanted->hash);
    wanted->is_playlist = TRUE;
}

/* Whether the device holds what it shall hold. Fills in the hash that says so. */
static gboolean is_there(Planner *self, HthSyncWanted *wanted, const HthSyncFileRow *file,
                         const HthSyncHeldRow *held)
{
    const HthSyncLibrary *library = self->home->library;
    if (file != NULL && hth_digest_equal(&file->hash, &held->held.hash))
        return TRUE;
    if (!is_of_rendition(wanted, held))
        return FALSE;
    const gboolean is_same = file == NULL && held->revision == wanted->revision;
    const gboolean is_converted = strcmp(wanted->rendition, HTH_SYNC_ORIGINAL) != 0;
    if (!is_same &&
        (!is_converted || held->revision == 0 || library->is_current == NULL ||
         !library->is_current(library->data, wanted->item, wanted->rendition, held->revision)))
        return FALSE;
    wanted->hash = held->held.hash;
    return TRUE;
}

static void set_file(Planner *self, HthSyncWanted *wanted, HthSyncWant *want,
                     const HthSyncFileRow *file, const HthSyncFailure *failure)
{
    const HthSyncHeldRow *held = hth_sync_held_find(self->picture->held, want->id);
    const gboolean is_missing = want->is_waiting || want->problem != NULL || want->is_away;
    if (file != NULL)
        wanted->hash = file->hash;
    if (held != NULL && is_there(self, wanted, file, held)) {
        want->is_waiting = FALSE;
        want->problem = NULL;
        wanted->change = want->is_away ? HTH_SYNC_CHANGE_WAIT : wanted->change;
        return;
    }
    if (is_missing || (want->is_unread && held == NULL))
        wanted->change = HTH_SYNC_CHANGE_WAIT;
    /* What could not be made out of the old file comes whole. */
    if (held == NULL || is_missing || !is_of_rendition(wanted, held) ||
        (failure != NULL && failure->status == HTH_SYNC_MISMATCH))
        return;
    plan_change(self, wanted, held);
}

/* What does not come over a thin path waits, as if it were being looked at. */
static gboolean is_held_off(const Planner *self, const HthSyncWanted *wanted)
{
    const HthSyncPicture *picture = self->picture;
    if (picture->away == HTH_SYNC_AWAY_EVERYTHING || wanted->is_playlist ||
        wanted->change != HTH_SYNC_CHANGE_PUT)
        return FALSE;
    const HthSyncHeldRow *held = hth_sync_held_find(picture->held, wanted->item);
    const gboolean is_there = held != NULL && hth_digest_equal(&held->held.hash, &wanted->hash);
    return !is_there && (picture->away != HTH_SYNC_AWAY_SMALLER ||
                         strcmp(wanted->rendition, HTH_SYNC_ORIGINAL) == 0);
}

static void fill_wanted(Planner *self, gint64 free_bytes)
{
    const HthSyncLibrary *library = self->home->library;
    const gint64 now_ms = library->wall_ms(library->data);
    HthSyncPicture *picture = self->picture;
    guint at_files[1 + HTH_SYNC_N_RENDITIONS] = { 0 }, at_failure = 0;
    for (guint i = 0; i < picture->wants->wants->len; i++) {
        HthSyncWant *want = &g_array_index(picture->wants->wants, HthSyncWant, i);
        if (want->path == NULL)
            continue;
        const guint slot =
            slot_of(picture->smaller != NULL ? picture->smaller : picture->rule, want->rendition);
        const HthSyncFailure *failure = failure_of(picture->failures, &at_failure, want->id);
        HthSyncWanted wanted = { .item = want->id,
                                 .path = want->path,
                                 .size = want->size,
                                 .revision = want->revision,
                                 .rendition = want->rendition,
                                 .priority = want->priority,
                                 .is_blocked =
                                     hth_sync_failure_blocks(failure, want, free_bytes, now_ms) };
        if (want->content != NULL)
            set_playlist(&wanted, want);
        else
            set_file(self, &wanted, want, file_of(picture->files[slot], &at_files[slot], want),
                     failure);
        if (is_held_off(self, &wanted)) {
            wanted.change = HTH_SYNC_CHANGE_WAIT;
            picture->n_held_off++;
        }
        picture->n_problems += want->problem != NULL && !wanted.is_blocked;
        g_array_append_val(picture->wanted, wanted);
    }
}

/* ---- Renditions that are not there yet ---- */

static int by_priority(gconstpointer a, gconstpointer b)
{
    const HthSyncWant *one = *(HthSyncWant *const *)a, *other = *(HthSyncWant *const *)b;
    return one->priority < other->priority ? -1 : one->priority > other->priority;
}

/* The first to be brought first, and as many as the library takes now. */
static void make_renditions(Planner *self)
{
    const HthSyncLibrary *library = self->home->library;
    GArray *wants = self->picture->wants->wants;
    g_autoptr(GPtrArray) waiting = g_ptr_array_new();
    for (guint i = 0; i < wants->len; i++) {
        HthSyncWant *want = &g_array_index(wants, HthSyncWant, i);
        if (want->is_waiting && !want->is_away && want->path != NULL)
            g_ptr_array_add(waiting, want);
    }
    self->picture->is_pending = self->picture->is_pending || waiting->len > 0;
    if (self->peer == NULL || library->make == NULL)
        return;
    g_ptr_array_sort(waiting, by_priority);
    for (guint i = 0; i < waiting->len; i++) {
        const HthSyncWant *want = waiting->pdata[i];
        if (!library->make(library->data, want->id, want->rendition, self->is_here))
            return;
    }
}

static void make_plan(HthSyncPicture *picture, gint64 free_bytes)
{
    for (guint i = 0; i < picture->held->len; i++) /* the texts stay the rows' */
        g_array_append_val(picture->bare_held,
                           g_array_index(picture->held, HthSyncHeldRow, i).held);
    const HthSyncPlanLimits limits = { .free_bytes =
                                           free_bytes < 0 ? G_MAXUINT64 : (guint64)free_bytes };
    picture->plan = hth_sync_plan(
        (const HthSyncWanted *)(void *)picture->wanted->data, picture->wanted->len,
        (const HthSyncHeld *)(void *)picture->bare_held->data, picture->bare_held->len, &limits);
}

static void load_files(HthSyncStore *store, HthSyncPicture *picture)
{
    picture->files[0] = hth_sync_store_files(store, HTH_SYNC_ORIGINAL);
    for (guint i = 0; i < HTH_SYNC_N_RENDITIONS; i++) {
        const HthSyncRule *rule = picture->smaller != NULL ? picture->smaller : picture->rule;
        const char *rendition = rule->renditions[i];
        if (rendition != NULL)
            picture->files[i + 1] = hth_sync_store_files(store, rendition);
    }
}

HthSyncPicture *hth_sync_home_picture(HthSyncHome *self, HthSyncPeer *peer, gboolean is_here,
                                      const HthSyncDeviceRow *row, const char *rule_json,
                                      GError **error)
{
    g_autoptr(HthSyncPicture) picture = g_new0(HthSyncPicture, 1);
    picture->rule = hth_sync_rule_parse(rule_json != NULL ? rule_json : row->rule, error);
    if (picture->rule == NULL)
        return NULL;
    const gboolean is_metered = peer != NULL && (row->says & HTH_SYNC_SAYS_METERED) != 0;
    picture->away = hth_sync_rule_away(picture->rule, peer != NULL && peer->is_relayed, is_metered);
    if (picture->away == HTH_SYNC_AWAY_SMALLER) {
        picture->smaller = hth_sync_rule_parse(rule_json != NULL ? rule_json : row->rule, error);
        hth_sync_rule_make_smaller(picture->smaller);
    }
    picture->wanted = g_array_new(FALSE, TRUE, sizeof(HthSyncWanted));
    picture->bare_held = g_array_new(FALSE, FALSE, sizeof(HthSyncHeld));
    picture->ask_layouts = g_array_new(FALSE, FALSE, sizeof(guint64));
    hth_sync_store_lock(self->store);
    picture->held = hth_sync_store_held(self->store, row->id);
    load_files(self->store, picture);
    picture->failures = hth_sync_store_failures(self->store, row->id);
    hth_sync_store_unlock(self->store);
    const HthSyncStreaming streaming = { row->id, row->play_port, self->stream_secret };
    const gboolean is_streaming = picture->rule->is_streaming && row->play_port != 0;
    picture->wants = hth_sync_wants_new(self->library, picture->rule, picture->smaller,
                                        is_streaming ? &streaming : NULL, picture->held, error);
    if (picture->wants == NULL)
        return NULL;
    Planner planner = {
        .home = self, .peer = peer, .picture = picture, .row = row, .is_here = is_here
    };
    fill_wanted(&planner, row->free_bytes);
    make_renditions(&planner);
    make_plan(picture, row->free_bytes);
    return g_steal_pointer(&picture);
}
