/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "library/container.h"

#include "base/error.h"

/* Lists that are cut after so many. */
#define RECENT "500"

/* A unary + keeps a condition from choosing the index (sqlite.org/optoverview.html, section 8):
 * sorted by title, a folder's few tracks would else be looked for among all tracks in title order.
 */
#define ITEMS(from_, order_)                                                                       \
    {                                                                                              \
        HTH_REF_ITEM, "i.id", from_, order_, "i.title_key"                                         \
    }
#define ALBUM_ORDER "i.disc, i.track, i.title_key"
/* Of one title: by artist. */
#define ALBUM_LIST_ORDER                                                                           \
    "b.title_key, (SELECT a.name_key FROM artist a WHERE a.id = b.artist_id), b.year"
#define ALBUMS_OF(where_)                                                                          \
    {                                                                                              \
        HTH_REF_ALBUM, "b.id", "FROM album b WHERE " where_, "b.year, b.title_key", "b.title_key"  \
    }
#define ALL_TRACKS(kind_)                                                                          \
    {                                                                                              \
        kind_, "r.id", "FROM (SELECT ?1 AS id) r", "1", "1"                                        \
    }
#define FOLDERS(kind_, count_, where_)                                                             \
    {                                                                                              \
        kind_, "f.id", "FROM folder f WHERE " where_ " AND f." count_ " > 0",                      \
            "f.title_key, f.name", "f.title_key"                                                   \
    }
#define TRACKS_OF_ARTIST(role_)                                                                    \
    ITEMS("FROM item_artist x JOIN item i ON i.id = x.item_id LEFT JOIN album b ON b.id ="         \
          " i.album_id WHERE x.artist_id = ?1 AND x.role = " role_ " AND x.kind = 1",              \
          "b.title_key, b.id, " ALBUM_ORDER)
#define ALBUMS_OF_ARTIST(role_)                                                                    \
    ALBUMS_OF("b.id IN (SELECT i.album_id FROM item_artist x JOIN item i ON i.id = x.item_id"      \
              " WHERE x.artist_id = ?1 AND x.role = " role_ " AND x.kind = 1 AND i.album_id > 0)")
#define NEWEST(kind_)                                                                              \
    ITEMS("FROM (SELECT id FROM item WHERE kind = " kind_ " ORDER BY added_s DESC, id DESC"        \
          " LIMIT " RECENT ") r JOIN item i ON i.id = r.id",                                       \
          "i.added_s DESC")

