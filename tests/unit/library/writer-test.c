/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "library/writer.h"

#include <glib/gstdio.h>

#include "base/error.h"
#include "library-fixture.h"
#include "library/write-statement.h"

typedef struct {
    LibraryFixture *home;
    HthState *state;
    HthWriter *writer;
    char *path;
    guint32 update_id; /* writer thread, read after hth_writer_wait() */
    guint n_commits;
} Test;

static void on_committed(HthChangeSet *changes, guint32 update_id, gpointer data)
{
    Test *test = data;
    test->n_commits++;
    test->update_id = update_id;
}

static void start(Test *test)
{
    g_autoptr(GError) error = NULL;
    if (test->home == NULL) {
        test->home = library_fixture_new();
        g_assert_cmpint(g_mkdir(test->home->cache, 0700), ==, 0);
        test->path = g_build_filename(test->home->cache, "index.db", NULL);
    }
    test->state = hth_state_open(test->home->state, &error);
    g_assert_no_error(error);
    test->writer = hth_writer_new(test->path, test->state, on_committed, test, &error);
    g_assert_no_error(error);
}

static void stop(Test *test)
{
    hth_writer_free(test->writer);
    hth_state_free(test->state);
}

static void end(Test *test)
{
    stop(test);
    library_fixture_free(test->home);
    g_free(test->path);
}

/* Each change adds one to a number in the index; a number below 0 fails. */
static gboolean add(HthWriteContext *context, gpointer data, GError **error)
{
    if (GPOINTER_TO_INT(data) < 0) {
        g_set_error(error, HTH_ERROR, HTH_ERROR_FAILED, "it is meant to fail");
        return FALSE;
    }
    hth_change_set_static(context->changes, HTH_STATIC_MUSIC);
    return hth_db_run(
        context->index,
        "INSERT INTO meta VALUES ('n', 1) ON CONFLICT DO UPDATE SET value = value + 1", error);
}

static gint64 number(Test *test)
{
    sqlite3 *db = NULL;
    sqlite3_stmt *get = NULL;
    g_assert_cmpint(sqlite3_open(test->path, &db), ==, SQLITE_OK);
    g_assert_cmpint(
        sqlite3_prepare_v2(db, "SELECT value FROM meta WHERE key = 'n'", -1, &get, NULL), ==,
        SQLITE_OK);
    const gint64 value = sqlite3_step(get) == SQLITE_ROW ? sqlite3_column_int64(get, 0) : 0;
    sqlite3_finalize(get);
    sqlite3_close(db);
    return value;
}

static void test_many_changes_share_a_commit(void)
{
    Test test = { 0 };
    start(&test);
    for (guint i = 0; i < 2000; i++)
        hth_writer_post(test.writer, add, GINT_TO_POINTER(1), NULL);
    hth_writer_wait(test.writer);
    g_assert_cmpint(number(&test), ==, 2000);
    g_assert_cmpuint(test.n_commits, <, 500);
    end(&test);
}

static void test_a_failing_change_loses_only_itself(void)
{
    Test test = { 0 };
    start(&test);
    for (int i = 0; i < 100; i++)
        hth_writer_post(test.writer, add, GINT_TO_POINTER(i % 10 == 3 ? -1 : 1), NULL);
    hth_writer_wait(test.writer);
    g_assert_cmpint(number(&test), ==, 90);
    end(&test);
}

/* Fails as a full disk does, until it is told that there is room. */
static gboolean add_when_there_is_room(HthWriteContext *context, gpointer data, GError **error)
{
    if (!add(context, GINT_TO_POINTER(1), error))
        return FALSE;
    if (g_atomic_int_get((gint *)data))
        return TRUE;
    g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_NOSPC, "the disk is full");
    return FALSE;
}

