/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "uploader.h"

#include <string.h>

#include "base/error.h"
#include "media/media-type.h"
#include "sync/folder-files.h"
#include "sync/message.h"

#define SLICE_BYTES (1024 * 1024)
#define MAX_DEPTH   16

/* A folder of a camera has thousands; what is beyond waits for the next time. */
#define MAX_NAMES 100000

typedef struct {
    const HthSyncEnv *env;
    gboolean frees;
    HthUploadCounts *counts;
} Uploader;

typedef struct {
    char *path;
    HthSyncStat stat;
} Found;

static void found_free(gpointer data)
{
    Found *found = data;
    g_free(found->path);
    g_free(found);
}

typedef struct {
    const char *dir;
    GPtrArray *found;
} Listing;

/* Names with a dot in front are thumbnails, trash and half-written photos. */
static gboolean on_name(const char *name, const HthSyncStat *stat, gpointer data)
{
    Listing *self = data;
    const gboolean is_media =
        stat->kind == HTH_SYNC_KIND_DIR || hth_media_format_from_name(name) != HTH_FORMAT_UNKNOWN;
    if (name[0] == '.' || stat->kind == HTH_SYNC_KIND_OTHER || !is_media)
        return TRUE;
    Found *found = g_new(Found, 1);
    found->path = self->dir[0] != '\0' ? g_strconcat(self->dir, "/", name, NULL) : g_strdup(name);
    found->stat = *stat;
    g_ptr_array_add(self->found, found);
    return self->found->len < MAX_NAMES;
}

static gboolean exchange(Uploader *self, const HthSyncUpload *upload, HthSyncUploadAnswer **out,
                         GError **error)
{
    g_autoptr(GBytes) body = hth_sync_upload_encode(upload);
    g_autoptr(GBytes) bytes = NULL;
    guint status = 0;
    if (!self->env->funcs->exchange(self->env->data, HTH_SYNC_ROUTE_UPLOAD, body, 65536, &status,
                                    &bytes, error))
        return FALSE;
    if (status != 200) {
        g_set_error(error, HTH_ERROR, HTH_ERROR_REFUSED,
                    "the home takes nothing from this device: status %u", status);
        return FALSE;
    }
    *out = hth_sync_upload_answer_decode(bytes, error);
    return *out != NULL;
}

static GBytes *slice_at(Uploader *self, HthSyncFile *file, guint64 offset, guint64 size,
                        GError **error)
{
    const gsize wanted = (gsize)MIN(SLICE_BYTES, size - offset);
    g_autofree guint8 *buffer = g_malloc(wanted + 1);
    gsize n_read = 0;
    if (!self->env->funcs->read(self->env->data, file, offset, buffer, wanted, &n_read, error))
        return NULL;
    return g_bytes_new_take(g_steal_pointer(&buffer), n_read);
}

/* Sends slices until the home has all. *out_stored FALSE: it refused, or the file changed. */
static gboolean send_slices(Uploader *self, HthSyncFile *file, HthSyncUpload *upload,
                            gboolean *out_stored, GError **error)
{
    *out_stored = FALSE;
    for (guint64 last = G_MAXUINT64;;) {
        g_autoptr(HthSyncUploadAnswer) answer = NULL;
        if (!exchange(self, upload, &answer, error))
            return FALSE;
        *out_stored = answer->is_stored;
        if (answer->is_stored)
            return TRUE;
        if (answer->status != HTH_SYNC_OK || answer->have_bytes > upload->size ||
            answer->have_bytes == last) {
            g_free(self->counts->refusal);
            self->counts->refusal =
                g_strdup(answer->sentence != NULL ? answer->sentence : "it did not get on");
            self->counts->n_refused++;
            return TRUE;
        }
        last = answer->have_bytes;
        upload->offset = answer->have_bytes;
        g_bytes_unref(upload->slice);
        upload->slice = slice_at(self, file, upload->offset, upload->size, error);
        if (upload->slice == NULL)
            return FALSE;
        self->counts->bytes_sent += g_bytes_get_size(upload->slice);
    }
}

/* Only what is still the file that was stored. */
static gboolean free_file(Uploader *self, const Found *found, GError **error)
{
    HthSyncStat stat;
    gboolean is_there = FALSE;
    if (!hth_folder_stat(self->env, found->path, &is_there, &stat, error))
        return FALSE;
    if (!is_there || stat.size != found->stat.size || stat.mtime_us != found->stat.mtime_us)
        return TRUE;
    self->counts->n_freed++;
    return hth_folder_unlink(self->env, found->path, error);
}

static gboolean upload_open(Uploader *self, const Found *found, HthSyncFile *file, GError **error)
{
    g_autoptr(HthSyncUpload) upload = hth_sync_upload_new();
    g_autoptr(HthDigester) digester = hth_digester_new();
    GError *local = NULL;
    upload->size = found->stat.size;
    upload->mtime_ms = found->stat.mtime_us / 1000;
    upload->name = g_strdup(found->path);
    upload->slice = g_bytes_new_static("", 0);
    if (!hth_folder_digest_range(self->env, file, 0, upload->size, digester, &local)) {
        if (local == NULL)
            return TRUE; /* it became shorter: next time */
        g_propagate_error(error, local);
        return FALSE;
    }
    hth_digester_finish(digester, &upload->hash);
    gboolean is_stored = FALSE;
    const guint64 before = self->counts->bytes_sent;
    if (!send_slices(self, file, upload, &is_stored, error))
        return FALSE;
    self->counts->n_stored += is_stored;
    self->counts->n_sent += is_stored && self->counts->bytes_sent > before;
    return !is_stored || !self->frees || free_file(self, found, error);
}

static gboolean upload_file(Uploader *self, const Found *found, GError **error)
{
    GError *local = NULL;
    self->counts->n_files++;
    HthSyncFile *file =
        self->env->funcs->open(self->env->data, found->path, HTH_SYNC_OPEN_READ, &local);
    if (file == NULL)
        return hth_folder_pass_over(local, error);
    const gboolean is_done = upload_open(self, found, file, error);
    self->env->funcs->close(self->env->data, file);
    return is_done;
}

static gboolean upload_dir(Uploader *self, const char *dir, guint depth, GError **error)
{
    g_autoptr(GPtrArray) found = g_ptr_array_new_with_free_func(found_free);
    Listing listing = { dir, found };
    if (!self->env->funcs->list(self->env->data, dir, on_name, &listing, error))
        return FALSE;
    for (guint i = 0; i < found->len; i++) {
        const Found *each = g_ptr_array_index(found, i);
        const gboolean is_done =
            each->stat.kind == HTH_SYNC_KIND_FILE
                ? upload_file(self, each, error)
                : depth >= MAX_DEPTH || upload_dir(self, each->path, depth + 1, error);
        if (!is_done)
            return FALSE;
    }
    return TRUE;
}

gboolean hth_upload_folder(const HthSyncEnv *env, gboolean frees, HthUploadCounts *counts,
                           GError **error)
{
    Uploader uploader = { env, frees, counts };
    return upload_dir(&uploader, "", 0, error);
}
