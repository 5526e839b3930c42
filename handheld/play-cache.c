/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "play-cache.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

typedef struct {
    char *key; /* NULL: the slot is free */
    guint64 block;
    gsize n_bytes;
    guint64 used; /* when, by the cache's own count */
} Slot;

struct HthPlayCache {
    int fd;
    GMutex mutex; /* guards what is below, and the file */
    guint64 n_uses;
    Slot slots[HTH_PLAY_CACHE_BLOCKS];
};

HthPlayCache *hth_play_cache_new(const char *dir, GError **error)
{
    g_autofree char *path = g_build_filename(dir, "blocks.XXXXXX", NULL);
    (void)g_mkdir_with_parents(dir, 0700); /* the next call says what is wrong */
    const int fd = g_mkstemp_full(path, O_RDWR | O_CLOEXEC, 0600);
    if (fd < 0) {
        g_set_error(error, G_FILE_ERROR, (gint)g_file_error_from_errno(errno), "%s: %s", path,
                    g_strerror(errno));
        return NULL;
    }
    (void)g_unlink(path); /* a file that keeps its name is only untidy */
    HthPlayCache *self = g_new0(HthPlayCache, 1);
    self->fd = fd;
    g_mutex_init(&self->mutex);
    return self;
}

void hth_play_cache_free(HthPlayCache *self)
{
    if (self == NULL)
        return;
    for (guint i = 0; i < HTH_PLAY_CACHE_BLOCKS; i++)
        g_free(self->slots[i].key);
    close(self->fd);
    g_mutex_clear(&self->mutex);
    g_free(self);
}

/* Locking: held. */
static Slot *find(HthPlayCache *self, const char *key, guint64 block)
{
    for (guint i = 0; i < HTH_PLAY_CACHE_BLOCKS; i++) {
        Slot *slot = &self->slots[i];
        if (slot->key != NULL && slot->block == block && strcmp(slot->key, key) == 0) {
            slot->used = ++self->n_uses;
            return slot;
        }
    }
    return NULL;
}

static off_t place_of(const HthPlayCache *self, const Slot *slot)
{
    return (off_t)(slot - self->slots) * HTH_PLAY_BLOCK_BYTES;
}

gboolean hth_play_cache_has(HthPlayCache *self, const char *key, guint64 block, gsize n_bytes)
{
    g_mutex_lock(&self->mutex);
    const Slot *slot = find(self, key, block);
    const gboolean has = slot != NULL && slot->n_bytes >= n_bytes;
    g_mutex_unlock(&self->mutex);
    return has;
}

gsize hth_play_cache_read(HthPlayCache *self, const char *key, guint64 offset, void *buffer,
                          gsize max_bytes)
{
    const gsize at = (gsize)(offset % HTH_PLAY_BLOCK_BYTES);
    ssize_t n_read = 0;
    g_mutex_lock(&self->mutex);
    const Slot *slot = find(self, key, offset / HTH_PLAY_BLOCK_BYTES);
    if (slot != NULL && slot->n_bytes > at)
        n_read = pread(self->fd, buffer, MIN(max_bytes, slot->n_bytes - at),
                       place_of(self, slot) + (off_t)at);
    g_mutex_unlock(&self->mutex);
    return n_read > 0 ? (gsize)n_read : 0;
}

/* Locking: held. */
static Slot *take_slot(HthPlayCache *self)
{
    Slot *oldest = &self->slots[0];
    for (guint i = 0; i < HTH_PLAY_CACHE_BLOCKS; i++) {
        Slot *slot = &self->slots[i];
        if (slot->key == NULL)
            return slot;
        if (slot->used < oldest->used)
            oldest = slot;
    }
    g_clear_pointer(&oldest->key, g_free);
    return oldest;
}

/* Locking: held. NULL: what @at follows is not there. */
static Slot *slot_for(HthPlayCache *self, const char *key, guint64 block, gsize at)
{
    Slot *slot = find(self, key, block);
    if (slot != NULL)
        return at <= slot->n_bytes ? slot : NULL;
    if (at > 0)
        return NULL;
    slot = take_slot(self);
    *slot = (Slot){ .key = g_strdup(key), .block = block, .used = ++self->n_uses };
    return slot;
}

gboolean hth_play_cache_put(HthPlayCache *self, const char *key, guint64 offset, const void *bytes,
                            gsize n_bytes)
{
    const gsize at = (gsize)(offset % HTH_PLAY_BLOCK_BYTES);
    g_return_val_if_fail(n_bytes > 0 && n_bytes <= HTH_PLAY_BLOCK_BYTES - at, FALSE);
    g_mutex_lock(&self->mutex);
    Slot *slot = slot_for(self, key, offset / HTH_PLAY_BLOCK_BYTES, at);
    const gboolean is_written =
        slot != NULL &&
        pwrite(self->fd, bytes, n_bytes, place_of(self, slot) + (off_t)at) == (ssize_t)n_bytes;
    if (is_written)
        slot->n_bytes = MAX(slot->n_bytes, at + n_bytes);
    g_mutex_unlock(&self->mutex);
    return is_written;
}
