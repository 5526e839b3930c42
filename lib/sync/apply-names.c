/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How names change, and how a start finishes what a crash cut. */
#include <string.h>

#include "base/error.h"
#include "sync/apply-private.h"
#include "sync/device-path.h"

#define MAX_ASIDE 1000

void hth_apply_touch_parent(HthApply *self, const char *path)
{
    g_hash_table_add(self->touched, hth_device_path_parent(path));
}

static gboolean file_is_there(HthApply *self, const char *path, gboolean *out_is, GError **error)
{
    HthSyncStat stat;
    return hth_folder_stat(self->env, path, out_is, &stat, error);
}

/* "a/Song.mp3" -> "a/Song (kept).mp3", "a/Song (kept 2).mp3" … */
static char *aside_name(const char *path, guint n)
{
    const char *slash = strrchr(path, '/');
    const char *name = slash != NULL ? slash + 1 : path;
    const char *dot = strrchr(name, '.');
    const char *end = dot != NULL && dot > name ? dot : name + strlen(name);
    g_autofree char *number = n > 1 ? g_strdup_printf(" %u", n) : g_strdup("");
    return g_strdup_printf("%.*s (kept%s)%s", (gint)(end - path), path, number, end);
}

static gboolean sync_parent(HthApply *self, const char *path, GError **error)
{
    g_autofree char *parent = hth_device_path_parent(path);
    return self->env->funcs->sync_dir(self->env->data, parent, error);
}

static gboolean is_copy(HthApply *self, const char *path, const char *other, gboolean *out_is,
                        GError **error)
{
    HthDigest a, b;
    guint64 a_size = 0, b_size = 0;
    GError *local = NULL;
    if (!hth_folder_digest(self->env, path, &a, &a_size, error))
        return FALSE;
    *out_is = hth_folder_digest(self->env, other, &b, &b_size, &local) && a_size == b_size &&
              hth_digest_equal(&a, &b);
    return hth_folder_pass_over(local, error); /* a folder of that name, say */
}

/* It is copied, not renamed: on a card whose file system has no log a rename that is cut may take
 * the only file there is. What comes replaces it under its name. */
gboolean hth_apply_set_aside(HthApply *self, const char *path, GError **error)
{
    for (guint n = 1; n < MAX_ASIDE; n++) {
        g_autofree char *aside = aside_name(path, n);
        gboolean is_taken = FALSE;
        if (!file_is_there(self, aside, &is_taken, error))
            return FALSE;
        if (!is_taken)
            return hth_folder_copy(self->env, path, HTH_APPLY_TMP_DIR "/aside", aside, error);
        gboolean is_same = FALSE; /* the power went after it was copied */
        if (!is_copy(self, path, aside, &is_same, error))
            return FALSE;
        if (is_same)
            return sync_parent(self, aside, error);
    }
    g_set_error_literal(error, G_FILE_ERROR, G_FILE_ERROR_EXIST, "the path is taken");
    return FALSE;
}

void hth_apply_remove_empty(HthApply *self, const char *path)
{
    g_autofree char *dir = hth_device_path_parent(path);
    /* What is not empty stays, and says so: that is the end of it. */
    while (dir[0] != '\0' && self->env->funcs->remove_dir(self->env->data, dir, NULL)) {
        hth_apply_touch_parent(self, dir);
        char *parent = hth_device_path_parent(dir);
        g_free(dir);
        dir = parent;
    }
}

/* Two spellings of one name where case does not count. */
static gboolean are_one_name(const char *a, const char *b)
{
    g_autofree char *left = hth_device_path_fold(a);
    g_autofree char *right = hth_device_path_fold(b);
    return strcmp(left, right) == 0;
}

/* After a list was lost the file that comes may be there, byte for byte: it is not the user's. */
static gboolean is_what_comes(HthApply *self, const HthIntent *intent)
{
    HthSyncStat stat;
    HthDigest digest;
    guint64 size = 0;
    return self->env->funcs->stat(self->env->data, intent->path, &stat, NULL) &&
           stat.kind == HTH_SYNC_KIND_FILE && stat.size == intent->size &&
           hth_folder_digest(self->env, intent->path, &digest, &size, NULL) &&
           hth_digest_equal(&digest, &intent->hash);
}

