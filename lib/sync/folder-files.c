/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync/folder-files.h"

#include "base/error.h"
#include "sync/device-path.h"

#define BUFFER_BYTES (256 * 1024)

gboolean hth_folder_is_lost(const GError *error)
{
    return g_error_matches(error, HTH_ERROR, HTH_ERROR_CANCELLED) ||
           g_error_matches(error, G_FILE_ERROR, G_FILE_ERROR_IO) ||
           g_error_matches(error, G_FILE_ERROR, G_FILE_ERROR_ROFS) ||
           g_error_matches(error, G_FILE_ERROR, G_FILE_ERROR_NODEV) ||
           g_error_matches(error, G_FILE_ERROR, G_FILE_ERROR_NXIO) ||
           g_error_matches(error, G_FILE_ERROR, G_FILE_ERROR_BADF);
}

gboolean hth_folder_pass_over(GError *local, GError **error)
{
    if (hth_folder_is_lost(local)) {
        g_propagate_error(error, local);
        return FALSE;
    }
    g_clear_error(&local);
    return TRUE;
}

gboolean hth_folder_not_found(const GError *error)
{
    return g_error_matches(error, G_FILE_ERROR, G_FILE_ERROR_NOENT) ||
           g_error_matches(error, G_FILE_ERROR, G_FILE_ERROR_NOTDIR);
}

/* TRUE, without the error, when @local only says that nothing is there. */
static gboolean forgive_missing(GError *local, GError **error)
{
    if (hth_folder_not_found(local)) {
        g_error_free(local);
        return TRUE;
    }
    g_propagate_error(error, local);
    return FALSE;
}

gboolean hth_folder_stat(const HthSyncEnv *env, const char *path, gboolean *out_found,
                         HthSyncStat *out_stat, GError **error)
{
    GError *local = NULL;
    *out_found = env->funcs->stat(env->data, path, out_stat, &local);
    return *out_found || forgive_missing(local, error);
}

gboolean hth_folder_unlink(const HthSyncEnv *env, const char *path, GError **error)
{
    GError *local = NULL;
    return env->funcs->unlink(env->data, path, &local) || forgive_missing(local, error);
}

gboolean hth_folder_make_dirs(const HthSyncEnv *env, const char *path, GHashTable *touched,
                              GError **error)
{
    if (path[0] == '\0')
        return TRUE;
    HthSyncStat stat;
    gboolean is_found = FALSE;
    if (!hth_folder_stat(env, path, &is_found, &stat, error))
        return FALSE;
    if (is_found && stat.kind == HTH_SYNC_KIND_DIR)
        return TRUE;
    if (is_found) {
        g_set_error_literal(error, G_FILE_ERROR, G_FILE_ERROR_NOTDIR, "a file is in the way");
        return FALSE;
    }
    g_autofree char *parent = hth_device_path_parent(path);
    if (!hth_folder_make_dirs(env, parent, touched, error) ||
        !env->funcs->make_dir(env->data, path, error))
        return FALSE;
    if (touched == NULL)
        return env->funcs->sync_dir(env->data, parent, error);
    g_hash_table_add(touched, g_steal_pointer(&parent));
    return TRUE;
}

gboolean hth_folder_digest_range(const HthSyncEnv *env, HthSyncFile *file, guint64 offset,
                                 guint64 length, HthDigester *digester, GError **error)
{
    g_autofree guint8 *buffer = g_malloc(BUFFER_BYTES);
    while (length > 0) {
        gsize n_read = 0;
        if (!env->funcs->read(env->data, file, offset, buffer, (gsize)MIN(length, BUFFER_BYTES),
                              &n_read, error) ||
            n_read == 0)
            return FALSE;
        hth_digester_add(digester, buffer, n_read);
        offset += n_read;
        length -= n_read;
    }
    return TRUE;
}

gboolean hth_folder_digest(const HthSyncEnv *env, const char *path, HthDigest *out_digest,
                           guint64 *out_size, GError **error)
{
    HthSyncFile *file = env->funcs->open(env->data, path, HTH_SYNC_OPEN_READ, error);
    if (file == NULL)
        return FALSE;
    g_autoptr(HthDigester) digester = hth_digester_new();
    GError *local = NULL;
    gboolean is_read = env->funcs->size(env->data, file, out_size, &local) &&
                       hth_folder_digest_range(env, file, 0, *out_size, digester, &local);
    env->funcs->close(env->data, file);
    if (!is_read && local == NULL)
        g_set_error_literal(&local, HTH_ERROR, HTH_ERROR_CHANGED, "the file became shorter");
    if (local != NULL)
        g_propagate_error(error, local);
    hth_digester_finish(digester, out_digest);
    return is_read;
}

