/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "library/picture.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <unistd.h>

#include "base/error.h"
#include "library-fixture.h"

/* With the fake worker a picture is the text of its file. */
typedef struct {
    LibraryFixture *home;
    HthWorkerPool *pool;
    HthPictureCache *cache;
    guint n_opened, n_answered, n_good;
    char etag[128];
    GError *error;
} Test;

static void start(Test *test, gint64 limit_bytes)
{
    test->home = library_fixture_new();
    const HthWorkerPoolOptions options = { .program = g_getenv("FAKE_WORKER"), .n_workers = 1 };
    test->pool = hth_worker_pool_new(&options);
    test->cache = hth_picture_cache_new(test->home->cache, limit_bytes);
}

static void end(Test *test)
{
    hth_worker_pool_free(test->pool);
    hth_picture_cache_free(test->cache);
    library_fixture_free(test->home);
    g_clear_error(&test->error);
}

static int open_original(gpointer data, GError **error)
{
    Test *test = data;
    test->n_opened++;
    g_autofree char *path = library_fixture_path(test->home, "original");
    return g_open(path, O_RDONLY | O_CLOEXEC, 0);
}

static void on_ready(int fd, gint64 size_bytes, const char *etag, const GError *error,
                     gpointer data)
{
    Test *test = data;
    test->n_answered++;
    test->n_good += fd >= 0 && size_bytes > 0;
    g_strlcpy(test->etag, etag, sizeof test->etag);
    g_clear_error(&test->error);
    if (error != NULL)
        test->error = g_error_copy(error);
    if (fd >= 0)
        close(fd);
}

static void ask(Test *test, const char *id, guint64 version)
{
    const HthPictureRequest request = { id, version, 160, HTH_FORMAT_JPEG };
    hth_picture_cache_get(test->cache, test->pool, &request, open_original, test, on_ready, test);
}

static void wait_for(Test *test, guint n)
{
    while (test->n_answered < n)
        g_main_context_iteration(NULL, TRUE);
}

static void test_is_made_once_for_many_and_again_for_a_new_version(void)
{
    Test test = { 0 };
    start(&test, 0);
    library_fixture_write(test.home, "original", "slow picture");
    for (guint i = 0; i < 20; i++)
        ask(&test, "one", 1);
    wait_for(&test, 20);
    g_assert_cmpuint(test.n_opened, ==, 1);
    g_assert_cmpuint(test.n_good, ==, 20);
    g_autofree char *etag = g_strdup(test.etag);
    ask(&test, "one", 1); /* answered at once, from the disk */
    g_assert_cmpuint(test.n_answered, ==, 21);
    ask(&test, "one", 2);
    wait_for(&test, 22);
    g_assert_cmpuint(test.n_opened, ==, 2);
    g_assert_cmpstr(etag, !=, test.etag);
    end(&test);
}

static void test_the_oldest_go_when_the_limit_is_reached(void)
{
    Test test = { 0 };
    start(&test, 2000);
    g_autofree char *text = g_strnfill(200, 'p');
    library_fixture_write(test.home, "original", text);
    for (guint i = 0; i < 30; i++) {
        g_autofree char *id = g_strdup_printf("picture%u", i);
        ask(&test, id, 1);
        wait_for(&test, i + 1);
    }
    g_assert_cmpuint(test.n_good, ==, 30);
    guint n_kept = 0;
    g_autoptr(GDir) dir = g_dir_open(test.home->cache, 0, NULL);
    while (g_dir_read_name(dir) != NULL)
        n_kept++;
    g_assert_cmpuint(n_kept, >, 3);
    g_assert_cmpuint(n_kept, <=, 10);
    end(&test);
}

static void test_a_failure_is_told_and_not_kept(void)
{
    Test test = { 0 };
    start(&test, 0);
    library_fixture_write(test.home, "original", "error");
    ask(&test, "one", 1);
    ask(&test, "one", 1);
    wait_for(&test, 2);
    g_assert_cmpuint(test.n_good, ==, 0);
    g_assert_error(test.error, HTH_ERROR, HTH_ERROR_CORRUPT);
    library_fixture_write(test.home, "original", "good now");
    ask(&test, "one", 1);
    wait_for(&test, 3);
    g_assert_cmpuint(test.n_good, ==, 1);
    end(&test);
}

static void test_who_waits_at_the_end_is_told(void)
{
    Test test = { 0 };
    start(&test, 0);
    library_fixture_write(test.home, "original", "stall");
    ask(&test, "one", 1);
    ask(&test, "one", 1);
    hth_worker_pool_free(g_steal_pointer(&test.pool));
    hth_picture_cache_free(g_steal_pointer(&test.cache));
    g_assert_cmpuint(test.n_answered, ==, 2);
    g_assert_error(test.error, HTH_ERROR, HTH_ERROR_UNAVAILABLE);
    end(&test);
}

static void on_library_picture(int fd, gint64 size_bytes, const char *etag, const GError *error,
                               gpointer data)
{
    if (fd >= 0)
        close(fd);
    g_atomic_int_set((gint *)data, fd >= 0 ? 1 : error->code == HTH_ERROR_NOT_FOUND ? 2 : 3);
}

static int library_picture(LibraryFixture *home, const char *id)
{
    gint answer = 0;
    hth_library_picture(home->library, id, 32, on_library_picture, &answer);
    while (g_atomic_int_get(&answer) == 0)
        g_usleep(1000);
    return answer;
}

static void test_photos_covers_and_nothing(void)
{
    g_autoptr(LibraryFixture) home = library_fixture_new();
    library_fixture_track(home, "a/1.flac", "TITLE=One", "ALBUM=T", "ARTIST=A", NULL);
    library_fixture_track(home, "b/2.flac", "TITLE=Two", NULL);
    library_fixture_photo(home, "a/cover.jpg", NULL, NULL);
    library_fixture_photo(home, "c/photo.jpg", NULL, NULL);
    library_fixture_open(home);
    g_autofree char *photo = library_fixture_child(home, "photo-all", "photo");
    g_assert_cmpint(library_picture(home, photo), ==, 1);
    g_autofree char *album = library_fixture_child(home, "music-albums", "T");
    g_autoptr(HthObject) object = library_fixture_object(home, album);
    g_assert_cmpint(library_picture(home, object->artwork_id), ==, 1);
    g_autofree char *two = library_fixture_child(home, "music-all", "Two");
    g_assert_cmpint(library_picture(home, two), ==, 2);
    g_assert_cmpint(library_picture(home, "../../etc/passwd"), ==, 2);
    g_assert_cmpint(library_picture(home, ""), ==, 2);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
#define ADD(name_, function_) g_test_add_func("/picture/" name_, function_)
    ADD("is-made-once-for-many-and-again-for-a-new-version",
        test_is_made_once_for_many_and_again_for_a_new_version);
    ADD("the-oldest-go-when-the-limit-is-reached", test_the_oldest_go_when_the_limit_is_reached);
    ADD("a-failure-is-told-and-not-kept", test_a_failure_is_told_and_not_kept);
    ADD("who-waits-at-the-end-is-told", test_who_waits_at_the_end_is_told);
    ADD("photos-covers-and-nothing", test_photos_covers_and_nothing);
    return g_test_run();
}
