/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The items whose files were asked for last: a player that seeks asks for one file hundreds of
 * times, and the index says the same each time. Good as long as the library has not changed.
 *
 * Threads: any thread; a lock guards the table.
 */
#pragma once

#include "plugin/library.h"

G_BEGIN_DECLS

/* Films and tracks being played at once, and some more. */
#define HTH_FILE_CACHE_ENTRIES 64

typedef struct HthFileCache HthFileCache;

HthFileCache *hth_file_cache_new(void);
void hth_file_cache_free(HthFileCache *self);

/* @out_path, @out_object: new copies; @out_object may be NULL.
 * Returns: FALSE when it is not there, or is older than @sequence. */
gboolean hth_file_cache_find(HthFileCache *self, guint64 permanent_id, guint64 sequence,
                             char **out_path, HthObject **out_object);

/* Copies @path and @object, as they were at @sequence. */
void hth_file_cache_add(HthFileCache *self, guint64 permanent_id, guint64 sequence,
                        const char *path, const HthObject *object);

G_END_DECLS
