/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "library/state.h"

#include "library/schema.h"

#include <glib/gstdio.h>
#include <sqlite3.h>
#include <string.h>
#include <utime.h>

#include "base/error.h"
#include "library-fixture.h"

typedef struct {
    LibraryFixture *home;
    HthState *state;
} Test;

static void start(Test *test)
{
    g_autoptr(GError) error = NULL;
    if (test->home == NULL)
        test->home = library_fixture_new();
    test->state = hth_state_open(test->home->state, &error);
    g_assert_no_error(error);
}

static void end(Test *test)
{
    hth_state_free(test->state);
    library_fixture_free(test->home);
}

static guint64 identify(Test *test, const char *path, gint64 size, gint64 mtime, gint64 inode)
{
    HthIdentity identity = { .root_key = 7,
                             .path = path,
                             .path_length = strlen(path),
                             .size_bytes = size,
                             .mtime_ns = mtime,
                             .inode = inode,
                             .added_s = 5 };
    HthPlayState play;
    g_autoptr(GError) error = NULL;
    g_assert_true(hth_state_identify(test->state, &identity, &play, &error));
    g_assert_true(hth_state_commit(test->state, &error));
    g_assert_no_error(error);
    return identity.permanent_id;
}

static void go(Test *test, guint64 id)
{
    g_assert_true(hth_state_identity_gone(test->state, id, NULL));
    g_assert_true(hth_state_commit(test->state, NULL));
}

static void test_identity_is_by_path(void)
{
    Test test = { 0 };
    start(&test);
    const guint64 id = identify(&test, "a/x.mp3", 1, 2, 3);
    g_assert_cmpuint(identify(&test, "a/x.mp3", 10, 20, 30), ==, id);
    g_assert_cmpuint(identify(&test, "a/y.mp3", 10, 20, 31), !=, id);
    end(&test);
}

static void test_identity_is_by_content_when_the_path_has_gone(void)
{
    Test test = { 0 };
    start(&test);
    const guint64 renamed = identify(&test, "a/x.mp3", 1, 2, 3);
    const guint64 moved = identify(&test, "a/y.mp3", 4, 5, 6);
    go(&test, renamed);
    go(&test, moved);
    g_assert_cmpuint(identify(&test, "a/other-name.mp3", 1, 2, 3), ==, renamed);
    g_assert_cmpuint(identify(&test, "elsewhere/y.mp3", 4, 5, 999), ==, moved);
    end(&test);
}

static void test_a_copy_does_not_share_an_identity(void)
{
    Test test = { 0 };
    start(&test);
    const guint64 id = identify(&test, "a/x.mp3", 1, 2, 3);
    g_assert_cmpuint(identify(&test, "b/x.mp3", 1, 2, 3), !=, id); /* a hard link */
    g_assert_cmpuint(identify(&test, "a/x.mp3", 1, 2, 3), ==, id);
    end(&test);
}

static void test_a_rolled_back_identity_is_forgotten(void)
{
    Test test = { 0 };
    start(&test);
    HthIdentity identity = { .root_key = 7, .path = "x", .path_length = 1 };
    HthPlayState play;
    g_assert_true(hth_state_identify(test.state, &identity, &play, NULL));
    hth_state_rollback(test.state);
    g_assert_cmpuint(identify(&test, "x", 0, 0, 0), !=, identity.permanent_id);
    end(&test);
}

static void test_play_state_is_kept_for_each_person(void)
{
    Test test = { 0 };
    start(&test);
    HthPlayState play;
    g_assert_true(hth_state_change_play(test.state, 1, "", HTH_PLAY_ADD, 100, &play, NULL));
    g_assert_true(hth_state_change_play(test.state, 1, "", HTH_PLAY_ADD, 50, &play, NULL));
    g_assert_cmpuint(play.play_count, ==, 2);
    g_assert_cmpint(play.last_played_s, ==, 100);
    g_assert_true(hth_state_change_play(test.state, 1, "Ada", HTH_PLAY_POSITION, 700, &play, NULL));
    g_assert_cmpuint(play.play_count, ==, 0);
    g_assert_cmpint(play.position_ms, ==, 700);
    hth_state_free(test.state);
    start(&test);
    g_assert_true(hth_state_change_play(test.state, 1, "", HTH_PLAY_RATING, 4, &play, NULL));
    g_assert_cmpuint(play.play_count, ==, 2);
    g_assert_cmpint(play.position_ms, ==, 0);
    g_assert_cmpuint(play.rating, ==, 4);
    g_assert_true(hth_state_change_play(test.state, 1, "", HTH_PLAY_FAVOURITE, 1, &play, NULL));
    g_assert_true(play.is_favourite);
    g_assert_cmpuint(play.rating, ==, 4);
    g_assert_true(hth_state_change_play(test.state, 1, "", HTH_PLAY_FAVOURITE, 0, &play, NULL));
    g_assert_false(play.is_favourite);
    end(&test);
}

