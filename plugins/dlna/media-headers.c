/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "media-headers.h"

#include <string.h>

#include "didl.h"
#include "media/media-type.h"
#include "profile.h"

typedef struct {
    HthHttpRequest *request;
    HthMediaAnswer *answer;
    const HthClient *client;
    const char *mode; /* what is sent as transferMode.dlna.org */
    gboolean is_av;
    guint pixels; /* of a picture that is made: its side; 0: a file is sent as it is */
    HthLibrary *library;
} Asked;

static gboolean refuse(const Asked *asked, guint status, const char *sentence)
{
    hth_http_request_respond_error(asked->request, status, sentence);
    return FALSE;
}

static const char *header(const Asked *asked, const char *name)
{
    return hth_http_request_header(asked->request, name);
}

/* 7.5.4.3.2.12: the header's only value is 1. */
static gboolean check_features(const Asked *asked)
{
    const char *value = header(asked, "getcontentFeatures.dlna.org");
    if (value != NULL && strcmp(value, "1") != 0)
        return refuse(asked, 400, "getcontentFeatures.dlna.org must be 1.");
    return TRUE;
}

/* 7.5.4.3.2.13 to .16: sound and film stream, pictures and text are fetched. */
static gboolean check_mode(Asked *asked)
{
    const char *value = header(asked, "transferMode.dlna.org");
    asked->mode = asked->is_av ? "Streaming" : "Interactive";
    if (value == NULL)
        return TRUE;
    if (g_ascii_strcasecmp(value, "Background") == 0) {
        asked->mode = "Background";
        return TRUE;
    }
    const gboolean is_streaming = g_ascii_strcasecmp(value, "Streaming") == 0;
    if (!is_streaming && g_ascii_strcasecmp(value, "Interactive") != 0)
        return refuse(asked, 400, "transferMode.dlna.org is not a transfer mode.");
    if (is_streaming && !asked->is_av)
        return refuse(asked, 406, "This can not be streamed: ask for Interactive or Background.");
    if (!is_streaming && asked->is_av && !asked->client->is_transfer_mode_lenient)
        return refuse(asked, 406, "This can only be streamed or fetched in the background.");
    return TRUE;
}

/* 7.5.4.3.2.20: how late packets may be has no meaning for Interactive. */
static gboolean check_real_time(const Asked *asked)
{
    if (header(asked, "realTimeInfo.dlna.org") != NULL &&
        g_ascii_strcasecmp(asked->mode, "Interactive") == 0)
        return refuse(asked, 400, "realTimeInfo.dlna.org can not go with Interactive.");
    return TRUE;
}

/* Files are served by bytes, at their own speed. A Range beside wins over a time. */
static gboolean check_seek(const Asked *asked)
{
    const gboolean has_time = header(asked, "TimeSeekRange.dlna.org") != NULL;
    if (has_time && header(asked, "Range") == NULL)
        return refuse(asked, 406, "This is not served by time: use Range.");
    const char *speed = header(asked, "PlaySpeed.dlna.org");
    if (speed == NULL)
        return TRUE;
    if (!g_str_has_prefix(speed, "speed=") || speed[strlen("speed=")] == '\0')
        return refuse(asked, 400, "PlaySpeed.dlna.org is not a speed.");
    if (strcmp(speed, "speed=1") != 0)
        return refuse(asked, 406, "Only speed=1 is served.");
    return TRUE;
}

static HthMediaFace face_of(const HthObject *object)
{
    if (object->class == HTH_OBJECT_MUSIC_TRACK)
        return HTH_FACE_AUDIO;
    return object->class == HTH_OBJECT_PHOTO ? HTH_FACE_PHOTO : HTH_FACE_VIDEO;
}

static gboolean is_media_item(const HthObject *object)
{
    return object != NULL && !hth_object_is_container(object) &&
           (object->kind == HTH_MEDIA_AUDIO || object->kind == HTH_MEDIA_VIDEO ||
            object->kind == HTH_MEDIA_PHOTO);
}

/* Of a JPEG made of a photo, whose size follows from the photo's. */
static HthProfile photo_profile(const Asked *asked, const char *path)
{
    const char *leaf = path + strlen("/m/");
    g_autofree char *id = g_strndup(leaf, strcspn(leaf, "/"));
    g_autofree char *parent_id = NULL;
    g_autoptr(HthReader) reader = hth_library_acquire_reader(asked->library);
    g_autoptr(HthObject) object = hth_reader_object(reader, id, &parent_id, NULL);
    if (object == NULL)
        return HTH_PROFILE_NONE;
    guint width = object->width, height = object->height;
    hth_didl_fit(&width, &height, asked->pixels);
    return hth_profile_of_jpeg(width, height);
}

/* Of a picture that is made: as its res or its albumArtURI in DIDL says. */
static HthProfile picture_profile(const Asked *asked)
{
    const char *path = hth_http_request_path(asked->request);
    if (asked->pixels <= 160)
        return HTH_PROFILE_JPEG_TN;
    if (g_str_has_prefix(path, "/m/"))
        return photo_profile(asked, path);
    return asked->pixels <= 640 ? HTH_PROFILE_JPEG_MED : HTH_PROFILE_JPEG_LRG;
}