/* Makes way at intent->path: a file there that the list does not have is the user's. */
static gboolean clear_path(HthApply *self, const HthIntent *intent, GError **error)
{
    g_autofree char *parent = hth_device_path_parent(intent->path);
    gboolean is_there = FALSE;
    if (!hth_folder_make_dirs(self->env, parent, self->touched, error) ||
        !file_is_there(self, intent->path, &is_there, error))
        return FALSE;
    if (!is_there || (intent->old_path != NULL && are_one_name(intent->old_path, intent->path)))
        return TRUE;
    gboolean is_held = FALSE;
    g_auto(HthSyncHeld) held = { 0 };
    if (!hth_device_store_find(self->store, intent->item, &is_held, &held, error))
        return FALSE;
    return (is_held && strcmp(held.path, intent->path) == 0) ||
           hth_sync_env_has_fault(self->env, HTH_SYNC_FAULT_OVERWRITE) ||
           is_what_comes(self, intent) || hth_apply_set_aside(self, intent->path, error);
}

static gboolean move_file(HthApply *self, const char *from, const char *to, GError **error)
{
    hth_apply_touch_parent(self, from);
    hth_apply_touch_parent(self, to);
    return self->env->funcs->rename(self->env->data, from, to, error);
}

static gboolean unlink_old_path(HthApply *self, const HthIntent *intent, GError **error)
{
    hth_apply_touch_parent(self, intent->old_path);
    if (!hth_folder_unlink(self->env, intent->old_path, error))
        return FALSE;
    hth_apply_remove_empty(self, intent->old_path);
    return TRUE;
}

/* The old file, where it lay under another name, is not needed any more. */
static gboolean drop_old_path(HthApply *self, const HthIntent *intent, GError **error)
{
    return intent->old_path == NULL || are_one_name(intent->old_path, intent->path) ||
           unlink_old_path(self, intent, error);
}

gboolean hth_apply_change_names(HthApply *self, const HthIntent *intent, GError **error)
{
    if (intent->kind == HTH_SYNC_REMOVE) {
        hth_apply_touch_parent(self, intent->path);
        if (!hth_folder_unlink(self->env, intent->path, error))
            return FALSE;
        hth_apply_remove_empty(self, intent->path);
        return TRUE;
    }
    if (!clear_path(self, intent, error))
        return FALSE;
    const gboolean is_respelled =
        intent->old_path != NULL && are_one_name(intent->old_path, intent->path);
    if (intent->tmp == NULL || is_respelled) {
        if (intent->old_path != NULL && !move_file(self, intent->old_path, intent->path, error))
            return FALSE;
        if (intent->old_path != NULL && !is_respelled)
            hth_apply_remove_empty(self, intent->old_path);
    }
    if (intent->tmp == NULL)
        return TRUE;
    return move_file(self, intent->tmp, intent->path, error) && drop_old_path(self, intent, error);
}

/* ---- After a crash ---- */

static gboolean file_is(HthApply *self, const char *path, const HthDigest *hash, gboolean *out_is,
                        GError **error)
{
    HthDigest digest;
    guint64 size = 0;
    GError *local = NULL;
    *out_is = FALSE;
    if (path == NULL)
        return TRUE;
    if (hth_folder_digest(self->env, path, &digest, &size, &local)) {
        *out_is = hth_digest_equal(&digest, hash);
        return TRUE;
    }
    return hth_folder_pass_over(local, error);
}

/* The operation did not happen and cannot: the list says what there is now, and the home plans
 * anew. */
static gboolean give_up(HthApply *self, const HthIntent *intent, GError **error)
{
    gboolean is_held = FALSE;
    g_auto(HthSyncHeld) held = { 0 };
    hth_device_store_end_intent(self->store, intent->sequence);
    if (!hth_device_store_find(self->store, intent->item, &is_held, &held, error))
        return FALSE;
    if (!is_held)
        return TRUE;
    gboolean is_there = FALSE;
    HthSyncStat stat;
    if (!hth_folder_stat(self->env, held.path, &is_there, &stat, error))
        return FALSE;
    if (!is_there) {
        hth_device_store_drop(self->store, intent->item);
        return TRUE;
    }
    gboolean is_old = FALSE;
    if (!file_is(self, held.path, &held.hash, &is_old, error))
        return FALSE;
    if (!is_old) {
        held.hash = (HthDigest){ 0 }; /* known to be wrong: it is fetched anew */
        hth_device_store_put(self->store, &held);
    }
    return TRUE;
}

