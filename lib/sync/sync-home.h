/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The home's side of a sync: answers what a device asks, from the rule, the library and what the
 * device is known to hold.
 *
 *   device ── POST /sync ──▶ results are booked, absent items noted, plays merged
 *                            nothing changed since all was there?  ──▶ 204
 *                            rule → wanted items → names → plan    ──▶ the next operations
 *   device ── POST /sync/data ──▶ a stream of parts, each with its SHA-256
 *
 * Invariants
 *   1. What a device holds is known from its confirmed results and from its manifest alone; an
 *      operation that was sent changes nothing until its result is there.
 *   2. A result is booked in the transaction that confirms it: a lost answer books it once.
 *   3. A device may fetch what an operation sent to it names, and nothing else.
 *   4. The digest of what is believed equals the digest that the device sends, or its manifest is
 *      asked for before anything is planned.
 *
 * All it knows of files is behind HthSyncLibrary, and all it keeps is in one SQLite file: so
 * hearthd and the simulation run the same code.
 *
 * Threads: any thread. Two devices are served side by side; one device's requests come one after
 * the other. Callbacks of the library are called on the caller's thread, with no lock held but,
 * where it says so, the device's.
 */
#pragma once

#include "media/media-info.h"
#include "store/db.h"
#include "sync/message.h"
#include "sync/rule.h"

G_BEGIN_DECLS

typedef struct HthSyncHome HthSyncHome;
typedef struct HthSyncDataReader HthSyncDataReader;

/* ---- The library as the engine sees it ---- */

/* One wanted file. Strings are borrowed for the call; NULL: not known. */
typedef struct {
    guint64 id; /* permanent, over 0 */
    HthMediaKind kind;
    const char *extension; /* of the file as the device gets it: "flac"; lower case, no dot */
    gint64 size_bytes;     /* of that file; of a rendition not made yet: about */
    guint64 revision;      /* hth_sync_revision() of that file; another one after any change */
    const char *rendition; /* what it is; NULL: the original */
    /* A rendition whose bytes are not there: a device keeps what it holds, and gets it when they
     * are. @revision is right for one that was made before, else a guess. */
    gboolean is_waiting;
    const char *problem; /* why there will be no such rendition: a sentence; NULL: none */

    /* What its name on the device is made of. */
    const char *title;
    const char *artist;       /* of the album, else of the track */
    const char *track_artist; /* when it is another one */
    const char *album;
    const char *date;        /* "2024-05-31T12:30:00", as much of it as is known */
    const char *file_name;   /* at home, without folders; UTF-8 made valid */
    const char *folder_name; /* at home, the last folder alone */
    guint16 track, disc, disc_total;
    gint64 duration_ms;   /* 0: not known */
    guint64 companion_of; /* lyrics, subtitles, folder artwork: the item it goes with; 0: none */
    gboolean is_unread; /* its tags are not known yet: it comes when they are, and keeps its name */
    gboolean is_away;   /* its disk is not there: a device keeps it, and does not get it */

    HthSyncSource source; /* why it is wanted */
    guint64 order;        /* within that source, the first to be kept first */
    const char *reason;   /* a phrase: "playlist Running", "among the newest 200" */
} HthSyncItem;

typedef struct {
    guint64 id;
    const char *title;
    guint64 revision;     /* another one after any change */
    const guint64 *items; /* in order; those that the device has not are left out of its file */
    guint n_items;
} HthSyncPlaylist;

#define HTH_SYNC_EXTENSION_MAX 8

/* FALSE: enough, stop. */
typedef gboolean (*HthSyncItemFound)(const HthSyncItem *item, gpointer data);
typedef gboolean (*HthSyncPlaylistFound)(const HthSyncPlaylist *playlist, gpointer data);

typedef enum {
    HTH_SYNC_READY,
    HTH_SYNC_NOT_YET, /* being made; hth_sync_home_wake() follows when it is there */
    HTH_SYNC_NEVER,   /* it cannot be made (with error); the file is sent whole */
} HthSyncReadiness;

