/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From what a device shall hold and what it holds to the operations between: a pure function.
 *
 * Order: REMOVE, MOVE, RETAG, PLAYLIST, then PUT by priority and size; so the small things that
 * set a device right come first, and what is cut off anywhere has left it better than before.
 *
 * Promises (the unit test tries them on random trees)
 *   1. Applying the steps to what is held gives what is wanted, less what waits or has no room.
 *   2. At no step is a path taken that another file has, in whatever case, nor a folder's; moves in
 *      a circle go through a name of their own.
 *   3. What is there and wanted is neither sent nor touched.
 *   4. A blocked file that is to have another path keeps the one that it has: what would need that
 *      path, or wait for it, is left alone and counted as blocked too. The device need not see that
 *      it is taken: where a person deleted the file, its name is free there.
 *
 * Threads: any thread, any time.
 */
#pragma once

#include <glib.h>

#include "sync/message.h"

G_BEGIN_DECLS

/* What to do with a file whose bytes on the device are not those of the home. */
typedef enum {
    HTH_SYNC_CHANGE_PUT,   /* send it whole */
    HTH_SYNC_CHANGE_RETAG, /* a recipe is there */
    HTH_SYNC_CHANGE_WAIT,  /* it is being looked at: its name may change, its bytes stay */
} HthSyncChange;

typedef struct {
    guint64 item;
    const char *path; /* that it shall have; borrowed */
    HthDigest hash;   /* zeros: known only when it has been read */
    guint64 size;
    guint64 revision;
    const char *rendition;  /* the plan does not look at it; borrowed */
    guint64 priority;       /* the smaller, the earlier */
    guint64 transfer_bytes; /* what a RETAG will cost, about */
    HthSyncChange change;
    gboolean is_playlist;
    gboolean is_blocked; /* it failed before: not to be put again now; what is there stays */
} HthSyncWanted;

typedef struct {
    HthSyncOperationKind kind;
    guint64 item;
    char *path;         /* of REMOVE: where it is */
    HthDigest old_hash; /* zeros: it is not there yet */
    HthDigest new_hash;
    guint64 size;
    guint64 revision;
    guint64 transfer_bytes; /* about what has to cross the air */
} HthSyncPlanStep;

typedef struct {
    guint64 free_bytes; /* G_MAXUINT64: not known, no limit */
} HthSyncPlanLimits;

typedef struct {
    GArray *steps; /* (element HthSyncPlanStep) in the order to apply them */
    guint n_waiting;
    guint n_no_room; /* wanted, and larger than what is free */
    guint64 no_room_bytes;
    guint n_blocked;
} HthSyncPlan;

/* @wanted, @held: sorted by item, each item once; the paths of each unique without regard to case.
 */
HthSyncPlan *hth_sync_plan(const HthSyncWanted *wanted, guint n_wanted, const HthSyncHeld *held,
                           guint n_held, const HthSyncPlanLimits *limits);
void hth_sync_plan_free(HthSyncPlan *self); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HthSyncPlan, hth_sync_plan_free)

G_END_DECLS
