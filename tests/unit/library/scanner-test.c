/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "library/scanner.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "library-fixture.h"

#define assert_list(home_, id_, text_)                                                             \
    do {                                                                                           \
        g_autofree char *found_ = library_fixture_list(home_, id_);                                \
        g_assert_cmpstr(found_, ==, text_);                                                        \
    } while (0)

static LibraryFixture *watched_home(void)
{
    LibraryFixture *home = library_fixture_new();
    home->is_watched = TRUE;
    library_fixture_track(home, "a/1.flac", "TITLE=One", "ARTIST=A", "ALBUM=T", "TRACKNUMBER=1",
                          NULL);
    library_fixture_track(home, "a/2.flac", "TITLE=Two", "ARTIST=A", "ALBUM=T", "TRACKNUMBER=2",
                          NULL);
    library_fixture_open(home);
    assert_list(home, "music-all", "One|Two");
    return home;
}

static char *id_of(LibraryFixture *home, const char *title)
{
    return library_fixture_child(home, "music-all", title);
}

#define assert_same_id(home_, title_, id_)                                                         \
    do {                                                                                           \
        g_autofree char *now_ = id_of(home_, title_);                                              \
        g_assert_cmpstr(now_, ==, id_);                                                            \
    } while (0)

static void test_sees_what_changes_while_it_runs(void)
{
    g_autoptr(LibraryFixture) home = watched_home();
    library_fixture_track(home, "b/deep/er/3.flac", "TITLE=Three", "ARTIST=B", NULL);
    library_fixture_expect(home, "music-all", "One|Three|Two");
    library_fixture_track(home, "a/1.flac", "TITLE=Uno", "ARTIST=A", "ALBUM=T", NULL);
    library_fixture_expect(home, "music-all", "Three|Two|Uno");
    library_fixture_remove(home, "a/2.flac");
    library_fixture_expect(home, "music-all", "Three|Uno");
    library_fixture_remove(home, "b");
    library_fixture_expect(home, "music-all", "Uno");
    g_autoptr(GPtrArray) lines = library_fixture_walk(home);
}

static void keeps_across_moves(gboolean is_running)
{
    g_autoptr(LibraryFixture) home = watched_home();
    g_autoptr(GError) error = NULL;
    library_fixture_write(home, "list.m3u", "a/1.flac\na/2.flac\n");
    library_fixture_expect(home, "music-playlists", "list");
    g_autofree char *list = library_fixture_child(home, "music-playlists", "list");
    library_fixture_expect(home, list, "One|Two");
    g_autofree char *one = id_of(home, "One");
    g_autofree char *two = id_of(home, "Two");
    g_assert_true(hth_library_add_play(home->library, one, NULL, &error));
    const char *const items[] = { two, one, NULL };
    g_autofree char *own = NULL;
    g_assert_true(hth_library_save_playlist(home->library, NULL, "Mine", items, &own, &error));
    if (!is_running)
        library_fixture_close(home);

    library_fixture_move(home, "a/1.flac", "a/renamed.flac"); /* renamed */
    library_fixture_move(home, "a/2.flac", "b/c/2.flac");     /* moved */
    if (!is_running)
        library_fixture_open(home);
    g_autofree char *wanted = NULL;
    for (guint i = 0;; i++) {
        g_clear_pointer(&wanted, g_free);
        wanted = hth_library_item_path(home->library, two, NULL);
        if (wanted != NULL && g_str_has_suffix(wanted, "b/c/2.flac"))
            break;
        g_assert_cmpuint(i, <, 4000);
        g_usleep(2000);
    }
    library_fixture_scan(home);
    assert_same_id(home, "One", one);
    assert_same_id(home, "Two", two);
    g_autoptr(HthObject) object = library_fixture_object(home, one);
    g_assert_cmpuint(object->play_count, ==, 1);
    assert_list(home, own, "Two|One");
    assert_list(home, list, "One|Two");
    assert_list(home, "music-most-played", "One");

    library_fixture_move(home, "b", "moved/b"); /* a whole folder */
    library_fixture_scan(home);
    assert_same_id(home, "Two", two);
    g_autofree char *path = hth_library_item_path(home->library, two, NULL);
    g_assert_true(g_str_has_suffix(path, "moved/b/c/2.flac"));
}