/* A merged play state of one item. */
typedef struct {
    guint64 item;
    guint64 plays_added; /* since the library was last told, as far as is known */
    guint64 plays_total; /* on all devices, ever */
    gint64 last_played_s;
    gint64 position_ms; /* -1: nobody said */
    gint rating;        /* 0 to 5; -1: nobody said */
    gint is_favourite;  /* -1: nobody said */
} HthSyncPlayMerge;

/* Every function may be called on any thread. Those that fill GError return FALSE, NULL or NEVER
 * with it. A file of the library: opaque, from open() to close(), one thread at a time. */
typedef struct HthSyncLibrary {
    gpointer data;

    /* A counter of committed changes, as hth_library_sequence() has it. */
    guint64 (*sequence)(gpointer data);

    /* Calls back every item that @rule wants, each once or, for several sources, several times (the
     * first source in the rule's order counts); in any order. Kinds and exclusions are the
     * library's to heed; the budget is the engine's. Companions come with their item. */
    gboolean (*select)(gpointer data, const HthSyncRule *rule, HthSyncItemFound found,
                       gpointer user_data, GError **error);

    /* Calls back the playlists that @rule names. */
    gboolean (*playlists)(gpointer data, const HthSyncRule *rule, HthSyncPlaylistFound found,
                          gpointer user_data, GError **error);

    /* What URLs of an item end in: "flac". FALSE: there is nothing to be played by that id. NULL:
     * playlists name only what a device holds. */
    gboolean (*extension)(gpointer data, guint64 item, char out[HTH_SYNC_EXTENSION_MAX + 1]);

    /* Opens the file that devices with @rendition get of @item ("original", or a profile).
     * Errors: HTH_ERROR_NOT_FOUND, HTH_ERROR_UNAVAILABLE (disk away; a rendition being made) */
    gpointer (*open)(gpointer data, guint64 item, const char *rendition, GError **error);
    /* Of the open file as it is now: asked before and after reading. FALSE: it cannot be told. */
    gboolean (*stat)(gpointer file, guint64 *out_revision, gint64 *out_size_bytes);
    /* Reads @size bytes, or fewer at the end of the file; -1 with @error. */
    gssize (*read)(gpointer file, gint64 offset, void *buffer, gsize size, GError **error);
    void (*close)(gpointer file);

    /* Starts what makes a rendition that is_waiting; hth_sync_home_wake_waiting() follows when it
     * is there. @is_urgent: a device is here. Asked in the order of a device's wants. Returns:
     * FALSE: no more for now. NULL: there are no renditions. */
    gboolean (*make)(gpointer data, guint64 item, const char *rendition, gboolean is_urgent);
    /* Whether a rendition at @revision, which is not the one of now, is of the original as it is
     * now: another encoder's. It stays where it is. NULL: never. */
    gboolean (*is_current)(gpointer data, guint64 item, const char *rendition, guint64 revision);

    /* The encoded layout (media/layout.h) of the file at @revision. Asked for items that a device
     * holds or is about to get; READY at once when it is known. */
    HthSyncReadiness (*layout)(gpointer data, guint64 item, const char *rendition, guint64 revision,
                               GBytes **out_layout, GError **error);

    /* A recipe (media/recipe.h, encoded) that makes the file at @revision out of one with
     * @old_layout, and the layout of the new file. Verified where it is made. */
    HthSyncReadiness (*recipe)(gpointer data, guint64 item, const char *rendition, guint64 revision,
                               GBytes *old_layout, GBytes **out_recipe, GBytes **out_layout,
                               GError **error);

    /* Shows merged play states at home. Called after they were booked, and again after a crash in
     * between: it sets totals where it can. NULL: play logs are not taken. */
    gboolean (*merge)(gpointer data, const HthSyncPlayMerge *merges, guint n_merges,
                      GError **error);
    /* A playlist that devices made or changed is now as @playlist says (title NULL: as it was);
     * @exists FALSE: removed. It may be told again. NULL: nobody is interested. */
    gboolean (*merge_list)(gpointer data, const HthSyncPlaylist *playlist, gboolean exists,
                           GError **error);

    /* Uploads: takes one slice of a file that was made on the device, durably, and fills @answer.
     * NULL: uploads are refused. */
    gboolean (*upload)(gpointer data, const char *device, const HthSyncUpload *upload,
                       HthSyncUploadAnswer *answer, GError **error);

    gint64 (*wall_ms)(gpointer data);
    void (*random)(gpointer data, guint8 *bytes, gsize size);

    /* The revision of what GET /away tells @device, over 0; it has @known (0: none). NULL: there is
     * nothing to tell. */
    guint32 (*away_revision)(gpointer data, const char *device, guint32 known);

    /* Something that concerns @device changed: it should come and ask ("sync"). NULL: nobody
     * listens.
     */
    void (*notify)(gpointer data, const char *device, const char *event);

    /* Not NULL when somebody else writes the same database file for long: called before and after
     * each transaction. */
    void (*take_turn)(gpointer data);
    void (*give_turn)(gpointer data);

    guint faults; /* HthSyncFaults (sync-env.h); 0 but in tests */
} HthSyncLibrary;

