/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/crc32c.h"

/* RFC 3720, appendix B.4, and the check value of the catalogue of parametrised CRCs. */
static void test_known_sums(void)
{
    guint8 bytes[32] = { 0 };
    g_assert_cmphex(hth_crc32c(0, bytes, sizeof bytes), ==, 0x8a9136aa);
    for (guint i = 0; i < sizeof bytes; i++)
        bytes[i] = (guint8)i;
    g_assert_cmphex(hth_crc32c(0, bytes, sizeof bytes), ==, 0x46dd794e);
    g_assert_cmphex(hth_crc32c(0, "123456789", 9), ==, 0xe3069283);
}

static void test_pieces_give_the_same(void)
{
    g_assert_cmphex(hth_crc32c(hth_crc32c(0, "1234", 4), "56789", 5), ==, 0xe3069283);
}

/* Short ones, long ones by tables, odd beginnings and ends, in pieces. */
static void test_both_ways_agree(void)
{
    enum { N = 20000 };
    g_autofree guint8 *bytes = g_malloc(N);
    for (guint i = 0; i < N; i++)
        bytes[i] = (guint8)(i * i >> 3 ^ i);
    static const gsize sizes[] = { 0, 1, 7, 8, 9, 100, 4095, 4096, 4097, 4103, 5000, N - 3 };
    for (guint i = 0; i < G_N_ELEMENTS(sizes); i++) {
        for (guint from = 0; from < 3; from++)
            g_assert_cmphex(hth_crc32c(i, bytes + from, sizes[i]), ==,
                            hth_crc32c_portable(i, bytes + from, sizes[i]));
    }
    const guint32 all = hth_crc32c_portable(0, bytes, N);
    guint32 by_bytes = 0;
    for (guint i = 0; i < N; i++)
        by_bytes = hth_crc32c_portable(by_bytes, bytes + i, 1);
    g_assert_cmphex(all, ==, by_bytes);
    g_assert_cmphex(all, ==, hth_crc32c(hth_crc32c(0, bytes, 5001), bytes + 5001, N - 5001));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/crc32c/known-sums", test_known_sums);
    g_test_add_func("/crc32c/pieces-give-the-same", test_pieces_give_the_same);
    g_test_add_func("/crc32c/both-ways-agree", test_both_ways_agree);
    return g_test_run();
}
