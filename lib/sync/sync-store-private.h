/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the two files of the store share: its statements, and how columns are bound and read. */
#pragma once

#include <string.h>

#include "sync/sync-store.h"

G_BEGIN_DECLS

typedef enum {
    SQL_LOAD,
    SQL_SAVE,
    SQL_DEVICE,
    SQL_DEVICES,
    SQL_SAVE_DEVICE,
    SQL_FORGET_DEVICE,
    SQL_HELD,
    SQL_FIND_HELD,
    SQL_PUT_HELD,
    SQL_REMOVE_HELD,
    SQL_CLEAR_HELD,
    SQL_HELD_SUMS,
    SQL_CLEAR_INCOMING,
    SQL_ADD_INCOMING,
    SQL_INCOMING,
    SQL_OPERATIONS,
    SQL_FIND_OPERATION,
    SQL_ADD_OPERATION,
    SQL_REMOVE_OPERATION,
    SQL_CLEAR_OPERATIONS,
    SQL_FAILURES,
    SQL_ADD_FAILURE,
    SQL_CLEAR_FAILURE,
    SQL_CLEAR_FAILURES,
    SQL_LAYOUT,
    SQL_HAS_LAYOUT,
    SQL_PUT_LAYOUT,
    SQL_RECIPE,
    SQL_PUT_RECIPE,
    SQL_FILES,
    SQL_PUT_FILE,
    SQL_MISSING,
    SQL_N_MISSING,
    SQL_SWEEP_FILES,
    SQL_SWEEP_LAYOUTS,
    SQL_SWEEP_RECIPES,
    SQL_SEE_PLAY,
    SQL_FORGET_SEEN,
    SQL_PLAY,
    SQL_PUT_PLAY,
    SQL_TOUCH_PLAY,
    SQL_UNTOLD_PLAYS,
    SQL_TOLD_PLAY,
    SQL_PLAYS_SINCE,
    SQL_ADD_LIST_ENTRY,
    SQL_UNTELL_LIST,
    SQL_LIST,
    SQL_UNTOLD_LISTS,
    SQL_TOLD_LIST,
    SQL_CLEAR_SEEN,
    N_SQL,
} HthSyncStatement;

struct HthSyncStore {
    HthDb *db;
    GMutex lock;
    void (*take_turn)(gpointer data);
    void (*give_turn)(gpointer data);
    gpointer turn_data;
};

static inline void bind_text(sqlite3_stmt *to, int index, const char *text)
{
    sqlite3_bind_text(to, index, text, -1, SQLITE_STATIC);
}

static inline void bind_number(sqlite3_stmt *to, int index, guint64 number)
{
    sqlite3_bind_int64(to, index, (gint64)number);
}

static inline void bind_hash(sqlite3_stmt *to, int index, const HthDigest *hash)
{
    sqlite3_bind_blob(to, index, hash->bytes, sizeof hash->bytes, SQLITE_STATIC);
}

static inline void bind_bytes(sqlite3_stmt *to, int index, GBytes *bytes)
{
    gsize size = 0;
    gconstpointer data = bytes != NULL ? g_bytes_get_data(bytes, &size) : NULL;
    if (bytes == NULL)
        sqlite3_bind_null(to, index);
    else
        sqlite3_bind_blob64(to, index, data != NULL ? data : "", size, SQLITE_STATIC);
}

static inline guint64 number_at(sqlite3_stmt *from, int column)
{
    return (guint64)sqlite3_column_int64(from, column);
}

/* Zeros for a blob of another size: the file may be anyone's copy. */
static inline void read_fixed(sqlite3_stmt *from, int column, void *out, gsize size)
{
    memset(out, 0, size);
    if ((gsize)sqlite3_column_bytes(from, column) == size)
        memcpy(out, sqlite3_column_blob(from, column), size);
}

static inline GBytes *bytes_at(sqlite3_stmt *from, int column)
{
    if (sqlite3_column_type(from, column) == SQLITE_NULL)
        return NULL;
    return g_bytes_new(sqlite3_column_blob(from, column),
                       (gsize)sqlite3_column_bytes(from, column));
}

/* Runs a statement that only names a device. */
static inline gboolean run_device(HthSyncStore *self, guint statement, const char *device,
                                  GError **error)
{
    sqlite3_stmt *run = hth_db_statement(self->db, statement);
    bind_text(run, 1, device);
    return hth_db_done(self->db, run, error);
}

/* The only column of the only row; NULL: no row. */
static inline GBytes *one_blob(HthSyncStore *self, sqlite3_stmt *find)
{
    GBytes *bytes = hth_db_row(self->db, find, NULL) ? bytes_at(find, 0) : NULL;
    sqlite3_reset(find);
    return bytes;
}

G_END_DECLS
