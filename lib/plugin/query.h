/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is asked of the library: a tree of conditions over properties, and a sort order.
 *
 * The DLNA plugin makes it from SearchCriteria (ContentDirectory:1, section 2.5.5), the API and the
 * CLI from words. The library compiles it to prepared SQL with bound parameters; no text of a
 * client's ever becomes SQL.
 *
 * Threads: an object belongs to one thread at a time.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Bounds of a query: deeper or larger ones are refused with HTH_ERROR_TOO_LARGE. */
#define HTH_QUERY_MAX_DEPTH 32
#define HTH_QUERY_MAX_NODES 256
#define HTH_SORT_MAX_KEYS   8

typedef enum {
    HTH_PROPERTY_ANY, /* title, artist, album: what a person's words are looked for in */
    HTH_PROPERTY_ID,
    HTH_PROPERTY_PARENT_ID,
    HTH_PROPERTY_REF_ID, /* nothing that Search returns has one */
    HTH_PROPERTY_CLASS,
    HTH_PROPERTY_TITLE,
    HTH_PROPERTY_ARTIST, /* upnp:artist and dc:creator: track artists */
    HTH_PROPERTY_ALBUM_ARTIST,
    HTH_PROPERTY_COMPOSER,
    HTH_PROPERTY_ALBUM,
    HTH_PROPERTY_GENRE,
    HTH_PROPERTY_DATE,
    HTH_PROPERTY_TRACK, /* sorts by disc, then track */
    HTH_PROPERTY_DISC,
    HTH_PROPERTY_SIZE,
    HTH_PROPERTY_DURATION, /* milliseconds */
    HTH_PROPERTY_BITRATE,
    HTH_PROPERTY_MIME_TYPE, /* also asked as res@protocolInfo */
    HTH_PROPERTY_PLAY_COUNT,
    HTH_PROPERTY_LAST_PLAYED,
    HTH_PROPERTY_RATING,
    HTH_PROPERTY_ADDED, /* unix seconds */
    HTH_N_PROPERTIES,
} HthProperty;

typedef enum {
    HTH_QUERY_ALL, /* everything */
    HTH_QUERY_AND,
    HTH_QUERY_OR,
    HTH_QUERY_NOT,
    HTH_QUERY_EQUAL,
    HTH_QUERY_NOT_EQUAL,
    HTH_QUERY_LESS,
    HTH_QUERY_LESS_EQUAL,
    HTH_QUERY_GREATER,
    HTH_QUERY_GREATER_EQUAL,
    HTH_QUERY_CONTAINS,
    HTH_QUERY_DOES_NOT_CONTAIN,
    HTH_QUERY_STARTS_WITH,
    HTH_QUERY_DERIVED_FROM, /* class only */
    HTH_QUERY_EXISTS,       /* value "true" or "false" */
} HthQueryKind;

typedef struct HthQuery HthQuery;
struct HthQuery {
    HthQueryKind kind;
    HthQuery *left;  /* AND, OR, NOT */
    HthQuery *right; /* AND, OR */
    HthProperty property;
    char *value; /* text as the client wrote it, unescaped; compared without case and diacritics */
};

HthQuery *hth_query_new_all(void);
HthQuery *hth_query_new_pair(HthQueryKind kind, HthQuery *left, HthQuery *right); /* takes both */
HthQuery *hth_query_new_compare(HthQueryKind kind, HthProperty property, const char *value);
void hth_query_free(HthQuery *self); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HthQuery, hth_query_free)

typedef struct {
    HthProperty property;
    gboolean is_descending;
} HthSortKey;

/* Sorted by the container's own order when n_keys is 0. Any order ends in a unique tie-breaker, so
 * that paging is stable. */
typedef struct {
    guint n_keys;
    HthSortKey keys[HTH_SORT_MAX_KEYS];
} HthSort;

G_END_DECLS
