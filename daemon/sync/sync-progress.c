/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync/sync-progress.h"

struct HthSyncProgress {
    GMutex lock;
    GHashTable *sent; /* (char *device → guint64 *), of those that fetch: paired ones only */
};

HthSyncProgress *hth_sync_progress_new(void)
{
    HthSyncProgress *self = g_new0(HthSyncProgress, 1);
    g_mutex_init(&self->lock);
    self->sent = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    return self;
}

void hth_sync_progress_free(HthSyncProgress *self)
{
    if (self == NULL)
        return;
    g_hash_table_unref(self->sent);
    g_mutex_clear(&self->lock);
    g_free(self);
}

void hth_sync_progress_sent(HthSyncProgress *self, const char *device, guint64 n_bytes)
{
    g_mutex_lock(&self->lock);
    guint64 *sent = g_hash_table_lookup(self->sent, device);
    if (sent == NULL) {
        sent = g_new0(guint64, 1);
        g_hash_table_insert(self->sent, g_strdup(device), sent);
    }
    *sent += n_bytes;
    g_mutex_unlock(&self->lock);
}

void hth_sync_progress_told(HthSyncProgress *self, const char *device)
{
    g_mutex_lock(&self->lock);
    g_hash_table_remove(self->sent, device);
    g_mutex_unlock(&self->lock);
}

guint64 hth_sync_progress_bytes(HthSyncProgress *self, const char *device)
{
    g_mutex_lock(&self->lock);
    const guint64 *sent = g_hash_table_lookup(self->sent, device);
    const guint64 n_bytes = sent != NULL ? *sent : 0;
    g_mutex_unlock(&self->lock);
    return n_bytes;
}
