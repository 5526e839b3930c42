/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "net/http-target.h"

static void test_splits_the_target(void)
{
    static const struct {
        const char *text, *path, *query, *host;
    } cases[] = {
        { "/", "/", "", NULL },
        { "/a%20b?c=%20", "/a b", "c=%20", NULL },
        { "/a?b?c", "/a", "b?c", NULL },
        { "/../a", "/../a", "", NULL },
        { "//host/a", "//host/a", "", NULL },
        { "http://Tv.Local:8200/a?b", "/a", "b", "tv.local" },
        { "HTTP://[2001:DB8::1]:80", "/", "", "2001:db8::1" },
        { "http://x?q", "/", "q", "x" },
    };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        HthHttpTarget target;
        g_assert_true(hth_http_target_parse(cases[i].text, &target));
        g_assert_cmpstr(target.path, ==, cases[i].path);
        g_assert_cmpstr(target.query, ==, cases[i].query);
        g_assert_cmpstr(target.host, ==, cases[i].host);
        hth_http_target_clear(&target);
    }
}

static void test_refuses_what_is_no_target(void)
{
    static const char *const texts[] = { "",
                                         "a",
                                         "*",
                                         "/%",
                                         "/%0",
                                         "/%0g",
                                         "/%00",
                                         "/%c3",
                                         "/a b",
                                         "/a\x01",
                                         "/a#b",
                                         "https://x/",
                                         "http://",
                                         "http:///a",
                                         "http://x:99999/",
                                         "http://x:y/",
                                         "http://[::1/",
                                         "http://u@x/" };
    for (guint i = 0; i < G_N_ELEMENTS(texts); i++) {
        HthHttpTarget target;
        g_assert_false(hth_http_target_parse(texts[i], &target));
        g_assert_null(target.path);
    }
}

static void test_reads_hosts(void)
{
    static const struct {
        const char *text, *host;
    } cases[] = {
        { "192.0.2.1", "192.0.2.1" },
        { "192.0.2.1:8200", "192.0.2.1" },
        { "my_tv.local.", "my_tv.local." },
        { "[::1]", "::1" },
        { "x:", "x" },
        { "", NULL },
        { ":80", NULL },
        { "a b", NULL },
        { "a/b", NULL },
        { "[x]", NULL },
        { "::1", NULL },
        { "x:80:80", NULL },
        { "x:-1", NULL },
        { "x\xc3\xa9", NULL },
    };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *host = hth_http_host_parse(cases[i].text);
        g_assert_cmpstr(host, ==, cases[i].host);
    }
}

static void assert_query(const char *query, const char *name, const char *expected)
{
    g_autofree char *value = hth_http_query_value(query, name);
    g_assert_cmpstr(value, ==, expected);
}

static void test_finds_query_values(void)
{
    assert_query("a=1&b=2", "b", "2");
    assert_query("a=1&a=2", "a", "1");
    assert_query("a=x%3dy+z%26", "a", "x=y z&");
    assert_query("a", "a", "");
    assert_query("a=", "a", "");
    assert_query("", "a", NULL);
    assert_query("aa=1", "a", NULL);
    assert_query("a=%zz", "a", NULL);
    assert_query("%61=1", "a", "1");
    assert_query("&&a=1&&", "a", "1");
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/http-target/splits-the-target", test_splits_the_target);
    g_test_add_func("/http-target/refuses-what-is-no-target", test_refuses_what_is_no_target);
    g_test_add_func("/http-target/reads-hosts", test_reads_hosts);
    g_test_add_func("/http-target/finds-query-values", test_finds_query_values);
    return g_test_run();
}