static void test_a_moved_file_keeps_all_while_it_runs(void)
{
    keeps_across_moves(TRUE);
}

static void test_a_moved_file_keeps_all_while_it_does_not(void)
{
    keeps_across_moves(FALSE);
}

static void test_an_untagged_file_is_named_after_its_new_name(void)
{
    g_autoptr(LibraryFixture) home = library_fixture_new();
    library_fixture_track(home, "old name.flac", "ARTIST=A", NULL);
    library_fixture_open(home);
    assert_list(home, "music-all", "old name");
    library_fixture_move(home, "old name.flac", "new name.flac");
    library_fixture_scan(home);
    assert_list(home, "music-all", "new name");
}

static void test_a_photo_renamed_to_a_cover_is_a_cover(void)
{
    g_autoptr(LibraryFixture) home = library_fixture_new();
    library_fixture_photo(home, "img.jpg", NULL, NULL);
    library_fixture_open(home);
    assert_list(home, "photo-all", "img");
    library_fixture_move(home, "img.jpg", "cover.jpg");
    library_fixture_scan(home);
    assert_list(home, "photo-all", "");
}

static void test_hard_links_are_two_items(void)
{
    g_autoptr(LibraryFixture) home = library_fixture_new();
    library_fixture_track(home, "a/1.flac", "TITLE=One", NULL);
    library_fixture_open(home);
    g_autofree char *from = library_fixture_path(home, "a/1.flac");
    g_autofree char *to = library_fixture_path(home, "a/2.flac");
    g_assert_cmpint(link(from, to), ==, 0);
    library_fixture_scan(home);
    assert_list(home, "music-all", "One|One");
    g_autoptr(GPtrArray) lines = library_fixture_walk(home);
    library_fixture_scan(home);
    assert_list(home, "music-all", "One|One");
}

static void set_roots(LibraryFixture *home, const char *first, const char *second)
{
    const char *const roots[] = { first, second, NULL };
    g_autoptr(GError) error = NULL;
    const gint64 now_ms = g_get_real_time() / 1000;
    g_assert_true(hth_library_set_roots(home->library, roots, &error));
    library_fixture_wait_idle(home, now_ms);
}

static void test_a_root_that_is_shared_again_has_its_old_ids(void)
{
    g_autoptr(LibraryFixture) home = watched_home();
    g_autofree char *one = id_of(home, "One");
    g_assert_true(hth_library_add_play(home->library, one, NULL, NULL));
    set_roots(home, home->other, NULL);
    library_fixture_expect(home, "music-all", "");
    set_roots(home, home->media, home->other);
    library_fixture_expect(home, "music-all", "One|Two");
    assert_same_id(home, "One", one);
    g_autoptr(HthObject) object = library_fixture_object(home, one);
    g_assert_cmpuint(object->play_count, ==, 1);
}

static void test_a_moved_root_keeps_ids_and_waiting_changes(void)
{
    g_autoptr(LibraryFixture) home = watched_home();
    g_autoptr(GError) error = NULL;
    g_autofree char *one = id_of(home, "One");
    g_autofree char *folder = library_fixture_child(home, "music-folders", "media");
    g_autofree char *added = g_build_filename(home->dir, "added", NULL);
    g_autofree char *moved = g_build_filename(home->dir, "moved", NULL);
    g_assert_cmpint(g_mkdir(added, 0700), ==, 0);
    g_assert_cmpint(g_rename(home->media, moved), ==, 0);
    const char *const roots[] = { home->media, added, NULL };
    g_assert_true(hth_library_set_roots(home->library, roots, &error)); /* not looked at yet … */
    g_assert_true(hth_library_move_root(home->library, home->media, moved, &error));
    g_assert_no_error(error);
    g_assert_false(hth_library_move_root(home->library, home->media, moved, &error));
    g_assert_error(error, HTH_ERROR, HTH_ERROR_NOT_FOUND);
    library_fixture_scan(home);
    assert_list(home, "music-all", "One|Two");
    assert_same_id(home, "One", one);
    g_autoptr(GPtrArray) status = hth_library_roots(home->library);
    g_assert_cmpuint(status->len, ==, 2); /* … and not lost */
    g_autoptr(HthObject) same = library_fixture_object(home, folder);
    g_assert_cmpstr(same->title, ==, "moved");
    g_autofree char *path = hth_library_item_path(home->library, one, NULL);
    g_assert_true(g_str_has_prefix(path, moved));
}

