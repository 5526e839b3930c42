/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "profile.h"

typedef struct {
    const char *name;
    HthObject object;
} Row;

#define AUDIO(format_, codec, rate, n, bits_a_second)                                              \
    {                                                                                              \
        .class = HTH_OBJECT_MUSIC_TRACK, .format = HTH_FORMAT_##format_, .is_probed = TRUE,        \
        .audio_codec = (char *)codec, .sample_rate_hz = rate, .channels = n,                       \
        .bitrate_bps = bits_a_second                                                               \
    }
#define VIDEO(format_, codec, profile, level, w, h, fps, sound, rate, n, bits_a_second)            \
    {                                                                                              \
        .class = HTH_OBJECT_VIDEO, .format = HTH_FORMAT_##format_, .is_probed = TRUE,              \
        .video_codec = (char *)codec, .video_profile = (char *)profile, .video_level = level,      \
        .width = w, .height = h, .frame_rate = fps, .audio_codec = (char *)sound,                  \
        .sample_rate_hz = rate, .channels = n, .bitrate_bps = bits_a_second                        \
    }
#define PHOTO(format_, w, h, turn)                                                                 \
    {                                                                                              \
        .class = HTH_OBJECT_PHOTO, .format = HTH_FORMAT_##format_, .is_probed = TRUE, .width = w,  \
        .height = h, .orientation = turn                                                           \
    }

/* The second of each pair fails one bound of the profile. */
static const Row rows[] = {
    { "MP3", AUDIO(MP3, "mp3", 44100, 2, 320000) },
    { "", AUDIO(MP3, "mp3", 22050, 2, 64000) },
    { "", AUDIO(MP3, "mp3", 44100, 2, 0) },
    { "AAC_ISO_320", AUDIO(MP4, "aac", 44100, 2, 256000) },
    { "AAC_ISO", AUDIO(MP4, "aac", 48000, 2, 400000) },
    { "", AUDIO(MP4, "aac", 96000, 2, 256000) },
    { "", AUDIO(MP4, "alac", 44100, 2, 900000) },
    { "WMABASE", AUDIO(ASF, "wmav2", 44100, 2, 192000) },
    { "WMAFULL", AUDIO(ASF, "wmav2", 48000, 2, 256000) },
    { "", AUDIO(ASF, "wmapro", 48000, 6, 256000) },
    { "", AUDIO(FLAC, "flac", 44100, 2, 900000) },
    { "JPEG_SM", PHOTO(JPEG, 640, 480, 1) },
    { "JPEG_MED", PHOTO(JPEG, 640, 481, 1) },
    { "JPEG_LRG", PHOTO(JPEG, 4096, 4096, 1) },
    { "", PHOTO(JPEG, 4097, 100, 1) },
    { "", PHOTO(JPEG, 0, 0, 1) },
    { "JPEG_SM", PHOTO(JPEG, 480, 640, 6) }, /* stored lying */
    { "JPEG_MED", PHOTO(JPEG, 480, 640, 1) },
    { "PNG_LRG", PHOTO(PNG, 800, 600, 1) },
    { "", PHOTO(WEBP, 800, 600, 1) },
    { "MPEG_PS_PAL",
      VIDEO(MPEG_PS, "mpeg2video", "Main", 8, 720, 576, 25, "mp2", 48000, 2, 4000000) },
    { "", VIDEO(MPEG_PS, "mpeg2video", "Main", 8, 720, 576, 25, "mp2", 44100, 2, 4000000) },
    { "", VIDEO(MPEG_PS, "mpeg2video", "Main", 8, 720, 576, 30, "mp2", 48000, 2, 4000000) },
    { "MPEG_PS_NTSC",
      VIDEO(MPEG_PS, "mpeg2video", "Main", 8, 720, 480, 29.97, "ac3", 48000, 6, 4000000) },
    { "MPEG_TS_SD_EU_ISO",
      VIDEO(MPEG_TS, "mpeg2video", "Main", 8, 720, 576, 25, "mp2", 48000, 2, 4000000) },
    { "MPEG_TS_SD_NA_ISO",
      VIDEO(MPEG_TS, "mpeg2video", "Main", 8, 720, 480, 29.97, "ac3", 48000, 2, 4000000) },
    { "", VIDEO(MPEG_TS, "mpeg2video", "Main", 8, 720, 480, 29.97, "mp2", 48000, 2, 4000000) },
    { "MPEG_TS_HD_NA_ISO",
      VIDEO(MPEG_TS, "mpeg2video", "Main", 4, 1920, 1080, 29.97, "ac3", 48000, 6, 15000000) },
    { "AVC_MP4_MP_SD_AAC_MULT5",
      VIDEO(MP4, "h264", "Main", 30, 720, 576, 25, "aac", 48000, 6, 2000000) },
    { "AVC_MP4_MP_SD_AC3", VIDEO(MP4, "h264", "Main", 30, 720, 576, 25, "ac3", 48000, 6, 2000000) },
    { "AVC_MP4_HP_HD_AAC",
      VIDEO(MP4, "h264", "High", 40, 1920, 1080, 25, "aac", 48000, 2, 8000000) },
    { "", VIDEO(MP4, "h264", "High", 51, 3840, 2160, 25, "aac", 48000, 2, 8000000) },
    { "", VIDEO(MP4, "hevc", "Main", 30, 720, 576, 25, "aac", 48000, 2, 2000000) },
    { "AVC_TS_MP_HD_AC3_ISO",
      VIDEO(MPEG_TS, "h264", "Main", 40, 1920, 1080, 25, "ac3", 48000, 6, 15000000) },
    { "", VIDEO(MATROSKA, "h264", "Main", 30, 720, 576, 25, "aac", 48000, 2, 2000000) },
};

static void test_names_only_what_the_properties_prove(void)
{
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++)
        g_assert_cmpstr(hth_profile_name(hth_profile_of(&rows[i].object)), ==, rows[i].name);
}

static void test_a_file_not_yet_probed_has_none(void)
{
    HthObject object = rows[0].object;
    object.is_probed = FALSE;
    g_assert_cmpint(hth_profile_of(&object), ==, HTH_PROFILE_NONE);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/profile/names-only-what-the-properties-prove",
                    test_names_only_what_the_properties_prove);
    g_test_add_func("/profile/a-file-not-yet-probed-has-none", test_a_file_not_yet_probed_has_none);
    return g_test_run();
}
