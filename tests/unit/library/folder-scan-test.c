/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "library/folder-scan.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#include "library-fixture.h"

#define assert_list(home_, id_, text_)                                                             \
    do {                                                                                           \
        g_autofree char *found_ = library_fixture_list(home_, id_);                                \
        g_assert_cmpstr(found_, ==, text_);                                                        \
    } while (0)

/* Gives a folder or file a time in the past, as it was before. */
static void age(LibraryFixture *home, const char *path)
{
    g_autofree char *full = library_fixture_path(home, path);
    const struct timespec old[2] = { { 1000000000, 0 }, { 1000000000, 0 } };
    g_assert_cmpint(utimensat(AT_FDCWD, full, old, 0), ==, 0);
}

static void run_sql(LibraryFixture *home, const char *sql)
{
    g_autofree char *path = g_build_filename(home->cache, "index.db", NULL);
    sqlite3 *db = NULL;
    g_assert_cmpint(sqlite3_open(path, &db), ==, SQLITE_OK);
    g_assert_cmpint(sqlite3_exec(db, sql, NULL, NULL, NULL), ==, SQLITE_OK);
    sqlite3_close(db);
}

static void test_an_unchanged_folder_is_not_listed_but_its_files_are_looked_at(void)
{
    g_autoptr(LibraryFixture) home = library_fixture_new();
    library_fixture_track(home, "a/1.flac", "TITLE=One", NULL);
    age(home, "a/1.flac");
    age(home, "a");
    library_fixture_open(home);
    library_fixture_track(home, "a/2.flac", "TITLE=Two", NULL);
    age(home, "a"); /* its time says that nothing changed */
    library_fixture_track(home, "a/1.flac", "TITLE=Uno", NULL);
    age(home, "a/1.flac"); /* as does the file's, and its size: the ctime does not */
    age(home, "a");
    library_fixture_scan(home);
    assert_list(home, "music-all", "Uno");
    const gint64 now_ms = g_get_real_time() / 1000;
    hth_library_scan(home->library, TRUE);
    library_fixture_wait_idle(home, now_ms);
    assert_list(home, "music-all", "Two|Uno");
}

static void test_a_fresh_folder_is_listed_again(void)
{
    g_autoptr(LibraryFixture) home = library_fixture_new();
    library_fixture_track(home, "a/1.flac", "TITLE=One", NULL);
    g_autofree char *full = library_fixture_path(home, "a");
    struct stat before;
    library_fixture_open(home);
    g_assert_cmpint(stat(full, &before), ==, 0);
    library_fixture_track(home, "a/2.flac", "TITLE=Two", NULL);
    const struct timespec same[2] = { before.st_atim, before.st_mtim };
    g_assert_cmpint(utimensat(AT_FDCWD, full, same, 0), ==, 0); /* within one tick of its clock */
    library_fixture_scan(home);
    assert_list(home, "music-all", "One|Two");
}

static void test_hidden_names_and_other_files_are_left_out(void)
{
    g_autoptr(LibraryFixture) home = library_fixture_new();
    library_fixture_track(home, "a/1.flac", "TITLE=One", NULL);
    library_fixture_track(home, ".trash/2.flac", "TITLE=Two", NULL);
    library_fixture_track(home, "a/.3.flac", "TITLE=Three", NULL);
    library_fixture_write(home, "a/readme.txt", "hello");
    library_fixture_open(home);
    assert_list(home, "music-all", "One");
}

static void make_link(LibraryFixture *home, const char *target, const char *path)
{
    g_autofree char *full = library_fixture_path(home, path);
    g_assert_cmpint(symlink(target, full), ==, 0);
}

static void test_a_link_back_up_is_not_followed(void)
{
    g_autoptr(LibraryFixture) home = library_fixture_new();
    home->is_watched = TRUE;
    library_fixture_track(home, "a/b/1.flac", "TITLE=One", NULL);
    make_link(home, "../..", "a/b/up");
    make_link(home, "up", "a/b/self");
    make_link(home, "nowhere", "a/b/nothing.flac");
    library_fixture_open(home);
    assert_list(home, "music-all", "One");
    /* Nor when an event names the folder, and what lies above it was not walked. */
    library_fixture_track(home, "a/b/2.flac", "TITLE=Two", NULL);
    library_fixture_expect(home, "music-all", "One|Two");
    library_fixture_scan(home);
    assert_list(home, "music-all", "One|Two");
}

static void test_names_that_are_not_text_are_shared(void)
{
    g_autoptr(LibraryFixture) home = library_fixture_new();
    library_fixture_track(home, "caf\xe9/na\xefve.flac", "ARTIST=A", NULL);
    library_fixture_open(home);
    g_autoptr(GPtrArray) lines = library_fixture_walk(home);
    HthLibraryCounts counts;
    hth_library_counts(home->library, &counts);
    g_assert_cmpuint(counts.n_tracks, ==, 1);
    for (guint i = 0; i < lines->len; i++)
        g_assert_true(g_utf8_validate(lines->pdata[i], -1, NULL));
    library_fixture_scan(home);
    library_fixture_track(home, "plain.flac", "TITLE=Plain", NULL);
    library_fixture_remove(home, "caf\xe9");
    library_fixture_scan(home);
    assert_list(home, "music-all", "Plain");
}

