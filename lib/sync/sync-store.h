/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the home keeps of its devices, in tables of state.db (or of a file of its own): what each
 * one holds, what it was told to do, its rule; and the layouts and recipes of the files they hold.
 *
 * Threads: any thread; every function but open and free is called between begin() and end(), which
 * hold the store's lock: short, and with no call to the outside between them.
 */
#pragma once

#include "store/db.h"
#include "sync/message.h"
#include "sync/play-merge.h"
#include "sync/set-digest.h"

G_BEGIN_DECLS

/* A migration: state.db contains it as one of its own. */
#define HTH_SYNC_HOME_SCHEMA                                                                          \
    "CREATE TABLE sync_home (key TEXT PRIMARY KEY, value BLOB NOT NULL) STRICT, WITHOUT ROWID;"       \
    "CREATE TABLE sync_device (id TEXT PRIMARY KEY, epoch BLOB NOT NULL,"                             \
    " old_epochs BLOB NOT NULL, rule TEXT NOT NULL, rule_sequence INTEGER NOT NULL,"                  \
    " next_sequence INTEGER NOT NULL, confirmed_sequence INTEGER NOT NULL,"                           \
    " confirmed_play INTEGER NOT NULL, n_files INTEGER NOT NULL, digest BLOB NOT NULL,"               \
    " flags INTEGER NOT NULL, free_bytes INTEGER NOT NULL, says INTEGER NOT NULL,"                    \
    " n_held_back INTEGER NOT NULL, last_seen_ms INTEGER NOT NULL,"                                   \
    " clone_seen_ms INTEGER NOT NULL) STRICT, WITHOUT ROWID;"                                         \
    "CREATE TABLE sync_held (device TEXT NOT NULL, item INTEGER NOT NULL, path TEXT NOT NULL,"        \
    " hash BLOB NOT NULL, size INTEGER NOT NULL, revision INTEGER NOT NULL,"                          \
    " rendition TEXT NOT NULL, PRIMARY KEY (device, item)) STRICT, WITHOUT ROWID;"                    \
    "CREATE INDEX sync_held_by_hash ON sync_held (hash);"                                             \
    "CREATE INDEX sync_held_by_item ON sync_held (item);" /* A manifest of which not all pages        \
                                                             have come. */                            \
    "CREATE TABLE sync_incoming (device TEXT NOT NULL, item INTEGER NOT NULL, path TEXT NOT NULL,"    \
    " hash BLOB NOT NULL, size INTEGER NOT NULL, PRIMARY KEY (device, item)) STRICT,"                 \
    " WITHOUT ROWID;" /* Sent, and its result is not there yet. */                                    \
    "CREATE TABLE sync_operation (device TEXT NOT NULL, sequence INTEGER NOT NULL,"                   \
    " kind INTEGER NOT NULL, item INTEGER NOT NULL, path TEXT NOT NULL, old_hash BLOB NOT NULL,"      \
    " new_hash BLOB NOT NULL, size INTEGER NOT NULL, revision INTEGER NOT NULL,"                      \
    " rendition TEXT NOT NULL, content BLOB, PRIMARY KEY (device, sequence)) STRICT,"                 \
    " WITHOUT ROWID;" /* What a device could not do; gone when the file or the device changes. */     \
    "CREATE TABLE sync_failure (device TEXT NOT NULL, item INTEGER NOT NULL,"                         \
    " status INTEGER NOT NULL, n INTEGER NOT NULL, revision INTEGER NOT NULL,"                        \
    " path TEXT NOT NULL, free_bytes INTEGER NOT NULL, sentence TEXT NOT NULL,"                       \
    " at_ms INTEGER NOT NULL, PRIMARY KEY (device, item)) STRICT, WITHOUT ROWID;"                     \
    "CREATE TABLE sync_layout (hash BLOB PRIMARY KEY, layout BLOB NOT NULL) STRICT;" /* The newest    \
                                                                                        version of    \
                                                                                        a file at     \
                                                                                        home that     \
                                                                                        was looked    \
                                                                                        at. */        \
    "CREATE TABLE sync_file (item INTEGER NOT NULL, rendition TEXT NOT NULL,"                         \
    " revision INTEGER NOT NULL, hash BLOB NOT NULL, PRIMARY KEY (item, rendition)) STRICT,"          \
    " WITHOUT ROWID;"                                                                                 \
    "CREATE INDEX sync_file_by_hash ON sync_file (hash);"                                             \
    "CREATE TABLE sync_recipe (old_hash BLOB NOT NULL, new_hash BLOB NOT NULL,"                       \
    " recipe BLOB NOT NULL, PRIMARY KEY (old_hash, new_hash)) STRICT;" /* Entries of play logs        \
                                                                          that were merged: each      \
                                                                          counts once. */             \
    "CREATE TABLE sync_play_seen (device TEXT NOT NULL, stamp INTEGER NOT NULL,"                      \
    " nonce INTEGER NOT NULL, PRIMARY KEY (device, stamp, nonce)) STRICT, WITHOUT ROWID;" /* is_told: \
                                                                                             the      \
                                                                                             library  \
                                                                                             has      \
                                                                                             it.      \
                                                                                             changed: \
                                                                                             counts   \
                                                                                             up       \
                                                                                             with     \
                                                                                             every    \
                                                                                             change   \
                                                                                             of       \
                                                                                             any      \
                                                                                             row.     \
                                                                                           */         \
    "CREATE TABLE sync_play (item INTEGER PRIMARY KEY, plays INTEGER NOT NULL,"                       \
    " skips INTEGER NOT NULL, told_plays INTEGER NOT NULL, last_played_ms INTEGER NOT NULL,"          \
    " position_stamp INTEGER NOT NULL, position_nonce INTEGER NOT NULL,"                              \
    " position INTEGER NOT NULL, rating_stamp INTEGER NOT NULL, rating_nonce INTEGER NOT NULL,"       \
    " rating INTEGER NOT NULL, favourite_stamp INTEGER NOT NULL,"                                     \
    " favourite_nonce INTEGER NOT NULL, favourite INTEGER NOT NULL, changed INTEGER NOT NULL,"        \
    " is_told INTEGER NOT NULL) STRICT;"                                                              \
    "CREATE INDEX sync_play_by_change ON sync_play (changed);"                                        \
    "CREATE INDEX sync_play_untold ON sync_play (item) WHERE is_told = 0;"                            \
    "CREATE TABLE sync_list (list INTEGER PRIMARY KEY, is_told INTEGER NOT NULL) STRICT;"             \
    "CREATE TABLE sync_list_entry (list INTEGER NOT NULL, stamp INTEGER NOT NULL,"                    \
    " nonce INTEGER NOT NULL, kind INTEGER NOT NULL, item INTEGER NOT NULL,"                          \
    " value INTEGER NOT NULL, text TEXT, PRIMARY KEY (list, stamp, nonce)) STRICT, WITHOUT ROWID;"

