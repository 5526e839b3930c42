/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync/device-name.h"

#include <string.h>

static void assert_part(const char *text, const char *expected)
{
    g_autofree char *part = hth_device_name_part(text, 100);
    g_assert_cmpstr(part, ==, expected);
}

static void test_parts_are_legal_everywhere(void)
{
    assert_part("AC/DC", "AC-DC");
    assert_part("What: \"Now\"?", "What- 'Now'_");
    assert_part("<a|b>*\\", "(a-b)_-");
    assert_part("dots...", "dots");
    assert_part("end. . ", "end");
    assert_part("...And Justice", "_..And Justice");
    assert_part(".hearth", "_hearth");
    assert_part("a\tb\nc\x01"
                "d",
                "a b c d");
    assert_part("  two   spaces ", "two spaces");
    assert_part("", "_");
    assert_part(NULL, "_");
    assert_part("...", "_");
    assert_part("..", "_");
    assert_part("e\xcc\x81", "\xc3\xa9"); /* NFC */
    assert_part("a\xe2\x80\xae"
                "b",
                "ab"); /* right-to-left override */
    assert_part("bad\xff", "bad\xef\xbf\xbd");
    assert_part("🎸 solo", "🎸 solo");
}

static void test_names_that_dos_keeps_are_avoided(void)
{
    assert_part("CON", "CON_");
    assert_part("con.mp3", "con_.mp3");
    assert_part("Aux", "Aux_");
    assert_part("COM1", "COM1_");
    assert_part("lpt9.txt", "lpt9_.txt");
    assert_part("COM¹", "COM¹_");
    assert_part("CON .x", "CON_.x");
    assert_part("CONCERT", "CONCERT");
    assert_part("COM10", "COM10");
}

static void test_long_names_are_cut_between_letters(void)
{
    g_autoptr(GString) text = g_string_new(NULL);
    for (guint i = 0; i < 300; i++)
        g_string_append(text, "ä");
    g_autofree char *part = hth_device_name_part(text->str, 100);
    g_assert_true(g_utf8_validate(part, -1, NULL));
    g_assert_cmpuint(strlen(part), <=, 100);
    g_assert_cmpuint(strlen(part), >=, 96);
    /* A family of four held together by joiners is kept whole or left out. */
    g_autofree char *family = hth_device_name_part("aaaa👨‍👩‍👧", 20);
    g_assert_cmpstr(family, ==, "aaaa");
    g_string_truncate(text, 0);
    for (guint i = 0; i < 200; i++)
        g_string_append(text, "\xcc\x81"); /* marks alone */
    g_autofree char *marks = hth_device_name_part(text->str, 50);
    g_assert_true(g_utf8_validate(marks, -1, NULL));
    g_assert_cmpuint(strlen(marks), <=, 50);
}

static void assert_wish(const HthSyncItem *item, const char *expected)
{
    g_autofree char *wish = hth_device_name_wish(item);
    g_assert_cmpstr(wish, ==, expected);
}

static void test_wishes_are_readable(void)
{
    HthSyncItem item = { .id = 1,
                         .kind = HTH_MEDIA_AUDIO,
                         .extension = "flac",
                         .title = "Who Are You?",
                         .artist = "The Who",
                         .album = "Who Are You",
                         .file_name = "x.flac",
                         .folder_name = "rips",
                         .track = 9 };
    assert_wish(&item, "Music/The Who/Who Are You/09 Who Are You_.flac");
    item.disc = 2;
    item.disc_total = 2;
    assert_wish(&item, "Music/The Who/Who Are You/2-09 Who Are You_.flac");
    item.track_artist = "Someone";
    item.disc = 0;
    assert_wish(&item, "Music/The Who/Who Are You/09 Someone - Who Are You_.flac");
    item.album = NULL;
    item.track_artist = NULL;
    item.track = 0;
    assert_wish(&item, "Music/The Who/Who Are You_.flac");
    item.artist = NULL;
    item.title = "guessed";
    assert_wish(&item, "Music/rips/x.flac");
    const HthSyncItem photo = { .kind = HTH_MEDIA_PHOTO,
                                .extension = "jpg",
                                .file_name = "IMG_1.JPG",
                                .folder_name = "cam",
                                .date = "2024-05-31T12:30:00" };
    assert_wish(&photo, "Photos/2024/2024-05/IMG_1.jpg");
    const HthSyncItem video = {
        .kind = HTH_MEDIA_VIDEO, .extension = "mkv", .title = "A Film", .date = "1999"
    };
    assert_wish(&video, "Videos/1999/A Film.mkv");
    const HthSyncItem subtitle = { .kind = HTH_MEDIA_SUBTITLE,
                                   .extension = "srt",
                                   .file_name = "film.en.srt" };
    g_autofree char *beside =
        hth_device_name_companion_wish(&subtitle, "Videos/1999/A Film.mkv", "film.mkv");
    g_assert_cmpstr(beside, ==, "Videos/1999/A Film.en.srt");
}

