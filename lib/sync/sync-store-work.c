/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Of the store: operations and failures of devices; layouts, recipes and files. */
#include "sync/sync-store-private.h"

/* ---- Operations ---- */

void hth_sync_operation_row_clear(HthSyncOperationRow *row)
{
    hth_sync_operation_clear(&row->operation);
    g_clear_pointer(&row->rendition, g_free);
}

static void read_operation(sqlite3_stmt *from, HthSyncOperationRow *out)
{
    *out = (HthSyncOperationRow){
        .operation = { .sequence = number_at(from, 0),
                       .kind = (HthSyncOperationKind)number_at(from, 1),
                       .item = number_at(from, 2),
                       .path = hth_db_text(from, 3),
                       .size = number_at(from, 6),
                       .revision = number_at(from, 7),
                       .content = bytes_at(from, 9) },
        .rendition = hth_db_text(from, 8),
    };
    read_fixed(from, 4, &out->operation.old_hash, sizeof out->operation.old_hash);
    read_fixed(from, 5, &out->operation.new_hash, sizeof out->operation.new_hash);
}

GArray *hth_sync_store_operations(HthSyncStore *self, const char *device)
{
    GArray *rows = g_array_new(FALSE, FALSE, sizeof(HthSyncOperationRow));
    g_array_set_clear_func(rows, (GDestroyNotify)hth_sync_operation_row_clear);
    sqlite3_stmt *list = hth_db_statement(self->db, SQL_OPERATIONS);
    bind_text(list, 1, device);
    while (hth_db_row(self->db, list, NULL)) {
        HthSyncOperationRow row;
        read_operation(list, &row);
        g_array_append_val(rows, row);
    }
    return rows;
}

gboolean hth_sync_store_find_operation(HthSyncStore *self, const char *device, guint64 sequence,
                                       HthSyncOperationRow *out_row)
{
    sqlite3_stmt *find = hth_db_statement(self->db, SQL_FIND_OPERATION);
    bind_text(find, 1, device);
    bind_number(find, 2, sequence);
    *out_row = (HthSyncOperationRow){ 0 };
    const gboolean is_found = hth_db_row(self->db, find, NULL);
    if (is_found)
        read_operation(find, out_row);
    sqlite3_reset(find);
    return is_found;
}

gboolean hth_sync_store_add_operation(HthSyncStore *self, const char *device,
                                      const HthSyncOperation *operation, const char *rendition,
                                      GError **error)
{
    sqlite3_stmt *add = hth_db_statement(self->db, SQL_ADD_OPERATION);
    bind_text(add, 1, device);
    bind_number(add, 2, operation->sequence);
    bind_number(add, 3, operation->kind);
    bind_number(add, 4, operation->item);
    bind_text(add, 5, operation->path);
    bind_hash(add, 6, &operation->old_hash);
    bind_hash(add, 7, &operation->new_hash);
    bind_number(add, 8, operation->size);
    bind_number(add, 9, operation->revision);
    bind_text(add, 10, rendition);
    bind_bytes(add, 11, operation->content);
    return hth_db_done(self->db, add, error);
}

gboolean hth_sync_store_remove_operation(HthSyncStore *self, const char *device, guint64 sequence,
                                         GError **error)
{
    sqlite3_stmt *run = hth_db_statement(self->db, SQL_REMOVE_OPERATION);
    bind_text(run, 1, device);
    bind_number(run, 2, sequence);
    return hth_db_done(self->db, run, error);
}

gboolean hth_sync_store_clear_operations(HthSyncStore *self, const char *device, GError **error)
{
    return run_device(self, SQL_CLEAR_OPERATIONS, device, error);
}

/* ---- Failures ---- */

static void failure_clear(gpointer data)
{
    HthSyncFailure *failure = data;
    g_free(failure->path);
    g_free(failure->sentence);
}

static int by_failed_item(gconstpointer a, gconstpointer b)
{
    const guint64 one = ((const HthSyncFailure *)a)->item;
    const guint64 other = ((const HthSyncFailure *)b)->item;
    return one < other ? -1 : one > other;
}

GArray *hth_sync_store_failures(HthSyncStore *self, const char *device)
{
    GArray *rows = g_array_new(FALSE, FALSE, sizeof(HthSyncFailure));
    g_array_set_clear_func(rows, failure_clear);
    sqlite3_stmt *list = hth_db_statement(self->db, SQL_FAILURES);
    bind_text(list, 1, device);
    while (hth_db_row(self->db, list, NULL)) {
        const HthSyncFailure row = { .item = number_at(list, 0),
                                     .status = (HthSyncStatus)number_at(list, 1),
                                     .n = (guint)number_at(list, 2),
                                     .revision = number_at(list, 3),
                                     .path = hth_db_text(list, 4),
                                     .free_bytes = sqlite3_column_int64(list, 5),
                                     .sentence = hth_db_text(list, 6),
                                     .at_ms = sqlite3_column_int64(list, 7) };
        g_array_append_val(rows, row);
    }
    g_array_sort(rows, by_failed_item);
    return rows;
}

gboolean hth_sync_store_add_failure(HthSyncStore *self, const char *device,
                                    const HthSyncFailure *failure, GError **error)
{
    sqlite3_stmt *add = hth_db_statement(self->db, SQL_ADD_FAILURE);
    bind_text(add, 1, device);
    bind_number(add, 2, failure->item);
    bind_number(add, 3, failure->status);
    bind_number(add, 4, failure->revision);
    bind_text(add, 5, failure->path);
    sqlite3_bind_int64(add, 6, failure->free_bytes);
    bind_text(add, 7, failure->sentence != NULL ? failure->sentence : "");
    sqlite3_bind_int64(add, 8, failure->at_ms);
    return hth_db_done(self->db, add, error);
}

