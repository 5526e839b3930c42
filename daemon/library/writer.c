/* SPDX-License-Identifier: GPL-3.0-or-later */
#define HTH_LOG_TOPIC "library"
#include "library/writer.h"

#include <malloc.h>

#include "base/error.h"
#include "base/log.h"
#include "library/aggregate.h"
#include "library/write-statement.h"

/* The writer's page cache while it works: a scan touches a dozen indexes all over. Given back when
 * idle. */
#define CACHE_KIB 16384

/* Without work for so long, memory is given back. */
#define IDLE_S 3

/* Pages of 4 KiB in the log before it is copied into the database. */
#define CHECKPOINT_SQL "PRAGMA wal_autocheckpoint = 4000"

/* After a failure the batch is tried again this much later. */
#define RETRY_MS 2000

/* Entities remembered between batches; the table is emptied when it is full. */
#define MAX_ENTITIES 8192

/* See patience(). */
#define LARGE_BATCH      64
#define SLOW_FLUSH_US    20000
#define FLUSH_SHARE      4
#define MAX_PATIENCE_US  (3 * G_USEC_PER_SEC)
#define PATIENCE_STEP_US 20000

/* Update ids that state.db has set apart, so that a rebuilt index goes on above them. */
#define UPDATE_ID_STEP 10000

typedef struct {
    HthWrite write;
    gpointer data;
    GDestroyNotify destroy;
} Job;

struct HthWriter {
    GThread *thread;
    HthWriteContext context; /* writer thread */
    HthWriterCommitted committed;
    gpointer data;
    guint32 system_update_id; /* writer thread */
    guint32 reserved_update_id;
    guint32 initial_update_id;
    GPtrArray *batch; /* writer thread: (element Job) what the open transaction holds */
    guint n_alone;   /* writer thread: so many of the batch run alone, to find the one that fails */
    gint64 flush_us; /* writer thread: what adding up took at the end of the last batch */

    GMutex lock; /* guards what follows */
    GCond changed;
    GQueue queue;    /* (element Job) */
    guint n_waiting; /* in hth_writer_wait() */
    gboolean is_idle;
    gboolean is_ending;
    char *problem;
};

static void job_free(Job *job)
{
    if (job->destroy != NULL)
        job->destroy(job->data);
    g_free(job);
}

static void set_problem(HthWriter *self, const GError *error)
{
    g_mutex_lock(&self->lock);
    g_free(self->problem);
    self->problem = error != NULL ? g_strdup(error->message) : NULL;
    g_mutex_unlock(&self->lock);
}

char *hth_writer_problem(HthWriter *self)
{
    g_mutex_lock(&self->lock);
    char *problem = g_strdup(self->problem);
    g_mutex_unlock(&self->lock);
    return problem;
}

static void roll_back(HthWriter *self)
{
    if (!sqlite3_get_autocommit(hth_db_handle(self->context.index)))
        (void)hth_db_run(self->context.index, "ROLLBACK", NULL); /* the first error was reported */
    hth_state_rollback(self->context.state);
    hth_change_set_clear(self->context.changes);
    g_hash_table_remove_all(self->context.entities);
}

static gboolean set_meta(HthWriter *self, const char *key, gint64 value, GError **error)
{
    sqlite3_stmt *set = hth_db_statement(self->context.index, HTH_WRITE_SET_META);
    sqlite3_bind_text(set, 1, key, -1, SQLITE_STATIC);
    sqlite3_bind_int64(set, 2, value);
    return hth_db_done(self->context.index, set, error);
}

/* Every container that changed gets the new system update id as its own. */
static gboolean store_update_ids(HthWriter *self, guint32 update_id, GError **error)
{
    GHashTableIter iter;
    gpointer ref;
    g_hash_table_iter_init(&iter, self->context.changes->containers);
    while (g_hash_table_iter_next(&iter, &ref, NULL)) {
        sqlite3_stmt *set = hth_db_statement(self->context.index, HTH_WRITE_CONTAINER_UPDATE);
        sqlite3_bind_int64(set, 1, GPOINTER_TO_UINT(ref));
        sqlite3_bind_int64(set, 2, update_id);
        if (!hth_db_done(self->context.index, set, error))
            return FALSE;
    }
    return set_meta(self, "system_update_id", update_id, error);
}