/* The next one. */
#define HTH_SYNC_HOME_SCHEMA_2                                                                     \
    "ALTER TABLE sync_device ADD COLUMN play_port INTEGER NOT NULL DEFAULT 0;"

typedef struct HthSyncStore HthSyncStore;

HthSyncStore *hth_sync_store_open(const char *path, const char *const *migrations,
                                  guint n_migrations, GError **error);
void hth_sync_store_free(HthSyncStore *self); /* NULL is fine */
/* Called before and after each transaction; NULL: nothing. */
void hth_sync_store_set_turn(HthSyncStore *self, void (*take)(gpointer data),
                             void (*give)(gpointer data), gpointer data);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HthSyncStore, hth_sync_store_free)

/* Takes the lock and begins a transaction. FALSE: the lock is not held. */
gboolean hth_sync_store_begin(HthSyncStore *self, GError **error);
/* Commits when @is_good, else rolls back; gives the lock back in any case. */
gboolean hth_sync_store_end(HthSyncStore *self, gboolean is_good, GError **error);
/* The lock alone, to read. */
void hth_sync_store_lock(HthSyncStore *self);
void hth_sync_store_unlock(HthSyncStore *self);

/* ---- The home ---- */

GBytes *hth_sync_store_load(HthSyncStore *self, const char *key); /* NULL: not set */
gboolean hth_sync_store_save(HthSyncStore *self, const char *key, gconstpointer bytes, gsize size,
                             GError **error);

/* ---- Devices ---- */

/* Epochs that a device had before, the newest first. */
#define HTH_SYNC_OLD_EPOCHS 8

