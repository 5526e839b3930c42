/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "settings.h"

#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/error.h"
#include "base/log.h"

typedef struct {
    char *dir, *file, *set_file, *drop_in_dir, *drop_in;
} Fixture;

static void set_up(Fixture *self, gconstpointer data)
{
    hth_log_set_levels("error");
    self->dir = g_dir_make_tmp("hearth-settings-XXXXXX", NULL);
    self->file = g_build_filename(self->dir, "hearth.conf", NULL);
    self->set_file = g_build_filename(self->dir, "settings.conf", NULL);
    self->drop_in_dir = g_build_filename(self->dir, "hearth.conf.d", NULL);
    self->drop_in = g_build_filename(self->drop_in_dir, "10-x.conf", NULL);
}

static void tear_down(Fixture *self, gconstpointer data)
{
    char *const paths[] = { self->drop_in, self->drop_in_dir, self->set_file, self->file,
                            self->dir };
    for (guint i = 0; i < G_N_ELEMENTS(paths); i++) {
        g_remove(paths[i]);
        g_free(paths[i]);
    }
}

static HthSettings *load(Fixture *self)
{
    g_autoptr(GError) error = NULL;
    HthSettings *settings = hth_settings_load(self->file, self->set_file, &error);
    g_assert_no_error(error);
    return settings;
}

static void test_later_files_win(Fixture *self, gconstpointer data)
{
    g_mkdir(self->drop_in_dir, 0700);
    g_file_set_contents(self->file, "[hearth]\nport=1\nname=a\nmedia=/x;/y\n", -1, NULL);
    g_file_set_contents(self->drop_in, "[hearth]\nport=2\n", -1, NULL);
    g_autoptr(HthSettings) settings = load(self);
    g_assert_cmpint(hth_settings_integer(settings, "hearth", "port"), ==, 2);
    g_assert_cmpstr(hth_settings_source(settings, "hearth", "port"), ==, self->drop_in);
    g_assert_true(hth_settings_set(settings, "hearth", "port", "3", NULL));
    g_assert_cmpint(hth_settings_integer(settings, "hearth", "port"), ==, 3);
    hth_settings_override(settings, "hearth", "port", "4");
    g_assert_true(hth_settings_reload(settings, NULL));
    g_assert_cmpint(hth_settings_integer(settings, "hearth", "port"), ==, 4);
    g_auto(GStrv) media = hth_settings_list(settings, "hearth", "media");
    g_assert_cmpuint(g_strv_length(media), ==, 2);
}

static void test_what_is_set_is_private_and_can_be_unset(Fixture *self, gconstpointer data)
{
    g_autoptr(HthSettings) settings = load(self);
    g_assert_true(hth_settings_set(settings, "hearth", "name", "A; b = \"c\"", NULL));
    struct stat info;
    g_assert_cmpint(g_stat(self->set_file, &info), ==, 0);
    g_assert_cmpint(info.st_mode & 0777, ==, 0600);
    g_autoptr(HthSettings) again = load(self);
    g_autofree char *name = hth_settings_string(again, "hearth", "name");
    g_assert_cmpstr(name, ==, "A; b = \"c\"");
    g_assert_true(hth_settings_set(again, "hearth", "name", NULL, NULL));
    g_assert_cmpstr(hth_settings_source(again, "hearth", "name"), ==, "default");
    static const char *const odd[] = { "/a;b", "/c\\d", " /e ", NULL };
    g_assert_true(hth_settings_set_list(again, "hearth", "media", odd, NULL));
    g_auto(GStrv) media = hth_settings_list(again, "hearth", "media");
    g_assert_true(g_strv_equal((const char *const *)media, odd));
}

static void test_what_is_wrong_is_said_and_left_out(Fixture *self, gconstpointer data)
{
    g_file_set_contents(self->file, "[hearth]\nprot=1\nport=many\n[dlna]\nx=\\q\n", -1, NULL);
    g_autoptr(HthSettings) settings = load(self);
    g_autoptr(GPtrArray) warnings = hth_settings_warnings(settings);
    g_assert_cmpuint(warnings->len, ==, 3);
    g_assert_nonnull(strstr(warnings->pdata[0], "did you mean port"));
    g_assert_cmpint(hth_settings_integer(settings, "hearth", "port"), ==, 8200);
}

static void test_a_broken_file_keeps_the_old_values(Fixture *self, gconstpointer data)
{
    g_file_set_contents(self->file, "[hearth]\nport=1\n", -1, NULL);
    g_autoptr(HthSettings) settings = load(self);
    g_file_set_contents(self->file, "port=2\n", -1, NULL);
    g_autoptr(GError) error = NULL;
    g_assert_false(hth_settings_reload(settings, &error));
    g_assert_nonnull(strstr(error->message, self->file));
    g_assert_cmpint(hth_settings_integer(settings, "hearth", "port"), ==, 1);
}

/* Whether a list, or a text, waits for a restart. */
static gboolean awaits(const HthSettings *settings, const char *key)
{
    return hth_settings_awaits_restart(settings, "hearth", key);
}

static void test_what_is_changed_awaits_a_restart_until_it_is_as_before(Fixture *self,
                                                                        gconstpointer data)
{
    g_file_set_contents(self->file, "[hearth]\nname=A\n", -1, NULL);
    g_autoptr(HthSettings) settings = load(self);
    hth_settings_override(settings, "hearth", "port", "0");
    g_assert_false(awaits(settings, "name") || awaits(settings, "port"));
    g_assert_true(hth_settings_set(settings, "hearth", "name", "B", NULL));
    g_assert_true(hth_settings_set(settings, "hearth", "interfaces", "eth0;eth1", NULL));
    g_assert_true(awaits(settings, "name") && awaits(settings, "interfaces"));
    g_assert_false(awaits(settings, "port") || awaits(settings, "device-port"));
    g_assert_true(hth_settings_set(settings, "hearth", "name", NULL, NULL));
    g_assert_true(hth_settings_set(settings, "hearth", "interfaces", "", NULL));
    g_assert_false(awaits(settings, "name") || awaits(settings, "interfaces"));
    g_assert_true(hth_settings_set(settings, "dlna", "new-devices-wait", "true", NULL));
    g_assert_false(hth_settings_awaits_restart(settings, "dlna", "new-devices-wait")); /* live */
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
#define ADD(name, function)                                                                        \
    g_test_add("/settings/" name, Fixture, NULL, set_up, function, tear_down)
    ADD("later-files-win", test_later_files_win);
    ADD("what-is-set-is-private-and-can-be-unset", test_what_is_set_is_private_and_can_be_unset);
    ADD("what-is-wrong-is-said-and-left-out", test_what_is_wrong_is_said_and_left_out);
    ADD("a-broken-file-keeps-the-old-values", test_a_broken_file_keeps_the_old_values);
    ADD("what-is-changed-awaits-a-restart-until-it-is-as-before",
        test_what_is_changed_awaits_a_restart_until_it_is_as_before);
    return g_test_run();
}
