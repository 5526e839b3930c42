/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync/device-store.h"

#include <string.h>

#include "base/error.h"
#include "base/wire.h"
#include "sync/device-path.h"
#include "sync/journal.h"
#include "sync/message-parts.h"

#define JOURNAL_PATH HTH_DEVICE_OWN_DIR "/journal"

/* A journal of this length is merged into a manifest too: results and partials fill it as well. */
#define JOURNAL_MAX_BYTES (4 * 1024 * 1024)

/* A transaction is a list of these. Written on cards: new ones go to the end. */
typedef enum {
    ENTRY_STATE,
    ENTRY_TOTALS, /* in a manifest's blob only */
    ENTRY_PUT,
    ENTRY_DROP,
    ENTRY_RESULT,
    ENTRY_CONFIRM,
    ENTRY_DROP_RESULTS,
    ENTRY_INTENT,
    ENTRY_END_INTENT,
    ENTRY_PARTIAL,
} EntryKind;

struct HthDeviceStore {
    const HthSyncEnv *env;
    HthManifest *manifest; /* NULL: none was written yet */
    guint64 manifest_number;
    HthJournal *journal;
    GTree *overlay; /* &held->item: HthSyncHeld; path NULL: gone */
    HthDeviceState state;
    guint64 n_files;
    HthSyncSetDigest digest;
    GArray *results;
    GArray *intents;
    GArray *partials;
    GByteArray *staged;
    gboolean is_broken; /* a commit failed: what is in memory is not what is on the card */
};

void hth_intent_clear(HthIntent *intent)
{
    g_clear_pointer(&intent->path, g_free);
    g_clear_pointer(&intent->old_path, g_free);
    g_clear_pointer(&intent->tmp, g_free);
    g_clear_pointer(&intent->undo, g_free);
}

static void held_free(gpointer data)
{
    HthSyncHeld *held = data;
    hth_sync_held_clear(held);
    g_free(held);
}

static gint compare_items(gconstpointer a, gconstpointer b, gpointer unused)
{
    const guint64 left = *(const guint64 *)a;
    const guint64 right = *(const guint64 *)b;
    return left < right ? -1 : left > right;
}

static char *manifest_path(guint64 number)
{
    return g_strdup_printf(HTH_DEVICE_OWN_DIR "/manifest.%" G_GUINT64_FORMAT, number);
}

/* ---- Staging ---- */

static void write_held(GByteArray *to, const HthSyncHeld *held)
{
    hth_wire_write_u64(to, held->item);
    hth_wire_write_u64(to, held->size);
    hth_sync_write_hash(to, &held->hash);
    hth_wire_write_string(to, held->path);
}

void hth_device_store_put(HthDeviceStore *self, const HthSyncHeld *held)
{
    hth_wire_write_u8(self->staged, ENTRY_PUT);
    write_held(self->staged, held);
}

void hth_device_store_drop(HthDeviceStore *self, guint64 item)
{
    hth_wire_write_u8(self->staged, ENTRY_DROP);
    hth_wire_write_u64(self->staged, item);
}

static void write_result(GByteArray *to, const HthSyncResult *result)
{
    hth_wire_write_u8(to, ENTRY_RESULT);
    hth_sync_write_result(to, result);
}

void hth_device_store_add_result(HthDeviceStore *self, const HthSyncResult *result)
{
    write_result(self->staged, result);
}

void hth_device_store_confirm(HthDeviceStore *self, guint64 sequence)
{
    hth_wire_write_u8(self->staged, ENTRY_CONFIRM);
    hth_wire_write_u64(self->staged, sequence);
}

void hth_device_store_drop_results(HthDeviceStore *self)
{
    hth_wire_write_u8(self->staged, ENTRY_DROP_RESULTS);
}

static void write_state(GByteArray *to, const HthDeviceState *state)
{
    hth_wire_write_u8(to, ENTRY_STATE);
    hth_sync_write_fixed(to, state->device_epoch, sizeof state->device_epoch);
    hth_sync_write_fixed(to, state->home_epoch, sizeof state->home_epoch);
    hth_wire_write_u64(to, state->sequence);
    hth_wire_write_u64(to, state->plays_seen);
    hth_wire_write_u8(to, state->is_unsure != FALSE);
    hth_wire_write_u8(to, state->absent_confirmed != FALSE);
    hth_wire_write_u8(to, state->is_wiping != FALSE);
}

