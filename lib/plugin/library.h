/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The library as plugins and the API read it: a tree of containers and items.
 *
 * Object ids. A leaf id names a thing for ever: "0" is the root; "music-albums" a fixed container;
 * "album-…", "artist-…", "folder-…" containers made from tags and folders (their letters come from
 * the names, so a rebuilt index makes the same); 13 letters of base32 an item (random, kept in
 * state.db). Each thing has one canonical parent. Elsewhere it appears as a reference, whose id is
 * LEAF.PARENT-ID: "k3jx….album-…" is a track inside an album. So every object has exactly one
 * parent, and the part before the first dot of a reference is its refID.
 *
 * Refs. HthObjectRef is a short name for an object while hearthd runs: a kind and a row of
 * index.db. It never leaves the process.
 *
 * Threads: any thread; a HthReader belongs to one thread at a time. Listings and objects
 * never change once made. Nothing here touches a media file.
 */
#pragma once

#include "media/media-info.h"
#include "plugin/query.h"

G_BEGIN_DECLS

typedef struct HthLibrary HthLibrary;
typedef struct HthReader HthReader;

typedef guint32 HthObjectRef; /* 0: none */

typedef enum {
    HTH_OBJECT_CONTAINER,   /* object.container */
    HTH_OBJECT_FOLDER,      /* object.container.storageFolder */
    HTH_OBJECT_ARTIST,      /* object.container.person.musicArtist */
    HTH_OBJECT_ALBUM,       /* object.container.album.musicAlbum */
    HTH_OBJECT_GENRE,       /* object.container.genre.musicGenre */
    HTH_OBJECT_PHOTO_ALBUM, /* object.container.album.photoAlbum */
    HTH_OBJECT_PLAYLIST,    /* object.container.playlistContainer */
    HTH_OBJECT_MUSIC_TRACK, /* object.item.audioItem.musicTrack */
    HTH_OBJECT_VIDEO,       /* object.item.videoItem */
    HTH_OBJECT_PHOTO,       /* object.item.imageItem.photo */
    HTH_N_OBJECT_CLASSES,
} HthObjectClass;

/* "object.container.album.musicAlbum" … */
const char *hth_object_class_name(HthObjectClass class);

/* Takes a read connection from the library's pool, and gives it back. */
HthReader *hth_library_acquire_reader(HthLibrary *self);
void hth_reader_release(HthReader *self); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HthReader, hth_reader_release)

/* ---- Listings ---- */

/* The ordered children of a container, or the ordered results of a search. */
typedef struct {
    guint n_refs;
    const HthObjectRef *refs;
    guint32 update_id;     /* of the container; of the system for the root and for searches */
    gboolean is_canonical; /* the children's own place: their ids are plain leaf ids */
    const char *container_id;
} HthListing;

HthListing *hth_listing_ref(HthListing *self);
void hth_listing_unref(HthListing *self); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HthListing, hth_listing_unref)

/* Errors: HTH_ERROR_NOT_FOUND     no such object
 *         HTH_ERROR_NOT_CONTAINER @container_id is an item
 *         HTH_ERROR_UNSUPPORTED   a sort key that this library does not have */
HthListing *hth_reader_children(HthReader *self, const char *container_id, const HthSort *sort,
                                GError **error);

/* Everything below @container_id that matches, each thing once, under its canonical id.
 * Errors: as above, and HTH_ERROR_UNSUPPORTED for an operator that makes no sense for a property.
 */
HthListing *hth_reader_search(HthReader *self, const char *container_id, const HthQuery *query,
                              const HthSort *sort, GError **error);

/* ---- Objects ---- */

typedef struct {
    char *leaf_id; /* of the subtitle file: served at /m/LEAF/original.srt */
    HthMediaFormat format;
    char *language; /* "en" from NAME.en.srt; NULL: not said */
} HthSubtitle;

typedef struct {
    HthObjectRef ref;
    char *leaf_id;
    char *parent_id; /* of the canonical place; "-1" for the root */
    HthObjectClass class;
    char *title; /* never NULL or empty: the file's name when there is no tag */
    gint64 added_unix_s;
    char *artwork_id; /* NULL: none. Served at /a/ARTWORK-ID/SIZE.jpg */
    char *date;       /* as in HthMediaInfo; NULL: not known. Folders have their newest item's */

    /* Containers. */
    guint child_count;
    guint32 update_id;
    gboolean is_searchable;

    /* Albums: artists and genres too. */
    GPtrArray *artists; /* (element utf8), NULL: none */
    GPtrArray *album_artists;
    GPtrArray *composers;
    GPtrArray *genres;
    char *album;

    /* Items. */
    char *album_id;  /* leaf id of the album's container, NULL: none */
    char *file_name; /* valid UTF-8 for showing; not a path */
    HthMediaKind kind;
    HthMediaFormat format;
    guint16 track, track_total, disc, disc_total;
    gint64 size_bytes;
    gint64 mtime_unix_s;
    gint64 duration_ms;
    guint32 bitrate_bps;
    guint32 sample_rate_hz;
    guint8 channels;
    guint8 bits_per_sample;
    guint32 width, height;
    guint8 orientation;
    double frame_rate;
    char *audio_codec; /* FFmpeg's names; NULL: none */
    char *video_codec;
    char *video_profile;
    guint16 video_level;
    gboolean is_available; /* its disk is there */
    gboolean is_probed;    /* FALSE: only the name is known yet */
    GPtrArray *subtitles;  /* (element HthSubtitle), NULL: none */

    /* Play state. */
    guint play_count;
    gint64 last_played_unix_s; /* 0: never */
    gint64 position_ms;        /* where to go on; 0: from the start */
    guint8 rating;             /* 1 to 5; 0: none */
    gboolean is_favourite;
} HthObject;

void hth_object_free(HthObject *self); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HthObject, hth_object_free)

HthObject *hth_object_copy(const HthObject *self); /* with all that it holds */

gboolean hth_object_is_container(const HthObject *self);

/* Finds the object that @object_id names.
 * @out_parent_id: the id of the container it stands in as @object_id says; a new string.
 * Errors: HTH_ERROR_NOT_FOUND */
HthObject *hth_reader_object(HthReader *self, const char *object_id, char **out_parent_id,
                             GError **error);

/* The object of a ref out of a listing. NULL when it has gone since: leave it out, and count what
 * is left. */
HthObject *hth_reader_object_by_ref(HthReader *self, HthObjectRef ref);

/* The object's id as a child of @listing: its leaf id, or LEAF.CONTAINER-ID. New string. */
char *hth_listing_child_id(const HthListing *self, const char *leaf_id);

/* ---- What changed ---- */

/* A counter of committed changes. Read it before hth_reader_object_by_ref(): what is made
 * of the object is as new as that. */
guint64 hth_library_sequence(HthLibrary *self);

guint32 hth_library_system_update_id(HthLibrary *self);

typedef struct {
    guint64 sequence;
    guint32 system_update_id;
    guint n_refs;
    const HthObjectRef *refs; /* objects whose own data changed or that went away */
    gboolean is_everything;   /* too many to name: all refs may have changed */
    guint n_containers;
    const char *const *container_ids; /* canonical ids of containers whose children changed */
    const guint32 *container_update_ids;
} HthLibraryChange;

/* Called on the writer's thread right after a commit: copy, post or mark, and leave. */
typedef void (*HthLibraryChanged)(const HthLibraryChange *change, gpointer data);
guint hth_library_add_watch(HthLibrary *self, HthLibraryChanged callback, gpointer data);
void hth_library_remove_watch(HthLibrary *self, guint id); /* no call runs after it returns */

G_END_DECLS