static gboolean undo_patches(HthApply *self, const HthIntent *intent, GError **error)
{
    gboolean is_whole = FALSE;
    gboolean is_held = FALSE;
    g_auto(HthSyncHeld) held = { 0 };
    if (!hth_device_store_find(self->store, intent->item, &is_held, &held, error))
        return FALSE;
    /* Where the name had changed as well, it goes back first. */
    gboolean is_at_old = TRUE;
    if (is_held && !file_is_there(self, held.path, &is_at_old, error))
        return FALSE;
    if (is_held && !is_at_old) {
        gboolean is_at_new = FALSE;
        if (!file_is_there(self, intent->path, &is_at_new, error))
            return FALSE;
        g_autofree char *parent = hth_device_path_parent(held.path);
        if (is_at_new && (!hth_folder_make_dirs(self->env, parent, self->touched, error) ||
                          !move_file(self, intent->path, held.path, error)))
            return FALSE;
    }
    return (!is_held || hth_undo_restore(self->env, intent->undo, held.path, &is_whole, error)) &&
           give_up(self, intent, error);
}

/* Folders that a killed program made are there and not yet durable, all the way up. */
static void touch_all_above(HthApply *self, const char *path)
{
    g_autofree char *dir = hth_device_path_parent(path);
    while (dir[0] != '\0') {
        g_hash_table_add(self->touched, g_strdup(dir));
        char *parent = hth_device_path_parent(dir);
        g_free(dir);
        dir = parent;
    }
    g_hash_table_add(self->touched, g_steal_pointer(&dir));
}

typedef struct {
    const char *name;
    gboolean is_found;
} Spelling;

static gboolean on_spelling(const char *name, const HthSyncStat *stat, gpointer data)
{
    Spelling *self = data;
    self->is_found = strcmp(self->name, name) == 0;
    return !self->is_found;
}

/* Whether @path is listed letter by letter: where case does not count it may be there as well under
 * another spelling. */
static gboolean is_spelled(HthApply *self, const char *path, gboolean *out_is, GError **error)
{
    g_auto(GStrv) parts = g_strsplit(path, "/", -1);
    g_autoptr(GString) above = g_string_new(NULL);
    *out_is = TRUE;
    for (guint i = 0; parts[i] != NULL && *out_is; i++) {
        GError *local = NULL;
        Spelling spelling = { parts[i], FALSE };
        if (!self->env->funcs->list(self->env->data, above->str, on_spelling, &spelling, &local) &&
            !hth_folder_not_found(local)) {
            g_propagate_error(error, local);
            return FALSE;
        }
        g_clear_error(&local);
        *out_is = spelling.is_found;
        g_string_append_printf(above, "%s%s", i > 0 ? "/" : "", parts[i]);
    }
    return TRUE;
}

/* A rename to another spelling of the name, cut by a crash, may have left both where case counts.
 */
static gboolean drop_leftover(HthApply *self, const HthIntent *intent, GError **error)
{
    gboolean has_old = FALSE, has_new = FALSE;
    if (intent->old_path == NULL || !are_one_name(intent->old_path, intent->path))
        return drop_old_path(self, intent, error);
    if (!is_spelled(self, intent->old_path, &has_old, error) ||
        !is_spelled(self, intent->path, &has_new, error))
        return FALSE;
    return !has_old || !has_new || unlink_old_path(self, intent, error);
}

/* Not all intents of a commit got as far; each is looked at by itself, in their order. A rename of
 * which a crash kept the new name alone, or both names, is done: the old name goes. */
static gboolean finish(HthApply *self, const HthIntent *intent, GError **error)
{
    if (intent->undo != NULL)
        return undo_patches(self, intent, error);
    gboolean is_ready = intent->kind == HTH_SYNC_REMOVE;
    gboolean is_done = FALSE;
    const gboolean is_move = intent->kind == HTH_SYNC_MOVE;
    if (!is_ready && !file_is(self, intent->path, &intent->hash, &is_done, error))
        return FALSE;
    if (!is_ready && !is_done &&
        !file_is(self, is_move ? intent->old_path : intent->tmp, &intent->hash, &is_ready, error))
        return FALSE;
    if (!is_done && !is_ready)
        return give_up(self, intent, error);
    GError *local = NULL;
    const gboolean is_named = is_done ? drop_leftover(self, intent, &local)
                                      : hth_apply_change_names(self, intent, &local);
    if (is_named) {
        touch_all_above(self, intent->path);
        if (intent->old_path != NULL) /* its folder may be removed, and that not durable */
            touch_all_above(self, intent->old_path);
        hth_apply_stage_done(self, intent);
        return TRUE;
    }
    return hth_folder_pass_over(local, error) && give_up(self, intent, error);
}

