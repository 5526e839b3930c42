/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A folder in memory for the sync engine, as unkind as a card in a pulled-out reader.
 *
 * It keeps apart what was written from what was synced. The n-th call fails on request; after a
 * crash everything fails until reboot(), which keeps all that was synced and, by chance, some of
 * the rest: single blocks of files, sizes, and names, in any order.
 *
 * Threads: an object belongs to one thread at a time.
 */
#pragma once

#include "sync/sync-env.h"

typedef struct HthMemoryFolder HthMemoryFolder;

/* What the environment's network functions and clocks do; NULL fields: the network is away, the
 * clocks stand still at a fixed time. */
typedef struct {
    gboolean (*exchange)(gpointer data, const char *route, GBytes *body, gsize max_answer_bytes,
                         guint *out_status, GBytes **out_answer, GError **error);
    /* The whole stream at once; it is handed out in pieces. */
    GBytes *(*stream)(gpointer data, const char *route, GBytes *body, guint *out_status,
                      GError **error);
    gpointer data;
} HthMemoryNetwork;

HthMemoryFolder *hth_memory_folder_new(guint32 seed);
void hth_memory_folder_free(HthMemoryFolder *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HthMemoryFolder, hth_memory_folder_free)

/* Borrowed; its faults may be set. */
HthSyncEnv *hth_memory_folder_env(HthMemoryFolder *self);
void hth_memory_folder_set_network(HthMemoryFolder *self, const HthMemoryNetwork *network);

/* ---- Trouble ---- */

/* Names differ only in more than case, and what FAT cannot hold is refused. */
void hth_memory_folder_set_fat(HthMemoryFolder *self, gboolean is_fat);
void hth_memory_folder_set_capacity(HthMemoryFolder *self, guint64 bytes);
guint64 hth_memory_folder_calls(const HthMemoryFolder *self); /* of all kinds, until now */
/* Call number @call fails with G_FILE_ERROR @code (network calls: HTH_ERROR_NETWORK). */
void hth_memory_folder_fail_at(HthMemoryFolder *self, guint64 call, gint code);
/* From call number @call on everything fails. */
void hth_memory_folder_crash_at(HthMemoryFolder *self, guint64 call);
/* A stream breaks after @bytes more bytes of it. 0: never. */
void hth_memory_folder_cut_stream_after(HthMemoryFolder *self, guint64 bytes);
/* Power is back: see above. Open files are gone. With @keeps_all nothing was lost: kill -9. */
void hth_memory_folder_reboot(HthMemoryFolder *self, gboolean keeps_all);
void hth_memory_folder_advance(HthMemoryFolder *self, gint64 ms);
void hth_memory_folder_set_wall(HthMemoryFolder *self, gint64 unix_ms);
void hth_memory_folder_set_conditions(HthMemoryFolder *self, guint conditions);

/* ---- A look from outside, without a call counted ---- */

GBytes *hth_memory_folder_read(HthMemoryFolder *self, const char *path); /* NULL: no such file */
void hth_memory_folder_write(HthMemoryFolder *self, const char *path, GBytes *bytes); /* durable */
void hth_memory_folder_delete(HthMemoryFolder *self, const char *path);
/* Paths of all files outside of .hearth, sorted. (element char *) new */
GPtrArray *hth_memory_folder_files(HthMemoryFolder *self);
/* All names, .hearth too: to be put back later as yesterday's card. */
gpointer hth_memory_folder_snapshot(HthMemoryFolder *self, const char *below);
void hth_memory_folder_restore(HthMemoryFolder *self, const char *below, gpointer snapshot);
void hth_memory_folder_snapshot_free(gpointer snapshot);
guint64 hth_memory_folder_bytes_written(const HthMemoryFolder *self);
