/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What goes through all files of the device: looking for missing ones, verifying, telling the home
 * what is there, describing files, wiping. */
#include <string.h>

#include "base/error.h"
#include "media/layout.h"
#include "media/media-type.h"
#include "sync/device-path.h"
#include "sync/sync-device-private.h"

/* Files looked at in one step, and entries of a manifest page. */
#define WALK_FILES 512

/* A page is full at this length of its paths and hashes, well below the limit of a body. */
#define PAGE_BYTES (512 * 1024)

static guint64 last_item(const GArray *files)
{
    return g_array_index(files, HthSyncHeld, files->len - 1).item;
}

/* The walk goes on behind @files; FALSE: they were the last. */
static gboolean walk_on(HthSyncDevice *self, const GArray *files, guint asked)
{
    if (files->len < asked || last_item(files) == G_MAXUINT64)
        return FALSE;
    self->walk_from = last_item(files) + 1;
    return TRUE;
}

/* ---- Missing files ---- */

/* As it is of nearly all files, nearly always. */
static gboolean is_as_listed(HthSyncDevice *self, const HthSyncHeld *held)
{
    HthSyncStat stat;
    return self->env->funcs->peek != NULL &&
           self->env->funcs->peek(self->env->data, held->path, &stat) &&
           stat.kind == HTH_SYNC_KIND_FILE && stat.size == held->size;
}

static gboolean look_at(HthSyncDevice *self, const HthSyncHeld *held, GError **error)
{
    if (is_as_listed(self, held))
        return TRUE;
    HthSyncStat stat;
    gboolean is_there = FALSE;
    GError *local = NULL;
    if (!hth_folder_stat(self->env, held->path, &is_there, &stat, &local)) {
        /* One that cannot be looked at is not missing. */
        return hth_folder_pass_over(local, error);
    }
    if (!is_there || stat.kind != HTH_SYNC_KIND_FILE) {
        self->n_missing++;
        if (self->absent->len < HTH_SYNC_MAX_ABSENT)
            g_array_append_val(self->absent, held->item);
    } else if (stat.size != held->size) {
        /* Somebody changed it: the home is to send it anew. */
        HthSyncHeld wrong = *held;
        wrong.hash = (HthDigest){ 0 };
        wrong.size = stat.size;
        hth_device_store_put(self->store, &wrong);
    }
    return TRUE;
}

/* So many at once are more likely an accident than a wish. */
static gboolean is_suspicious(HthSyncDevice *self)
{
    return self->n_missing > HTH_SYNC_ABSENT_FREE &&
           self->n_missing > hth_device_store_n_files(self->store) / 10 &&
           !hth_device_store_state(self->store)->absent_confirmed;
}

static gboolean end_scan(HthSyncDevice *self, GError **error)
{
    GError *local = NULL;
    /* A card pulled out during the walk has no files either. */
    if (self->n_missing > 0 && !hth_sync_volume_is_here(self, &local)) {
        if (local != NULL)
            g_propagate_error(error, local);
        else
            g_set_error_literal(error, HTH_ERROR, HTH_ERROR_UNAVAILABLE, "volume away");
        return FALSE;
    }
    self->n_held_back = 0;
    if (is_suspicious(self)) {
        self->n_held_back = (guint)self->n_missing;
        g_array_set_size(self->absent, 0);
    }
    hth_sync_device_enter(self, HTH_SYNC_PHASE_ASK);
    return TRUE;
}

gboolean hth_sync_step_scan(HthSyncDevice *self, GError **error)
{
    const gboolean is_unsure = hth_device_store_state(self->store)->is_unsure;
    if (is_unsure || self->wants_verify) {
        hth_sync_device_enter(self, HTH_SYNC_PHASE_VERIFY);
        return TRUE;
    }
    if (self->walk_from == 0) {
        self->n_missing = 0;
        g_array_set_size(self->absent, 0);
    }
    g_autoptr(GArray) files =
        hth_device_store_list(self->store, self->walk_from, WALK_FILES, error);
    if (files == NULL)
        return FALSE;
    for (guint i = 0; i < files->len; i++)
        if (!look_at(self, &g_array_index(files, HthSyncHeld, i), error))
            return FALSE;
    if (!hth_device_store_commit(self->store, FALSE, error))
        return FALSE;
    return walk_on(self, files, WALK_FILES) || end_scan(self, error);
}

/* ---- Verifying ---- */

void hth_sync_verify_clear(HthSyncDevice *self)
{
    self->env->funcs->close(self->env->data, g_steal_pointer(&self->verify_file));
    g_clear_pointer(&self->verify_digester, hth_digester_free);
    hth_sync_held_clear(&self->verify_held);
}