static gboolean reserve_update_ids(HthWriter *self, GError **error)
{
    if (self->system_update_id < self->reserved_update_id)
        return TRUE;
    const guint32 reserved = self->system_update_id + UPDATE_ID_STEP;
    g_autofree char *value = g_strdup_printf("%u", reserved);
    if (!hth_state_store(self->context.state, "library.reserved-update-id", value, error))
        return FALSE;
    self->reserved_update_id = reserved;
    return TRUE;
}

/* state.db first: an identity without its row is found again, a row without identity is not. */
static gboolean commit_both(HthWriter *self, GError **error)
{
    const gint64 begun = g_get_monotonic_time();
    if (!hth_aggregate_flush(&self->context, error))
        return FALSE;
    self->flush_us = g_get_monotonic_time() - begun;
    const gboolean has_changes = !hth_change_set_is_empty(self->context.changes);
    const guint32 update_id = self->system_update_id + (has_changes ? 1 : 0);
    if (has_changes && !store_update_ids(self, update_id, error))
        return FALSE;
    if (!hth_state_commit(self->context.state, error) ||
        !hth_db_run(self->context.index, "COMMIT", error))
        return FALSE;
    self->system_update_id = update_id;
    if (has_changes)
        self->committed(self->context.changes, update_id, self->data);
    hth_change_set_clear(self->context.changes);
    if (g_hash_table_size(self->context.entities) > MAX_ENTITIES)
        g_hash_table_remove_all(self->context.entities);
    return TRUE;
}

/* Adding up an album, an artist or a folder costs as much as it has items, whatever the batch was:
 * when that took long, a batch of a scan waits for more, so that a folder of 100,000 tracks is not
 * added up a thousand times. A change by hand does not wait. */
static gint64 patience(const HthWriter *self, guint n_run)
{
    if (n_run < LARGE_BATCH || self->flush_us < SLOW_FLUSH_US)
        return 0;
    return MIN(self->flush_us * FLUSH_SHARE, MAX_PATIENCE_US);
}

/* Takes the next change from the queue into the batch; NULL: there is none, or the time is over. */
static Job *take_next(HthWriter *self, gint64 deadline, gint64 wait_until)
{
    g_mutex_lock(&self->lock);
    deadline = MAX(deadline, wait_until);
    while (g_queue_is_empty(&self->queue) && !self->is_ending && self->n_waiting == 0 &&
           g_get_monotonic_time() < wait_until && !hth_state_wants_turn(self->context.state))
        g_cond_wait_until(&self->changed, &self->lock, g_get_monotonic_time() + PATIENCE_STEP_US);
    Job *next = g_get_monotonic_time() < deadline ? g_queue_pop_head(&self->queue) : NULL;
    g_cond_broadcast(&self->changed);
    g_mutex_unlock(&self->lock);
    if (next != NULL)
        g_ptr_array_add(self->batch, next);
    return next;
}

/* Runs what an earlier try left, and nothing else, so that the batch does not grow while nothing
 * can be written; or as much from the queue as fits in the time. @out_n_run: how many were begun.
 */
static gboolean run_batch(HthWriter *self, guint *out_n_run, GError **error)
{
    *out_n_run = 0;
    if (!reserve_update_ids(self, error) ||
        !hth_db_run(self->context.index, "BEGIN IMMEDIATE", error))
        return FALSE;
    const gint64 begun = g_get_monotonic_time();
    const gint64 deadline = begun + HTH_WRITER_BATCH_MS * 1000;
    const gboolean is_retry = self->batch->len > 0;
    const guint n_max = self->n_alone > 0 ? 1 : G_MAXUINT;
    for (guint i = 0; i < n_max; i++) {
        if (i == self->batch->len &&
            (is_retry || take_next(self, deadline, begun + patience(self, i)) == NULL))
            break;
        *out_n_run = i + 1;
        Job *job = self->batch->pdata[i];
        if (!job->write(&self->context, job->data, error))
            return FALSE;
        if (hth_state_wants_turn(self->context.state))
            break; /* what is left of a batch that is tried again comes next */
    }
    return commit_both(self, error);
}

static void forget_done(HthWriter *self, guint n_done)
{
    self->n_alone -= MIN(self->n_alone, n_done);
    if (n_done > 0)
        g_ptr_array_remove_range(self->batch, 0, n_done);
}

/* A failure that time or a person can mend; any other would come again for ever. */
static gboolean is_worth_a_retry(const GError *error)
{
    return g_error_matches(error, G_FILE_ERROR, G_FILE_ERROR_NOSPC) ||
           g_error_matches(error, HTH_ERROR, HTH_ERROR_BUSY);
}

