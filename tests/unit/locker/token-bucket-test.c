/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "token-bucket.h"

/* What a greedy reader gets in @seconds, asking each millisecond. */
static guint64 drink(HthTokenBucket *bucket, gint64 *now_us, guint seconds)
{
    guint64 n_bytes = 0;
    for (guint i = 0; i < seconds * 1000; i++) {
        *now_us += 1000;
        n_bytes += hth_token_bucket_take(bucket, 64 * 1024, *now_us);
    }
    return n_bytes;
}

static void test_keeps_any_rate(void)
{
    static const guint64 rates[] = { 2000, 50 * 1000, 1000 * 1000, 1000 * 1000 * 50 };
    for (gsize i = 0; i < G_N_ELEMENTS(rates); i++) {
        HthTokenBucket bucket;
        gint64 now_us = 1;
        hth_token_bucket_init(&bucket, rates[i]);
        (void)drink(&bucket, &now_us, 10); /* it may be full at first */
        const guint64 n_bytes = drink(&bucket, &now_us, 20);
        g_assert_cmpuint(n_bytes, >, rates[i] * 19);
        g_assert_cmpuint(n_bytes, <, rates[i] * 21);
        hth_token_bucket_clear(&bucket);
    }
}

static void test_without_a_rate_everything_goes(void)
{
    HthTokenBucket bucket;
    hth_token_bucket_init(&bucket, 0);
    g_assert_cmpuint(hth_token_bucket_take(&bucket, 1 << 20, 1), ==, 1 << 20);
    hth_token_bucket_set_rate(&bucket, 1000);
    g_assert_cmpuint(hth_token_bucket_take(&bucket, 1 << 20, 1), <=, HTH_BUCKET_MIN_BYTES);
    hth_token_bucket_clear(&bucket);
}

static void test_what_is_returned_can_be_taken_again(void)
{
    HthTokenBucket bucket;
    hth_token_bucket_init(&bucket, 8000);
    const gsize n_bytes = hth_token_bucket_take(&bucket, 1 << 20, 1);
    g_assert_cmpuint(hth_token_bucket_take(&bucket, 1 << 20, 1), ==, 0);
    hth_token_bucket_return(&bucket, n_bytes);
    g_assert_cmpuint(hth_token_bucket_take(&bucket, 1 << 20, 1), ==, n_bytes);
    hth_token_bucket_clear(&bucket);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/token-bucket/keeps-any-rate", test_keeps_any_rate);
    g_test_add_func("/token-bucket/without-a-rate-everything-goes",
                    test_without_a_rate_everything_goes);
    g_test_add_func("/token-bucket/what-is-returned-can-be-taken-again",
                    test_what_is_returned_can_be_taken_again);
    return g_test_run();
}
