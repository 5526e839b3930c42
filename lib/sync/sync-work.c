/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Does the operations of an answer, in their order. */
#include "base/error.h"
#include "sync/sync-device-private.h"

#define SMALL_BUFFER_BYTES (64 * 1024)

HthSyncOperation *hth_sync_operation_at(HthSyncDevice *self, guint index)
{
    return &g_array_index(self->answer->operations, HthSyncOperation, index);
}

HthWork *hth_work_at(HthSyncDevice *self, guint index)
{
    return &g_array_index(self->work, HthWork, index);
}

static void work_clear(HthWork *work)
{
    g_clear_pointer(&work->sentence, g_free);
}

GArray *hth_work_new(guint n_operations)
{
    GArray *work = g_array_sized_new(FALSE, TRUE, sizeof(HthWork), n_operations);
    g_array_set_clear_func(work, (GDestroyNotify)work_clear);
    g_array_set_size(work, n_operations);
    return work;
}

void hth_work_close(HthSyncDevice *self)
{
    for (guint i = 0; self->work != NULL && i < self->work->len; i++)
        self->env->funcs->close(self->env->data, g_steal_pointer(&hth_work_at(self, i)->file));
    g_clear_pointer(&self->work, g_array_unref);
    g_clear_pointer(&self->answer, hth_sync_answer_free);
    self->index = 0;
}

/* ---- One operation ---- */

static gboolean refuse(HthSyncDevice *self, const HthSyncOperation *operation, HthSyncStatus status,
                       const char *sentence, GError **error)
{
    return hth_apply_add_result(self->apply, operation->sequence, status, NULL, sentence, error);
}

/* As @local says; a lost folder ends the session instead. Takes @local. */
static gboolean refuse_for(HthSyncDevice *self, const HthSyncOperation *operation, GError *local,
                           GError **error)
{
    if (hth_folder_is_lost(local)) {
        g_propagate_error(error, local);
        return FALSE;
    }
    const HthSyncStatus status = g_error_matches(local, G_FILE_ERROR, G_FILE_ERROR_NOSPC)
                                     ? HTH_SYNC_NO_SPACE
                                     : HTH_SYNC_FAILED;
    const gboolean is_noted = refuse(self, operation, status, local->message, error);
    g_error_free(local);
    return is_noted;
}

static gboolean copy_source(HthSyncDevice *self, HthByteSource *source, HthSyncFile *file,
                            HthDigest *out_digest, GError **error)
{
    g_autoptr(HthDigester) digester = hth_digester_new();
    g_autofree guint8 *buffer = g_malloc(SMALL_BUFFER_BYTES);
    const guint64 size = hth_byte_source_size(source);
    for (guint64 at = 0; at < size;) {
        const gsize n = (gsize)MIN(size - at, SMALL_BUFFER_BYTES);
        if (!hth_byte_source_read(source, at, buffer, n, error) ||
            !self->env->funcs->write(self->env->data, file, at, buffer, n, error))
            return FALSE;
        hth_digester_add(digester, buffer, n);
        at += n;
    }
    self->bytes_written += size;
    hth_digester_finish(digester, out_digest);
    return TRUE;
}

/* Inline contents and cached pictures become files. */
static gboolean put_source(HthSyncDevice *self, const HthSyncOperation *operation,
                           HthByteSource *source, GError **error)
{
    g_autofree char *tmp =
        g_strdup_printf(HTH_APPLY_TMP_DIR "/s%016" G_GINT64_MODIFIER "x", operation->sequence);
    GError *local = NULL;
    HthSyncFile *file = self->env->funcs->open(self->env->data, tmp, HTH_SYNC_OPEN_CREATE, &local);
    if (file == NULL)
        return refuse_for(self, operation, local, error);
    HthDigest digest;
    if (!copy_source(self, source, file, &digest, &local)) {
        self->env->funcs->close(self->env->data, file);
        return refuse_for(self, operation, local, error);
    }
    if (!hth_digest_is_zero(&operation->new_hash) &&
        !hth_digest_equal(&digest, &operation->new_hash)) {
        self->env->funcs->close(self->env->data, file);
        return refuse(self, operation, HTH_SYNC_MISMATCH, "the bytes are not those promised",
                      error);
    }
    return hth_apply_add_file(self->apply, operation, tmp, file, &digest,
                              hth_byte_source_size(source), error);
}

