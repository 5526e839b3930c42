/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "library/ref.h"

#include <string.h>

#include "base/text.h"

const HthStaticInfo hth_static_containers[HTH_N_STATIC_CONTAINERS] = {
    [HTH_STATIC_ROOT] = { "0", "hearth", -1 },
    [HTH_STATIC_MUSIC] = { "music", "Music", HTH_STATIC_ROOT },
    [HTH_STATIC_MUSIC_ARTISTS] = { "music-artists", "Artists", HTH_STATIC_MUSIC },
    [HTH_STATIC_MUSIC_ALBUM_ARTISTS] = { "music-album-artists", "Album artists", HTH_STATIC_MUSIC },
    [HTH_STATIC_MUSIC_ALBUMS] = { "music-albums", "Albums", HTH_STATIC_MUSIC },
    [HTH_STATIC_MUSIC_GENRES] = { "music-genres", "Genres", HTH_STATIC_MUSIC },
    [HTH_STATIC_MUSIC_COMPOSERS] = { "music-composers", "Composers", HTH_STATIC_MUSIC },
    [HTH_STATIC_MUSIC_YEARS] = { "music-years", "Years", HTH_STATIC_MUSIC },
    [HTH_STATIC_MUSIC_FOLDERS] = { "music-folders", "Folders", HTH_STATIC_MUSIC },
    [HTH_STATIC_MUSIC_RECENT] = { "music-recent", "Recently added", HTH_STATIC_MUSIC },
    [HTH_STATIC_MUSIC_MOST_PLAYED] = { "music-most-played", "Most played", HTH_STATIC_MUSIC },
    [HTH_STATIC_MUSIC_PLAYLISTS] = { "music-playlists", "Playlists", HTH_STATIC_MUSIC },
    [HTH_STATIC_MUSIC_ALL] = { "music-all", "All music", HTH_STATIC_MUSIC },
    [HTH_STATIC_VIDEO] = { "video", "Videos", HTH_STATIC_ROOT },
    [HTH_STATIC_VIDEO_FOLDERS] = { "video-folders", "Folders", HTH_STATIC_VIDEO },
    [HTH_STATIC_VIDEO_RECENT] = { "video-recent", "Recently added", HTH_STATIC_VIDEO },
    [HTH_STATIC_VIDEO_ALL] = { "video-all", "All videos", HTH_STATIC_VIDEO },
    [HTH_STATIC_PHOTO] = { "photo", "Photos", HTH_STATIC_ROOT },
    [HTH_STATIC_PHOTO_DATES] = { "photo-dates", "Dates", HTH_STATIC_PHOTO },
    [HTH_STATIC_PHOTO_FOLDERS] = { "photo-folders", "Folders", HTH_STATIC_PHOTO },
    [HTH_STATIC_PHOTO_CAMERAS] = { "photo-cameras", "Cameras", HTH_STATIC_PHOTO },
    [HTH_STATIC_PHOTO_ALL] = { "photo-all", "All photos", HTH_STATIC_PHOTO },
};