/* 64 bits out of what stat(2) says of an open file. */
guint64 hth_sync_revision(guint64 inode, gint64 size_bytes, gint64 mtime_ns, gint64 ctime_ns);

/* ---- The engine ---- */

/* @path: of the SQLite file. @migrations: NULL for a file of its own; hearthd passes state.db's,
 * which contain HTH_SYNC_HOME_SCHEMA (sync-store.h). @library is borrowed.
 * Errors: as hth_db_open() says. */
HthSyncHome *hth_sync_home_new(const char *path, const char *const *migrations, guint n_migrations,
                               const HthSyncLibrary *library, GError **error);
void hth_sync_home_free(HthSyncHome *self); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HthSyncHome, hth_sync_home_free)

/* Answers @body of @route ("/sync", "/sync/manifest", "/sync/layout", "/sync/upload") of the device
 * with that id (lower-case base32, as the listener proved it). A device that is not known yet gets
 * an empty rule. @out_status: 200 or 204; with NULL and @error: 400 for what does not decode, 403,
 * 404 no such route, 413, 500.
 * Returns: the answer's body; NULL with status 204. */
GBytes *hth_sync_home_exchange(HthSyncHome *self, const char *device, const char *route,
                               GBytes *body, guint *out_status, GError **error);

/* By which way the device's next exchanges come: over a relay its rule's `away` is heeded, as it is
 * over a network that costs. A new device is taken to be at home. */
void hth_sync_home_set_relayed(HthSyncHome *self, const char *device, gboolean is_relayed);

/* Opens what the parts in @body name, for streaming.
 * Errors: HTH_ERROR_CORRUPT  @body does not decode
 *         HTH_ERROR_REFUSED  a part is not of an operation that was sent to this device */
HthSyncDataReader *hth_sync_home_open_data(HthSyncHome *self, const char *device, GBytes *body,
                                           GError **error);
/* Fills @buffer with the next bytes of the stream; 0: it has ended. Failures of a file are a status
 * in the stream, never an error here. */
gsize hth_sync_data_reader_read(HthSyncDataReader *self, guint8 *buffer, gsize max);
void hth_sync_data_reader_free(HthSyncDataReader *self); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HthSyncDataReader, hth_sync_data_reader_free)

/* ---- Rules and devices ---- */

/* The rule as JSON; "{}" for a device without one. New string. */
char *hth_sync_home_rule(HthSyncHome *self, const char *device);
/* Errors: as hth_sync_rule_parse() says. Tells the device. */
gboolean hth_sync_home_set_rule(HthSyncHome *self, const char *device, const char *json,
                                GError **error);

