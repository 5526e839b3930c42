/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "library/file-cache.h"

typedef struct {
    guint64 permanent_id;
    guint64 sequence;
    char *path; /* NULL: an empty place */
    HthObject *object;
} Entry;

struct HthFileCache {
    GMutex lock;
    Entry entries[HTH_FILE_CACHE_ENTRIES]; /* each item has one place, and shares it with others */
};

HthFileCache *hth_file_cache_new(void)
{
    HthFileCache *self = g_new0(HthFileCache, 1);
    g_mutex_init(&self->lock);
    return self;
}

void hth_file_cache_free(HthFileCache *self)
{
    if (self == NULL)
        return;
    for (guint i = 0; i < HTH_FILE_CACHE_ENTRIES; i++) {
        g_free(self->entries[i].path);
        hth_object_free(self->entries[i].object);
    }
    g_mutex_clear(&self->lock);
    g_free(self);
}

gboolean hth_file_cache_find(HthFileCache *self, guint64 permanent_id, guint64 sequence,
                             char **out_path, HthObject **out_object)
{
    g_mutex_lock(&self->lock);
    const Entry *entry = &self->entries[permanent_id % HTH_FILE_CACHE_ENTRIES];
    const gboolean is_found =
        entry->path != NULL && entry->permanent_id == permanent_id && entry->sequence == sequence;
    if (is_found) {
        *out_path = g_strdup(entry->path);
        if (out_object != NULL)
            *out_object = hth_object_copy(entry->object);
    }
    g_mutex_unlock(&self->lock);
    return is_found;
}

void hth_file_cache_add(HthFileCache *self, guint64 permanent_id, guint64 sequence,
                        const char *path, const HthObject *object)
{
    const Entry new = { permanent_id, sequence, g_strdup(path), hth_object_copy(object) };
    g_mutex_lock(&self->lock);
    Entry *entry = &self->entries[permanent_id % HTH_FILE_CACHE_ENTRIES];
    const Entry old = *entry;
    *entry = new;
    g_mutex_unlock(&self->lock);
    g_free(old.path);
    hth_object_free(old.object);
}
