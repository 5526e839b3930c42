/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The pool of hearth-worker children: the only code that opens media content.
 *
 * Jobs are queued here (bounded), handed to idle workers with the file as an open descriptor
 * (several in flight a worker, so that none waits for a round trip), and answered. A job past its
 * deadline has its worker killed, a worker that dies is started again with back-off, and only the
 * job in hand fails. Workers exit when idle. What reads files whole (layouts, recipes) is done by
 * workers of their own at the lowest priority, so that nobody's picture waits behind a film.
 *
 * Threads: new, free and the callbacks on the thread that runs the pool's main context; everything
 * else on any thread.
 */
#pragma once

#include <gio/gio.h>

#include "media/layout.h"
#include "media/media-info.h"

G_BEGIN_DECLS

typedef struct HthWorkerPool HthWorkerPool;

typedef struct {
    const char *program;   /* path of hearth-worker */
    guint n_workers;       /* 0: as many as cores */
    guint deadline_ms;     /* a job; 0: 10,000 */
    guint idle_exit_s;     /* 0: 10 */
    GMainContext *context; /* NULL: the default one */
} HthWorkerPoolOptions;

HthWorkerPool *hth_worker_pool_new(const HthWorkerPoolOptions *options);
/* Kills the workers; jobs not answered are dropped without a call. NULL is fine. */
void hth_worker_pool_free(HthWorkerPool *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HthWorkerPool, hth_worker_pool_free)

/* How many more jobs may be queued now; callers that have many ask, and wait for answers. */
guint hth_worker_pool_room(HthWorkerPool *self);

/* @info: taken by the callee; NULL with @error. HTH_ERROR_CORRUPT: the file is not what its name
 * says. HTH_ERROR_TIMEOUT: killed at the deadline. HTH_ERROR_FAILED: the worker died of this file
 * (the caller counts that, and sets a file aside after the second time). */
typedef void (*HthWorkerProbed)(HthMediaInfo *info, const GError *error, gpointer data);

/* @fd: a regular file opened for reading; taken. @format: by its name. */
void hth_worker_pool_probe(HthWorkerPool *self, int fd, HthMediaFormat format,
                           HthWorkerProbed callback, gpointer data);

/* @jpeg: NULL with @error; HTH_ERROR_NOT_FOUND: there is no picture in it. */
typedef void (*HthWorkerPictured)(GBytes *jpeg, const GError *error, gpointer data);

/* A JPEG that fits in @max_pixels × @max_pixels with its proportions kept, upright (the EXIF
 * orientation is applied), from a photo, the picture inside an audio file, or a frame of a video.
 * Interactive: goes ahead of queued probes. @max_pixels 0: the embedded picture as it is. */
void hth_worker_pool_picture(HthWorkerPool *self, int fd, HthMediaFormat format, guint max_pixels,
                             HthWorkerPictured callback, gpointer data);

/* How many more layouts and recipes may be queued now. */
guint hth_worker_pool_background_room(HthWorkerPool *self);

/* @encoded, @layout: borrowed, the same layout in two forms; NULL with @error. */
typedef void (*HthWorkerLayoutRead)(GBytes *encoded, const HthLayout *layout, const GError *error,
                                    gpointer data);

/* Reads the layout of a file, all of it, in the background. @fd: taken. @format: by its name. The
 * deadline grows with the file. */
void hth_worker_pool_layout(HthWorkerPool *self, int fd, HthMediaFormat format,
                            HthWorkerLayoutRead callback, gpointer data);

/* @recipe, @new_layout: encoded, borrowed; NULL with @error. */
typedef void (*HthWorkerRecipeMade)(GBytes *recipe, GBytes *new_layout, const GError *error,
                                    gpointer data);

/* Makes and verifies the recipe from the file that @old_layout describes to the one at @fd, in the
 * background. @fd: taken. @new_layout: that file's, encoded; NULL: it is read first. */
void hth_worker_pool_recipe(HthWorkerPool *self, int fd, HthMediaFormat format, GBytes *old_layout,
                            GBytes *new_layout, HthWorkerRecipeMade callback, gpointer data);

typedef struct {
    guint n_running;
    guint n_queued;
    guint64 n_done;
    guint64 n_failed;
    guint64 n_killed; /* at the deadline */
    guint64 n_died;
    char *sandbox; /* what is in force: "seccomp, Landlock ABI 2, rlimits"; new string */
} HthWorkerPoolStatus;

void hth_worker_pool_status(HthWorkerPool *self, HthWorkerPoolStatus *out_status);

G_END_DECLS
