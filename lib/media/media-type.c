/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "media/media-type.h"

#include <string.h>

typedef struct {
    const char *extension;
    HthMediaFormat format;
    HthMediaKind kind;
} NameRow;

/* Sorted by extension, for bsearch. */
static const NameRow names[] = {
    { "3gp", HTH_FORMAT_MP4, HTH_MEDIA_VIDEO },
    { "aac", HTH_FORMAT_AAC, HTH_MEDIA_AUDIO },
    { "aif", HTH_FORMAT_AIFF, HTH_MEDIA_AUDIO },
    { "aiff", HTH_FORMAT_AIFF, HTH_MEDIA_AUDIO },
    { "ass", HTH_FORMAT_ASS, HTH_MEDIA_SUBTITLE },
    { "avi", HTH_FORMAT_AVI, HTH_MEDIA_VIDEO },
    { "bmp", HTH_FORMAT_BMP, HTH_MEDIA_PHOTO },
    { "flac", HTH_FORMAT_FLAC, HTH_MEDIA_AUDIO },
    { "gif", HTH_FORMAT_GIF, HTH_MEDIA_PHOTO },
    { "heic", HTH_FORMAT_HEIF, HTH_MEDIA_PHOTO },
    { "heif", HTH_FORMAT_HEIF, HTH_MEDIA_PHOTO },
    { "jpeg", HTH_FORMAT_JPEG, HTH_MEDIA_PHOTO },
    { "jpg", HTH_FORMAT_JPEG, HTH_MEDIA_PHOTO },
    { "m2ts", HTH_FORMAT_MPEG_TS_192, HTH_MEDIA_VIDEO },
    { "m3u", HTH_FORMAT_M3U, HTH_MEDIA_PLAYLIST },
    { "m3u8", HTH_FORMAT_M3U8, HTH_MEDIA_PLAYLIST },
    { "m4a", HTH_FORMAT_MP4, HTH_MEDIA_AUDIO },
    { "m4b", HTH_FORMAT_MP4, HTH_MEDIA_AUDIO },
    { "m4v", HTH_FORMAT_MP4, HTH_MEDIA_VIDEO },
    { "mka", HTH_FORMAT_MATROSKA, HTH_MEDIA_AUDIO },
    { "mkv", HTH_FORMAT_MATROSKA, HTH_MEDIA_VIDEO },
    { "mov", HTH_FORMAT_MOV, HTH_MEDIA_VIDEO },
    { "mp3", HTH_FORMAT_MP3, HTH_MEDIA_AUDIO },
    { "mp4", HTH_FORMAT_MP4, HTH_MEDIA_VIDEO },
    { "mpeg", HTH_FORMAT_MPEG_PS, HTH_MEDIA_VIDEO },
    { "mpg", HTH_FORMAT_MPEG_PS, HTH_MEDIA_VIDEO },
    { "mts", HTH_FORMAT_MPEG_TS_192, HTH_MEDIA_VIDEO },
    { "oga", HTH_FORMAT_OGG, HTH_MEDIA_AUDIO },
    { "ogg", HTH_FORMAT_OGG, HTH_MEDIA_AUDIO },
    { "opus", HTH_FORMAT_OGG, HTH_MEDIA_AUDIO },
    { "pls", HTH_FORMAT_PLS, HTH_MEDIA_PLAYLIST },
    { "png", HTH_FORMAT_PNG, HTH_MEDIA_PHOTO },
    { "srt", HTH_FORMAT_SRT, HTH_MEDIA_SUBTITLE },
    { "ssa", HTH_FORMAT_ASS, HTH_MEDIA_SUBTITLE },
    { "tif", HTH_FORMAT_TIFF, HTH_MEDIA_PHOTO },
    { "tiff", HTH_FORMAT_TIFF, HTH_MEDIA_PHOTO },
    { "ts", HTH_FORMAT_MPEG_TS, HTH_MEDIA_VIDEO },
    { "vob", HTH_FORMAT_MPEG_PS, HTH_MEDIA_VIDEO },
    { "vtt", HTH_FORMAT_VTT, HTH_MEDIA_SUBTITLE },
    { "wav", HTH_FORMAT_WAV, HTH_MEDIA_AUDIO },
    { "webm", HTH_FORMAT_WEBM, HTH_MEDIA_VIDEO },
    { "webp", HTH_FORMAT_WEBP, HTH_MEDIA_PHOTO },
    { "wma", HTH_FORMAT_ASF, HTH_MEDIA_AUDIO },
    { "wmv", HTH_FORMAT_ASF, HTH_MEDIA_VIDEO },
};

typedef struct {
    const char *mime;
    const char *extension;
    const char *audio_mime; /* when @kind is HTH_MEDIA_AUDIO and that differs */
    const char *audio_extension;
} TypeRow;

