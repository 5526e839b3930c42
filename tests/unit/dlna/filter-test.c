/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "filter.h"

#include "base/error.h"

static void test_a_star_is_everything(void)
{
    g_assert_cmphex(hth_filter_parse("*"), ==, HTH_FILTER_ALL);
    g_assert_cmphex(hth_filter_parse("dc:title, *"), ==, HTH_FILTER_ALL);
    g_assert_cmphex(hth_filter_parse(NULL), ==, HTH_FILTER_ALL);
}

static void test_names_are_bits_and_unknown_ones_none(void)
{
    g_assert_cmphex(hth_filter_parse(""), ==, 0);
    g_assert_cmphex(hth_filter_parse("dc:title,foo:bar,,res@"), ==, 0);
    g_assert_cmphex(hth_filter_parse("res"), ==, HTH_FILTER_RES);
    g_assert_cmphex(hth_filter_parse(" res@size , dc:date"), ==,
                    HTH_FILTER_RES | HTH_FILTER_RES_SIZE | HTH_FILTER_DATE);
    g_assert_cmphex(hth_filter_parse("@childCount,container@searchable"), ==,
                    HTH_FILTER_CHILD_COUNT | HTH_FILTER_SEARCHABLE);
    g_assert_cmphex(hth_filter_parse("@refID,upnp:albumArtURI,upnp:rating"), ==,
                    HTH_FILTER_REF_ID | HTH_FILTER_ART | HTH_FILTER_RATING);
}

static void test_sort_reads_keys_in_order(void)
{
    HthSort sort;
    g_autoptr(GError) error = NULL;
    g_assert_true(hth_sort_parse("+upnp:class, -dc:date", FALSE, &sort, &error));
    g_assert_cmpuint(sort.n_keys, ==, 2);
    g_assert_cmpint(sort.keys[0].property, ==, HTH_PROPERTY_CLASS);
    g_assert_false(sort.keys[0].is_descending);
    g_assert_cmpint(sort.keys[1].property, ==, HTH_PROPERTY_DATE);
    g_assert_true(sort.keys[1].is_descending);
    g_assert_true(hth_sort_parse("", FALSE, &sort, &error));
    g_assert_cmpuint(sort.n_keys, ==, 0);
}

static void refuse(const char *text, int code)
{
    HthSort sort;
    g_autoptr(GError) error = NULL;
    g_assert_false(hth_sort_parse(text, FALSE, &sort, &error));
    g_assert_error(error, HTH_ERROR, code);
}

static void test_sort_refuses_what_it_does_not_know(void)
{
    refuse("dc:title", HTH_ERROR_INVALID);
    refuse("+foo:bar", HTH_ERROR_UNSUPPORTED);
    refuse("+", HTH_ERROR_UNSUPPORTED);
    refuse("+dc:title,+dc:title,+dc:title,+dc:title,+dc:title,+dc:title,+dc:title,+dc:title,"
           "+dc:title",
           HTH_ERROR_TOO_LARGE);
}

static void test_sort_leaves_out_the_unknown_for_the_lenient(void)
{
    HthSort sort;
    g_autoptr(GError) error = NULL;
    g_assert_true(hth_sort_parse("+microsoft:sourceURL,dc:title", TRUE, &sort, &error));
    g_assert_cmpuint(sort.n_keys, ==, 1);
    g_assert_cmpint(sort.keys[0].property, ==, HTH_PROPERTY_TITLE);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/filter/a-star-is-everything", test_a_star_is_everything);
    g_test_add_func("/filter/names-are-bits-and-unknown-ones-none",
                    test_names_are_bits_and_unknown_ones_none);
    g_test_add_func("/filter/sort-reads-keys-in-order", test_sort_reads_keys_in_order);
    g_test_add_func("/filter/sort-refuses-what-it-does-not-know",
                    test_sort_refuses_what_it_does_not_know);
    g_test_add_func("/filter/sort-leaves-out-the-unknown-for-the-lenient",
                    test_sort_leaves_out_the_unknown_for_the_lenient);
    return g_test_run();
}
