/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "net/http-range.h"

#include <string.h>

/* "first+count first+count", or the kind. */
static char *describe(const char *header, gint64 size_bytes)
{
    HthHttpRanges ranges;
    const HthHttpRangeKind kind = hth_http_range_parse(header, size_bytes, &ranges);
    if (kind != HTH_HTTP_RANGE_PARTIAL)
        return g_strdup(kind == HTH_HTTP_RANGE_WHOLE ? "whole" : "none");
    GString *text = g_string_new(NULL);
    for (guint i = 0; i < ranges.n_ranges; i++)
        g_string_append_printf(text, "%s%" G_GINT64_FORMAT "+%" G_GINT64_FORMAT, i > 0 ? " " : "",
                               ranges.ranges[i].first_byte, ranges.ranges[i].n_bytes);
    return g_string_free(text, FALSE);
}

typedef struct {
    const char *header;
    gint64 size_bytes;
    const char *expected;
} Case;

static void check(const Case *cases, guint n_cases)
{
    for (guint i = 0; i < n_cases; i++) {
        g_autofree char *got = describe(cases[i].header, cases[i].size_bytes);
        g_assert_cmpstr(got, ==, cases[i].expected);
    }
}

static void test_reads_each_form(void)
{
    static const Case cases[] = {
        { NULL, 1000, "whole" },
        { "bytes=0-499", 1000, "0+500" },
        { "bytes=500-", 1000, "500+500" },
        { "bytes=-500", 1000, "500+500" },
        { "bytes=-5000", 1000, "0+1000" },
        { "bytes=999-999", 1000, "999+1" },
        { "bytes=999-99999999999999999999999", 1000, "999+1" },
        { "Bytes=0-0 ,\t-1", 1000, "0+1 999+1" },
        { "bytes=9223372036854775806-", G_MAXINT64, "9223372036854775806+1" },
    };
    check(cases, G_N_ELEMENTS(cases));
}

static void test_outside_is_unsatisfiable(void)
{
    static const Case cases[] = {
        { "bytes=1000-", 1000, "none" }, { "bytes=1000-2000, 3000-", 1000, "none" },
        { "bytes=-0", 1000, "none" },    { "bytes=1000-,0-0", 1000, "0+1" },
        { "bytes=5-", 0, "none" },       { "bytes=-5", 0, "none" },
        { "bytes=0-0", 0, "none" },
    };
    check(cases, G_N_ELEMENTS(cases));
}

static void test_from_zero_on_is_always_satisfiable(void)
{
    static const Case cases[] = { { "bytes=0-", 0, "whole" }, { "bytes=0-", 1, "0+1" } };
    check(cases, G_N_ELEMENTS(cases));
}

static void test_malformed_is_ignored(void)
{
    static const char *const headers[] = {
        "",           "bytes",      "bytes=",     "bytes=,",     "bytes=a-b",  "bytes=1-2x",
        "bytes=5-4",  "bytes=--5",  "bytes=1--2", "bytes=1 -2",  "pages=0-1",  "bytes 0-1",
        "bytes=0-1;", "bytes=+1-2", "bytes=-",    "bytes=0-1,x", "bytes= - 5", "bytes=0x1-2",
    };
    for (guint i = 0; i < G_N_ELEMENTS(headers); i++) {
        const Case one = { headers[i], 1000, "whole" };
        check(&one, 1);
    }
}

static void test_ranges_that_touch_are_joined(void)
{
    static const Case cases[] = {
        { "bytes=0-99,100-199", 1000, "0+200" },
        { "bytes=500-599,0-9,550-700", 1000, "500+201 0+10" },
        { "bytes=0-1,4-5,8-9,1-8", 1000, "0+10" },
        { "bytes=0-,0-,0-,0-", 1000, "0+1000" },
    };
    check(cases, G_N_ELEMENTS(cases));
}

static void test_more_than_sixteen_are_ignored(void)
{
    g_autoptr(GString) header = g_string_new("bytes=0-0");
    for (guint i = 1; i < HTH_HTTP_MAX_RANGES; i++)
        g_string_append_printf(header, ",%u-%u", i * 10, i * 10);
    HthHttpRanges ranges;
    g_assert_cmpint(hth_http_range_parse(header->str, 1000, &ranges), ==, HTH_HTTP_RANGE_PARTIAL);
    g_assert_cmpuint(ranges.n_ranges, ==, HTH_HTTP_MAX_RANGES);
    g_string_append(header, ",990-990");
    g_assert_cmpint(hth_http_range_parse(header->str, 1000, &ranges), ==, HTH_HTTP_RANGE_WHOLE);
}

/* Every byte that was asked for is in exactly one range, and no other byte is. */
static void test_random_lists_cover_what_they_ask(void)
{
    enum { SIZE = 200 };
    for (guint round = 0; round < 2000; round++) {
        gboolean is_asked[SIZE] = { FALSE };
        g_autoptr(GString) header = g_string_new("bytes=");
        const int n_specs = g_test_rand_int_range(1, HTH_HTTP_MAX_RANGES + 1);
        for (int i = 0; i < n_specs; i++) {
            const int first = g_test_rand_int_range(0, SIZE + 20);
            const int last = first + g_test_rand_int_range(0, 20);
            g_string_append_printf(header, "%s%d-%d", i > 0 ? "," : "", first, last);
            for (int byte = first; byte <= last && byte < SIZE; byte++)
                is_asked[byte] = TRUE;
        }
        HthHttpRanges ranges;
        hth_http_range_parse(header->str, SIZE, &ranges);
        guint n_given[SIZE] = { 0 };
        for (guint i = 0; i < ranges.n_ranges; i++) {
            for (gint64 k = 0; k < ranges.ranges[i].n_bytes; k++)
                n_given[ranges.ranges[i].first_byte + k]++;
        }
        for (guint byte = 0; byte < SIZE; byte++)
            g_assert_cmpuint(n_given[byte], ==, is_asked[byte] ? 1 : 0);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/http-range/reads-each-form", test_reads_each_form);
    g_test_add_func("/http-range/outside-is-unsatisfiable", test_outside_is_unsatisfiable);
    g_test_add_func("/http-range/from-zero-on-is-always-satisfiable",
                    test_from_zero_on_is_always_satisfiable);
    g_test_add_func("/http-range/malformed-is-ignored", test_malformed_is_ignored);
    g_test_add_func("/http-range/ranges-that-touch-are-joined", test_ranges_that_touch_are_joined);
    g_test_add_func("/http-range/more-than-sixteen-are-ignored",
                    test_more_than_sixteen_are_ignored);
    g_test_add_func("/http-range/random-lists-cover-what-they-ask",
                    test_random_lists_cover_what_they_ask);
    return g_test_run();
}
