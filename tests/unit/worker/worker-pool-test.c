/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "worker-pool.h"

#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/error.h"

/* What the jobs of one test came to, in the order of the answers. */
typedef struct {
    HthWorkerPool *pool;
    GPtrArray *answers; /* (element utf8) "good", "TIMEOUT" … or the title */
    guint n_wanted;
} Test;

static int file_with(const char *text)
{
    const int fd = memfd_create("file", MFD_CLOEXEC);
    g_assert_cmpint(write(fd, text, strlen(text)), ==, strlen(text));
    return fd;
}

static const char *name_of(const GError *error)
{
    g_assert_true(error->domain == HTH_ERROR);
    switch (error->code) {
    case HTH_ERROR_TIMEOUT:
        return "TIMEOUT";
    case HTH_ERROR_FAILED:
        return "FAILED";
    case HTH_ERROR_CORRUPT:
        return "CORRUPT";
    case HTH_ERROR_BUSY:
        return "BUSY";
    case HTH_ERROR_UNAVAILABLE:
        return "UNAVAILABLE";
    default:
        return "other";
    }
}

static void on_probed(HthMediaInfo *info, const GError *error, gpointer data)
{
    g_autoptr(HthMediaInfo) owned = info;
    Test *test = data;
    g_ptr_array_add(test->answers, g_strdup(info != NULL ? info->title : name_of(error)));
}

static void on_pictured(GBytes *jpeg, const GError *error, gpointer data)
{
    Test *test = data;
    if (jpeg == NULL) {
        g_ptr_array_add(test->answers, g_strdup(name_of(error)));
        return;
    }
    gsize size = 0;
    const char *bytes = g_bytes_get_data(jpeg, &size);
    g_ptr_array_add(test->answers, g_strdup_printf("picture:%.*s", (int)MIN(size, 20), bytes));
}

static void test_start(Test *test, const char *program, guint n_workers, guint deadline_ms)
{
    const HthWorkerPoolOptions options = { .program =
                                               program != NULL ? program : g_getenv("FAKE_WORKER"),
                                           .n_workers = n_workers,
                                           .deadline_ms = deadline_ms,
                                           .idle_exit_s = 1 };
    *test = (Test){ .pool = hth_worker_pool_new(&options),
                    .answers = g_ptr_array_new_with_free_func(g_free) };
}

static void probe(Test *test, const char *text)
{
    hth_worker_pool_probe(test->pool, file_with(text), HTH_FORMAT_MP3, on_probed, test);
    test->n_wanted++;
}

static void picture(Test *test, const char *text)
{
    hth_worker_pool_picture(test->pool, file_with(text), HTH_FORMAT_MP3, 160, on_pictured, test);
    test->n_wanted++;
}

static void wait_for_all(Test *test)
{
    while (test->answers->len < test->n_wanted)
        g_main_context_iteration(NULL, TRUE);
}

static guint count(const Test *test, const char *answer)
{
    guint n = 0;
    for (guint i = 0; i < test->answers->len; i++)
        n += strcmp(test->answers->pdata[i], answer) == 0;
    return n;
}

static HthWorkerPoolStatus status_of(Test *test)
{
    HthWorkerPoolStatus status;
    hth_worker_pool_status(test->pool, &status);
    g_free(g_steal_pointer(&status.sandbox));
    return status;
}

static void test_end(Test *test)
{
    hth_worker_pool_free(test->pool);
    g_ptr_array_unref(test->answers);
}

static void test_answers_every_job(void)
{
    Test test;
    test_start(&test, NULL, 2, 0);
    for (guint i = 0; i < 300; i++)
        probe(&test, "good");
    probe(&test, "error");
    picture(&test, "p");
    wait_for_all(&test);
    g_assert_cmpuint(count(&test, "good"), ==, 300);
    g_assert_cmpuint(count(&test, "CORRUPT"), ==, 1);
    g_assert_cmpuint(count(&test, "picture:p"), ==, 1);
    const HthWorkerPoolStatus status = status_of(&test);
    g_assert_cmpuint(status.n_done, ==, 301);
    g_assert_cmpuint(status.n_failed, ==, 1);
    g_assert_cmpuint(status.n_died + status.n_killed, ==, 0);
    test_end(&test);
}

