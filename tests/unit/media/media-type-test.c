/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "media/media-type.h"

static void test_every_extension_has_its_format_and_kind(void)
{
    static const struct {
        const char *extensions;
        HthMediaKind kind;
    } lists[] = {
        { "mp3 flac ogg oga opus m4a m4b aac wav aiff aif wma mka", HTH_MEDIA_AUDIO },
        { "mp4 m4v mkv webm avi mov ts m2ts mts mpg mpeg vob wmv 3gp", HTH_MEDIA_VIDEO },
        { "jpg jpeg png webp gif tiff tif heic heif bmp", HTH_MEDIA_PHOTO },
        { "m3u m3u8 pls", HTH_MEDIA_PLAYLIST },
        { "srt vtt ass ssa", HTH_MEDIA_SUBTITLE },
    };
    for (guint i = 0; i < G_N_ELEMENTS(lists); i++) {
        g_auto(GStrv) words = g_strsplit(lists[i].extensions, " ", -1);
        for (guint w = 0; words[w] != NULL; w++) {
            g_autofree char *lower = g_strdup_printf("a.b.%s", words[w]);
            g_autofree char *upper = g_ascii_strup(lower, -1);
            g_assert_cmpint(hth_media_kind_from_name(lower), ==, lists[i].kind);
            g_assert_cmpint(hth_media_kind_from_name(upper), ==, lists[i].kind);
            g_assert_cmpint(hth_media_format_from_name(upper), !=, HTH_FORMAT_UNKNOWN);
        }
    }
}

static void test_other_names_are_not_shared(void)
{
    static const char *const names[] = { "",      ".",          "mp3",    ".mp3",    "a.",
                                         "a.txt", "a.mp3.part", "a.mp3x", "x/.flac", "\xff.doc" };
    for (guint i = 0; i < G_N_ELEMENTS(names); i++) {
        g_assert_cmpint(hth_media_kind_from_name(names[i]), ==, HTH_MEDIA_NONE);
        g_assert_cmpint(hth_media_format_from_name(names[i]), ==, HTH_FORMAT_UNKNOWN);
    }
}

static void test_folder_artwork_is_not_a_photo(void)
{
    static const char *const pictures[] = {
        "cover.jpg",       "Folder.JPG", "front.png", "albumart.webp", "AlbumArt_{1}_Large.jpg",
        "music/Cover.jpeg"
    };
    for (guint i = 0; i < G_N_ELEMENTS(pictures); i++)
        g_assert_cmpint(hth_media_kind_from_name(pictures[i]), ==, HTH_MEDIA_PICTURE);
    g_assert_cmpint(hth_media_kind_from_name("covered.jpg"), ==, HTH_MEDIA_PHOTO);
    g_assert_cmpint(hth_media_kind_from_name("cover/a.jpg"), ==, HTH_MEDIA_PHOTO);
    g_assert_cmpint(hth_media_kind_from_name("cover.mp3"), ==, HTH_MEDIA_AUDIO);
}

static void test_mime_types_tell_audio_from_video(void)
{
    g_assert_cmpstr(hth_media_mime_type(HTH_FORMAT_MP4, HTH_MEDIA_AUDIO), ==, "audio/mp4");
    g_assert_cmpstr(hth_media_mime_type(HTH_FORMAT_MP4, HTH_MEDIA_VIDEO), ==, "video/mp4");
    g_assert_cmpstr(hth_media_extension(HTH_FORMAT_MP4, HTH_MEDIA_AUDIO), ==, "m4a");
    for (guint i = 0; i < HTH_N_FORMATS; i++) {
        g_assert_nonnull(hth_media_mime_type(i, HTH_MEDIA_AUDIO));
        g_assert_nonnull(hth_media_extension(i, HTH_MEDIA_VIDEO));
    }
    g_assert_cmpstr(hth_media_mime_type(999, HTH_MEDIA_AUDIO), ==, "application/octet-stream");
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/media-type/every-extension-has-its-format-and-kind",
                    test_every_extension_has_its_format_and_kind);
    g_test_add_func("/media-type/other-names-are-not-shared", test_other_names_are_not_shared);
    g_test_add_func("/media-type/folder-artwork-is-not-a-photo",
                    test_folder_artwork_is_not_a_photo);
    g_test_add_func("/media-type/mime-types-tell-audio-from-video",
                    test_mime_types_tell_audio_from_video);
    return g_test_run();
}
