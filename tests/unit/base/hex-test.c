/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/hex.h"

#include <string.h>

static void test_every_byte_comes_back(void)
{
    guint8 bytes[256];
    guint8 back[256] = { 0 };
    for (guint i = 0; i < sizeof bytes; i++)
        bytes[i] = (guint8)i;
    g_autofree char *text = hth_hex_encode(bytes, sizeof bytes);
    g_assert_true(g_str_has_prefix(text, "000102030405060708090a0b0c0d0e0f10"));
    g_assert_true(g_str_has_suffix(text, "fdfeff"));
    g_assert_true(hth_hex_decode(text, back, sizeof back));
    g_assert_cmpmem(back, sizeof back, bytes, sizeof bytes);
    g_autofree char *none = hth_hex_encode(NULL, 0);
    g_assert_cmpstr(none, ==, "");
}

static void test_reads_either_case(void)
{
    guint8 bytes[4] = { 0 };
    g_assert_true(hth_hex_decode("aBCdeF09", bytes, sizeof bytes));
    g_assert_cmpmem(bytes, sizeof bytes, "\xab\xcd\xef\x09", 4);
}

static void test_refuses_what_is_not_the_digits_of_that_many_bytes(void)
{
    static const char *const wrong[] = { NULL,     "",     "a",         "abc",  "abcde",
                                         "abcdef", "0x12", "ab c",      "abcg", "/0:9",
                                         "@Ag`",   "+1-1", "ab\xc3\xa9" };
    guint8 bytes[2];
    for (guint i = 0; i < G_N_ELEMENTS(wrong); i++)
        g_assert_false(hth_hex_decode(wrong[i], bytes, sizeof bytes));
    g_assert_true(hth_hex_decode("", bytes, 0));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/hex/every-byte-comes-back", test_every_byte_comes_back);
    g_test_add_func("/hex/reads-either-case", test_reads_either_case);
    g_test_add_func("/hex/refuses-what-is-not-the-digits-of-that-many-bytes",
                    test_refuses_what_is_not_the_digits_of_that_many_bytes);
    return g_test_run();
}
