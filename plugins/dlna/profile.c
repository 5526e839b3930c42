/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "profile.h"

typedef struct {
    const char *name;
    const char *mime_type;
} ProfileName;

static const ProfileName profile_names[HTH_N_PROFILES] = {
    [HTH_PROFILE_NONE] = { "", "" },
    [HTH_PROFILE_MP3] = { "MP3", "audio/mpeg" },
    [HTH_PROFILE_AAC_ADTS] = { "AAC_ADTS", "audio/vnd.dlna.adts" },
    [HTH_PROFILE_AAC_ADTS_320] = { "AAC_ADTS_320", "audio/vnd.dlna.adts" },
    [HTH_PROFILE_AAC_ISO] = { "AAC_ISO", "audio/mp4" },
    [HTH_PROFILE_AAC_ISO_320] = { "AAC_ISO_320", "audio/mp4" },
    [HTH_PROFILE_WMABASE] = { "WMABASE", "audio/x-ms-wma" },
    [HTH_PROFILE_WMAFULL] = { "WMAFULL", "audio/x-ms-wma" },
    [HTH_PROFILE_JPEG_TN] = { "JPEG_TN", "image/jpeg" },
    [HTH_PROFILE_JPEG_SM] = { "JPEG_SM", "image/jpeg" },
    [HTH_PROFILE_JPEG_MED] = { "JPEG_MED", "image/jpeg" },
    [HTH_PROFILE_JPEG_LRG] = { "JPEG_LRG", "image/jpeg" },
    [HTH_PROFILE_PNG_LRG] = { "PNG_LRG", "image/png" },
    [HTH_PROFILE_MPEG_PS_NTSC] = { "MPEG_PS_NTSC", "video/mpeg" },
    [HTH_PROFILE_MPEG_PS_PAL] = { "MPEG_PS_PAL", "video/mpeg" },
    [HTH_PROFILE_MPEG_TS_SD_NA_ISO] = { "MPEG_TS_SD_NA_ISO", "video/mpeg" },
    [HTH_PROFILE_MPEG_TS_SD_EU_ISO] = { "MPEG_TS_SD_EU_ISO", "video/mpeg" },
    [HTH_PROFILE_MPEG_TS_HD_NA_ISO] = { "MPEG_TS_HD_NA_ISO", "video/mpeg" },
    [HTH_PROFILE_AVC_MP4_MP_SD_AAC_MULT5] = { "AVC_MP4_MP_SD_AAC_MULT5", "video/mp4" },
    [HTH_PROFILE_AVC_MP4_MP_SD_AC3] = { "AVC_MP4_MP_SD_AC3", "video/mp4" },
    [HTH_PROFILE_AVC_MP4_MP_SD_MPEG1_L3] = { "AVC_MP4_MP_SD_MPEG1_L3", "video/mp4" },
    [HTH_PROFILE_AVC_MP4_HP_HD_AAC] = { "AVC_MP4_HP_HD_AAC", "video/mp4" },
    [HTH_PROFILE_AVC_TS_MP_SD_AAC_MULT5_ISO] = { "AVC_TS_MP_SD_AAC_MULT5_ISO", "video/mpeg" },
    [HTH_PROFILE_AVC_TS_MP_SD_AC3_ISO] = { "AVC_TS_MP_SD_AC3_ISO", "video/mpeg" },
    [HTH_PROFILE_AVC_TS_MP_HD_AAC_MULT5_ISO] = { "AVC_TS_MP_HD_AAC_MULT5_ISO", "video/mpeg" },
    [HTH_PROFILE_AVC_TS_MP_HD_AC3_ISO] = { "AVC_TS_MP_HD_AC3_ISO", "video/mpeg" },
};

const char *hth_profile_name(HthProfile self)
{
    return profile_names[self].name;
}

const char *hth_profile_mime_type(HthProfile self)
{
    return profile_names[self].mime_type;
}

static gboolean is_codec(const char *codec, const char *name)
{
    return g_strcmp0(codec, name) == 0;
}

static gboolean is_stereo_up_to(const HthObject *object, guint max_rate_hz)
{
    return object->channels >= 1 && object->channels <= 2 && object->sample_rate_hz > 0 &&
           object->sample_rate_hz <= max_rate_hz;
}

