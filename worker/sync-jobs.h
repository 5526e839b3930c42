/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What sync wants to know of a file: its layout, and the recipe from an older version of it. */
#pragma once

#include "media/media-info.h"

G_BEGIN_DECLS

/* Both: @format by the file's name; what the content begins like comes first.
 * Errors: HTH_ERROR_INVALID, HTH_ERROR_UNAVAILABLE  @fd can't be read as a file
 *         HTH_ERROR_CHANGED  the file became another while it was read */

/* Returns: the layout, encoded. */
GBytes *hth_sync_job_layout(int fd, HthMediaFormat format, GError **error);

/* @layouts: the old one, and the new one or nothing, as hth_worker_pair() makes them.
 * Returns: recipe and new layout, in the same way. */
GBytes *hth_sync_job_recipe(int fd, HthMediaFormat format, GBytes *layouts, GError **error);

G_END_DECLS
