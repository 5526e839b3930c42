/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A household as the running locker knows it: who it is, what it may do, and what it has used.
 *
 * Threads: any thread, any time; what changes is atomic. Whoever keeps one holds a reference.
 */
#pragma once

#include "base/key-id.h"
#include "token-bucket.h"

G_BEGIN_DECLS

/* What a household may do; 0: no limit. */
typedef struct {
    guint64 household_rate; /* bytes a second, both directions of all its sessions together */
    guint64 session_rate;   /* the same for each session */
    guint64 month_bytes;    /* a calendar month, UTC */
    guint32 sessions;       /* at a time */
} HthLimits;

gboolean hth_limits_equal(const HthLimits *a, const HthLimits *b);

typedef struct HthHousehold HthHousehold;

/* @month_used: bytes of this month. */
HthHousehold *hth_household_new(guint64 id, const HthKeyId *key, const HthLimits *limits,
                                guint64 month_used);
HthHousehold *hth_household_ref(HthHousehold *self);
void hth_household_unref(HthHousehold *self); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HthHousehold, hth_household_unref)

guint64 hth_household_id(const HthHousehold *self);
const HthKeyId *hth_household_key(const HthHousehold *self);

void hth_household_limits(HthHousehold *self, HthLimits *out_limits);
void hth_household_set_limits(HthHousehold *self, const HthLimits *limits);

/* A removed household stays until the last reference goes; nothing new begins with it. */
void hth_household_end(HthHousehold *self);
gboolean hth_household_is_ended(HthHousehold *self);

/* Begins a session. FALSE: a limit is reached, or it has ended. */
gboolean hth_household_begin_session(HthHousehold *self);
void hth_household_end_session(HthHousehold *self);
guint hth_household_sessions(HthHousehold *self);

/* What goes through its sessions. */
HthTokenBucket *hth_household_bucket(HthHousehold *self);
/* FALSE: these were the last of the month. */
gboolean hth_household_count(HthHousehold *self, gsize n_bytes);
guint64 hth_household_month_used(HthHousehold *self);

/* For the catalogue: what was not written yet, which from now on is the caller's to write. */
void hth_household_take_unsaved(HthHousehold *self, guint64 *out_bytes, guint64 *out_sessions);
/* It could not be written. */
void hth_household_return_unsaved(HthHousehold *self, guint64 n_bytes, guint64 n_sessions);
void hth_household_begin_month(HthHousehold *self);

/* Parked connections, kept by the door. */
void hth_household_change_parked(HthHousehold *self, int change);
guint hth_household_parked(HthHousehold *self);

G_END_DECLS