void hth_device_store_set_state(HthDeviceStore *self, const HthDeviceState *state)
{
    write_state(self->staged, state);
}

static void write_intent(GByteArray *to, const HthIntent *intent)
{
    hth_wire_write_u8(to, ENTRY_INTENT);
    hth_wire_write_u64(to, intent->sequence);
    hth_wire_write_u8(to, (guint8)intent->kind);
    hth_wire_write_u64(to, intent->item);
    hth_wire_write_string(to, intent->path);
    hth_wire_write_string(to, intent->old_path);
    hth_wire_write_string(to, intent->tmp);
    hth_wire_write_string(to, intent->undo);
    hth_sync_write_hash(to, &intent->hash);
    hth_wire_write_u64(to, intent->size);
}

void hth_device_store_intend(HthDeviceStore *self, const HthIntent *intent)
{
    write_intent(self->staged, intent);
}

void hth_device_store_end_intent(HthDeviceStore *self, guint64 sequence)
{
    hth_wire_write_u8(self->staged, ENTRY_END_INTENT);
    hth_wire_write_u64(self->staged, sequence);
}

static void write_partial(GByteArray *to, const HthPartial *partial)
{
    hth_wire_write_u8(to, ENTRY_PARTIAL);
    hth_wire_write_u64(to, partial->item);
    hth_wire_write_u64(to, partial->revision);
    hth_wire_write_u64(to, partial->length);
    hth_sync_write_hash(to, &partial->hash);
}

void hth_device_store_set_partial(HthDeviceStore *self, const HthPartial *partial)
{
    write_partial(self->staged, partial);
}

/* ---- What an entry does to memory ---- */

static gboolean change_held(HthDeviceStore *self, guint64 item, HthSyncHeld *held, GError **error)
{
    gboolean was_there = FALSE;
    g_auto(HthSyncHeld) before = { 0 };
    if (!hth_device_store_find(self, item, &was_there, &before, error)) {
        held_free(held);
        return FALSE;
    }
    if (was_there) {
        hth_sync_set_digest_remove(&self->digest, item, before.path, &before.hash);
        self->n_files--;
    }
    if (held->path != NULL) {
        hth_sync_set_digest_add(&self->digest, item, held->path, &held->hash);
        self->n_files++;
    }
    g_tree_replace(self->overlay, &held->item, held);
    return TRUE;
}

static gboolean replay_held(HthDeviceStore *self, HthWireReader *reader, EntryKind kind,
                            GError **error)
{
    HthSyncHeld *held = g_new0(HthSyncHeld, 1);
    held->item = hth_wire_read_u64(reader);
    if (kind == ENTRY_PUT) {
        held->size = hth_wire_read_u64(reader);
        hth_sync_read_hash(reader, &held->hash);
        held->path = hth_sync_read_text(reader, HTH_SYNC_PATH_MAX_BYTES);
    }
    if (!reader->has_failed)
        return change_held(self, held->item, held, error);
    held_free(held);
    return TRUE;
}

static void replay_state(HthDeviceStore *self, HthWireReader *reader)
{
    hth_sync_read_fixed(reader, self->state.device_epoch, sizeof self->state.device_epoch);
    hth_sync_read_fixed(reader, self->state.home_epoch, sizeof self->state.home_epoch);
    self->state.sequence = hth_wire_read_u64(reader);
    self->state.plays_seen = hth_wire_read_u64(reader);
    self->state.is_unsure = hth_sync_read_boolean(reader);
    self->state.absent_confirmed = hth_sync_read_boolean(reader);
    self->state.is_wiping = hth_sync_read_boolean(reader);
}

static void replay_result(HthDeviceStore *self, HthWireReader *reader)
{
    HthSyncResult result = { 0 };
    hth_sync_read_result(reader, &result);
    g_array_append_val(self->results, result);
}

static void replay_confirm(HthDeviceStore *self, guint64 sequence)
{
    guint count = 0;
    while (count < self->results->len &&
           g_array_index(self->results, HthSyncResult, count).sequence <= sequence)
        count++;
    if (count > 0)
        g_array_remove_range(self->results, 0, count);
}