enum {
    HTH_SYNC_DEVICE_WIPE = 1 << 0,            /* is to remove everything */
    HTH_SYNC_DEVICE_CONFIRM_ABSENT = 1 << 1,  /* a person said so */
    HTH_SYNC_DEVICE_NEEDS_MANIFEST = 1 << 2,  /* what is believed of it is in doubt */
    HTH_SYNC_DEVICE_NEEDS_NEW_EPOCH = 1 << 3, /* its state is behind, or not the only one */
};

typedef struct {
    char *id;
    guint8 epoch[HTH_SYNC_EPOCH_BYTES]; /* zeros: it has not come yet */
    guint8 old_epochs[HTH_SYNC_OLD_EPOCHS][HTH_SYNC_EPOCH_BYTES];
    char *rule;
    guint64 rule_sequence;
    guint64 next_sequence; /* of operations */
    guint64 confirmed_sequence;
    guint64 confirmed_play;
    guint64 n_files;
    HthSyncSetDigest digest;
    guint flags;
    gint64 free_bytes; /* -1: not known */
    guint says;        /* HthSyncSays, as last heard */
    guint n_held_back;
    gint64 last_seen_ms;
    gint64 clone_seen_ms;
    guint16 play_port; /* where it plays what it does not hold; 0: nowhere */
} HthSyncDeviceRow;

void hth_sync_device_row_clear(HthSyncDeviceRow *row);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(HthSyncDeviceRow, hth_sync_device_row_clear)

/* FALSE: not known; @out_row is then a new one with an empty rule. */
gboolean hth_sync_store_device(HthSyncStore *self, const char *device, HthSyncDeviceRow *out_row);
gboolean hth_sync_store_save_device(HthSyncStore *self, const HthSyncDeviceRow *row,
                                    GError **error);
/* With all that belongs to it. */
gboolean hth_sync_store_forget_device(HthSyncStore *self, const char *device, GError **error);
GPtrArray *hth_sync_store_devices(HthSyncStore *self); /* (element utf8) new */

/* ---- What a device holds; n_files and digest of @row follow ---- */

typedef struct {
    HthSyncHeld held;
    guint64 revision; /* of the home's file when it was brought; 0: not known */
    char *rendition;  /* "": not known */
} HthSyncHeldRow;

GArray *hth_sync_store_held(HthSyncStore *self, const char *device); /* by item; new */
gboolean hth_sync_store_put_held(HthSyncStore *self, HthSyncDeviceRow *row,
                                 const HthSyncHeldRow *held, GError **error);
gboolean hth_sync_store_remove_held(HthSyncStore *self, HthSyncDeviceRow *row, guint64 item,
                                    GError **error);
/* FALSE: it is not held. @out_held: cleared by the caller with hth_sync_held_row_clear(). */
gboolean hth_sync_store_find_held(HthSyncStore *self, const char *device, guint64 item,
                                  HthSyncHeldRow *out_held);
void hth_sync_held_row_clear(HthSyncHeldRow *row);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(HthSyncHeldRow, hth_sync_held_row_clear)

/* Pages of a manifest are put aside; the last one takes the place of what was believed. */
gboolean hth_sync_store_clear_incoming(HthSyncStore *self, const char *device, GError **error);
gboolean hth_sync_store_add_incoming(HthSyncStore *self, const char *device,
                                     const HthSyncHeld *held, GError **error);
gboolean hth_sync_store_take_incoming(HthSyncStore *self, HthSyncDeviceRow *row, GError **error);

/* ---- Operations that were sent ---- */

typedef struct {
    HthSyncOperation operation; /* without its recipe */
    char *rendition;
} HthSyncOperationRow;

void hth_sync_operation_row_clear(HthSyncOperationRow *row);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(HthSyncOperationRow, hth_sync_operation_row_clear)
GArray *hth_sync_store_operations(HthSyncStore *self, const char *device); /* by sequence; new */
gboolean hth_sync_store_find_operation(HthSyncStore *self, const char *device, guint64 sequence,
                                       HthSyncOperationRow *out_row);
gboolean hth_sync_store_add_operation(HthSyncStore *self, const char *device,
                                      const HthSyncOperation *operation, const char *rendition,
                                      GError **error);
