/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync/apply.h"

#include <string.h>

#include "base/error.h"
#include "media/recipe.h"
#include "sync/apply-private.h"
#include "sync/device-path.h"

static void ready_clear(HthReady *ready)
{
    hth_intent_clear(&ready->intent);
    g_clear_pointer(&ready->patches, g_array_unref);
}

static GHashTable *path_set_new(void)
{
    return g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
}

HthApply *hth_apply_new(const HthSyncEnv *env, HthDeviceStore *store)
{
    HthApply *self = g_new0(HthApply, 1);
    self->env = env;
    self->store = store;
    self->ready = g_array_new(FALSE, TRUE, sizeof(HthReady));
    g_array_set_clear_func(self->ready, (GDestroyNotify)ready_clear);
    self->paths = path_set_new();
    self->items = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL);
    self->leaving = path_set_new();
    self->touched = path_set_new();
    return self;
}

static void close_files(HthApply *self)
{
    for (guint i = 0; i < self->ready->len; i++) {
        HthReady *ready = &g_array_index(self->ready, HthReady, i);
        self->env->funcs->close(self->env->data, g_steal_pointer(&ready->file));
    }
}

void hth_apply_free(HthApply *self)
{
    if (self == NULL)
        return;
    close_files(self);
    g_array_unref(self->ready);
    g_hash_table_unref(self->paths);
    g_hash_table_unref(self->items);
    g_hash_table_unref(self->leaving);
    g_hash_table_unref(self->touched);
    g_free(self);
}

/* ---- What may be done ---- */

void hth_apply_stage_result(HthApply *self, guint64 sequence, HthSyncStatus status,
                            const HthDigest *hash, const char *sentence)
{
    HthSyncResult result = { .sequence = sequence, .status = status };
    if (hash != NULL)
        result.hash = *hash;
    g_autofree char *cut = NULL;
    if (sentence != NULL) {
        cut = g_utf8_make_valid(sentence, -1);
        if (strlen(cut) > HTH_SYNC_SENTENCE_MAX_BYTES)
            *g_utf8_find_prev_char(cut, cut + HTH_SYNC_SENTENCE_MAX_BYTES) = '\0';
    }
    result.sentence = cut;
    hth_device_store_add_result(self->store, &result);
    HthDeviceState state = *hth_device_store_state(self->store);
    state.sequence =
        MAX(state.sequence, sequence); /* one that a crash undid may come again, late */
    hth_device_store_set_state(self->store, &state);
    self->has_staged = TRUE;
    if (status == HTH_SYNC_OK)
        self->n_applied++;
    else
        self->n_refused++;
}

/* Results are kept in the order of their sequences, so those before this one go first. */
gboolean hth_apply_add_result(HthApply *self, guint64 sequence, HthSyncStatus status,
                              const HthDigest *hash, const char *sentence, GError **error)
{
    if (self->ready->len > 0 && !hth_apply_commit(self, error))
        return FALSE;
    hth_apply_stage_result(self, sequence, status, hash, sentence);
    return TRUE;
}

typedef struct {
    HthSyncStatus status;
    const char *sentence;
} Refusal;

static gboolean hash_is_as_said(const HthSyncOperation *operation, const HthSyncHeld *held)
{
    static const HthDigest none;
    return hth_digest_equal(&operation->old_hash, held->path != NULL ? &held->hash : &none);
}

/* TRUE: it is as it is to be already. */
static gboolean is_done_already(const HthSyncOperation *operation, const HthSyncHeld *held)
{
    if (held->path == NULL)
        return FALSE;
    const gboolean is_there = strcmp(held->path, operation->path) == 0;
    if (operation->kind == HTH_SYNC_MOVE)
        return is_there;
    return operation->kind != HTH_SYNC_REMOVE && is_there &&
           !hth_digest_is_zero(&operation->new_hash) &&
           hth_digest_equal(&operation->new_hash, &held->hash);
}

static void judge_old(HthApply *self, const HthSyncOperation *operation, const HthSyncHeld *held,
                      Refusal *out)
{
    const gboolean is_needed =
        operation->kind == HTH_SYNC_RETAG || operation->kind == HTH_SYNC_MOVE;
    if (operation->kind == HTH_SYNC_REMOVE && held->path == NULL)
        *out = (Refusal){ HTH_SYNC_GONE, "the device does not have this file" };
    else if (is_needed && held->path == NULL)
        *out = (Refusal){ HTH_SYNC_MISMATCH, "the device does not have this file" };
    else if (!hash_is_as_said(operation, held) &&
             !hth_sync_env_has_fault(self->env, HTH_SYNC_FAULT_OLD_UNSEEN) &&
             operation->kind != HTH_SYNC_REMOVE)
        *out = (Refusal){ HTH_SYNC_MISMATCH, "the device's file is another one" };
}