static void replay_intent(HthDeviceStore *self, HthWireReader *reader)
{
    HthIntent intent = { 0 };
    intent.sequence = hth_wire_read_u64(reader);
    intent.kind = hth_sync_read_enum(reader, HTH_SYNC_N_OPERATION_KINDS);
    intent.item = hth_wire_read_u64(reader);
    intent.path = hth_sync_read_text(reader, HTH_SYNC_PATH_MAX_BYTES);
    intent.old_path = hth_sync_read_optional_text(reader, HTH_SYNC_PATH_MAX_BYTES);
    intent.tmp = hth_sync_read_optional_text(reader, HTH_SYNC_PATH_MAX_BYTES);
    intent.undo = hth_sync_read_optional_text(reader, HTH_SYNC_PATH_MAX_BYTES);
    hth_sync_read_hash(reader, &intent.hash);
    intent.size = hth_wire_read_u64(reader);
    g_array_append_val(self->intents, intent);
}

static void replay_end_intent(HthDeviceStore *self, guint64 sequence)
{
    for (guint i = 0; i < self->intents->len; i++) {
        if (g_array_index(self->intents, HthIntent, i).sequence == sequence) {
            g_array_remove_index(self->intents, i);
            return;
        }
    }
}

static void replay_partial(HthDeviceStore *self, HthWireReader *reader)
{
    HthPartial partial = { .item = hth_wire_read_u64(reader),
                           .revision = hth_wire_read_u64(reader),
                           .length = hth_wire_read_u64(reader) };
    hth_sync_read_hash(reader, &partial.hash);
    for (guint i = 0; i < self->partials->len; i++) {
        if (g_array_index(self->partials, HthPartial, i).item == partial.item) {
            g_array_remove_index(self->partials, i);
            break;
        }
    }
    if (partial.length == 0 || reader->has_failed)
        return;
    if (self->partials->len >= HTH_DEVICE_STORE_PARTIALS_MAX)
        g_array_remove_index(self->partials, 0);
    g_array_append_val(self->partials, partial);
}

static void replay_totals(HthDeviceStore *self, HthWireReader *reader)
{
    self->n_files = hth_wire_read_u64(reader);
    hth_sync_read_fixed(reader, &self->digest, sizeof self->digest);
}

static gboolean replay_entry(HthDeviceStore *self, HthWireReader *reader, GError **error)
{
    const EntryKind kind = hth_wire_read_u8(reader);
    switch (kind) {
    case ENTRY_STATE:
        replay_state(self, reader);
        return TRUE;
    case ENTRY_TOTALS:
        replay_totals(self, reader);
        return TRUE;
    case ENTRY_PUT:
    case ENTRY_DROP:
        return replay_held(self, reader, kind, error);
    case ENTRY_RESULT:
        replay_result(self, reader);
        return TRUE;
    case ENTRY_CONFIRM:
        replay_confirm(self, hth_wire_read_u64(reader));
        return TRUE;
    case ENTRY_DROP_RESULTS:
        g_array_set_size(self->results, 0);
        return TRUE;
    case ENTRY_INTENT:
        replay_intent(self, reader);
        return TRUE;
    case ENTRY_END_INTENT:
        replay_end_intent(self, hth_wire_read_u64(reader));
        return TRUE;
    case ENTRY_PARTIAL:
        replay_partial(self, reader);
        return TRUE;
    }
    reader->has_failed = TRUE;
    return TRUE;
}

static gboolean replay(gconstpointer payload, gsize size, gpointer data, GError **error)
{
    HthDeviceStore *self = data;
    HthWireReader reader = HTH_WIRE_READER(payload, size);
    while (!reader.has_failed && reader.position < reader.size_bytes)
        if (!replay_entry(self, &reader, error))
            return FALSE;
    return hth_sync_read_done(&reader, "the journal", error);
}

/* ---- Opening ---- */

typedef struct {
    const char *kept; /* name of the manifest in use, or NULL */
    GPtrArray *strays;
} Strays;

static gboolean on_own_name(const char *name, const HthSyncStat *stat, gpointer data)
{
    Strays *strays = data;
    if (g_str_has_prefix(name, "manifest.") && g_strcmp0(name, strays->kept) != 0)
        g_ptr_array_add(strays->strays, g_strdup(name));
    return strays->strays->len < 64;
}

