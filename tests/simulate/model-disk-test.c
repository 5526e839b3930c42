/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "model-env.h"

#include <string.h>

#include "base/error.h"

#define N_TRIES 200

static void write_file(ModelEnv *world, const char *path, const char *text, gboolean is_synced)
{
    const HthSyncEnvFuncs *funcs = world->env.funcs;
    g_autoptr(GError) error = NULL;
    HthSyncFile *file = funcs->open(world, path, HTH_SYNC_OPEN_CREATE, &error);
    g_assert_no_error(error);
    g_assert_true(funcs->write(world, file, 0, text, strlen(text), &error));
    if (is_synced)
        g_assert_true(funcs->sync(world, file, &error));
    funcs->close(world, file);
}

static gboolean holds(ModelEnv *world, const char *path, const char *text)
{
    const GByteArray *bytes = model_disk_peek(world->disk, path);
    return bytes != NULL && bytes->len == strlen(text) &&
           memcmp(bytes->data, text, bytes->len) == 0;
}

/* What was synced survives; what was not is seen lost in some try, and kept in another. */
static void test_only_what_is_synced_is_sure(gconstpointer flags)
{
    guint n_lost = 0, n_kept = 0;
    for (guint64 seed = 0; seed < N_TRIES; seed++) {
        g_autoptr(ModelEnv) world = model_env_new(seed, (ModelDiskFlags)GPOINTER_TO_UINT(flags));
        write_file(world, "sure", "old", TRUE);
        g_assert_true(world->env.funcs->sync_dir(world, "", NULL));
        write_file(world, "unsure", "new", FALSE);
        model_env_restart(world);
        g_assert_true(holds(world, "sure", "old"));
        if (holds(world, "unsure", "new"))
            n_kept++;
        else
            n_lost++;
    }
    g_assert_cmpuint(n_lost, >, N_TRIES / 10);
    g_assert_cmpuint(n_kept, >, N_TRIES / 10);
}

/* A file that is replaced by a synced one is old or new, never missing. */
static void test_a_replaced_file_is_old_or_new(gconstpointer flags)
{
    guint n_old = 0, n_new = 0;
    for (guint64 seed = 0; seed < N_TRIES; seed++) {
        g_autoptr(ModelEnv) world = model_env_new(seed, (ModelDiskFlags)GPOINTER_TO_UINT(flags));
        write_file(world, "a", "old", TRUE);
        write_file(world, "b", "new", TRUE);
        g_assert_true(world->env.funcs->sync_dir(world, "", NULL));
        g_assert_true(world->env.funcs->rename(world, "b", "a", NULL));
        model_env_restart(world);
        n_old += holds(world, "a", "old") ? 1 : 0;
        n_new += holds(world, "a", "new") ? 1 : 0;
    }
    g_assert_cmpuint(n_old + n_new, ==, N_TRIES);
    g_assert_cmpuint(MIN(n_old, n_new), >, N_TRIES / 10);
}

/* A rename before the sync of the file is what shows a torn file. */
static void test_a_file_renamed_before_its_sync_is_torn(gconstpointer flags)
{
    guint n_torn = 0;
    g_autofree char *text = g_strnfill(3 * MODEL_DISK_SECTOR_BYTES, 'x');
    for (guint64 seed = 0; seed < N_TRIES; seed++) {
        g_autoptr(ModelEnv) world = model_env_new(seed, (ModelDiskFlags)GPOINTER_TO_UINT(flags));
        write_file(world, "b", text, FALSE);
        g_assert_true(world->env.funcs->rename(world, "b", "a", NULL));
        g_assert_true(world->env.funcs->sync_dir(world, "", NULL));
        model_env_restart(world);
        const GByteArray *bytes = model_disk_peek(world->disk, "a");
        g_assert_nonnull(bytes);
        n_torn += !holds(world, "a", text) ? 1 : 0;
    }
    g_assert_cmpuint(n_torn, >, N_TRIES / 4);
}

static void test_every_call_after_a_crash_is_cancelled(gconstpointer flags)
{
    g_autoptr(ModelEnv) world = model_env_new(1, (ModelDiskFlags)GPOINTER_TO_UINT(flags));
    write_file(world, "a", "old", TRUE);
    world->crash_at = world->n_calls + 1;
    for (guint i = 0; i < 3; i++) {
        g_autoptr(GError) error = NULL;
        g_assert_false(world->env.funcs->unlink(world, "a", &error));
        g_assert_error(error, HTH_ERROR, HTH_ERROR_CANCELLED);
    }
    model_env_restart(world);
    world->fail_at = world->n_calls + 2;
    HthSyncStat found;
    g_autoptr(GError) error = NULL;
    g_assert_true(world->env.funcs->stat(world, "", &found, NULL));
    g_assert_false(world->env.funcs->stat(world, "", &found, &error));
    g_assert_error(error, G_FILE_ERROR, G_FILE_ERROR_IO);
    g_assert_true(world->env.funcs->stat(world, "", &found, NULL));
}

