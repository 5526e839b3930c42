/* SPDX-License-Identifier: GPL-3.0-or-later */
/* All that the sync engine reaches of the world: one folder, clocks, random numbers, the network.
 *
 * hearth-handheld gives it a real folder below one descriptor; the unit tests and the simulation
 * one in memory that fails, forgets what was not synced, and crashes where it is told to.
 *
 * Every call blocks and may fail at any time. Files fail with G_FILE_ERROR (NOENT, EXIST, NOSPC,
 * ISDIR, NOTDIR, NOTEMPTY, IO …), the network with HTH_ERROR_NETWORK. After a crash, or when the
 * caller ends the session, everything fails with HTH_ERROR_CANCELLED from then on.
 *
 * Paths are relative to the folder, separated by '/', without "." and "..", valid UTF-8; "" is the
 * folder itself. A real folder must not follow symbolic links below itself: one found counts as
 * HTH_SYNC_KIND_OTHER.
 *
 * Durable is what was synced: a file's bytes and size by sync(), a name (made, renamed, removed) by
 * sync_dir() of its folder; of a rename over two folders, by both. Everything else may or may not
 * have happened after a crash, in any order.
 *
 * Threads: one engine calls from one thread at a time.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct HthSyncFile HthSyncFile; /* an open file; what it is, only the environment knows */
typedef struct HthSyncStream HthSyncStream; /* the body of an answer under way */

typedef enum {
    HTH_SYNC_OPEN_READ,   /* must exist */
    HTH_SYNC_OPEN_WRITE,  /* to read and write; must exist */
    HTH_SYNC_OPEN_KEEP,   /* to read and write; made when missing, its bytes kept */
    HTH_SYNC_OPEN_CREATE, /* to read and write; made when missing, emptied */
} HthSyncOpen;

typedef enum {
    HTH_SYNC_KIND_FILE,
    HTH_SYNC_KIND_DIR,
    HTH_SYNC_KIND_OTHER, /* link, socket, device: never opened, never changed */
} HthSyncKind;

typedef struct {
    HthSyncKind kind;
    guint64 size;    /* of a file */
    gint64 mtime_us; /* of no worth on FAT: a hint for what may be looked at again, never a proof */
} HthSyncStat;

/* One name of a folder, without its path. FALSE ends the listing. */
typedef gboolean (*HthSyncListed)(const char *name, const HthSyncStat *stat, gpointer data);

/* The next bytes of a stream, borrowed for the call. FALSE with an error set ends the pump. */
typedef gboolean (*HthSyncSink)(gconstpointer bytes, gsize size, gpointer data, GError **error);

/* What may forbid traffic, asked before each exchange and now and then while bytes flow. */
typedef enum {
    HTH_SYNC_ON_BATTERY = 1 << 0,
    HTH_SYNC_METERED = 1 << 1,
} HthSyncConditions;

/* Mistakes that only a test asks for: the simulation shows that it would notice each of them. */
typedef enum {
    HTH_SYNC_FAULT_NO_FILE_SYNC = 1 << 0,   /* a file is published without sync() */
    HTH_SYNC_FAULT_RENAME_FIRST = 1 << 1,   /* renamed, and only then synced */
    HTH_SYNC_FAULT_NO_DIR_SYNC = 1 << 2,    /* names are not synced before the journal says done */
    HTH_SYNC_FAULT_EARLY_RESULT = 1 << 3,   /* a result is told before the journal has it */
    HTH_SYNC_FAULT_NO_CHECKSUM = 1 << 4,    /* received bytes are not compared with their hash */
    HTH_SYNC_FAULT_TORN_JOURNAL = 1 << 5,   /* a record's checksum is not looked at */
    HTH_SYNC_FAULT_NO_UNDO = 1 << 6,        /* changed in place without an undo image */
    HTH_SYNC_FAULT_OLD_UNSEEN = 1 << 7,     /* a recipe is applied to whatever file is there */
    HTH_SYNC_FAULT_STALE_RESUME = 1 << 8,   /* a download goes on although the revision changed */
    HTH_SYNC_FAULT_VOLUME_UNSEEN = 1 << 9,  /* an empty folder is taken for deleted files */
    HTH_SYNC_FAULT_PLAYS_AGAIN = 1 << 10,   /* home: an entry of the play log counts each time */
    HTH_SYNC_FAULT_PLAYS_DROPPED = 1 << 11, /* device: entries are forgotten when sent */
    HTH_SYNC_FAULT_REVISION_UNSEEN = 1 << 12, /* home: a file changed while read is sent as good */
    HTH_SYNC_FAULT_RESULT_TRUSTED = 1 << 13,  /* home: the set digest is not compared */
    HTH_SYNC_FAULT_LAST_WRITER = 1 << 14,     /* positions and ratings by arrival, not by clock */
    HTH_SYNC_FAULT_CHANGED_UNSEEN = 1 << 15,  /* a part that ends with "changed" is taken */
    HTH_SYNC_FAULT_NO_INTENT = 1 << 16,       /* names change before the journal says so */
    HTH_SYNC_FAULT_OVERWRITE = 1 << 17,       /* a file of the person's is in the way, and goes */
    HTH_SYNC_FAULT_EPOCH_KEPT = 1 << 18,      /* a restored device goes on as if it were not */
} HthSyncFaults;