static void test_a_file_that_crashes_costs_that_file_only(void)
{
    Test test;
    test_start(&test, NULL, 2, 0);
    for (guint i = 0; i < 60; i++)
        probe(&test, i % 10 == 5 ? (i % 20 == 5 ? "crash" : "exit") : "good");
    wait_for_all(&test);
    g_assert_cmpuint(count(&test, "good"), ==, 54);
    g_assert_cmpuint(count(&test, "FAILED"), ==, 6);
    g_assert_cmpuint(status_of(&test).n_died, ==, 6);
    test_end(&test);
}

static void test_a_file_that_stalls_costs_that_file_only(void)
{
    Test test;
    test_start(&test, NULL, 1, 500);
    for (guint i = 0; i < 10; i++)
        probe(&test, i == 2 ? "stall" : "good");
    wait_for_all(&test);
    g_assert_cmpuint(count(&test, "good"), ==, 9);
    g_assert_cmpuint(count(&test, "TIMEOUT"), ==, 1);
    g_assert_cmpstr(test.answers->pdata[2], ==, "TIMEOUT");
    g_assert_cmpuint(status_of(&test).n_killed, ==, 1);
    test_end(&test);
}

static void test_a_worker_that_talks_nonsense_is_killed(void)
{
    static const char *const words[] = { "garbage", "wrong-job", "wrong-kind", "twice" };
    for (guint i = 0; i < G_N_ELEMENTS(words); i++) {
        Test test;
        test_start(&test, NULL, 1, 0);
        probe(&test, "good");
        probe(&test, words[i]);
        wait_for_all(&test);
        g_assert_cmpstr(test.answers->pdata[0], ==, "good");
        const gboolean is_twice = strcmp(words[i], "twice") == 0;
        g_assert_cmpstr(test.answers->pdata[1], ==, is_twice ? "twice" : "FAILED");
        while (status_of(&test).n_died == 0)
            g_main_context_iteration(NULL, TRUE);
        probe(&test, "good");
        wait_for_all(&test);
        g_assert_cmpuint(count(&test, "good"), ==, 2);
        test_end(&test);
    }
}

static void test_a_picture_goes_ahead_of_queued_probes(void)
{
    Test test;
    test_start(&test, NULL, 1, 0);
    for (guint i = 0; i < 100; i++)
        probe(&test, "slow");
    picture(&test, "p");
    wait_for_all(&test);
    guint at = 0;
    while (strcmp(test.answers->pdata[at], "picture:p") != 0)
        at++;
    g_assert_cmpuint(at, <, 10);
    test_end(&test);
}

static void test_large_answers_arrive_whole(void)
{
    Test test;
    test_start(&test, NULL, 1, 0);
    picture(&test, "huge");
    wait_for_all(&test);
    g_assert_cmpstr(test.answers->pdata[0], ==, "picture:hhhhhhhhhhhhhhhhhhhh");
    test_end(&test);
}

static void test_the_queue_is_bounded(void)
{
    Test test;
    test_start(&test, NULL, 1, 0);
    const guint room = hth_worker_pool_room(test.pool);
    g_assert_cmpuint(room, >, 100);
    for (guint i = 0; i < room + 3; i++)
        probe(&test, "good");
    g_assert_cmpuint(hth_worker_pool_room(test.pool), ==, 0);
    wait_for_all(&test);
    g_assert_cmpuint(count(&test, "BUSY"), ==, 3);
    g_assert_cmpuint(count(&test, "good"), ==, room);
    test_end(&test);
}

