/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "backup-file.h"

#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>

#include "work-dir.h"

static void test_what_is_written_is_read_back(void)
{
    g_autoptr(HthWorkDir) from = hth_work_dir_new(g_get_tmp_dir(), NULL);
    g_autoptr(HthWorkDir) to = hth_work_dir_new(g_get_tmp_dir(), NULL);
    g_autoptr(HthWorkDir) out = hth_work_dir_new(g_get_tmp_dir(), NULL);
    g_autofree char *state = g_build_filename(hth_work_dir_path(from), "state.db", NULL);
    g_autofree char *file = g_build_filename(hth_work_dir_path(out), "b.tar", NULL);
    g_autofree char *big = g_malloc(1 << 20);
    memset(big, 'x', 1 << 20);
    g_assert_true(g_file_set_contents(state, big, 1 << 20, NULL));
    static const char *const names[] = { "state.db", NULL };
    g_autoptr(GError) error = NULL;
    g_assert_true(hth_backup_file_write(file, hth_work_dir_path(from), names, &error));
    g_assert_no_error(error);
    struct stat info;
    g_assert_cmpint(g_stat(file, &info), ==, 0);
    g_assert_cmpint(info.st_mode & 0777, ==, 0600);
    g_auto(GStrv) read = hth_backup_file_read(file, hth_work_dir_path(to), &error);
    g_assert_no_error(error);
    g_assert_cmpstr(read[0], ==, "state.db");
    g_autofree char *back = g_build_filename(hth_work_dir_path(to), "state.db", NULL);
    g_autofree char *bytes = NULL;
    gsize size = 0;
    g_assert_true(g_file_get_contents(back, &bytes, &size, NULL));
    g_assert_cmpmem(bytes, size, big, 1 << 20);
}

static void test_a_failed_write_leaves_nothing(void)
{
    g_autoptr(HthWorkDir) from = hth_work_dir_new(g_get_tmp_dir(), NULL);
    g_autoptr(HthWorkDir) out = hth_work_dir_new(g_get_tmp_dir(), NULL);
    g_autofree char *file = g_build_filename(hth_work_dir_path(out), "b.tar", NULL);
    static const char *const names[] = { "state.db", NULL }; /* which is not there */
    g_autoptr(GError) error = NULL;
    g_assert_false(hth_backup_file_write(file, hth_work_dir_path(from), names, &error));
    g_assert_nonnull(error);
    g_autoptr(GDir) dir = g_dir_open(hth_work_dir_path(out), 0, NULL);
    g_assert_null(g_dir_read_name(dir));
}

static void test_what_is_no_backup_is_refused(void)
{
    g_autoptr(HthWorkDir) out = hth_work_dir_new(g_get_tmp_dir(), NULL);
    g_autoptr(HthWorkDir) to = hth_work_dir_new(g_get_tmp_dir(), NULL);
    g_autofree char *file = g_build_filename(hth_work_dir_path(out), "b.tar", NULL);
    g_autoptr(GError) error = NULL;
    g_assert_true(g_file_set_contents(file, "no tar at all", -1, NULL));
    g_assert_null(hth_backup_file_read(file, hth_work_dir_path(to), &error));
    g_assert_nonnull(error);
}

static void test_versions_are_compared_by_number(void)
{
    g_assert_true(hth_backup_file_is_newer("0.10.0", "0.9.9"));
    g_assert_true(hth_backup_file_is_newer("1.0", "0.9.9"));
    g_assert_true(hth_backup_file_is_newer("0.9.9.1", "0.9.9"));
    g_assert_false(hth_backup_file_is_newer("0.9.9", "0.9.9"));
    g_assert_false(hth_backup_file_is_newer("0.9.9", "0.10.0"));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/backup-file/what-is-written-is-read-back", test_what_is_written_is_read_back);
    g_test_add_func("/backup-file/a-failed-write-leaves-nothing",
                    test_a_failed_write_leaves_nothing);
    g_test_add_func("/backup-file/what-is-no-backup-is-refused", test_what_is_no_backup_is_refused);
    g_test_add_func("/backup-file/versions-are-compared-by-number",
                    test_versions_are_compared_by_number);
    return g_test_run();
}
