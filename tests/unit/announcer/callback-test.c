/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "callback.h"

#include <string.h>

#include "base/error.h"

static char *check(const char *field, const char *peer_text, GError **error)
{
    g_autoptr(GInetAddress) peer = g_inet_address_new_from_string(peer_text);
    return hth_callback_check(field, peer, error);
}

static void assert_passes(const char *field, const char *peer, const char *expected)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *checked = check(field, peer, &error);
    g_assert_no_error(error);
    g_assert_cmpstr(checked, ==, expected);
}

static void assert_refused(const char *field, const char *peer, int code)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *checked = check(field, peer, &error);
    if (checked != NULL)
        g_test_message("passed: %s", field);
    g_assert_null(checked);
    g_assert_error(error, HTH_ERROR, code);
}

static void test_the_peers_own_address_passes_and_is_written_anew(void)
{
    assert_passes("<http://192.0.2.7:4004/evt/1?a=b>", "192.0.2.7",
                  "<http://192.0.2.7:4004/evt/1?a=b>");
    assert_passes("  <HTTP://192.0.2.7>", "192.0.2.7", "<http://192.0.2.7:80/>");
    assert_passes("<http://192.0.2.7:1/a><http://192.0.2.7:2/b> ", "192.0.2.7",
                  "<http://192.0.2.7:1/a><http://192.0.2.7:2/b>");
    assert_passes("<http://[2001:DB8:0::7]:4004/>", "2001:db8::7", "<http://[2001:db8::7]:4004/>");
    assert_passes("<http://192.0.2.7:4004/>", "::ffff:192.0.2.7", "<http://192.0.2.7:4004/>");
}

static void test_another_address_is_refused(void)
{
    assert_refused("<http://198.51.100.9:80/>", "192.0.2.7", HTH_ERROR_REFUSED);
    assert_refused("<http://127.0.0.1:80/>", "192.0.2.7", HTH_ERROR_REFUSED);
    assert_refused("<http://192.0.2.7/><http://198.51.100.9/>", "192.0.2.7", HTH_ERROR_REFUSED);
    assert_refused("<http://[2001:db8::8]/>", "2001:db8::7", HTH_ERROR_REFUSED);
}

/* Everything here is, to some resolver or parser, 192.0.2.7 or leads past the check. */
static void test_only_the_one_spelling_of_an_address_is_known(void)
{
    static const char *const tricks[] = {
        "<http://3221225991/>", /* decimal */
        "<http://0xc0.0.2.7/>", /* hexadecimal */
        "<http://0xc0000207/>",
        "<http://0300.0.2.7/>", /* octal */
        "<http://192.0.2.007/>",
        "<http://192.0.519/>", /* short */
        "<http://192.0.2.7./>",
        "<http://tv.local/>",
        "<http://localhost/>",
        "<http://192.0.2.7.example/>",
        "<http://user@192.0.2.7/>",
        "<http://u:p@192.0.2.7/>",
        "<http://192.0.2.7@198.51.100.9/>",
        "<http://192.0.2.7#@198.51.100.9/>",
        "<http://192.0.2.7\\@198.51.100.9/>",
        "<http://[::ffff:192.0.2.7]/>",
        "<http://[192.0.2.7]/>",
        "<http://2001:db8::7/>",
        "<http://[fe80::1%25eth0]/>",
        "<http://[fe80::1%eth0]/>",
        "<http://[2001:db8::7/>",
        "<http:///path>",
        "<http://>",
        "<https://192.0.2.7/>",
        "<ftp://192.0.2.7/>",
        "<192.0.2.7>",
        "<//192.0.2.7/>",
        "<http://%31%39%32.0.2.7/>",
        "<http://192.0.2.7 />",
        "<http:// 192.0.2.7/>",
        "<http://192.0.2.7/a b>",
        "<http://192.0.2.7/\r\nX: y>",
        "<http://192.0.2.7/\xc3\xa9>",
        "<http://192.0.2.7/\x7f>",
        "<http://192.0.2.7/#f>",
    };
    for (guint i = 0; i < G_N_ELEMENTS(tricks); i++)
        assert_refused(tricks[i], "192.0.2.7", HTH_ERROR_INVALID);
}

