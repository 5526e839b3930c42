/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/db.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"

/* A reader never waits for the writer (WAL); the writer may wait for a checkpoint or a copy. */
#define BUSY_TIMEOUT_MS 5000

struct HthDb {
    sqlite3 *handle;
    guint n_statements;
    sqlite3_stmt **statements;
};

/* Without room for its shared memory SQLite speaks of an I/O error. */
static gboolean is_disk_full(HthDb *self, int code)
{
    return code == SQLITE_FULL ||
           (code == SQLITE_IOERR &&
            (sqlite3_system_errno(self->handle) == ENOSPC ||
             sqlite3_extended_errcode(self->handle) == SQLITE_IOERR_SHMSIZE));
}

gboolean hth_db_fail(HthDb *self, GError **error)
{
    const int code = sqlite3_errcode(self->handle) & 0xff;
    const char *message = sqlite3_errmsg(self->handle);
    if (code == SQLITE_CORRUPT || code == SQLITE_NOTADB)
        g_set_error(error, HTH_ERROR, HTH_ERROR_CORRUPT, "the database is damaged (%s)", message);
    else if (sqlite3_extended_errcode(self->handle) == SQLITE_READONLY_ROLLBACK)
        g_set_error(error, HTH_ERROR, HTH_ERROR_CORRUPT,
                    "the database was cut off while it was made (%s)", message);
    else if (is_disk_full(self, code))
        g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_NOSPC, "the disk is full (%s)", message);
    else if (code == SQLITE_BUSY || code == SQLITE_LOCKED)
        g_set_error(error, HTH_ERROR, HTH_ERROR_BUSY, "the database is in use (%s)", message);
    else
        g_set_error(error, HTH_ERROR, HTH_ERROR_FAILED, "database: %s (%d)", message,
                    sqlite3_extended_errcode(self->handle));
    return FALSE;
}

gboolean hth_db_run(HthDb *self, const char *sql, GError **error)
{
    if (sqlite3_exec(self->handle, sql, NULL, NULL, NULL) != SQLITE_OK)
        return hth_db_fail(self, error);
    return TRUE;
}

static gboolean read_version(HthDb *self, gint64 *out_version, GError **error)
{
    sqlite3_stmt *statement = NULL;
    if (sqlite3_prepare_v2(self->handle, "PRAGMA user_version", -1, &statement, NULL) !=
            SQLITE_OK ||
        sqlite3_step(statement) != SQLITE_ROW) {
        hth_db_fail(self, error);
        sqlite3_finalize(statement);
        return FALSE;
    }
    *out_version = sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    return TRUE;
}

static gboolean migrate_one(HthDb *self, const char *sql, guint version, GError **error)
{
    /* A pragma takes no parameter; the number is ours. */
    g_autofree char *set_version = g_strdup_printf("PRAGMA user_version = %u", version);
    if (hth_db_run(self, "BEGIN IMMEDIATE", error) && hth_db_run(self, sql, error) &&
        hth_db_run(self, set_version, error) && hth_db_run(self, "COMMIT", error))
        return TRUE;
    g_prefix_error(error, "migration %u: ", version);
    if (!sqlite3_get_autocommit(self->handle))
        (void)sqlite3_exec(self->handle, "ROLLBACK", NULL, NULL, NULL); /* the first error counts */
    return FALSE;
}

/* Asked before anything may write: a newer file stays as it is, bit for bit, its journal included.
 */
