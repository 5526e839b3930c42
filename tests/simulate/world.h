/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One home, three devices and all that may happen to them, out of one seed.
 *
 * A seed runs rounds. In each, trouble of all kinds comes while devices sync (trouble.h); then
 * there is rest: the network is whole, nothing fails, and the devices step until they are idle.
 * At rest everything must be as it should (world-check.h).
 *
 * Threads: an object belongs to one thread at a time.
 */
#pragma once

#include "model-env.h"
#include "model-library.h"
#include "play-book.h"
#include "sync/play-feed.h"
#include "sync/sync-device.h"
#include "sync/sync-home.h"

#define N_DEVICES        3
#define WORLD_TEXT_BYTES 64

typedef struct World World;

typedef struct {
    World *world;
    guint index;
    char *id;              /* as the listener proves it; two may run with one key */
    ModelEnv *env;         /* its folder is the card that is in */
    HthSyncDevice *engine; /* NULL: the program does not run */
    HthPlayFeed *feed;     /* with the engine */
    gboolean is_settled;   /* no crash or failure since a good step: its list is what is there */
    HthSyncDeviceOptions options;
    gboolean has_volume;    /* options.volume_id is known */
    guint64 capacity_bytes; /* of its card, when nobody fills it up */
    ModelDisk *yesterday;   /* a copy of the card; NULL: none yet */
    ModelDisk *drawer;      /* its own card, while it is not in; NULL: it is in */
    ModelDisk *next;        /* comes in when the program looks for its folder again */
    gboolean has_next;
    guint64 card_hash;    /* of what is in instead, which must stay as it is */
    GHashTable *seen;     /* (utf8 path → gint64 mtime) files that were looked at */
    GHashTable *ever;     /* (element utf8 folded path) where a file of ours was at some time */
    gboolean may_be_bare; /* its card may be one of before it was ours */
    gboolean is_clone;    /* runs from a copy of device 1's state, with its key */
    HthSyncWait wait;     /* as the last step said */
    guint n_held_back;
    guint8 told_epochs[2][HTH_SYNC_EPOCH_BYTES]; /* its own and the home's, when it told … */
    guint64 told_sequence;                       /* … that this operation was done */
    GHashTable *deleted;   /* (guint64 item) files that the person deleted on it */
    GHashTable *own_files; /* (utf8 path → GBytes) that the person put beside them */
    guint64 n_steps;
} SimDevice;

/* Once in so many times; 0: never. */
typedef struct {
    guint lose_request, lose_answer, duplicate, ghost; /* of exchanges */
    guint cut, corrupt;                                /* of streams */
    guint library;                                     /* changes, of reads of a stream */
} NetworkTrouble;

struct World {
    guint64 seed;
    guint faults; /* HthSyncFaults: what shall be noticed */
    Chance chance;
    gint64 home_wall_ms;
    ModelLibrary *library;
    PlayBook *plays;
    guint n_notes; /* that people made, so far */
    char *dir;     /* of the home's SQLite file; removed in the end */
    char *db_path, *copy_path;
    gboolean has_copy;
    HthSyncHome *home;
    SimDevice devices[N_DEVICES];
    NetworkTrouble network;
    guint n_cut;        /* streams, so far */
    GPtrArray *cards;   /* (element ModelDisk) that were in instead of a device's own */
    GPtrArray *streams; /* open ones, which end with the home */
    GPtrArray *ghosts;  /* requests that come once more, later */
    char *failure;      /* the first thing that was not as it should; NULL: none */
    gboolean is_verbose;
    guint64 trace_hash; /* of every line of the trace: equal, when a seed replays exactly */
    guint64 n_lines;
    GHashTable *counts; /* (const char * → guint) what happened how often, for the summary */
};

World *world_new(guint64 seed, guint faults, gboolean is_verbose);
void world_free(World *self); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(World, world_free)

/* All rounds. TRUE: nothing failed; else @self->failure says what did. */
gboolean world_run(World *self);

void world_say(World *self, const char *format, ...) G_GNUC_PRINTF(2, 3);
void world_fail(World *self, const char *format, ...) G_GNUC_PRINTF(2, 3);
/* @what: a constant. */
void world_count(World *self, const char *what);

/* ---- The home ---- */

void world_home_start(World *self);
void world_home_stop(World *self);
/* A copy of its database; and back to that copy, if there is one. */
void world_home_keep(World *self);
void world_home_put_back(World *self);

/* ---- Devices ---- */

/* Does nothing where it runs already. */
void sim_device_start(SimDevice *self);
void sim_device_stop(SimDevice *self);
/* Does nothing where it does not run. */
void sim_device_wake(SimDevice *self, gboolean with_scan);
/* One step. What a crash leaves is left: sim_device_crashed() tells. */
HthSyncStep sim_device_step(SimDevice *self);
/* The power went: the engine ends, the disk loses what it may. With @keeps_all the program alone
 * was killed. */
void sim_device_after_crash(SimDevice *self, gboolean keeps_all);
/* Its own card is in. */
gboolean sim_device_has_card(const SimDevice *self);
/* Another card (taken), or NULL, comes into its place. A program that runs keeps the folder that it
 * opened, where nothing answers any more, until it looks anew. */
void sim_device_insert(SimDevice *self, ModelDisk *card);
/* What was in meanwhile must be as it was. */
void sim_device_put_card_back(SimDevice *self);
/* The person says that this card is the device's from now on. */
void sim_device_accept_card(SimDevice *self);
