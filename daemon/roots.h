/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The folders that are shared: from the configuration, or a person's own media folders.
 *
 * Threads: main thread.
 */
#pragma once

#include "settings.h"

G_BEGIN_DECLS

/* Returns: absolute paths, without doubles and without a folder inside another; may be empty.
 * @out_are_defaults: nothing was configured, and these are the person's own media folders. */
char **hth_roots_from_settings(const HthSettings *settings, gboolean *out_are_defaults);

/* Checks one folder that is to be shared beside @roots.
 * Returns: its absolute path, a new string.
 * Errors: HTH_ERROR_NOT_FOUND, HTH_ERROR_INVALID (no folder; inside a shared one; shared already)
 */
char *hth_root_check(const char *path, const char *const *roots, GError **error);

/* Whether @path is @folder or lies in it. */
gboolean hth_root_contains(const char *folder, const char *path);

G_END_DECLS