gboolean hth_sync_store_clear_failure(HthSyncStore *self, const char *device, guint64 item,
                                      GError **error)
{
    sqlite3_stmt *run = hth_db_statement(self->db, SQL_CLEAR_FAILURE);
    bind_text(run, 1, device);
    bind_number(run, 2, item);
    return hth_db_done(self->db, run, error);
}

/* ---- Layouts, recipes, files at home ---- */

GBytes *hth_sync_store_layout(HthSyncStore *self, const HthDigest *hash)
{
    sqlite3_stmt *find = hth_db_statement(self->db, SQL_LAYOUT);
    bind_hash(find, 1, hash);
    return one_blob(self, find);
}

gboolean hth_sync_store_has_layout(HthSyncStore *self, const HthDigest *hash)
{
    sqlite3_stmt *find = hth_db_statement(self->db, SQL_HAS_LAYOUT);
    bind_hash(find, 1, hash);
    const gboolean is_found = hth_db_row(self->db, find, NULL);
    sqlite3_reset(find);
    return is_found;
}

gboolean hth_sync_store_put_layout(HthSyncStore *self, const HthDigest *hash, GBytes *layout,
                                   GError **error)
{
    sqlite3_stmt *put = hth_db_statement(self->db, SQL_PUT_LAYOUT);
    bind_hash(put, 1, hash);
    bind_bytes(put, 2, layout);
    return hth_db_done(self->db, put, error);
}

GBytes *hth_sync_store_recipe(HthSyncStore *self, const HthDigest *old_hash,
                              const HthDigest *new_hash)
{
    sqlite3_stmt *find = hth_db_statement(self->db, SQL_RECIPE);
    bind_hash(find, 1, old_hash);
    bind_hash(find, 2, new_hash);
    return one_blob(self, find);
}

gboolean hth_sync_store_put_recipe(HthSyncStore *self, const HthDigest *old_hash,
                                   const HthDigest *new_hash, GBytes *recipe, GError **error)
{
    sqlite3_stmt *put = hth_db_statement(self->db, SQL_PUT_RECIPE);
    bind_hash(put, 1, old_hash);
    bind_hash(put, 2, new_hash);
    bind_bytes(put, 3, recipe);
    return hth_db_done(self->db, put, error);
}

static int by_file_item(gconstpointer a, gconstpointer b)
{
    const guint64 one = ((const HthSyncFileRow *)a)->item;
    const guint64 other = ((const HthSyncFileRow *)b)->item;
    return one < other ? -1 : one > other;
}

GArray *hth_sync_store_files(HthSyncStore *self, const char *rendition)
{
    GArray *rows = g_array_new(FALSE, FALSE, sizeof(HthSyncFileRow));
    sqlite3_stmt *list = hth_db_statement(self->db, SQL_FILES);
    bind_text(list, 1, rendition);
    while (hth_db_row(self->db, list, NULL)) {
        HthSyncFileRow row = { .item = number_at(list, 0), .revision = number_at(list, 1) };
        read_fixed(list, 2, &row.hash, sizeof row.hash);
        g_array_append_val(rows, row);
    }
    g_array_sort(rows, by_file_item);
    return rows;
}

gboolean hth_sync_store_put_file(HthSyncStore *self, const HthSyncFileRow *file,
                                 const char *rendition, GError **error)
{
    sqlite3_stmt *put = hth_db_statement(self->db, SQL_PUT_FILE);
    bind_number(put, 1, file->item);
    bind_text(put, 2, rendition);
    bind_number(put, 3, file->revision);
    bind_hash(put, 4, &file->hash);
    return hth_db_done(self->db, put, error);
}

static void missing_clear(gpointer data)
{
    g_free(((HthSyncMissing *)data)->rendition);
}

GArray *hth_sync_store_missing(HthSyncStore *self, guint max)
{
    GArray *rows = g_array_new(FALSE, FALSE, sizeof(HthSyncMissing));
    g_array_set_clear_func(rows, missing_clear);
    sqlite3_stmt *list = hth_db_statement(self->db, SQL_MISSING);
    bind_number(list, 1, max);
    while (hth_db_row(self->db, list, NULL)) {
        const HthSyncMissing row = { .item = number_at(list, 0),
                                     .rendition = hth_db_text(list, 1),
                                     .revision = number_at(list, 2) };
        g_array_append_val(rows, row);
    }
    return rows;
}

guint hth_sync_store_n_missing(HthSyncStore *self)
{
    sqlite3_stmt *count = hth_db_statement(self->db, SQL_N_MISSING);
    const guint n = hth_db_row(self->db, count, NULL) ? (guint)number_at(count, 0) : 0;
    sqlite3_reset(count);
    return n;
}

gboolean hth_sync_store_sweep(HthSyncStore *self, GError **error)
{
    return hth_db_done(self->db, hth_db_statement(self->db, SQL_SWEEP_FILES), error) &&
           hth_db_done(self->db, hth_db_statement(self->db, SQL_SWEEP_LAYOUTS), error) &&
           hth_db_done(self->db, hth_db_statement(self->db, SQL_SWEEP_RECIPES), error);
}
