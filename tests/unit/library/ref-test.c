/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "library/ref.h"

#include <string.h>

static void test_every_form_round_trips(void)
{
    for (guint kind = HTH_REF_STATIC; kind < HTH_N_REF_KINDS; kind++) {
        const guint64 keys[] = { kind == HTH_REF_STATIC ? 7 : 0, 1999, 12345 % 9999,
                                 hth_ref_kinds[kind].is_number ? 99999999 : G_MAXUINT64 };
        for (guint i = 0; i < (kind == HTH_REF_STATIC ? 1 : G_N_ELEMENTS(keys)); i++) {
            g_autofree char *text = hth_leaf_id_format(kind, keys[i]);
            HthLeafId id;
            g_assert_true(hth_leaf_id_parse(text, strlen(text), &id));
            g_assert_cmpint(id.kind, ==, kind);
            g_assert_cmpuint(id.key, ==, keys[i]);
        }
    }
    for (guint i = 0; i < HTH_N_STATIC_CONTAINERS; i++) {
        HthLeafId id;
        const char *text = hth_static_containers[i].id;
        g_assert_true(hth_leaf_id_parse(text, strlen(text), &id));
        g_assert_cmpuint(id.key, ==, i);
    }
}

static void test_refuses_other_forms(void)
{
    static const char *const bad[] = { "",
                                       "music-",
                                       "Music",
                                       "album",
                                       "album-",
                                       "album-aaaaaaaaaaaa",
                                       "album-aaaaaaaaaaaaaa",
                                       "album-AAAAAAAAAAAAA",
                                       "year-",
                                       "year-0123",
                                       "year--1",
                                       "year-123456789",
                                       "year-19x9",
                                       "aaaaaaaaaaaa1",
                                       "aaaaaaaaaaaaa ",
                                       "list-' OR 1=1",
                                       "00",
                                       "-1" };
    for (guint i = 0; i < G_N_ELEMENTS(bad); i++) {
        HthLeafId id;
        if (hth_leaf_id_parse(bad[i], strlen(bad[i]), &id))
            g_error("\"%s\" was taken for an id", bad[i]);
    }
}

static void test_length_is_a_bound(void)
{
    HthLeafId id;
    g_assert_true(hth_leaf_id_parse("music-albums.music", 12, &id));
    g_assert_cmpuint(id.key, ==, HTH_STATIC_MUSIC_ALBUMS);
    g_assert_false(hth_leaf_id_parse("year-", 5, &id));
}

static void test_a_ref_holds_kind_and_row(void)
{
    for (guint kind = 1; kind < HTH_N_REF_KINDS; kind++) {
        const HthObjectRef ref = hth_ref(kind, HTH_REF_ROW_MAX);
        g_assert_cmpint(hth_ref_kind(ref), ==, kind);
        g_assert_cmpuint(hth_ref_row(ref), ==, HTH_REF_ROW_MAX);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/ref/every-form-round-trips", test_every_form_round_trips);
    g_test_add_func("/ref/refuses-other-forms", test_refuses_other_forms);
    g_test_add_func("/ref/length-is-a-bound", test_length_is_a_bound);
    g_test_add_func("/ref/a-ref-holds-kind-and-row", test_a_ref_holds_kind_and_row);
    return g_test_run();
}
