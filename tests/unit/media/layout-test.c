/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "media/layout.h"

#include "base/error.h"
#include "file-maker.h"

#define N_FRAMES 50

static void put_frames(GByteArray *to, const char *notes)
{
    if (notes != NULL)
        put_mp3_frame(to, 1, notes);
    for (guint i = 0; i < N_FRAMES; i++)
        put_mp3_frame(to, 100 + i, NULL);
}

static GByteArray *title_frames(const char *title)
{
    GByteArray *frames = g_byte_array_new();
    put_id3_frame(frames, "TIT2", title, strlen(title));
    return frames;
}

static void put_apic(GByteArray *frames, gsize n_bytes)
{
    g_autoptr(GByteArray) content = g_byte_array_new();
    put(content, "\0image/jpeg\0\3front\0", 19);
    put_noise(content, 9, n_bytes);
    put_id3_frame(frames, "APIC", content->data, content->len);
}

static GBytes *plain_mp3(void)
{
    g_autoptr(GByteArray) file = g_byte_array_new();
    put_frames(file, NULL);
    return make_bytes(file);
}

/* Everything that was ever put around the frames of an MP3. */
static GBytes *tagged_mp3(void)
{
    g_autoptr(GByteArray) file = g_byte_array_new();
    g_autoptr(GByteArray) first = title_frames("one");
    g_autoptr(GByteArray) second = title_frames("two");
    put_apic(second, 3000);
    put_id3(file, first, FALSE);
    put_id3(file, second, TRUE);
    put(file, "\0\0\0\0\0", 5);
    put_frames(file, "Info");
    put_id3(file, first, TRUE);
    put(file, "LYRICSBEGININD0000200LYR00005Words000034LYRICS200", 49);
    put(file, "\5\0\0\0\0\0\0\0Title\0three", 19);
    put(file, "APETAGEX\xd0\7\0\0\x33\0\0\0\1\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 32);
    put(file, "TAG", 3);
    put_noise(file, 5, 125);
    return make_bytes(file);
}

static void test_mp3_tags_are_found_on_both_ends(void)
{
    g_autoptr(GBytes) plain_file = plain_mp3();
    g_autoptr(GBytes) tagged_file = tagged_mp3();
    g_autoptr(HthLayout) plain = read_layout(plain_file, HTH_FORMAT_MP3);
    g_autoptr(HthLayout) tagged = read_layout(tagged_file, HTH_FORMAT_MP3);
    assert_regions(plain, "p");
    assert_regions(tagged, "mPmpm");
    g_assert_true(plain->has_essence);
    g_assert_true(hth_digest_equal(&plain->essence, &tagged->essence));
    g_assert_cmpuint(g_array_index(tagged->regions, HthRegion, 3).length, ==, N_FRAMES * 417);
}

static void test_a_picture_is_read_back_by_its_digest(void)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GBytes) file = tagged_mp3();
    g_autoptr(HthLayout) layout = read_layout(file, HTH_FORMAT_MP3);
    g_autoptr(HthByteSource) source = hth_byte_source_new_for_bytes(file);
    const HthPicturePart *part = &g_array_index(layout->parts, HthPicturePart, 0);
    g_autoptr(GBytes) picture = hth_layout_read_picture(layout, source, &part->digest, &error);
    g_assert_no_error(error);
    g_autoptr(GByteArray) expected = g_byte_array_new();
    put_noise(expected, 9, 3000);
    g_assert_cmpmem(g_bytes_get_data(picture, NULL), g_bytes_get_size(picture), expected->data,
                    expected->len);
    const HthDigest other = { { 1 } };
    g_assert_null(hth_layout_read_picture(layout, source, &other, &error));
    g_assert_error(error, HTH_ERROR, HTH_ERROR_NOT_FOUND);
}

