/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "household.h"

struct HthHousehold {
    _Atomic int references;
    guint64 id;
    HthKeyId key;
    HthTokenBucket bucket;
    _Atomic guint64 session_rate;
    _Atomic guint64 month_bytes;
    _Atomic guint32 max_sessions;
    _Atomic gboolean is_ended;
    _Atomic guint n_sessions;
    _Atomic int n_parked;
    _Atomic guint64 month_used;
    _Atomic guint64 unsaved_bytes;
    _Atomic guint64 unsaved_sessions;
};

gboolean hth_limits_equal(const HthLimits *a, const HthLimits *b)
{
    return a->household_rate == b->household_rate && a->session_rate == b->session_rate &&
           a->month_bytes == b->month_bytes && a->sessions == b->sessions;
}

HthHousehold *hth_household_new(guint64 id, const HthKeyId *key, const HthLimits *limits,
                                guint64 month_used)
{
    HthHousehold *self = g_new0(HthHousehold, 1);
    self->references = 1;
    self->id = id;
    self->key = *key;
    self->month_used = month_used;
    hth_token_bucket_init(&self->bucket, 0);
    hth_household_set_limits(self, limits);
    return self;
}

HthHousehold *hth_household_ref(HthHousehold *self)
{
    atomic_fetch_add(&self->references, 1);
    return self;
}

void hth_household_unref(HthHousehold *self)
{
    if (self == NULL || atomic_fetch_sub(&self->references, 1) > 1)
        return;
    hth_token_bucket_clear(&self->bucket);
    g_free(self);
}

guint64 hth_household_id(const HthHousehold *self)
{
    return self->id;
}

const HthKeyId *hth_household_key(const HthHousehold *self)
{
    return &self->key;
}

void hth_household_limits(HthHousehold *self, HthLimits *out_limits)
{
    *out_limits = (HthLimits){
        .household_rate = atomic_load(&self->bucket.rate_bps),
        .session_rate = atomic_load(&self->session_rate),
        .month_bytes = atomic_load(&self->month_bytes),
        .sessions = atomic_load(&self->max_sessions),
    };
}

void hth_household_set_limits(HthHousehold *self, const HthLimits *limits)
{
    hth_token_bucket_set_rate(&self->bucket, limits->household_rate);
    atomic_store(&self->session_rate, limits->session_rate);
    atomic_store(&self->month_bytes, limits->month_bytes);
    atomic_store(&self->max_sessions, limits->sessions);
}

void hth_household_end(HthHousehold *self)
{
    atomic_store(&self->is_ended, TRUE);
}

gboolean hth_household_is_ended(HthHousehold *self)
{
    return atomic_load(&self->is_ended);
}

static gboolean has_bytes_left(HthHousehold *self)
{
    const guint64 limit = atomic_load_explicit(&self->month_bytes, memory_order_relaxed);
    return limit == 0 || atomic_load_explicit(&self->month_used, memory_order_relaxed) < limit;
}

gboolean hth_household_begin_session(HthHousehold *self)
{
    const guint32 max = atomic_load(&self->max_sessions);
    if (atomic_load(&self->is_ended) || !has_bytes_left(self))
        return FALSE;
    if (atomic_fetch_add(&self->n_sessions, 1) >= (max != 0 ? max : G_MAXUINT32)) {
        atomic_fetch_sub(&self->n_sessions, 1);
        return FALSE;
    }
    atomic_fetch_add(&self->unsaved_sessions, 1);
    return TRUE;
}

void hth_household_end_session(HthHousehold *self)
{
    atomic_fetch_sub(&self->n_sessions, 1);
}

guint hth_household_sessions(HthHousehold *self)
{
    return atomic_load(&self->n_sessions);
}

HthTokenBucket *hth_household_bucket(HthHousehold *self)
{
    return &self->bucket;
}

gboolean hth_household_count(HthHousehold *self, gsize n_bytes)
{
    atomic_fetch_add_explicit(&self->unsaved_bytes, n_bytes, memory_order_relaxed);
    atomic_fetch_add_explicit(&self->month_used, n_bytes, memory_order_relaxed);
    return has_bytes_left(self);
}

guint64 hth_household_month_used(HthHousehold *self)
{
    return atomic_load(&self->month_used);
}

void hth_household_take_unsaved(HthHousehold *self, guint64 *out_bytes, guint64 *out_sessions)
{
    *out_bytes = atomic_exchange(&self->unsaved_bytes, 0);
    *out_sessions = atomic_exchange(&self->unsaved_sessions, 0);
}

void hth_household_return_unsaved(HthHousehold *self, guint64 n_bytes, guint64 n_sessions)
{
    atomic_fetch_add(&self->unsaved_bytes, n_bytes);
    atomic_fetch_add(&self->unsaved_sessions, n_sessions);
}

void hth_household_begin_month(HthHousehold *self)
{
    atomic_store(&self->month_used, 0);
}

void hth_household_change_parked(HthHousehold *self, int change)
{
    atomic_fetch_add(&self->n_parked, change);
}

guint hth_household_parked(HthHousehold *self)
{
    return (guint)MAX(atomic_load(&self->n_parked), 0);
}
