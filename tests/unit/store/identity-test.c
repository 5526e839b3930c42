/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/identity.h"

#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/error.h"

typedef struct {
    char *dir;
    char *key;
    char *certificate;
} Fixture;

static void set_up(Fixture *fixture, gconstpointer data)
{
    g_autofree char *parent = g_dir_make_tmp("hearth-identity-XXXXXX", NULL);
    fixture->dir = g_build_filename(parent, "identity", NULL);
    fixture->key = g_build_filename(fixture->dir, "key.pem", NULL);
    fixture->certificate = g_build_filename(fixture->dir, "certificate.pem", NULL);
}

static void tear_down(Fixture *fixture, gconstpointer data)
{
    g_autofree char *parent = g_path_get_dirname(fixture->dir);
    g_remove(fixture->key);
    g_remove(fixture->certificate);
    g_rmdir(fixture->dir);
    g_assert_cmpint(g_rmdir(parent), ==, 0);
    g_free(fixture->dir);
    g_free(fixture->key);
    g_free(fixture->certificate);
}

static HthDeviceIdentity *open_identity(const Fixture *fixture)
{
    g_autoptr(GError) error = NULL;
    HthDeviceIdentity *identity = hth_device_identity_open(fixture->dir, &error);
    g_assert_no_error(error);
    return identity;
}

static guint mode_of(const char *path)
{
    struct stat status;
    g_assert_cmpint(lstat(path, &status), ==, 0);
    return status.st_mode & 07777;
}

static void test_is_made_once(Fixture *fixture, gconstpointer data)
{
    g_autoptr(HthDeviceIdentity) first = open_identity(fixture);
    g_autoptr(HthDeviceIdentity) second = open_identity(fixture);
    g_assert_true(hth_key_id_is_set(hth_device_identity_id(first)));
    g_assert_true(hth_key_id_equal(hth_device_identity_id(first), hth_device_identity_id(second)));
    g_assert_cmpstr(hth_device_identity_certificate(first), ==,
                    hth_device_identity_certificate(second));
    g_assert_cmpuint(mode_of(fixture->dir), ==, 0700);
    g_assert_cmpuint(mode_of(fixture->key), ==, 0600);
    g_assert_cmpuint(mode_of(fixture->certificate), ==, 0600);
}

static void test_a_lost_certificate_is_made_again(Fixture *fixture, gconstpointer data)
{
    g_autoptr(HthDeviceIdentity) first = open_identity(fixture);
    g_assert_cmpint(g_remove(fixture->certificate), ==, 0);
    g_autoptr(HthDeviceIdentity) second = open_identity(fixture);
    g_assert_true(g_file_set_contents(fixture->certificate, "nothing", -1, NULL));
    g_autoptr(HthDeviceIdentity) third = open_identity(fixture);
    g_assert_true(hth_key_id_equal(hth_device_identity_id(first), hth_device_identity_id(second)));
    g_assert_true(hth_key_id_equal(hth_device_identity_id(first), hth_device_identity_id(third)));
}

static void test_another_certificate_is_not_used(Fixture *fixture, gconstpointer data)
{
    g_autoptr(HthDeviceIdentity) first = open_identity(fixture);
    g_assert_cmpint(g_remove(fixture->key), ==, 0);
    g_autoptr(HthDeviceIdentity) second = open_identity(fixture);
    g_assert_false(hth_key_id_equal(hth_device_identity_id(first), hth_device_identity_id(second)));
    g_assert_cmpstr(hth_device_identity_certificate(first), !=,
                    hth_device_identity_certificate(second));
}

static void test_a_broken_key_is_left_as_it_is(Fixture *fixture, gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *text = NULL;
    g_assert_cmpint(g_mkdir(fixture->dir, 0700), ==, 0);
    g_assert_true(g_file_set_contents(fixture->key, "no key", -1, NULL));
    g_assert_null(hth_device_identity_open(fixture->dir, &error));
    g_assert_error(error, HTH_ERROR, HTH_ERROR_CORRUPT);
    g_assert_true(g_file_get_contents(fixture->key, &text, NULL, NULL));
    g_assert_cmpstr(text, ==, "no key");
}

static void test_is_closed_to_others(Fixture *fixture, gconstpointer data)
{
    g_autoptr(HthDeviceIdentity) first = open_identity(fixture);
    g_assert_cmpint(g_chmod(fixture->dir, 0755), ==, 0);
    g_assert_cmpint(g_chmod(fixture->key, 0644), ==, 0);
    g_autoptr(HthDeviceIdentity) second = open_identity(fixture);
    g_assert_cmpuint(mode_of(fixture->dir), ==, 0700);
    g_assert_cmpuint(mode_of(fixture->key), ==, 0600);
}

static gpointer open_in_thread(gpointer data)
{
    return open_identity(data);
}

static void test_all_who_come_at_once_get_the_same(Fixture *fixture, gconstpointer data)
{
    GThread *threads[8];
    HthDeviceIdentity *found[8];
    for (guint i = 0; i < G_N_ELEMENTS(threads); i++)
        threads[i] = g_thread_new("open", open_in_thread, fixture);
    for (guint i = 0; i < G_N_ELEMENTS(threads); i++)
        found[i] = g_thread_join(threads[i]);
    for (guint i = 0; i < G_N_ELEMENTS(threads); i++)
        g_assert_true(
            hth_key_id_equal(hth_device_identity_id(found[0]), hth_device_identity_id(found[i])));
    for (guint i = 0; i < G_N_ELEMENTS(threads); i++)
        hth_device_identity_free(found[i]);
}

#define ADD(name, function)                                                                        \
    g_test_add("/identity/" name, Fixture, NULL, set_up, function, tear_down)

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    ADD("is-made-once", test_is_made_once);
    ADD("a-lost-certificate-is-made-again", test_a_lost_certificate_is_made_again);
    ADD("another-certificate-is-not-used", test_another_certificate_is_not_used);
    ADD("a-broken-key-is-left-as-it-is", test_a_broken_key_is_left_as_it_is);
    ADD("is-closed-to-others", test_is_closed_to_others);
    ADD("all-who-come-at-once-get-the-same", test_all_who_come_at_once_get_the_same);
    return g_test_run();
}