static gboolean is_in(GHashTable *folded_paths, const char *path)
{
    g_autofree char *folded = path != NULL ? hth_device_path_fold(path) : NULL;
    return folded != NULL && g_hash_table_contains(folded_paths, folded);
}

/* Who lies at the new path. A file of nobody is set aside later. */
static gboolean judge_path(HthApply *self, const HthSyncOperation *operation,
                           const HthSyncHeld *held, Refusal *out, GError **error)
{
    if (held->path != NULL && strcmp(held->path, operation->path) == 0)
        return TRUE;
    gboolean is_found = FALSE;
    HthSyncStat stat;
    if (!hth_folder_stat(self->env, operation->path, &is_found, &stat, error))
        return FALSE;
    /* The path of a file that a person deleted is free on the card, and not in the list: that item
     * could not go where the home wanted it. Another one there would be taken for it, carried away
     * as it, and then be told to the home as deleted. The list is gone through only for these. */
    if (!is_found && !is_in(self->leaving, operation->path))
        return TRUE;
    if (is_found && stat.kind != HTH_SYNC_KIND_FILE) {
        *out = (Refusal){ HTH_SYNC_BAD_PATH, "a folder or a link is in the way" };
        return TRUE;
    }
    guint64 owner = 0;
    if (!hth_device_store_find_path(self->store, operation->path, &is_found, &owner, error))
        return FALSE;
    if (is_found && owner != operation->item)
        *out = (Refusal){ HTH_SYNC_BAD_PATH, "another file has this path" };
    return TRUE;
}

static gboolean commit_if_related(HthApply *self, const HthSyncOperation *operation, GError **error)
{
    if (self->ready->len == 0)
        return TRUE;
    const gint64 item = (gint64)operation->item;
    const gboolean is_related =
        g_hash_table_contains(self->items, &item) || is_in(self->paths, operation->path);
    return !is_related || hth_apply_commit(self, error);
}

static gboolean judge(HthApply *self, const HthSyncOperation *operation, HthSyncHeld *out_held,
                      Refusal *out, gboolean *out_done, GError **error)
{
    gboolean is_held = FALSE;
    if (!hth_device_store_find(self->store, operation->item, &is_held, out_held, error))
        return FALSE;
    *out_done = is_done_already(operation, out_held);
    if (*out_done)
        return TRUE;
    if (out_held->path != NULL && strcmp(out_held->path, operation->path) != 0)
        g_hash_table_add(self->leaving, hth_device_path_fold(out_held->path));
    judge_old(self, operation, out_held, out);
    if (out->sentence != NULL || operation->kind == HTH_SYNC_REMOVE)
        return TRUE;
    return judge_path(self, operation, out_held, out, error);
}

gboolean hth_apply_check(HthApply *self, const HthSyncOperation *operation,
                         HthApplyVerdict *out_verdict, HthSyncHeld *out_held, GError **error)
{
    *out_held = (HthSyncHeld){ 0 };
    *out_verdict = HTH_APPLY_REFUSED;
    g_autoptr(GError) bad_path = NULL;
    if (!hth_device_path_check(operation->path, &bad_path))
        return hth_apply_add_result(self, operation->sequence, HTH_SYNC_BAD_PATH, NULL,
                                    bad_path->message, error);
    Refusal refusal = { 0 };
    gboolean is_done = FALSE;
    g_autoptr(GError) local = NULL;
    if (!commit_if_related(self, operation, error))
        return FALSE;
    if (!judge(self, operation, out_held, &refusal, &is_done, &local)) {
        if (hth_folder_is_lost(local)) {
            g_propagate_error(error, g_steal_pointer(&local));
            return FALSE;
        }
        refusal = (Refusal){ HTH_SYNC_BAD_PATH, local->message }; /* a link in the way, say */
    }
    if (refusal.sentence != NULL)
        return hth_apply_add_result(self, operation->sequence, refusal.status, NULL,
                                    refusal.sentence, error);
    *out_verdict = is_done ? HTH_APPLY_DONE : HTH_APPLY_GO;
    return !is_done || hth_apply_add_result(self, operation->sequence, HTH_SYNC_OK, &out_held->hash,
                                            NULL, error);
}

