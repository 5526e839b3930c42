/* SPDX-License-Identifier: GPL-3.0-or-later */
/* An append-only log of transactions in one file, for file systems without a journal of their own.
 *
 *   0       header slot A   [magic, generation, base, CRC-32C]
 *   4096    header slot B   written in turn; the valid one with the higher generation counts
 *   8192    transactions    [u32 length][u32 CRC-32C][payload]…
 *
 * The sum of a transaction goes over the generation, the sum before it, its length and its payload.
 * So the log ends at the first one that is torn, and what lay behind the end of an earlier log is
 * never taken for part of this one.
 *
 * restart() begins a new generation, once all that the log says is durable elsewhere: it writes the
 * other header slot and syncs it before the first old transaction is overwritten.
 *
 * Threads: an object belongs to one thread at a time.
 */
#pragma once

#include "sync/sync-env.h"

G_BEGIN_DECLS

#define HTH_JOURNAL_TRANSACTION_MAX_BYTES (2 * 1024 * 1024)

typedef struct HthJournal HthJournal;

/* Opens @path, made when missing; calls @replay for each whole transaction, in order.
 * @out_base: what restart() was last given, 0 for a new log; set before the first call.
 * Errors: HTH_ERROR_CORRUPT  no header is whole although the file is not new; what @replay says */
typedef gboolean (*HthJournalReplay)(gconstpointer payload, gsize size, gpointer data,
                                     GError **error);
HthJournal *hth_journal_open(const HthSyncEnv *env, const char *path, guint64 *out_base,
                             HthJournalReplay replay, gpointer data, GError **error);
void hth_journal_free(HthJournal *self); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HthJournal, hth_journal_free)

/* Writes one transaction. It counts once sync() has returned TRUE; before that a crash may drop
 * it, as a whole. After a failure the log is as it was before. */
gboolean hth_journal_append(HthJournal *self, gconstpointer payload, gsize size, GError **error);
gboolean hth_journal_sync(HthJournal *self, GError **error);

/* Forgets all transactions. @base: a number for the caller to find again. Durable on TRUE. */
gboolean hth_journal_restart(HthJournal *self, guint64 base, GError **error);

guint64 hth_journal_size(const HthJournal *self); /* bytes of transactions */

G_END_DECLS