typedef struct {
    /* ---- Files. All but close() may fail. ---- */
    HthSyncFile *(*open)(gpointer data, const char *path, HthSyncOpen how, GError **error);
    void (*close)(gpointer data, HthSyncFile *file); /* NULL is fine */
    /* Reads @size bytes at @offset, fewer only at the end of the file. */
    gboolean (*read)(gpointer data, HthSyncFile *file, guint64 offset, void *buffer, gsize size,
                     gsize *out_read, GError **error);
    /* Writes all of @size bytes; a hole that this leaves reads as zeros. */
    gboolean (*write)(gpointer data, HthSyncFile *file, guint64 offset, gconstpointer bytes,
                      gsize size, GError **error);
    gboolean (*truncate)(gpointer data, HthSyncFile *file, guint64 size, GError **error);
    gboolean (*size)(gpointer data, HthSyncFile *file, guint64 *out_size, GError **error);
    gboolean (*sync)(gpointer data, HthSyncFile *file, GError **error);
    /* What was written may start to go to the disk: sync() will come soon. May be NULL. */
    void (*start_sync)(gpointer data, HthSyncFile *file);

    gboolean (*stat)(gpointer data, const char *path, HthSyncStat *out_stat, GError **error);
    /* A cheap look at a file that should be there, which may go by links. FALSE: stat() knows. May be
     * NULL. */
    gboolean (*peek)(gpointer data, const char *path, HthSyncStat *out_stat);
    /* @to is replaced in one instant when it is a file. */
    gboolean (*rename)(gpointer data, const char *from, const char *to, GError **error);
    gboolean (*unlink)(gpointer data, const char *path, GError **error);
    gboolean (*make_dir)(gpointer data, const char *path, GError **error);
    gboolean (*remove_dir)(gpointer data, const char *path, GError **error);
    gboolean (*sync_dir)(gpointer data, const char *path, GError **error);
    /* In no order; names added or removed meanwhile may or may not be seen. */
    gboolean (*list)(gpointer data, const char *path, HthSyncListed callback,
                     gpointer callback_data, GError **error);
    gboolean (*free_bytes)(gpointer data, guint64 *out_free, GError **error);

    /* ---- Clocks and chance ---- */
    gint64 (*wall_ms)(gpointer data);      /* unix time; may jump, may be wrong by years */
    gint64 (*monotonic_ms)(gpointer data); /* never goes back while the program runs */
    void (*random)(gpointer data, void *out, gsize size);
    guint (*conditions)(gpointer data); /* HthSyncConditions; NULL: nothing forbids */

    /* ---- The network: a device's only. The home is who it is paired with. ---- */
    /* One request and its answer. @route: "/sync", "/sync/manifest" …, sent by POST.
     * @out_answer: new; empty for 204. A status that is not 200 or 204 is no error here.
     * At most @max_answer_bytes, else HTH_ERROR_TOO_LARGE. */
    gboolean (*exchange)(gpointer data, const char *route, GBytes *body, gsize max_answer_bytes,
                         guint *out_status, GBytes **out_answer, GError **error);
    /* Sends a request whose answer is long. Returns once the status is known. */
    HthSyncStream *(*stream)(gpointer data, const char *route, GBytes *body, guint *out_status,
                             GError **error);
    /* Waits until more has come and hands it to @sink, in one or more calls, roughly up to
     * @max_bytes. *@out_ended: the answer was complete, and nothing more comes. */
    gboolean (*pump)(gpointer data, HthSyncStream *stream, gsize max_bytes, HthSyncSink sink,
                     gpointer sink_data, gboolean *out_ended, GError **error);
    /* Ends it, wherever it is; NULL is fine. */
    void (*end_stream)(gpointer data, HthSyncStream *stream);
} HthSyncEnvFuncs;

typedef struct {
    const HthSyncEnvFuncs *funcs;
    gpointer data;
    guint faults; /* HthSyncFaults; 0 but in tests */
    /* The list's journal is merged into its manifest at so many bytes; 0: as the store has it.
     * Small in tests: few devices come so far otherwise. */
    guint64 journal_max_bytes;
} HthSyncEnv;

static inline gboolean hth_sync_env_has_fault(const HthSyncEnv *self, HthSyncFaults fault)
{
    return (self->faults & fault) != 0;
}

G_END_DECLS
