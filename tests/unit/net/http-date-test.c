/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "net/http-date.h"

static void test_writes_the_fixed_form(void)
{
    g_autofree char *date = hth_http_date_format(784111777);
    g_assert_cmpstr(date, ==, "Sun, 06 Nov 1994 08:49:37 GMT");
    g_autofree char *first = hth_http_date_format(-5);
    g_assert_cmpstr(first, ==, "Thu, 01 Jan 1970 00:00:00 GMT");
    g_autofree char *last = hth_http_date_format(G_MAXINT64);
    g_assert_cmpstr(last, ==, "Fri, 31 Dec 9999 23:59:59 GMT");
}

static void test_reads_the_three_forms(void)
{
    static const char *const dates[] = { "Sun, 06 Nov 1994 08:49:37 GMT",
                                         "Sunday, 06-Nov-94 08:49:37 GMT",
                                         "Sun Nov  6 08:49:37 1994" };
    for (guint i = 0; i < G_N_ELEMENTS(dates); i++) {
        gint64 unix_s = 0;
        g_assert_true(hth_http_date_parse(dates[i], &unix_s));
        g_assert_cmpint(unix_s, ==, 784111777);
    }
}

static void test_refuses_what_is_no_date(void)
{
    static const char *const texts[] = {
        "",
        "yesterday",
        "Sun, 06 Nov 1994 08:49:37",
        "Sun, 06 Nov 1994 08:49:37 CET",
        "Sun, 06 Nov 1994 08:49:37 GMT x",
        "Sun, 06 Nuv 1994 08:49:37 GMT",
        "Sun, 46 Nov 1994 08:49:37 GMT",
        "Sun, 06 Nov 1994 25:49:37 GMT",
        "\"6d-1\"",
    };
    for (guint i = 0; i < G_N_ELEMENTS(texts); i++) {
        gint64 unix_s = 0;
        g_assert_false(hth_http_date_parse(texts[i], &unix_s));
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/http-date/writes-the-fixed-form", test_writes_the_fixed_form);
    g_test_add_func("/http-date/reads-the-three-forms", test_reads_the_three_forms);
    g_test_add_func("/http-date/refuses-what-is-no-date", test_refuses_what_is_no_date);
    return g_test_run();
}
