/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the files of the home's side share: the home itself, and what it remembers of a device
 * between two of its requests without writing it down.
 *
 *   sync-home.c     new, free, routes
 *   home-device.c   rules, wiping, waking
 *   home-contact.c  what a device says is booked: epochs, results, absent items, manifest, plays
 *   home-plan.c     wanted + held → plan
 *   home-operations.c  plan → the operations of an answer
 *   home-plays.c    play states, from devices to the library and to other devices
 *   home-data.c     the stream of /sync/data
 *   home-show.c     what a person sees
 */
#pragma once

#include "base/error.h"
#include "sync/home-want.h"
#include "sync/plan.h"

G_BEGIN_DECLS

typedef struct {
    GMutex lock; /* one request of a device at a time */
    /* Nothing was left to do when these were so, at that time. */
    gboolean is_settled;
    guint64 settled_library;
    guint64 settled_rule;
    gint64 settled_ms;
    guint64 settled_free_bytes; /* with more room than this there may be something to do */
    gint64 last_seen_ms;
    gint is_pending;  /* atomic: something is being made for it */
    gboolean is_away; /* its card was away when it last came */
    gint is_relayed;  /* atomic to read without the lock */
    /* What the last plan had beyond its answer, when that is nothing but files to be put: the next
     * answer goes on with it while nothing changed. NULL: plan anew. */
    GArray *rest; /* (element HthSyncPlanStep) */
    guint rest_at;
    guint64 rest_library;
    guint64 rest_rule;
    guint rest_demands;
    GHashTable *asked; /* (guint64 item → times that its layout was asked for) */
} HthSyncPeer;

struct HthSyncHome {
    HthSyncStore *store;
    const HthSyncLibrary *library;
    guint8 epoch[HTH_SYNC_EPOCH_BYTES]; /* guarded by the store's lock */
    guint8 stream_secret[HTH_SYNC_STREAM_SECRET_BYTES];
    guint n_exchanges;    /* guarded by the store's lock */
    guint64 play_counter; /* guarded by the store's lock: changes of play states */
    HthHlc clock;         /* guarded by the store's lock */
    GMutex telling;       /* held while the library is told of play states */
    GMutex lock;          /* guards peers */
    GHashTable *peers;    /* (char *device → HthSyncPeer) never removed */
};

HthSyncPeer *hth_sync_home_peer(HthSyncHome *self, const char *device);

/* A new epoch for the home: what devices know of operations is worth nothing any more. Between the
 * store's begin() and end(). */
gboolean hth_sync_home_renew_epoch(HthSyncHome *self, GError **error);

void hth_sync_home_tell(HthSyncHome *self, const char *device, const char *event);

/* ---- home-contact.c: within the store's begin() and end() ---- */

typedef struct {
    guint64 confirmed_sequence;
    guint64 confirmed_play;
    guint64 confirmed_absent;
    guint demands;             /* HthSyncDemands: NEW_EPOCH */
    gboolean are_results_good; /* both sides speak of the same operations */
    gboolean has_refusals;     /* something did not go as planned */
    gboolean has_plays;        /* the library is to be told */
    gboolean is_changed;       /* something was booked: the row has to be written */
    GArray *layouts;           /* (element HthSyncMissing) whose layouts are wanted by now */
} HthSyncContact;

gboolean hth_sync_home_book(HthSyncHome *self, HthSyncDeviceRow *row, const HthSyncRequest *request,
                            HthSyncContact *contact, GError **error);
gboolean hth_sync_home_book_page(HthSyncHome *self, HthSyncDeviceRow *row,
                                 const HthSyncManifestPage *page, GError **error);

/* ---- home-plays.c ---- */

/* With the store's lock held. */
void hth_sync_home_load_plays(HthSyncHome *self);
/* Within begin() and end(). */
gboolean hth_sync_home_book_plays(HthSyncHome *self, HthSyncDeviceRow *row,
                                  const HthSyncRequest *request, HthSyncContact *contact,
                                  GError **error);
/* A device got @item: its play state is to follow. */
gboolean hth_sync_home_bring_play(HthSyncHome *self, guint64 item, GError **error);
/* These take the lock themselves. */
void hth_sync_home_tell_library(HthSyncHome *self);
void hth_sync_home_add_plays(HthSyncHome *self, const char *device, const HthSyncRequest *request,
                             HthSyncAnswer *answer);

/* Where in the changes of play states the device is. */
guint64 hth_sync_home_plays_from(HthSyncHome *self, const HthSyncRequest *request);

/* ---- home-plan.c: takes the store's lock itself ---- */

/* Fills the operations, the rest and the layout items of @answer. */
gboolean hth_sync_home_plan(HthSyncHome *self, HthSyncPeer *peer, HthSyncDeviceRow *row,
                            const HthSyncRequest *request, HthSyncAnswer *answer, GError **error);

/* The next plan is made anew. */
void hth_sync_peer_drop_rest(HthSyncPeer *peer);

/* What hth_sync_plan() is asked with. */
typedef struct {
    HthSyncRule *rule;
    HthSyncRule *smaller; /* the same with renditions for all kinds, where these come; else NULL */
    HthSyncAway away;     /* EVERYTHING: the path is not thin */
    guint n_held_off;     /* of those that the plan lets wait: they come when the path is better */
    GArray *held;         /* (element HthSyncHeldRow) */
    /* (element HthSyncFileRow) originals, then the renditions of the rule; NULL: not in the rule */
    GArray *files[1 + HTH_SYNC_N_RENDITIONS];
    GArray *failures; /* (element HthSyncFailure) */
    HthSyncWants *wants;
    GArray *wanted;    /* (element HthSyncWanted) in the order of wants, without those over */
    GArray *bare_held; /* (element HthSyncHeld) borrowed from held */
    HthSyncPlan *plan;
    guint n_problems;    /* of those that the plan lets wait: they won't come */
    gboolean is_pending; /* a recipe or layout is being made, or was asked of the device */
    GArray *ask_layouts; /* (element guint64 item) to be asked of the device */
} HthSyncPicture;

void hth_sync_picture_free(HthSyncPicture *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HthSyncPicture, hth_sync_picture_free)

/* @peer: NULL for a preview, which starts nothing. @is_here: the device waits for the answer.
 * @rule_json: NULL for @row's. */
HthSyncPicture *hth_sync_home_picture(HthSyncHome *self, HthSyncPeer *peer, gboolean is_here,
                                      const HthSyncDeviceRow *row, const char *rule_json,
                                      GError **error);

/* Whether @failure forbids to try @want again. */
gboolean hth_sync_failure_blocks(const HthSyncFailure *failure, const HthSyncWant *want,
                                 gint64 free_bytes, gint64 now_ms);

G_END_DECLS
