/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Shared by the sources of memory-folder.h only. */
#pragma once

#include "memory-folder.h"

#define BLOCK_BYTES 512 /* what a card writes as a whole */

/* A file or a folder, whatever its names. */
typedef struct {
    gatomicrefcount ref_count;
    gboolean is_dir;
    GByteArray *now;
    GByteArray *synced;
} Node;

typedef enum { NAME_MADE, NAME_MOVED, NAME_GONE } NameChange;

/* A change of names that is not durable yet. */
typedef struct {
    NameChange change;
    char *from; /* MOVED, GONE */
    char *to;   /* MADE, MOVED */
    Node *node;
    gboolean from_is_synced;
    gboolean to_is_synced;
} Pending;

struct HthSyncFile {
    Node *node;
};

struct HthSyncStream {
    GBytes *bytes;
    gsize at;
};

typedef struct {
    char *path; /* as it was made, in its own case */
    Node *node;
} Name;

struct HthMemoryFolder {
    HthSyncEnv env;
    HthMemoryNetwork network;
    GRand *random;
    GHashTable *names;        /* key -> Name */
    GHashTable *synced_names; /* key -> Name */
    GPtrArray *pending;
    GHashTable *open_files;
    gboolean is_fat;
    guint64 capacity;
    guint64 calls;
    guint64 fail_at;
    gint fail_code;
    guint64 crash_at;
    guint64 cut_after;
    guint64 written;
    gint64 wall_ms;
    gint64 monotonic_ms;
    guint conditions;
};

Node *hth_memory_node_new(gboolean is_dir);
void hth_memory_node_unref(Node *node);
Name *hth_memory_lookup(const HthMemoryFolder *self, GHashTable *names, const char *path);
void hth_memory_insert(const HthMemoryFolder *self, GHashTable *names, const char *path,
                       Node *node);
void hth_memory_take_away(const HthMemoryFolder *self, GHashTable *names, const char *path);
void hth_memory_make_durable(HthMemoryFolder *self, const Pending *pending);
void hth_memory_name_free(gpointer data);
void hth_memory_pending_free(gpointer data);
void hth_memory_resize(GByteArray *bytes, gsize size);
void hth_memory_copy_bytes(const GByteArray *from, GByteArray *to);
gint hth_memory_compare_texts(gconstpointer a, gconstpointer b);
extern const HthSyncEnvFuncs hth_memory_funcs;