static void test_ports_are_decimal_and_in_range(void)
{
    static const char *const wrong[] = { "<http://192.0.2.7:0/>",
                                         "<http://192.0.2.7:/>",
                                         "<http://192.0.2.7:65536/>",
                                         "<http://192.0.2.7:-1/>",
                                         "<http://192.0.2.7:80x/>",
                                         "<http://192.0.2.7:+80/>",
                                         "<http://192.0.2.7:99999999999999999999/>" };
    for (guint i = 0; i < G_N_ELEMENTS(wrong); i++)
        assert_refused(wrong[i], "192.0.2.7", HTH_ERROR_INVALID);
    assert_passes("<http://192.0.2.7:65535/>", "192.0.2.7", "<http://192.0.2.7:65535/>");
}

static void test_the_list_has_its_form_and_its_limits(void)
{
    assert_refused("", "192.0.2.7", HTH_ERROR_INVALID);
    assert_refused("http://192.0.2.7/", "192.0.2.7", HTH_ERROR_INVALID);
    assert_refused("<http://192.0.2.7/", "192.0.2.7", HTH_ERROR_INVALID);
    assert_refused("<http://192.0.2.7/>,<http://192.0.2.7/>", "192.0.2.7", HTH_ERROR_INVALID);
    assert_refused("<http://192.0.2.7/><http://192.0.2.7/><http://192.0.2.7/><http://192.0.2.7/>"
                   "<http://192.0.2.7/>",
                   "192.0.2.7", HTH_ERROR_TOO_LARGE);

    g_autofree char *path = g_strnfill(HTH_CALLBACK_MAX_LENGTH - strlen("http://192.0.2.7/"), 'a');
    g_autofree char *longest = g_strdup_printf("<http://192.0.2.7/%s>", path);
    g_autofree char *longer = g_strdup_printf("<http://192.0.2.7/%sa>", path);
    g_autoptr(GError) error = NULL;
    g_autofree char *checked = check(longest, "192.0.2.7", &error);
    g_assert_no_error(error);
    assert_refused(longer, "192.0.2.7", HTH_ERROR_TOO_LARGE);
}

static void test_a_sid_has_its_syntax(void)
{
    g_assert_true(hth_sid_is_valid("uuid:c27352d0-e5f5-11f1-bf2b-bc19e6c0200e"));
    g_assert_false(hth_sid_is_valid("c27352d0-e5f5-11f1-bf2b-bc19e6c0200e"));
    g_assert_false(hth_sid_is_valid("uuid:"));
    g_assert_false(hth_sid_is_valid("uuid:a b"));
    g_assert_false(hth_sid_is_valid("uuid:a\r\nHOST: b"));
    g_assert_false(hth_sid_is_valid("uuid:c27352d0-e5f5-11f1-bf2b-bc19e6c0200e-and-more"));
}

static void test_a_timeout_is_clamped(void)
{
    g_assert_cmpuint(hth_subscription_timeout_s(NULL), ==, 300);
    g_assert_cmpuint(hth_subscription_timeout_s("infinite"), ==, 300);
    g_assert_cmpuint(hth_subscription_timeout_s("Second-infinite"), ==, 300);
    g_assert_cmpuint(hth_subscription_timeout_s("Second--1"), ==, 300);
    g_assert_cmpuint(hth_subscription_timeout_s("second-600"), ==, 600);
    g_assert_cmpuint(hth_subscription_timeout_s("Second-1"), ==, 60);
    g_assert_cmpuint(hth_subscription_timeout_s("Second-86400"), ==, 1800);
    g_assert_cmpuint(hth_subscription_timeout_s("Second-99999999999999999999"), ==, 300);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/callback/the-peers-own-address-passes-and-is-written-anew",
                    test_the_peers_own_address_passes_and_is_written_anew);
    g_test_add_func("/callback/another-address-is-refused", test_another_address_is_refused);
    g_test_add_func("/callback/only-the-one-spelling-of-an-address-is-known",
                    test_only_the_one_spelling_of_an_address_is_known);
    g_test_add_func("/callback/ports-are-decimal-and-in-range",
                    test_ports_are_decimal_and_in_range);
    g_test_add_func("/callback/the-list-has-its-form-and-its-limits",
                    test_the_list_has_its_form_and_its_limits);
    g_test_add_func("/callback/a-sid-has-its-syntax", test_a_sid_has_its_syntax);
    g_test_add_func("/callback/a-timeout-is-clamped", test_a_timeout_is_clamped);
    return g_test_run();
}
