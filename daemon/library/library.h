/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The library: roots, scanner, index.db and state.db, and what plugin/library.h reads from them.
 *
 * Threads: new, free, configuration and the play-state setters as said at each; reading is in
 * plugin/library.h, on any thread.
 *
 *   scanner thread: lists folders, watches them, hands files to the worker pool
 *   writer thread:  the only one that writes index.db and state.db's identities
 */
#pragma once

#include <gio/gio.h>

#include "library/state.h"
#include "plugin/library.h"
#include "worker-pool.h"

G_BEGIN_DECLS

typedef struct {
    const char *state_dir;      /* holds state.db; made with mode 0700 when missing */
    const char *cache_dir;      /* holds index.db and pictures: all of it can be rebuilt */
    const char *const *roots;   /* folders to share, absolute paths; NULL-terminated */
    const char *worker_program; /* path of hearth-worker */
    guint n_workers;            /* 0: as many as cores */
    guint settle_ms;            /* after a change a file is left alone for so long; 0: 300 */
    guint poll_s;          /* where inotify cannot serve, folders are listed so often; 0: 300 */
    gboolean has_no_watch; /* neither inotify nor polling: a scan only when asked */
} HthLibraryOptions;

/* Opens both databases, and starts the writer; what is known can be read from now on, and nothing
 * is looked at before hth_library_start(). A damaged index.db is set aside and made anew, with a
 * message.
 *
 * Errors: HTH_ERROR_NEWER     state.db was written by a newer hearth; nothing was touched
 *         HTH_ERROR_CORRUPT   state.db is damaged; the message names the newest automatic copy
 *         HTH_ERROR_BUSY      another hearthd uses this state directory
 *         G_FILE_ERROR_*      the directory cannot be made or written */
HthLibrary *hth_library_open(const HthLibraryOptions *options, GError **error);

/* Begins the first scan, on threads and in processes that want every core: whoever is in a hurry to
 * get something else going does that first. */
void hth_library_start(HthLibrary *self);

/* Stops the threads (within a second) and closes the databases; NULL is fine. */
void hth_library_close(HthLibrary *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HthLibrary, hth_library_close)

/* Gives back memory that is made again when it is wanted. */
void hth_library_give_back(HthLibrary *self);

/* ---- Roots (main thread) ---- */

typedef struct {
    char *path;
    gboolean is_available;
    char *problem;     /* NULL, or a sentence: not mounted, no permission … and what to do */
    const char *watch; /* "inotify", "listed every 300 s", "not watched": how changes are noticed */
    guint n_items;
    guint64 size_bytes;
} HthRootStatus;

void hth_root_status_free(HthRootStatus *self);

/* Returns: (element HthRootStatus), a new array that frees its elements. Any thread. */
GPtrArray *hth_library_roots(HthLibrary *self);

/* Replaces the list of roots: new ones are scanned, the items of the others leave the index (their
 * ids, play counts and positions stay in state.db for when they come back). */
gboolean hth_library_set_roots(HthLibrary *self, const char *const *roots, GError **error);

/* The folder that was at @old_path is now at @new_path: every id stays. */
gboolean hth_library_move_root(HthLibrary *self, const char *old_path, const char *new_path,
                               GError **error);

/* ---- Scanning (any thread) ---- */

typedef enum {
    HTH_SCAN_IDLE,
    HTH_SCAN_LISTING, /* names: folders are walked */
    HTH_SCAN_READING, /* tags: files are probed */
} HthScanPhase;

typedef struct {
    HthScanPhase phase;
    guint64 n_folders;   /* looked at in this scan */
    guint64 n_files;     /* known so far */
    guint64 n_to_read;   /* files whose tags this scan has to read */
    guint64 n_read;      /* done of these */
    guint64 n_failed;    /* unreadable files, in the whole library */
    double files_per_s;  /* over the last seconds */
    gint64 seconds_left; /* -1: not known */
    gint64 started_unix_ms;
    gint64 took_ms;  /* of the last whole scan */
    guint n_watches; /* inotify watches in use */
    gboolean
        is_watch_limited; /* the limit of inotify is reached: some folders are listed by time */
    char *problem;        /* NULL, or why nothing can be written: the disk is full … */
    char *worker_sandbox; /* as in HthWorkerPoolStatus; NULL: no worker has run yet */
} HthScanStatus;

void hth_library_scan_status(HthLibrary *self, HthScanStatus *out_status);
void hth_scan_status_clear(HthScanStatus *self);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(HthScanStatus, hth_scan_status_clear)

/* Looks at every folder again; with @is_full every file is probed anew. */
void hth_library_scan(HthLibrary *self, gboolean is_full);

