/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A home with a library in memory, and a device in memory that does what it is told: for the tests
 * of the home's side. */
#pragma once

#include "sync/sync-home.h"

typedef struct {
    guint64 id;
    HthMediaKind kind;
    GBytes *bytes;
    guint64 revision;
    char *title, *artist, *album, *extension;
    guint64 companion_of;
    gint64 added;
    gboolean is_unread, is_away;
} ModelItem;

typedef struct {
    HthSyncLibrary vtable;
    guint64 sequence;
    GPtrArray *items;         /* (element ModelItem) */
    GArray *playlist;         /* (element guint64) the one playlist, "List" with the id 99 */
    HthSyncReadiness recipes; /* NOT_YET or NEVER instead of making them */
    guint n_selects, n_recipes, n_layouts;
    gint64 now_ms;
    guint64 chance;
    GString *notes;             /* "DEVICE EVENT\n" … */
    GHashTable *plays;          /* (guint64 item → HthSyncPlayMerge) as last told */
    guint64 n_plays;            /* the sum of plays_added */
    char *list;                 /* "title: item item …" of the playlist that was last told */
    guint32 away_revision;      /* 0: the library has no such function */
    guint change_while_reading; /* the item changes after so many reads; 0: never */
} ModelLibrary;

ModelLibrary *model_library_new(void);
void model_library_free(ModelLibrary *self);
ModelItem *model_library_add(ModelLibrary *self, guint64 id, const char *title, const char *text);
ModelItem *model_library_find(ModelLibrary *self, guint64 id);
void model_library_remove(ModelLibrary *self, guint64 id);
void model_library_set_away(ModelLibrary *self, guint32 revision);
void model_item_write(ModelLibrary *self, ModelItem *item, const char *text);

/* Takes what the home says for good, as a well-behaved device. */
typedef struct {
    const char *id;
    HthSyncHome *home;
    GHashTable *files;   /* (guint64 item → ModelFile) */
    GHashTable *layouts; /* (guint64 item → GBytes) */
    guint8 epoch[HTH_SYNC_EPOCH_BYTES];
    guint8 home_epoch[HTH_SYNC_EPOCH_BYTES];
    guint64 sequence;
    GArray *results;
    GArray *absent;
    GArray *plays; /* (element HthSyncPlay) not confirmed yet */
    guint64 next_play;
    guint64 plays_seen;
    GHashTable *values; /* (guint64 item * 16 + kind → gint64) merged values as they came */
    guint64 free_bytes;
    guint says; /* beside HAS_VOLUME */
    guint32 away_revision;
    guint16 play_port;
    guint last_demands;
    guint last_status;
    guint n_exchanges, n_fetched_bytes;
    guint counts[HTH_SYNC_N_OPERATION_KINDS];
    HthSyncStatus refuse_with; /* not OK: refuses every operation */
    gboolean loses_answers;    /* forgets to take each answer once */
    gboolean is_wiped;
} ModelDevice;

typedef struct {
    char *path;
    GBytes *bytes;
} ModelFile;

ModelDevice *model_device_new(HthSyncHome *home, const char *id);
void model_device_free(ModelDevice *self);

/* One POST /sync and what follows from it. Returns: the answer, or NULL with status 204. */
HthSyncAnswer *model_device_ask(ModelDevice *self);
/* Fetches one part. @out_bytes: a new reference. */
HthSyncStatus model_device_fetch(ModelDevice *self, const HthSyncPart *part, GBytes **out_bytes);
/* Asks and obeys until nothing is to be done, at most @max times; the number of exchanges. */
guint model_device_sync(ModelDevice *self, guint max);
/* Notes something in the log: numbers and nonces count up. */
void model_device_note(ModelDevice *self, HthSyncPlayKind kind, guint64 item, gint64 value,
                       gint64 at_ms);
gint64 model_device_value(ModelDevice *self, HthSyncPlayKind kind, guint64 item); /* -1: none */
/* The text of the file at @path; NULL: none. New string. */
char *model_device_read(ModelDevice *self, const char *path);
guint model_device_n_files(ModelDevice *self);