static void test_fat_takes_what_fat_takes(void)
{
    g_autoptr(ModelEnv) world = model_env_new(1, MODEL_DISK_FAT);
    write_file(world, "One", "1", TRUE);
    g_assert_true(holds(world, "oNE", "1"));
    static const char *const wrong[] = { "a:b", "a?", "a.", "a ", "a\"b", "a\nb" };
    for (guint i = 0; i < G_N_ELEMENTS(wrong); i++) {
        g_autoptr(GError) error = NULL;
        g_assert_null(world->env.funcs->open(world, wrong[i], HTH_SYNC_OPEN_CREATE, &error));
        g_assert_error(error, G_FILE_ERROR, G_FILE_ERROR_INVAL);
    }
    g_assert_true(world->env.funcs->rename(world, "One", "ONE", NULL));
    g_autoptr(GPtrArray) files = model_disk_files(world->disk, "");
    g_assert_cmpuint(files->len, ==, 1);
    g_assert_cmpstr(files->pdata[0], ==, "ONE");
}

static void test_a_folder_with_files_stays(void)
{
    g_autoptr(ModelEnv) world = model_env_new(1, MODEL_DISK_PLAIN);
    g_assert_true(world->env.funcs->make_dir(world, "a", NULL));
    write_file(world, "a/b", "1", TRUE);
    g_autoptr(GError) error = NULL;
    g_assert_false(world->env.funcs->remove_dir(world, "a", &error));
    g_assert_error(error, G_FILE_ERROR, G_FILE_ERROR_EXIST);
    g_assert_true(world->env.funcs->unlink(world, "a/b", NULL));
    g_assert_true(world->env.funcs->remove_dir(world, "a", NULL));
}

static void test_a_full_disk_says_so(void)
{
    g_autoptr(ModelEnv) world = model_env_new(1, MODEL_DISK_PLAIN);
    model_disk_set_capacity(world->disk, 10);
    write_file(world, "a", "12345678", TRUE);
    g_autoptr(GError) error = NULL;
    HthSyncFile *file = world->env.funcs->open(world, "b", HTH_SYNC_OPEN_CREATE, &error);
    g_assert_no_error(error);
    g_assert_false(world->env.funcs->write(world, file, 0, "123", 3, &error));
    g_assert_error(error, G_FILE_ERROR, G_FILE_ERROR_NOSPC);
    world->env.funcs->close(world, file);
    guint64 n = 0;
    g_assert_true(world->env.funcs->free_bytes(world, &n, NULL));
    g_assert_cmpuint(n, ==, 2);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    static const struct {
        const char *name;
        ModelDiskFlags flags;
    } kinds[] = { { "plain", MODEL_DISK_PLAIN },
                  { "fat", MODEL_DISK_FAT },
                  { "ordered", MODEL_DISK_ORDERED } };
    static const struct {
        const char *claim;
        GTestDataFunc run;
    } tests[] = {
        { "only-what-is-synced-is-sure", test_only_what_is_synced_is_sure },
        { "a-replaced-file-is-old-or-new", test_a_replaced_file_is_old_or_new },
        { "a-file-renamed-before-its-sync-is-torn", test_a_file_renamed_before_its_sync_is_torn },
        { "every-call-after-a-crash-is-cancelled", test_every_call_after_a_crash_is_cancelled },
    };
    for (guint i = 0; i < G_N_ELEMENTS(kinds); i++) {
        for (guint j = 0; j < G_N_ELEMENTS(tests); j++) {
            g_autofree char *path =
                g_strdup_printf("/model-disk/%s/%s", kinds[i].name, tests[j].claim);
            g_test_add_data_func(path, GUINT_TO_POINTER(kinds[i].flags), tests[j].run);
        }
    }
    g_test_add_func("/model-disk/fat-takes-what-fat-takes", test_fat_takes_what_fat_takes);
    g_test_add_func("/model-disk/a-folder-with-files-stays", test_a_folder_with_files_stays);
    g_test_add_func("/model-disk/a-full-disk-says-so", test_a_full_disk_says_so);
    return g_test_run();
}
