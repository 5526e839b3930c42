/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One folder on disk compared with what the index has of it.
 *
 * A folder whose time has not changed is not listed again, but every known file in it is looked at
 * (size, mtime, ctime, inode): a tag editor can keep all but the ctime. No file is opened.
 *
 * Threads: the scanner thread.
 */
#pragma once

#include "library/folder-task.h"
#include "library/folder-write.h"
#include "store/db.h"

G_BEGIN_DECLS

/* Folders deeper below their root are left out, and said. */
#define HTH_SCAN_MAX_DEPTH 48

/* Files in one message to the writer. */
#define HTH_SCAN_MAX_FILES 400

/* The scanner's read connection: opened on the writer's database. */
HthDb *hth_folder_scan_open_db(const char *index_path, GError **error);

typedef enum {
    HTH_FOLDER_SCANNED,
    HTH_FOLDER_MISSING, /* it is not there */
    HTH_FOLDER_BLOCKED, /* it cannot be listed: what is known of it stays */
    HTH_FOLDER_AWAY,    /* a disk was mounted here and is not any more: what is known stays */
} HthFolderOutcome;

typedef struct {
    HthFolderOutcome outcome;
    char *problem;         /* a sentence, when not scanned */
    GPtrArray *writes;     /* (element HthFolderWrite) to post, in this order; empty: nothing new */
    GPtrArray *subfolders; /* (element HthFolderTask) to scan next */
    GArray *gone_items;    /* (element gint64) item ids */
    GArray *gone_folders;  /* (element gint64) folder ids */
    gboolean is_mount;
    guint n_known_items; /* that the index had in it before */
    guint n_files;       /* media files in it now */
} HthFolderScan;

void hth_folder_scan_free(HthFolderScan *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HthFolderScan, hth_folder_scan_free)

/* @list_anew: list even a folder whose time has not changed. */
HthFolderScan *hth_folder_scan(HthDb *db, HthFolderTask *task, gboolean list_anew);

G_END_DECLS
