/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The world of a sync engine in a test: a disk in memory, a clock that a test sets, and failures
 * where it wants them. Every call is counted, so that a test can make each one in turn fail or be
 * the last.
 *
 *     g_autoptr(ModelEnv) world = model_env_new(1, MODEL_DISK_FAT);
 *     world->crash_at = world->n_calls + 17;
 *     … hand &world->env to an engine, until a call fails with HTH_ERROR_CANCELLED; free the engine
 *     model_env_restart(world);     the disk as the crash left it; calls work again
 *
 * Threads: an object belongs to one thread at a time.
 */
#pragma once

#include "model-disk.h"

/* What is behind the engine's network calls. Any error means HTH_ERROR_NETWORK. */
typedef struct {
    /* Returns: new; NULL with *@out_status 204. As HthSyncEnvFuncs.exchange(). */
    GBytes *(*exchange)(gpointer data, const char *route, GBytes *body, guint *out_status,
                        GError **error);
    gpointer (*stream)(gpointer data, const char *route, GBytes *body, guint *out_status,
                       GError **error);
    /* Fills @buffer; 0: the answer is complete; -1: the connection broke. */
    gssize (*read)(gpointer stream, guint8 *buffer, gsize size, GError **error);
    void (*end)(gpointer stream);
} ModelNetwork;

typedef struct {
    HthSyncEnv env;  /* for engines */
    ModelDisk *disk; /* owned; NULL: there is no folder, and files fail with G_FILE_ERROR_IO */
    Chance chance;
    Chance engine_chance; /* of its own: how much the engine takes changes nothing else */
    gint64 wall_ms;
    gint64 monotonic_ms; /* one more at each look */
    guint conditions;    /* HthSyncConditions */

    guint64 n_calls;
    guint64 crash_at;         /* the call that is the last; 0: none */
    gboolean crash_is_after;  /* it is carried out all the same */
    guint crash_in_writes;    /* or the so manieth write or sync from now on; 0: none */
    guint crash_in_syncs;     /* likewise of syncs alone */
    guint crash_in_changes;   /* likewise of writes and syncs of files changed in place */
    guint crash_in_exchanges; /* or soon after so many answers */
    guint64 fail_at;          /* the call that fails; 0: none */
    gboolean has_crashed;
    gboolean drops_file_sync; /* a disk that lies: sync() does nothing */
    gboolean drops_dir_sync;

    const ModelNetwork *network; /* NULL: nobody is reached */
    gpointer network_data;
    /* Each call as one line of text; NULL: nobody listens. */
    void (*trace)(const char *line, gpointer data);
    gpointer trace_data;
} ModelEnv;

ModelEnv *model_env_new(guint64 seed, ModelDiskFlags flags);
void model_env_free(ModelEnv *self); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ModelEnv, model_env_free)

/* No call is to fail or to be the last any more. */
void model_env_disarm(ModelEnv *self);
/* The power goes, and comes back: the disk loses what it may, and calls work again. */
void model_env_restart(ModelEnv *self);
/* The program was killed, and nothing else: what it wrote is there, durable or not. */
void model_env_resume(ModelEnv *self);