/* MPEG-1 layer III alone; the lower rates of MPEG-2 are another profile (MP3X). */
static HthProfile mp3_profile(const HthObject *object)
{
    const guint32 rate = object->sample_rate_hz;
    const gboolean is_mpeg1 = rate == 32000 || rate == 44100 || rate == 48000;
    const gboolean is_rate_known = object->bitrate_bps > 0 && object->bitrate_bps <= 320000;
    if (is_codec(object->audio_codec, "mp3") && is_mpeg1 && is_rate_known &&
        is_stereo_up_to(object, 48000))
        return HTH_PROFILE_MP3;
    return HTH_PROFILE_NONE;
}

static HthProfile aac_profile(const HthObject *object, HthProfile any, HthProfile up_to_320)
{
    if (!is_codec(object->audio_codec, "aac") || !is_stereo_up_to(object, 48000) ||
        object->bitrate_bps == 0 || object->bitrate_bps > 576000)
        return HTH_PROFILE_NONE;
    return object->bitrate_bps <= 320000 ? up_to_320 : any;
}

static HthProfile wma_profile(const HthObject *object)
{
    const gboolean is_wma =
        is_codec(object->audio_codec, "wmav1") || is_codec(object->audio_codec, "wmav2");
    if (!is_wma || !is_stereo_up_to(object, 48000) || object->bitrate_bps == 0 ||
        object->bitrate_bps > 385000)
        return HTH_PROFILE_NONE;
    return object->bitrate_bps <= 193000 ? HTH_PROFILE_WMABASE : HTH_PROFILE_WMAFULL;
}

HthProfile hth_profile_of_jpeg(guint width, guint height)
{
    if (width == 0 || height == 0)
        return HTH_PROFILE_NONE;
    if (width <= 640 && height <= 480)
        return HTH_PROFILE_JPEG_SM;
    if (width <= 1024 && height <= 768)
        return HTH_PROFILE_JPEG_MED;
    if (width <= 4096 && height <= 4096)
        return HTH_PROFILE_JPEG_LRG;
    return HTH_PROFILE_NONE;
}

/* The bounds are on the stored picture: a turned one is stored with its sides swapped. */
static HthProfile photo_profile(const HthObject *object)
{
    const gboolean is_turned = object->orientation >= 5;
    const guint width = is_turned ? object->height : object->width;
    const guint height = is_turned ? object->width : object->height;
    if (object->format == HTH_FORMAT_JPEG)
        return hth_profile_of_jpeg(width, height);
    if (object->format == HTH_FORMAT_PNG && width > 0 && height > 0 && width <= 4096 &&
        height <= 4096)
        return HTH_PROFILE_PNG_LRG;
    return HTH_PROFILE_NONE;
}

static gboolean is_rate(const HthObject *object, double rate)
{
    return object->frame_rate > rate - 0.05 && object->frame_rate < rate + 0.05;
}

static gboolean is_pal(const HthObject *object)
{
    return object->width <= 720 && object->height == 576 && is_rate(object, 25);
}

static gboolean is_ntsc(const HthObject *object)
{
    return object->width <= 720 && object->height == 480 && is_rate(object, 29.97);
}

/* With MPEG-2 video the sound is at 48 kHz, in two channels unless it is AC-3. */
static gboolean is_sound_of_mpeg2(const HthObject *object)
{
    if (object->sample_rate_hz != 48000)
        return FALSE;
    return is_codec(object->audio_codec, "ac3") ||
           (is_codec(object->audio_codec, "mp2") && is_stereo_up_to(object, 48000));
}

static HthProfile ps_profile(const HthObject *object)
{
    if (!is_codec(object->video_codec, "mpeg2video") || !is_sound_of_mpeg2(object))
        return HTH_PROFILE_NONE;
    if (is_pal(object))
        return HTH_PROFILE_MPEG_PS_PAL;
    return is_ntsc(object) ? HTH_PROFILE_MPEG_PS_NTSC : HTH_PROFILE_NONE;
}

static gboolean is_avc(const HthObject *object, guint max_width, guint max_height, guint max_level)
{
    return is_codec(object->video_codec, "h264") && object->width > 0 && object->height > 0 &&
           object->width <= max_width && object->height <= max_height && object->video_level > 0 &&
           object->video_level <= max_level && object->bitrate_bps > 0;
}

static gboolean is_main_profile(const HthObject *object)
{
    return g_strcmp0(object->video_profile, "Main") == 0 ||
           g_strcmp0(object->video_profile, "Constrained Baseline") == 0;
}

