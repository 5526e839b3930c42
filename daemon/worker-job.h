/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A job of the worker pool: what is asked, and how its answer reaches the caller. Internal to the
 * pool. */
#pragma once

#include "media/worker-protocol.h"
#include "worker-pool.h"

G_BEGIN_DECLS

/* In the order in which they are handed out. */
typedef enum {
    HTH_JOB_PICTURE,
    HTH_JOB_PROBE,
    HTH_JOB_LAYOUT, /* this and the next: in the background, by workers of their own */
    HTH_JOB_RECIPE,
    HTH_N_JOB_KINDS,
} HthJobKind;

typedef struct {
    guint64 id;
    HthJobKind kind;
    int fd; /* owned; -1: closed */
    HthMediaFormat format;
    guint max_pixels;
    GBytes *body;       /* what goes with the request; owned; NULL: nothing */
    guint64 size_bytes; /* of the file, where the time that it takes depends on that */
    union {
        HthWorkerProbed probed;
        HthWorkerPictured pictured;
        HthWorkerLayoutRead layout_read;
        HthWorkerRecipeMade recipe_made;
    };
    gpointer data;
} HthWorkerJob;

void hth_worker_job_free(HthWorkerJob *job); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HthWorkerJob, hth_worker_job_free)

gboolean hth_job_kind_is_background(HthJobKind kind);

/* How long it may take: @base_ms, and for a file that is read whole the time of a slow disk. */
guint hth_worker_job_deadline_ms(const HthWorkerJob *job, guint base_ms);

/* The request; it borrows what is in @job. */
HthWorkerMessage hth_worker_job_request(const HthWorkerJob *job);

/* Calls the caller with @message's answer. FALSE: it can't be the answer, and nothing was done. */
gboolean hth_worker_job_answer(const HthWorkerJob *job, const HthWorkerMessage *message);

/* Calls the caller with @error. */
void hth_worker_job_fail(const HthWorkerJob *job, const GError *error);

G_END_DECLS
