/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "object-json.h"

#include "base/json.h"
#include "media/media-type.h"

static const char *const kind_names[HTH_N_OBJECT_CLASSES] = {
    [HTH_OBJECT_CONTAINER] = "container", [HTH_OBJECT_FOLDER] = "folder",
    [HTH_OBJECT_ARTIST] = "artist",       [HTH_OBJECT_ALBUM] = "album",
    [HTH_OBJECT_GENRE] = "genre",         [HTH_OBJECT_PHOTO_ALBUM] = "photo-album",
    [HTH_OBJECT_PLAYLIST] = "playlist",   [HTH_OBJECT_MUSIC_TRACK] = "track",
    [HTH_OBJECT_VIDEO] = "video",         [HTH_OBJECT_PHOTO] = "photo",
};

const char *hth_object_kind_name(HthObjectClass class)
{
    g_return_val_if_fail(class < HTH_N_OBJECT_CLASSES, "container");
    return kind_names[class];
}

gboolean hth_object_kind_from_name(const char *name, HthObjectClass *out_class)
{
    for (guint i = 0; i < G_N_ELEMENTS(kind_names); i++) {
        if (g_strcmp0(name, kind_names[i]) == 0) {
            *out_class = i;
            return TRUE;
        }
    }
    return FALSE;
}

static void add_subtitles(JsonObject *json, const GPtrArray *subtitles)
{
    if (subtitles == NULL || subtitles->len == 0)
        return;
    JsonArray *array = json_array_new();
    for (guint i = 0; i < subtitles->len; i++) {
        const HthSubtitle *subtitle = subtitles->pdata[i];
        JsonObject *each = json_object_new();
        hth_json_set_text(each, "language", subtitle->language);
        g_autofree char *url =
            g_strdup_printf("/m/%s/original.%s", subtitle->leaf_id,
                            hth_media_extension(subtitle->format, HTH_MEDIA_SUBTITLE));
        json_object_set_string_member(each, "url", url);
        json_array_add_object_element(array, each);
    }
    json_object_set_array_member(json, "subtitles", array);
}

static void add_urls(JsonObject *json, const HthObject *object)
{
    g_autofree char *original = g_strdup_printf("/m/%s/original.%s", object->leaf_id,
                                                hth_media_extension(object->format, object->kind));
    json_object_set_string_member(json, "url", original);
    json_object_set_string_member(json, "mime_type",
                                  hth_media_mime_type(object->format, object->kind));
    if (object->class != HTH_OBJECT_PHOTO)
        return;
    g_autofree char *picture = g_strdup_printf("/m/%s/jpeg-1024.jpg", object->leaf_id);
    json_object_set_string_member(json, "picture_url", picture);
}

static void add_technical(JsonObject *json, const HthObject *object)
{
    hth_json_set_number(json, "size_bytes", object->size_bytes);
    hth_json_set_number(json, "mtime_unix_s", object->mtime_unix_s);
    hth_json_set_number(json, "duration_ms", object->duration_ms);
    hth_json_set_number(json, "bitrate_bps", object->bitrate_bps);
    hth_json_set_number(json, "sample_rate_hz", object->sample_rate_hz);
    hth_json_set_number(json, "channels", object->channels);
    hth_json_set_number(json, "bits_per_sample", object->bits_per_sample);
    hth_json_set_number(json, "width", object->width);
    hth_json_set_number(json, "height", object->height);
    if (object->frame_rate > 0)
        json_object_set_double_member(json, "frame_rate", object->frame_rate);
    hth_json_set_text(json, "audio_codec", object->audio_codec);
    hth_json_set_text(json, "video_codec", object->video_codec);
    hth_json_set_text(json, "video_profile", object->video_profile);
    json_object_set_boolean_member(json, "is_available", object->is_available);
    json_object_set_boolean_member(json, "is_probed", object->is_probed);
}

static void add_play_state(JsonObject *json, const HthObject *object)
{
    json_object_set_int_member(json, "play_count", object->play_count);
    hth_json_set_number(json, "last_played_unix_s", object->last_played_unix_s);
    hth_json_set_number(json, "position_ms", object->position_ms);
    hth_json_set_number(json, "rating", object->rating);
    if (object->is_favourite)
        json_object_set_boolean_member(json, "is_favourite", TRUE);
}

static void add_item(JsonObject *json, const HthObject *object)
{
    hth_json_set_text(json, "file_name", object->file_name);
    hth_json_set_number(json, "track", object->track);
    hth_json_set_number(json, "track_total", object->track_total);
    hth_json_set_number(json, "disc", object->disc);
    hth_json_set_number(json, "disc_total", object->disc_total);
    hth_json_set_text(json, "album", object->album);
    hth_json_set_text(json, "album_id", object->album_id);
    add_urls(json, object);
    add_technical(json, object);
    add_subtitles(json, object->subtitles);
    add_play_state(json, object);
}

JsonObject *hth_object_to_json(const HthObject *object, const char *id, const char *parent_id)
{
    JsonObject *json = json_object_new();
    json_object_set_string_member(json, "id", id != NULL ? id : object->leaf_id);
    json_object_set_string_member(json, "parent_id",
                                  parent_id != NULL ? parent_id : object->parent_id);
    json_object_set_string_member(json, "kind", hth_object_kind_name(object->class));
    json_object_set_string_member(json, "title", object->title);
    hth_json_set_text_list(json, "artists", object->artists);
    hth_json_set_text_list(json, "album_artists", object->album_artists);
    hth_json_set_text_list(json, "composers", object->composers);
    hth_json_set_text_list(json, "genres", object->genres);
    hth_json_set_text(json, "date", object->date);
    hth_json_set_number(json, "added_unix_s", object->added_unix_s);
    if (object->artwork_id != NULL) {
        g_autofree char *url = g_strdup_printf("/a/%s/640.jpg", object->artwork_id);
        json_object_set_string_member(json, "artwork_url", url);
    }
    if (hth_object_is_container(object))
        json_object_set_int_member(json, "child_count", object->child_count);
    else
        add_item(json, object);
    return json;
}