static void test_an_empty_folder_where_a_disk_was_keeps_its_items(void)
{
    g_autoptr(LibraryFixture) home = library_fixture_new();
    library_fixture_track(home, "disk/1.flac", "TITLE=One", NULL);
    library_fixture_track(home, "plain/2.flac", "TITLE=Two", NULL);
    library_fixture_track(home, "3.flac", "TITLE=Three", NULL);
    library_fixture_open(home);
    library_fixture_close(home);
    run_sql(home, "UPDATE folder SET is_mount = 1 WHERE title = 'disk'");
    library_fixture_remove(home, "disk/1.flac");
    library_fixture_remove(home, "plain/2.flac");
    library_fixture_open(home);
    assert_list(home, "music-all", "One|Three");
}

static void test_a_folder_replaced_by_another_is_looked_into(void)
{
    g_autoptr(LibraryFixture) home = library_fixture_new();
    home->is_watched = TRUE;
    library_fixture_track(home, "a/1.flac", "TITLE=One", NULL);
    library_fixture_track(home, "b/x.flac", "TITLE=Two", NULL);
    library_fixture_open(home);
    library_fixture_move(home, "a", "a.old");
    library_fixture_move(home, "b", "a");
    library_fixture_expect(home, "music-all", "One|Two");
    g_autofree char *two = library_fixture_child(home, "music-all", "Two");
    for (guint i = 0;; i++) {
        g_autofree char *path = hth_library_item_path(home->library, two, NULL);
        if (path != NULL && g_str_has_suffix(path, "/a/x.flac"))
            break;
        g_assert_cmpuint(i, <, 2000);
        g_usleep(5000);
    }
}

static void test_a_folder_without_permission_is_a_problem_and_keeps_its_items(void)
{
    if (geteuid() == 0) {
        g_test_skip("root may read everything");
        return;
    }
    g_autoptr(LibraryFixture) home = library_fixture_new();
    library_fixture_track(home, "a/1.flac", "TITLE=One", NULL);
    library_fixture_open(home);
    g_autofree char *full = library_fixture_path(home, "a");
    g_assert_cmpint(g_chmod(full, 0), ==, 0);
    library_fixture_scan(home);
    assert_list(home, "music-all", "One");
    g_autoptr(GPtrArray) problems = hth_library_problems(home->library, 10);
    g_assert_cmpuint(problems->len, ==, 1);
    g_assert_cmpint(g_chmod(full, 0700), ==, 0);
}

static void test_new_inode_numbers_alone_cost_no_reading(void)
{
    g_autoptr(LibraryFixture) home = library_fixture_new();
    home->worker = g_getenv("FAKE_WORKER");
    library_fixture_write(home, "a/1.mp3", "One");
    library_fixture_open(home);
    library_fixture_close(home);
    run_sql(home, "UPDATE item SET inode = inode + 1000; UPDATE folder SET inode = inode + 1000");
    home->worker = "/nonexistent/worker"; /* nothing may be read */
    library_fixture_open(home);
    g_autofree char *id = library_fixture_child(home, "music-all", "One");
    g_autoptr(HthObject) object = library_fixture_object(home, id);
    g_assert_true(object->is_probed);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
#define ADD(name_, function_) g_test_add_func("/folder-scan/" name_, function_)
    ADD("an-unchanged-folder-is-not-listed-but-its-files-are-looked-at",
        test_an_unchanged_folder_is_not_listed_but_its_files_are_looked_at);
    ADD("a-fresh-folder-is-listed-again", test_a_fresh_folder_is_listed_again);
    ADD("hidden-names-and-other-files-are-left-out",
        test_hidden_names_and_other_files_are_left_out);
    ADD("a-link-back-up-is-not-followed", test_a_link_back_up_is_not_followed);
    ADD("names-that-are-not-text-are-shared", test_names_that_are_not_text_are_shared);
    ADD("an-empty-folder-where-a-disk-was-keeps-its-items",
        test_an_empty_folder_where_a_disk_was_keeps_its_items);
    ADD("a-folder-replaced-by-another-is-looked-into",
        test_a_folder_replaced_by_another_is_looked_into);
    ADD("a-folder-without-permission-is-a-problem-and-keeps-its-items",
        test_a_folder_without_permission_is_a_problem_and_keeps_its_items);
    ADD("new-inode-numbers-alone-cost-no-reading", test_new_inode_numbers_alone_cost_no_reading);
    return g_test_run();
}
