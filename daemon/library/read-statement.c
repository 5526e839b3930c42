/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "library/library-private.h"
#include "library/write-statement.h"

const char *const hth_read_statements[HTH_N_READ_STATEMENTS] = {
    [HTH_READ_ITEM] =
        "SELECT i.permanent_id, i.folder_id, i.name, i.kind, i.format, i.size, i.mtime_ns, i.state,"
        " i.added_s, i.title, i.album_id, i.disc, i.disc_total, i.track, i.track_total, i.date,"
        " i.duration_ms, i.bitrate_bps, i.sample_rate_hz, i.channels, i.bits_per_sample, i.width,"
        " i.height, i.frame_rate, i.audio_codec, i.video_codec, i.video_profile, i.video_level,"
        " i.orientation, i.artwork_id, i.play_count, i.last_played_s, i.position_ms, i.rating,"
        " r.is_available, f.digest, b.title, b.digest, w.digest, p.permanent_id, i.album_title,"
        " aa.name, i.is_favourite"
        " FROM item i JOIN root r ON r.id = i.root_id JOIN folder f ON f.id = i.folder_id"
        " LEFT JOIN album b ON b.id = i.album_id LEFT JOIN artwork w ON w.id = i.artwork_id"
        " LEFT JOIN item p ON p.id = f.picture_id LEFT JOIN artist aa ON aa.id = b.artist_id"
        " WHERE i.id = ?1",
    [HTH_READ_ITEM_ARTISTS] = "SELECT x.role, a.name FROM item_artist x JOIN artist a"
                              " ON a.id = x.artist_id WHERE x.item_id = ?1"
                              " ORDER BY x.role, x.position",
    [HTH_READ_ITEM_GENRES] = "SELECT g.name FROM item_genre x JOIN genre g ON g.id = x.genre_id"
                             " WHERE x.item_id = ?1 ORDER BY x.position",
    [HTH_READ_ITEM_BY_PERMANENT_ID] = "SELECT id, kind FROM item WHERE permanent_id = ?1",
    [HTH_READ_ITEM_PERMANENT_ID] = "SELECT permanent_id FROM item WHERE id = ?1",
    [HTH_READ_SUBTITLES] = "SELECT permanent_id, name, format FROM item"
                           " WHERE folder_id = ?1 AND kind = 5",
    [HTH_READ_ALBUM] = "SELECT b.digest, b.title, b.year, b.added_s, a.name, b.artwork_item_id"
                       " FROM album b LEFT JOIN artist a ON a.id = b.artist_id WHERE b.id = ?1",
    [HTH_READ_ALBUM_BY_DIGEST] = "SELECT id FROM album WHERE digest = ?1",
    [HTH_READ_ALBUM_GENRES] = "SELECT DISTINCT g.name FROM item i JOIN item_genre x"
                              " ON x.item_id = i.id JOIN genre g ON g.id = x.genre_id"
                              " WHERE i.album_id = ?1 AND i.album_id > 0 LIMIT 4",
    [HTH_READ_ARTIST] = "SELECT digest, name FROM artist WHERE id = ?1",
    [HTH_READ_ARTIST_BY_DIGEST] = "SELECT id FROM artist WHERE digest = ?1",
    [HTH_READ_GENRE] = "SELECT digest, name FROM genre WHERE id = ?1",
    [HTH_READ_GENRE_BY_DIGEST] = "SELECT id FROM genre WHERE digest = ?1",
    [HTH_READ_CAMERA] = "SELECT digest, name FROM camera WHERE id = ?1",
    [HTH_READ_CAMERA_BY_DIGEST] = "SELECT id FROM camera WHERE digest = ?1",
    [HTH_READ_FOLDER] = "SELECT f.digest, f.title, f.parent_id, u.digest, r.path, f.mtime_ns,"
                        " p.permanent_id FROM folder f JOIN root r ON r.id = f.root_id"
                        " LEFT JOIN folder u ON u.id = f.parent_id"
                        " LEFT JOIN item p ON p.id = f.picture_id WHERE f.id = ?1",
    [HTH_READ_FOLDER_BY_DIGEST] = "SELECT id FROM folder WHERE digest = ?1",
    [HTH_READ_OWN_PLAYLIST] = "SELECT permanent_id, title FROM own_playlist WHERE id = ?1",
    [HTH_READ_OWN_PLAYLIST_BY_ID] = "SELECT id FROM own_playlist WHERE permanent_id = ?1",
    [HTH_READ_CONTAINER_UPDATE] = "SELECT update_id FROM container_update WHERE ref = ?1",
    [HTH_READ_YEAR_EXISTS] = "SELECT 1 FROM item WHERE year = ?1 AND year > 0 LIMIT 1",
    [HTH_READ_MONTH_EXISTS] = "SELECT 1 FROM item WHERE month = ?1 AND month > 0 LIMIT 1",
    [HTH_READ_PHOTO_YEAR_EXISTS] = "SELECT 1 FROM item WHERE month > 0"
                                   " AND month BETWEEN ?1 * 100 AND ?1 * 100 + 99 LIMIT 1",
    [HTH_READ_FILE] = "SELECT i.id, i.folder_id, i.name, r.is_available, i.format, i.kind,"
                      " i.mtime_ns, i.size"
                      " FROM item i JOIN root r ON r.id = i.root_id WHERE i.permanent_id = ?1",
    [HTH_READ_FOLDER_PATH] = HTH_FOLDER_PATH_SQL,
    [HTH_READ_ARTWORK_FILE] = "SELECT i.permanent_id FROM artwork w JOIN item i"
                              " ON i.artwork_id = w.id AND i.artwork_id > 0"
                              " JOIN root r ON r.id = i.root_id AND r.is_available"
                              " WHERE w.digest = ?1 LIMIT 1",
    [HTH_READ_COUNTS] = "SELECT (SELECT count(*) FROM album WHERE n_tracks > 0),"
                        " (SELECT count(*) FROM artist WHERE n_tracks > 0),"
                        " (SELECT count(*) FROM genre WHERE n_tracks > 0),"
                        " (SELECT count(*) FROM own_playlist)",
    [HTH_READ_KIND_SUMS] = "SELECT kind, count(*), sum(size), sum(duration_ms)"
                           " FROM item INDEXED BY item_sums GROUP BY kind",
    [HTH_READ_N_FAILED] = "SELECT count(*) FROM item WHERE state > 1",
    [HTH_READ_PROBLEMS] = "SELECT folder_id, name, failure, state FROM item WHERE state > 1"
                          " ORDER BY id LIMIT ?1",
    [HTH_READ_FOLDER_PROBLEMS] = "SELECT id, problem FROM folder WHERE problem IS NOT NULL"
                                 " ORDER BY id LIMIT ?1",
    [HTH_READ_ROOT_SUMS] =
        "SELECT count(*), coalesce(sum(i.size), 0) FROM root r JOIN item i"
        " INDEXED BY item_sums ON i.root_id = r.id WHERE r.path = ?1 AND i.kind IN (1, 2, 3)",
    [HTH_READ_TRACK_TITLES] = "SELECT id, title_folded FROM item WHERE kind = 1"
                              " ORDER BY title_key, title_folded, id",
    [HTH_READ_VIDEO_TITLES] = "SELECT id, title_folded FROM item WHERE kind = 2"
                              " ORDER BY title_key, title_folded, id",
    [HTH_READ_PHOTO_TITLES] = "SELECT id, title_folded FROM item WHERE kind = 3"
                              " ORDER BY title_key, title_folded, id",
    [HTH_READ_ALBUM_TITLES] = "SELECT id, title_folded FROM album WHERE n_tracks > 0"
                              " ORDER BY title_key, id",
    [HTH_READ_ARTIST_TITLES] = "SELECT id, name_folded FROM artist WHERE n_tracks > 0"
                               " ORDER BY name_key, id",
    [HTH_READ_GENRE_TITLES] = "SELECT id, name_folded FROM genre WHERE n_tracks > 0"
                              " ORDER BY name_key, id",
};
