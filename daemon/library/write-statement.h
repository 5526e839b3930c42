/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The statements of the writer's connection to index.db, one row each. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* The path of folder ?1 below its root ("" for the root itself, else "/a/b"), and the root's path
 * and key. Names are bytes; SQLite passes them on as they are. */
#define HTH_FOLDER_PATH_SQL                                                                        \
    "WITH RECURSIVE up (parent_id, root_id, path) AS ("                                            \
    " SELECT parent_id, root_id, CASE parent_id WHEN 0 THEN '' ELSE '/' || name END"               \
    "  FROM folder WHERE id = ?1"                                                                  \
    " UNION ALL SELECT f.parent_id, f.root_id,"                                                    \
    "  CASE f.parent_id WHEN 0 THEN '' ELSE '/' || f.name END || up.path"                          \
    "  FROM folder f JOIN up ON f.id = up.parent_id WHERE up.parent_id > 0)"                       \
    " SELECT up.path, r.path, r.key, r.id FROM up JOIN root r ON r.id = up.root_id"                \
    " WHERE up.parent_id = 0"

typedef enum {
    HTH_WRITE_META,
    HTH_WRITE_SET_META,
    HTH_WRITE_CONTAINER_UPDATE,

    HTH_WRITE_ROOT_BY_KEY,
    HTH_WRITE_ADD_ROOT,
    HTH_WRITE_SET_ROOT,
    HTH_WRITE_REMOVE_ROOT,

    HTH_WRITE_FOLDER_BY_DIGEST,
    HTH_WRITE_FOLDER,
    HTH_WRITE_ADD_FOLDER,
    HTH_WRITE_SET_FOLDER,
    HTH_WRITE_REMOVE_FOLDER,
    HTH_WRITE_FOLDER_CHILDREN,
    HTH_WRITE_FOLDER_ITEMS,
    HTH_WRITE_FOLDER_SUMS,
    HTH_WRITE_SET_FOLDER_SUMS,

    HTH_WRITE_ITEM_BY_NAME,
    HTH_WRITE_ITEM_BY_SIZE,
    HTH_WRITE_FOLDER_PATH,
    HTH_WRITE_ITEM,
    HTH_WRITE_ADD_ITEM,
    HTH_WRITE_SET_ITEM_FILE,
    HTH_WRITE_SET_ITEM_INODE,
    HTH_WRITE_MOVE_ITEM,
    HTH_WRITE_REMOVE_ITEM,
    HTH_WRITE_SET_ITEM_PLAY,
    HTH_WRITE_ITEM_BY_PERMANENT_ID,
    HTH_WRITE_SET_ITEM_FAILED,
    HTH_WRITE_SET_ITEM_ATTEMPTS,
    HTH_WRITE_SET_ITEM_PROBED,
    HTH_WRITE_SET_ITEM_ALBUM,
    HTH_WRITE_REPROBE_ALL,
    HTH_WRITE_REPROBE_OLD,

    HTH_WRITE_ITEM_ARTISTS,
    HTH_WRITE_ADD_ITEM_ARTIST,
    HTH_WRITE_CLEAR_ITEM_ARTISTS,
    HTH_WRITE_ITEM_GENRES,
    HTH_WRITE_ADD_ITEM_GENRE,
    HTH_WRITE_CLEAR_ITEM_GENRES,

    HTH_WRITE_ARTIST_BY_DIGEST,
    HTH_WRITE_ADD_ARTIST,
    HTH_WRITE_ARTIST_SUMS,
    HTH_WRITE_SET_ARTIST_SUMS,
    HTH_WRITE_REMOVE_ARTIST,

    HTH_WRITE_GENRE_BY_DIGEST,
    HTH_WRITE_ADD_GENRE,
    HTH_WRITE_GENRE_SUMS,
    HTH_WRITE_SET_GENRE_SUMS,
    HTH_WRITE_REMOVE_GENRE,

    HTH_WRITE_CAMERA_BY_DIGEST,
    HTH_WRITE_ADD_CAMERA,
    HTH_WRITE_CAMERA_SUMS,
    HTH_WRITE_SET_CAMERA_SUMS,
    HTH_WRITE_REMOVE_CAMERA,

    HTH_WRITE_ARTWORK_BY_DIGEST,
    HTH_WRITE_ADD_ARTWORK,

    HTH_WRITE_ALBUM_BY_DIGEST,
    HTH_WRITE_ADD_ALBUM,
    HTH_WRITE_ALBUM_SUMS,
    HTH_WRITE_ALBUM_ARTWORK,
    HTH_WRITE_SET_ALBUM_SUMS,
    HTH_WRITE_REMOVE_ALBUM,
    HTH_WRITE_FOLDER_ALBUMS,
    HTH_WRITE_GROUP_ITEMS,
    HTH_WRITE_YEAR_TRACKS,

    HTH_WRITE_CLEAR_PLAYLIST,
    HTH_WRITE_ADD_PLAYLIST_ENTRY,
    HTH_WRITE_PLAYLIST_FORGET_ITEM,
    HTH_WRITE_PLAYLISTS_OF_ITEM,
    HTH_WRITE_UNRESOLVED_ENTRIES,
    HTH_WRITE_RESOLVE_ENTRY,
    HTH_WRITE_OWN_PLAYLIST_BY_ID,
    HTH_WRITE_OWN_PLAYLIST_IDS,
    HTH_WRITE_OWN_ENTRIES,
    HTH_WRITE_OWN_PLAYLISTS_OF_ITEM,
    HTH_WRITE_ADD_OWN_PLAYLIST,
    HTH_WRITE_SET_OWN_PLAYLIST,
    HTH_WRITE_REMOVE_OWN_PLAYLIST,
    HTH_WRITE_CLEAR_OWN_ENTRIES,
    HTH_WRITE_ADD_OWN_ENTRY,
    HTH_N_WRITE_STATEMENTS,
} HthWriteStatement;

extern const char *const hth_write_statements[HTH_N_WRITE_STATEMENTS];

G_END_DECLS