static gboolean put(HthSyncDevice *self, const HthSyncOperation *operation, GError **error)
{
    if (operation->content != NULL) {
        g_autoptr(HthByteSource) source = hth_byte_source_new_for_bytes(operation->content);
        return put_source(self, operation, source, error);
    }
    if (operation->kind == HTH_SYNC_ART) {
        g_autofree char *path = hth_picture_path(&operation->new_hash);
        GError *local = NULL;
        g_autoptr(HthByteSource) source = hth_folder_byte_source(self->env, path, &local);
        return source != NULL ? put_source(self, operation, source, error)
                              : refuse_for(self, operation, local, error);
    }
    HthWork *work = hth_work_at(self, self->index);
    g_autofree char *name = hth_apply_tmp_name(operation->item, operation->revision);
    g_autofree char *tmp = g_strconcat(HTH_APPLY_TMP_DIR "/", name, NULL);
    return hth_apply_add_file(self->apply, operation, tmp, g_steal_pointer(&work->file),
                              &work->digest, work->size, error);
}

static gboolean execute(HthSyncDevice *self, const HthSyncOperation *operation, GError **error)
{
    switch (operation->kind) {
    case HTH_SYNC_RETAG:
        return hth_retag(self, operation, error);
    case HTH_SYNC_MOVE:
    case HTH_SYNC_REMOVE:
        return hth_apply_add_name(self->apply, operation, error);
    default:
        return put(self, operation, error);
    }
}

/* ---- In order ---- */

static gboolean is_put(const HthSyncOperation *operation)
{
    return operation->kind == HTH_SYNC_PUT || operation->kind == HTH_SYNC_ART ||
           operation->kind == HTH_SYNC_PLAYLIST;
}

/* Looks at the operation for the first time. *out_ended: there is nothing more to do for it. */
static gboolean look_at(HthSyncDevice *self, HthWork *work, const HthSyncOperation *operation,
                        gboolean *out_ended, GError **error)
{
    HthApplyVerdict verdict;
    g_auto(HthSyncHeld) held = { 0 };
    *out_ended = FALSE;
    g_free(self->path);
    self->path = g_strdup(operation->path);
    if (!hth_apply_check(self->apply, operation, &verdict, &held, error))
        return FALSE;
    *out_ended = verdict != HTH_APPLY_GO;
    if (*out_ended)
        return TRUE;
    if (is_put(operation) && held.path == NULL &&
        !hth_apply_adopt(self->apply, operation, out_ended, error))
        return FALSE;
    if (work->state == HTH_WORK_NEW)
        work->state = HTH_WORK_CHECKED;
    return TRUE;
}

/* Whether all bytes for the operation are here. */
static gboolean has_all(HthSyncDevice *self, HthWork *work, gboolean *out_has, GError **error)
{
    *out_has = work->state >= HTH_WORK_FETCHED;
    if (*out_has)
        return TRUE;
    g_autoptr(GArray) parts = hth_fetch_parts_new();
    if (!hth_fetch_needs(self, self->index, parts, error))
        return FALSE;
    *out_has = parts->len == 0;
    return TRUE;
}

static void next_operation(HthSyncDevice *self)
{
    HthWork *work = hth_work_at(self, self->index);
    self->env->funcs->close(self->env->data, g_steal_pointer(&work->file));
    self->index++;
}

