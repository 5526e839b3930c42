/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The one thread that writes index.db (and the identities in state.db).
 *
 * Changes are functions posted to it; each runs inside a transaction it does not open. Many share
 * one transaction, which commits when the queue is empty or after HTH_WRITER_BATCH_MS. Before the
 * commit the sums over changed rows are taken again (aggregate.c); after it caches are told and
 * watchers called. When the disk is full or the database busy, the whole batch is rolled back and
 * run again later: a change must be able to run twice.
 *
 * Threads: new, free on the main thread; post and wait on any.
 */
#pragma once

#include "library/change-set.h"
#include "library/schema.h"
#include "library/state.h"
#include "store/db.h"

G_BEGIN_DECLS

/* What names a scan shows within a second must be committed in much less. */
#define HTH_WRITER_BATCH_MS 150

/* Changes waiting at most, for callers that use hth_writer_post_bounded(). */
#define HTH_WRITER_MAX_QUEUE 256

typedef struct HthWriter HthWriter;

/* What a change works with; on the writer thread only. */
typedef struct {
    HthDb *index;
    HthState *state;
    HthChangeSet *changes;
    GHashTable
        *entities; /* (gint64 digest ^ kind → gint64 row) bounded; emptied after a rollback */
} HthWriteContext;

/* FALSE with @error rolls the batch back. A full or busy disk is waited for; any other error loses
 * this change, and only this one. May run again after it succeeded. */
typedef gboolean (*HthWrite)(HthWriteContext *context, gpointer data, GError **error);

/* Runs after each commit, still on the writer thread. */
typedef void (*HthWriterCommitted)(HthChangeSet *changes, guint32 system_update_id, gpointer data);

HthWriter *hth_writer_new(const char *index_path, HthState *state, HthWriterCommitted committed,
                          gpointer data, GError **error);
/* Nobody waits for it any more, and it ends when its queue is empty or cannot be written. */
void hth_writer_end(HthWriter *self);
/* Ends it as free does, and waits for the end; what is known of it can still be asked. */
void hth_writer_join(HthWriter *self);
void hth_writer_free(HthWriter *self); /* runs what is queued, commits, ends the thread */

void hth_writer_post(HthWriter *self, HthWrite write, gpointer data, GDestroyNotify destroy);
/* Waits while HTH_WRITER_MAX_QUEUE changes are queued; FALSE when the writer is being freed. */
gboolean hth_writer_post_bounded(HthWriter *self, HthWrite write, gpointer data,
                                 GDestroyNotify destroy);
/* Returns once everything posted before is committed and published. */
void hth_writer_wait(HthWriter *self);

/* As the index had it at open; later values come with HthWriterCommitted. */
guint32 hth_writer_system_update_id(const HthWriter *self);

/* Why nothing can be written now (the disk is full …); NULL: all is well. New string. */
char *hth_writer_problem(HthWriter *self);

/* ---- For the changes themselves, on the writer thread. @statement: a HthWriteStatement ---- */

/* The row that a statement with one key finds; 0: there is none. */
gint64 hth_write_find_id(HthWriteContext *context, guint statement, gint64 key);

/* Runs a statement of one id that returns no rows. */
gboolean hth_write_run_id(HthWriteContext *context, guint statement, gint64 id, GError **error);

G_END_DECLS