gboolean hth_apply_adopt(HthApply *self, const HthSyncOperation *operation, gboolean *out_adopted,
                         GError **error)
{
    HthSyncStat stat;
    gboolean is_found = FALSE;
    *out_adopted = FALSE;
    if (hth_digest_is_zero(&operation->new_hash))
        return TRUE;
    if (!hth_folder_stat(self->env, operation->path, &is_found, &stat, error))
        return FALSE;
    if (!is_found || stat.kind != HTH_SYNC_KIND_FILE || stat.size != operation->size)
        return TRUE;
    HthSyncHeld held = { .item = operation->item,
                         .path = operation->path,
                         .hash = operation->new_hash };
    HthDigest digest;
    if (!hth_folder_digest(self->env, operation->path, &digest, &held.size, error))
        return FALSE;
    if (!hth_digest_equal(&digest, &operation->new_hash))
        return TRUE;
    *out_adopted = TRUE;
    if (self->ready->len > 0 && !hth_apply_commit(self, error))
        return FALSE;
    hth_device_store_put(self->store, &held);
    hth_apply_stage_result(self, operation->sequence, HTH_SYNC_OK, &held.hash, NULL);
    return TRUE;
}

/* ---- Adding ---- */

static void remember(HthApply *self, const HthReady *ready)
{
    const HthIntent *intent = &ready->intent;
    g_hash_table_add(self->paths, hth_device_path_fold(intent->path));
    if (intent->old_path != NULL)
        g_hash_table_add(self->paths, hth_device_path_fold(intent->old_path));
    gint64 *item = g_new(gint64, 1);
    *item = (gint64)intent->item;
    g_hash_table_add(self->items, item);
}

static gboolean add_ready(HthApply *self, HthReady *ready, GError **error)
{
    remember(self, ready);
    g_array_append_val(self->ready, *ready);
    if (self->ready->len < HTH_APPLY_MAX_READY && self->ready_bytes < HTH_APPLY_MAX_READY_BYTES &&
        self->patch_bytes < HTH_APPLY_MAX_PATCH_BYTES)
        return TRUE;
    return hth_apply_commit(self, error);
}

/* The intent of @operation; of what the device holds of it comes the old path. */
static gboolean intent_of(HthApply *self, const HthSyncOperation *operation, HthIntent *out,
                          HthSyncHeld *out_held, GError **error)
{
    gboolean is_held = FALSE;
    *out_held = (HthSyncHeld){ 0 };
    if (!hth_device_store_find(self->store, operation->item, &is_held, out_held, error))
        return FALSE;
    *out = (HthIntent){
        .sequence = operation->sequence,
        .kind = operation->kind,
        .item = operation->item,
        .path = g_strdup(operation->path),
        .hash = operation->new_hash,
        .size = operation->size,
    };
    if (is_held && strcmp(out_held->path, operation->path) != 0)
        out->old_path = g_strdup(out_held->path);
    return TRUE;
}

gboolean hth_apply_add_file(HthApply *self, const HthSyncOperation *operation, const char *tmp,
                            HthSyncFile *file, const HthDigest *hash, guint64 size, GError **error)
{
    HthReady ready = { .file = file };
    g_auto(HthSyncHeld) held = { 0 };
    if (!intent_of(self, operation, &ready.intent, &held, error)) {
        self->env->funcs->close(self->env->data, file);
        return FALSE;
    }
    ready.intent.tmp = g_strdup(tmp);
    ready.intent.hash = *hash;
    ready.intent.size = size;
    self->ready_bytes += size;
    if (self->env->funcs->start_sync != NULL)
        self->env->funcs->start_sync(self->env->data, file);
    return add_ready(self, &ready, error);
}

gboolean hth_apply_add_name(HthApply *self, const HthSyncOperation *operation, GError **error)
{
    HthReady ready = { 0 };
    g_auto(HthSyncHeld) held = { 0 };
    if (!intent_of(self, operation, &ready.intent, &held, error))
        return FALSE;
    ready.intent.hash = held.hash;
    ready.intent.size = held.size;
    if (operation->kind == HTH_SYNC_REMOVE) {
        g_free(ready.intent.path);
        ready.intent.path = g_strdup(held.path);
        g_clear_pointer(&ready.intent.old_path, g_free);
    }
    return add_ready(self, &ready, error);
}