static gboolean make_own_dirs(HthApply *self, GError **error)
{
    static const char *const dirs[] = { HTH_APPLY_TMP_DIR, HTH_APPLY_UNDO_DIR };
    for (guint i = 0; i < G_N_ELEMENTS(dirs); i++)
        if (!hth_folder_make_dirs(self->env, dirs[i], NULL, error))
            return FALSE;
    return TRUE;
}

typedef struct {
    HthDeviceStore *store;
    GPtrArray *names;
} Leftovers;

static gboolean on_leftover(const char *name, const HthSyncStat *stat, gpointer data)
{
    Leftovers *self = data;
    const GArray *partials = hth_device_store_partials(self->store);
    for (guint i = 0; i < partials->len; i++) {
        const HthPartial *partial = &g_array_index(partials, HthPartial, i);
        g_autofree char *kept = hth_apply_tmp_name(partial->item, partial->revision);
        if (strcmp(kept, name) == 0)
            return TRUE;
    }
    g_ptr_array_add(self->names, g_strdup(name));
    return self->names->len < 4096;
}

char *hth_apply_tmp_name(guint64 item, guint64 revision)
{
    return g_strdup_printf("%016" G_GINT64_MODIFIER "x-%016" G_GINT64_MODIFIER "x", item, revision);
}

/* Temporary files that nothing will come back to. */
static gboolean sweep(HthApply *self, const char *dir, GError **error)
{
    g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
    Leftovers leftovers = { self->store, names };
    if (!self->env->funcs->list(self->env->data, dir, on_leftover, &leftovers, error))
        return FALSE;
    for (guint i = 0; i < names->len; i++) {
        g_autofree char *path = g_strconcat(dir, "/", g_ptr_array_index(names, i), NULL);
        if (!hth_folder_unlink(self->env, path, error))
            return FALSE;
    }
    return TRUE;
}

static GArray *copy_intents(const GArray *intents)
{
    GArray *copies = g_array_new(FALSE, TRUE, sizeof(HthIntent));
    g_array_set_clear_func(copies, (GDestroyNotify)hth_intent_clear);
    for (guint i = 0; i < intents->len; i++) {
        HthIntent copy = g_array_index(intents, HthIntent, i);
        copy.path = g_strdup(copy.path);
        copy.old_path = g_strdup(copy.old_path);
        copy.tmp = g_strdup(copy.tmp);
        copy.undo = g_strdup(copy.undo);
        g_array_append_val(copies, copy);
    }
    return copies;
}

static gboolean recover(HthApply *self, GError **error)
{
    if (!make_own_dirs(self, error))
        return FALSE;
    g_autoptr(GArray) intents = copy_intents(hth_device_store_intents(self->store));
    for (guint i = 0; i < intents->len; i++)
        if (!finish(self, &g_array_index(intents, HthIntent, i), error))
            return FALSE;
    if (!hth_apply_sync_touched(self, error) || !hth_device_store_commit(self->store, TRUE, error))
        return FALSE;
    self->has_staged = FALSE;
    return sweep(self, HTH_APPLY_TMP_DIR, error) && sweep(self, HTH_APPLY_UNDO_DIR, error);
}

gboolean hth_apply_recover(HthApply *self, GError **error)
{
    const gboolean is_done = recover(self, error);
    if (!is_done) /* what was finished may not be durable: the next start finishes it again */
        hth_device_store_break(self->store);
    return is_done;
}

gboolean hth_apply_tidy(HthApply *self, GError **error)
{
    const GArray *partials = hth_device_store_partials(self->store);
    for (guint i = 0; i < partials->len; i++) {
        const guint64 item = g_array_index(partials, HthPartial, i).item;
        hth_device_store_set_partial(self->store, &(HthPartial){ .item = item });
    }
    return hth_device_store_commit(self->store, FALSE, error) &&
           sweep(self, HTH_APPLY_TMP_DIR, error);
}
