/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "lan-rules.h"

#include <unistd.h>

static void test_only_names_and_addresses_of_ours_are_served(void)
{
    static const char *const only[] = { "lo", NULL };
    static const char *const names[] = { "Media.Example", NULL };
    g_autoptr(GError) error = NULL;
    g_autoptr(HthInterfaces) interfaces = hth_interfaces_new(only, NULL, &error);
    g_assert_no_error(error);
    g_autoptr(HthLanRules) rules = hth_lan_rules_new(interfaces, names);
    char own[256] = "";
    gethostname(own, sizeof own - 1);
    g_autofree char *own_port = g_strconcat(own, ":8200", NULL);
    const struct {
        const char *host;
        gboolean is_served;
    } rows[] = {
        { NULL, TRUE }, /* HTTP/1.0 */
        { own, TRUE },
        { own_port, TRUE },
        { "127.0.0.1:8200", TRUE },
        { "[::1]:8200", TRUE },
        { "[::1]", TRUE },
        { "LOCALHOST", TRUE },
        { "media.example.:8200", TRUE },
        { "hearth-k3jx9a.local:8200", TRUE },
        { "127.0.0.1:80", FALSE }, /* another port is another origin */
        { "attacker.example", FALSE },
        { "192.0.2.99:8200", FALSE },
        { "hearth-k3jx9a.local.attacker.example", FALSE },
        { "", FALSE },
        { ":8200", FALSE },
        { "[", FALSE },
        { "[]:8200", FALSE },
        { "localhost:8200:8200", FALSE },
        { "localhost:99999999999", FALSE },
    };
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        const gboolean is_served = hth_lan_rules_host(rows[i].host, NULL, 8200, rules);
        if (is_served != rows[i].is_served)
            g_error("Host: %s", rows[i].host);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/lan-rules/only-names-and-addresses-of-ours-are-served",
                    test_only_names_and_addresses_of_ours_are_served);
    return g_test_run();
}