typedef struct {
    guint n_tracks, n_albums, n_artists, n_genres, n_videos, n_photos, n_playlists;
    guint64 size_bytes;
    gint64 duration_ms;
} HthLibraryCounts;

void hth_library_counts(HthLibrary *self, HthLibraryCounts *out_counts);

/* Files that could not be read: (element HthProblemFile), at most @max; any thread. */
typedef struct {
    char *path;            /* valid UTF-8 for showing */
    char *reason;          /* a sentence */
    gboolean is_set_aside; /* it ended a worker twice: not tried again until it changes */
} HthProblemFile;
GPtrArray *hth_library_problems(HthLibrary *self, guint max);

/* ---- Files behind the ids (any thread; opening may block on a sleeping disk) ---- */

/* Opens the original of an item or subtitle for reading. @out_object: the item as known.
 * Errors: HTH_ERROR_NOT_FOUND    no such item, or its file is gone
 *         HTH_ERROR_UNAVAILABLE  its disk is away
 *         G_FILE_ERROR_*         it cannot be opened; the message says why */
int hth_library_open_item(HthLibrary *self, const char *leaf_id, HthObject **out_object,
                          GError **error);

/* The folder and name that the item has on this computer, for owners only. New string. */
char *hth_library_item_path(HthLibrary *self, const char *leaf_id, GError **error);

/* A JPEG of at most @max_pixels square, from the cache on disk or made by a worker: of an artwork
 * id (HthObject.artwork_id), or of an item that is a photo or a video (its leaf id).
 * @callback runs on another thread, or at once on this one when the picture is cached.
 * @fd: an open descriptor, taken by the callee; -1 with @error (HTH_ERROR_NOT_FOUND: no picture).
 */
typedef void (*HthPictureReady)(int fd, gint64 size_bytes, const char *etag, const GError *error,
                                gpointer data);
void hth_library_picture(HthLibrary *self, const char *id, guint max_pixels,
                         HthPictureReady callback, gpointer data);

/* ---- Play state and settings, in state.db (any thread; returns once it is on disk) ---- */

gboolean hth_library_add_play(HthLibrary *self, const char *leaf_id, const char *person,
                              GError **error);
gboolean hth_library_set_position(HthLibrary *self, const char *leaf_id, const char *person,
                                  gint64 position_ms, GError **error);
gboolean hth_library_set_rating(HthLibrary *self, const char *leaf_id, const char *person,
                                guint rating, GError **error);
gboolean hth_library_set_favourite(HthLibrary *self, const char *leaf_id, const char *person,
                                   gboolean is_favourite, GError **error);

/* What devices said of items, merged (library/state.h); for the household. One transaction. */
gboolean hth_library_merge_plays(HthLibrary *self, const HthPlayMerge *merges, guint n_merges,
                                 GError **error);
/* A playlist that devices made or changed; @exists FALSE: removed there. */
gboolean hth_library_merge_playlist(HthLibrary *self, guint64 playlist_id, const char *title,
                                    const guint64 *items, guint n_items, gboolean exists,
                                    GError **error);

/* Small values by key ("identity.uuid", "mdns.discovery-key"). @value NULL removes it. */
char *hth_library_load(HthLibrary *self, const char *key);
gboolean hth_library_store(HthLibrary *self, const char *key, const char *value, GError **error);

/* Rows of a device registry: opaque text by id. */
typedef void (*HthDeviceRow)(const char *id, const char *json, gpointer data);
void hth_library_devices(HthLibrary *self, HthDeviceRow callback, gpointer data);
gboolean hth_library_store_device(HthLibrary *self, const char *id, const char *json,
                                  GError **error); /* @json NULL removes it */

/* Playlists that belong to the household (not files). Ids are leaf ids of their containers. */
gboolean hth_library_save_playlist(HthLibrary *self, const char *playlist_id, const char *title,
                                   const char *const *item_ids, char **out_playlist_id,
                                   GError **error); /* @playlist_id NULL: a new one */
gboolean hth_library_remove_playlist(HthLibrary *self, const char *playlist_id, GError **error);

/* For whoever keeps tables of their own in state.db, with a connection of their own: the turn to
 * write, so that a scan does not hold them up. Between take and give: one transaction, no call of
 * this library. */
char *hth_library_state_path(HthLibrary *self);
void hth_library_take_state_turn(HthLibrary *self);
void hth_library_give_state_turn(HthLibrary *self);

/* A consistent copy of state.db (SQLite's online backup) to @path, durable when it returns. */
gboolean hth_library_backup_state(HthLibrary *self, const char *path, GError **error);

G_END_DECLS