static const HthContainerInfo statics[HTH_N_STATIC_CONTAINERS] = {
    [HTH_STATIC_MUSIC_ARTISTS] = { { { HTH_REF_ARTIST, "a.id", "FROM artist a WHERE a.n_tracks > 0",
                                       "a.name_key", "a.name_key" } },
                                   TRUE },
    [HTH_STATIC_MUSIC_ALBUM_ARTISTS] = { { { HTH_REF_ALBUM_ARTIST, "a.id",
                                             "FROM artist a WHERE a.n_albums > 0", "a.name_key",
                                             "a.name_key" } },
                                         TRUE },
    [HTH_STATIC_MUSIC_ALBUMS] = { { { HTH_REF_ALBUM, "b.id", "FROM album b WHERE b.n_tracks > 0",
                                      ALBUM_LIST_ORDER, "b.title_key" } },
                                  TRUE },
    [HTH_STATIC_MUSIC_GENRES] = { { { HTH_REF_GENRE, "g.id", "FROM genre g WHERE g.n_tracks > 0",
                                      "g.name_key", "g.name_key" } },
                                  TRUE },
    [HTH_STATIC_MUSIC_COMPOSERS] = { { { HTH_REF_COMPOSER, "a.id",
                                         "FROM artist a WHERE a.n_composed > 0", "a.name_key",
                                         "a.name_key" } },
                                     TRUE },
    [HTH_STATIC_MUSIC_YEARS] = { { { HTH_REF_YEAR, "y.year",
                                     "FROM (SELECT DISTINCT year FROM item WHERE year > 0) y",
                                     "y.year DESC", "y.year" } },
                                 TRUE },
    [HTH_STATIC_MUSIC_FOLDERS] = { { FOLDERS(HTH_REF_FOLDER_AUDIO, "n_audio", "f.parent_id = 0") },
                                   TRUE },
    [HTH_STATIC_MUSIC_RECENT] = { { NEWEST("1") }, FALSE },
    [HTH_STATIC_MUSIC_MOST_PLAYED] = { { ITEMS("FROM (SELECT id FROM item WHERE play_count > 0"
                                               " AND kind = 1 ORDER BY play_count DESC,"
                                               " last_played_s DESC, id LIMIT " RECENT
                                               ") r JOIN item i ON i.id = r.id",
                                               "i.play_count DESC, i.last_played_s DESC") },
                                       FALSE },
    [HTH_STATIC_MUSIC_PLAYLISTS] = { { { HTH_REF_OWN_PLAYLIST, "p.id", "FROM own_playlist p",
                                         "p.title_key", "p.title_key" },
                                       { HTH_REF_PLAYLIST, "i.id", "FROM item i WHERE i.kind = 4",
                                         "i.title_key", "i.title_key" } },
                                     TRUE },
    [HTH_STATIC_MUSIC_ALL] = { { ITEMS("FROM item i WHERE i.kind = 1",
                                       "i.title_key, i.title_folded") },
                               FALSE },
    [HTH_STATIC_VIDEO_FOLDERS] = { { FOLDERS(HTH_REF_FOLDER_VIDEO, "n_video", "f.parent_id = 0") },
                                   TRUE },
    [HTH_STATIC_VIDEO_RECENT] = { { NEWEST("2") }, FALSE },
    [HTH_STATIC_VIDEO_ALL] = { { ITEMS("FROM item i WHERE i.kind = 2",
                                       "i.title_key, i.title_folded") },
                               FALSE },
    [HTH_STATIC_PHOTO_DATES] = { { { HTH_REF_PHOTO_YEAR, "y.year",
                                     "FROM (SELECT DISTINCT month / 100 AS year FROM item"
                                     " WHERE month > 0) y",
                                     "y.year DESC", "y.year" } },
                                 TRUE },
    [HTH_STATIC_PHOTO_FOLDERS] = { { FOLDERS(HTH_REF_FOLDER_PHOTO, "n_photo", "f.parent_id = 0") },
                                   TRUE },
    [HTH_STATIC_PHOTO_CAMERAS] = { { { HTH_REF_CAMERA, "c.id", "FROM camera c WHERE c.n_photos > 0",
                                       "c.name_key", "c.name_key" } },
                                   TRUE },
    [HTH_STATIC_PHOTO_ALL] = { { ITEMS("FROM item i WHERE i.kind = 3", "i.date, i.title_key") },
                               FALSE },
};

