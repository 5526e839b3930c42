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

/* Asks the library, gives names, writes playlists. Names that @held have stay.
 * @held: (element HthSyncHeldRow) by item. Errors: the library's. */
HthSyncWants *hth_sync_wants_new(const HthSyncLibrary *library, const HthSyncRule *rule,
                                 const GArray *held, GError **error);
void hth_sync_wants_free(HthSyncWants *self); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HthSyncWants, hth_sync_wants_free)

const HthSyncWant *hth_sync_wants_find(const HthSyncWants *self, guint64 id);

/* The row of @item in an array by item; NULL: none. */
const HthSyncHeldRow *hth_sync_held_find(const GArray *held, guint64 item);

G_END_DECLS
