/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "paired-home.h"

#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/error.h"

typedef struct {
    char *dir;
    char *homes;
} Fixture;

static void set_up(Fixture *fixture, gconstpointer data)
{
    fixture->dir = g_dir_make_tmp("hearth-homes-XXXXXX", NULL);
    fixture->homes = g_build_filename(fixture->dir, "homes", NULL);
}

static void tear_down(Fixture *fixture, gconstpointer data)
{
    g_autoptr(GDir) dir = g_dir_open(fixture->homes, 0, NULL);
    const char *name;
    while (dir != NULL && (name = g_dir_read_name(dir)) != NULL) {
        g_autofree char *path = g_build_filename(fixture->homes, name, NULL);
        g_remove(path);
    }
    g_rmdir(fixture->homes);
    g_assert_cmpint(g_rmdir(fixture->dir), ==, 0);
    g_free(fixture->dir);
    g_free(fixture->homes);
}

static HthPairedHome *make(const Fixture *fixture, const char *wanted, guint8 number)
{
    HthPairedHome *home = g_new0(HthPairedHome, 1);
    memset(&home->id, number, sizeof home->id);
    memset(home->discovery_key, number, sizeof home->discovery_key);
    home->name = hth_paired_home_free_name(fixture->dir, wanted, &home->id);
    home->device_name = g_strdup("Phone; with [odd] = signs");
    home->port = 8201;
    home->folder = g_strdup("/tmp/ordner mit ümlaut");
    hth_paired_home_add_address(home, "192.0.2.1");
    return home;
}

static void save(const Fixture *fixture, const HthPairedHome *home)
{
    g_autoptr(GError) error = NULL;
    hth_paired_home_save(home, fixture->dir, &error);
    g_assert_no_error(error);
}

static void test_all_comes_back(Fixture *fixture, gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(HthPairedHome) home = make(fixture, "Wohnung „drei“", 7);
    hth_paired_home_add_address(home, "fe80::1%eth0");
    save(fixture, home);
    g_autoptr(HthPairedHome) back = hth_paired_home_find(fixture->dir, NULL, &error);
    g_assert_no_error(error);
    g_assert_cmpstr(back->name, ==, "Wohnung „drei“");
    g_assert_true(hth_key_id_equal(&back->id, &home->id));
    g_assert_cmpmem(back->discovery_key, 32, home->discovery_key, 32);
    g_assert_cmpstr(back->device_name, ==, home->device_name);
    g_assert_cmpstr(back->folder, ==, home->folder);
    g_assert_cmpuint(back->port, ==, 8201);
    g_assert_cmpstr(back->addresses[0], ==, "fe80::1%eth0");
    g_assert_cmpstr(back->addresses[1], ==, "192.0.2.1");
    g_assert_null(back->addresses[2]);
    g_autofree char *path = g_strdup_printf("%s/Wohnung „drei“.home", fixture->homes);
    struct stat status;
    g_assert_cmpint(lstat(path, &status), ==, 0);
    g_assert_cmpuint(status.st_mode & 07777, ==, 0600);
}

static void test_names_of_homes_are_no_paths(Fixture *fixture, gconstpointer data)
{
    static const char *const wanted[] = { "../../etc/passwd", ".hidden", "/", "", "a/b", "\xff" };
    for (guint i = 0; i < G_N_ELEMENTS(wanted); i++) {
        g_autoptr(HthPairedHome) home = make(fixture, wanted[i], (guint8)(i + 1));
        g_assert_null(strchr(home->name, '/'));
        g_assert_cmpint(*home->name, !=, '.');
        save(fixture, home);
    }
    g_autoptr(GPtrArray) homes = hth_paired_home_list(fixture->dir);
    g_assert_cmpuint(homes->len, ==, G_N_ELEMENTS(wanted));
}

static void test_homes_of_one_name_are_told_apart(Fixture *fixture, gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(HthPairedHome) first = make(fixture, "Home", 1);
    save(fixture, first);
    g_autoptr(HthPairedHome) second = make(fixture, "HOME", 2);
    save(fixture, second);
    g_autoptr(HthPairedHome) again = make(fixture, "Another name", 1);
    g_assert_cmpstr(first->name, ==, "Home");
    g_assert_cmpstr(second->name, ==, "HOME 2");
    g_assert_cmpstr(again->name, ==, "Home"); /* known by its key */
    g_assert_null(hth_paired_home_find(fixture->dir, NULL, &error));
    g_assert_error(error, HTH_ERROR, HTH_ERROR_NOT_FOUND);
    g_autoptr(HthPairedHome) found = hth_paired_home_find(fixture->dir, "home 2", NULL);
    g_assert_nonnull(found);
    g_assert_true(hth_paired_home_remove(second, fixture->dir, NULL));
    g_autoptr(HthPairedHome) only = hth_paired_home_find(fixture->dir, NULL, NULL);
    g_assert_cmpstr(only->name, ==, "Home");
}

static void test_a_broken_file_is_left_out(Fixture *fixture, gconstpointer data)
{
    g_autoptr(HthPairedHome) home = make(fixture, "Home", 1);
    save(fixture, home);
    static const char *const texts[] = { "", "x", "[home]\nid=abc\n", "[home]\nport=99999999\n" };
    for (guint i = 0; i < G_N_ELEMENTS(texts); i++) {
        g_autofree char *path = g_strdup_printf("%s/broken %u.home", fixture->homes, i);
        g_assert_true(g_file_set_contents(path, texts[i], -1, NULL));
    }
    g_autoptr(GPtrArray) homes = hth_paired_home_list(fixture->dir);
    g_assert_cmpuint(homes->len, ==, 1);
}

static void test_addresses_have_a_number(Fixture *fixture, gconstpointer data)
{
    g_autoptr(HthPairedHome) home = make(fixture, "Home", 1);
    for (guint i = 0; i < 30; i++) {
        g_autofree char *address = g_strdup_printf("192.0.2.%u", i % 20);
        hth_paired_home_add_address(home, address);
        g_assert_cmpstr(home->addresses[0], ==, address);
    }
    g_assert_cmpuint(g_strv_length(home->addresses), ==, HTH_PAIRED_HOME_ADDRESSES);
}

#define ADD(name, function)                                                                        \
    g_test_add("/paired-home/" name, Fixture, NULL, set_up, function, tear_down)

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    ADD("all-comes-back", test_all_comes_back);
    ADD("names-of-homes-are-no-paths", test_names_of_homes_are_no_paths);
    ADD("homes-of-one-name-are-told-apart", test_homes_of_one_name_are_told_apart);
    ADD("a-broken-file-is-left-out", test_a_broken_file_is_left_out);
    ADD("addresses-have-a-number", test_addresses_have_a_number);
    return g_test_run();
}
