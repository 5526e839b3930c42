/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tags.h"

#include <math.h>
#include <string.h>

static void test_dates_take_one_form(void)
{
    static const char *const pairs[][2] = {
        { "1999", "1999" },
        { "1999-05", "1999-05" },
        { "1999-05-31", "1999-05-31" },
        { "1999/05/31", "1999-05-31" },
        { "19990531", "1999-05-31" },
        { "1999-05-31T10:00:00Z", "1999-05-31" },
        { " 1999 ", "1999" },
        { "1999-13-01", "1999" },
        { "1999-05-32", "1999-05" },
        { "0000", NULL },
        { "May 1999", NULL },
        { "", NULL },
    };
    for (guint i = 0; i < G_N_ELEMENTS(pairs); i++) {
        g_autofree char *date = hth_tags_normalise_date(pairs[i][0]);
        g_assert_cmpstr(date, ==, pairs[i][1]);
    }
}

static char *genres_of(const char *text)
{
    g_autoptr(HthMediaInfo) info = hth_media_info_new();
    hth_tags_add_genre(info, text);
    g_ptr_array_add(info->genres, NULL);
    return g_strjoinv("|", (char **)info->genres->pdata);
}

static void test_genre_numbers_are_spelled_out(void)
{
    static const char *const pairs[][2] = {
        { "17", "Rock" },
        { "(17)", "Rock" },
        { "(17)(4)Own", "Rock|Disco|Own" },
        { "(RX)", "Remix" },
        { "Jazz", "Jazz" },
        { "(17)Rock", "Rock" },
        { "(999)", "(999)" },
        { "(unclosed", "(unclosed" },
        { "191", "Psybient" },
        { "1980", "1980" },
        { "", "" },
    };
    for (guint i = 0; i < G_N_ELEMENTS(pairs); i++) {
        g_autofree char *genres = genres_of(pairs[i][0]);
        g_assert_cmpstr(genres, ==, pairs[i][1]);
    }
}

static void test_names_of_every_family_reach_the_same_field(void)
{
    static const char *const names[] = { "MUSICBRAINZ_ALBUMID", "MusicBrainz Album Id",
                                         "musicbrainz-album-id" };
    for (guint i = 0; i < G_N_ELEMENTS(names); i++) {
        g_autoptr(HthMediaInfo) info = hth_media_info_new();
        hth_tags_add(info, names[i], "x");
        g_assert_cmpstr(info->musicbrainz_album_id, ==, "x");
    }
}

static void test_numbers_carry_their_totals(void)
{
    g_autoptr(HthMediaInfo) info = hth_media_info_new();
    hth_tags_add(info, "TRACKNUMBER", "3/12");
    hth_tags_add(info, "discnumber", "1");
    hth_tags_add(info, "totaldiscs", "2");
    hth_tags_add(info, "track", "99999999999999");
    g_assert_cmpuint(info->track, ==, 3);
    g_assert_cmpuint(info->track_total, ==, 12);
    g_assert_cmpuint(info->disc, ==, 1);
    g_assert_cmpuint(info->disc_total, ==, 2);
}

static void test_gains_are_on_one_scale(void)
{
    g_autoptr(HthMediaInfo) info = hth_media_info_new();
    hth_tags_add(info, "REPLAYGAIN_TRACK_GAIN", "-6.5 dB");
    hth_tags_add(info, "R128_ALBUM_GAIN", "256");
    g_assert_cmpfloat(info->replaygain_track_db, ==, -6.5);
    g_assert_cmpfloat(info->replaygain_album_db, ==, 6);
    g_autoptr(HthMediaInfo) other = hth_media_info_new();
    hth_tags_add(other, "replaygain_track_gain", "loud");
    hth_tags_add(other, "replaygain_album_gain", "inf");
    g_assert_true(isnan(other->replaygain_track_db));
    g_assert_true(isnan(other->replaygain_album_db));
}

static void test_lists_keep_what_differs_up_to_their_limit(void)
{
    g_autoptr(HthMediaInfo) info = hth_media_info_new();
    for (guint i = 0; i < 100; i++) {
        g_autofree char *name = g_strdup_printf("Artist %u", i / 2);
        hth_tags_add(info, "artist", name);
    }
    g_assert_cmpuint(info->artists->len, ==, HTH_MEDIA_LIST_MAX);
    g_assert_cmpstr(info->artists->pdata[1], ==, "Artist 1");
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/tags/dates-take-one-form", test_dates_take_one_form);
    g_test_add_func("/tags/genre-numbers-are-spelled-out", test_genre_numbers_are_spelled_out);
    g_test_add_func("/tags/names-of-every-family-reach-the-same-field",
                    test_names_of_every_family_reach_the_same_field);
    g_test_add_func("/tags/numbers-carry-their-totals", test_numbers_carry_their_totals);
    g_test_add_func("/tags/gains-are-on-one-scale", test_gains_are_on_one_scale);
    g_test_add_func("/tags/lists-keep-what-differs-up-to-their-limit",
                    test_lists_keep_what_differs_up_to_their_limit);
    return g_test_run();
}
