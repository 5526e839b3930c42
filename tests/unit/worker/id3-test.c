/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "id3.h"

#include <string.h>

static char *list_text(GPtrArray *list)
{
    g_ptr_array_add(list, NULL);
    char *text = g_strjoinv("|", (char **)list->pdata);
    g_ptr_array_set_size(list, (gint)list->len - 1);
    return text;
}

static HthProbe read_tag(guint version, guint8 flags, const guint8 *frames, gsize size)
{
    HthProbe probe = { .info = hth_media_info_new() };
    g_autoptr(GByteArray) tag = g_byte_array_new();
    const guint8 header[] = { 'I',   'D', '3', (guint8)version,     0,
                              flags, 0,   0,   (guint8)(size >> 7), (guint8)(size & 0x7f) };
    g_byte_array_append(tag, header, sizeof header);
    g_byte_array_append(tag, frames, (guint)size);
    g_assert_cmpuint(hth_id3_tag_size(tag->data, tag->len), ==, tag->len);
    hth_id3_read(&probe, tag->data, tag->len);
    return probe;
}

#define READ(version, flags, text)                                                                 \
    read_tag(version, flags, (const guint8 *)(text), sizeof(text) - 1)

static void test_values_of_v24_stay_apart(void)
{
    g_auto(HthProbe) probe = READ(4, 0,
                                  "TPE1\0\0\0\x06\0\0\3A;B\0C"
                                  "TCON\0\0\0\x07\0\0\0(17)\0"
                                  "4");
    g_autofree char *artists = list_text(probe.info->artists);
    g_autofree char *genres = list_text(probe.info->genres);
    g_assert_cmpstr(artists, ==, "A;B|C");
    g_assert_cmpstr(genres, ==, "Rock|Disco");
}

static void test_wide_text_is_read_in_both_orders(void)
{
    g_auto(HthProbe) little = READ(3, 0, "TIT2\0\0\0\x07\0\0\1\xff\xfeJ\0\xf3\0");
    g_assert_cmpstr(little.info->title, ==, "Jó");
    g_auto(HthProbe) big = READ(3, 0, "TIT2\0\0\0\x07\0\0\1\xfe\xff\0J\0\xf3");
    g_assert_cmpstr(big.info->title, ==, "Jó");
    g_auto(HthProbe) pair = READ(4, 0, "TIT2\0\0\0\x05\0\0\2\xd8\x3c\xdf\xb5");
    g_assert_cmpstr(pair.info->title, ==, "🎵");
    g_auto(HthProbe) latin = READ(3, 0, "TIT2\0\0\0\x03\0\0\0J\xf3");
    g_assert_cmpstr(latin.info->title, ==, "Jó");
}

static void test_v22_is_read(void)
{
    g_auto(HthProbe) probe = READ(2, 0,
                                  "TT2\0\0\3\0Jo"
                                  "TRK\0\0\5\0003/9");
    g_assert_cmpstr(probe.info->title, ==, "Jo");
    g_assert_cmpuint(probe.info->track, ==, 3);
}

static void test_unsynchronised_tags_are_read(void)
{
    g_auto(HthProbe) probe = READ(3, 0x80,
                                  "TIT2\0\0\0\4\0\0\0\xff\0\xe9"
                                  "a");
    g_assert_cmpstr(probe.info->title, ==, "ÿéa");
}

static void test_a_frame_that_lies_about_its_size_ends_the_tag(void)
{
    g_auto(HthProbe) probe = READ(3, 0, "TIT2\xff\xff\xff\xff\0\0\0abc");
    g_assert_cmpstr(probe.info->title, ==, "abc");
    g_auto(HthProbe) nothing = READ(3, 0, "TIT2\0\0");
    g_assert_null(nothing.info->title);
}

static void test_v1_fills_only_what_is_missing(void)
{
    g_auto(HthProbe) probe = READ(3, 0, "TIT2\0\0\0\5\0\0\0long");
    guint8 v1[128] = "TAGcut";
    memcpy(v1 + 33, "Artist  ", 8);
    v1[126] = 7;
    v1[127] = 17;
    g_assert_true(hth_id3_read_v1(&probe, v1));
    g_assert_cmpstr(probe.info->title, ==, "long");
    g_autofree char *artists = list_text(probe.info->artists);
    g_assert_cmpstr(artists, ==, "Artist");
    g_assert_cmpuint(probe.info->track, ==, 7);
    g_assert_cmpstr(probe.info->genres->pdata[0], ==, "Rock");
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/id3/values-of-v24-stay-apart", test_values_of_v24_stay_apart);
    g_test_add_func("/id3/wide-text-is-read-in-both-orders", test_wide_text_is_read_in_both_orders);
    g_test_add_func("/id3/v22-is-read", test_v22_is_read);
    g_test_add_func("/id3/unsynchronised-tags-are-read", test_unsynchronised_tags_are_read);
    g_test_add_func("/id3/a-frame-that-lies-about-its-size-ends-the-tag",
                    test_a_frame_that_lies_about_its_size_ends_the_tag);
    g_test_add_func("/id3/v1-fills-only-what-is-missing", test_v1_fills_only_what_is_missing);
    return g_test_run();
}