gboolean hth_apply_add_patches(HthApply *self, const HthSyncOperation *operation, GArray *patches,
                               GError **error)
{
    HthReady ready = { .patches = patches };
    g_auto(HthSyncHeld) held = { 0 };
    guint64 undo_bytes = 0;
    if (!intent_of(self, operation, &ready.intent, &held, error)) {
        ready_clear(&ready);
        return FALSE;
    }
    if (!hth_sync_env_has_fault(self->env, HTH_SYNC_FAULT_NO_UNDO)) {
        ready.intent.undo = hth_undo_path(operation->sequence);
        ready.file =
            hth_undo_write(self->env, ready.intent.undo, held.path, patches, &undo_bytes, error);
        if (ready.file == NULL) {
            ready_clear(&ready);
            return FALSE;
        }
    }
    for (guint i = 0; i < patches->len; i++)
        self->patch_bytes += g_bytes_get_size(g_array_index(patches, HthRecipePatch, i).bytes);
    self->bytes_written += undo_bytes;
    ready.intent.size = held.size;
    return add_ready(self, &ready, error);
}

/* ---- Committing ---- */

static gboolean sync_files(HthApply *self, GError **error)
{
    gboolean has_undo = FALSE;
    for (guint i = 0; i < self->ready->len; i++) {
        HthReady *ready = &g_array_index(self->ready, HthReady, i);
        const gboolean is_left_out =
            hth_sync_env_has_fault(self->env, HTH_SYNC_FAULT_NO_FILE_SYNC) ||
            hth_sync_env_has_fault(self->env, HTH_SYNC_FAULT_RENAME_FIRST);
        if (ready->file == NULL || is_left_out)
            continue;
        if (!self->env->funcs->sync(self->env->data, ready->file, error))
            return FALSE;
        has_undo |= ready->intent.undo != NULL;
    }
    return !has_undo || self->env->funcs->sync_dir(self->env->data, HTH_APPLY_UNDO_DIR, error);
}

static gboolean journal_intents(HthApply *self, GError **error)
{
    if (hth_sync_env_has_fault(self->env, HTH_SYNC_FAULT_NO_INTENT))
        return TRUE;
    for (guint i = 0; i < self->ready->len; i++)
        hth_device_store_intend(self->store, &g_array_index(self->ready, HthReady, i).intent);
    return hth_device_store_commit(self->store, TRUE, error);
}

/* A name that this file system refuses is this operation's trouble alone. */
static gboolean publish_one(HthApply *self, HthReady *ready, GError **error)
{
    GError *local = NULL;
    if (ready->patches != NULL) {
        self->bytes_written += self->patch_bytes;
        return hth_undo_patch(self->env,
                              ready->intent.old_path != NULL ? ready->intent.old_path
                                                             : ready->intent.path,
                              ready->patches, error) &&
               (ready->intent.old_path == NULL ||
                hth_apply_change_names(self, &ready->intent, error));
    }
    if (hth_apply_change_names(self, &ready->intent, &local))
        return TRUE;
    if (hth_folder_is_lost(local)) {
        g_propagate_error(error, local);
        return FALSE;
    }
    ready->is_refused = TRUE;
    const HthSyncStatus status = g_error_matches(local, G_FILE_ERROR, G_FILE_ERROR_NOSPC)
                                     ? HTH_SYNC_NO_SPACE
                                     : HTH_SYNC_BAD_PATH;
    hth_apply_stage_result(self, ready->intent.sequence, status, NULL, local->message);
    hth_device_store_end_intent(self->store, ready->intent.sequence);
    g_error_free(local);
    return ready->intent.tmp == NULL || hth_folder_unlink(self->env, ready->intent.tmp, error);
}

static gboolean publish(HthApply *self, GError **error)
{
    for (guint i = 0; i < self->ready->len; i++) {
        HthReady *ready = &g_array_index(self->ready, HthReady, i);
        if (!publish_one(self, ready, error))
            return FALSE;
        if (ready->file != NULL && hth_sync_env_has_fault(self->env, HTH_SYNC_FAULT_RENAME_FIRST) &&
            !self->env->funcs->sync(self->env->data, ready->file, error))
            return FALSE;
        if (!ready->is_refused)
            hth_apply_stage_done(self, &ready->intent);
    }
    return TRUE;
}

