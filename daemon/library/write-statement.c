/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "library/write-statement.h"

const char *const hth_write_statements[HTH_N_WRITE_STATEMENTS] = {
    [HTH_WRITE_META] = "SELECT value FROM meta WHERE key = ?1",
    [HTH_WRITE_SET_META] = "INSERT OR REPLACE INTO meta (key, value) VALUES (?1, ?2)",
    [HTH_WRITE_CONTAINER_UPDATE] = "INSERT OR REPLACE INTO container_update (ref, update_id)"
                                   " VALUES (?1, ?2)",

    [HTH_WRITE_ROOT_BY_KEY] = "SELECT id, path, is_available, is_mount, problem FROM root"
                              " WHERE key = ?1",
    [HTH_WRITE_ADD_ROOT] = "INSERT INTO root (key, path) VALUES (?1, ?2)",
    [HTH_WRITE_SET_ROOT] = "UPDATE root SET path = ?2, is_available = ?3, is_mount = ?4,"
                           " problem = ?5 WHERE id = ?1 AND (path, is_available, is_mount, problem)"
                           " IS NOT (?2, ?3, ?4, ?5)",
    [HTH_WRITE_REMOVE_ROOT] = "DELETE FROM root WHERE id = ?1",

    [HTH_WRITE_FOLDER_BY_DIGEST] = "SELECT id FROM folder WHERE digest = ?1",
    [HTH_WRITE_FOLDER] = "SELECT parent_id, root_id, depth, n_audio, n_video, n_photo, picture_id,"
                         " newest_s, title FROM folder WHERE id = ?1",
    [HTH_WRITE_ADD_FOLDER] = "INSERT INTO folder (root_id, parent_id, depth, name, digest, title,"
                             " title_key, title_folded) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
    [HTH_WRITE_SET_FOLDER] = "UPDATE folder SET mtime_ns = ?2, inode = ?3, is_mount = ?4,"
                             " problem = ?5 WHERE id = ?1 AND (mtime_ns, inode, is_mount, problem)"
                             " IS NOT (?2, ?3, ?4, ?5)",
    [HTH_WRITE_REMOVE_FOLDER] = "DELETE FROM folder WHERE id = ?1",
    [HTH_WRITE_FOLDER_CHILDREN] = "SELECT id FROM folder WHERE parent_id = ?1",
    [HTH_WRITE_FOLDER_ITEMS] = "SELECT id FROM item WHERE folder_id = ?1",
    /* Own items by kind (audio, video, photo), what the folders below hold, the newest, the
       picture. */
    [HTH_WRITE_FOLDER_SUMS] =
        "SELECT (SELECT count(*) FROM item WHERE folder_id = ?1 AND kind = 1),"
        " (SELECT count(*) FROM item WHERE folder_id = ?1 AND kind = 2),"
        " (SELECT count(*) FROM item WHERE folder_id = ?1 AND kind = 3),"
        " (SELECT coalesce(sum(n_audio), 0) FROM folder WHERE parent_id = ?1),"
        " (SELECT coalesce(sum(n_video), 0) FROM folder WHERE parent_id = ?1),"
        " (SELECT coalesce(sum(n_photo), 0) FROM folder WHERE parent_id = ?1),"
        " (SELECT coalesce(min(id), 0) FROM item WHERE folder_id = ?1 AND kind = 6)",
    [HTH_WRITE_SET_FOLDER_SUMS] = "UPDATE folder SET n_audio = ?2, n_video = ?3, n_photo = ?4,"
                                  " picture_id = ?5 WHERE id = ?1",

    [HTH_WRITE_ITEM_BY_NAME] = "SELECT id, size, mtime_ns, ctime_ns, inode, state, probe_version,"
                               " permanent_id, added_s, kind FROM item"
                               " WHERE folder_id = ?1"
                               " AND kind IN (1, 2, 3, 4, 5, 6, 17, 18, 19, 20)"
                               " AND name = ?2",
    /* The same inode first, then the same name among some: neither looks at every file of a size.
     */
    [HTH_WRITE_ITEM_BY_SIZE] =
        "SELECT * FROM (SELECT id, folder_id, name, inode, permanent_id, added_s FROM item"
        " WHERE size = ?1 AND mtime_ns = ?2 AND inode = ?3 LIMIT 64)"
        " UNION ALL SELECT * FROM (SELECT id, folder_id, name, inode, permanent_id, added_s FROM "
        "item"
        " WHERE size = ?1 AND mtime_ns = ?2 LIMIT 256) WHERE inode <> ?3 AND name = ?4",
    [HTH_WRITE_FOLDER_PATH] = HTH_FOLDER_PATH_SQL,
    [HTH_WRITE_ITEM] = "SELECT kind, folder_id, album_id, year, month, camera_id, group_digest,"
                       " permanent_id, name, state, attempts, root_id, title, album_title, size,"
                       " mtime_ns, ctime_ns, inode, play_count FROM item WHERE id = ?1",
    [HTH_WRITE_ADD_ITEM] =
        "INSERT INTO item (permanent_id, root_id, folder_id, name, kind, format, size, mtime_ns,"
        " ctime_ns, inode, added_s, title, title_key, title_folded, play_count, last_played_s,"
        " position_ms, rating, state, is_favourite)"
        " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18,"
        " ?19, ?20)",
    [HTH_WRITE_SET_ITEM_FILE] = "UPDATE item SET size = ?2, mtime_ns = ?3, ctime_ns = ?4,"
                                " inode = ?5, state = ?6, attempts = 0 WHERE id = ?1",
    [HTH_WRITE_SET_ITEM_INODE] = "UPDATE item SET inode = ?2 WHERE id = ?1",
    [HTH_WRITE_MOVE_ITEM] = "UPDATE item SET root_id = ?2, folder_id = ?3, name = ?4,"
                            " format = ?5 WHERE id = ?1",
    [HTH_WRITE_REMOVE_ITEM] = "DELETE FROM item WHERE id = ?1",
    [HTH_WRITE_SET_ITEM_PLAY] = "UPDATE item SET play_count = ?2, last_played_s = ?3,"
                                " position_ms = ?4, rating = ?5, is_favourite = ?6"
                                " WHERE id = ?1",
    [HTH_WRITE_ITEM_BY_PERMANENT_ID] = "SELECT id FROM item WHERE permanent_id = ?1",
    [HTH_WRITE_SET_ITEM_FAILED] = "UPDATE item SET state = ?2, failure = ?3, probe_version = ?4,"
                                  " kind = kind % 16 + 16, album_id = 0, group_digest = 0,"
                                  " year = 0, month = 0, camera_id = 0, artwork_id = 0"
                                  " WHERE id = ?1",
    [HTH_WRITE_SET_ITEM_ATTEMPTS] = "UPDATE item SET attempts = ?2 WHERE id = ?1",
    [HTH_WRITE_SET_ITEM_PROBED] =
        "UPDATE item SET state = 1, attempts = 0, failure = NULL, probe_version = ?2, format = ?3,"
        " title = ?4, title_key = ?5, title_folded = ?6, album_title = ?7, group_digest = ?8,"
        " disc = ?9, disc_total = ?10, track = ?11, track_total = ?12, is_compilation = ?13,"
        " date = ?14, year = ?15, month = ?16, duration_ms = ?17, bitrate_bps = ?18,"
        " sample_rate_hz = ?19, channels = ?20, bits_per_sample = ?21, width = ?22, height = ?23,"
        " frame_rate = ?24, audio_codec = ?25, video_codec = ?26, video_profile = ?27,"
        " video_level = ?28, is_interlaced = ?29, orientation = ?30, camera_id = ?31,"
        " latitude = ?32, longitude = ?33, artwork_id = ?34, has_lyrics = ?35,"
        " replaygain_track_db = ?36, replaygain_album_db = ?37, comment = ?38, musicbrainz = ?39,"
        " kind = ?40"
        " WHERE id = ?1",
    [HTH_WRITE_SET_ITEM_ALBUM] = "UPDATE item SET album_id = ?2 WHERE id = ?1",
    [HTH_WRITE_REPROBE_ALL] = "UPDATE item SET state = 0, attempts = 0 WHERE kind NOT IN (5, 6)",
    [HTH_WRITE_REPROBE_OLD] = "UPDATE item SET state = 0, attempts = 0"
                              " WHERE kind NOT IN (5, 6) AND probe_version < ?1 AND state <> 0",

    [HTH_WRITE_ITEM_ARTISTS] = "SELECT role, artist_id FROM item_artist WHERE item_id = ?1",
    [HTH_WRITE_ADD_ITEM_ARTIST] = "INSERT OR IGNORE INTO item_artist (item_id, role, position,"
                                  " artist_id, kind) VALUES (?1, ?2, ?3, ?4, ?5)",
    [HTH_WRITE_CLEAR_ITEM_ARTISTS] = "DELETE FROM item_artist WHERE item_id = ?1",
    [HTH_WRITE_ITEM_GENRES] = "SELECT genre_id FROM item_genre WHERE item_id = ?1",
    [HTH_WRITE_ADD_ITEM_GENRE] = "INSERT OR IGNORE INTO item_genre (item_id, position, genre_id,"
                                 " kind) VALUES (?1, ?2, ?3, ?4)",
    [HTH_WRITE_CLEAR_ITEM_GENRES] = "DELETE FROM item_genre WHERE item_id = ?1",

    [HTH_WRITE_ARTIST_BY_DIGEST] = "SELECT id FROM artist WHERE digest = ?1",
    [HTH_WRITE_ADD_ARTIST] = "INSERT INTO artist (digest, name, name_key, name_folded)"
                             " VALUES (?1, ?2, ?3, ?4)",
    [HTH_WRITE_ARTIST_SUMS] =
        "SELECT n_tracks, n_albums, n_composed,"
        " (SELECT count(*) FROM item_artist WHERE artist_id = ?1 AND role = 0 AND kind = 1),"
        " (SELECT count(*) FROM album WHERE artist_id = ?1),"
        " (SELECT count(*) FROM item_artist WHERE artist_id = ?1 AND role = 2 AND kind = 1),"
        " EXISTS (SELECT 1 FROM item_artist WHERE artist_id = ?1)"
        " FROM artist WHERE id = ?1",
    [HTH_WRITE_SET_ARTIST_SUMS] = "UPDATE artist SET n_tracks = ?2, n_albums = ?3, n_composed = ?4"
                                  " WHERE id = ?1",
    [HTH_WRITE_REMOVE_ARTIST] = "DELETE FROM artist WHERE id = ?1",

    [HTH_WRITE_GENRE_BY_DIGEST] = "SELECT id FROM genre WHERE digest = ?1",
    [HTH_WRITE_ADD_GENRE] = "INSERT INTO genre (digest, name, name_key, name_folded)"
                            " VALUES (?1, ?2, ?3, ?4)",
    [HTH_WRITE_GENRE_SUMS] = "SELECT n_tracks, (SELECT count(*) FROM item_genre"
                             " WHERE genre_id = ?1 AND kind = 1),"
                             " EXISTS (SELECT 1 FROM item_genre WHERE genre_id = ?1)"
                             " FROM genre WHERE id = ?1",
    [HTH_WRITE_SET_GENRE_SUMS] = "UPDATE genre SET n_tracks = ?2 WHERE id = ?1",
    [HTH_WRITE_REMOVE_GENRE] = "DELETE FROM genre WHERE id = ?1",

    [HTH_WRITE_CAMERA_BY_DIGEST] = "SELECT id FROM camera WHERE digest = ?1",
    [HTH_WRITE_ADD_CAMERA] = "INSERT INTO camera (digest, name, name_key) VALUES (?1, ?2, ?3)",
    [HTH_WRITE_CAMERA_SUMS] = "SELECT n_photos, (SELECT count(*) FROM item WHERE camera_id = ?1"
                              " AND camera_id > 0), 0 FROM camera WHERE id = ?1",
    [HTH_WRITE_SET_CAMERA_SUMS] = "UPDATE camera SET n_photos = ?2 WHERE id = ?1",
    [HTH_WRITE_REMOVE_CAMERA] = "DELETE FROM camera WHERE id = ?1",

    [HTH_WRITE_ARTWORK_BY_DIGEST] = "SELECT id FROM artwork WHERE digest = ?1",
    [HTH_WRITE_ADD_ARTWORK] = "INSERT INTO artwork (digest) VALUES (?1)",

    [HTH_WRITE_ALBUM_BY_DIGEST] = "SELECT id FROM album WHERE digest = ?1",
    [HTH_WRITE_ADD_ALBUM] = "INSERT INTO album (digest, title, title_key, title_folded, artist_id)"
                            " VALUES (?1, ?2, ?3, ?4, ?5)",
    [HTH_WRITE_ALBUM_SUMS] =
        "SELECT n_tracks, year, artwork_item_id, added_s, artist_id,"
        " (SELECT count(*) FROM item WHERE album_id = ?1 AND album_id > 0),"
        " (SELECT coalesce(max(year), 0) FROM item WHERE album_id = ?1 AND album_id > 0),"
        " (SELECT coalesce(max(added_s), 0) FROM item WHERE album_id = ?1 AND album_id > 0)"
        " FROM album WHERE id = ?1",
    /* The first track, in the album's order, that has a picture inside or a picture in its folder.
     */
    [HTH_WRITE_ALBUM_ARTWORK] = "SELECT i.id FROM item i JOIN folder f ON f.id = i.folder_id"
                                " WHERE i.album_id = ?1 AND i.album_id > 0"
                                " AND (i.artwork_id > 0 OR f.picture_id > 0)"
                                " ORDER BY i.disc, i.track, i.title_key LIMIT 1",
    [HTH_WRITE_SET_ALBUM_SUMS] = "UPDATE album SET n_tracks = ?2, year = ?3, artwork_item_id = ?4,"
                                 " added_s = ?5 WHERE id = ?1",
    [HTH_WRITE_REMOVE_ALBUM] = "DELETE FROM album WHERE id = ?1",
    [HTH_WRITE_FOLDER_ALBUMS] = "SELECT DISTINCT album_id FROM item"
                                " WHERE folder_id = ?1 AND album_id > 0",
    [HTH_WRITE_GROUP_ITEMS] =
        "SELECT i.id, i.album_id, i.disc, i.track, i.album_title, i.is_compilation,"
        " (SELECT a.digest FROM item_artist x JOIN artist a ON a.id = x.artist_id"
        "  WHERE x.item_id = i.id AND x.role = 0 AND x.position = 0),"
        " (SELECT a.id FROM item_artist x JOIN artist a ON a.id = x.artist_id"
        "  WHERE x.item_id = i.id AND x.role = 0 AND x.position = 0)"
        " FROM item i WHERE i.group_digest = ?1 AND i.group_digest <> 0 ORDER BY i.id",
    [HTH_WRITE_YEAR_TRACKS] = "SELECT EXISTS (SELECT 1 FROM item WHERE year = ?1 AND year > 0)",

    [HTH_WRITE_CLEAR_PLAYLIST] = "DELETE FROM playlist_entry WHERE playlist_id = ?1",
    [HTH_WRITE_ADD_PLAYLIST_ENTRY] = "INSERT INTO playlist_entry (playlist_id, position, path)"
                                     " VALUES (?1, ?2, ?3)",
    [HTH_WRITE_PLAYLIST_FORGET_ITEM] = "UPDATE playlist_entry SET item_id = 0"
                                       " WHERE item_id = ?1 AND item_id > 0",
    [HTH_WRITE_PLAYLISTS_OF_ITEM] = "SELECT DISTINCT playlist_id FROM playlist_entry"
                                    " WHERE item_id = ?1 AND item_id > 0",
    [HTH_WRITE_UNRESOLVED_ENTRIES] = "SELECT e.playlist_id, e.position, e.path, i.folder_id"
                                     " FROM playlist_entry e JOIN item i ON i.id = e.playlist_id"
                                     " WHERE e.item_id = 0",
    [HTH_WRITE_RESOLVE_ENTRY] = "UPDATE playlist_entry SET item_id = ?3"
                                " WHERE playlist_id = ?1 AND position = ?2",
    [HTH_WRITE_OWN_PLAYLIST_BY_ID] = "SELECT id, title FROM own_playlist WHERE permanent_id = ?1",
    [HTH_WRITE_OWN_PLAYLIST_IDS] = "SELECT permanent_id FROM own_playlist",
    [HTH_WRITE_OWN_ENTRIES] = "SELECT permanent_id FROM own_playlist_entry WHERE playlist_id = ?1"
                              " ORDER BY position",
    [HTH_WRITE_OWN_PLAYLISTS_OF_ITEM] = "SELECT DISTINCT playlist_id FROM own_playlist_entry"
                                        " WHERE permanent_id = ?1",
    [HTH_WRITE_ADD_OWN_PLAYLIST] = "INSERT INTO own_playlist (permanent_id, title, title_key,"
                                   " title_folded) VALUES (?1, ?2, ?3, ?4)",
    [HTH_WRITE_SET_OWN_PLAYLIST] = "UPDATE own_playlist SET title = ?2, title_key = ?3,"
                                   " title_folded = ?4 WHERE id = ?1",
    [HTH_WRITE_REMOVE_OWN_PLAYLIST] = "DELETE FROM own_playlist WHERE id = ?1",
    [HTH_WRITE_CLEAR_OWN_ENTRIES] = "DELETE FROM own_playlist_entry WHERE playlist_id = ?1",
    [HTH_WRITE_ADD_OWN_ENTRY] = "INSERT INTO own_playlist_entry (playlist_id, position,"
                                " permanent_id) VALUES (?1, ?2, ?3)",
};