/* Waits before the next try. At the end no time is left: the next start scans again. */
static void wait_to_retry(HthWriter *self)
{
    const gint64 until = g_get_monotonic_time() + RETRY_MS * 1000;
    g_mutex_lock(&self->lock);
    while (!self->is_ending && g_cond_wait_until(&self->changed, &self->lock, until))
        ; /* a change that is posted meanwhile waits with the others */
    const gboolean is_ending = self->is_ending;
    g_mutex_unlock(&self->lock);
    if (is_ending)
        forget_done(self, self->batch->len);
}

/* One change that can never be written costs itself only: the others are tried one by one. */
static void handle_failure(HthWriter *self, guint n_run, const GError *error)
{
    roll_back(self);
    if (is_worth_a_retry(error)) {
        if (self->problem == NULL)
            hth_log_warning("the library cannot be written, trying every 2 s: %s", error->message);
        set_problem(self, error);
        wait_to_retry(self);
    } else if (self->batch->len > 1 && self->n_alone == 0) {
        self->n_alone = self->batch->len;
    } else {
        hth_log_error("a change of the library is lost; the next scan finds it again: %s",
                      error->message);
        forget_done(self, MIN(self->batch->len, MAX(n_run, 1)));
    }
}

/* The pages of a scan are not needed for the change a day that follows. */
static void give_back_memory(HthWriter *self)
{
    (void)sqlite3_wal_checkpoint_v2(hth_db_handle(self->context.index), NULL,
                                    SQLITE_CHECKPOINT_TRUNCATE, NULL,
                                    NULL); /* or at the next try */
    sqlite3_db_release_memory(hth_db_handle(self->context.index));
    malloc_trim(0);
}

/* Waits for work. FALSE: all is done, and the thread is to end. */
static gboolean wait_for_work(HthWriter *self)
{
    g_mutex_lock(&self->lock);
    while (g_queue_is_empty(&self->queue) && self->batch->len == 0 && !self->is_ending) {
        self->is_idle = TRUE;
        g_cond_broadcast(&self->changed);
        /* The lock is not needed for the database, which is this thread's own. */
        if (!g_cond_wait_until(&self->changed, &self->lock,
                               g_get_monotonic_time() + IDLE_S * G_USEC_PER_SEC)) {
            g_mutex_unlock(&self->lock);
            give_back_memory(self);
            g_mutex_lock(&self->lock);
            if (g_queue_is_empty(&self->queue) && !self->is_ending)
                g_cond_wait(&self->changed, &self->lock);
        }
    }
    self->is_idle = FALSE;
    const gboolean is_more = !g_queue_is_empty(&self->queue) || self->batch->len > 0;
    g_mutex_unlock(&self->lock);
    return is_more;
}

static gpointer writer_thread(gpointer data)
{
    HthWriter *self = data;
    while (wait_for_work(self)) {
        g_autoptr(GError) error = NULL;
        guint n_run;
        if (!run_batch(self, &n_run, &error)) {
            handle_failure(self, n_run, error);
            continue;
        }
        forget_done(self, n_run);
        if (self->problem != NULL) {
            set_problem(self, NULL);
            hth_log_info("the library can be written again");
        }
    }
    return NULL;
}

static gint64 read_meta(HthDb *index, const char *key)
{
    sqlite3_stmt *meta = hth_db_statement(index, HTH_WRITE_META);
    sqlite3_bind_text(meta, 1, key, -1, SQLITE_STATIC);
    const gint64 value = hth_db_row(index, meta, NULL) ? sqlite3_column_int64(meta, 0) : 0;
    sqlite3_reset(meta);
    return value;
}

/* An index that was rebuilt goes on above every update id that anyone has seen. */
static void restore_update_ids(HthWriter *self)
{
    g_autofree char *reserved = hth_state_load(self->context.state, "library.reserved-update-id");
    self->reserved_update_id = reserved != NULL ? (guint32)g_ascii_strtoull(reserved, NULL, 10) : 0;
    self->system_update_id = (guint32)read_meta(self->context.index, "system_update_id");
    if (self->system_update_id == 0)
        self->system_update_id = self->reserved_update_id;
}

