/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Applies a recipe: into a temporary file, or as a few patches in place. */
#include <string.h>

#include "base/error.h"
#include "media/recipe.h"
#include "sync/sync-device-private.h"

/* Where the bytes that a recipe lacks were put: pictures in their cache, ranges one after another
 * in a file of the operation. */
typedef struct {
    HthSyncDevice *device;
    const HthSyncOperation *operation;
    GArray *needs;      /* (element HthNeed) */
    const char *ranges; /* path of what was fetched of the new file */
    HthSyncFile *out;   /* NULL: only the digest is wanted */
    guint64 written;
    HthDigester *digester;
} Retag;

static gboolean read_at(HthSyncDevice *self, const char *path, guint64 offset, guint8 *buffer,
                        gsize n, GError **error)
{
    HthSyncFile *file = self->env->funcs->open(self->env->data, path, HTH_SYNC_OPEN_READ, error);
    if (file == NULL)
        return FALSE;
    gsize n_read = 0;
    const gboolean is_read =
        self->env->funcs->read(self->env->data, file, offset, buffer, n, &n_read, error);
    self->env->funcs->close(self->env->data, file);
    if (is_read && n_read != n) {
        g_set_error_literal(error, HTH_ERROR, HTH_ERROR_CORRUPT, "fetched bytes are missing");
        return FALSE;
    }
    return is_read;
}

static guint64 range_position(const Retag *self, const HthNeed *need)
{
    guint64 position = 0;
    for (guint i = 0; i < self->needs->len; i++) {
        const HthNeed *other = &g_array_index(self->needs, HthNeed, i);
        if (other->kind != HTH_NEED_RANGE)
            continue;
        if (other->offset == need->offset && other->length == need->length)
            return position;
        position += other->length;
    }
    return G_MAXUINT64 / 2; /* reading there fails */
}

static gboolean on_fetch(const HthNeed *need, guint64 offset, guint8 *buffer, gsize n,
                         gpointer data, GError **error)
{
    const Retag *self = data;
    if (need->kind == HTH_NEED_PICTURE) {
        g_autofree char *path = hth_picture_path(&need->digest);
        return read_at(self->device, path, offset, buffer, n, error);
    }
    return read_at(self->device, self->ranges, range_position(self, need) + offset, buffer, n,
                   error);
}

static gboolean on_bytes(const guint8 *bytes, gsize n, gpointer data, GError **error)
{
    Retag *self = data;
    const HthSyncEnv *env = self->device->env;
    if (!env->funcs->write(env->data, self->out, self->written, bytes, n, error))
        return FALSE;
    hth_digester_add(self->digester, bytes, n);
    self->written += n;
    return TRUE;
}

/* The operation cannot be done; a folder that is lost ends the session instead. */
static gboolean refuse(Retag *self, GError *why, GError **error)
{
    if (hth_folder_is_lost(why)) {
        g_propagate_error(error, why);
        return FALSE;
    }
    const HthSyncStatus status =
        g_error_matches(why, G_FILE_ERROR, G_FILE_ERROR_NOSPC) ? HTH_SYNC_NO_SPACE
        : g_error_matches(why, HTH_ERROR, HTH_ERROR_CORRUPT)   ? HTH_SYNC_MISMATCH
                                                               : HTH_SYNC_FAILED;
    const gboolean is_noted = hth_apply_add_result(self->device->apply, self->operation->sequence,
                                                   status, NULL, why->message, error);
    g_error_free(why);
    return is_noted;
}

static gboolean refuse_outcome(Retag *self, GError **error)
{
    return refuse(self,
                  g_error_new_literal(HTH_ERROR, HTH_ERROR_CORRUPT,
                                      "the recipe does not lead to the file it promises"),
                  error);
}

static gboolean is_outcome(Retag *self, const HthDigest *digest)
{
    return hth_digest_equal(digest, &self->operation->new_hash) ||
           hth_sync_env_has_fault(self->device->env, HTH_SYNC_FAULT_NO_CHECKSUM);
}

