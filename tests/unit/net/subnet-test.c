/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "net/subnet.h"

#include "base/error.h"

static gboolean contains(const char *subnet_text, const char *address_text)
{
    g_autoptr(GError) error = NULL;
    HthSubnet subnet;
    g_assert_true(hth_subnet_parse(subnet_text, &subnet, &error));
    g_assert_no_error(error);
    g_autoptr(GInetAddress) address = g_inet_address_new_from_string(address_text);
    HthAddressBytes bytes;
    hth_address_bytes_init(&bytes, address);
    return hth_subnet_contains(&subnet, &bytes);
}

static void test_contains_what_shares_the_prefix(void)
{
    g_assert_true(contains("10.8.0.0/24", "10.8.0.255"));
    g_assert_false(contains("10.8.0.0/24", "10.8.1.0"));
    g_assert_true(contains("192.0.2.128/25", "192.0.2.200"));
    g_assert_false(contains("192.0.2.128/25", "192.0.2.127"));
    g_assert_true(contains("203.0.113.9", "203.0.113.9"));
    g_assert_false(contains("203.0.113.9", "203.0.113.8"));
    g_assert_true(contains("0.0.0.0/0", "198.51.100.1"));
    g_assert_false(contains("0.0.0.0/0", "2001:db8::1"));
    g_assert_true(contains("2001:db8::/33", "2001:db8:7fff::1"));
    g_assert_false(contains("2001:db8::/33", "2001:db8:8000::1"));
}

static void test_a_mapped_address_is_ipv4(void)
{
    g_assert_true(contains("192.0.2.0/24", "::ffff:192.0.2.7"));
    g_autoptr(GInetAddress) mapped = g_inet_address_new_from_string("::ffff:192.0.2.7");
    g_autoptr(GInetAddress) plain = hth_address_plain(mapped);
    g_autofree char *text = g_inet_address_to_string(plain);
    g_assert_cmpstr(text, ==, "192.0.2.7");
}

static void test_an_error_says_what_is_wrong(void)
{
    static const struct {
        const char *text;
        const char *complaint;
    } cases[] = {
        { "10.8.0/24", "\"10.8.0\" is not an IPv4 or IPv6 address" },
        { "", "not an IPv4 or IPv6 address" },
        { "10.8.0.0/33", "\"33\" is not a number from 0 to 32" },
        { "2001:db8::/129", "from 0 to 128" },
        { "10.8.0.0/", "from 0 to 32" },
        { "10.8.0.0/-1", "from 0 to 32" },
        { "10.8.0.5/24", "bits set behind its first 24" },
    };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) error = NULL;
        HthSubnet subnet;
        g_assert_false(hth_subnet_parse(cases[i].text, &subnet, &error));
        g_assert_error(error, HTH_ERROR, HTH_ERROR_INVALID);
        g_assert_nonnull(strstr(error->message, cases[i].complaint));
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/subnet/contains-what-shares-the-prefix",
                    test_contains_what_shares_the_prefix);
    g_test_add_func("/subnet/a-mapped-address-is-ipv4", test_a_mapped_address_is_ipv4);
    g_test_add_func("/subnet/an-error-says-what-is-wrong", test_an_error_says_what_is_wrong);
    return g_test_run();
}