void hth_apply_stage_done(HthApply *self, const HthIntent *intent)
{
    const HthSyncHeld held = {
        .item = intent->item, .path = intent->path, .hash = intent->hash, .size = intent->size
    };
    const gboolean is_removed = intent->kind == HTH_SYNC_REMOVE;
    if (is_removed)
        hth_device_store_drop(self->store, intent->item);
    else
        hth_device_store_put(self->store, &held);
    hth_apply_stage_result(self, intent->sequence, HTH_SYNC_OK, is_removed ? NULL : &intent->hash,
                           NULL);
    hth_device_store_end_intent(self->store, intent->sequence);
    g_autofree char *left =
        hth_device_path_fold(intent->old_path != NULL ? intent->old_path : intent->path);
    g_hash_table_remove(self->leaving, left);
    const HthPartial *partial = hth_device_store_partial(self->store, intent->item);
    if (partial == NULL)
        return;
    g_autofree char *name = hth_apply_tmp_name(partial->item, partial->revision);
    g_autofree char *tmp = g_strconcat(HTH_APPLY_TMP_DIR "/", name, NULL);
    if (g_strcmp0(tmp, intent->tmp) != 0)              /* of a revision that was overtaken */
        (void)hth_folder_unlink(self->env, tmp, NULL); /* else swept at the next start */
    hth_device_store_set_partial(self->store, &(HthPartial){ .item = intent->item });
}

gboolean hth_apply_sync_touched(HthApply *self, GError **error)
{
    GHashTableIter iter;
    gpointer path;
    g_hash_table_iter_init(&iter, self->touched);
    while (g_hash_table_iter_next(&iter, &path, NULL)) {
        GError *local = NULL;
        const gboolean is_left_out = hth_sync_env_has_fault(self->env, HTH_SYNC_FAULT_NO_DIR_SYNC);
        /* A folder that was removed because it was empty has nothing to sync. */
        if (!is_left_out && !self->env->funcs->sync_dir(self->env->data, path, &local) &&
            !hth_folder_not_found(local)) {
            g_propagate_error(error, local);
            return FALSE;
        }
        g_clear_error(&local);
    }
    g_hash_table_remove_all(self->touched);
    return TRUE;
}

static gboolean forget_undo(HthApply *self, GError **error)
{
    for (guint i = 0; i < self->ready->len; i++) {
        const HthReady *ready = &g_array_index(self->ready, HthReady, i);
        if (ready->intent.undo != NULL && !hth_folder_unlink(self->env, ready->intent.undo, error))
            return FALSE;
    }
    return TRUE;
}

void hth_apply_set_before(HthApply *self, HthApplyBefore before, gpointer data)
{
    self->before = before;
    self->before_data = data;
}

static gboolean commit_ready(HthApply *self, GError **error)
{
    if (self->before != NULL && !self->before(self->before_data, error))
        return FALSE;
    if (!sync_files(self, error) || !journal_intents(self, error) || !publish(self, error))
        return FALSE;
    close_files(self);
    const gboolean is_durable = !hth_sync_env_has_fault(self->env, HTH_SYNC_FAULT_EARLY_RESULT);
    return hth_apply_sync_touched(self, error) &&
           hth_device_store_commit(self->store, is_durable, error) && forget_undo(self, error);
}

gboolean hth_apply_commit(HthApply *self, GError **error)
{
    const gboolean is_done =
        self->ready->len > 0
            ? commit_ready(self, error)
            : !self->has_staged || hth_device_store_commit(self->store, TRUE, error);
    /* Names may have changed and not be durable: the journal keeps the intents and tells no result,
     * so that the next start finishes them. */
    if (!is_done)
        hth_device_store_break(self->store);
    close_files(self);
    g_array_set_size(self->ready, 0);
    g_hash_table_remove_all(self->paths);
    g_hash_table_remove_all(self->items);
    self->ready_bytes = 0;
    self->patch_bytes = 0;
    self->has_staged = FALSE;
    return is_done;
}

guint64 hth_apply_n_applied(const HthApply *self)
{
    return self->n_applied;
}

guint64 hth_apply_n_refused(const HthApply *self)
{
    return self->n_refused;
}

guint64 hth_apply_bytes_written(const HthApply *self)
{
    return self->bytes_written;
}
