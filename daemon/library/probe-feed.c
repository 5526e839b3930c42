/* SPDX-License-Identifier: GPL-3.0-or-later */
#define HTH_LOG_TOPIC "scanner"
#include "library/probe-feed.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/log.h"
#include "library/probe-write.h"
#include "library/write-statement.h"

/* Files opened and queued at most: what the pool takes, and no more descriptors than that. */
#define MAX_IN_FLIGHT 128

/* Rows read from the index at a time. */
#define CHUNK 64

/* Rounds over the pending rows: a file that fails to be read stays pending until it is set aside,
 * and more rounds than that would mean that its failure cannot be written. */
#define MAX_ROUNDS (HTH_PROBE_MAX_ATTEMPTS + 2)

enum { PENDING, COUNT_PENDING, FOLDER_PATH, N_STATEMENTS };

static const char *const statements[N_STATEMENTS] = {
    [PENDING] = "SELECT id, folder_id, name, format FROM item WHERE state = 0 AND id > ?1"
                " ORDER BY id LIMIT ?2",
    [COUNT_PENDING] = "SELECT count(*) FROM item WHERE state = 0",
    [FOLDER_PATH] = HTH_FOLDER_PATH_SQL,
};

struct HthProbeFeed {
    HthDb *db;
    HthWriter *writer;
    HthWorkerPool *pool;
    HthScanMeter *meter;
    HthProbeFeedDone done;
    gpointer data;
    gboolean is_running;
    guint n_rounds;
    guint n_put_off; /* in this round, for want of a worker */
    gint64 last_id;
    gboolean is_at_end;    /* of this round's rows */
    GHashTable *in_flight; /* (element Probe) those that the pool drops at the end are freed here */
    guint64 n_read;
    guint64 n_left;
    gint64 folder_id; /* whose path is remembered */
    char *folder_path;
};

typedef struct {
    HthProbeFeed *feed;
    gint64 item;
    struct stat info; /* of the file as it was opened */
} Probe;

static void pump(HthProbeFeed *self);

HthProbeFeed *hth_probe_feed_new(const char *index_path, HthWriter *writer, HthWorkerPool *pool,
                                 HthScanMeter *meter, HthProbeFeedDone done, gpointer data,
                                 GError **error)
{
    const HthDbOptions options = { .statements = statements,
                                   .n_statements = N_STATEMENTS,
                                   .n_migrations = hth_n_index_migrations,
                                   .is_read_only = TRUE,
                                   .cache_kib = 256 };
    HthDb *db = hth_db_open(index_path, &options, error);
    if (db == NULL)
        return NULL;
    HthProbeFeed *self = g_new0(HthProbeFeed, 1);
    self->db = db;
    self->writer = writer;
    self->pool = pool;
    self->meter = meter;
    self->done = done;
    self->data = data;
    self->in_flight = g_hash_table_new_full(NULL, NULL, g_free, NULL);
    return self;
}

void hth_probe_feed_free(HthProbeFeed *self)
{
    if (self == NULL)
        return;
    hth_db_free(self->db);
    g_hash_table_unref(self->in_flight);
    g_free(self->folder_path);
    g_free(self);
}

static gint64 ns_of(struct timespec time)
{
    return (gint64)time.tv_sec * 1000000000 + time.tv_nsec;
}

/* @file: NULL when none was opened. */
static void post_result(HthProbeFeed *self, gint64 item, const struct stat *file,
                        HthMediaInfo *info, const GError *error)
{
    HthProbeWrite *write = g_new0(HthProbeWrite, 1);
    *write = (HthProbeWrite){ .item = item,
                              .info = info,
                              .error = error != NULL ? g_error_copy(error) : NULL };
    if (file != NULL) {
        write->size_bytes = file->st_size;
        write->mtime_ns = ns_of(file->st_mtim);
        write->ctime_ns = ns_of(file->st_ctim);
        write->inode = (gint64)file->st_ino;
    }
    hth_writer_post_bounded(self->writer, hth_write_probe, write,
                            (GDestroyNotify)hth_probe_write_free);
    self->n_read++;
    self->n_left -= self->n_left > 0;
    hth_scan_meter_reading(self->meter, self->n_read, self->n_left);
}

static void on_probed(HthMediaInfo *info, const GError *error, gpointer data)
{
    const Probe *probe = data;
    HthProbeFeed *self = probe->feed;
    /* No worker could be had: that says nothing of the file, which stays pending. */
    if (g_error_matches(error, HTH_ERROR, HTH_ERROR_BUSY) ||
        g_error_matches(error, HTH_ERROR, HTH_ERROR_UNAVAILABLE)) {
        self->n_put_off++;
        hth_log_debug("a file waits for the next round: %s", error->message);
    } else {
        post_result(self, probe->item, &probe->info, info, error);
    }
    g_hash_table_remove(self->in_flight, data);
    pump(self);
}

static const char *folder_path(HthProbeFeed *self, gint64 folder_id)
{
    if (self->folder_path != NULL && self->folder_id == folder_id)
        return self->folder_path;
    g_clear_pointer(&self->folder_path, g_free);
    sqlite3_stmt *find = hth_db_statement(self->db, FOLDER_PATH);
    sqlite3_bind_int64(find, 1, folder_id);
    if (hth_db_row(self->db, find, NULL))
        self->folder_path = g_strconcat((const char *)sqlite3_column_text(find, 1),
                                        (const char *)sqlite3_column_text(find, 0), NULL);
    sqlite3_reset(find);
    self->folder_id = folder_id;
    return self->folder_path;
}