static gboolean is_available(LibraryFixture *home)
{
    g_autoptr(GPtrArray) roots = hth_library_roots(home->library);
    const HthRootStatus *root = roots->pdata[0];
    return root->is_available;
}

static void wait_available(LibraryFixture *home, gboolean wanted)
{
    for (guint i = 0; is_available(home) != wanted; i++) {
        g_assert_cmpuint(i, <, 5000);
        g_usleep(2000);
    }
}

static void test_a_root_that_vanishes_keeps_its_items(void)
{
    g_autoptr(LibraryFixture) home = watched_home();
    g_autofree char *aside = g_build_filename(home->dir, "aside", NULL);
    g_autofree char *one = id_of(home, "One");
    g_assert_cmpint(g_rename(home->media, aside), ==, 0);
    wait_available(home, FALSE);
    g_assert_cmpint(g_mkdir(home->media, 0700), ==, 0); /* an empty mount point */
    library_fixture_scan(home);
    assert_list(home, "music-all", "One|Two");
    g_autoptr(HthObject) object = library_fixture_object(home, one);
    g_assert_false(object->is_available);
    g_autoptr(GError) error = NULL;
    g_assert_cmpint(hth_library_open_item(home->library, one, NULL, &error), ==, -1);
    g_assert_error(error, HTH_ERROR, HTH_ERROR_UNAVAILABLE);
    g_assert_cmpint(g_rmdir(home->media), ==, 0);
    g_assert_cmpint(g_rename(aside, home->media), ==, 0);
    library_fixture_scan(home);
    g_assert_true(is_available(home));
    assert_same_id(home, "One", one);
}

static void test_a_deleted_root_is_seen_to_be_away(void)
{
    g_autoptr(LibraryFixture) home = watched_home();
    library_fixture_remove(home, ".");
    (void)g_rmdir(home->media);
    wait_available(home, FALSE);
}

static void test_a_deadly_file_is_set_aside_until_it_changes(void)
{
    g_autoptr(LibraryFixture) home = library_fixture_new();
    home->worker = g_getenv("FAKE_WORKER");
    library_fixture_write(home, "bad.mp3", "crash");
    library_fixture_write(home, "good.mp3", "Good");
    library_fixture_open(home);
    assert_list(home, "music-all", "Good");
    g_autoptr(GPtrArray) problems = hth_library_problems(home->library, 10);
    g_assert_cmpuint(problems->len, ==, 1);
    const HthProblemFile *problem = problems->pdata[0];
    g_assert_true(problem->is_set_aside);
    g_assert_true(g_str_has_suffix(problem->path, "/bad.mp3"));
    library_fixture_scan(home); /* left alone */
    library_fixture_write(home, "bad.mp3", "Mended now");
    library_fixture_scan(home);
    assert_list(home, "music-all", "Good|Mended now");
    g_autoptr(GPtrArray) none = hth_library_problems(home->library, 10);
    g_assert_cmpuint(none->len, ==, 0);
}

static void test_an_unreadable_file_is_a_problem_and_in_no_list(void)
{
    g_autoptr(LibraryFixture) home = library_fixture_new();
    home->worker = g_getenv("FAKE_WORKER");
    library_fixture_write(home, "a/one.mp3", "One");
    library_fixture_write(home, "list.m3u", "error");
    library_fixture_open(home);
    g_autofree char *id = id_of(home, "One");
    library_fixture_write(home, "a/one.mp3", "error");
    library_fixture_write(home, "b/two.mp3", "error");
    library_fixture_scan(home);
    assert_list(home, "music-all", "");
    assert_list(home, "music-playlists", "");
    assert_list(home, "music-folders", "");
    HthLibraryCounts counts;
    hth_library_counts(home->library, &counts);
    g_assert_cmpuint(counts.n_tracks + counts.n_playlists, ==, 0);
    g_autoptr(GPtrArray) problems = hth_library_problems(home->library, 10);
    g_assert_cmpuint(problems->len, ==, 3);
    library_fixture_write(home, "a/one.mp3", "One again");
    library_fixture_scan(home);
    assert_same_id(home, "One again", id);
    g_autoptr(GPtrArray) lines = library_fixture_walk(home);
}