gboolean hth_sync_store_remove_operation(HthSyncStore *self, const char *device, guint64 sequence,
                                         GError **error);
gboolean hth_sync_store_clear_operations(HthSyncStore *self, const char *device, GError **error);

/* ---- Failures ---- */

typedef struct {
    guint64 item;
    HthSyncStatus status;
    guint n;
    guint64 revision;
    char *path;
    gint64 free_bytes; /* of the device then */
    char *sentence;
    gint64 at_ms; /* the last time, by the home's clock */
} HthSyncFailure;

GArray *hth_sync_store_failures(HthSyncStore *self, const char *device); /* by item; new */
gboolean hth_sync_store_add_failure(HthSyncStore *self, const char *device,
                                    const HthSyncFailure *failure, GError **error); /* counts n */
gboolean hth_sync_store_clear_failure(HthSyncStore *self, const char *device, guint64 item,
                                      GError **error);

/* ---- Layouts, recipes, files at home ---- */

GBytes *hth_sync_store_layout(HthSyncStore *self, const HthDigest *hash); /* NULL: none */
gboolean hth_sync_store_has_layout(HthSyncStore *self, const HthDigest *hash);
gboolean hth_sync_store_put_layout(HthSyncStore *self, const HthDigest *hash, GBytes *layout,
                                   GError **error);
GBytes *hth_sync_store_recipe(HthSyncStore *self, const HthDigest *old_hash,
                              const HthDigest *new_hash);
gboolean hth_sync_store_put_recipe(HthSyncStore *self, const HthDigest *old_hash,
                                   const HthDigest *new_hash, GBytes *recipe, GError **error);

typedef struct {
    guint64 item;
    guint64 revision;
    HthDigest hash;
} HthSyncFileRow;

GArray *hth_sync_store_files(HthSyncStore *self, const char *rendition); /* by item; new */
gboolean hth_sync_store_put_file(HthSyncStore *self, const HthSyncFileRow *file,
                                 const char *rendition, GError **error);

/* Files that devices hold as they are at home and whose layout is not known. */
typedef struct {
    guint64 item;
    char *rendition;
    guint64 revision;
} HthSyncMissing;
GArray *hth_sync_store_missing(HthSyncStore *self, guint max); /* new */
guint hth_sync_store_n_missing(HthSyncStore *self);

/* ---- Play states ---- */

typedef struct {
    guint64 item;
    HthPlayMerged merged;
    guint64 told_plays; /* of merged.plays, that the library has */
    guint64 changed;
} HthSyncPlayRow;

/* TRUE in @out_is_new: the entry was not seen before, and is now. The oldest of very many are
 * forgotten. */
gboolean hth_sync_store_see_play(HthSyncStore *self, const char *device, guint64 stamp,
                                 guint32 nonce, gboolean *out_is_new, GError **error);
void hth_sync_store_play(HthSyncStore *self, guint64 item,
                         HthSyncPlayRow *out_row); /* zeros: new */
/* The library is to be told. */
gboolean hth_sync_store_put_play(HthSyncStore *self, const HthSyncPlayRow *row, GError **error);
/* A device gets the item anew: its play state goes with it. */
gboolean hth_sync_store_touch_play(HthSyncStore *self, guint64 item, guint64 changed,
                                   GError **error);
/* Returns: (element HthSyncPlayRow) at most @max, new. */
GArray *hth_sync_store_untold_plays(HthSyncStore *self, guint max);
gboolean hth_sync_store_told_play(HthSyncStore *self, const HthSyncPlayRow *row, GError **error);
/* Of items that the device holds, changed after @since, in the order of their changes; new. */
GArray *hth_sync_store_plays_since(HthSyncStore *self, const char *device, guint64 since,
                                   guint max);

gboolean hth_sync_store_add_list_entry(HthSyncStore *self, const HthSyncPlay *entry,
                                       GError **error);
HthListMerged *hth_sync_store_list(HthSyncStore *self, guint64 list); /* new */
GArray *hth_sync_store_untold_lists(HthSyncStore *self, guint max);   /* (element guint64) new */
gboolean hth_sync_store_told_list(HthSyncStore *self, guint64 list, GError **error);

/* Drops layouts, recipes and files that no device needs any more. */
gboolean hth_sync_store_sweep(HthSyncStore *self, GError **error);

G_END_DECLS