static void test_what_cannot_be_parsed_is_cut_by_content(void)
{
    g_autoptr(GByteArray) noise = g_byte_array_new();
    put_noise(noise, 1, 300 * 1024);
    g_autoptr(GBytes) file = make_bytes(noise);
    for (HthMediaFormat format = 0; format < HTH_N_FORMATS; format++) {
        g_autoptr(HthLayout) layout = read_layout(file, format);
        g_assert_cmpuint(layout->cutter.id, ==, 1);
        g_assert_false(layout->has_essence);
        g_assert_cmpuint(g_array_index(layout->regions, HthRegion, 0).kind, ==, HTH_REGION_CHUNK);
    }
}

static void test_an_empty_file_has_a_layout(void)
{
    g_autoptr(GBytes) file = g_bytes_new_static("", 0);
    g_autoptr(HthLayout) layout = read_layout(file, HTH_FORMAT_MP3);
    g_assert_cmpuint(layout->regions->len, ==, 0);
}

static void test_essence_of_flac_ignores_what_encoders_may_leave_open(void)
{
    HthDigest essences[2];
    for (guint i = 0; i < 2; i++) {
        g_autoptr(GByteArray) file = g_byte_array_new();
        put(file, "fLaC\x80\0\0\x22\x10\0\x10\0", 12);
        put_noise(file, 20 + i, 6);
        put(file, "\x0a\xc4\x42\xf0", 4);
        put_noise(file, 30 + i, 20);
        put(file, "\xff\xf8", 2);
        put_noise(file, 40, 5000);
        g_autoptr(GBytes) bytes = make_bytes(file);
        g_autoptr(HthLayout) layout = read_layout(bytes, HTH_FORMAT_FLAC);
        assert_regions(layout, "mp");
        essences[i] = layout->essence;
    }
    g_assert_true(hth_digest_equal(&essences[0], &essences[1]));
}

static void test_a_cancelled_reading_says_so(void)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GCancellable) cancellable = g_cancellable_new();
    g_cancellable_cancel(cancellable);
    g_autoptr(GBytes) file = tagged_mp3();
    g_autoptr(HthByteSource) source = hth_byte_source_new_for_bytes(file);
    g_assert_null(hth_layout_read(source, HTH_FORMAT_MP3, NULL, cancellable, &error));
    g_assert_error(error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
}

static void test_nonsense_is_no_layout(void)
{
    static const struct {
        const char *bytes;
        gsize n;
        HthError code;
    } rows[] = {
        { "", 0, HTH_ERROR_CORRUPT },
        { "X\1\1\1", 4, HTH_ERROR_CORRUPT },
        { "L\1\5nonsense", 11, HTH_ERROR_CORRUPT },
        { "L\2\5nonsense", 11, HTH_ERROR_NEWER },
        { "L\1\xff\xff\xff\x7f", 6, HTH_ERROR_TOO_LARGE },
    };
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(GBytes) bytes = g_bytes_new_static(rows[i].bytes, rows[i].n);
        g_assert_null(hth_layout_decode(bytes, &error));
        g_assert_error(error, HTH_ERROR, (gint)rows[i].code);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/layout/mp3-tags-are-found-on-both-ends",
                    test_mp3_tags_are_found_on_both_ends);
    g_test_add_func("/layout/a-picture-is-read-back-by-its-digest",
                    test_a_picture_is_read_back_by_its_digest);
    g_test_add_func("/layout/what-cannot-be-parsed-is-cut-by-content",
                    test_what_cannot_be_parsed_is_cut_by_content);
    g_test_add_func("/layout/an-empty-file-has-a-layout", test_an_empty_file_has_a_layout);
    g_test_add_func("/layout/essence-of-flac-ignores-what-encoders-may-leave-open",
                    test_essence_of_flac_ignores_what_encoders_may_leave_open);
    g_test_add_func("/layout/a-cancelled-reading-says-so", test_a_cancelled_reading_says_so);
    g_test_add_func("/layout/nonsense-is-no-layout", test_nonsense_is_no_layout);
    return g_test_run();
}