/* A regular file, opened so that a pipe or a device in its place cannot hold us up. */
static int open_file(const char *folder, const char *name, struct stat *out_info, GError **error)
{
    g_autofree char *path = g_strconcat(folder, "/", name, NULL);
    const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd >= 0 && fstat(fd, out_info) == 0 && S_ISREG(out_info->st_mode))
        return fd;
    const int problem = fd >= 0 ? EINVAL : errno;
    if (fd >= 0)
        close(fd);
    if (problem == EACCES || problem == EPERM)
        g_set_error(error, HTH_ERROR, HTH_ERROR_REFUSED,
                    "hearth has no permission to read it: give the user that runs hearthd the "
                    "right to");
    else
        g_set_error(error, HTH_ERROR, HTH_ERROR_NOT_FOUND, "it cannot be opened: %s",
                    g_strerror(problem));
    return -1;
}

typedef struct {
    gint64 id, folder_id;
    char *name;
    HthMediaFormat format;
} PendingRow;

static void pending_row_clear(gpointer row)
{
    g_free(((PendingRow *)row)->name);
}

static GArray *read_chunk(HthProbeFeed *self)
{
    GArray *rows = g_array_new(FALSE, FALSE, sizeof(PendingRow));
    g_array_set_clear_func(rows, pending_row_clear);
    sqlite3_stmt *pending = hth_db_statement(self->db, PENDING);
    sqlite3_bind_int64(pending, 1, self->last_id);
    sqlite3_bind_int(pending, 2, CHUNK);
    while (hth_db_row(self->db, pending, NULL)) {
        const PendingRow row = { .id = sqlite3_column_int64(pending, 0),
                                 .folder_id = sqlite3_column_int64(pending, 1),
                                 .name = hth_db_text(pending, 2),
                                 .format = (HthMediaFormat)sqlite3_column_int(pending, 3) };
        g_array_append_val(rows, row);
        self->last_id = row.id;
    }
    self->is_at_end = rows->len < CHUNK;
    return rows;
}

static void feed_row(HthProbeFeed *self, const PendingRow *row)
{
    const char *folder = folder_path(self, row->folder_id);
    g_autoptr(GError) error = NULL;
    struct stat info;
    const int fd = folder != NULL ? open_file(folder, row->name, &info, &error) : -1;
    if (folder == NULL)
        return; /* removed since */
    if (fd < 0) {
        /* One that is not there has gone, or its disk has: the listing tells which. */
        if (g_error_matches(error, HTH_ERROR, HTH_ERROR_REFUSED))
            post_result(self, row->id, NULL, NULL, error);
        return;
    }
    Probe *probe = g_new(Probe, 1);
    *probe = (Probe){ self, row->id, info };
    g_hash_table_add(self->in_flight, probe);
    hth_worker_pool_probe(self->pool, fd, row->format, on_probed, probe);
}

static guint64 count_pending(HthProbeFeed *self)
{
    sqlite3_stmt *count = hth_db_statement(self->db, COUNT_PENDING);
    const guint64 n =
        hth_db_row(self->db, count, NULL) ? (guint64)sqlite3_column_int64(count, 0) : 0;
    sqlite3_reset(count);
    return n;
}

/* At the end of a round what failed for the first time is pending still, and what was added
 * meanwhile may be. */
static void end_round(HthProbeFeed *self)
{
    hth_writer_wait(self->writer);
    g_clear_pointer(&self->folder_path, g_free);
    self->n_left = count_pending(self);
    self->last_id = 0;
    self->is_at_end = FALSE;
    if (self->n_left > 0 && ++self->n_rounds < MAX_ROUNDS) {
        self->n_put_off = 0;
        pump(self);
        return;
    }
    if (self->n_left > 0)
        hth_log_warning("%" G_GUINT64_FORMAT " files could not be read; %s", self->n_left,
                        self->n_put_off > 0 ? "there is no worker for them now, it is tried again"
                                            : "the next scan tries again");
    self->is_running = FALSE;
    self->done(self->data);
}

static void pump(HthProbeFeed *self)
{
    while (self->is_running && !self->is_at_end &&
           g_hash_table_size(self->in_flight) + CHUNK <= MAX_IN_FLIGHT &&
           hth_worker_pool_room(self->pool) >= CHUNK) {
        g_autoptr(GArray) rows = read_chunk(self);
        for (guint i = 0; i < rows->len; i++)
            feed_row(self, &g_array_index(rows, PendingRow, i));
    }
    if (self->is_running && self->is_at_end && g_hash_table_size(self->in_flight) == 0)
        end_round(self);
}

void hth_probe_feed_start(HthProbeFeed *self)
{
    if (self->is_running) {
        self->n_rounds = 0;
        self->n_left = MAX(self->n_left, g_hash_table_size(self->in_flight));
        pump(self);
        return;
    }
    self->n_left = count_pending(self);
    if (self->n_left == 0) {
        self->done(self->data);
        return;
    }
    self->is_running = TRUE;
    self->n_rounds = 0;
    self->n_put_off = 0;
    self->n_read = 0;
    hth_scan_meter_reading(self->meter, 0, self->n_left);
    self->last_id = 0;
    self->is_at_end = FALSE;
    pump(self);
}

gboolean hth_probe_feed_wants_retry(const HthProbeFeed *self)
{
    return !self->is_running && self->n_left > 0 && self->n_put_off > 0;
}

gboolean hth_probe_feed_is_running(const HthProbeFeed *self)
{
    return self->is_running;
}