static void collect_row(const char *id, const char *text, gpointer data)
{
    g_string_append_printf(data, "%s=%s;", id, text);
}

static void test_settings_and_devices_are_stored_and_removed(void)
{
    Test test = { 0 };
    start(&test);
    g_assert_true(hth_state_store(test.state, "k", "v1", NULL));
    g_assert_true(hth_state_store(test.state, "k", "v2", NULL));
    g_autofree char *value = hth_state_load(test.state, "k");
    g_assert_cmpstr(value, ==, "v2");
    g_assert_true(hth_state_store(test.state, "k", NULL, NULL));
    g_assert_null(hth_state_load(test.state, "k"));
    g_assert_true(hth_state_store_device(test.state, "b", "{}", NULL));
    g_assert_true(hth_state_store_device(test.state, "a", "{\"x\":1}", NULL));
    g_assert_true(hth_state_store_device(test.state, "b", NULL, NULL));
    g_autoptr(GString) rows = g_string_new(NULL);
    hth_state_devices(test.state, collect_row, rows);
    g_assert_cmpstr(rows->str, ==, "a={\"x\":1};");
    end(&test);
}

static void collect_playlist(guint64 id, const char *title, const guint64 *items, guint n,
                             gpointer data)
{
    g_string_append_printf(data, "%" G_GUINT64_FORMAT " %s:", id, title);
    for (guint i = 0; i < n; i++)
        g_string_append_printf(data, "%" G_GUINT64_FORMAT ",", items[i]);
}

static void test_a_playlist_keeps_its_order_and_repeats(void)
{
    Test test = { 0 };
    start(&test);
    const guint64 items[] = { 9, 3, 9, 1 };
    gboolean existed;
    g_assert_true(hth_state_save_playlist(test.state, 5, "First", items, 4, NULL));
    g_assert_true(hth_state_save_playlist(test.state, 5, "Named anew", items, 3, NULL));
    g_assert_true(hth_state_save_playlist(test.state, 6, "Other", items, 1, NULL));
    g_assert_true(hth_state_remove_playlist(test.state, 6, &existed, NULL));
    g_assert_true(existed);
    g_assert_true(hth_state_remove_playlist(test.state, 6, &existed, NULL));
    g_assert_false(existed);
    g_autoptr(GString) found = g_string_new(NULL);
    g_assert_true(hth_state_playlists(test.state, collect_playlist, found, NULL));
    g_assert_cmpstr(found->str, ==, "5 Named anew:9,3,9,");
    end(&test);
}

static void test_a_root_keeps_its_key_when_it_moves(void)
{
    Test test = { 0 };
    start(&test);
    gint64 key, other, moved;
    g_autoptr(GError) error = NULL;
    g_assert_true(hth_state_root_key(test.state, "/old", &key, NULL));
    g_assert_true(hth_state_root_key(test.state, "/once", &other, NULL));
    g_assert_cmpint(key, !=, other);
    g_assert_true(hth_state_move_root(test.state, "/old", "/once", &error));
    g_assert_no_error(error);
    g_assert_true(hth_state_root_key(test.state, "/once", &moved, NULL));
    g_assert_cmpint(moved, ==, key);
    g_assert_false(hth_state_move_root(test.state, "/old", "/new", &error));
    g_assert_error(error, HTH_ERROR, HTH_ERROR_NOT_FOUND);
    end(&test);
}

static void test_two_cannot_use_one_folder(void)
{
    Test test = { 0 };
    start(&test);
    g_autoptr(GError) error = NULL;
    g_assert_null(hth_state_open(test.home->state, &error));
    g_assert_error(error, HTH_ERROR, HTH_ERROR_BUSY);
    end(&test);
}

