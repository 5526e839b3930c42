/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A SQLite database with numbered migrations and statements prepared once; knows no table.
 *
 * Threads: a HthDb belongs to one thread at a time.
 */
#pragma once

#include <glib.h>
#include <sqlite3.h>

G_BEGIN_DECLS

typedef struct HthDb HthDb;

typedef struct {
    const char *const
        *migrations; /* each runs in a transaction of its own; the n-th makes version n */
    guint n_migrations;
    const char *const *statements; /* prepared at open, so that a wrong column fails there */
    guint n_statements;
    gboolean is_read_only;
    gboolean is_durable; /* synchronous=FULL: what is committed survives a power cut */
    guint cache_kib;     /* page cache; 0: 1024 */
    const char *copy_before_migration; /* NULL, or the path of a copy made before an upgrade */
} HthDbOptions;

/* Errors: HTH_ERROR_NEWER    its version is above n_migrations; nothing was touched
 *         HTH_ERROR_CORRUPT  it is not a database, or is damaged
 *         HTH_ERROR_FAILED   anything else that SQLite says; G_FILE_ERROR_NOSPC: the disk is full
 */
HthDb *hth_db_open(const char *path, const HthDbOptions *options, GError **error);
void hth_db_free(HthDb *self); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HthDb, hth_db_free)

sqlite3 *hth_db_handle(HthDb *self);

/* PRAGMA quick_check: reads the whole file. */
gboolean hth_db_check(HthDb *self, GError **error);

/* The statement of that number, reset and without bindings. Owned by @self. */
sqlite3_stmt *hth_db_statement(HthDb *self, guint statement);

/* Runs a statement that returns no rows. */
gboolean hth_db_done(HthDb *self, sqlite3_stmt *statement, GError **error);

/* TRUE: a row is there. FALSE: no more rows, or an error, which is set. */
gboolean hth_db_row(HthDb *self, sqlite3_stmt *statement, GError **error);

/* Runs constant SQL. */
gboolean hth_db_run(HthDb *self, const char *sql, GError **error);

/* Sets @error from the connection's last error; always FALSE. */
gboolean hth_db_fail(HthDb *self, GError **error);

/* A consistent copy by SQLite's online backup, through a temporary name, durable when it returns.
 */
gboolean hth_db_copy(HthDb *self, const char *path, GError **error);

/* A new string of a text column; NULL for SQL NULL. */
char *hth_db_text(sqlite3_stmt *statement, int column);

G_END_DECLS
