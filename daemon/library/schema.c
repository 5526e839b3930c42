/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "library/schema.h"

#include "sync/sync-store.h"

/* Names are blobs: a file system's names are bytes, and not always text. Digests and permanent ids
 * are 64 bits, stored as SQLite's signed integers. A 0 stands for "none" where a row id is meant.
 */
const char *const hth_index_migrations[] = {
    "CREATE TABLE meta (key TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT, WITHOUT ROWID;"
    "CREATE TABLE root (id INTEGER PRIMARY KEY, key INTEGER NOT NULL UNIQUE, path BLOB NOT NULL,"
    " is_available INTEGER NOT NULL DEFAULT 1, is_mount INTEGER NOT NULL DEFAULT 0,"
    " problem TEXT) STRICT;"

    "CREATE TABLE folder (id INTEGER PRIMARY KEY, root_id INTEGER NOT NULL,"
    " parent_id INTEGER NOT NULL, depth INTEGER NOT NULL, name BLOB NOT NULL,"
    " digest INTEGER NOT NULL UNIQUE, title TEXT NOT NULL, title_key BLOB NOT NULL,"
    " mtime_ns INTEGER NOT NULL DEFAULT 0, inode INTEGER NOT NULL DEFAULT 0,"
    " is_mount INTEGER NOT NULL DEFAULT 0,"
    " n_audio INTEGER NOT NULL DEFAULT 0, n_video INTEGER NOT NULL DEFAULT 0,"
    " n_photo INTEGER NOT NULL DEFAULT 0, picture_id INTEGER NOT NULL DEFAULT 0,"
    " newest_s INTEGER NOT NULL DEFAULT 0, problem TEXT) STRICT;"
    "CREATE INDEX folder_by_parent ON folder (parent_id, title_key);"
    "CREATE INDEX folder_by_root ON folder (root_id);"

    "CREATE TABLE item (id INTEGER PRIMARY KEY, permanent_id INTEGER NOT NULL UNIQUE,"
    " root_id INTEGER NOT NULL, folder_id INTEGER NOT NULL, name BLOB NOT NULL,"
    " kind INTEGER NOT NULL, format INTEGER NOT NULL,"
    " size INTEGER NOT NULL, mtime_ns INTEGER NOT NULL, ctime_ns INTEGER NOT NULL,"
    " inode INTEGER NOT NULL,"
    " state INTEGER NOT NULL DEFAULT 0, attempts INTEGER NOT NULL DEFAULT 0,"
    " probe_version INTEGER NOT NULL DEFAULT 0, failure TEXT, added_s INTEGER NOT NULL,"
    " title TEXT NOT NULL, title_key BLOB NOT NULL, title_folded TEXT NOT NULL,"
    " album_title TEXT, group_digest INTEGER NOT NULL DEFAULT 0,"
    " album_id INTEGER NOT NULL DEFAULT 0, disc INTEGER NOT NULL DEFAULT 0,"
    " disc_total INTEGER NOT NULL DEFAULT 0, track INTEGER NOT NULL DEFAULT 0,"
    " track_total INTEGER NOT NULL DEFAULT 0, is_compilation INTEGER NOT NULL DEFAULT 0,"
    " date TEXT, year INTEGER NOT NULL DEFAULT 0, month INTEGER NOT NULL DEFAULT 0,"
    " duration_ms INTEGER NOT NULL DEFAULT 0, bitrate_bps INTEGER NOT NULL DEFAULT 0,"
    " sample_rate_hz INTEGER NOT NULL DEFAULT 0, channels INTEGER NOT NULL DEFAULT 0,"
    " bits_per_sample INTEGER NOT NULL DEFAULT 0, width INTEGER NOT NULL DEFAULT 0,"
    " height INTEGER NOT NULL DEFAULT 0, frame_rate REAL NOT NULL DEFAULT 0,"
    " audio_codec TEXT, video_codec TEXT, video_profile TEXT,"
    " video_level INTEGER NOT NULL DEFAULT 0, is_interlaced INTEGER NOT NULL DEFAULT 0,"
    " orientation INTEGER NOT NULL DEFAULT 0, camera_id INTEGER NOT NULL DEFAULT 0,"
    " latitude REAL, longitude REAL, artwork_id INTEGER NOT NULL DEFAULT 0,"
    " has_lyrics INTEGER NOT NULL DEFAULT 0, replaygain_track_db REAL, replaygain_album_db REAL,"
    " comment TEXT, musicbrainz TEXT,"
    " play_count INTEGER NOT NULL DEFAULT 0, last_played_s INTEGER NOT NULL DEFAULT 0,"
    " position_ms INTEGER NOT NULL DEFAULT 0, rating INTEGER NOT NULL DEFAULT 0) STRICT;"
    "CREATE UNIQUE INDEX item_by_folder ON item (folder_id, kind, name);"
    "CREATE INDEX item_by_title ON item (kind, title_key, title_folded);"
    "CREATE INDEX item_by_size ON item (size, mtime_ns);"
    "CREATE INDEX item_by_added ON item (kind, added_s);"
    "CREATE INDEX item_by_album ON item (album_id, disc, track, title_key) WHERE album_id > 0;"
    "CREATE INDEX item_by_group ON item (group_digest) WHERE group_digest <> 0;"
    "CREATE INDEX item_by_year ON item (year) WHERE year > 0;"
    "CREATE INDEX item_by_month ON item (month, date) WHERE month > 0;"
    "CREATE INDEX item_by_camera ON item (camera_id) WHERE camera_id > 0;"
    "CREATE INDEX item_by_artwork ON item (artwork_id) WHERE artwork_id > 0;"
    "CREATE INDEX item_pending ON item (id) WHERE state = 0;"
    "CREATE INDEX item_failed ON item (id) WHERE state > 1;"
    /* All that counts and sums need, so that a status does not read whole rows. */
    "CREATE INDEX item_sums ON item (root_id, kind, size, duration_ms);"
    "CREATE INDEX item_by_plays ON item (play_count) WHERE play_count > 0;"

    "CREATE TABLE artist (id INTEGER PRIMARY KEY, digest INTEGER NOT NULL UNIQUE,"
    " name TEXT NOT NULL, name_key BLOB NOT NULL, name_folded TEXT NOT NULL,"
    " n_tracks INTEGER NOT NULL DEFAULT 0, n_albums INTEGER NOT NULL DEFAULT 0,"
    " n_composed INTEGER NOT NULL DEFAULT 0) STRICT;"
    "CREATE TABLE item_artist (item_id INTEGER NOT NULL, role INTEGER NOT NULL,"
    " position INTEGER NOT NULL, artist_id INTEGER NOT NULL,"
    " PRIMARY KEY (item_id, role, position)) STRICT, WITHOUT ROWID;"
    "CREATE INDEX item_artist_by_artist ON item_artist (artist_id, role, item_id);"

    "CREATE TABLE genre (id INTEGER PRIMARY KEY, digest INTEGER NOT NULL UNIQUE,"
    " name TEXT NOT NULL, name_key BLOB NOT NULL, name_folded TEXT NOT NULL,"
    " n_tracks INTEGER NOT NULL DEFAULT 0) STRICT;"
    "CREATE TABLE item_genre (item_id INTEGER NOT NULL, position INTEGER NOT NULL,"
    " genre_id INTEGER NOT NULL, PRIMARY KEY (item_id, position)) STRICT, WITHOUT ROWID;"
    "CREATE INDEX item_genre_by_genre ON item_genre (genre_id, item_id);"

    "CREATE TABLE album (id INTEGER PRIMARY KEY, digest INTEGER NOT NULL UNIQUE,"
    " title TEXT NOT NULL, title_key BLOB NOT NULL, title_folded TEXT NOT NULL,"
    " artist_id INTEGER NOT NULL DEFAULT 0, year INTEGER NOT NULL DEFAULT 0,"
    " n_tracks INTEGER NOT NULL DEFAULT 0, artwork_item_id INTEGER NOT NULL DEFAULT 0,"
    " added_s INTEGER NOT NULL DEFAULT 0) STRICT;"
    "CREATE INDEX album_by_title ON album (title_key);"
    "CREATE INDEX album_by_artist ON album (artist_id);"

    "CREATE TABLE camera (id INTEGER PRIMARY KEY, digest INTEGER NOT NULL UNIQUE,"
    " name TEXT NOT NULL, name_key BLOB NOT NULL, n_photos INTEGER NOT NULL DEFAULT 0) STRICT;"

    /* A picture inside files: digest is the first half of what the probe found. */
    "CREATE TABLE artwork (id INTEGER PRIMARY KEY, digest INTEGER NOT NULL UNIQUE) STRICT;"

    "CREATE TABLE playlist_entry (playlist_id INTEGER NOT NULL, position INTEGER NOT NULL,"
    " path BLOB NOT NULL, item_id INTEGER NOT NULL DEFAULT 0,"
    " PRIMARY KEY (playlist_id, position)) STRICT, WITHOUT ROWID;"
    "CREATE INDEX playlist_entry_by_item ON playlist_entry (item_id) WHERE item_id > 0;"

    /* Playlists of the household, copied from state.db so that listings need one database. */
    "CREATE TABLE own_playlist (id INTEGER PRIMARY KEY, permanent_id INTEGER NOT NULL UNIQUE,"
    " title TEXT NOT NULL, title_key BLOB NOT NULL) STRICT;"
    "CREATE TABLE own_playlist_entry (playlist_id INTEGER NOT NULL, position INTEGER NOT NULL,"
    " permanent_id INTEGER NOT NULL, PRIMARY KEY (playlist_id, position)) STRICT, WITHOUT ROWID;"

    "CREATE TABLE container_update (ref INTEGER PRIMARY KEY, update_id INTEGER NOT NULL) STRICT;",

    /* Artists and genres count tracks, not videos: their links know the kind. Filled by a new scan.
     */
    "DELETE FROM item; DELETE FROM folder; DELETE FROM root; DELETE FROM artist; DELETE FROM genre;"
    "DELETE FROM album; DELETE FROM camera; DELETE FROM artwork; DELETE FROM playlist_entry;"
    "DELETE FROM own_playlist; DELETE FROM own_playlist_entry;"
    "DROP TABLE item_artist; DROP TABLE item_genre;"
    "CREATE TABLE item_artist (item_id INTEGER NOT NULL, role INTEGER NOT NULL,"
    " position INTEGER NOT NULL, artist_id INTEGER NOT NULL, kind INTEGER NOT NULL,"
    " PRIMARY KEY (item_id, role, position)) STRICT, WITHOUT ROWID;"
    "CREATE INDEX item_artist_by_artist ON item_artist (artist_id, role, kind, item_id);"
    "CREATE TABLE item_genre (item_id INTEGER NOT NULL, position INTEGER NOT NULL,"
    " genre_id INTEGER NOT NULL, kind INTEGER NOT NULL,"
    " PRIMARY KEY (item_id, position)) STRICT, WITHOUT ROWID;"
    "CREATE INDEX item_genre_by_genre ON item_genre (genre_id, kind, item_id);"
    "CREATE INDEX own_playlist_entry_by_item ON own_playlist_entry (permanent_id);"
    "ALTER TABLE own_playlist ADD COLUMN title_folded TEXT NOT NULL DEFAULT '';"
    "ALTER TABLE folder ADD COLUMN title_folded TEXT NOT NULL DEFAULT '';",

    /* What the rules of devices ask for. */
    "ALTER TABLE item ADD COLUMN is_favourite INTEGER NOT NULL DEFAULT 0;"
    "CREATE INDEX item_by_favourite ON item (is_favourite) WHERE is_favourite = 1;"
    "CREATE INDEX item_by_rating ON item (rating) WHERE rating > 0;"
    "CREATE INDEX item_by_heard ON item (kind, last_played_s, added_s);"
    "CREATE INDEX item_unplayed ON item (kind, added_s) WHERE play_count = 0;",

    /* Thousands of links to one file, or files of one size and time, are found fast as well. */
    "DROP INDEX item_by_size;"
    "CREATE INDEX item_by_size ON item (size, mtime_ns, inode);",
};
const guint hth_n_index_migrations = G_N_ELEMENTS(hth_index_migrations);