/* Manifests that a crash left before or after the journal named them. */
static gboolean remove_strays(const HthSyncEnv *env, const char *kept, GError **error)
{
    g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
    Strays strays = { kept, names };
    if (!env->funcs->list(env->data, HTH_DEVICE_OWN_DIR, on_own_name, &strays, error))
        return FALSE;
    for (guint i = 0; i < names->len; i++) {
        g_autofree char *path =
            g_strconcat(HTH_DEVICE_OWN_DIR "/", g_ptr_array_index(names, i), NULL);
        if (!env->funcs->unlink(env->data, path, error))
            return FALSE;
    }
    return TRUE;
}

/* The manifest must be there before the journal is replayed on it, so its number is read first. */
static gboolean ignore_payload(gconstpointer payload, gsize size, gpointer data, GError **error)
{
    return TRUE;
}

static gboolean open_manifest(HthDeviceStore *self, GError **error)
{
    g_autoptr(HthJournal) journal = hth_journal_open(
        self->env, JOURNAL_PATH, &self->manifest_number, ignore_payload, NULL, error);
    if (journal == NULL)
        return FALSE;
    if (self->manifest_number == 0)
        return TRUE;
    g_autofree char *path = manifest_path(self->manifest_number);
    g_autoptr(GBytes) blob = NULL;
    self->manifest = hth_manifest_open(self->env, path, &blob, error);
    if (self->manifest == NULL) {
        if (error != NULL && g_error_matches(*error, G_FILE_ERROR, G_FILE_ERROR_NOENT)) {
            g_clear_error(error);
            g_set_error_literal(error, HTH_ERROR, HTH_ERROR_CORRUPT,
                                "the list of files is missing");
        }
        return FALSE;
    }
    return replay(g_bytes_get_data(blob, NULL), g_bytes_get_size(blob), self, error);
}

static HthDeviceStore *store_new(const HthSyncEnv *env)
{
    HthDeviceStore *self = g_new0(HthDeviceStore, 1);
    self->env = env;
    self->overlay = g_tree_new_full(compare_items, NULL, NULL, held_free);
    self->results = hth_sync_results_new();
    self->intents = g_array_new(FALSE, TRUE, sizeof(HthIntent));
    g_array_set_clear_func(self->intents, (GDestroyNotify)hth_intent_clear);
    self->partials = g_array_new(FALSE, TRUE, sizeof(HthPartial));
    self->staged = g_byte_array_new();
    return self;
}

HthDeviceStore *hth_device_store_open(const HthSyncEnv *env, GError **error)
{
    g_autoptr(HthDeviceStore) self = store_new(env);
    if (!open_manifest(self, error))
        return NULL;
    self->journal =
        hth_journal_open(env, JOURNAL_PATH, &self->manifest_number, replay, self, error);
    if (self->journal == NULL)
        return NULL;
    g_autofree char *kept = self->manifest_number > 0 ? manifest_path(self->manifest_number) : NULL;
    if (!remove_strays(env, kept != NULL ? kept + strlen(HTH_DEVICE_OWN_DIR "/") : NULL, error))
        return NULL;
    return g_steal_pointer(&self);
}

void hth_device_store_free(HthDeviceStore *self)
{
    if (self == NULL)
        return;
    hth_manifest_free(self->manifest);
    hth_journal_free(self->journal);
    g_tree_unref(self->overlay);
    g_array_unref(self->results);
    g_array_unref(self->intents);
    g_array_unref(self->partials);
    g_byte_array_unref(self->staged);
    g_free(self);
}

gboolean hth_device_store_reset(const HthSyncEnv *env, GError **error)
{
    g_autoptr(GError) missing = NULL;
    if (!env->funcs->unlink(env->data, JOURNAL_PATH, &missing) &&
        !g_error_matches(missing, G_FILE_ERROR, G_FILE_ERROR_NOENT)) {
        g_propagate_error(error, g_steal_pointer(&missing));
        return FALSE;
    }
    return env->funcs->sync_dir(env->data, HTH_DEVICE_OWN_DIR, error) &&
           remove_strays(env, NULL, error);
}

/* ---- What is known ---- */

const HthDeviceState *hth_device_store_state(const HthDeviceStore *self)
{
    return &self->state;
}

guint64 hth_device_store_n_files(const HthDeviceStore *self)
{
    return self->n_files;
}

