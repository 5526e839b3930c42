/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/random.h"

#include <string.h>

#include "base/base32.h"

#define BYTES 16

static void test_fills_all_of_it_and_no_more(void)
{
    guint8 bytes[BYTES + 1] = { 0 };
    gboolean is_seen[BYTES] = { FALSE };
    for (guint round = 0; round < 64; round++) {
        hth_random_fill(bytes, BYTES);
        for (guint i = 0; i < BYTES; i++)
            is_seen[i] = is_seen[i] || bytes[i] != 0;
    }
    for (guint i = 0; i < BYTES; i++)
        g_assert_true(is_seen[i]);
    g_assert_cmpuint(bytes[BYTES], ==, 0);
}

static void test_texts_are_base32_and_differ(void)
{
    g_autofree char *first = hth_random_text(BYTES);
    g_autofree char *second = hth_random_text(BYTES);
    guint8 bytes[BYTES];
    g_assert_cmpuint(strlen(first), ==, HTH_BASE32_LENGTH(BYTES));
    g_assert_true(hth_base32_decode(first, bytes, BYTES));
    g_assert_cmpstr(first, !=, second);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/random/fills-all-of-it-and-no-more", test_fills_all_of_it_and_no_more);
    g_test_add_func("/random/texts-are-base32-and-differ", test_texts_are_base32_and_differ);
    return g_test_run();
}
