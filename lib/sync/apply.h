/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Publishes what operations made: many at once, so that a thousand small files do not wait for a
 * thousand round trips to the card.
 *
 *   add …            bytes are complete in .hearth/tmp (or are a few patches), nothing is visible
 *   commit  1        every temporary file and undo image is synced
 *           2        the intents are journaled, and the journal synced
 *           3        names change, in order; patches are written and synced
 *           4        every folder that changed is synced, each once
 *           5        new list, results and the end of the intents are journaled and synced
 *
 * Invariants
 *   1. A file of the list is at any instant the old one or the new one; in place, it is so once
 *      recover() has run.
 *   2. After a crash recover() finishes what 2 said, from the temporary file, or puts the undo
 *      image back. Both may run any number of times.
 *   3. No two operations of one commit touch the same path: the second one commits the first.
 *   4. A file that is not of the list is never lost: "NAME (kept).EXT" has it before its name is
 * taken.
 *
 * Threads: an object belongs to one thread at a time.
 */
#pragma once

#include "sync/device-store.h"
#include "sync/message.h"

G_BEGIN_DECLS

#define HTH_APPLY_TMP_DIR  ".hearth/tmp"
#define HTH_APPLY_UNDO_DIR ".hearth/undo"

/* A commit comes by itself when so much waits for it. */
#define HTH_APPLY_MAX_READY       128
#define HTH_APPLY_MAX_READY_BYTES (G_GUINT64_CONSTANT(96) * 1024 * 1024)
#define HTH_APPLY_MAX_PATCH_BYTES (2 * 1024 * 1024)

typedef struct HthApply HthApply;

/* Both are borrowed. */
HthApply *hth_apply_new(const HthSyncEnv *env, HthDeviceStore *store);
void hth_apply_free(HthApply *self); /* what was added and not committed is forgotten */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HthApply, hth_apply_free)

/* Called before names change; on FALSE nothing is committed. */
typedef gboolean (*HthApplyBefore)(gpointer data, GError **error);
void hth_apply_set_before(HthApply *self, HthApplyBefore before, gpointer data);

/* Makes the folders in .hearth, and finishes or undoes what a crash cut. Once, before all else. */
gboolean hth_apply_recover(HthApply *self, GError **error);

/* The home wants nothing more: what was kept of downloads that were cut goes, and whatever else an
 * operation that was never done left in .hearth/tmp. */
gboolean hth_apply_tidy(HthApply *self, GError **error);

typedef enum {
    HTH_APPLY_GO,     /* bytes are wanted, or none are needed */
    HTH_APPLY_DONE,   /* what is asked for is so already; its result is noted */
    HTH_APPLY_REFUSED /* its result is noted */
} HthApplyVerdict;

/* Whether @operation may be applied to what the device holds. Commits first what it depends on.
 * @out_held: what the device holds of the item now, path NULL: nothing; to be cleared. */
gboolean hth_apply_check(HthApply *self, const HthSyncOperation *operation,
                         HthApplyVerdict *out_verdict, HthSyncHeld *out_held, GError **error);

/* Whether a file that lies at the path already, and belongs to nobody, is the one that is to come:
 * its SHA-256 is new_hash. Then it is taken as it is. */
gboolean hth_apply_adopt(HthApply *self, const HthSyncOperation *operation, gboolean *out_adopted,
                         GError **error);

/* ---- One of these for each operation that may go ---- */

/* The new bytes are complete in @tmp, which hashes to @hash. @file: @tmp, open; taken. */
gboolean hth_apply_add_file(HthApply *self, const HthSyncOperation *operation, const char *tmp,
                            HthSyncFile *file, const HthDigest *hash, guint64 size, GError **error);
/* MOVE and REMOVE. */
gboolean hth_apply_add_name(HthApply *self, const HthSyncOperation *operation, GError **error);
/* Bytes of the file are to change in place. @patches: (element HthRecipePatch) taken. The file as
 * it will be hashes to new_hash: the caller has looked. */
gboolean hth_apply_add_patches(HthApply *self, const HthSyncOperation *operation, GArray *patches,
                               GError **error);
/* Nothing is done, and why. @sentence: NULL for OK. */
gboolean hth_apply_add_result(HthApply *self, guint64 sequence, HthSyncStatus status,
                              const HthDigest *hash, const char *sentence, GError **error);

gboolean hth_apply_commit(HthApply *self, GError **error);

guint64 hth_apply_n_applied(const HthApply *self); /* since it was made; without refusals */
guint64 hth_apply_n_refused(const HthApply *self);
guint64 hth_apply_bytes_written(const HthApply *self); /* in place; undo images counted */

/* The name in HTH_APPLY_TMP_DIR of a download that a later session may go on with. */
char *hth_apply_tmp_name(guint64 item, guint64 revision);

G_END_DECLS