static const TypeRow types[] = {
    [HTH_FORMAT_UNKNOWN] = { "application/octet-stream", "bin", NULL, NULL },
    [HTH_FORMAT_MP3] = { "audio/mpeg", "mp3", NULL, NULL },
    [HTH_FORMAT_FLAC] = { "audio/flac", "flac", NULL, NULL },
    [HTH_FORMAT_OGG] = { "video/ogg", "ogv", "audio/ogg", "ogg" },
    [HTH_FORMAT_MP4] = { "video/mp4", "mp4", "audio/mp4", "m4a" },
    [HTH_FORMAT_MOV] = { "video/quicktime", "mov", "audio/mp4", "m4a" },
    [HTH_FORMAT_WAV] = { "audio/wav", "wav", NULL, NULL },
    [HTH_FORMAT_AIFF] = { "audio/aiff", "aiff", NULL, NULL },
    [HTH_FORMAT_ASF] = { "video/x-ms-wmv", "wmv", "audio/x-ms-wma", "wma" },
    [HTH_FORMAT_AAC] = { "audio/aac", "aac", NULL, NULL },
    [HTH_FORMAT_MATROSKA] = { "video/x-matroska", "mkv", "audio/x-matroska", "mka" },
    [HTH_FORMAT_WEBM] = { "video/webm", "webm", "audio/webm", "webm" },
    [HTH_FORMAT_AVI] = { "video/x-msvideo", "avi", NULL, NULL },
    [HTH_FORMAT_MPEG_TS] = { "video/mp2t", "ts", NULL, NULL },
    [HTH_FORMAT_MPEG_TS_192] = { "video/vnd.dlna.mpeg-tts", "m2ts", NULL, NULL },
    [HTH_FORMAT_MPEG_PS] = { "video/mpeg", "mpg", NULL, NULL },
    [HTH_FORMAT_JPEG] = { "image/jpeg", "jpg", NULL, NULL },
    [HTH_FORMAT_PNG] = { "image/png", "png", NULL, NULL },
    [HTH_FORMAT_WEBP] = { "image/webp", "webp", NULL, NULL },
    [HTH_FORMAT_GIF] = { "image/gif", "gif", NULL, NULL },
    [HTH_FORMAT_TIFF] = { "image/tiff", "tiff", NULL, NULL },
    [HTH_FORMAT_HEIF] = { "image/heic", "heic", NULL, NULL },
    [HTH_FORMAT_BMP] = { "image/bmp", "bmp", NULL, NULL },
    [HTH_FORMAT_M3U] = { "audio/x-mpegurl", "m3u", NULL, NULL },
    [HTH_FORMAT_M3U8] = { "audio/x-mpegurl", "m3u8", NULL, NULL },
    [HTH_FORMAT_PLS] = { "audio/x-scpls", "pls", NULL, NULL },
    [HTH_FORMAT_SRT] = { "application/x-subrip", "srt", NULL, NULL },
    [HTH_FORMAT_VTT] = { "text/vtt", "vtt", NULL, NULL },
    [HTH_FORMAT_ASS] = { "text/x-ssa", "ass", NULL, NULL },
};
G_STATIC_ASSERT(G_N_ELEMENTS(types) == HTH_N_FORMATS);

static int compare_extension(const void *key, const void *row)
{
    return g_ascii_strcasecmp(key, ((const NameRow *)row)->extension);
}

/* A name that is only an extension (".mp3") is a hidden file, and not media. */
static const NameRow *row_of(const char *name)
{
    const char *dot = strrchr(name, '.');
    if (dot == NULL || dot == name || dot[-1] == '/')
        return NULL;
    return bsearch(dot + 1, names, G_N_ELEMENTS(names), sizeof names[0], compare_extension);
}

HthMediaFormat hth_media_format_from_name(const char *name)
{
    const NameRow *row = row_of(name);
    return row != NULL ? row->format : HTH_FORMAT_UNKNOWN;
}

/* "AlbumArt_{GUID}_Large.jpg" is what Windows Media Player leaves beside the music. */
static gboolean is_folder_picture(const char *name)
{
    static const char *const whole_names[] = { "cover", "folder", "front", "albumart" };
    const char *slash = strrchr(name, '/');
    const char *base = slash != NULL ? slash + 1 : name;
    const gsize length = (gsize)(strrchr(base, '.') - base);
    for (guint i = 0; i < G_N_ELEMENTS(whole_names); i++) {
        if (strlen(whole_names[i]) == length &&
            g_ascii_strncasecmp(base, whole_names[i], length) == 0)
            return TRUE;
    }
    return g_ascii_strncasecmp(base, "albumart", strlen("albumart")) == 0;
}

HthMediaKind hth_media_kind_from_name(const char *name)
{
    const NameRow *row = row_of(name);
    if (row == NULL)
        return HTH_MEDIA_NONE;
    if (row->kind == HTH_MEDIA_PHOTO && is_folder_picture(name))
        return HTH_MEDIA_PICTURE;
    return row->kind;
}

static const TypeRow *type_of(HthMediaFormat format)
{
    return (guint)format < HTH_N_FORMATS ? &types[format] : &types[HTH_FORMAT_UNKNOWN];
}

const char *hth_media_mime_type(HthMediaFormat format, HthMediaKind kind)
{
    const TypeRow *row = type_of(format);
    return kind == HTH_MEDIA_AUDIO && row->audio_mime != NULL ? row->audio_mime : row->mime;
}

const char *hth_media_extension(HthMediaFormat format, HthMediaKind kind)
{
    const TypeRow *row = type_of(format);
    return kind == HTH_MEDIA_AUDIO && row->audio_extension != NULL ? row->audio_extension
                                                                   : row->extension;
}
