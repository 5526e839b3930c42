/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "media/media-info.h"

#include <math.h>
#include <string.h>

#include "base/error.h"

static HthMediaInfo *full_info(void)
{
    HthMediaInfo *info = hth_media_info_new();
    info->kind = HTH_MEDIA_AUDIO;
    info->format = HTH_FORMAT_FLAC;
    info->title = g_strdup("Jóga");
    info->album = g_strdup("Homogenic");
    g_ptr_array_add(info->artists, g_strdup("Björk"));
    g_ptr_array_add(info->artists, g_strdup("Someone"));
    g_ptr_array_add(info->genres, g_strdup("Art Pop"));
    info->date = g_strdup("1997-09-22");
    info->track = 2;
    info->track_total = 10;
    info->is_compilation = TRUE;
    info->replaygain_track_db = -7.25;
    info->duration_ms = 305123;
    g_strlcpy(info->audio_codec, "flac", sizeof info->audio_codec);
    info->frame_rate = 23.976;
    info->latitude = -33.5;
    info->has_artwork = TRUE;
    memset(info->artwork_digest, 0xab, sizeof info->artwork_digest);
    g_ptr_array_add(info->playlist_entries, g_strdup("Bj\xf6rk/a.mp3"));
    return info;
}

static void test_decodes_what_was_encoded(void)
{
    g_autoptr(HthMediaInfo) info = full_info();
    g_autoptr(GByteArray) record = g_byte_array_new();
    hth_media_info_encode(info, record);
    g_autoptr(GError) error = NULL;
    g_autoptr(HthMediaInfo) read = hth_media_info_decode(record->data, record->len, &error);
    g_assert_no_error(error);
    g_assert_cmpint(read->kind, ==, HTH_MEDIA_AUDIO);
    g_assert_cmpint(read->format, ==, HTH_FORMAT_FLAC);
    g_assert_cmpstr(read->title, ==, "Jóga");
    g_assert_null(read->comment);
    g_assert_cmpuint(read->artists->len, ==, 2);
    g_assert_cmpstr(read->artists->pdata[1], ==, "Someone");
    g_assert_cmpuint(read->composers->len, ==, 0);
    g_assert_cmpstr(read->date, ==, "1997-09-22");
    g_assert_cmpuint(read->track_total, ==, 10);
    g_assert_true(read->is_compilation);
    g_assert_cmpfloat(read->replaygain_track_db, ==, -7.25);
    g_assert_true(isnan(read->replaygain_album_db));
    g_assert_cmpint(read->duration_ms, ==, 305123);
    g_assert_cmpstr(read->audio_codec, ==, "flac");
    g_assert_cmpfloat(read->frame_rate, ==, 23.976);
    g_assert_cmpfloat(read->latitude, ==, -33.5);
    g_assert_true(isnan(read->longitude));
    g_assert_cmpmem(read->artwork_digest, 32, info->artwork_digest, 32);
    g_assert_cmpuint(read->playlist_entries->len, ==, 1);
    g_assert_cmpstr(read->playlist_entries->pdata[0], ==, "Bj\xf6rk/a.mp3");
}

static void test_every_prefix_is_corrupt(void)
{
    g_autoptr(HthMediaInfo) info = full_info();
    g_autoptr(GByteArray) record = g_byte_array_new();
    hth_media_info_encode(info, record);
    for (guint size = 0; size < record->len; size++) {
        g_autofree guint8 *prefix = g_memdup2(record->data, size);
        g_autoptr(GError) error = NULL;
        g_assert_null(hth_media_info_decode(prefix, size, &error));
        g_assert_error(error, HTH_ERROR, HTH_ERROR_CORRUPT);
    }
    hth_media_info_encode(info, record); /* and one with more behind it */
    g_assert_null(hth_media_info_decode(record->data, record->len, NULL));
}

static void test_foreign_values_come_out_in_bounds(void)
{
    g_autoptr(HthMediaInfo) info = hth_media_info_new();
    info->title = g_strnfill(5000, 'x');
    info->album = g_strdup("a\x01\nb\xff");
    info->date = g_strdup("yesterday");
    info->latitude = 91;
    info->replaygain_track_db = INFINITY;
    info->frame_rate = -NAN;
    info->orientation = 200;
    info->duration_ms = G_MAXINT64;
    info->kind = 77;
    for (guint i = 0; i < 100; i++)
        g_ptr_array_add(info->artists, g_strdup("many"));
    g_autoptr(GByteArray) record = g_byte_array_new();
    hth_media_info_encode(info, record);
    g_autoptr(HthMediaInfo) read = hth_media_info_decode(record->data, record->len, NULL);
    g_assert_nonnull(read);
    g_assert_cmpuint(strlen(read->title), <=, HTH_MEDIA_STRING_MAX);
    g_assert_true(g_utf8_validate(read->album, -1, NULL));
    g_assert_null(strpbrk(read->album, "\x01\n"));
    g_assert_null(read->date);
    g_assert_true(isnan(read->latitude));
    g_assert_true(isnan(read->replaygain_track_db));
    g_assert_cmpfloat(read->frame_rate, ==, 0);
    g_assert_cmpuint(read->orientation, ==, 0);
    g_assert_cmpint(read->duration_ms, ==, 0);
    g_assert_cmpint(read->kind, ==, HTH_MEDIA_NONE);
    g_assert_cmpuint(read->artists->len, ==, HTH_MEDIA_LIST_MAX);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/media-info/decodes-what-was-encoded", test_decodes_what_was_encoded);
    g_test_add_func("/media-info/every-prefix-is-corrupt", test_every_prefix_is_corrupt);
    g_test_add_func("/media-info/foreign-values-come-out-in-bounds",
                    test_foreign_values_come_out_in_bounds);
    return g_test_run();
}
