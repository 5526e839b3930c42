/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Layouts and recipes by the real worker, in its sandbox, through the pool. */
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/error.h"
#include "media/recipe.h"
#include "worker-pool.h"

/* More than fits into a packet beside the file. */
#define LIST_BYTES    (100 * 1024)
#define SAMPLES_BYTES (3 * 1024 * 1024)

typedef struct {
    GMainLoop *loop;
    GBytes *first;
    GBytes *second;
    GError *error;
} Answer;

static void answer_clear(Answer *answer)
{
    g_clear_pointer(&answer->loop, g_main_loop_unref);
    g_clear_pointer(&answer->first, g_bytes_unref);
    g_clear_pointer(&answer->second, g_bytes_unref);
    g_clear_error(&answer->error);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Answer, answer_clear)

static void on_layout(GBytes *encoded, const HthLayout *layout, const GError *error, gpointer data)
{
    Answer *answer = data;
    g_assert_true((encoded != NULL) == (layout != NULL));
    answer->first = encoded != NULL ? g_bytes_ref(encoded) : NULL;
    answer->error = error != NULL ? g_error_copy(error) : NULL;
    g_main_loop_quit(answer->loop);
}

static void on_recipe(GBytes *recipe, GBytes *new_layout, const GError *error, gpointer data)
{
    Answer *answer = data;
    answer->first = recipe != NULL ? g_bytes_ref(recipe) : NULL;
    answer->second = new_layout != NULL ? g_bytes_ref(new_layout) : NULL;
    answer->error = error != NULL ? g_error_copy(error) : NULL;
    g_main_loop_quit(answer->loop);
}

static void add_chunk(GByteArray *to, const char *name, const guint8 *bytes, guint32 n)
{
    const guint32 size = GUINT32_TO_LE(n);
    g_byte_array_append(to, (const guint8 *)name, 4);
    g_byte_array_append(to, (const guint8 *)&size, 4);
    g_byte_array_append(to, bytes, n);
}

/* A WAV file whose LIST chunk nothing makes smaller. */
static int wav_with(guint8 tag)
{
    g_autoptr(GByteArray) file = g_byte_array_new();
    g_autoptr(GRand) random = g_rand_new_with_seed(3);
    g_autofree guint8 *list = g_malloc(LIST_BYTES);
    g_autofree guint8 *samples = g_malloc(SAMPLES_BYTES);
    for (guint i = 0; i < LIST_BYTES; i++)
        list[i] = (guint8)g_rand_int(random);
    for (guint i = 0; i < SAMPLES_BYTES; i++)
        samples[i] = (guint8)g_rand_int(random);
    list[LIST_BYTES / 2] = tag;
    g_byte_array_append(file, (const guint8 *)"RIFF\0\0\0\0WAVE", 12);
    add_chunk(file, "fmt ", (const guint8 *)"\1\0\2\0\x44\xac\0\0\x10\xb1\2\0\4\0\x10\0", 16);
    add_chunk(file, "LIST", list, LIST_BYTES);
    add_chunk(file, "data", samples, SAMPLES_BYTES);
    const int fd = memfd_create("wav", MFD_CLOEXEC);
    g_assert_cmpint(write(fd, file->data, file->len), ==, file->len);
    return fd;
}

static HthWorkerPool *pool_new(void)
{
    const HthWorkerPoolOptions options = { .program = g_getenv("HEARTH_WORKER"), .n_workers = 2 };
    return hth_worker_pool_new(&options);
}

static GBytes *layout_of(HthWorkerPool *pool, int fd)
{
    g_auto(Answer) answer = { .loop = g_main_loop_new(NULL, FALSE) };
    hth_worker_pool_layout(pool, fd, HTH_FORMAT_WAV, on_layout, &answer);
    g_main_loop_run(answer.loop);
    g_assert_no_error(answer.error);
    return g_steal_pointer(&answer.first);
}

static void check_recipe(HthWorkerPool *pool, GBytes *old_layout, GBytes *new_layout)
{
    g_auto(Answer) answer = { .loop = g_main_loop_new(NULL, FALSE) };
    hth_worker_pool_recipe(pool, wav_with('b'), HTH_FORMAT_WAV, old_layout, new_layout, on_recipe,
                           &answer);
    g_main_loop_run(answer.loop);
    g_assert_no_error(answer.error);
    g_assert_cmpuint(g_bytes_get_size(answer.first), <, 200);
    g_autoptr(HthRecipe) recipe = hth_recipe_decode(answer.first, &answer.error);
    g_assert_no_error(answer.error);
    g_assert_false(hth_recipe_is_generic(recipe));
    g_assert_true(hth_recipe_is_in_place(recipe));
    g_autoptr(HthLayout) layout = hth_layout_decode(answer.second, &answer.error);
    g_assert_no_error(answer.error);
    g_assert_true(layout->has_essence);
}

static void test_layouts_and_recipes_come_out_of_the_sandbox(void)
{
    g_autoptr(HthWorkerPool) pool = pool_new();
    g_autoptr(GBytes) old_layout = layout_of(pool, wav_with('a'));
    g_assert_cmpuint(g_bytes_get_size(old_layout), >, LIST_BYTES);
    g_autoptr(GBytes) new_layout = layout_of(pool, wav_with('b'));
    check_recipe(pool, old_layout, NULL);
    check_recipe(pool, old_layout, new_layout);
    g_assert_cmpuint(hth_worker_pool_background_room(pool), >, 0);
}

static void test_nonsense_for_an_old_layout_is_an_error(void)
{
    g_autoptr(HthWorkerPool) pool = pool_new();
    g_autoptr(GBytes) nonsense = g_bytes_new_static("nonsense", 8);
    g_auto(Answer) answer = { .loop = g_main_loop_new(NULL, FALSE) };
    hth_worker_pool_recipe(pool, wav_with('b'), HTH_FORMAT_WAV, nonsense, NULL, on_recipe, &answer);
    g_main_loop_run(answer.loop);
    g_assert_error(answer.error, HTH_ERROR, HTH_ERROR_CORRUPT);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/sync-jobs/layouts-and-recipes-come-out-of-the-sandbox",
                    test_layouts_and_recipes_come_out_of_the_sandbox);
    g_test_add_func("/sync-jobs/nonsense-for-an-old-layout-is-an-error",
                    test_nonsense_for_an_old_layout_is_an_error);
    return g_test_run();
}