/* The device is to remove all that it holds, and to forget us, at its next contact. */
gboolean hth_sync_home_wipe(HthSyncHome *self, const char *device, GError **error);
gboolean hth_sync_home_is_wiping(HthSyncHome *self, const char *device);
/* Drops everything that is kept of it. */
gboolean hth_sync_home_forget(HthSyncHome *self, const char *device, GError **error);

/* A person said that the files which are held back on the device are meant to be gone. */
gboolean hth_sync_home_confirm_absent(HthSyncHome *self, const char *device, GError **error);
/* How many files wait for that; 0 once a person said so. */
guint hth_sync_home_held_back(HthSyncHome *self, const char *device);

/* ---- Layouts, by and by ---- */

/* The layout of the file at @revision; from whoever makes them in the background. */
gboolean hth_sync_home_put_layout(HthSyncHome *self, guint64 item, const char *rendition,
                                  guint64 revision, GBytes *layout, GError **error);

/* Calls back at most @max files that devices hold as they are at home, and whose layout is not
 * there yet. Returns: how many there are. */
typedef void (*HthSyncMissingFound)(guint64 item, const char *rendition, guint64 revision,
                                    gpointer data);
guint hth_sync_home_missing_layouts(HthSyncHome *self, guint max, HthSyncMissingFound found,
                                    gpointer data);

/* Has made ahead what the devices will need, as far as it is known: recipes of files that changed,
 * and renditions. */
void hth_sync_home_prepare(HthSyncHome *self);

/* The library or a layout changed: devices that this may concern are told. */
void hth_sync_home_wake(HthSyncHome *self);
/* Something that was being made is there: those that wait for it are told. */
void hth_sync_home_wake_waiting(HthSyncHome *self);

/* ---- What a person sees ---- */

typedef enum {
    HTH_SYNC_FATE_THERE,   /* on the device, as at home */
    HTH_SYNC_FATE_COMING,  /* not there yet */
    HTH_SYNC_FATE_CHANGES, /* there, and will be changed or renamed */
    HTH_SYNC_FATE_GOING,   /* there, and will be removed */
    HTH_SYNC_FATE_NO_ROOM, /* wanted, and over the budget or the device's free space */
    HTH_SYNC_FATE_FAILED,  /* could not be brought; the reason says why */
    HTH_N_SYNC_FATES,
} HthSyncFate;

typedef struct {
    HthSyncFate fate;
    guint64 item;
    const char *path;
    gint64 size_bytes;
    const char *rendition; /* HTH_SYNC_ORIGINAL, or a profile's name */
    const char *reason;    /* a phrase */
} HthSyncPreviewItem;

typedef void (*HthSyncPreviewFound)(const HthSyncPreviewItem *item, gpointer data);

typedef struct {
    guint n_files[HTH_N_SYNC_FATES];
    guint n_converting; /* of them: those that wait for a conversion */
    guint64 n_bytes[HTH_N_SYNC_FATES];
    guint64 max_bytes;        /* of the rule; 0: none */
    gint64 free_bytes;        /* as the device last said; -1: not known */
    gint64 last_seen_unix_ms; /* 0: never */
    gboolean has_volume;      /* FALSE: its card was away when it was last here */
    gboolean is_settled;      /* all is there */
    gboolean will_be_wiped;
    guint n_held_back;         /* files gone from the device that wait for a word of a person */
    gint64 clone_seen_unix_ms; /* another device used a copy of its key then; 0: never */
} HthSyncPreview;

/* What the device holds, will get and lose under @rule_json (NULL: the rule in force). Changes
 * nothing. @found: NULL for the sums alone. */
gboolean hth_sync_home_preview(HthSyncHome *self, const char *device, const char *rule_json,
                               HthSyncPreviewFound found, gpointer data,
                               HthSyncPreview *out_preview, GError **error);

G_END_DECLS
