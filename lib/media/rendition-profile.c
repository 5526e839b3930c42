/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rendition-profile.h"

#include <string.h>

#define AUDIO(name, codec, extension, type, rate, meaning)                                         \
    {                                                                                              \
        name, HTH_MEDIA_AUDIO, codec, extension, type, rate, 0, 0, meaning                         \
    }
#define PHOTO(name, pixels, meaning)                                                               \
    {                                                                                              \
        name, HTH_MEDIA_PHOTO, HTH_RENDITION_JPEG, "jpg", "image/jpeg", 0, pixels, pixels, meaning \
    }

static const HthRenditionProfile profiles[] = {
    AUDIO("opus-96", HTH_RENDITION_OPUS, "opus", "audio/ogg", 96000, "Opus, 96 kbit/s"),
    AUDIO("opus-128", HTH_RENDITION_OPUS, "opus", "audio/ogg", 128000, "Opus, 128 kbit/s"),
    AUDIO("opus-160", HTH_RENDITION_OPUS, "opus", "audio/ogg", 160000, "Opus, 160 kbit/s"),
    AUDIO("aac-128", HTH_RENDITION_AAC, "m4a", "audio/mp4", 128000, "AAC, 128 kbit/s"),
    AUDIO("aac-192", HTH_RENDITION_AAC, "m4a", "audio/mp4", 192000, "AAC, 192 kbit/s"),
    AUDIO("aac-256", HTH_RENDITION_AAC, "m4a", "audio/mp4", 256000, "AAC, 256 kbit/s"),
    AUDIO("mp3-192", HTH_RENDITION_MP3, "mp3", "audio/mpeg", 192000, "MP3, 192 kbit/s"),
    AUDIO("mp3-320", HTH_RENDITION_MP3, "mp3", "audio/mpeg", 320000, "MP3, 320 kbit/s"),
    { "h264-720p", HTH_MEDIA_VIDEO, HTH_RENDITION_H264, "mp4", "video/mp4", 160000, 1280, 720,
      "H.264 up to 1280×720 with AAC, in MP4" },
    PHOTO("photo-1080", 1080, "JPEG, at most 1080 pixels a side"),
    PHOTO("photo-2160", 2160, "JPEG, at most 2160 pixels a side"),
};

const HthRenditionProfile *hth_rendition_profiles(guint *out_n_profiles)
{
    *out_n_profiles = G_N_ELEMENTS(profiles);
    return profiles;
}

const HthRenditionProfile *hth_rendition_profile_find(const char *name)
{
    for (guint i = 0; i < G_N_ELEMENTS(profiles); i++) {
        if (strcmp(profiles[i].name, name) == 0)
            return &profiles[i];
    }
    return NULL;
}

const HthRenditionProfile *hth_rendition_profile_small(HthMediaKind kind)
{
    static const char *const small[HTH_N_MEDIA_KINDS] = {
        [HTH_MEDIA_AUDIO] = "opus-96",
        [HTH_MEDIA_VIDEO] = "h264-720p",
        [HTH_MEDIA_PHOTO] = "photo-1080",
    };
    return small[kind] != NULL ? hth_rendition_profile_find(small[kind]) : NULL;
}
