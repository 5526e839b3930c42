/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a device shall hold by its rule: files with their names, playlists with their contents, each
 * with a reason, and those that the byte budget has no room for.
 *
 * Threads: an object belongs to one thread at a time.
 */
#pragma once

#include "sync/device-name.h"
#include "sync/sync-home.h"
#include "sync/sync-store.h"

G_BEGIN_DECLS

typedef struct {
    guint64 id;
    HthMediaKind kind;
    guint64 size;
    guint64 revision;
    guint64 companion_of;
    guint rank; /* of its source in the rule's order */
    guint64 order;
    const char *wish;
    const char *file_name;
    const char *reason;
    const char *path;   /* its name on the device; NULL: over the budget */
    gboolean is_unread; /* as HthSyncItem says */
    gboolean is_away;
    const char *rendition; /* HTH_SYNC_ORIGINAL, or a profile's name */
    gboolean is_waiting;   /* as HthSyncItem says, and the device does not hold it */
    const char *problem;
    gboolean is_over; /* the budget has no room for it */
    GBytes *content;  /* a playlist's; NULL: a file of the library */
    guint64 priority; /* its place among all, the first to be brought first */
} HthSyncWant;

typedef struct {
    GArray *wants; /* (element HthSyncWant) by id */
    HthDeviceNames *names;
    GStringChunk *texts;
} HthSyncWants;

/* How the playlists of a device name what it does not hold; NULL: not at all. */
typedef struct {
    const char *device;
    guint16 port;         /* of its own 127.0.0.1 */
    const guint8 *secret; /* of HTH_SYNC_STREAM_SECRET_BYTES: tokens are made with it */
} HthSyncStreaming;

#define HTH_SYNC_STREAM_SECRET_BYTES 32
#define HTH_SYNC_TOKEN_LENGTH        26

/* By which a playlist of a device opens its items there: nobody guesses it, and it is another one
 * for each device, playlist and change of the playlist. */
void hth_sync_stream_token(const HthSyncStreaming *streaming, guint64 playlist, guint64 revision,
                           char out[HTH_SYNC_TOKEN_LENGTH + 1]);

/* Asks the library, gives names, writes playlists. Names that @held have stay.
 * @smaller:   NULL, or the rule with a rendition for every kind: what the device does not hold, or
 *             holds as such a rendition, is wanted as that
 * @streaming: NULL, or as above
 * @held:      (element HthSyncHeldRow) by item. Errors: the library's. */
HthSyncWants *hth_sync_wants_new(const HthSyncLibrary *library, const HthSyncRule *rule,
                                 const HthSyncRule *smaller, const HthSyncStreaming *streaming,
                                 const GArray *held, GError **error);
void hth_sync_wants_free(HthSyncWants *self); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HthSyncWants, hth_sync_wants_free)

const HthSyncWant *hth_sync_wants_find(const HthSyncWants *self, guint64 id);

/* The row of @item in an array by item; NULL: none. */
const HthSyncHeldRow *hth_sync_held_find(const GArray *held, guint64 item);

G_END_DECLS