static void test_workers_exit_when_idle_and_come_back(void)
{
    Test test;
    test_start(&test, NULL, 2, 0);
    probe(&test, "good");
    wait_for_all(&test);
    while (status_of(&test).n_running > 0)
        g_main_context_iteration(NULL, TRUE);
    const HthWorkerPoolStatus status = status_of(&test);
    g_assert_cmpuint(status.n_died + status.n_killed, ==, 0);
    probe(&test, "good");
    wait_for_all(&test);
    g_assert_cmpuint(count(&test, "good"), ==, 2);
    test_end(&test);
}

static void test_a_program_that_does_not_start_fails_the_jobs(void)
{
    static const char *const programs[] = { "/nonexistent/hearth-worker", "/bin/false" };
    for (guint i = 0; i < G_N_ELEMENTS(programs); i++) {
        Test test;
        test_start(&test, programs[i], 1, 0);
        probe(&test, "good");
        wait_for_all(&test);
        g_assert_cmpstr(test.answers->pdata[0], ==, "UNAVAILABLE");
        test_end(&test);
    }
}

static void test_freeing_drops_jobs_without_a_call(void)
{
    Test test;
    test_start(&test, NULL, 2, 0);
    for (guint i = 0; i < 50; i++)
        probe(&test, "stall");
    while (status_of(&test).n_queued == 50)
        g_main_context_iteration(NULL, TRUE);
    hth_worker_pool_free(test.pool);
    while (g_main_context_iteration(NULL, FALSE))
        ;
    g_assert_cmpuint(test.answers->len, ==, 0);
    g_ptr_array_unref(test.answers);
}

static gpointer queue_from_thread(gpointer data)
{
    for (guint i = 0; i < 50; i++)
        hth_worker_pool_probe(((Test *)data)->pool, file_with("good"), HTH_FORMAT_MP3, on_probed,
                              data);
    return NULL;
}

static void test_other_threads_may_queue(void)
{
    Test test;
    test_start(&test, NULL, 2, 0);
    GThread *threads[4];
    for (guint i = 0; i < G_N_ELEMENTS(threads); i++)
        threads[i] = g_thread_new("queue", queue_from_thread, &test);
    test.n_wanted = 200;
    wait_for_all(&test);
    for (guint i = 0; i < G_N_ELEMENTS(threads); i++)
        g_thread_join(threads[i]);
    g_assert_cmpuint(count(&test, "good"), ==, 200);
    test_end(&test);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_setenv("HEARTH_LOG", "error", TRUE);
    g_test_add_func("/worker-pool/answers-every-job", test_answers_every_job);
    g_test_add_func("/worker-pool/a-file-that-crashes-costs-that-file-only",
                    test_a_file_that_crashes_costs_that_file_only);
    g_test_add_func("/worker-pool/a-file-that-stalls-costs-that-file-only",
                    test_a_file_that_stalls_costs_that_file_only);
    g_test_add_func("/worker-pool/a-worker-that-talks-nonsense-is-killed",
                    test_a_worker_that_talks_nonsense_is_killed);
    g_test_add_func("/worker-pool/a-picture-goes-ahead-of-queued-probes",
                    test_a_picture_goes_ahead_of_queued_probes);
    g_test_add_func("/worker-pool/large-answers-arrive-whole", test_large_answers_arrive_whole);
    g_test_add_func("/worker-pool/the-queue-is-bounded", test_the_queue_is_bounded);
    g_test_add_func("/worker-pool/workers-exit-when-idle-and-come-back",
                    test_workers_exit_when_idle_and_come_back);
    g_test_add_func("/worker-pool/a-program-that-does-not-start-fails-the-jobs",
                    test_a_program_that_does_not_start_fails_the_jobs);
    g_test_add_func("/worker-pool/freeing-drops-jobs-without-a-call",
                    test_freeing_drops_jobs_without_a_call);
    g_test_add_func("/worker-pool/other-threads-may-queue", test_other_threads_may_queue);
    return g_test_run();
}
