/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Items: what a listed file does to its row and its identity, and what a changed row does to every
 * list that it is in.
 *
 * Threads: the writer thread.
 */
#pragma once

#include "library/folder-write.h"

G_BEGIN_DECLS

/* A folder of which files are written. */
typedef struct {
    HthWriteContext *context;
    const HthFolderWrite *folder;
    gint64 folder_id, root_id;
} HthFolderJob;

/* Adds the file, or changes or moves the item that it is. */
gboolean hth_item_write_file(const HthFolderJob *job, const HthFileEntry *file, GError **error);

/* Whether no file, or one with another inode, is at that folder and name any more. What cannot be
 * reached, or lies below a root that is away, has not left. */
#define HTH_ITEM_ANY_INODE (-1)
gboolean hth_item_has_left(HthWriteContext *context, gint64 folder_id, const char *name,
                           gint64 inode);

/* What a file without a title is called: its name without the extension. New string. */
char *hth_item_title_of_name(const char *name);

/* Marks every container that lists the item, and the sums that count it. */
void hth_item_touch(HthWriteContext *context, gint64 item);

gboolean hth_item_remove(HthWriteContext *context, gint64 item, GError **error);

G_END_DECLS
