/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync/set-digest.h"

#include <string.h>

static void test_order_does_not_matter(void)
{
    HthSyncSetDigest a = { 0 };
    HthSyncSetDigest b = { 0 };
    HthDigest hash;
    for (guint i = 0; i < 300; i++) {
        memset(&hash, (gint)(i & 0xff), sizeof hash);
        g_autofree char *path = g_strdup_printf("Music/%u.mp3", i);
        hth_sync_set_digest_add(&a, i, path, &hash);
    }
    for (guint i = 300; i-- > 0;) {
        memset(&hash, (gint)(i & 0xff), sizeof hash);
        g_autofree char *path = g_strdup_printf("Music/%u.mp3", i);
        hth_sync_set_digest_add(&b, i, path, &hash);
    }
    g_assert_cmpmem(&a, sizeof a, &b, sizeof b);
}

static void test_removing_undoes_adding(void)
{
    HthSyncSetDigest digest = { 0 };
    HthDigest hash = { { 1, 2, 3 } };
    hth_sync_set_digest_add(&digest, 7, "a", &hash);
    const HthSyncSetDigest one = digest;
    hth_sync_set_digest_add(&digest, 8, "b", &hash);
    g_assert_cmpint(memcmp(&digest, &one, sizeof one), !=, 0);
    hth_sync_set_digest_remove(&digest, 8, "b", &hash);
    g_assert_cmpmem(&digest, sizeof digest, &one, sizeof one);
    hth_sync_set_digest_remove(&digest, 7, "a", &hash);
    const HthSyncSetDigest none = { 0 };
    g_assert_cmpmem(&digest, sizeof digest, &none, sizeof none);
}

static void test_every_field_counts(void)
{
    HthDigest hash = { { 1 } };
    HthDigest other = { { 2 } };
    HthSyncSetDigest digests[4] = { 0 };
    hth_sync_set_digest_add(&digests[0], 7, "a", &hash);
    hth_sync_set_digest_add(&digests[1], 8, "a", &hash);
    hth_sync_set_digest_add(&digests[2], 7, "b", &hash);
    hth_sync_set_digest_add(&digests[3], 7, "a", &other);
    for (guint i = 0; i < 4; i++)
        for (guint j = 0; j < i; j++)
            g_assert_cmpint(memcmp(&digests[i], &digests[j], sizeof digests[i]), !=, 0);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/set-digest/order-does-not-matter", test_order_does_not_matter);
    g_test_add_func("/set-digest/removing-undoes-adding", test_removing_undoes_adding);
    g_test_add_func("/set-digest/every-field-counts", test_every_field_counts);
    return g_test_run();
}
