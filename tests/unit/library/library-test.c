/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "library/library.h"

#include <glib/gstdio.h>

#include <sqlite3.h>

#include "library-fixture.h"

static LibraryFixture *home_with_music(void)
{
    LibraryFixture *home = library_fixture_new();
    for (guint i = 0; i < 12; i++) {
        g_autofree char *path = g_strdup_printf("%u/%u.flac", i % 3, i);
        g_autofree char *title = g_strdup_printf("TITLE=Title %u", i);
        g_autofree char *artist = g_strdup_printf("ARTIST=Artist %u", i % 4);
        g_autofree char *album = g_strdup_printf("ALBUM=Album %u", i % 5);
        library_fixture_track(home, path, title, artist, album, "GENRE=Rock", "DATE=1999", NULL);
    }
    library_fixture_photo(home, "p/one.jpg", "1999:05:31 12:30:00", "Camera");
    library_fixture_video(home, "v/film.mp4");
    library_fixture_write(home, "list.m3u", "0/0.flac\n");
    library_fixture_open(home);
    return home;
}

static void assert_same_walk(LibraryFixture *home, const GPtrArray *before)
{
    g_autoptr(GPtrArray) after = library_fixture_walk(home);
    for (guint i = 0; i < MIN(before->len, after->len); i++)
        g_assert_cmpstr(before->pdata[i], ==, after->pdata[i]);
    g_assert_cmpuint(before->len, ==, after->len);
}

static void remove_index(LibraryFixture *home)
{
    static const char *const endings[] = { "index.db", "index.db-wal", "index.db-shm" };
    for (guint i = 0; i < G_N_ELEMENTS(endings); i++) {
        g_autofree char *path = g_build_filename(home->cache, endings[i], NULL);
        (void)g_unlink(path);
    }
}

static void test_a_rebuilt_index_has_the_same_ids_and_play_counts(void)
{
    g_autoptr(LibraryFixture) home = home_with_music();
    g_autofree char *id = library_fixture_child(home, "music-all", "Title 7");
    g_assert_true(hth_library_add_play(home->library, id, NULL, NULL));
    library_fixture_expect(home, "music-most-played", "Title 7");
    g_autoptr(GPtrArray) before = library_fixture_walk(home);
    library_fixture_close(home);
    remove_index(home);
    library_fixture_open(home);
    assert_same_walk(home, before);
}

static void test_a_restart_without_changes_changes_nothing(void)
{
    g_autoptr(LibraryFixture) home = home_with_music();
    const char *const items[] = { NULL };
    g_assert_true(hth_library_save_playlist(home->library, NULL, "Mine", items, NULL, NULL));
    library_fixture_expect(home, "music-playlists", "Mine|list");
    g_autoptr(GPtrArray) before = library_fixture_walk(home);
    library_fixture_close(home);
    library_fixture_open(home); /* its folders are too fresh to be relied on the first time */
    const guint32 update_id = hth_library_system_update_id(home->library);
    library_fixture_close(home);
    library_fixture_open(home);
    g_assert_cmpuint(hth_library_system_update_id(home->library), ==, update_id);
    assert_same_walk(home, before);
}

/* A copy of the file and its rollback journal in the middle of a transaction: what a crash leaves of
 * a database that is not yet in WAL mode. */
static void make_hot(const char *path)
{
    g_autofree char *journal = g_strconcat(path, "-journal", NULL);
    g_autofree char *busy = g_strconcat(path, ".busy", NULL);
    g_autofree char *busy_journal = g_strconcat(busy, "-journal", NULL);
    sqlite3 *db = NULL;
    g_assert_cmpint(sqlite3_open(busy, &db), ==, SQLITE_OK);
    g_assert_cmpint(sqlite3_exec(db,
                                 "PRAGMA cache_size = 4; CREATE TABLE half (made BLOB); BEGIN;"
                                 "INSERT INTO half WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL"
                                 " SELECT i + 1 FROM n WHERE i < 500) SELECT randomblob(900) FROM n",
                                 NULL, NULL, NULL),
                    ==, SQLITE_OK);
    const char *const pairs[][2] = { { busy, path }, { busy_journal, journal } };
    for (guint i = 0; i < G_N_ELEMENTS(pairs); i++) {
        g_autofree char *bytes = NULL;
        gsize size;
        g_assert_true(g_file_get_contents(pairs[i][0], &bytes, &size, NULL));
        g_assert_cmpuint(size, >, 0);
        g_assert_true(g_file_set_contents(pairs[i][1], bytes, (gssize)size, NULL));
    }
    sqlite3_close(db);
}

static void test_an_index_cut_off_while_it_was_made_is_made_anew(void)
{
    g_autoptr(LibraryFixture) home = home_with_music();
    g_autoptr(GPtrArray) before = library_fixture_walk(home);
    library_fixture_close(home);
    g_autofree char *path = g_build_filename(home->cache, "index.db", NULL);
    make_hot(path);
    library_fixture_open(home);
    assert_same_walk(home, before);
}