static void test_a_full_disk_is_waited_for(void)
{
    Test test = { 0 };
    start(&test);
    gint has_room = FALSE;
    hth_writer_post(test.writer, add, GINT_TO_POINTER(1), NULL);
    hth_writer_post(test.writer, add_when_there_is_room, &has_room, NULL);
    g_autofree char *problem = NULL;
    while ((problem = hth_writer_problem(test.writer)) == NULL)
        g_usleep(1000);
    g_assert_nonnull(strstr(problem, "full"));
    for (guint i = 0; i < 50; i++) /* these wait, and do not make it try faster */
        hth_writer_post(test.writer, add, GINT_TO_POINTER(1), NULL);
    g_assert_cmpint(number(&test), ==, 0);
    g_atomic_int_set(&has_room, TRUE);
    hth_writer_wait(test.writer);
    g_assert_cmpint(number(&test), ==, 52);
    g_assert_null(hth_writer_problem(test.writer));
    end(&test);
}

/* SQLite's own limit of pages: what a full disk is to it. */
static gboolean limit_pages(HthWriteContext *context, gpointer data, GError **error)
{
    g_autofree char *sql = g_strdup_printf("PRAGMA max_page_count = %d", GPOINTER_TO_INT(data));
    return hth_db_run(context->index, sql, error);
}

static gboolean add_much(HthWriteContext *context, gpointer data, GError **error)
{
    return add(context, GINT_TO_POINTER(1), error) &&
           hth_db_run(
               context->index,
               "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5000)"
               " INSERT OR REPLACE INTO meta SELECT 'row ' || i, i FROM n",
               error);
}

static void test_sqlite_full_is_a_full_disk(void)
{
    Test test = { 0 };
    start(&test);
    hth_writer_post(test.writer, limit_pages, GINT_TO_POINTER(1), NULL); /* as large as it is now */
    hth_writer_wait(test.writer);
    hth_writer_post(test.writer, add_much, NULL, NULL);
    g_autofree char *problem = NULL;
    while ((problem = hth_writer_problem(test.writer)) == NULL)
        g_usleep(1000);
    g_assert_nonnull(strstr(problem, "full"));
    end(&test); /* does not wait for room */
}

static void test_waiting_returns_at_the_end(void)
{
    Test test = { 0 };
    start(&test);
    gint has_room = FALSE;
    hth_writer_post(test.writer, add_when_there_is_room, &has_room, NULL);
    hth_writer_end(test.writer);
    hth_writer_wait(test.writer);
    g_assert_false(hth_writer_post_bounded(test.writer, add, NULL, NULL));
    end(&test);
}

static void test_update_ids_go_on_after_the_index_is_lost(void)
{
    Test test = { 0 };
    start(&test);
    hth_writer_post(test.writer, add, GINT_TO_POINTER(1), NULL);
    hth_writer_wait(test.writer);
    const guint32 before = test.update_id;
    stop(&test);
    start(&test);
    g_assert_cmpuint(hth_writer_system_update_id(test.writer), ==, before);
    stop(&test);
    g_assert_cmpint(g_unlink(test.path), ==, 0);
    start(&test);
    g_assert_cmpuint(hth_writer_system_update_id(test.writer), >=, before);
    hth_writer_post(test.writer, add, GINT_TO_POINTER(1), NULL);
    hth_writer_wait(test.writer);
    g_assert_cmpuint(test.update_id, >, before);
    end(&test);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/writer/many-changes-share-a-commit", test_many_changes_share_a_commit);
    g_test_add_func("/writer/a-failing-change-loses-only-itself",
                    test_a_failing_change_loses_only_itself);
    g_test_add_func("/writer/a-full-disk-is-waited-for", test_a_full_disk_is_waited_for);
    g_test_add_func("/writer/sqlite-full-is-a-full-disk", test_sqlite_full_is_a_full_disk);
    g_test_add_func("/writer/waiting-returns-at-the-end", test_waiting_returns_at_the_end);
    g_test_add_func("/writer/update-ids-go-on-after-the-index-is-lost",
                    test_update_ids_go_on_after_the_index_is_lost);
    return g_test_run();
}
