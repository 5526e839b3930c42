/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Folders watched by inotify(7). A change makes its folder due after a settle delay, so that a file
 * being written is read once.
 *
 * Threads: the scanner thread, whose main context calls back.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct HthWatcher HthWatcher;

/* A folder that changes all the time is looked at all the same after this long. */
#define HTH_WATCHER_MAX_WAIT_MS 1500

typedef struct {
    gint64 root_key;
    char *path; /* below the root */
} HthDueFolder;

/* @due: (element HthDueFolder) borrowed; folders to look at now. NULL: events were lost, look at
 * all. */
typedef void (*HthWatcherDue)(GPtrArray *due, gpointer data);

/* NULL when inotify is not to be had: every folder is then listed by time. */
HthWatcher *hth_watcher_new(GMainContext *context, guint settle_ms, HthWatcherDue callback,
                            gpointer data);
void hth_watcher_free(HthWatcher *self); /* NULL is fine */

/* Watches a folder; again does no harm, and tells its new path. A folder that is deleted or
 * unmounted is due once more. FALSE: the limit is reached or the file system cannot tell (network
 * mounts): list it by time. One that is not there, or may not be entered, is no reason for that. */
gboolean hth_watcher_add(HthWatcher *self, gint64 root_key, const char *path,
                         const char *full_path);

/* Ends the watches of a root. */
void hth_watcher_forget_root(HthWatcher *self, gint64 root_key);

guint hth_watcher_count(const HthWatcher *self);
gboolean hth_watcher_is_limited(const HthWatcher *self);

/* Whether changes made by other machines on this file system cannot be seen by inotify. */
gboolean hth_watcher_is_network(const char *full_path);

G_END_DECLS