static void test_a_damaged_index_is_made_anew(void)
{
    g_autoptr(LibraryFixture) home = home_with_music();
    g_autoptr(GPtrArray) before = library_fixture_walk(home);
    library_fixture_close(home);
    g_autofree char *path = g_build_filename(home->cache, "index.db", NULL);
    g_assert_true(g_file_set_contents(path, "rubbish that is no database at all, whatever its name",
                                      -1, NULL));
    library_fixture_open(home);
    assert_same_walk(home, before);
}

static void test_own_playlists_follow_their_items(void)
{
    g_autoptr(LibraryFixture) home = home_with_music();
    g_autofree char *one = library_fixture_child(home, "music-all", "Title 1");
    g_autofree char *two = library_fixture_child(home, "music-all", "Title 2");
    const char *const items[] = { two, one, two, NULL };
    g_autofree char *id = NULL;
    g_assert_true(hth_library_save_playlist(home->library, NULL, "Mine", items, &id, NULL));
    library_fixture_expect(home, "music-playlists", "Mine|list");
    library_fixture_expect(home, id, "Title 2|Title 1|Title 2");
    library_fixture_remove(home, "1/1.flac");
    library_fixture_scan(home);
    library_fixture_expect(home, id, "Title 2|Title 2");
    library_fixture_track(home, "1/1.flac", "TITLE=Title 1 again", NULL);
    library_fixture_scan(home);
    library_fixture_expect(home, id,
                           "Title 2|Title 1 again|Title 2"); /* the same path, the same item */
    g_autoptr(GPtrArray) lines = library_fixture_walk(home);
    g_assert_true(hth_library_remove_playlist(home->library, id, NULL));
    library_fixture_expect(home, "music-playlists", "list");
    g_assert_false(hth_library_remove_playlist(home->library, id, NULL));
}

static void count_call(const HthLibraryChange *change, gpointer data)
{
    g_atomic_int_inc((gint *)data);
}

static gpointer read_often(gpointer data)
{
    LibraryFixture *home = data;
    for (guint i = 0; i < 30; i++) {
        g_autoptr(HthReader) reader = hth_library_acquire_reader(home->library);
        g_autoptr(HthListing) listing = hth_reader_children(reader, "music-all", NULL, NULL);
        for (guint k = 0; k < listing->n_refs; k++) {
            g_autoptr(HthObject) object = hth_reader_object_by_ref(reader, listing->refs[k]);
            g_assert_true(object == NULL || object->title != NULL);
        }
        g_autoptr(HthQuery) query =
            hth_query_new_compare(HTH_QUERY_CONTAINS, HTH_PROPERTY_TITLE, "title");
        g_autoptr(HthListing) found = hth_reader_search(reader, "0", query, NULL, NULL);
        g_assert_cmpuint(found->n_refs, >=, 11);
        HthLibraryCounts counts;
        hth_library_counts(home->library, &counts);
        g_autoptr(GPtrArray) roots = hth_library_roots(home->library);
    }
    return NULL;
}

static void test_threads_read_while_files_change(void)
{
    g_autoptr(LibraryFixture) home = home_with_music();
    gint n_calls = 0;
    const guint watch = hth_library_add_watch(home->library, count_call, &n_calls);
    GThread *threads[3];
    for (guint i = 0; i < G_N_ELEMENTS(threads); i++)
        threads[i] = g_thread_new("reader", read_often, home);
    for (guint i = 0; i < 8; i++) {
        g_autofree char *title = g_strdup_printf("TITLE=Title 0.%u", i);
        library_fixture_track(home, "0/0.flac", title, "ARTIST=Artist 0", NULL);
        library_fixture_scan(home);
    }
    for (guint i = 0; i < G_N_ELEMENTS(threads); i++)
        g_thread_join(threads[i]);
    hth_library_remove_watch(home->library, watch);
    g_assert_cmpint(g_atomic_int_get(&n_calls), >=, 8);
    g_autoptr(GPtrArray) lines = library_fixture_walk(home);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
#define ADD(name_, function_) g_test_add_func("/library/" name_, function_)
    ADD("a-rebuilt-index-has-the-same-ids-and-play-counts",
        test_a_rebuilt_index_has_the_same_ids_and_play_counts);
    ADD("a-restart-without-changes-changes-nothing",
        test_a_restart_without_changes_changes_nothing);
    ADD("a-damaged-index-is-made-anew", test_a_damaged_index_is_made_anew);
    ADD("an-index-cut-off-while-it-was-made-is-made-anew",
        test_an_index_cut_off_while_it_was_made_is_made_anew);
    ADD("own-playlists-follow-their-items", test_own_playlists_follow_their_items);
    ADD("threads-read-while-files-change", test_threads_read_while_files_change);
    return g_test_run();
}
