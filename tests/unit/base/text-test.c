/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/text.h"

#include <string.h>

static void assert_folds(const char *text, const char *expected)
{
    g_autofree char *folded = hth_text_fold(text);
    g_assert_cmpstr(folded, ==, expected);
}

static void test_folds_case_and_diacritics(void)
{
    assert_folds("  The  BEATLES ", "the beatles");
    assert_folds("Björk\t Jóga", "bjork joga");
    assert_folds("Sigur Rós – Ágætis", "sigur ros – agaetis");
    assert_folds("ŁÓDŹ", "lodz");
    assert_folds("Straße", "strasse");
    assert_folds("", "");
}

static int compare_keys(const char *a, const char *b)
{
    g_autoptr(GByteArray) left = g_byte_array_new();
    g_autoptr(GByteArray) right = g_byte_array_new();
    hth_text_append_sort_key(left, a);
    hth_text_append_sort_key(right, b);
    const int order = memcmp(left->data, right->data, MIN(left->len, right->len));
    return order != 0 ? order : (int)left->len - (int)right->len;
}

static void test_sorts_as_people_expect(void)
{
    static const char *const in_order[] = { "(intro)",    "1",           "Track 2",
                                            "Track 10",   "Track 010 b", "An Umbrella",
                                            "Ümbrella 2", "The Zombies", "zombies again" };
    for (guint i = 1; i < G_N_ELEMENTS(in_order); i++)
        g_assert_cmpint(compare_keys(in_order[i - 1], in_order[i]), <, 0);
    g_assert_cmpint(compare_keys("The Cure", "cure"), ==, 0);
    g_assert_cmpint(compare_keys("The", "the"), ==, 0);
}

static void test_cleans_foreign_text(void)
{
    g_autofree char *clean = hth_text_clean(" a\x01"
                                            "b\nc\xff ",
                                            100);
    g_assert_cmpstr(clean, ==, "ab c\xef\xbf\xbd");
    g_assert_null(hth_text_clean(" \x02 ", 100));
    g_autofree char *cut = hth_text_clean("ööööööööööööööö", 16);
    g_assert_cmpuint(strlen(cut), <=, 16);
    g_assert_true(g_utf8_validate(cut, -1, NULL));
}

static void test_ids_survive_the_round_trip(void)
{
    static const guint64 ids[] = { 0, 1, 31, 32, G_MAXUINT64, 0x0123456789abcdef };
    for (guint i = 0; i < G_N_ELEMENTS(ids); i++) {
        char text[HTH_TEXT_ID_LENGTH + 1];
        guint64 back = 77;
        hth_text_id_encode(ids[i], text);
        g_assert_true(hth_text_id_decode(text, &back));
        g_assert_cmpuint(back, ==, ids[i]);
    }
    guint64 id;
    g_assert_false(hth_text_id_decode("zaaaaaaaaaaaa", &id)); /* 65 bits */
    g_assert_false(hth_text_id_decode("aaaa", &id));
    g_assert_false(hth_text_id_decode("aaaaaaaaaaaaaa", &id));
    g_assert_false(hth_text_id_decode("AAAAAAAAAAAAA", &id));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/text/folds-case-and-diacritics", test_folds_case_and_diacritics);
    g_test_add_func("/text/sorts-as-people-expect", test_sorts_as_people_expect);
    g_test_add_func("/text/cleans-foreign-text", test_cleans_foreign_text);
    g_test_add_func("/text/ids-survive-the-round-trip", test_ids_survive_the_round_trip);
    return g_test_run();
}