const HthSyncSetDigest *hth_device_store_digest(const HthDeviceStore *self)
{
    return &self->digest;
}

const GArray *hth_device_store_results(const HthDeviceStore *self)
{
    return self->results;
}

const GArray *hth_device_store_intents(const HthDeviceStore *self)
{
    return self->intents;
}

const GArray *hth_device_store_partials(const HthDeviceStore *self)
{
    return self->partials;
}

const HthPartial *hth_device_store_partial(const HthDeviceStore *self, guint64 item)
{
    for (guint i = 0; i < self->partials->len; i++) {
        const HthPartial *partial = &g_array_index(self->partials, HthPartial, i);
        if (partial->item == item)
            return partial;
    }
    return NULL;
}

static void held_copy(const HthSyncHeld *from, HthSyncHeld *to)
{
    *to = *from;
    to->path = g_strdup(from->path);
}

gboolean hth_device_store_find(HthDeviceStore *self, guint64 item, gboolean *out_found,
                               HthSyncHeld *out, GError **error)
{
    const HthSyncHeld *changed = g_tree_lookup(self->overlay, &item);
    *out_found = FALSE;
    if (changed != NULL) {
        *out_found = changed->path != NULL;
        if (*out_found)
            held_copy(changed, out);
        return TRUE;
    }
    return self->manifest == NULL || hth_manifest_find(self->manifest, item, out_found, out, error);
}

/* ---- A walk over manifest and overlay together ---- */

typedef struct {
    HthDeviceStore *store;
    HthManifestCursor cursor;
    GTreeNode *node; /* of the overlay, not given yet */
    gboolean has_old;
    HthSyncHeld old; /* of the manifest, not given yet */
    HthSyncHeld given;
} Walk;

static void walk_clear(Walk *self)
{
    hth_manifest_cursor_clear(&self->cursor);
    hth_sync_held_clear(&self->old);
    hth_sync_held_clear(&self->given);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Walk, walk_clear)

static gboolean walk_advance(Walk *self, GError **error)
{
    hth_sync_held_clear(&self->old);
    self->has_old = FALSE;
    return self->store->manifest == NULL || hth_manifest_next(self->store->manifest, &self->cursor,
                                                              &self->has_old, &self->old, error);
}

static gboolean walk_begin(Walk *self, HthDeviceStore *store, guint64 from, GError **error)
{
    *self = (Walk){ .store = store, .node = g_tree_lower_bound(store->overlay, &from) };
    if (store->manifest != NULL && !hth_manifest_seek(store->manifest, from, &self->cursor, error))
        return FALSE;
    return walk_advance(self, error);
}

/* A HthManifestSource. */
static gboolean walk_next(gpointer data, gboolean *out_found, const HthSyncHeld **out,
                          GError **error)
{
    Walk *self = data;
    hth_sync_held_clear(&self->given);
    for (;;) {
        const HthSyncHeld *changed = self->node != NULL ? g_tree_node_value(self->node) : NULL;
        *out_found = changed != NULL || self->has_old;
        if (!*out_found)
            return TRUE;
        if (changed == NULL || (self->has_old && self->old.item < changed->item)) {
            self->given = self->old;
            self->old = (HthSyncHeld){ 0 };
            *out = &self->given;
            return walk_advance(self, error);
        }
        if (self->has_old && self->old.item == changed->item && !walk_advance(self, error))
            return FALSE;
        self->node = g_tree_node_next(self->node);
        if (changed->path != NULL) {
            *out = changed;
            return TRUE;
        }
    }
}

GArray *hth_device_store_list(HthDeviceStore *self, guint64 from, guint max, GError **error)
{
    g_autoptr(GArray) found = g_array_new(FALSE, TRUE, sizeof(HthSyncHeld));
    g_array_set_clear_func(found, (GDestroyNotify)hth_sync_held_clear);
    g_auto(Walk) walk = { 0 };
    if (!walk_begin(&walk, self, from, error))
        return NULL;
    while (found->len < max) {
        gboolean is_found = FALSE;
        const HthSyncHeld *held = NULL;
        if (!walk_next(&walk, &is_found, &held, error))
            return NULL;
        if (!is_found)
            break;
        HthSyncHeld copy;
        held_copy(held, &copy);
        g_array_append_val(found, copy);
    }
    return g_steal_pointer(&found);
}

