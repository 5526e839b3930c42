/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a device knows, durably: the files it holds, what it is about to do, what it has to tell.
 *
 * Below FOLDER/.hearth: the newest manifest, and a journal of what changed since. A change is a
 * transaction: staged by the functions below, written by commit(), and in memory from then on.
 *
 * Invariants
 *   1. What is in memory is what replaying manifest and journal would give.
 *   2. An intent is durable before the first name changes, and goes in the transaction that says
 *      what came of it: so a start can finish or undo what a crash cut (apply.h).
 *   3. A result is durable together with the change that it tells of.
 *   4. Memory is bounded: at most HTH_DEVICE_STORE_OVERLAY_MAX changes are kept before they are
 *      merged into a new manifest.
 *
 * Threads: an object belongs to one thread at a time.
 */
#pragma once

#include "sync/manifest.h"
#include "sync/message.h"
#include "sync/set-digest.h"
#include "sync/sync-env.h"

G_BEGIN_DECLS

#define HTH_DEVICE_STORE_OVERLAY_MAX  4096
#define HTH_DEVICE_STORE_PARTIALS_MAX 16

typedef struct HthDeviceStore HthDeviceStore;

/* What is one of a kind. Set as a whole. */
typedef struct {
    guint8 device_epoch[HTH_SYNC_EPOCH_BYTES];
    guint8 home_epoch[HTH_SYNC_EPOCH_BYTES];
    guint64 sequence;          /* of the operation that was applied or refused last */
    guint64 plays_seen;        /* HthSyncAnswer.plays_until */
    gboolean is_unsure;        /* files must be compared with the list before it is believed */
    gboolean absent_confirmed; /* a person said that what is missing was meant */
    gboolean is_wiping;
} HthDeviceState;

/* A file operation that was begun. */
typedef struct {
    guint64 sequence;
    HthSyncOperationKind kind;
    guint64 item;
    char *path;     /* where the file is to be in the end; of a REMOVE: was */
    char *old_path; /* where it was, if elsewhere; NULL */
    char *tmp;      /* its bytes, complete and synced; NULL: the file that is there */
    char *undo;     /* image of the bytes that are changed in place; NULL */
    HthDigest hash; /* of the file in the end */
    guint64 size;
} HthIntent;

void hth_intent_clear(HthIntent *intent);

/* How much of a download is on the disk for sure. */
typedef struct {
    guint64 item;
    guint64 revision;
    guint64 length;
    HthDigest hash; /* of the first length bytes */
} HthPartial;

/* Opens or makes the store of this folder; .hearth must be there.
 * Errors: HTH_ERROR_CORRUPT  the list is lost; hth_device_store_reset() makes a new one */
HthDeviceStore *hth_device_store_open(const HthSyncEnv *env, GError **error);
void hth_device_store_free(HthDeviceStore *self); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HthDeviceStore, hth_device_store_free)

/* Removes journal and manifest of the folder. */
gboolean hth_device_store_reset(const HthSyncEnv *env, GError **error);

/* ---- What is known. Borrowed, until the next commit. ---- */

const HthDeviceState *hth_device_store_state(const HthDeviceStore *self);
guint64 hth_device_store_n_files(const HthDeviceStore *self);
const HthSyncSetDigest *hth_device_store_digest(const HthDeviceStore *self);
const GArray *hth_device_store_results(const HthDeviceStore *self); /* (element HthSyncResult) */
const GArray *hth_device_store_intents(const HthDeviceStore *self); /* (element HthIntent) */
const HthPartial *hth_device_store_partial(const HthDeviceStore *self, guint64 item);
const GArray *hth_device_store_partials(const HthDeviceStore *self); /* (element HthPartial) */

/* @out: to be cleared by the caller when *out_found. */
gboolean hth_device_store_find(HthDeviceStore *self, guint64 item, gboolean *out_found,
                               HthSyncHeld *out, GError **error);

/* The first @max files with an item of at least @from, by item; none: that was all. A walk that
 * asks again from the last item + 1 survives commits in between.
 * Returns: (element HthSyncHeld) a new array that clears its elements */
GArray *hth_device_store_list(HthDeviceStore *self, guint64 from, guint max, GError **error);

/* The item that holds @path, whatever its case. Reads the whole list. */
gboolean hth_device_store_find_path(HthDeviceStore *self, const char *path, gboolean *out_found,
                                    guint64 *out_item, GError **error);

/* ---- What changes. Staged; all of it happens in commit(), or nothing. ---- */

void hth_device_store_put(HthDeviceStore *self, const HthSyncHeld *held);
void hth_device_store_drop(HthDeviceStore *self, guint64 item);
void hth_device_store_add_result(HthDeviceStore *self, const HthSyncResult *result);
void hth_device_store_confirm(HthDeviceStore *self, guint64 sequence);
void hth_device_store_drop_results(HthDeviceStore *self);
void hth_device_store_set_state(HthDeviceStore *self, const HthDeviceState *state);
void hth_device_store_intend(HthDeviceStore *self, const HthIntent *intent);
void hth_device_store_end_intent(HthDeviceStore *self, guint64 sequence);
void hth_device_store_set_partial(HthDeviceStore *self,
                                  const HthPartial *partial); /* length 0: none */

/* Writes what is staged. With @is_durable it survives a power cut on TRUE.
 * After FALSE every further commit fails, until the store is opened again. */
gboolean hth_device_store_commit(HthDeviceStore *self, gboolean is_durable, GError **error);
/* What is staged did not surely come about on the card: no commit writes it any more, whatever it
 * is for. */
void hth_device_store_break(HthDeviceStore *self);

G_END_DECLS