static const HthContainerInfo kinds[HTH_N_REF_KINDS] = {
    [HTH_REF_ALBUM] = { { ITEMS("FROM item i WHERE i.album_id = ?1 AND i.album_id > 0",
                                ALBUM_ORDER) },
                        FALSE },
    [HTH_REF_PLAYLIST] = { { ITEMS("FROM playlist_entry e JOIN item i ON i.id = e.item_id"
                                   " WHERE e.playlist_id = ?1 AND e.item_id > 0"
                                   " AND i.kind IN (1, 2, 3)",
                                   "e.position") },
                           FALSE },
    [HTH_REF_OWN_PLAYLIST] = { { ITEMS("FROM own_playlist_entry e JOIN item i"
                                       " ON i.permanent_id = e.permanent_id"
                                       " WHERE e.playlist_id = ?1 AND i.kind IN (1, 2, 3)",
                                       "e.position") },
                               FALSE },
    [HTH_REF_FOLDER_AUDIO] = { { FOLDERS(HTH_REF_FOLDER_AUDIO, "n_audio", "f.parent_id = ?1"),
                                 ITEMS("FROM item i WHERE i.folder_id = ?1 AND +i.kind = 1",
                                       ALBUM_ORDER) },
                               TRUE },
    [HTH_REF_FOLDER_VIDEO] = { { FOLDERS(HTH_REF_FOLDER_VIDEO, "n_video", "f.parent_id = ?1"),
                                 ITEMS("FROM item i WHERE i.folder_id = ?1 AND +i.kind = 2",
                                       "i.title_key") },
                               TRUE },
    [HTH_REF_FOLDER_PHOTO] = { { FOLDERS(HTH_REF_FOLDER_PHOTO, "n_photo", "f.parent_id = ?1"),
                                 ITEMS("FROM item i WHERE i.folder_id = ?1 AND +i.kind = 3",
                                       "i.date, i.title_key") },
                               TRUE },
    [HTH_REF_ARTIST] = { { ALL_TRACKS(HTH_REF_ARTIST_TRACKS), ALBUMS_OF_ARTIST("0") }, FALSE },
    [HTH_REF_ALBUM_ARTIST] = { { ALL_TRACKS(HTH_REF_ALBUM_ARTIST_TRACKS),
                                 ALBUMS_OF("b.artist_id = ?1") },
                               FALSE },
    [HTH_REF_COMPOSER] = { { ALL_TRACKS(HTH_REF_COMPOSER_TRACKS), ALBUMS_OF_ARTIST("2") }, FALSE },
    [HTH_REF_GENRE] = { { ALL_TRACKS(HTH_REF_GENRE_TRACKS),
                          ALBUMS_OF("b.id IN (SELECT i.album_id FROM item_genre x JOIN item i"
                                    " ON i.id = x.item_id WHERE x.genre_id = ?1"
                                    " AND x.kind = 1 AND i.album_id > 0)") },
                        FALSE },
    [HTH_REF_YEAR] = { { ALL_TRACKS(HTH_REF_YEAR_TRACKS),
                         ALBUMS_OF("b.id IN (SELECT i.album_id FROM item i WHERE i.year = ?1"
                                   " AND i.year > 0 AND i.album_id > 0)") },
                       FALSE },
    [HTH_REF_ARTIST_TRACKS] = { { TRACKS_OF_ARTIST("0") }, FALSE },
    [HTH_REF_ALBUM_ARTIST_TRACKS] = { { ITEMS("FROM album b JOIN item i ON i.album_id = b.id"
                                              " AND i.album_id > 0 WHERE b.artist_id = ?1",
                                              "b.title_key, b.id, " ALBUM_ORDER) },
                                      FALSE },
    [HTH_REF_COMPOSER_TRACKS] = { { TRACKS_OF_ARTIST("2") }, FALSE },
    [HTH_REF_GENRE_TRACKS] = { { ITEMS("FROM item_genre x JOIN item i ON i.id = x.item_id"
                                       " WHERE x.genre_id = ?1 AND x.kind = 1",
                                       "i.title_key") },
                               FALSE },
    [HTH_REF_YEAR_TRACKS] = { { ITEMS("FROM item i WHERE i.year = ?1 AND i.year > 0",
                                      "i.title_key") },
                              FALSE },
    [HTH_REF_PHOTO_YEAR] = { { { HTH_REF_PHOTO_MONTH, "m.month",
                                 "FROM (SELECT DISTINCT month FROM item WHERE month > 0"
                                 " AND month BETWEEN ?1 * 100 AND ?1 * 100 + 99) m",
                                 "m.month", "m.month" } },
                             TRUE },
    [HTH_REF_PHOTO_MONTH] = { { ITEMS("FROM item i WHERE i.month = ?1 AND i.month > 0",
                                      "i.date, i.title_key") },
                              FALSE },
    [HTH_REF_CAMERA] = { { ITEMS("FROM item i WHERE i.camera_id = ?1 AND i.camera_id > 0",
                                 "i.date, i.title_key") },
                         FALSE },
};