static gboolean is_aac_up_to_six(const HthObject *object)
{
    return is_codec(object->audio_codec, "aac") && object->channels >= 1 && object->channels <= 6;
}

static HthProfile avc_ts_profile(const HthObject *object)
{
    if (!is_main_profile(object))
        return HTH_PROFILE_NONE;
    const gboolean is_ac3 = is_codec(object->audio_codec, "ac3");
    const gboolean is_aac = is_aac_up_to_six(object);
    if (!is_ac3 && !is_aac)
        return HTH_PROFILE_NONE;
    if (is_avc(object, 720, 576, 30))
        return is_ac3 ? HTH_PROFILE_AVC_TS_MP_SD_AC3_ISO : HTH_PROFILE_AVC_TS_MP_SD_AAC_MULT5_ISO;
    if (is_avc(object, 1920, 1152, 40) && object->bitrate_bps <= 20000000)
        return is_ac3 ? HTH_PROFILE_AVC_TS_MP_HD_AC3_ISO : HTH_PROFILE_AVC_TS_MP_HD_AAC_MULT5_ISO;
    return HTH_PROFILE_NONE;
}

static gboolean is_hd_frame(const HthObject *object)
{
    return (object->width == 1280 && object->height == 720) ||
           (object->width == 1920 && object->height == 1080);
}

static HthProfile ts_profile(const HthObject *object)
{
    if (is_codec(object->video_codec, "h264"))
        return avc_ts_profile(object);
    if (!is_codec(object->video_codec, "mpeg2video") || !is_sound_of_mpeg2(object))
        return HTH_PROFILE_NONE;
    const gboolean is_ac3 = is_codec(object->audio_codec, "ac3");
    if (is_pal(object))
        return HTH_PROFILE_MPEG_TS_SD_EU_ISO;
    if (is_ntsc(object) && is_ac3)
        return HTH_PROFILE_MPEG_TS_SD_NA_ISO;
    const gboolean is_na_rate = is_rate(object, 29.97) || is_rate(object, 59.94);
    if (is_ac3 && is_hd_frame(object) && is_na_rate)
        return HTH_PROFILE_MPEG_TS_HD_NA_ISO;
    return HTH_PROFILE_NONE;
}

static HthProfile mp4_video_profile(const HthObject *object)
{
    if (is_main_profile(object) && is_avc(object, 720, 576, 30) &&
        object->bitrate_bps <= 10000000) {
        if (is_aac_up_to_six(object))
            return HTH_PROFILE_AVC_MP4_MP_SD_AAC_MULT5;
        if (is_codec(object->audio_codec, "ac3"))
            return HTH_PROFILE_AVC_MP4_MP_SD_AC3;
        if (is_codec(object->audio_codec, "mp3"))
            return HTH_PROFILE_AVC_MP4_MP_SD_MPEG1_L3;
    }
    if (g_strcmp0(object->video_profile, "High") == 0 && is_avc(object, 1920, 1080, 40) &&
        object->height > 576 && is_codec(object->audio_codec, "aac") && object->channels <= 2)
        return HTH_PROFILE_AVC_MP4_HP_HD_AAC;
    return HTH_PROFILE_NONE;
}

HthProfile hth_profile_of(const HthObject *object)
{
    if (!object->is_probed)
        return HTH_PROFILE_NONE;
    if (object->class == HTH_OBJECT_PHOTO)
        return photo_profile(object);
    const gboolean is_video = object->class == HTH_OBJECT_VIDEO;
    switch (object->format) {
    case HTH_FORMAT_MP3:
        return mp3_profile(object);
    case HTH_FORMAT_AAC:
        return aac_profile(object, HTH_PROFILE_AAC_ADTS, HTH_PROFILE_AAC_ADTS_320);
    case HTH_FORMAT_MP4:
        return is_video ? mp4_video_profile(object)
                        : aac_profile(object, HTH_PROFILE_AAC_ISO, HTH_PROFILE_AAC_ISO_320);
    case HTH_FORMAT_ASF:
        return is_video ? HTH_PROFILE_NONE : wma_profile(object);
    case HTH_FORMAT_MPEG_PS:
        return ps_profile(object);
    case HTH_FORMAT_MPEG_TS:
        return ts_profile(object);
    default:
        return HTH_PROFILE_NONE;
    }
}