const char *const hth_state_migrations[] = {
    "CREATE TABLE setting (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;"
    "CREATE TABLE root (key INTEGER PRIMARY KEY, path BLOB NOT NULL UNIQUE) STRICT;"
    /* Where an item was last seen; gone_s: since when it is not there any more, else 0. */
    "CREATE TABLE identity (permanent_id INTEGER PRIMARY KEY, root_key INTEGER NOT NULL,"
    " path BLOB NOT NULL, size INTEGER NOT NULL, mtime_ns INTEGER NOT NULL,"
    " inode INTEGER NOT NULL, essence BLOB, added_s INTEGER NOT NULL,"
    " gone_s INTEGER NOT NULL DEFAULT 0) STRICT;"
    "CREATE INDEX identity_by_path ON identity (root_key, path);"
    "CREATE INDEX identity_by_size ON identity (size, mtime_ns) WHERE gone_s > 0;"
    /* One row a person; the empty name is the household. */
    "CREATE TABLE play (permanent_id INTEGER NOT NULL, person TEXT NOT NULL,"
    " play_count INTEGER NOT NULL DEFAULT 0, last_played_s INTEGER NOT NULL DEFAULT 0,"
    " position_ms INTEGER NOT NULL DEFAULT 0, rating INTEGER NOT NULL DEFAULT 0,"
    " PRIMARY KEY (permanent_id, person)) STRICT, WITHOUT ROWID;"
    "CREATE TABLE playlist (permanent_id INTEGER PRIMARY KEY, title TEXT NOT NULL,"
    " changed_s INTEGER NOT NULL) STRICT;"
    "CREATE TABLE playlist_entry (playlist_id INTEGER NOT NULL, position INTEGER NOT NULL,"
    " item_id INTEGER NOT NULL, PRIMARY KEY (playlist_id, position)) STRICT, WITHOUT ROWID;"
    "CREATE TABLE device (id TEXT PRIMARY KEY, json TEXT NOT NULL) STRICT, WITHOUT ROWID;",

    /* Plays on devices are a total of their own: it is set, never added to. */
    "ALTER TABLE play ADD COLUMN is_favourite INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE play ADD COLUMN device_plays INTEGER NOT NULL DEFAULT 0;" HTH_SYNC_HOME_SCHEMA,

    HTH_SYNC_HOME_SCHEMA_2,
};
const guint hth_n_state_migrations = G_N_ELEMENTS(hth_state_migrations);
