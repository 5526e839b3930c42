/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the files of the library share: the library itself, and a reader. */
#pragma once

#include <stdatomic.h>

#include "library/file-cache.h"
#include "library/library.h"
#include "library/listing.h"
#include "library/picture.h"
#include "library/scanner.h"
#include "library/title-index.h"
#include "library/writer.h"

G_BEGIN_DECLS

struct HthLibrary {
    char *index_path;
    HthState *state;
    HthWriter *writer;
    HthScanner *scanner;
    gboolean was_index_as_left; /* at open: as the last run closed it */
    HthListingCache *listings;
    HthTitleIndex *titles;
    HthPictureCache *pictures;
    atomic_uint_least64_t sequence;
    atomic_uint_least32_t system_update_id;

    GMutex readers_lock; /* guards what follows */
    GCond reader_released;
    GPtrArray *idle_readers; /* (element HthReader) */

    GMutex roots_lock;  /* guards wanted_roots */
    GStrv wanted_roots; /* what the scanner was last told to share */
    HthFileCache *files;

    GMutex counts_lock; /* guards counts and counts_sequence */
    HthLibraryCounts counts;
    guint64 counts_sequence; /* of the library when they were taken; G_MAXUINT64: never */

    GMutex watches_lock; /* held while watches are called: removal waits for it */
    GArray *watches;
    guint last_watch_id;
};

/* Statements of a read connection. */
typedef enum {
    HTH_READ_ITEM,
    HTH_READ_ITEM_ARTISTS,
    HTH_READ_ITEM_GENRES,
    HTH_READ_ITEM_BY_PERMANENT_ID,
    HTH_READ_ITEM_PERMANENT_ID,
    HTH_READ_SUBTITLES,
    HTH_READ_ALBUM,
    HTH_READ_ALBUM_BY_DIGEST,
    HTH_READ_ALBUM_GENRES,
    HTH_READ_ARTIST,
    HTH_READ_ARTIST_BY_DIGEST,
    HTH_READ_GENRE,
    HTH_READ_GENRE_BY_DIGEST,
    HTH_READ_CAMERA,
    HTH_READ_CAMERA_BY_DIGEST,
    HTH_READ_FOLDER,
    HTH_READ_FOLDER_BY_DIGEST,
    HTH_READ_OWN_PLAYLIST,
    HTH_READ_OWN_PLAYLIST_BY_ID,
    HTH_READ_CONTAINER_UPDATE,
    HTH_READ_YEAR_EXISTS,
    HTH_READ_MONTH_EXISTS,
    HTH_READ_PHOTO_YEAR_EXISTS,
    HTH_READ_FILE,
    HTH_READ_FOLDER_PATH,
    HTH_READ_ARTWORK_FILE,
    HTH_READ_COUNTS,
    HTH_READ_KIND_SUMS,
    HTH_READ_N_FAILED,
    HTH_READ_PROBLEMS,
    HTH_READ_FOLDER_PROBLEMS,
    HTH_READ_ROOT_SUMS,
    HTH_READ_TRACK_TITLES, /* in the order of HthTitles */
    HTH_READ_VIDEO_TITLES,
    HTH_READ_PHOTO_TITLES,
    HTH_READ_ALBUM_TITLES,
    HTH_READ_ARTIST_TITLES,
    HTH_READ_GENRE_TITLES,
    HTH_N_READ_STATEMENTS,
} HthReadStatement;

extern const char *const hth_read_statements[HTH_N_READ_STATEMENTS];

struct HthReader {
    HthLibrary *library;
    HthDb *db;
    GHashTable *counts; /* SQL text → sqlite3_stmt: how many children a container has */
};

void hth_library_free_readers(HthLibrary *self);

/* The ref of a leaf id; 0: there is no such thing. */
HthObjectRef hth_reader_find(HthReader *self, const HthLeafId *id);

/* The leaf id of a ref, without the cost of its object; NULL: it has gone. New string. */
char *hth_reader_leaf_id(HthReader *self, HthObjectRef ref);

/* The absolute path of a folder. New string; NULL: it has gone. */
char *hth_reader_folder_path(HthReader *self, gint64 folder_id);

/* How many children a container has. */
guint hth_reader_count_children(HthReader *self, HthObjectRef container);

guint32 hth_reader_container_update_id(HthReader *self, HthObjectRef container);

/* Splits "LEAF.CONTEXT" and finds the leaf. @out_context: what follows the dot, borrowed; NULL:
 * none. */
HthObjectRef hth_reader_resolve(HthReader *self, const char *object_id, const char **out_context);

/* Whether every part of a context (NULL: none) names a container that is there. */
gboolean hth_reader_is_context(HthReader *self, const char *context);

/* Runs a query made by hth_container_order() and friends, and appends what it lists to @refs. */
gboolean hth_reader_list(HthReader *self, const char *sql, gint64 row, HthRefKind children,
                         GArray *refs, GError **error);

G_END_DECLS
