/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "pair.h"

#include "base/error.h"

static const struct {
    const char *text;
    const char *host; /* NULL: refused */
    guint port;
} rows[] = {
    { "192.0.2.5", "192.0.2.5", 8201 },
    { "192.0.2.5:1234", "192.0.2.5", 1234 },
    { "home.local", "home.local", 8201 },
    { "home.local:80", "home.local", 80 },
    { "2001:db8::5", "2001:db8::5", 8201 },
    { "[2001:db8::5]", "2001:db8::5", 8201 },
    { "[2001:db8::5]:99", "2001:db8::5", 99 },
    { "[fe80::1%eth0]:99", "fe80::1%eth0", 99 },
    { "", NULL, 0 },
    { ":80", NULL, 0 },
    { "[2001:db8::5", NULL, 0 },
    { "[]:5", NULL, 0 },
    { "192.0.2.5:", NULL, 0 },
    { "192.0.2.5:0", NULL, 0 },
    { "192.0.2.5:65536", NULL, 0 },
    { "192.0.2.5:1x", NULL, 0 },
};

static void test_addresses_are_read_as_people_write_them(void)
{
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(GError) error = NULL;
        guint16 port = HTH_HANDHELD_DEFAULT_PORT;
        g_autofree char *host = hth_pair_parse_address(rows[i].text, &port, &error);
        g_assert_cmpstr(host, ==, rows[i].host);
        if (host != NULL)
            g_assert_cmpuint(port, ==, rows[i].port);
        else
            g_assert_error(error, HTH_ERROR, HTH_ERROR_INVALID);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/pair/addresses-are-read-as-people-write-them",
                    test_addresses_are_read_as_people_write_them);
    return g_test_run();
}