static gboolean into_file(Retag *self, const HthRecipe *recipe, HthByteSource *old, GError **error)
{
    HthSyncDevice *device = self->device;
    const HthSyncEnv *env = device->env;
    g_autofree char *tmp = g_strdup_printf(HTH_APPLY_TMP_DIR "/r%016" G_GINT64_MODIFIER "x",
                                           self->operation->sequence);
    GError *local = NULL;
    self->out = env->funcs->open(env->data, tmp, HTH_SYNC_OPEN_CREATE, &local);
    if (self->out == NULL)
        return refuse(self, local, error);
    g_autoptr(HthDigester) digester = hth_digester_new();
    self->digester = digester;
    const gboolean is_made = hth_recipe_apply(recipe, old, on_fetch, on_bytes, self, &local);
    HthDigest digest;
    hth_digester_finish(digester, &digest);
    device->bytes_written += self->written;
    if (is_made && is_outcome(self, &digest))
        return hth_apply_add_file(device->apply, self->operation, tmp, self->out, &digest,
                                  self->written, error);
    env->funcs->close(env->data, self->out);
    (void)hth_folder_unlink(env, tmp, NULL); /* else swept at the next start */
    return is_made ? refuse_outcome(self, error) : refuse(self, local, error);
}

/* The digest that @old will have with @patches in it. */
static gboolean patched_digest(HthByteSource *old, const GArray *patches, HthDigest *out,
                               GError **error)
{
    g_autoptr(HthDigester) digester = hth_digester_new();
    g_autofree guint8 *buffer = g_malloc(256 * 1024);
    const guint64 size = hth_byte_source_size(old);
    guint next = 0;
    for (guint64 at = 0; at < size;) {
        const HthRecipePatch *patch =
            next < patches->len ? &g_array_index(patches, HthRecipePatch, next) : NULL;
        if (patch != NULL && patch->offset == at) {
            hth_digester_add(digester, g_bytes_get_data(patch->bytes, NULL),
                             g_bytes_get_size(patch->bytes));
            at += g_bytes_get_size(patch->bytes);
            next++;
            continue;
        }
        const guint64 end = patch != NULL && patch->offset > at ? MIN(patch->offset, size) : size;
        const gsize n = (gsize)MIN(end - at, 256 * 1024);
        if (!hth_byte_source_read(old, at, buffer, n, error))
            return FALSE;
        hth_digester_add(digester, buffer, n);
        at += n;
    }
    hth_digester_finish(digester, out);
    return TRUE;
}

static gboolean in_place(Retag *self, const HthRecipe *recipe, HthByteSource *old, GError **error)
{
    GError *local = NULL;
    GArray *patches = hth_recipe_in_place(recipe, old, on_fetch, self, &local);
    if (patches == NULL)
        return refuse(self, local, error);
    HthDigest digest;
    if (!patched_digest(old, patches, &digest, &local)) {
        g_array_unref(patches);
        return refuse(self, local, error);
    }
    if (!is_outcome(self, &digest)) {
        g_array_unref(patches);
        return refuse_outcome(self, error);
    }
    return hth_apply_add_patches(self->device->apply, self->operation, patches, error);
}

static gboolean run(Retag *self, const char *path, GError **error)
{
    GError *local = NULL;
    g_autoptr(HthRecipe) recipe = hth_recipe_decode(self->operation->recipe, &local);
    if (recipe == NULL)
        return refuse(self, local, error);
    g_autoptr(HthByteSource) old = hth_folder_byte_source(self->device->env, path, &local);
    if (old == NULL)
        return refuse(self, local, error);
    if (hth_byte_source_size(old) != hth_recipe_old_size(recipe))
        return refuse_outcome(self, error);
    self->needs = hth_recipe_fetch_list(recipe);
    const gboolean is_done = hth_recipe_is_in_place(recipe) ? in_place(self, recipe, old, error)
                                                            : into_file(self, recipe, old, error);
    g_array_unref(self->needs);
    return is_done;
}

gboolean hth_retag(HthSyncDevice *self, const HthSyncOperation *operation, GError **error)
{
    g_autofree char *ranges = hth_ranges_path(operation);
    Retag retag = { .device = self, .operation = operation, .ranges = ranges };
    gboolean is_held = FALSE;
    g_auto(HthSyncHeld) held = { 0 };
    if (!hth_device_store_find(self->store, operation->item, &is_held, &held, error))
        return FALSE;
    g_return_val_if_fail(is_held, FALSE); /* hth_apply_check() said so */
    const gboolean is_done = run(&retag, held.path, error);
    return is_done && hth_folder_unlink(self->env, ranges, error);
}
