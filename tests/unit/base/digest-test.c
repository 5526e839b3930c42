/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/digest.h"

/* FIPS 180-2, appendix B. */
static const HthDigest abc = { { 0xba, 0x78, 0x16, 0xbf, 0x8f, 0x01, 0xcf, 0xea, 0x41, 0x41, 0x40,
                                 0xde, 0x5d, 0xae, 0x22, 0x23, 0xb0, 0x03, 0x61, 0xa3, 0x96, 0x17,
                                 0x7a, 0x9c, 0xb4, 0x10, 0xff, 0x61, 0xf2, 0x00, 0x15, 0xad } };

static void test_is_sha_256(void)
{
    HthDigest digest;
    hth_digest_of("abc", 3, &digest);
    g_assert_true(hth_digest_equal(&digest, &abc));
    g_assert_false(hth_digest_is_zero(&digest));
}

static void test_a_stream_hashes_as_one_block_and_can_begin_again(void)
{
    g_autoptr(HthDigester) digester = hth_digester_new();
    for (guint i = 0; i < 2; i++) {
        hth_digester_add(digester, "a", 1);
        hth_digester_add(digester, NULL, 0);
        hth_digester_add(digester, "bc", 2);
        HthDigest digest;
        hth_digester_finish(digester, &digest);
        g_assert_true(hth_digest_equal(&digest, &abc));
    }
}

static void test_a_look_in_between_does_not_end_it(void)
{
    g_autoptr(HthDigester) digester = hth_digester_new();
    HthDigest digest;
    hth_digester_add(digester, "ab", 2);
    hth_digester_peek(digester, &digest);
    g_assert_false(hth_digest_equal(&digest, &abc));
    hth_digester_add(digester, "c", 1);
    hth_digester_peek(digester, &digest);
    g_assert_true(hth_digest_equal(&digest, &abc));
    hth_digester_finish(digester, &digest);
    g_assert_true(hth_digest_equal(&digest, &abc));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/digest/is-sha-256", test_is_sha_256);
    g_test_add_func("/digest/a-stream-hashes-as-one-block-and-can-begin-again",
                    test_a_stream_hashes_as_one_block_and_can_begin_again);
    g_test_add_func("/digest/a-look-in-between-does-not-end-it",
                    test_a_look_in_between_does_not_end_it);
    return g_test_run();
}
