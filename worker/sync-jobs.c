/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-jobs.h"

#include <sys/stat.h>

#include "base/error.h"
#include "media/recipe.h"
#include "media/worker-protocol.h"
#include "sniff.h"

/* What tells that a file was written to while it was read. */
static gboolean is_same_file(const struct stat *a, const struct stat *b)
{
    return a->st_size == b->st_size && a->st_mtim.tv_sec == b->st_mtim.tv_sec &&
           a->st_mtim.tv_nsec == b->st_mtim.tv_nsec && a->st_ctim.tv_sec == b->st_ctim.tv_sec &&
           a->st_ctim.tv_nsec == b->st_ctim.tv_nsec;
}

static gboolean check_unchanged(int fd, const struct stat *before, GError **error)
{
    struct stat after;
    if (fstat(fd, &after) == 0 && is_same_file(before, &after))
        return TRUE;
    g_set_error(error, HTH_ERROR, HTH_ERROR_CHANGED, "the file changed while it was read");
    return FALSE;
}

static HthMediaFormat sniff(int fd, HthMediaFormat hint)
{
    g_auto(HthSource) source = { 0 };
    if (!hth_source_open(&source, fd, HTH_SOURCE_HEAD_BYTES, NULL))
        return hint;
    const HthMediaFormat format = hth_sniff(&source, hint);
    return format != HTH_FORMAT_UNKNOWN ? format : hint;
}

GBytes *hth_sync_job_layout(int fd, HthMediaFormat format, GError **error)
{
    struct stat before = { 0 };
    (void)fstat(fd, &before);
    g_autoptr(HthByteSource) source = hth_byte_source_new_for_fd(fd, error);
    if (source == NULL)
        return NULL;
    g_autoptr(HthLayout) layout = hth_layout_read(source, sniff(fd, format), NULL, NULL, error);
    if (layout == NULL || !check_unchanged(fd, &before, error))
        return NULL;
    return hth_layout_encode(layout);
}

GBytes *hth_sync_job_recipe(int fd, HthMediaFormat format, GBytes *layouts, GError **error)
{
    struct stat before = { 0 };
    (void)fstat(fd, &before);
    g_autoptr(GBytes) old_bytes = NULL;
    g_autoptr(GBytes) new_bytes = NULL;
    if (!hth_worker_unpair(layouts, &old_bytes, &new_bytes)) {
        g_set_error(error, HTH_ERROR, HTH_ERROR_INVALID, "there is no old layout");
        return NULL;
    }
    g_autoptr(HthLayout) old = hth_layout_decode(old_bytes, error);
    g_autoptr(HthByteSource) source = old != NULL ? hth_byte_source_new_for_fd(fd, error) : NULL;
    if (source == NULL)
        return NULL;
    g_autoptr(HthLayout) new = new_bytes != NULL
                                   ? hth_layout_decode(new_bytes, error)
                                   : hth_layout_read(source, sniff(fd, format), old, NULL, error);
    g_autoptr(HthRecipe) recipe = new != NULL ? hth_recipe_make(old, source, new, error) : NULL;
    if (recipe == NULL || !check_unchanged(fd, &before, error))
        return NULL;
    g_autoptr(GBytes) recipe_bytes = hth_recipe_encode(recipe);
    g_autoptr(GBytes) layout_bytes = hth_layout_encode(new);
    return hth_worker_pair(recipe_bytes, layout_bytes);
}
