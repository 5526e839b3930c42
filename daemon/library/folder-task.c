/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "library/folder-task.h"

#include <string.h>
#include <sys/stat.h>

HthFolderTask *hth_folder_task_new(HthFolderTask *parent, HthScanRoot *root, const char *path,
                                   gboolean is_recursive)
{
    HthFolderTask *self = g_new0(HthFolderTask, 1);
    g_atomic_ref_count_init(&self->references);
    self->parent = parent != NULL ? hth_folder_task_ref(parent) : NULL;
    self->root = root;
    self->path = g_strdup(path);
    self->is_recursive = is_recursive;
    for (const char *c = path; *c != '\0'; c++)
        self->depth += *c == '/';
    self->depth += *path != '\0';
    return self;
}

HthFolderTask *hth_folder_task_ref(HthFolderTask *self)
{
    g_atomic_ref_count_inc(&self->references);
    return self;
}

void hth_folder_task_unref(HthFolderTask *self)
{
    while (self != NULL && g_atomic_ref_count_dec(&self->references)) {
        HthFolderTask *parent = self->parent;
        g_free(self->path);
        g_free(self);
        self = parent;
    }
}

char *hth_folder_task_full_path(const HthFolderTask *self)
{
    return self->path[0] == '\0' ? g_strdup(self->root->path)
                                 : g_strconcat(self->root->path, "/", self->path, NULL);
}

void hth_folder_task_complete(HthFolderTask *self)
{
    if (self->parent != NULL || self->path[0] == '\0')
        return;
    const char *slash = strrchr(self->path, '/');
    g_autofree char *above =
        slash != NULL ? g_strndup(self->path, (gsize)(slash - self->path)) : g_strdup("");
    self->parent = hth_folder_task_new(NULL, self->root, above, FALSE);
    g_autofree char *full_path = hth_folder_task_full_path(self->parent);
    struct stat info;
    if (stat(full_path, &info) == 0) {
        self->parent->device = info.st_dev;
        self->parent->inode = info.st_ino;
    }
    hth_folder_task_complete(self->parent);
}

gboolean hth_folder_task_is_loop(const HthFolderTask *self)
{
    for (const HthFolderTask *above = self->parent; above != NULL; above = above->parent) {
        if (above->device == self->device && above->inode == self->inode)
            return TRUE;
    }
    return FALSE;
}
