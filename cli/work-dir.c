/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "work-dir.h"

#include <errno.h>
#include <glib/gstdio.h>

struct HthWorkDir {
    char *path;
};

HthWorkDir *hth_work_dir_new(const char *parent, GError **error)
{
    g_autofree char *path = g_build_filename(parent, ".hearth-XXXXXX", NULL);
    if (g_mkdtemp_full(path, 0700) == NULL) {
        g_set_error(error, G_FILE_ERROR, (int)g_file_error_from_errno(errno),
                    "nothing can be written in %s: %s", parent, g_strerror(errno));
        return NULL;
    }
    HthWorkDir *self = g_new0(HthWorkDir, 1);
    self->path = g_steal_pointer(&path);
    return self;
}

void hth_work_dir_free(HthWorkDir *self)
{
    if (self == NULL)
        return;
    g_autoptr(GDir) dir = g_dir_open(self->path, 0, NULL);
    const char *name;
    while (dir != NULL && (name = g_dir_read_name(dir)) != NULL) {
        g_autofree char *path = g_build_filename(self->path, name, NULL);
        (void)g_unlink(path); /* what cannot go stays; the command has ended */
    }
    (void)g_rmdir(self->path);
    g_free(self->path);
    g_free(self);
}

const char *hth_work_dir_path(const HthWorkDir *self)
{
    return self->path;
}
