/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A private folder for the length of a command, on the file system where its result goes. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct HthWorkDir HthWorkDir;

/* Makes a folder of mode 0700 in @parent. */
HthWorkDir *hth_work_dir_new(const char *parent, GError **error);
/* Removes the folder and the files in it. NULL is fine. */
void hth_work_dir_free(HthWorkDir *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HthWorkDir, hth_work_dir_free)

const char *hth_work_dir_path(const HthWorkDir *self);

G_END_DECLS
