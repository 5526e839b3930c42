/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A file system in memory that forgets what was not synced, as disks do.
 *
 * Programs see what they wrote. model_disk_crash() leaves what a disk might have after a power cut:
 * of each file the bytes of its last sync, with any of the later writes on top, whole, torn at a
 * sector or not at all; of each name any of the states that it had since its folder was synced.
 *
 * Threads: an object belongs to one thread at a time.
 */
#pragma once

#include "chance.h"
#include "sync/sync-env.h"

typedef struct ModelDisk ModelDisk;
typedef struct ModelFile ModelFile; /* an open file, which may be unlinked or of a disk gone */

typedef enum {
    MODEL_DISK_PLAIN = 0,
    MODEL_DISK_FAT = 1 << 0,     /* names without regard to case, only those legal on FAT */
    MODEL_DISK_ORDERED = 1 << 1, /* names reach the disk in the order of their changes */
} ModelDiskFlags;

#define MODEL_DISK_SECTOR_BYTES 512

ModelDisk *model_disk_new(ModelDiskFlags flags, guint64 capacity_bytes);
/* As it would be after a clean unmount. */
ModelDisk *model_disk_copy(const ModelDisk *self);
void model_disk_free(ModelDisk *self); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ModelDisk, model_disk_free)

ModelDiskFlags model_disk_flags(const ModelDisk *self);
void model_disk_set_capacity(ModelDisk *self, guint64 capacity_bytes);
guint64 model_disk_used(const ModelDisk *self);
guint64 model_disk_free_bytes(const ModelDisk *self);

/* The power goes: see above. Files that are open go on in their old world; close them. */
void model_disk_crash(ModelDisk *self, Chance *chance);
/* All that was written is on the disk. */
void model_disk_settle(ModelDisk *self);

/* ---- As in HthSyncEnvFuncs; @path is relative to the top ---- */

ModelFile *model_disk_open(ModelDisk *self, const char *path, HthSyncOpen how, GError **error);
void model_file_close(ModelFile *self); /* NULL is fine */
gboolean model_file_is_of(const ModelFile *self, const ModelDisk *disk);
/* It was opened to be changed where it is. */
gboolean model_file_is_changed(const ModelFile *self);
gsize model_file_read(ModelFile *self, guint64 offset, void *buffer, gsize size);
gboolean model_file_write(ModelFile *self, guint64 offset, gconstpointer bytes, gsize size,
                          GError **error);
gboolean model_file_truncate(ModelFile *self, guint64 size, GError **error);
guint64 model_file_size(const ModelFile *self);
void model_file_sync(ModelFile *self);

gboolean model_disk_stat(ModelDisk *self, const char *path, HthSyncStat *out_stat, GError **error);
gboolean model_disk_rename(ModelDisk *self, const char *from, const char *to, GError **error);
gboolean model_disk_unlink(ModelDisk *self, const char *path, GError **error);
gboolean model_disk_make_dir(ModelDisk *self, const char *path, GError **error);
gboolean model_disk_remove_dir(ModelDisk *self, const char *path, GError **error);
gboolean model_disk_sync_dir(ModelDisk *self, const char *path, GError **error);
gboolean model_disk_list(ModelDisk *self, const char *path, HthSyncListed callback, gpointer data,
                         GError **error);

/* ---- For a test's own eyes and hands ---- */

/* A file's bytes, borrowed until it changes; NULL: there is no such file. */
GByteArray *model_disk_peek(ModelDisk *self, const char *path);
/* Makes or replaces a file with folders above it, durably; nothing where there is no room. */
void model_disk_poke(ModelDisk *self, const char *path, gconstpointer bytes, gsize size);
/* Paths of all files below @path, sorted. */
GPtrArray *model_disk_files(ModelDisk *self, const char *path); /* (element utf8) new */