static gboolean refuse_newer(HthDb *self, const HthDbOptions *options, GError **error)
{
    gint64 version;
    sqlite3_busy_timeout(self->handle, BUSY_TIMEOUT_MS);
    (void)sqlite3_db_config(self->handle, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
    if (!read_version(self, &version, error))
        return FALSE;
    if (version > options->n_migrations) {
        g_set_error(error, HTH_ERROR, HTH_ERROR_NEWER,
                    "it was written by a newer version of hearth (format %" G_GINT64_FORMAT
                    ", this one knows %u); nothing was changed: install that version again",
                    version, options->n_migrations);
        return FALSE;
    }
    (void)sqlite3_db_config(self->handle, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 0, NULL);
    return TRUE;
}

static gboolean migrate(HthDb *self, const HthDbOptions *options, GError **error)
{
    gint64 version;
    if (options->is_read_only)
        return TRUE;
    if (!read_version(self, &version, error))
        return FALSE;
    if (version > 0 && version < options->n_migrations && options->copy_before_migration != NULL &&
        !hth_db_copy(self, options->copy_before_migration, error))
        return FALSE;
    for (guint i = (guint)version; i < options->n_migrations; i++) {
        if (!migrate_one(self, options->migrations[i], i + 1, error))
            return FALSE;
    }
    return TRUE;
}

static gboolean configure(HthDb *self, const HthDbOptions *options, GError **error)
{
    g_autofree char *cache = g_strdup_printf("PRAGMA cache_size = -%u",
                                             options->cache_kib != 0 ? options->cache_kib : 1024);
    if (!hth_db_run(self, cache, error))
        return FALSE;
    if (options->is_read_only)
        return hth_db_run(self, "PRAGMA query_only = 1", error);
    return hth_db_run(self, "PRAGMA journal_mode = WAL", error) &&
           hth_db_run(self,
                      options->is_durable ? "PRAGMA synchronous = FULL"
                                          : "PRAGMA synchronous = NORMAL",
                      error) &&
           hth_db_run(self, "PRAGMA foreign_keys = OFF", error);
}

static gboolean prepare(HthDb *self, const HthDbOptions *options, GError **error)
{
    self->n_statements = options->n_statements;
    self->statements = g_new0(sqlite3_stmt *, options->n_statements);
    for (guint i = 0; i < options->n_statements; i++) {
        if (sqlite3_prepare_v3(self->handle, options->statements[i], -1, SQLITE_PREPARE_PERSISTENT,
                               &self->statements[i], NULL) != SQLITE_OK) {
            hth_db_fail(self, error);
            g_prefix_error(error, "statement %u: ", i);
            return FALSE;
        }
    }
    return TRUE;
}

HthDb *hth_db_open(const char *path, const HthDbOptions *options, GError **error)
{
    g_autoptr(HthDb) self = g_new0(HthDb, 1);
    const int flags = (options->is_read_only ? SQLITE_OPEN_READONLY
                                             : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE) |
                      SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE;
    if (sqlite3_open_v2(path, &self->handle, flags, NULL) != SQLITE_OK) {
        hth_db_fail(self, error);
        return NULL;
    }
    if (!refuse_newer(self, options, error) || !configure(self, options, error) ||
        !migrate(self, options, error) || !prepare(self, options, error))
        return NULL;
    return g_steal_pointer(&self);
}

void hth_db_free(HthDb *self)
{
    if (self == NULL)
        return;
    for (guint i = 0; i < self->n_statements; i++)
        sqlite3_finalize(self->statements[i]);
    g_free(self->statements);
    sqlite3_close(self->handle);
    g_free(self);
}

sqlite3 *hth_db_handle(HthDb *self)
{
    return self->handle;
}

gboolean hth_db_check(HthDb *self, GError **error)
{
    sqlite3_stmt *statement = NULL;
    if (sqlite3_prepare_v2(self->handle, "PRAGMA quick_check(1)", -1, &statement, NULL) !=
        SQLITE_OK)
        return hth_db_fail(self, error);
    gboolean is_good = FALSE;
    if (sqlite3_step(statement) == SQLITE_ROW) {
        const char *text = (const char *)sqlite3_column_text(statement, 0);
        is_good = g_strcmp0(text, "ok") == 0;
        if (!is_good)
            g_set_error(error, HTH_ERROR, HTH_ERROR_CORRUPT, "the database is damaged (%s)", text);
    } else {
        hth_db_fail(self, error);
    }
    sqlite3_finalize(statement);
    return is_good;
}

sqlite3_stmt *hth_db_statement(HthDb *self, guint statement)
{
    g_return_val_if_fail(statement < self->n_statements, NULL);
    sqlite3_reset(self->statements[statement]);
    sqlite3_clear_bindings(self->statements[statement]);
    return self->statements[statement];
}

gboolean hth_db_done(HthDb *self, sqlite3_stmt *statement, GError **error)
{
    const int code = sqlite3_step(statement);
    const gboolean is_done = code == SQLITE_DONE || code == SQLITE_ROW;
    if (!is_done)
        hth_db_fail(self, error);
    sqlite3_reset(statement);
    return is_done;
}

gboolean hth_db_row(HthDb *self, sqlite3_stmt *statement, GError **error)
{
    const int code = sqlite3_step(statement);
    if (code == SQLITE_ROW)
        return TRUE;
    if (code != SQLITE_DONE)
        hth_db_fail(self, error);
    sqlite3_reset(statement);
    return FALSE;
}

static gboolean copy_pages(HthDb *self, sqlite3 *target, GError **error)
{
    sqlite3_backup *backup = sqlite3_backup_init(target, "main", self->handle, "main");
    if (backup == NULL) {
        g_set_error(error, HTH_ERROR, HTH_ERROR_FAILED, "copying the database: %s",
                    sqlite3_errmsg(target));
        return FALSE;
    }
    const int code = sqlite3_backup_step(backup, -1);
    sqlite3_backup_finish(backup);
    if (code == SQLITE_DONE)
        return TRUE;
    g_set_error(error, HTH_ERROR, HTH_ERROR_FAILED, "copying the database: %s",
                sqlite3_errstr(code));
    return FALSE;
}

static gboolean sync_file(const char *path, GError **error)
{
    const int fd = g_open(path, O_RDONLY | O_CLOEXEC, 0);
    if (fd >= 0 && fsync(fd) == 0) {
        close(fd);
        return TRUE;
    }
    g_set_error(error, G_FILE_ERROR, g_file_error_from_errno(errno), "%s: %s", path,
                g_strerror(errno));
    if (fd >= 0)
        close(fd);
    return FALSE;
}

gboolean hth_db_copy(HthDb *self, const char *path, GError **error)
{
    g_autofree char *temporary = g_strconcat(path, ".part", NULL);
    g_autofree char *folder = g_path_get_dirname(path);
    (void)g_unlink(temporary); /* left by an earlier copy that was cut short */

    /* Made by us first, so that it never has a wider mode than its original. */
    const int fd = g_open(temporary, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0600);
    if (fd < 0) {
        g_set_error(error, G_FILE_ERROR, g_file_error_from_errno(errno), "%s: %s", temporary,
                    g_strerror(errno));
        return FALSE;
    }
    close(fd);

    sqlite3 *target = NULL;
    gboolean is_copied =
        sqlite3_open_v2(temporary, &target, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL) ==
            SQLITE_OK &&
        copy_pages(self, target, error);
    if (!is_copied && error != NULL && *error == NULL)
        g_set_error(error, HTH_ERROR, HTH_ERROR_FAILED, "%s: %s", temporary,
                    sqlite3_errmsg(target));
    sqlite3_close(target);

    if (is_copied && sync_file(temporary, error)) {
        if (g_rename(temporary, path) == 0)
            return sync_file(folder, error);
        g_set_error(error, G_FILE_ERROR, g_file_error_from_errno(errno), "%s: %s", path,
                    g_strerror(errno));
    }
    (void)g_unlink(temporary);
    return FALSE;
}

char *hth_db_text(sqlite3_stmt *statement, int column)
{
    return g_strdup((const char *)sqlite3_column_text(statement, column));
}
