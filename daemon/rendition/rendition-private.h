/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What rendition.c (questions, from any thread) and rendition-job.c (conversions, on a thread of
 * their own) share. */
#pragma once

#include "convert-child.h"
#include "rendition-store.h"
#include "rendition.h"

G_BEGIN_DECLS

#define HTH_RENDITIONS_RUNNING_MAX 16
#define HTH_RENDITIONS_WAITING_MAX 4096 /* of each of the two queues */

typedef struct {
    char *key; /* item and profile; of a head: NULL */
    char *item;
    const HthRenditionProfile *profile;
    char *encoder; /* as wished; NULL: any */
    gboolean has_essence;
    HthDigest essence;
    guint64 revision;
    gboolean is_urgent;
    HthRenditionHead head; /* NULL: the whole file */
    gpointer head_data;

    /* While it runs; these belong to the thread. */
    HthRenditions *renditions;
    HthConvertChild *child;
    gboolean is_wrap;
    int permille;   /* atomic */
    char *made_by;  /* the encoder of the payload */
    guint64 before; /* hth_rendition_revision() when it began */
    int original_fd, scratch_fd, out_fd, skeleton_fd;
    char *path; /* of the file being made; NULL: none */
} HthRenditionJob;

void hth_rendition_job_free(HthRenditionJob *job);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HthRenditionJob, hth_rendition_job_free)

/* What is told to the caller on its own thread. */
typedef struct {
    HthRenditionHead head; /* NULL: that a request has come to its end */
    gpointer head_data;
    char *item, *profile;
    GBytes *bytes;
    GError *error;
} HthRenditionCall;

struct HthRenditions {
    char *program;
    guint n_running_max;
    guint stall_ms, deadline_ms;
    HthRenditionOpen open;
    gpointer data;
    GSource *call_source; /* in the caller's context; made ready by the thread */

    GThread *thread;
    GMainContext *context; /* the thread's */
    GMainLoop *loop;
    GSource *wake; /* made ready by any thread */
    HthConvertChild *lister;

    /* The lock guards what is below, and the jobs that wait. Nothing is called out to with it. */
    GMutex lock;
    HthRenditionStore *store;
    GHashTable *jobs; /* key → HthRenditionJob, waiting and running */
    GQueue urgent, ahead;
    GQueue calls; /* (element HthRenditionCall) */
    HthRenditionJob *running[HTH_RENDITIONS_RUNNING_MAX];
    guint n_running;
    GPtrArray *offers;     /* (element HthRenditionOffer) one for each profile */
    HthRenditionDone done; /* may be NULL */
    gpointer done_data;
    gboolean is_listed; /* they say what there is; before that, nothing is known */
    guint64 n_done, n_wrapped, n_failed, n_killed;
    char *sandbox;
    char *problem;
};

/* The thread: when it is woken, lists the profiles once, then takes one job after the other. */
gpointer hth_renditions_thread(gpointer renditions);

/* A number that is another one when the file is. */
gboolean hth_rendition_revision(int fd, guint64 *out_revision);

/* What stands for the essence where it is not known. */
void hth_rendition_guess_essence(const char *item, guint64 revision, HthDigest *out);

/* With the lock held. NULL: not known, or not offered. */
const HthRenditionOffer *hth_renditions_offer(HthRenditions *self,
                                              const HthRenditionProfile *profile);

G_END_DECLS