static gboolean end_verify(HthSyncDevice *self, GError **error)
{
    HthDeviceState state = *hth_device_store_state(self->store);
    state.is_unsure = FALSE;
    hth_device_store_set_state(self->store, &state);
    self->wants_verify = FALSE;
    if (!hth_device_store_commit(self->store, TRUE, error))
        return FALSE;
    hth_sync_device_enter(self, HTH_SYNC_PHASE_SCAN);
    return TRUE;
}

static gboolean verify_next(HthSyncDevice *self, GError **error)
{
    g_autoptr(GArray) files = hth_device_store_list(self->store, self->walk_from, 1, error);
    if (files == NULL)
        return FALSE;
    if (files->len == 0)
        return end_verify(self, error);
    HthSyncHeld *held = &g_array_index(files, HthSyncHeld, 0);
    self->verify_held = *held;
    self->verify_held.path = g_steal_pointer(&held->path);
    self->verify_at = 0;
    self->walk_from = held->item + 1;
    g_free(self->path);
    self->path = g_strdup(self->verify_held.path);
    GError *local = NULL;
    self->verify_file =
        self->env->funcs->open(self->env->data, self->verify_held.path, HTH_SYNC_OPEN_READ, &local);
    if (self->verify_file != NULL) {
        self->verify_digester = hth_digester_new();
        return TRUE;
    }
    if (hth_folder_is_lost(local)) {
        g_propagate_error(error, local);
        return FALSE;
    }
    /* A list that may be behind says nothing about what a person deleted. */
    if (hth_folder_not_found(local) && hth_device_store_state(self->store)->is_unsure)
        hth_device_store_drop(self->store, self->verify_held.item);
    g_error_free(local);
    hth_sync_verify_clear(self);
    return hth_device_store_commit(self->store, FALSE, error);
}

/* The file was read to its end. One that is not what the list says is listed as what it is, so the
 * home repairs it by a difference to that, or sends it anew. */
static gboolean judge(HthSyncDevice *self, GError **error)
{
    HthDigest digest;
    hth_digester_finish(self->verify_digester, &digest);
    if (!hth_digest_equal(&digest, &self->verify_held.hash)) {
        self->n_damaged++;
        self->verify_held.hash = digest;
        self->verify_held.size = self->verify_at;
        hth_device_store_put(self->store, &self->verify_held);
    }
    hth_sync_verify_clear(self);
    return hth_device_store_commit(self->store, FALSE, error);
}

gboolean hth_sync_step_verify(HthSyncDevice *self, GError **error)
{
    if (self->verify_file == NULL)
        return verify_next(self, error);
    guint64 size = 0;
    if (!self->env->funcs->size(self->env->data, self->verify_file, &size, error))
        return FALSE;
    const guint64 left = size > self->verify_at ? size - self->verify_at : 0;
    const guint64 slice = MIN(left, HTH_SYNC_SLICE_BYTES);
    GError *local = NULL;
    const gboolean is_read = hth_folder_digest_range(self->env, self->verify_file, self->verify_at,
                                                     slice, self->verify_digester, &local);
    if (local != NULL) {
        g_propagate_error(error, local);
        return FALSE;
    }
    self->verify_at += slice;
    return is_read && self->verify_at < size ? TRUE : judge(self, error);
}

/* ---- Telling what is there ---- */

static void fill_page(HthSyncDevice *self, const GArray *files, HthSyncManifestPage *page)
{
    gsize bytes = 0;
    for (guint i = 0; i < files->len && bytes < PAGE_BYTES; i++) {
        HthSyncHeld copy = g_array_index(files, HthSyncHeld, i);
        copy.path = g_strdup(copy.path);
        bytes += strlen(copy.path) + HTH_DIGEST_BYTES + 32;
        g_array_append_val(page->held, copy);
    }
}

static gboolean expect(guint status, GError **error)
{
    if (status == 200 || status == 204)
        return TRUE;
    g_set_error(error, HTH_ERROR, HTH_ERROR_REFUSED, "the home refuses: status %u", status);
    return FALSE;
}

static gboolean send(HthSyncDevice *self, const char *route, GBytes *body, GError **error)
{
    g_autoptr(GBytes) answer = NULL;
    guint status = 0;
    return self->env->funcs->exchange(self->env->data, route, body, HTH_SYNC_BODY_MAX_BYTES,
                                      &status, &answer, error) &&
           expect(status, error);
}

gboolean hth_sync_step_manifest(HthSyncDevice *self, GError **error)
{
    const guint asked = 4 * WALK_FILES;
    g_autoptr(GArray) files = hth_device_store_list(self->store, self->walk_from, asked, error);
    if (files == NULL)
        return FALSE;
    g_autoptr(HthSyncManifestPage) page = hth_sync_manifest_page_new();
    const HthDeviceState *state = hth_device_store_state(self->store);
    memcpy(page->device_epoch, state->device_epoch, sizeof page->device_epoch);
    page->page = self->page++;
    fill_page(self, files, page);
    page->is_last = page->held->len == files->len && files->len < asked;
    g_autoptr(GBytes) body = hth_sync_manifest_page_encode(page);
    if (!send(self, HTH_SYNC_ROUTE_MANIFEST, body, error))
        return FALSE;
    if (page->is_last)
        hth_sync_device_enter(self, HTH_SYNC_PHASE_ASK);
    else
        self->walk_from = last_item(page->held) + 1;
    return TRUE;
}