const HthContainerInfo *hth_container_info(HthObjectRef ref)
{
    const HthRefKind kind = hth_ref_kind(ref);
    const HthContainerInfo *info = NULL;
    if (kind == HTH_REF_STATIC && hth_ref_row(ref) < HTH_N_STATIC_CONTAINERS)
        info = &statics[hth_ref_row(ref)];
    else if (kind < HTH_N_REF_KINDS)
        info = &kinds[kind];
    return info != NULL && info->parts[0].children != 0 ? info : NULL;
}

static const char *const item_properties[HTH_N_PROPERTIES] = {
    [HTH_PROPERTY_CLASS] = "i.kind",
    [HTH_PROPERTY_TITLE] = "i.title_key",
    [HTH_PROPERTY_ARTIST] = "(SELECT a.name_key FROM item_artist x JOIN artist a ON a.id ="
                            " x.artist_id WHERE x.item_id = i.id AND x.role = 0 ORDER BY"
                            " x.position LIMIT 1)",
    [HTH_PROPERTY_ALBUM_ARTIST] = "(SELECT a.name_key FROM album b JOIN artist a ON a.id ="
                                  " b.artist_id WHERE b.id = i.album_id)",
    [HTH_PROPERTY_COMPOSER] = "(SELECT a.name_key FROM item_artist x JOIN artist a ON a.id ="
                              " x.artist_id WHERE x.item_id = i.id AND x.role = 2 ORDER BY"
                              " x.position LIMIT 1)",
    [HTH_PROPERTY_ALBUM] = "(SELECT b.title_key FROM album b WHERE b.id = i.album_id)",
    [HTH_PROPERTY_GENRE] = "(SELECT g.name_key FROM item_genre x JOIN genre g ON g.id = x.genre_id"
                           " WHERE x.item_id = i.id ORDER BY x.position LIMIT 1)",
    [HTH_PROPERTY_DATE] = "i.date",
    [HTH_PROPERTY_TRACK] = "i.disc * 100000 + i.track",
    [HTH_PROPERTY_DISC] = "i.disc",
    [HTH_PROPERTY_SIZE] = "i.size",
    [HTH_PROPERTY_DURATION] = "i.duration_ms",
    [HTH_PROPERTY_BITRATE] = "i.bitrate_bps",
    [HTH_PROPERTY_PLAY_COUNT] = "i.play_count",
    [HTH_PROPERTY_LAST_PLAYED] = "i.last_played_s",
    [HTH_PROPERTY_RATING] = "i.rating",
    [HTH_PROPERTY_ADDED] = "i.added_s",
    [HTH_PROPERTY_ID] = "i.permanent_id",
};

const char *hth_item_property(HthProperty property)
{
    return property < HTH_N_PROPERTIES ? item_properties[property] : NULL;
}

char *hth_container_order(const HthContainerPart *part, const HthSort *sort, GError **error)
{
    if (sort == NULL || sort->n_keys == 0)
        return g_strconcat(part->order, ", ", part->select, NULL);
    g_autoptr(GString) order = g_string_new(NULL);
    for (guint i = 0; i < sort->n_keys; i++) {
        const HthSortKey *key = &sort->keys[i];
        const char *column = hth_item_property(key->property);
        if (column == NULL) {
            g_set_error(error, HTH_ERROR, HTH_ERROR_UNSUPPORTED,
                        "the library cannot sort by this property");
            return NULL;
        }
        /* Containers have a title to be sorted by, and nothing else. */
        if (part->children != HTH_REF_ITEM)
            column = key->property == HTH_PROPERTY_TITLE ? part->title : NULL;
        if (column != NULL)
            g_string_append_printf(order, "%s%s, ", column, key->is_descending ? " DESC" : "");
    }
    if (order->len == 0)
        g_string_append_printf(order, "%s, ", part->order);
    g_string_append(order, part->select);
    return g_strdup(order->str);
}