static const char *profile_name(const Asked *asked)
{
    const HthObject *object = asked->answer->object;
    if (asked->pixels > 0)
        return hth_profile_name(picture_profile(asked));
    if (!is_media_item(object))
        return NULL;
    return hth_didl_profile_name(asked->client, object->format, face_of(object),
                                 hth_profile_of(object));
}

static void add_features(const Asked *asked)
{
    g_auto(HthXmlOut) out = { 0 };
    hth_xml_out_init(&out, 128);
    const gboolean is_converted = asked->pixels > 0 && !asked->client->is_conversion_hidden;
    hth_didl_fourth_field(&out, profile_name(asked), !asked->is_av, is_converted);
    g_autofree char *features = hth_xml_out_steal(&out, NULL);
    hth_http_request_add_header(asked->request, "contentFeatures.dlna.org", features);
}

static void add_media_info(const Asked *asked)
{
    const HthObject *object = asked->answer->object;
    if (header(asked, "getMediaInfo.sec") == NULL || object == NULL || object->duration_ms <= 0)
        return;
    g_autofree char *info =
        g_strdup_printf("SEC_Duration=%" G_GINT64_FORMAT ";", object->duration_ms);
    hth_http_request_add_header(asked->request, "MediaInfo.sec", info);
}

static void add_caption_info(const Asked *asked)
{
    const HthObject *object = asked->answer->object;
    if (header(asked, "getCaptionInfo.sec") == NULL || !asked->client->caption_header ||
        object == NULL || object->subtitles == NULL || object->subtitles->len == 0)
        return;
    const HthSubtitle *subtitle = g_ptr_array_index(object->subtitles, 0);
    g_autofree char *url = g_strdup_printf(
        "%s/m/%s/original.%s", hth_http_request_base_url(asked->request), subtitle->leaf_id,
        hth_media_extension(subtitle->format, HTH_MEDIA_SUBTITLE));
    hth_http_request_add_header(asked->request, "CaptionInfo.sec", url);
}

/* Pictures that are made: /m/LEAF/jpeg-PIXELS.jpg of a photo, /a/ARTWORK/PIXELS.jpg. */
static guint made_pixels(HthHttpRequest *request)
{
    const char *path = hth_http_request_path(request);
    const char *name = strrchr(path, '/');
    if (name != NULL && g_str_has_prefix(name, "/jpeg-"))
        return (guint)MIN(g_ascii_strtoull(name + strlen("/jpeg-"), NULL, 10), 65535);
    if (name != NULL && g_str_has_prefix(path, "/a/"))
        return (guint)MIN(g_ascii_strtoull(name + 1, NULL, 10), 65535);
    return 0;
}

/* The type that the client's DIDL has for this file; NULL: as it is. */
static const char *told_type(const Asked *asked)
{
    const HthObject *object = asked->answer->object;
    if (object == NULL || asked->pixels > 0)
        return NULL;
    if (object->kind == HTH_MEDIA_SUBTITLE)
        return asked->client->caption_res_type;
    return is_media_item(object) ? asked->client->mime_type[object->format][face_of(object)] : NULL;
}

static void replace_type(Asked *asked)
{
    const char *type = told_type(asked);
    if (type == NULL || g_strcmp0(type, asked->answer->content_type) == 0)
        return;
    g_free(asked->answer->replaced_content_type);
    asked->answer->replaced_content_type = g_strdup(type);
}

gboolean hth_media_headers(HthHttpRequest *request, HthMediaAnswer *answer, gpointer data)
{
    HthDlna *dlna = data;
    GInetAddress *peer = hth_http_request_peer(request);
    if (peer == NULL)
        return TRUE; /* the household's own socket; no DLNA there */
    Asked asked = {
        .request = request,
        .answer = answer,
        .client = hth_client_table_of_media(hth_dlna_clients(dlna), request),
        .is_av = g_str_has_prefix(answer->content_type, "audio/") ||
                 g_str_has_prefix(answer->content_type, "video/") ||
                 strcmp(answer->content_type, "application/ogg") == 0,
        .pixels = made_pixels(request),
        .library = hth_dlna_library(dlna),
    };
    if (hth_host_device_policy(hth_dlna_host(dlna), peer) != HTH_DEVICE_ALLOWED)
        return refuse(&asked, 403, "This device may not play from here.");
    if (!check_features(&asked) || !check_mode(&asked) || !check_real_time(&asked) ||
        !check_seek(&asked))
        return FALSE;

    hth_http_request_add_header(request, "transferMode.dlna.org", asked.mode);
    if (asked.is_av)
        hth_http_request_add_header(request, "realTimeInfo.dlna.org", "DLNA.ORG_TLAG=*");
    add_features(&asked);
    add_media_info(&asked);
    add_caption_info(&asked);
    replace_type(&asked);
    return TRUE;
}
