/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/template.h"

static void check(const char *template, const char *expected)
{
    static const char *const pairs[] = { "port", "1900", "who", "a {port}", "empty", "", NULL };
    g_autofree char *text = hth_template_fill(template, pairs);
    g_assert_cmpstr(text, ==, expected);
}

static void test_names_are_replaced_in_any_order(void)
{
    check("", "");
    check("{port}", "1900");
    check("{port}{port} and {empty}.", "19001900 and .");
    check("„{who}“ auf {port}", "„a {port}“ auf 1900");
}

static void test_what_is_no_name_stays(void)
{
    check("{other} {por} {ports} {} {port", "{other} {por} {ports} {} {port");
    check("{{port}}", "{1900}");
    g_autofree char *bare = hth_template_fill("{port}", NULL);
    g_assert_cmpstr(bare, ==, "{port}");
    g_assert_null(hth_template_fill(NULL, NULL));
}

static char **collect(gpointer first, ...)
{
    va_list arguments;
    va_start(arguments, first);
    char **pairs = hth_template_pairs(arguments);
    va_end(arguments);
    return pairs;
}

static void test_pairs_end_at_null_and_have_a_value_each(void)
{
    g_auto(GStrv) none = collect(NULL, NULL);
    g_assert_cmpuint(g_strv_length(none), ==, 0);
    g_auto(GStrv) pairs = collect(NULL, "a", "1", "b", NULL, "c", "3", NULL);
    g_autofree char *joined = g_strjoinv(",", pairs);
    g_assert_cmpstr(joined, ==, "a,1,b,,c,3");
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/template/names-are-replaced-in-any-order",
                    test_names_are_replaced_in_any_order);
    g_test_add_func("/template/what-is-no-name-stays", test_what_is_no_name_stays);
    g_test_add_func("/template/pairs-end-at-null-and-have-a-value-each",
                    test_pairs_end_at_null_and_have_a_value_each);
    return g_test_run();
}