/* ---- Layouts ---- */

static gboolean send_layout(HthSyncDevice *self, const HthSyncHeld *held, GError **error)
{
    GError *local = NULL;
    g_autoptr(HthByteSource) source = hth_folder_byte_source(self->env, held->path, &local);
    g_autoptr(HthLayout) layout =
        source != NULL
            ? hth_layout_read(source, hth_media_format_from_name(held->path), NULL, NULL, &local)
            : NULL;
    if (layout == NULL) {
        return hth_folder_pass_over(local, error); /* the home sends the file whole */
    }
    g_autoptr(HthSyncLayout) message = hth_sync_layout_new();
    message->item = held->item;
    message->hash = layout->file_digest;
    message->layout = hth_layout_encode(layout);
    if (g_bytes_get_size(message->layout) > HTH_SYNC_LAYOUT_MAX_BYTES)
        return TRUE;
    g_autoptr(GBytes) body = hth_sync_layout_encode(message);
    return send(self, HTH_SYNC_ROUTE_LAYOUT, body, error);
}

gboolean hth_sync_step_layouts(HthSyncDevice *self, GError **error)
{
    const GArray *items = self->answer->layout_items;
    if (self->layout_index < items->len) {
        const guint64 item = g_array_index(items, guint64, self->layout_index++);
        gboolean is_held = FALSE;
        g_auto(HthSyncHeld) held = { 0 };
        return hth_device_store_find(self->store, item, &is_held, &held, error) &&
               (!is_held || send_layout(self, &held, error));
    }
    if (self->answer->operations->len == 0) {
        hth_sync_device_enter(self, HTH_SYNC_PHASE_ASK);
        return TRUE;
    }
    self->work = hth_work_new(self->answer->operations->len);
    hth_sync_device_enter(self, HTH_SYNC_PHASE_WORK);
    return TRUE;
}

/* ---- Wiping ---- */

static gboolean wipe_own_file(const char *name, const HthSyncStat *stat, gpointer data)
{
    g_ptr_array_add(data, g_strdup(name));
    return TRUE;
}

static void wipe_own_dir(const HthSyncEnv *env, const char *dir)
{
    g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
    if (!env->funcs->list(env->data, dir, wipe_own_file, names, NULL))
        return;
    /* What cannot be removed is none of anybody's secrets: temporary files, and this list. */
    for (guint i = 0; i < names->len; i++) {
        g_autofree char *path = g_strconcat(dir, "/", g_ptr_array_index(names, i), NULL);
        (void)env->funcs->unlink(env->data, path, NULL);
    }
    (void)env->funcs->remove_dir(env->data, dir, NULL);
}

static gboolean end_wipe(HthSyncDevice *self, GError **error)
{
    static const char *const dirs[] = { HTH_APPLY_TMP_DIR, HTH_APPLY_UNDO_DIR,
                                        HTH_DEVICE_OWN_DIR "/pictures", HTH_DEVICE_OWN_DIR "/inbox",
                                        HTH_DEVICE_OWN_DIR };
    g_clear_pointer(&self->apply, hth_apply_free);
    g_clear_pointer(&self->store, hth_device_store_free);
    for (guint i = 0; i < G_N_ELEMENTS(dirs); i++)
        wipe_own_dir(self->env, dirs[i]);
    self->is_wiped = TRUE;
    self->wait = HTH_SYNC_WAITS_VOLUME;
    hth_sync_device_enter(self, HTH_SYNC_PHASE_IDLE);
    return self->env->funcs->sync_dir(self->env->data, "", error);
}

gboolean hth_sync_step_wipe(HthSyncDevice *self, GError **error)
{
    g_autoptr(GArray) files = hth_device_store_list(self->store, 0, WALK_FILES, error);
    if (files == NULL)
        return FALSE;
    if (files->len == 0)
        return end_wipe(self, error);
    for (guint i = 0; i < files->len; i++) {
        const HthSyncHeld *held = &g_array_index(files, HthSyncHeld, i);
        if (!hth_folder_unlink(self->env, held->path, error))
            return FALSE;
        g_autofree char *dir = hth_device_path_parent(held->path);
        while (dir[0] != '\0' && self->env->funcs->remove_dir(self->env->data, dir, NULL)) {
            char *parent = hth_device_path_parent(dir);
            g_free(dir);
            dir = parent;
        }
        hth_device_store_drop(self->store, held->item);
    }
    return hth_device_store_commit(self->store, TRUE, error);
}