/* *out_blocked: it needs data that is not here. */
static gboolean run_one(HthSyncDevice *self, gboolean *out_blocked, GError **error)
{
    const HthSyncOperation *operation = hth_sync_operation_at(self, self->index);
    HthWork *work = hth_work_at(self, self->index);
    gboolean is_ended = FALSE;
    *out_blocked = FALSE;
    if (work->state != HTH_WORK_CHECKED && !look_at(self, work, operation, &is_ended, error))
        return FALSE;
    if (!is_ended && work->state == HTH_WORK_FAILED) {
        if (!refuse(self, operation, work->status, work->sentence, error))
            return FALSE;
        is_ended = TRUE;
    }
    gboolean has = FALSE;
    if (!is_ended && !has_all(self, work, &has, error))
        return FALSE;
    *out_blocked = !is_ended && !has;
    if (*out_blocked)
        return TRUE;
    if (!is_ended && !execute(self, operation, error))
        return FALSE;
    next_operation(self);
    return TRUE;
}

gboolean hth_work_run_ready(HthSyncDevice *self, GError **error)
{
    /* Only what the stream has brought: the next one in the way may wait for its own turn. */
    while (self->index < self->answer->operations->len) {
        gboolean is_blocked = FALSE;
        if (!run_one(self, &is_blocked, error))
            return FALSE;
        if (is_blocked)
            return TRUE;
    }
    return TRUE;
}

gboolean hth_sync_may_fetch(HthSyncDevice *self)
{
    const guint conditions =
        self->env->funcs->conditions != NULL ? self->env->funcs->conditions(self->env->data) : 0;
    const guint demands = self->answer != NULL ? self->answer->demands : 0;
    if ((conditions & HTH_SYNC_ON_BATTERY) != 0 &&
        (self->options.only_on_power || (demands & HTH_SYNC_ONLY_ON_POWER) != 0))
        self->wait = HTH_SYNC_WAITS_POWER;
    else if ((conditions & HTH_SYNC_METERED) != 0 &&
             (self->options.only_unmetered || (demands & HTH_SYNC_ONLY_UNMETERED) != 0))
        self->wait = HTH_SYNC_WAITS_METERED;
    else if (self->options.byte_budget > 0 &&
             self->bytes_fetched - self->session_from >= self->options.byte_budget)
        self->wait = HTH_SYNC_WAITS_BUDGET;
    else
        self->wait = HTH_SYNC_WAITS_NOT;
    return self->wait == HTH_SYNC_WAITS_NOT;
}

/* Ends the work for now: what is done is told first. */
static gboolean stop_working(HthSyncDevice *self, GError **error)
{
    const gboolean has_to_wait = self->wait != HTH_SYNC_WAITS_NOT && self->index == 0;
    if (!hth_fetch_end(self, error) || !hth_apply_commit(self->apply, error))
        return FALSE;
    hth_work_close(self);
    if (has_to_wait) {
        hth_sync_device_enter(self, HTH_SYNC_PHASE_IDLE);
        return TRUE;
    }
    /* What could not be done may be for want of a file: the home must hear that it is missing, or
     * it plans the same again. */
    const guint64 n_refused = hth_apply_n_refused(self->apply);
    hth_sync_device_enter(self, n_refused > self->refused_looked ? HTH_SYNC_PHASE_SCAN
                                                                 : HTH_SYNC_PHASE_ASK);
    self->refused_looked = n_refused;
    return TRUE;
}

gboolean hth_sync_step_work(HthSyncDevice *self, GError **error)
{
    if (self->fetch != NULL && hth_sync_may_fetch(self))
        return hth_fetch_pump(self, error);
    if (self->fetch != NULL || self->index >= self->answer->operations->len)
        return stop_working(self, error);
    gboolean is_blocked = FALSE;
    if (!run_one(self, &is_blocked, error))
        return FALSE;
    if (!is_blocked)
        return TRUE;
    return hth_sync_may_fetch(self) ? hth_fetch_begin(self, error) : stop_working(self, error);
}
