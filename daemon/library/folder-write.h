/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The changes that the scanner posts to the writer: roots, folders with their files, what is gone.
 * Each may run twice, and finds the index as an earlier or interrupted run left it.
 *
 * Threads: made on the scanner's thread; run on the writer's.
 */
#pragma once

#include "library/writer.h"
#include "media/media-info.h"

G_BEGIN_DECLS

/* ---- Roots ---- */

typedef struct {
    gint64 key;
    char *path;
    gboolean is_available;
    gboolean is_mount;
    char *problem;
} HthRootWrite;

void hth_root_write_free(HthRootWrite *self);
gboolean hth_write_root(HthWriteContext *context, gpointer root_write, GError **error);

/* Takes a root and all that it holds out of the index. @root_key: (gint64) */
gboolean hth_write_root_removal(HthWriteContext *context, gpointer root_key, GError **error);

/* ---- Folders and their files ---- */

typedef struct {
    char *name; /* any bytes */
    HthMediaKind kind;
    HthMediaFormat format;
    gint64 size_bytes, mtime_ns, ctime_ns, inode;
} HthFileEntry;

void hth_file_entry_free(HthFileEntry *self);

typedef struct {
    gint64 root_key;
    gint64 digest, parent_digest; /* parent 0: this is the root's own folder */
    guint depth;
    char *path;             /* below the root: "" or "a/b" */
    gint64 mtime_ns, inode; /* mtime below 0: list it again next time */
    gboolean is_mount;
    char *problem;    /* NULL, or why it cannot be listed */
    GPtrArray *files; /* (element HthFileEntry) new and changed ones */
    /* NULL, or (element char) the paths below the root of new ones: a row for each comes with the
     * folder's own, so that none is forgotten by a crash between. */
    GPtrArray *subfolders;
    gboolean is_first_scan; /* files then count as added when they were last written */
} HthFolderWrite;

void hth_folder_write_free(HthFolderWrite *self);
gboolean hth_write_folder(HthWriteContext *context, gpointer folder_write, GError **error);

/* The digest that names a folder: of its root's key and its path below it. Never 0. */
gint64 hth_folder_digest(gint64 root_key, const char *path);

/* ---- What is gone, posted at the end of a scan so that renames have been recognised ---- */

typedef struct {
    GArray *items;   /* (element gint64) item ids; one whose file is there after all stays */
    GArray *folders; /* (element gint64) folder ids, with everything below them */
} HthRemoval;

HthRemoval *hth_removal_new(void);
void hth_removal_free(HthRemoval *self);
gboolean hth_write_removal(HthWriteContext *context, gpointer removal, GError **error);

G_END_DECLS
