/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What scanner.c, which lists and feeds, and scanner-roots.c, which knows the shared folders,
 * share.
 *
 * Threads: the scanner's own, but for what the lock guards.
 */
#pragma once

#include "library/folder-scan.h"
#include "library/probe-feed.h"
#include "library/scan-meter.h"
#include "library/scanner.h"
#include "library/watcher.h"
#include "library/write-statement.h"

G_BEGIN_DECLS

typedef struct {
    HthScanRoot scan;
    gboolean is_available;
    gboolean is_network;
    gboolean is_unwatched; /* some folder of it could not be watched */
    char *problem;
} HthSharedRoot;

struct HthScanner {
    GThread *thread;
    GMainContext *context;
    GMainLoop *loop;
    char *index_path;
    guint settle_ms, poll_s;
    gboolean has_no_watch;
    HthWriter *writer;
    HthState *state;
    HthWorkerPool *pool;
    HthScanMeter *meter;

    /* Scanner thread. */
    HthDb *db;
    HthProbeFeed *feed;
    GSource *retry; /* of what no worker could be had for */
    guint retry_s;
    HthWatcher *watcher;
    GPtrArray *roots; /* (element HthSharedRoot) */
    GQueue tasks;     /* (element HthFolderTask) last in, first out: depth first */
    HthRemoval *removal;
    GSource *step;           /* NULL: not listing */
    gboolean is_full;        /* folders are listed whatever their time says */
    gboolean is_pass_wanted; /* another whole pass after this one */
    gboolean is_full_wanted;
    GSource *poll, *away;

    GMutex lock;            /* guards what follows */
    GPtrArray *root_status; /* (element HthRootStatus) */
};

void hth_scanner_root_free(HthSharedRoot *root);

/* Tells the index, and whoever asks, whether a root can be had. */
void hth_scanner_set_root(HthScanner *self, HthSharedRoot *root, gboolean is_available,
                          const char *problem);
void hth_scanner_publish_roots(HthScanner *self);

/* Shares just @paths: roots that moved are followed, others removed or added. No task may be left,
 * since tasks borrow their roots. */
void hth_scanner_replace_roots(HthScanner *self, char **paths);

G_END_DECLS
