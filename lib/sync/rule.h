/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a device shall hold, said once and evaluated at home whenever the library changes.
 *
 * A rule names sources: a playlist, an artist, the newest 200 … An item is wanted when any source
 * takes it, when its kind is among the kinds, and when it is not excluded. The first source, in the
 * rule's order, that takes it is the reason for it. When the wanted items are more than the byte
 * budget, those that come first in the order of sources stay.
 *
 * As JSON (docs/sync.md has an example of each member):
 *   {"kinds": ["music"], "everything": false, "playlists": ["Running"], "artists": [], "albums":
 * [], "genres": [], "favourites": true, "rating": 4, "newest": 200, "unplayed": 100,
 *    "least_recent": 100, "max_bytes": 32000000000, "order": ["playlists", "newest"],
 *    "rendition": ["opus-128", "photo-1080"], "only_on_power": false, "only_unmetered": false,
 *    "away": "smaller", "stream": false, "excluded": ["k3jx…"]}
 *
 * Threads: an object belongs to one thread at a time; one that nobody changes, to any.
 */
#pragma once

#include <glib.h>

#include "media/media-info.h"

G_BEGIN_DECLS

/* Names in one list of a rule; items excluded; bytes of its JSON. More are refused. */
#define HTH_SYNC_RULE_NAMES_MAX    256
#define HTH_SYNC_RULE_EXCLUDED_MAX 50000
#define HTH_SYNC_RULE_BYTES_MAX    (1024 * 1024)

typedef enum {
    HTH_SYNC_SOURCE_PLAYLISTS,
    HTH_SYNC_SOURCE_ALBUMS,
    HTH_SYNC_SOURCE_ARTISTS,
    HTH_SYNC_SOURCE_GENRES,
    HTH_SYNC_SOURCE_FAVOURITES,
    HTH_SYNC_SOURCE_RATING,
    HTH_SYNC_SOURCE_NEWEST,
    HTH_SYNC_SOURCE_UNPLAYED,
    HTH_SYNC_SOURCE_LEAST_RECENT,
    HTH_SYNC_SOURCE_EVERYTHING,
    HTH_N_SYNC_SOURCES,
} HthSyncSource;

/* "playlists" … as in the JSON. */
const char *hth_sync_source_name(HthSyncSource source);

/* Bits of HthSyncRule.kinds. */
enum {
    HTH_SYNC_KIND_MUSIC = 1 << 0,
    HTH_SYNC_KIND_VIDEO = 1 << 1,
    HTH_SYNC_KIND_PHOTO = 1 << 2,
    HTH_SYNC_KIND_ALL = 7,
};

/* What comes over a thin path: over the relay, or over a network that costs. */
typedef enum {
    HTH_SYNC_AWAY_DEFAULT, /* everything over the relay, metadata over a network that costs */
    HTH_SYNC_AWAY_NOTHING,
    HTH_SYNC_AWAY_METADATA, /* tags, names, playlists and what goes; no new file */
    HTH_SYNC_AWAY_SMALLER,  /* that, and new files as renditions */
    HTH_SYNC_AWAY_EVERYTHING,
    HTH_N_SYNC_AWAYS,
} HthSyncAway;

/* One profile a kind: music, video, photos. */
#define HTH_SYNC_N_RENDITIONS 3

/* What stands for "not converted" where a rendition is named. */
#define HTH_SYNC_ORIGINAL "original"

typedef struct HthSyncRule {
    guint kinds;
    gboolean has_everything;
    gboolean has_favourites;
    char **playlists; /* titles or ids; never NULL, as all lists here */
    char **artists;
    char **albums;
    char **genres;
    guint rating;       /* this many stars or more; 0: not a source */
    guint newest;       /* so many, by the time they were added; 0: not a source */
    guint unplayed;     /* so many never played, the newest first */
    guint least_recent; /* so many, those heard longest ago (or never) first */
    guint64 max_bytes;  /* 0: no budget */
    guint n_order;
    HthSyncSource order[HTH_N_SYNC_SOURCES]; /* all sources, the first to be kept first */
    /* Of music, video and photos: names out of media/rendition-profile.h; NULL: the original. */
    const char *renditions[HTH_SYNC_N_RENDITIONS];
    gboolean is_only_on_power;  /* no data while the device is on battery */
    gboolean is_only_unmetered; /* no data over a network that costs */
    gboolean is_streaming;      /* playlists name what is not on the device, too */
    HthSyncAway away;
    GHashTable *excluded; /* (element guint64 item id) "not here" */
} HthSyncRule;

/* A rule that wants nothing: what a new device has. */
HthSyncRule *hth_sync_rule_new(void);
void hth_sync_rule_free(HthSyncRule *self); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HthSyncRule, hth_sync_rule_free)

/* Errors: HTH_ERROR_INVALID    not JSON, an unknown member or a wrong value; the message says which
 *         HTH_ERROR_TOO_LARGE  over a limit above */
HthSyncRule *hth_sync_rule_parse(const char *json, GError **error);

/* One line of JSON with all members that are not at their default. New string. */
char *hth_sync_rule_print(const HthSyncRule *self);

/* What the rule says of a path that is thin for one of these reasons, or for both. */
HthSyncAway hth_sync_rule_away(const HthSyncRule *self, gboolean is_relayed, gboolean is_metered);
/* Names a rendition for each kind that has none: what comes smaller. */
void hth_sync_rule_make_smaller(HthSyncRule *self);

gboolean hth_sync_rule_is_excluded(const HthSyncRule *self, guint64 item);
void hth_sync_rule_exclude(HthSyncRule *self, guint64 item);

/* The place of @source in the order: the smaller, the longer it is kept. */
guint hth_sync_rule_rank(const HthSyncRule *self, HthSyncSource source);

/* What a device with this rule gets of an item of @kind: HTH_SYNC_ORIGINAL or a profile's name. */
const char *hth_sync_rule_rendition(const HthSyncRule *self, HthMediaKind kind);

/* Whether it names any source at all. */
gboolean hth_sync_rule_is_empty(const HthSyncRule *self);

G_END_DECLS
