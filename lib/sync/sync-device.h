/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The device's side of a sync, driven by its caller one step at a time.
 *
 *   volume ─▶ recover ─▶ scan ─▶ ask ─▶ work ─▶ ask … ─▶ idle
 *              (files that are missing)  │   └ data, operations, commit
 *                                        └ manifest, layouts, verify, wipe: as the home demands
 *
 * A step is at most one exchange, one operation, or one slice of data. It opens no socket and no
 * file by itself: HthSyncEnv is its only door.
 *
 * Invariants
 *   1. Nothing is written, and nothing reported, before .hearth/device was found to be ours.
 *   2. A result is told only when the journal has it for sure.
 *   3. Bytes are published only when their SHA-256 is what the home said.
 *   4. More than HTH_SYNC_ABSENT_FREE files and a tenth of all gone at once are told only after
 *      hth_sync_device_confirm().
 *
 * Threads: an object belongs to one thread at a time.
 */
#pragma once

#include "sync/message.h"
#include "sync/sync-env.h"

G_BEGIN_DECLS

#define HTH_SYNC_ID_BYTES    32
#define HTH_SYNC_ABSENT_FREE 20

/* Of a cache of pictures that several files of an album share. */
#define HTH_SYNC_PICTURES_MAX_BYTES (64 * 1024 * 1024)

typedef struct {
    guint8 device_id[HTH_SYNC_ID_BYTES];
    guint8 home_id[HTH_SYNC_ID_BYTES];
    guint8 volume_id[HTH_SYNC_EPOCH_BYTES]; /* zeros: no folder was set up yet */
    guint64 leave_free_bytes;
    guint64 byte_budget; /* for what is fetched in one session; 0: no limit */
    gboolean only_on_power;
    gboolean only_unmetered;
    gboolean may_set_up; /* a folder without .hearth becomes ours (a person said so, or none was) */
} HthSyncDeviceOptions;

typedef enum {
    HTH_SYNC_PHASE_VOLUME,
    HTH_SYNC_PHASE_SCAN,
    HTH_SYNC_PHASE_VERIFY,
    HTH_SYNC_PHASE_ASK,
    HTH_SYNC_PHASE_MANIFEST,
    HTH_SYNC_PHASE_LAYOUTS,
    HTH_SYNC_PHASE_WORK,
    HTH_SYNC_PHASE_WIPE,
    HTH_SYNC_PHASE_IDLE,
    HTH_SYNC_N_PHASES,
} HthSyncPhase;

typedef enum {
    HTH_SYNC_WAITS_NOT,
    HTH_SYNC_WAITS_VOLUME, /* the folder is not there, or another one is in its place */
    HTH_SYNC_WAITS_POWER,
    HTH_SYNC_WAITS_METERED,
    HTH_SYNC_WAITS_BUDGET,
    HTH_SYNC_WAITS_HOME, /* the home is making ready what is still to come: ask again soon */
    HTH_SYNC_N_WAITS,
} HthSyncWait;

typedef struct {
    HthSyncPhase phase;
    HthSyncWait wait;
    guint64 operations_done; /* applied, of this object's life */
    guint64 operations_refused;
    guint64 operations_rest; /* as the home says, and what is at hand */
    guint64 files_rest;
    guint64 bytes_rest;
    guint64 bytes_fetched; /* payload, without framing */
    guint64 bytes_written; /* to the folder */
    guint64 n_files;       /* on the device */
    guint n_held_back;     /* missing files that wait for a person's word */
    guint n_damaged;       /* that verify found */
    gboolean is_wiped;     /* the home is to be forgotten */
    const char *path;      /* of the file under way; NULL; borrowed until the next step */
} HthSyncProgress;

typedef enum {
    HTH_SYNC_STEP_FAILED, /* with an error; call again later: it begins at the volume */
    HTH_SYNC_STEP_MORE,   /* call again */
    HTH_SYNC_STEP_IDLE,   /* all is as the home wants it */
    HTH_SYNC_STEP_WAIT,   /* nothing can be done before something changes: see wait */
} HthSyncStep;

typedef struct HthSyncDevice HthSyncDevice;

/* @env: borrowed. */
HthSyncDevice *hth_sync_device_new(const HthSyncEnv *env, const HthSyncDeviceOptions *options);
void hth_sync_device_free(HthSyncDevice *self); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HthSyncDevice, hth_sync_device_free)

HthSyncStep hth_sync_device_step(HthSyncDevice *self, HthSyncProgress *out_progress,
                                 GError **error);

/* After IDLE or WAIT: asks the home again (something changed there), or begins with a scan. */
void hth_sync_device_wake(HthSyncDevice *self, gboolean with_scan);

/* What every request from now on says of being away: the revision of what was last had from GET
 * /away (0: nothing), and the port of the device's own player door (0: it has none). */
void hth_sync_device_set_away(HthSyncDevice *self, guint32 away_revision, guint16 play_port);
/* Whether the home has said since then that GET /away tells something else by now. */
gboolean hth_sync_device_wants_away(const HthSyncDevice *self);

/* What is missing was deleted on purpose. Needs the folder. */
gboolean hth_sync_device_confirm(HthSyncDevice *self, GError **error);

/* The home said, without a conversation, that everything of it is to go: the steps that follow
 * remove it. Needs the folder. */
gboolean hth_sync_device_wipe(HthSyncDevice *self, GError **error);

/* Every file is read and compared; what differs is repaired in the steps that follow. */
void hth_sync_device_verify(HthSyncDevice *self);

/* Ends what is under way so that the next session goes on there. The next step begins anew. */
void hth_sync_device_pause(HthSyncDevice *self);

/* Lets go of the stream of data under way, if there is one; the next step asks for the rest. For a
 * caller that has a better path to the home. */
gboolean hth_sync_device_let_go(HthSyncDevice *self, GError **error);

/* Of the folder, once it was found or set up; zeros before. To be kept in the options. */
const guint8 *hth_sync_device_volume_id(const HthSyncDevice *self);

/* For looking at what is there, without a home: recovers, then calls back each file, by item. */
typedef void (*HthSyncDeviceFile)(const HthSyncHeld *held, gpointer data);
gboolean hth_sync_device_list(HthSyncDevice *self, HthSyncDeviceFile callback, gpointer data,
                              GError **error);

/* Which item lies at @path. Needs the folder; reads the whole list. */
gboolean hth_sync_device_find_path(HthSyncDevice *self, const char *path, gboolean *out_found,
                                   guint64 *out_item, GError **error);

/* Where the play log's entries come from and go to; NULL functions: there is none. */
typedef struct {
    /* Takes in what players noted of paths, while those are still the paths of the list: called
     * before it changes. */
    gboolean (*gather)(gpointer data, GError **error);
    /* Entries not confirmed yet, at most HTH_SYNC_MAX_PLAYS, into @out (element HthSyncPlay). */
    gboolean (*unconfirmed)(gpointer data, GArray *out, GError **error);
    gboolean (*confirmed)(gpointer data, guint64 number, GError **error);
    /* Merged values from the home (element HthSyncPlay). */
    gboolean (*merged)(gpointer data, const GArray *plays, GError **error);
    /* The device's epoch is another one now: what is not confirmed is numbered from 1. */
    gboolean (*renumber)(gpointer data, GError **error);
    gpointer data;
} HthSyncDevicePlays;
void hth_sync_device_set_plays(HthSyncDevice *self, const HthSyncDevicePlays *plays);

const char *hth_sync_phase_name(HthSyncPhase phase);
const char *hth_sync_wait_name(HthSyncWait wait);

G_END_DECLS
