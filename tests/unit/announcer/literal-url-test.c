/* SPDX-License-Identifier: GPL-3.0-or-later */
/* callback-test.c shows the refused spellings; here is what a URL is taken apart into. */
#include "literal-url.h"

#include "base/error.h"

static void assert_written(const char *text, guint16 port, const char *path, const char *expected)
{
    g_autoptr(GError) error = NULL;
    g_auto(HthLiteralUrl) url = { NULL };
    g_assert_true(hth_literal_url_parse(text, &url, &error));
    g_assert_no_error(error);
    g_assert_cmpuint(url.port, ==, port);
    g_assert_cmpstr(url.path, ==, path);
    g_autofree char *written = hth_literal_url_write(&url);
    g_assert_cmpstr(written, ==, expected);
}

static void test_a_url_is_written_from_its_parts(void)
{
    assert_written("http://192.0.2.7:49152/d.xml?x=%20", 49152, "/d.xml?x=%20",
                   "http://192.0.2.7:49152/d.xml?x=%20");
    assert_written("HTTP://192.0.2.7", 80, "/", "http://192.0.2.7:80/");
    assert_written("http://[2001:DB8::7]:1/", 1, "/", "http://[2001:db8::7]:1/");
}

static void test_what_is_no_such_url_is_said(void)
{
    static const char *const texts[] = {
        "",
        "http://",
        "https://192.0.2.7/",
        "http://tv.local/d.xml",
        "http://192.0.2.7:0/",
        "http://192.0.2.7:65536/",
        "http://u@192.0.2.7/",
        "http://192.0.2.7\\@198.51.100.1/",
        "http://192.0.2.7/a b",
        "http://192.0.2.7/\r\nX: y",
        "http://192.0.2.7#",
        "file:///etc/passwd",
    };
    for (guint i = 0; i < G_N_ELEMENTS(texts); i++) {
        g_autoptr(GError) error = NULL;
        g_auto(HthLiteralUrl) url = { NULL };
        g_assert_false(hth_literal_url_parse(texts[i], &url, &error));
        g_assert_error(error, HTH_ERROR, HTH_ERROR_INVALID);
        g_assert_null(url.address);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/literal-url/a-url-is-written-from-its-parts",
                    test_a_url_is_written_from_its_parts);
    g_test_add_func("/literal-url/what-is-no-such-url-is-said", test_what_is_no_such_url_is_said);
    return g_test_run();
}