static GBytes *read_open(const HthSyncEnv *env, HthSyncFile *file, gsize max, GError **error)
{
    guint64 size = 0;
    if (!env->funcs->size(env->data, file, &size, error))
        return NULL;
    if (size > max) {
        g_set_error_literal(error, HTH_ERROR, HTH_ERROR_TOO_LARGE, "the file is too large");
        return NULL;
    }
    g_autofree guint8 *bytes = g_malloc((gsize)size + 1);
    gsize n_read = 0;
    if (!env->funcs->read(env->data, file, 0, bytes, (gsize)size, &n_read, error))
        return NULL;
    return g_bytes_new_take(g_steal_pointer(&bytes), n_read);
}

GBytes *hth_folder_read(const HthSyncEnv *env, const char *path, gsize max, GError **error)
{
    HthSyncFile *file = env->funcs->open(env->data, path, HTH_SYNC_OPEN_READ, error);
    if (file == NULL)
        return NULL;
    GBytes *bytes = read_open(env, file, max, error);
    env->funcs->close(env->data, file);
    return bytes;
}

static gboolean write_synced(const HthSyncEnv *env, const char *path, GBytes *bytes, GError **error)
{
    HthSyncFile *file = env->funcs->open(env->data, path, HTH_SYNC_OPEN_CREATE, error);
    if (file == NULL)
        return FALSE;
    const gboolean is_done = env->funcs->write(env->data, file, 0, g_bytes_get_data(bytes, NULL),
                                               g_bytes_get_size(bytes), error) &&
                             env->funcs->sync(env->data, file, error);
    env->funcs->close(env->data, file);
    return is_done;
}

gboolean hth_folder_write(const HthSyncEnv *env, const char *path, GBytes *bytes, GError **error)
{
    g_autofree char *tmp = g_strconcat(path, ".new", NULL);
    g_autofree char *parent = hth_device_path_parent(path);
    return write_synced(env, tmp, bytes, error) &&
           env->funcs->rename(env->data, tmp, path, error) &&
           env->funcs->sync_dir(env->data, parent, error);
}

static gboolean copy_bytes(const HthSyncEnv *env, HthSyncFile *from, HthSyncFile *to,
                           GError **error)
{
    g_autofree guint8 *buffer = g_malloc(BUFFER_BYTES);
    guint64 offset = 0;
    gsize n_read = 0;
    do {
        if (!env->funcs->read(env->data, from, offset, buffer, BUFFER_BYTES, &n_read, error) ||
            (n_read > 0 && !env->funcs->write(env->data, to, offset, buffer, n_read, error)))
            return FALSE;
        offset += n_read;
    } while (n_read > 0);
    return env->funcs->sync(env->data, to, error);
}

gboolean hth_folder_copy(const HthSyncEnv *env, const char *from, const char *tmp, const char *to,
                         GError **error)
{
    HthSyncFile *source = env->funcs->open(env->data, from, HTH_SYNC_OPEN_READ, error);
    if (source == NULL)
        return FALSE;
    HthSyncFile *copy = env->funcs->open(env->data, tmp, HTH_SYNC_OPEN_CREATE, error);
    const gboolean is_copied = copy != NULL && copy_bytes(env, source, copy, error);
    env->funcs->close(env->data, source);
    env->funcs->close(env->data, copy);
    g_autofree char *parent = hth_device_path_parent(to);
    const gboolean is_done = is_copied && env->funcs->rename(env->data, tmp, to, error) &&
                             env->funcs->sync_dir(env->data, parent, error);
    if (!is_copied && copy != NULL) /* on a full card its room is wanted back */
        (void)env->funcs->unlink(env->data, tmp, NULL);
    return is_done;
}

/* ---- For lib/media ---- */

typedef struct {
    const HthSyncEnv *env;
    HthSyncFile *file;
} OpenSource;

static gboolean source_read(gpointer data, guint64 offset, guint8 *buffer, gsize n, GError **error)
{
    const OpenSource *self = data;
    gsize n_read = 0;
    if (!self->env->funcs->read(self->env->data, self->file, offset, buffer, n, &n_read, error))
        return FALSE;
    if (n_read == n)
        return TRUE;
    g_set_error_literal(error, HTH_ERROR, HTH_ERROR_CORRUPT, "the file became shorter");
    return FALSE;
}

static void source_close(gpointer data)
{
    OpenSource *self = data;
    self->env->funcs->close(self->env->data, self->file);
    g_free(self);
}

HthByteSource *hth_folder_byte_source(const HthSyncEnv *env, const char *path, GError **error)
{
    HthSyncFile *file = env->funcs->open(env->data, path, HTH_SYNC_OPEN_READ, error);
    guint64 size = 0;
    if (file == NULL)
        return NULL;
    if (!env->funcs->size(env->data, file, &size, error)) {
        env->funcs->close(env->data, file);
        return NULL;
    }
    OpenSource *open_source = g_new(OpenSource, 1);
    *open_source = (OpenSource){ env, file };
    return hth_byte_source_new(size, source_read, open_source, source_close);
}
