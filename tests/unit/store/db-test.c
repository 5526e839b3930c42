/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/db.h"

#include <glib/gstdio.h>

#include "base/error.h"

static const char *const migrations[] = {
    "CREATE TABLE thing (id INTEGER PRIMARY KEY, name TEXT NOT NULL) STRICT",
    "ALTER TABLE thing ADD COLUMN size INTEGER NOT NULL DEFAULT 3",
};
static const char *const statements[] = { "INSERT INTO thing (name) VALUES (?1)",
                                          "SELECT count(*), max(name) FROM thing" };

typedef struct {
    char *folder;
    char *path;
} Fixture;

static void set_up(Fixture *self, gconstpointer data)
{
    self->folder = g_dir_make_tmp("hearth-db-XXXXXX", NULL);
    self->path = g_build_filename(self->folder, "a.db", NULL);
}

static void tear_down(Fixture *self, gconstpointer data)
{
    g_autoptr(GDir) dir = g_dir_open(self->folder, 0, NULL);
    for (const char *name; (name = g_dir_read_name(dir)) != NULL;) {
        g_autofree char *path = g_build_filename(self->folder, name, NULL);
        g_unlink(path);
    }
    g_rmdir(self->folder);
    g_free(self->folder);
    g_free(self->path);
}

static HthDb *open_version(Fixture *self, guint version, const char *copy, GError **error)
{
    const HthDbOptions options = { .migrations = migrations,
                                   .n_migrations = version,
                                   .statements = statements,
                                   .n_statements = G_N_ELEMENTS(statements),
                                   .is_durable = TRUE,
                                   .copy_before_migration = copy };
    return hth_db_open(self->path, &options, error);
}

static void add(HthDb *db, const char *name)
{
    g_autoptr(GError) error = NULL;
    sqlite3_stmt *insert = hth_db_statement(db, 0);
    sqlite3_bind_text(insert, 1, name, -1, SQLITE_STATIC);
    g_assert_true(hth_db_done(db, insert, &error));
    g_assert_no_error(error);
}

static void test_an_upgrade_keeps_rows_and_leaves_a_copy(Fixture *self, gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *copy = g_build_filename(self->folder, "copy.db", NULL);
    g_autoptr(HthDb) old = open_version(self, 1, copy, &error);
    g_assert_no_error(error);
    add(old, "drum");
    g_assert_false(g_file_test(copy, G_FILE_TEST_EXISTS));
    g_clear_pointer(&old, hth_db_free);

    g_autoptr(HthDb) new = open_version(self, 2, copy, &error);
    g_assert_no_error(error);
    sqlite3_stmt *count = hth_db_statement(new, 1);
    g_assert_true(hth_db_row(new, count, &error));
    g_assert_cmpint(sqlite3_column_int(count, 0), ==, 1);
    g_assert_true(g_file_test(copy, G_FILE_TEST_EXISTS));
}

static void test_a_newer_database_is_refused_untouched(Fixture *self, gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(HthDb) new = open_version(self, 2, NULL, &error);
    g_assert_no_error(error);
    g_clear_pointer(&new, hth_db_free);

    g_autofree char *before = NULL, *after = NULL;
    gsize size_before, size_after;
    g_assert_true(g_file_get_contents(self->path, &before, &size_before, NULL));
    g_assert_null(open_version(self, 1, NULL, &error));
    g_assert_error(error, HTH_ERROR, HTH_ERROR_NEWER);
    g_assert_true(g_file_get_contents(self->path, &after, &size_after, NULL));
    g_assert_cmpmem(before, size_before, after, size_after);
}

static void test_garbage_is_called_damaged(Fixture *self, gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *garbage = g_strnfill(20000, 'x');
    g_assert_true(g_file_set_contents(self->path, garbage, -1, NULL));
    g_assert_null(open_version(self, 2, NULL, &error));
    g_assert_error(error, HTH_ERROR, HTH_ERROR_CORRUPT);
}

static void test_a_copy_holds_what_is_committed(Fixture *self, gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *copy = g_build_filename(self->folder, "copy.db", NULL);
    g_autoptr(HthDb) db = open_version(self, 2, NULL, &error);
    add(db, "drum");
    add(db, "flute");
    g_assert_true(hth_db_copy(db, copy, &error));
    g_assert_no_error(error);

    GStatBuf info;
    g_assert_cmpint(g_stat(copy, &info), ==, 0);
    g_assert_cmpint(info.st_mode & 0777, ==, 0600);
    g_clear_pointer(&db, hth_db_free);
    g_free(self->path);
    self->path = g_strdup(copy);
    g_autoptr(HthDb) copied = open_version(self, 2, NULL, &error);
    sqlite3_stmt *count = hth_db_statement(copied, 1);
    g_assert_true(hth_db_row(copied, count, &error));
    g_assert_cmpint(sqlite3_column_int(count, 0), ==, 2);
    g_assert_true(hth_db_check(copied, &error));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
#define ADD(name, function) g_test_add(name, Fixture, NULL, set_up, function, tear_down)
    ADD("/db/an-upgrade-keeps-rows-and-leaves-a-copy",
        test_an_upgrade_keeps_rows_and_leaves_a_copy);
    ADD("/db/a-newer-database-is-refused-untouched", test_a_newer_database_is_refused_untouched);
    ADD("/db/garbage-is-called-damaged", test_garbage_is_called_damaged);
    ADD("/db/a-copy-holds-what-is-committed", test_a_copy_holds_what_is_committed);
    return g_test_run();
}
