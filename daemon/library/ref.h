/* SPDX-License-Identifier: GPL-3.0-or-later */
/* HthObjectRef taken apart: 5 bits of kind, 27 bits of row; and the ids that clients see.
 *
 * Threads: any thread, any time.
 */
#pragma once

#include "plugin/library.h"

G_BEGIN_DECLS

typedef enum {
    HTH_REF_STATIC = 1,   /* the row is a HthStaticContainer */
    HTH_REF_ITEM,         /* item.id */
    HTH_REF_ALBUM,        /* album.id */
    HTH_REF_PLAYLIST,     /* item.id of a playlist file */
    HTH_REF_OWN_PLAYLIST, /* playlist.id: made in hearth, kept in state.db */
    HTH_REF_FOLDER_AUDIO, /* folder.id, as seen among the music */
    HTH_REF_FOLDER_VIDEO,
    HTH_REF_FOLDER_PHOTO,
    HTH_REF_ARTIST,        /* artist.id: albums on which they play */
    HTH_REF_ALBUM_ARTIST,  /* artist.id: albums that are theirs */
    HTH_REF_COMPOSER,      /* artist.id */
    HTH_REF_GENRE,         /* genre.id */
    HTH_REF_YEAR,          /* the year itself */
    HTH_REF_ARTIST_TRACKS, /* "All tracks" of each of these */
    HTH_REF_ALBUM_ARTIST_TRACKS,
    HTH_REF_COMPOSER_TRACKS,
    HTH_REF_GENRE_TRACKS,
    HTH_REF_YEAR_TRACKS,
    HTH_REF_PHOTO_YEAR,  /* the year itself */
    HTH_REF_PHOTO_MONTH, /* year × 100 + month */
    HTH_REF_CAMERA,      /* camera.id */
    HTH_N_REF_KINDS,
} HthRefKind;

typedef enum {
    HTH_STATIC_ROOT,
    HTH_STATIC_MUSIC,
    HTH_STATIC_MUSIC_ARTISTS,
    HTH_STATIC_MUSIC_ALBUM_ARTISTS,
    HTH_STATIC_MUSIC_ALBUMS,
    HTH_STATIC_MUSIC_GENRES,
    HTH_STATIC_MUSIC_COMPOSERS,
    HTH_STATIC_MUSIC_YEARS,
    HTH_STATIC_MUSIC_FOLDERS,
    HTH_STATIC_MUSIC_RECENT,
    HTH_STATIC_MUSIC_MOST_PLAYED,
    HTH_STATIC_MUSIC_PLAYLISTS,
    HTH_STATIC_MUSIC_ALL,
    HTH_STATIC_VIDEO,
    HTH_STATIC_VIDEO_FOLDERS,
    HTH_STATIC_VIDEO_RECENT,
    HTH_STATIC_VIDEO_ALL,
    HTH_STATIC_PHOTO,
    HTH_STATIC_PHOTO_DATES,
    HTH_STATIC_PHOTO_FOLDERS,
    HTH_STATIC_PHOTO_CAMERAS,
    HTH_STATIC_PHOTO_ALL,
    HTH_N_STATIC_CONTAINERS,
} HthStaticContainer;

typedef struct {
    const char *id;
    const char *title;
    int parent; /* a HthStaticContainer; -1 for the root */
} HthStaticInfo;

extern const HthStaticInfo hth_static_containers[HTH_N_STATIC_CONTAINERS];

/* How a kind of container is named, shown and placed. */
typedef struct {
    const char *prefix; /* "album-"; NULL for static containers and items */
    HthObjectClass class;
    int parent;           /* its canonical place: a HthStaticContainer; -1: another object */
    HthRefKind tracks_of; /* for "All tracks": the kind it belongs to; 0 for others */
    gboolean is_number;   /* the id ends in the row itself (years), not in a digest */
} HthRefKindInfo;

extern const HthRefKindInfo hth_ref_kinds[HTH_N_REF_KINDS];

#define HTH_REF_ROW_BITS 27
#define HTH_REF_ROW_MAX  ((1u << HTH_REF_ROW_BITS) - 1)

static inline HthObjectRef hth_ref(HthRefKind kind, gint64 row)
{
    return (HthObjectRef)kind << HTH_REF_ROW_BITS | ((HthObjectRef)row & HTH_REF_ROW_MAX);
}

static inline HthRefKind hth_ref_kind(HthObjectRef ref)
{
    return (HthRefKind)(ref >> HTH_REF_ROW_BITS);
}

static inline guint32 hth_ref_row(HthObjectRef ref)
{
    return ref & HTH_REF_ROW_MAX;
}

/* A leaf id taken apart: the kind, and the static container, number, digest or permanent id. */
typedef struct {
    HthRefKind kind;
    guint64 key;
} HthLeafId;

/* FALSE: no such form of id. @length: of the leaf, without a context. */
gboolean hth_leaf_id_parse(const char *text, gsize length, HthLeafId *out_id);

/* New string. */
char *hth_leaf_id_format(HthRefKind kind, guint64 key);

G_END_DECLS
