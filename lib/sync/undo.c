/* SPDX-License-Identifier: GPL-3.0-or-later */
/* An undo image: [magic, count, (u64 offset, blob)…, CRC-32C of all before it]. */
#include <string.h>

#include "base/crc32c.h"
#include "base/error.h"
#include "base/wire.h"
#include "media/recipe.h"
#include "sync/apply-private.h"

#define MAGIC     0x31554854u /* "THU1" */
#define MAX_BYTES (HTH_RECIPE_IN_PLACE_MAX + 1024 * 1024)

char *hth_undo_path(guint64 sequence)
{
    return g_strdup_printf(HTH_APPLY_UNDO_DIR "/%016" G_GINT64_MODIFIER "x", sequence);
}

static gboolean read_old(const HthSyncEnv *env, HthSyncFile *file, const GArray *patches,
                         GByteArray *image, GError **error)
{
    for (guint i = 0; i < patches->len; i++) {
        const HthRecipePatch *patch = &g_array_index(patches, HthRecipePatch, i);
        const gsize size = g_bytes_get_size(patch->bytes);
        g_autofree guint8 *old = g_malloc(size + 1);
        gsize n_read = 0;
        if (!env->funcs->read(env->data, file, patch->offset, old, size, &n_read, error))
            return FALSE;
        if (n_read != size) {
            g_set_error_literal(error, HTH_ERROR, HTH_ERROR_CHANGED, "the file became shorter");
            return FALSE;
        }
        hth_wire_write_u64(image, patch->offset);
        hth_wire_write_blob(image, old, size);
    }
    return TRUE;
}

static GByteArray *image_of(const HthSyncEnv *env, const char *path, const GArray *patches,
                            GError **error)
{
    HthSyncFile *file = env->funcs->open(env->data, path, HTH_SYNC_OPEN_READ, error);
    if (file == NULL)
        return NULL;
    g_autoptr(GByteArray) image = g_byte_array_new();
    hth_wire_write_u32(image, MAGIC);
    hth_wire_write_u32(image, patches->len);
    const gboolean is_read = read_old(env, file, patches, image, error);
    env->funcs->close(env->data, file);
    if (!is_read)
        return NULL;
    hth_wire_write_u32(image, hth_crc32c(0, image->data, image->len));
    return g_steal_pointer(&image);
}

HthSyncFile *hth_undo_write(const HthSyncEnv *env, const char *undo, const char *path,
                            const GArray *patches, guint64 *out_bytes, GError **error)
{
    g_autoptr(GByteArray) image = image_of(env, path, patches, error);
    if (image == NULL)
        return NULL;
    HthSyncFile *file = env->funcs->open(env->data, undo, HTH_SYNC_OPEN_CREATE, error);
    if (file == NULL)
        return NULL;
    if (!env->funcs->write(env->data, file, 0, image->data, image->len, error)) {
        env->funcs->close(env->data, file);
        return NULL;
    }
    *out_bytes = image->len;
    return file;
}

static gboolean image_is_whole(GBytes *image)
{
    gsize size = 0;
    const guint8 *bytes = g_bytes_get_data(image, &size);
    if (size < 12)
        return FALSE;
    HthWireReader head = HTH_WIRE_READER(bytes, size);
    HthWireReader tail = HTH_WIRE_READER(bytes + size - 4, 4);
    return hth_wire_read_u32(&head) == MAGIC &&
           hth_wire_read_u32(&tail) == hth_crc32c(0, bytes, size - 4);
}

static gboolean write_back(const HthSyncEnv *env, HthSyncFile *file, GBytes *image, GError **error)
{
    HthWireReader reader =
        HTH_WIRE_READER(g_bytes_get_data(image, NULL), g_bytes_get_size(image) - 4);
    (void)hth_wire_read_u32(&reader);
    const guint32 count = hth_wire_read_u32(&reader);
    for (guint32 i = 0; i < count && !reader.has_failed; i++) {
        const guint64 offset = hth_wire_read_u64(&reader);
        gsize size = 0;
        const guint8 *old = hth_wire_read_blob(&reader, MAX_BYTES, &size);
        if (reader.has_failed)
            break;
        if (!env->funcs->write(env->data, file, offset, old, size, error))
            return FALSE;
    }
    return env->funcs->sync(env->data, file, error);
}

gboolean hth_undo_restore(const HthSyncEnv *env, const char *undo, const char *path,
                          gboolean *out_is_whole, GError **error)
{
    *out_is_whole = FALSE;
    GError *local = NULL;
    g_autoptr(GBytes) image = hth_folder_read(env, undo, MAX_BYTES, &local);
    if (image == NULL) {
        if (hth_folder_not_found(local)) {
            g_error_free(local);
            return TRUE;
        }
        g_propagate_error(error, local);
        return FALSE;
    }
    if (!image_is_whole(image))
        return TRUE;
    HthSyncFile *file = env->funcs->open(env->data, path, HTH_SYNC_OPEN_WRITE, &local);
    if (file == NULL) {
        if (hth_folder_not_found(local)) {
            g_error_free(local);
            return TRUE;
        }
        g_propagate_error(error, local);
        return FALSE;
    }
    *out_is_whole = write_back(env, file, image, error);
    env->funcs->close(env->data, file);
    return *out_is_whole;
}

gboolean hth_undo_patch(const HthSyncEnv *env, const char *path, const GArray *patches,
                        GError **error)
{
    HthSyncFile *file = env->funcs->open(env->data, path, HTH_SYNC_OPEN_WRITE, error);
    if (file == NULL)
        return FALSE;
    gboolean is_done = TRUE;
    for (guint i = 0; i < patches->len && is_done; i++) {
        const HthRecipePatch *patch = &g_array_index(patches, HthRecipePatch, i);
        is_done =
            env->funcs->write(env->data, file, patch->offset, g_bytes_get_data(patch->bytes, NULL),
                              g_bytes_get_size(patch->bytes), error);
    }
    is_done = is_done && env->funcs->sync(env->data, file, error);
    env->funcs->close(env->data, file);
    return is_done;
}
