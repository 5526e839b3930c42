/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "token-bucket.h"

/* A bucket holds a second divided by this. */
#define SHARE_OF_SECOND 8
/* What is not worth a call yet, unless nothing more was asked for. */
#define LEAST_BYTES 1024

void hth_token_bucket_init(HthTokenBucket *self, guint64 rate_bps)
{
    *self = (HthTokenBucket){ 0 };
    pthread_mutex_init(&self->lock, NULL);
    atomic_store(&self->rate_bps, rate_bps);
}

void hth_token_bucket_clear(HthTokenBucket *self)
{
    pthread_mutex_destroy(&self->lock);
}

void hth_token_bucket_set_rate(HthTokenBucket *self, guint64 rate_bps)
{
    atomic_store(&self->rate_bps, MIN(rate_bps, (guint64)G_MAXINT64 / G_USEC_PER_SEC));
}

/* Locking: self->lock is held. */
static void fill(HthTokenBucket *self, gint64 rate_bps, gint64 now_us)
{
    const gint64 capacity = MAX(rate_bps / SHARE_OF_SECOND, HTH_BUCKET_MIN_BYTES);
    const gint64 passed_us =
        self->filled_us == 0 ? G_USEC_PER_SEC : CLAMP(now_us - self->filled_us, 0, G_USEC_PER_SEC);
    const gint64 n_new = rate_bps * passed_us / G_USEC_PER_SEC;
    if (n_new == 0 && self->filled_us != 0)
        return; /* so that a low rate is not rounded away */
    self->level = MIN(self->level + n_new, capacity);
    self->filled_us = now_us;
}

gsize hth_token_bucket_take(HthTokenBucket *self, gsize wanted, gint64 now_us)
{
    const gint64 rate_bps = (gint64)atomic_load_explicit(&self->rate_bps, memory_order_relaxed);
    if (rate_bps == 0)
        return wanted;
    pthread_mutex_lock(&self->lock);
    fill(self, rate_bps, now_us);
    gsize n_given = MIN(wanted, (gsize)self->level);
    if (n_given < MIN(wanted, LEAST_BYTES))
        n_given = 0;
    self->level -= (gint64)n_given;
    pthread_mutex_unlock(&self->lock);
    return n_given;
}

void hth_token_bucket_return(HthTokenBucket *self, gsize n_bytes)
{
    if (n_bytes == 0 || atomic_load_explicit(&self->rate_bps, memory_order_relaxed) == 0)
        return;
    pthread_mutex_lock(&self->lock);
    self->level += (gint64)n_bytes;
    pthread_mutex_unlock(&self->lock);
}
