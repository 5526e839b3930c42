/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A folder that the scanner is still to look at.
 *
 * Threads: the scanner thread.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* A shared folder, while the scanner works on it. */
typedef struct {
    gint64 key;
    char *path;
    gboolean is_first_scan;
    gboolean was_mount;
} HthScanRoot;

typedef struct HthFolderTask HthFolderTask;

/* A folder still to be looked at. Holds a reference to its parent: the chain finds symlink loops.
 */
struct HthFolderTask {
    gatomicrefcount references;
    HthFolderTask *parent;
    HthScanRoot *root; /* borrowed from the scanner, which outlives its tasks */
    char *path;        /* below the root */
    guint depth;
    gboolean is_recursive; /* known folders below it are looked at too; new ones always are */
    guint64 device, inode; /* set when it is scanned */
};

HthFolderTask *hth_folder_task_new(HthFolderTask *parent, HthScanRoot *root, const char *path,
                                   gboolean is_recursive);
HthFolderTask *hth_folder_task_ref(HthFolderTask *self);
void hth_folder_task_unref(HthFolderTask *self);
char *hth_folder_task_full_path(const HthFolderTask *self);

/* One that came from an event has no parents: they are made, so that loops and mounts are seen. */
void hth_folder_task_complete(HthFolderTask *self);

/* Whether this very folder is one of its own ancestors, reached again by a symbolic link. */
gboolean hth_folder_task_is_loop(const HthFolderTask *self);

G_END_DECLS
