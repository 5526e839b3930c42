/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "print.h"

#include <locale.h>

static void check(char *text, const char *expected)
{
    g_assert_cmpstr(text, ==, expected);
    g_free(text);
}

static void test_numbers_have_thousands_separators(void)
{
    check(hth_print_number(0), "0");
    check(hth_print_number(999), "999");
    check(hth_print_number(1234567), "1,234,567");
    check(hth_print_number(-1000), "-1,000");
    check(hth_print_count(1, "track", "tracks"), "1 track");
    check(hth_print_count(1000, "track", "tracks"), "1,000 tracks");
}

static void test_sizes_and_times_are_short(void)
{
    check(hth_print_size(0), "0 B");
    check(hth_print_size(999), "999 B");
    check(hth_print_size(1000), "1.0 kB");
    check(hth_print_size(999600), "1.0 MB");
    check(hth_print_size(3700000000), "3.7 GB");
    check(hth_print_duration(59400), "0:59");
    check(hth_print_duration(59600), "1:00");
    check(hth_print_duration(3723000), "1:02:03");
    check(hth_print_span(59), "59 seconds");
    check(hth_print_span(60), "1 minute");
    check(hth_print_span(3 * 86400), "3 days");
    check(hth_print_ago(0), "never");
}

static void test_a_bar_never_leaves_its_frame(void)
{
    check(hth_print_bar(0, 0, 4), "[····]   0 %");
    check(hth_print_bar(1, 2, 4), "[██··]  50 %");
    check(hth_print_bar(9, 2, 4), "[████] 100 %");
    check(hth_print_bar(-1, 2, 4), "[····]   0 %");
}

static void test_width_counts_cells_not_bytes(void)
{
    g_assert_cmpuint(hth_print_width("Jóga"), ==, 4);
    g_assert_cmpuint(hth_print_width("Jo\u0301ga"), ==, 4);
    g_assert_cmpuint(hth_print_width("音楽"), ==, 4);
}

int main(int argc, char **argv)
{
    setlocale(LC_ALL, "C.UTF-8");
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/print/numbers-have-thousands-separators",
                    test_numbers_have_thousands_separators);
    g_test_add_func("/print/sizes-and-times-are-short", test_sizes_and_times_are_short);
    g_test_add_func("/print/a-bar-never-leaves-its-frame", test_a_bar_never_leaves_its_frame);
    g_test_add_func("/print/width-counts-cells-not-bytes", test_width_counts_cells_not_bytes);
    return g_test_run();
}
