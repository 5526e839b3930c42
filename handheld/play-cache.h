/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The last blocks that players had from home, in one file of bounded size. The file has no name: it
 * goes with the program.
 *
 * Threads: any thread, any time.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define HTH_PLAY_BLOCK_BYTES  (256 * 1024)
#define HTH_PLAY_CACHE_BLOCKS 256 /* 64 MiB */

typedef struct HthPlayCache HthPlayCache;

/* @dir: made when missing. Errors: G_FILE_ERROR */
HthPlayCache *hth_play_cache_new(const char *dir, GError **error);
void hth_play_cache_free(HthPlayCache *self); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HthPlayCache, hth_play_cache_free)

/* Whether the first @n_bytes of the block are there.
 * @key: says which bytes these are: the item and its revision. */
gboolean hth_play_cache_has(HthPlayCache *self, const char *key, guint64 block, gsize n_bytes);

/* Copies what is there of the block that holds @offset, from @offset on.
 * Returns: how many bytes; 0: the block is not there. */
gsize hth_play_cache_read(HthPlayCache *self, const char *key, guint64 offset, void *buffer,
                          gsize max_bytes);

/* Puts bytes at @offset of the file; they stay within one block, and follow what is there of it, or
 * begin it anew. The block that was used least lately gives way.
 * FALSE: the disk is full, or what they were to follow has given way. */
gboolean hth_play_cache_put(HthPlayCache *self, const char *key, guint64 offset, const void *bytes,
                            gsize n_bytes);

G_END_DECLS
