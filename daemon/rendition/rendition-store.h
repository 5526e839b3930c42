/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What was converted: rows in renditions.db, which stay, and files in the cache, which go.
 *
 *     invariant 1  a file without a row that says it has bytes is removed at the next start
 *     invariant 2  a row's file is whole: it was synced before it got its name
 *     invariant 3  a row is found by (item, profile, encoder); a newer one takes its place
 *
 * Threads: one at a time; the caller has a lock.
 */
#pragma once

#include "base/digest.h"
#include "rendition.h"

G_BEGIN_DECLS

typedef struct HthRenditionStore HthRenditionStore;

typedef struct {
    gint64 id; /* also the file's name; never used again */
    char *item;
    char *profile;
    char *encoder;
    HthDigest essence;
    guint64 revision; /* of the original whose tags are in it */
    gboolean has_bytes;
    gboolean is_fetched; /* it was handed out */
    gint64 size_bytes;
    HthDigest hash;
    gint64 payload_offset;
    HthDigest payload_hash;
} HthRenditionRow;

void hth_rendition_row_clear(HthRenditionRow *row);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(HthRenditionRow, hth_rendition_row_clear)

/* Opens both and puts them in accord. Errors: as hth_db_open(); G_FILE_ERROR_*. */
HthRenditionStore *hth_rendition_store_open(const char *state_dir, const char *cache_dir,
                                            guint64 limit_bytes, GError **error);
void hth_rendition_store_free(HthRenditionStore *self); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HthRenditionStore, hth_rendition_store_free)

/* The item's own, with that essence; @encoder NULL: with bytes before without, then the newest.
 * Returns: FALSE: there is none. */
gboolean hth_rendition_store_find(HthRenditionStore *self, const char *item, const char *profile,
                                  const HthDigest *essence, const char *encoder,
                                  HthRenditionRow *out);

/* Any with bytes that has the same payload, of whatever item. */
gboolean hth_rendition_store_find_payload(HthRenditionStore *self, const char *profile,
                                          const HthDigest *essence, const char *encoder,
                                          HthRenditionRow *out);

/* Opens the file of @row; -1: it is not there or has another size, which is noted. */
int hth_rendition_store_open_file(HthRenditionStore *self, const HthRenditionRow *row);

/* It was handed out just now: it goes last. */
void hth_rendition_store_touch(HthRenditionStore *self, gint64 id);

/* The head without tags; NULL: not known. */
GBytes *hth_rendition_store_skeleton(HthRenditionStore *self, gint64 id);

/* A new file, without a name that counts, for hearth-convert to write. @out_path: to be freed.
 * Returns: a descriptor; -1 with @error. */
int hth_rendition_store_new_file(HthRenditionStore *self, char **out_path, GError **error);

/* Takes the synced file at @path into the cache as @row says (all but its id), in place of the one
 * that had the same key, and makes room. The same bytes as before keep their row and file.
 * @skeleton: kept compressed. */
gboolean hth_rendition_store_add(HthRenditionStore *self, const char *path,
                                 const HthRenditionRow *row, GBytes *skeleton, GError **error);

/* An original that can't be converted. @is_final: not a matter of chance; else it is refused after
 * the second time. */
void hth_rendition_store_refuse(HthRenditionStore *self, const char *item, const char *profile,
                                guint64 revision, gboolean is_final, const char *reason);
/* Returns: the reason, new; NULL: not refused. */
char *hth_rendition_store_refusal(HthRenditionStore *self, const char *item, const char *profile,
                                  guint64 revision);

/* The essence of the original at @revision, in place of what was known of an older one. @essence:
 * NULL: it has none. */
void hth_rendition_store_learn(HthRenditionStore *self, const char *item, guint64 revision,
                               const HthDigest *essence);
/* Returns: whether it is known whether the original has an essence. */
gboolean hth_rendition_store_original(HthRenditionStore *self, const char *item, guint64 revision,
                                      gboolean *out_has_essence, HthDigest *out_essence);

/* Whether the file whose hash begins with @rendition_revision is of the original at @revision, with
 * its tags, of whatever encoder, with or without bytes. */
gboolean hth_rendition_store_is_of(HthRenditionStore *self, const char *item, const char *profile,
                                   const HthDigest *essence, guint64 revision,
                                   guint64 rendition_revision);

void hth_rendition_store_set_limit(HthRenditionStore *self, guint64 limit_bytes);

/* Whether @size_bytes more would make something go that nobody has fetched yet. */
gboolean hth_rendition_store_is_full(HthRenditionStore *self, gint64 size_bytes);

/* Fills in limit_bytes, size_bytes, n_files, n_known and n_dropped. */
void hth_rendition_store_status(HthRenditionStore *self, HthRenditionsStatus *out);

G_END_DECLS
