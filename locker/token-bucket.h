/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A rate that is kept on average: bytes are taken from a bucket that fills with time. It holds an
 * eighth of a second, so that a limit is felt as a rate and not as a stutter.
 *
 * Threads: any thread, any time; a bucket without a rate costs one load.
 */
#pragma once

#include <glib.h>
#include <pthread.h>
#include <stdatomic.h>

G_BEGIN_DECLS

/* Less would be a call of the kernel for a handful of bytes. */
#define HTH_BUCKET_MIN_BYTES (16 * 1024)

typedef struct {
    _Atomic guint64 rate_bps; /* bytes a second; 0: no limit */
    pthread_mutex_t lock;     /* guards the fields below */
    gint64 level;             /* bytes; never below 0 */
    gint64 filled_us;         /* monotonic; 0: never yet */
} HthTokenBucket;

void hth_token_bucket_init(HthTokenBucket *self, guint64 rate_bps);
void hth_token_bucket_clear(HthTokenBucket *self);
void hth_token_bucket_set_rate(HthTokenBucket *self, guint64 rate_bps);

/* Returns: how many of @wanted bytes may go now; 0: come again in a few milliseconds. */
gsize hth_token_bucket_take(HthTokenBucket *self, gsize wanted, gint64 now_us);
/* Puts back what was taken and not used. */
void hth_token_bucket_return(HthTokenBucket *self, gsize n_bytes);

G_END_DECLS
