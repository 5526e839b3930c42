/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync/device-path.h"

#include <string.h>

#include "base/error.h"

static void test_readable_names_are_fine(void)
{
    static const char *const fine[] = {
        "a",
        "Music/Björk/Debut/01 Human Behaviour.flac",
        "Music/東京/音楽.opus",
        "Photos/2024/IMG_0001.jpg",
        "Playlists/Running 🏃.m3u8",
        "...And Justice/x",
        ".hidden/x",
        "Music/Console/Comet.mp3",
        "a/.hearthstone",
        "Music/COM0x/nul-point.mp3",
    };
    for (guint i = 0; i < G_N_ELEMENTS(fine); i++) {
        g_autoptr(GError) error = NULL;
        hth_device_path_check(fine[i], &error);
        g_assert_no_error(error);
    }
}

static void refuse(const char *path)
{
    g_autoptr(GError) error = NULL;
    if (hth_device_path_check(path, &error))
        g_error("accepted: %.80s", path);
    g_assert_error(error, HTH_ERROR, HTH_ERROR_INVALID);
}

static void test_what_a_hostile_home_may_say_is_refused(void)
{
    static const char *const wrong[] = {
        "", "/", "/etc/passwd", "../x", "a/../../x", "a/..", "./a", "a/.", "a//b", "a/", "..",
        ".hearth/journal", ".hearth", ".HEARTH/journal", "a/.Hearth/x", ".nomedia", "a/.NoMedia",
        "a\\b", "C:x", "a:b", "a?b", "a*b", "a\"b", "a<b", "a>b", "a|b", "a\nb", "a\x7f",
        "a\302\205b", "a.", "a ", " a", "a./b", "a /b",
        "CON", "con.mp3", "a/Nul.txt", "COM1", "lpt9.x", "aux .mp3", "COM\302\271",
        "a\xff", "\xc0\xaf", "\xed\xa0\x80", "a\xef\xbf\xbf",
        "e\xcc\x81.mp3", /* not composed */
        ".he\xe2\x84\xafrth\x01",
    };
    for (guint i = 0; i < G_N_ELEMENTS(wrong); i++)
        refuse(wrong[i]);
}

static void test_lengths_are_counted_in_units(void)
{
    g_autofree char *name = g_strnfill(255, 'a');
    g_assert_true(hth_device_path_check(name, NULL));
    g_autofree char *longer = g_strnfill(256, 'a');
    refuse(longer);
    /* 127 two-byte letters fit, 128 are 256 bytes on ext4. */
    g_autoptr(GString) wide = g_string_new(NULL);
    for (guint i = 0; i < 127; i++)
        g_string_append(wide, "ö");
    g_assert_true(hth_device_path_check(wide->str, NULL));
    g_string_append(wide, "ö");
    refuse(wide->str);
    g_autoptr(GString) deep = g_string_new("a");
    for (guint i = 1; i < HTH_DEVICE_PATH_MAX_DEPTH; i++)
        g_string_append(deep, "/a");
    g_assert_true(hth_device_path_check(deep->str, NULL));
    g_string_append(deep, "/a");
    refuse(deep->str);
    g_autofree char *giant = g_strnfill(1 << 20, 'a');
    refuse(giant);
}

static void test_paths_that_meet_on_fat_have_one_key(void)
{
    g_autofree char *a = hth_device_path_fold("Music/ABBA/Één.mp3");
    g_autofree char *b = hth_device_path_fold("music/Abba/e\xcc\x81\xc3\x89N.MP3");
    g_autofree char *c = hth_device_path_fold("music/abba/eén.mp3");
    g_assert_cmpstr(a, ==, b);
    g_assert_cmpstr(a, !=, c);
}

static void test_parent(void)
{
    g_autofree char *top = hth_device_path_parent("a");
    g_autofree char *deep = hth_device_path_parent("a/b/c");
    g_assert_cmpstr(top, ==, "");
    g_assert_cmpstr(deep, ==, "a/b");
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/device-path/readable-names-are-fine", test_readable_names_are_fine);
    g_test_add_func("/device-path/what-a-hostile-home-may-say-is-refused",
                    test_what_a_hostile_home_may_say_is_refused);
    g_test_add_func("/device-path/lengths-are-counted-in-units", test_lengths_are_counted_in_units);
    g_test_add_func("/device-path/paths-that-meet-on-fat-have-one-key",
                    test_paths_that_meet_on_fat_have_one_key);
    g_test_add_func("/device-path/parent", test_parent);
    return g_test_run();
}