/* Prefixes are looked for in this order, so one that begins another comes after it. */
const HthRefKindInfo hth_ref_kinds[HTH_N_REF_KINDS] = {
    [HTH_REF_STATIC] = { NULL, HTH_OBJECT_CONTAINER, -1, 0, FALSE },
    [HTH_REF_ITEM] = { NULL, HTH_OBJECT_MUSIC_TRACK, -1, 0, FALSE },
    [HTH_REF_ALBUM] = { "album-", HTH_OBJECT_ALBUM, HTH_STATIC_MUSIC_ALBUMS, 0, FALSE },
    [HTH_REF_PLAYLIST] = { "playlist-", HTH_OBJECT_PLAYLIST, HTH_STATIC_MUSIC_PLAYLISTS, 0, FALSE },
    [HTH_REF_OWN_PLAYLIST] = { "list-", HTH_OBJECT_PLAYLIST, HTH_STATIC_MUSIC_PLAYLISTS, 0, FALSE },
    [HTH_REF_FOLDER_AUDIO] = { "mfolder-", HTH_OBJECT_FOLDER, -1, 0, FALSE },
    [HTH_REF_FOLDER_VIDEO] = { "vfolder-", HTH_OBJECT_FOLDER, -1, 0, FALSE },
    [HTH_REF_FOLDER_PHOTO] = { "pfolder-", HTH_OBJECT_PHOTO_ALBUM, -1, 0, FALSE },
    [HTH_REF_ARTIST] = { "artist-", HTH_OBJECT_ARTIST, HTH_STATIC_MUSIC_ARTISTS, 0, FALSE },
    [HTH_REF_ALBUM_ARTIST] = { "aartist-", HTH_OBJECT_ARTIST, HTH_STATIC_MUSIC_ALBUM_ARTISTS, 0,
                               FALSE },
    [HTH_REF_COMPOSER] = { "composer-", HTH_OBJECT_ARTIST, HTH_STATIC_MUSIC_COMPOSERS, 0, FALSE },
    [HTH_REF_GENRE] = { "genre-", HTH_OBJECT_GENRE, HTH_STATIC_MUSIC_GENRES, 0, FALSE },
    [HTH_REF_YEAR] = { "year-", HTH_OBJECT_CONTAINER, HTH_STATIC_MUSIC_YEARS, 0, TRUE },
    [HTH_REF_ARTIST_TRACKS] = { "tartist-", HTH_OBJECT_CONTAINER, -1, HTH_REF_ARTIST, FALSE },
    [HTH_REF_ALBUM_ARTIST_TRACKS] = { "taartist-", HTH_OBJECT_CONTAINER, -1, HTH_REF_ALBUM_ARTIST,
                                      FALSE },
    [HTH_REF_COMPOSER_TRACKS] = { "tcomposer-", HTH_OBJECT_CONTAINER, -1, HTH_REF_COMPOSER, FALSE },
    [HTH_REF_GENRE_TRACKS] = { "tgenre-", HTH_OBJECT_CONTAINER, -1, HTH_REF_GENRE, FALSE },
    [HTH_REF_YEAR_TRACKS] = { "tyear-", HTH_OBJECT_CONTAINER, -1, HTH_REF_YEAR, TRUE },
    [HTH_REF_PHOTO_YEAR] = { "pyear-", HTH_OBJECT_PHOTO_ALBUM, HTH_STATIC_PHOTO_DATES, 0, TRUE },
    [HTH_REF_PHOTO_MONTH] = { "pmonth-", HTH_OBJECT_PHOTO_ALBUM, -1, 0, TRUE },
    [HTH_REF_CAMERA] = { "camera-", HTH_OBJECT_PHOTO_ALBUM, HTH_STATIC_PHOTO_CAMERAS, 0, FALSE },
};

static gboolean parse_number(const char *text, gsize length, guint64 *out_number)
{
    guint64 number = 0;
    for (gsize i = 0; i < length; i++) {
        if (!g_ascii_isdigit(text[i]))
            return FALSE;
        number = number * 10 + (guint64)(text[i] - '0');
    }
    *out_number = number;
    /* "0123" and "123" must not be two names of one thing. */
    return length > 0 && length <= 8 && (text[0] != '0' || length == 1);
}

static gboolean parse_digest(const char *text, gsize length, guint64 *out_digest)
{
    if (length != HTH_TEXT_ID_LENGTH)
        return FALSE;
    char digest[HTH_TEXT_ID_LENGTH + 1];
    memcpy(digest, text, HTH_TEXT_ID_LENGTH);
    digest[HTH_TEXT_ID_LENGTH] = '\0';
    return hth_text_id_decode(digest, out_digest);
}

static gboolean parse_static(const char *text, gsize length, guint64 *out_static)
{
    for (guint i = 0; i < HTH_N_STATIC_CONTAINERS; i++) {
        const char *id = hth_static_containers[i].id;
        if (strlen(id) == length && memcmp(id, text, length) == 0) {
            *out_static = i;
            return TRUE;
        }
    }
    return FALSE;
}

gboolean hth_leaf_id_parse(const char *text, gsize length, HthLeafId *out_id)
{
    if (parse_static(text, length, &out_id->key)) {
        out_id->kind = HTH_REF_STATIC;
        return TRUE;
    }
    for (guint i = 0; i < HTH_N_REF_KINDS; i++) {
        const HthRefKindInfo *info = &hth_ref_kinds[i];
        const gsize skip = info->prefix != NULL ? strlen(info->prefix) : 0;
        if (skip == 0 || length <= skip || memcmp(text, info->prefix, skip) != 0)
            continue;
        out_id->kind = i;
        return info->is_number ? parse_number(text + skip, length - skip, &out_id->key)
                               : parse_digest(text + skip, length - skip, &out_id->key);
    }
    out_id->kind = HTH_REF_ITEM;
    return parse_digest(text, length, &out_id->key);
}

char *hth_leaf_id_format(HthRefKind kind, guint64 key)
{
    g_return_val_if_fail(kind > 0 && kind < HTH_N_REF_KINDS, NULL);
    if (kind == HTH_REF_STATIC)
        return g_strdup(hth_static_containers[key].id);
    const HthRefKindInfo *info = &hth_ref_kinds[kind];
    if (info->is_number)
        return g_strdup_printf("%s%" G_GUINT64_FORMAT, info->prefix, key);
    char digest[HTH_TEXT_ID_LENGTH + 1];
    hth_text_id_encode(key, digest);
    return g_strconcat(info->prefix != NULL ? info->prefix : "", digest, NULL);
}