static void test_names_differ_without_regard_to_case(void)
{
    g_autoptr(HthDeviceNames) names = hth_device_names_new();
    g_assert_cmpstr(hth_device_names_give(names, 1, "Music/A/One.mp3"), ==, "Music/A/One.mp3");
    const char *second = hth_device_names_give(names, 2, "Music/a/ONE.mp3");
    g_assert_true(g_str_has_prefix(second, "Music/A/ONE ("));
    g_assert_true(g_str_has_suffix(second, ").mp3"));
    const char *third = hth_device_names_give(names, 3, "Music/A/straße.mp3");
    g_assert_cmpstr(third, ==, "Music/A/straße.mp3");
    g_assert_cmpstr(hth_device_names_give(names, 4, "Music/A/STRASSE.mp3"), !=,
                    "Music/A/STRASSE.mp3");
    g_assert_cmpuint(hth_device_names_find(names, "MUSIC/A/one.MP3"), ==, 1);
    g_assert_cmpuint(hth_device_names_find(names, second), ==, 2);
    g_assert_cmpuint(hth_device_names_find(names, "Music/A/none.mp3"), ==, 0);
    /* A file never stands where a folder has to be, nor the other way round. */
    g_assert_cmpstr(hth_device_names_give(names, 5, "Music/A"), !=, "Music/A");
    g_assert_cmpstr(hth_device_names_give(names, 6, "Music/A/One.mp3/x.mp3"), !=,
                    "Music/A/One.mp3/x.mp3");
}

static void test_a_given_name_stays_while_the_wish_stays(void)
{
    g_autoptr(HthDeviceNames) first = hth_device_names_new();
    (void)hth_device_names_give(first, 1, "Music/A/One.mp3");
    g_autofree char *given = g_strdup(hth_device_names_give(first, 2, "Music/A/One.mp3"));
    /* 1 has gone: 2 keeps its letters. */
    g_autoptr(HthDeviceNames) later = hth_device_names_new();
    g_assert_true(hth_device_names_keep(later, 2, "Music/A/One.mp3", given));
    g_assert_cmpstr(hth_device_names_of(later, 2), ==, given);
    /* Another title: another name. */
    g_assert_false(hth_device_names_keep(later, 3, "Music/A/Two.mp3", "Music/A/Three.mp3"));
    g_assert_null(hth_device_names_of(later, 3));
    /* A folder that another item first spelled in another way. */
    g_assert_true(hth_device_names_keep(later, 4, "Music/a/Four.mp3", "Music/A/Four.mp3"));
}

static void test_no_hostile_title_makes_an_illegal_path(void)
{
    g_autoptr(GRand) random = g_rand_new_with_seed(11);
    g_autoptr(HthDeviceNames) names = hth_device_names_new();
    static const char *const pieces[] = { "/", "..", "\\",   ":",    "*",       "CON", " ",
                                          ".", "é",  "\xff", "\t",   "😀",       "a",   "A",
                                          "?", "ﬀ",  "İ",    "NUL.", "\xcc\x81" };
    for (guint64 item = 1; item <= 3000; item++) {
        g_autoptr(GString) title = g_string_new(NULL);
        const gint n = g_rand_int_range(random, 0, g_rand_int_range(random, 1, 400));
        for (gint i = 0; i < n; i++)
            g_string_append(title, pieces[g_rand_int_range(random, 0, G_N_ELEMENTS(pieces))]);
        const HthSyncItem each = { .id = item,
                                   .kind = HTH_MEDIA_AUDIO,
                                   .extension = "mp3",
                                   .title = title->str,
                                   .artist = title->str,
                                   .album = "x" };
        g_autofree char *wish = hth_device_name_wish(&each);
        const char *path = hth_device_names_give(names, item, wish);
        g_assert_true(g_utf8_validate(path, -1, NULL));
        g_autofree char *normal = g_utf8_normalize(path, -1, G_NORMALIZE_DEFAULT_COMPOSE);
        g_assert_cmpstr(path, ==, normal);
        g_assert_null(strpbrk(path, "\\:*?\"<>|\t\n"));
        g_auto(GStrv) parts = g_strsplit(path, "/", -1);
        for (guint i = 0; parts[i] != NULL; i++) {
            g_assert_cmpuint(strlen(parts[i]), >, 0);
            g_assert_cmpuint(strlen(parts[i]), <=, 255);
            g_assert_true(parts[i][0] != '.' && parts[i][0] != ' ');
            g_assert_false(g_str_has_suffix(parts[i], ".") || g_str_has_suffix(parts[i], " "));
        }
        g_assert_cmpuint(hth_device_names_find(names, path), ==, item);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/device-name/parts-are-legal-everywhere", test_parts_are_legal_everywhere);
    g_test_add_func("/device-name/names-that-dos-keeps-are-avoided",
                    test_names_that_dos_keeps_are_avoided);
    g_test_add_func("/device-name/long-names-are-cut-between-letters",
                    test_long_names_are_cut_between_letters);
    g_test_add_func("/device-name/wishes-are-readable", test_wishes_are_readable);
    g_test_add_func("/device-name/names-differ-without-regard-to-case",
                    test_names_differ_without_regard_to_case);
    g_test_add_func("/device-name/a-given-name-stays-while-the-wish-stays",
                    test_a_given_name_stays_while_the_wish_stays);
    g_test_add_func("/device-name/no-hostile-title-makes-an-illegal-path",
                    test_no_hostile_title_makes_an_illegal_path);
    return g_test_run();
}
