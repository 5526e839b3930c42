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

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/crc32c/known-sums", test_known_sums);
    g_test_add_func("/crc32c/pieces-give-the-same", test_pieces_give_the_same);
    return g_test_run();
}