static void test_no_worker_is_not_the_files_fault(void)
{
    g_autoptr(LibraryFixture) home = library_fixture_new();
    home->worker = "/nonexistent/hearth-worker";
    library_fixture_track(home, "1.flac", "TITLE=One", NULL);
    library_fixture_open(home);
    assert_list(home, "music-all", "1");
    g_autoptr(GPtrArray) problems = hth_library_problems(home->library, 10);
    g_assert_cmpuint(problems->len, ==, 0);
    library_fixture_close(home);
    home->worker = g_getenv("HEARTH_WORKER");
    library_fixture_open(home);
    assert_list(home, "music-all", "One");
}

static void test_files_are_read_when_there_is_a_worker_again(void)
{
    g_autoptr(LibraryFixture) home = library_fixture_new();
    g_autofree char *program = g_build_filename(home->state, "late-worker", NULL);
    home->worker = program;
    library_fixture_track(home, "1.flac", "TITLE=One", NULL);
    library_fixture_open(home);
    assert_list(home, "music-all", "1");
    g_assert_cmpint(symlink(g_getenv("HEARTH_WORKER"), program), ==, 0);
    library_fixture_expect(home, "music-all", "One");
}

static void test_closing_at_once_returns(void)
{
    for (guint i = 0; i < 20; i++) {
        g_autoptr(LibraryFixture) home = library_fixture_new();
        const char *const roots[] = { home->media, NULL };
        const HthLibraryOptions options = { .state_dir = home->state,
                                            .cache_dir = home->cache,
                                            .roots = roots,
                                            .worker_program = home->worker };
        home->library = hth_library_open(&options, NULL);
        g_assert_nonnull(home->library);
        if (i % 2 == 0)
            hth_library_start(home->library);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
#define ADD(name_, function_) g_test_add_func("/scanner/" name_, function_)
    ADD("sees-what-changes-while-it-runs", test_sees_what_changes_while_it_runs);
    ADD("a-moved-file-keeps-all-while-it-runs", test_a_moved_file_keeps_all_while_it_runs);
    ADD("a-moved-file-keeps-all-while-it-does-not", test_a_moved_file_keeps_all_while_it_does_not);
    ADD("an-untagged-file-is-named-after-its-new-name",
        test_an_untagged_file_is_named_after_its_new_name);
    ADD("a-photo-renamed-to-a-cover-is-a-cover", test_a_photo_renamed_to_a_cover_is_a_cover);
    ADD("hard-links-are-two-items", test_hard_links_are_two_items);
    ADD("a-root-that-is-shared-again-has-its-old-ids",
        test_a_root_that_is_shared_again_has_its_old_ids);
    ADD("a-moved-root-keeps-ids-and-waiting-changes",
        test_a_moved_root_keeps_ids_and_waiting_changes);
    ADD("a-root-that-vanishes-keeps-its-items", test_a_root_that_vanishes_keeps_its_items);
    ADD("a-deleted-root-is-seen-to-be-away", test_a_deleted_root_is_seen_to_be_away);
    ADD("a-deadly-file-is-set-aside-until-it-changes",
        test_a_deadly_file_is_set_aside_until_it_changes);
    ADD("an-unreadable-file-is-a-problem-and-in-no-list",
        test_an_unreadable_file_is_a_problem_and_in_no_list);
    ADD("no-worker-is-not-the-files-fault", test_no_worker_is_not_the_files_fault);
    ADD("files-are-read-when-there-is-a-worker-again",
        test_files_are_read_when_there_is_a_worker_again);
    ADD("closing-at-once-returns", test_closing_at_once_returns);
    return g_test_run();
}
