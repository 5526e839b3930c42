/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "setting-table.h"

#include <string.h>

#include "base/error.h"

/* data/hearth.conf and the table say the same: every key, in order, commented out with its default.
 */
static void test_the_shipped_file_shows_every_key_and_default(void)
{
    g_autofree char *path =
        g_build_filename(g_getenv("HEARTH_SOURCE"), "data", "hearth.conf", NULL);
    g_autofree char *text = NULL;
    g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
    guint n = 0;
    const HthSetting *table = hth_setting_table(&n);
    const char *at = text;
    const char *group = "";
    for (guint i = 0; i < n; i++) {
        if (strcmp(group, table[i].group) != 0) {
            group = table[i].group;
            g_autofree char *head = g_strdup_printf("\n[%s]\n", group);
            at = strstr(at, head);
            g_assert_nonnull(at);
        }
        g_autofree char *line =
            g_strdup_printf("\n#%s =%s%s\n", table[i].key,
                            *table[i].default_text != '\0' ? " " : "", table[i].default_text);
        at = strstr(at, line);
        if (at == NULL)
            g_error("data/hearth.conf lacks, in its place:%s", line);
        if (table[i].unit != NULL) {
            const gsize n_before = (gsize)(at - text);
            g_assert_nonnull(g_strrstr_len(text, (gssize)n_before, table[i].unit));
        }
    }
    guint n_keys = 0;
    for (const char *key = strstr(text, "\n#"); key != NULL; key = strstr(key + 1, "\n#"))
        n_keys += key[2] != ' ' && key[2] != '\n';
    g_assert_cmpuint(n_keys, ==, n);
}

static void test_every_default_is_a_value_that_its_key_takes(void)
{
    guint n = 0;
    const HthSetting *table = hth_setting_table(&n);
    for (guint i = 0; i < n; i++) {
        g_autoptr(GError) error = NULL;
        g_assert_true(hth_setting_check(&table[i], table[i].default_text, &error));
        g_assert_no_error(error);
    }
}

static void test_a_wrong_value_is_refused_with_what_it_takes(void)
{
    g_autoptr(GError) error = NULL;
    const HthSetting *port = hth_setting_find("hearth", "port");
    g_assert_false(hth_setting_check(port, "70000", &error));
    g_assert_error(error, HTH_ERROR, HTH_ERROR_INVALID);
    g_assert_nonnull(strstr(error->message, "65535"));
    g_assert_false(hth_setting_check(port, "8200\n[x]", NULL));
    g_assert_false(hth_setting_check(hth_setting_find("dlna", "new-devices-wait"), "yes", NULL));
}

static void test_the_nearest_name_is_found_and_far_ones_are_not(void)
{
    g_assert_cmpstr(hth_setting_nearest("hearth", "prot")->key, ==, "port");
    g_assert_cmpstr(hth_setting_nearest("library", "new-device-wait")->group, ==, "dlna");
    g_assert_null(hth_setting_nearest("hearth", "frobnication-level"));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/setting-table/the-shipped-file-shows-every-key-and-default",
                    test_the_shipped_file_shows_every_key_and_default);
    g_test_add_func("/setting-table/every-default-is-a-value-that-its-key-takes",
                    test_every_default_is_a_value_that_its_key_takes);
    g_test_add_func("/setting-table/a-wrong-value-is-refused-with-what-it-takes",
                    test_a_wrong_value_is_refused_with_what_it_takes);
    g_test_add_func("/setting-table/the-nearest-name-is-found-and-far-ones-are-not",
                    test_the_nearest_name_is_found_and_far_ones_are_not);
    return g_test_run();
}