gboolean hth_device_store_find_path(HthDeviceStore *self, const char *path, gboolean *out_found,
                                    guint64 *out_item, GError **error)
{
    g_autofree char *wanted = hth_device_path_fold(path);
    g_auto(Walk) walk = { 0 };
    if (!walk_begin(&walk, self, 0, error))
        return FALSE;
    for (;;) {
        const HthSyncHeld *held = NULL;
        if (!walk_next(&walk, out_found, &held, error))
            return FALSE;
        if (!*out_found)
            return TRUE;
        g_autofree char *folded = hth_device_path_fold(held->path);
        if (strcmp(folded, wanted) == 0) {
            *out_item = held->item;
            return TRUE;
        }
    }
}

/* ---- Committing ---- */

static GBytes *blob_of(const HthDeviceStore *self)
{
    GByteArray *to = g_byte_array_new();
    write_state(to, &self->state);
    hth_wire_write_u8(to, ENTRY_TOTALS);
    hth_wire_write_u64(to, self->n_files);
    hth_sync_write_fixed(to, &self->digest, sizeof self->digest);
    for (guint i = 0; i < self->results->len; i++)
        write_result(to, &g_array_index(self->results, HthSyncResult, i));
    for (guint i = 0; i < self->intents->len; i++)
        write_intent(to, &g_array_index(self->intents, HthIntent, i));
    for (guint i = 0; i < self->partials->len; i++)
        write_partial(to, &g_array_index(self->partials, HthPartial, i));
    return g_byte_array_free_to_bytes(to);
}

/* Merges journal and manifest into a new manifest. The journal names it only when it is durable. */
static gboolean compact(HthDeviceStore *self, GError **error)
{
    const guint64 number = self->manifest_number + 1;
    g_autofree char *path = manifest_path(number);
    g_autoptr(GBytes) blob = blob_of(self);
    g_auto(Walk) walk = { 0 };
    if (!walk_begin(&walk, self, 0, error) ||
        !hth_manifest_write(self->env, path, walk_next, &walk, blob, error) ||
        !self->env->funcs->sync_dir(self->env->data, HTH_DEVICE_OWN_DIR, error))
        return FALSE;
    g_autoptr(GBytes) read_back = NULL;
    g_autoptr(HthManifest) manifest = hth_manifest_open(self->env, path, &read_back, error);
    if (manifest == NULL || !hth_journal_restart(self->journal, number, error))
        return FALSE;
    if (self->manifest != NULL) {
        g_autofree char *old = manifest_path(self->manifest_number);
        g_clear_pointer(&self->manifest, hth_manifest_free);
        /* Left behind, it is removed at the next start. */
        (void)self->env->funcs->unlink(self->env->data, old, NULL);
    }
    self->manifest = g_steal_pointer(&manifest);
    self->manifest_number = number;
    g_tree_remove_all(self->overlay);
    return TRUE;
}

static gboolean write_staged(HthDeviceStore *self, gboolean is_durable, GError **error)
{
    if (self->staged->len > 0) {
        g_autoptr(GByteArray) staged = g_steal_pointer(&self->staged);
        self->staged = g_byte_array_new();
        if (!hth_journal_append(self->journal, staged->data, staged->len, error) ||
            !replay(staged->data, staged->len, self, error))
            return FALSE;
    }
    if (is_durable && !hth_journal_sync(self->journal, error))
        return FALSE;
    const guint64 max_bytes =
        self->env->journal_max_bytes > 0 ? self->env->journal_max_bytes : JOURNAL_MAX_BYTES;
    const gboolean is_full = g_tree_nnodes(self->overlay) >= HTH_DEVICE_STORE_OVERLAY_MAX ||
                             hth_journal_size(self->journal) >= max_bytes;
    return !is_full || compact(self, error);
}

gboolean hth_device_store_commit(HthDeviceStore *self, gboolean is_durable, GError **error)
{
    if (self->is_broken) {
        g_set_error_literal(error, HTH_ERROR, HTH_ERROR_UNAVAILABLE,
                            "the list is to be opened again first");
        return FALSE;
    }
    self->is_broken = !write_staged(self, is_durable, error);
    return !self->is_broken;
}

void hth_device_store_break(HthDeviceStore *self)
{
    self->is_broken = TRUE;
}