HthWriter *hth_writer_new(const char *index_path, HthState *state, HthWriterCommitted committed,
                          gpointer data, GError **error)
{
    const HthDbOptions options = {
        .migrations = hth_index_migrations,
        .n_migrations = hth_n_index_migrations,
        .statements = hth_write_statements,
        .n_statements = HTH_N_WRITE_STATEMENTS,
        .cache_kib = CACHE_KIB,
    };
    HthDb *index = hth_db_open(index_path, &options, error);
    if (index == NULL)
        return NULL;
    if (!hth_db_run(index, CHECKPOINT_SQL, error)) {
        hth_db_free(index);
        return NULL;
    }

    HthWriter *self = g_new0(HthWriter, 1);
    self->context = (HthWriteContext){
        .index = index,
        .state = state,
        .changes = hth_change_set_new(),
        .entities = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, g_free),
    };
    self->committed = committed;
    self->data = data;
    self->batch = g_ptr_array_new_with_free_func((GDestroyNotify)job_free);
    self->is_idle = TRUE;
    g_mutex_init(&self->lock);
    g_cond_init(&self->changed);
    g_queue_init(&self->queue);
    restore_update_ids(self);
    self->initial_update_id = self->system_update_id;
    self->thread = g_thread_new("hearth-writer", writer_thread, self);
    return self;
}

void hth_writer_end(HthWriter *self)
{
    g_mutex_lock(&self->lock);
    self->is_ending = TRUE;
    g_cond_broadcast(&self->changed);
    g_mutex_unlock(&self->lock);
}

guint32 hth_writer_system_update_id(const HthWriter *self)
{
    return self->initial_update_id;
}

void hth_writer_join(HthWriter *self)
{
    hth_writer_end(self);
    if (self->thread != NULL)
        g_thread_join(g_steal_pointer(&self->thread));
}

void hth_writer_free(HthWriter *self)
{
    if (self == NULL)
        return;
    hth_writer_join(self);
    g_queue_clear_full(&self->queue, (GDestroyNotify)job_free);
    g_ptr_array_unref(self->batch);
    hth_change_set_free(self->context.changes);
    g_hash_table_unref(self->context.entities);
    hth_db_free(self->context.index);
    g_mutex_clear(&self->lock);
    g_cond_clear(&self->changed);
    g_free(self->problem);
    g_free(self);
}

static Job *job_new(HthWrite write, gpointer data, GDestroyNotify destroy)
{
    Job *job = g_new(Job, 1);
    *job = (Job){ .write = write, .data = data, .destroy = destroy };
    return job;
}

void hth_writer_post(HthWriter *self, HthWrite write, gpointer data, GDestroyNotify destroy)
{
    g_mutex_lock(&self->lock);
    g_queue_push_tail(&self->queue, job_new(write, data, destroy));
    self->is_idle = FALSE;
    g_cond_broadcast(&self->changed);
    g_mutex_unlock(&self->lock);
}

gboolean hth_writer_post_bounded(HthWriter *self, HthWrite write, gpointer data,
                                 GDestroyNotify destroy)
{
    g_mutex_lock(&self->lock);
    while (self->queue.length >= HTH_WRITER_MAX_QUEUE && !self->is_ending)
        g_cond_wait(&self->changed, &self->lock);
    const gboolean is_taken = !self->is_ending;
    if (is_taken) {
        g_queue_push_tail(&self->queue, job_new(write, data, destroy));
        self->is_idle = FALSE;
        g_cond_broadcast(&self->changed);
    }
    g_mutex_unlock(&self->lock);
    if (!is_taken && destroy != NULL)
        destroy(data);
    return is_taken;
}

void hth_writer_wait(HthWriter *self)
{
    g_mutex_lock(&self->lock);
    self->n_waiting++;
    while (!self->is_idle && !self->is_ending)
        g_cond_wait(&self->changed, &self->lock);
    self->n_waiting--;
    g_mutex_unlock(&self->lock);
}

gint64 hth_write_find_id(HthWriteContext *context, guint statement, gint64 key)
{
    sqlite3_stmt *find = hth_db_statement(context->index, statement);
    sqlite3_bind_int64(find, 1, key);
    const gint64 id = hth_db_row(context->index, find, NULL) ? sqlite3_column_int64(find, 0) : 0;
    sqlite3_reset(find);
    return id;
}

gboolean hth_write_run_id(HthWriteContext *context, guint statement, gint64 id, GError **error)
{
    sqlite3_stmt *run = hth_db_statement(context->index, statement);
    sqlite3_bind_int64(run, 1, id);
    return hth_db_done(context->index, run, error);
}