static void set_version(const char *path, int version)
{
    sqlite3 *db = NULL;
    g_autofree char *sql = g_strdup_printf("PRAGMA user_version = %d", version);
    g_assert_cmpint(sqlite3_open(path, &db), ==, SQLITE_OK);
    g_assert_cmpint(sqlite3_exec(db, sql, NULL, NULL, NULL), ==, SQLITE_OK);
    sqlite3_close(db);
}

static void test_a_newer_state_is_refused_and_left_alone(void)
{
    Test test = { 0 };
    start(&test);
    hth_state_free(g_steal_pointer(&test.state));
    g_autofree char *path = g_build_filename(test.home->state, "state.db", NULL);
    set_version(path, 999);
    g_autoptr(GError) error = NULL;
    g_assert_null(hth_state_open(test.home->state, &error));
    g_assert_error(error, HTH_ERROR, HTH_ERROR_NEWER);
    set_version(path, (int)hth_n_state_migrations);
    start(&test);
    end(&test);
}

static void test_damage_names_the_copy(void)
{
    Test test = { 0 };
    start(&test);
    g_assert_true(hth_state_store(test.state, "k", "v", NULL));
    hth_state_free(g_steal_pointer(&test.state));
    g_autofree char *path = g_build_filename(test.home->state, "state.db", NULL);
    g_assert_true(g_file_set_contents(
        path, "this is no database, but long enough to be read as one", -1, NULL));
    g_autoptr(GError) error = NULL;
    g_assert_null(hth_state_open(test.home->state, &error));
    g_assert_error(error, HTH_ERROR, HTH_ERROR_CORRUPT);
    g_assert_nonnull(strstr(error->message, "state.db.copy"));
    end(&test);
}

static void test_a_copy_is_made_once_a_day(void)
{
    Test test = { 0 };
    start(&test);
    g_autofree char *copy = g_build_filename(test.home->state, "state.db.copy", NULL);
    GStatBuf first, again, later;
    hth_state_free(g_steal_pointer(&test.state)); /* waits for the copy, which a thread makes */
    g_assert_cmpint(g_stat(copy, &first), ==, 0);
    start(&test);
    hth_state_free(g_steal_pointer(&test.state));
    g_assert_cmpint(g_stat(copy, &again), ==, 0);
    g_assert_cmpuint(first.st_ino, ==, again.st_ino);
    const struct utimbuf old = { first.st_mtime - 90000, first.st_mtime - 90000 };
    g_assert_cmpint(utime(copy, &old), ==, 0);
    start(&test);
    hth_state_free(g_steal_pointer(&test.state));
    g_assert_cmpint(g_stat(copy, &later), ==, 0);
    g_assert_cmpint(later.st_mtime, >=, first.st_mtime);
    end(&test);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/state/identity-is-by-path", test_identity_is_by_path);
    g_test_add_func("/state/identity-is-by-content-when-the-path-has-gone",
                    test_identity_is_by_content_when_the_path_has_gone);
    g_test_add_func("/state/a-copy-does-not-share-an-identity",
                    test_a_copy_does_not_share_an_identity);
    g_test_add_func("/state/a-rolled-back-identity-is-forgotten",
                    test_a_rolled_back_identity_is_forgotten);
    g_test_add_func("/state/play-state-is-kept-for-each-person",
                    test_play_state_is_kept_for_each_person);
    g_test_add_func("/state/settings-and-devices-are-stored-and-removed",
                    test_settings_and_devices_are_stored_and_removed);
    g_test_add_func("/state/a-playlist-keeps-its-order-and-repeats",
                    test_a_playlist_keeps_its_order_and_repeats);
    g_test_add_func("/state/a-root-keeps-its-key-when-it-moves",
                    test_a_root_keeps_its_key_when_it_moves);
    g_test_add_func("/state/two-cannot-use-one-folder", test_two_cannot_use_one_folder);
    g_test_add_func("/state/a-newer-state-is-refused-and-left-alone",
                    test_a_newer_state_is_refused_and_left_alone);
    g_test_add_func("/state/damage-names-the-copy", test_damage_names_the_copy);
    g_test_add_func("/state/a-copy-is-made-once-a-day", test_a_copy_is_made_once_a_day);
    return g_test_run();
}
