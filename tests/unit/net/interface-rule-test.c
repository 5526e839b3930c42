/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "net/interface-rule.h"

#include <string.h>

static HthInterfaceAddress *const ready[] = { &(HthInterfaceAddress){ .prefix_bits = 24 } };

static const char *reason_for(const char *name, gboolean is_up, gboolean is_loopback,
                              const char *const *only)
{
    g_autoptr(GPtrArray) addresses = g_ptr_array_new();
    g_ptr_array_add(addresses, ready[0]);
    const HthInterface interface = {
        .name = (char *)name, .is_up = is_up, .is_loopback = is_loopback, .addresses = addresses
    };
    return hth_interface_rule_skip_reason(&interface, only);
}

static void test_real_networks_are_used(void)
{
    static const char *const names[] = { "eth0",  "eno1",   "enp3s0", "wlan0", "wlp2s0",
                                         "bond0", "br0",    "vmbr0",  "team0", "enx0250f4000001",
                                         "usb0",  "eth0.20" };
    for (guint i = 0; i < G_N_ELEMENTS(names); i++)
        g_assert_null(reason_for(names[i], TRUE, FALSE, NULL));
}

static void test_machinery_is_skipped_with_a_reason(void)
{
    static const struct {
        const char *name;
        const char *word;
    } cases[] = { { "docker0", "containers" },
                  { "br-1f2e3d", "containers" },
                  { "veth12ab", "containers" },
                  { "virbr0", "virtual machines" },
                  { "tun0", "VPN" },
                  { "tap7", "VPN" },
                  { "wg0", "VPN" },
                  { "tailscale0", "VPN" },
                  { "ppp0", "mobile" } };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        const char *reason = reason_for(cases[i].name, TRUE, FALSE, NULL);
        g_assert_nonnull(reason);
        g_assert_nonnull(strstr(reason, cases[i].word));
    }
    g_assert_nonnull(reason_for("lo", TRUE, TRUE, NULL));
    g_assert_nonnull(reason_for("eth0", FALSE, FALSE, NULL));
}

static void test_a_list_replaces_the_rule(void)
{
    static const char *const only[] = { "lo", "wg0", NULL };
    g_assert_null(reason_for("lo", TRUE, TRUE, only));
    g_assert_null(reason_for("wg0", TRUE, FALSE, only));
    g_assert_nonnull(reason_for("eth0", TRUE, FALSE, only));
}

static void test_a_tentative_address_is_none(void)
{
    HthInterfaceAddress address = { .is_tentative = TRUE };
    g_autoptr(GPtrArray) addresses = g_ptr_array_new();
    const HthInterface interface = { .name = (char *)"eth0",
                                     .is_up = TRUE,
                                     .addresses = addresses };
    g_assert_nonnull(hth_interface_rule_skip_reason(&interface, NULL));
    g_ptr_array_add(addresses, &address);
    g_assert_nonnull(hth_interface_rule_skip_reason(&interface, NULL));
    address.is_tentative = FALSE;
    g_assert_null(hth_interface_rule_skip_reason(&interface, NULL));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/interface-rule/real-networks-are-used", test_real_networks_are_used);
    g_test_add_func("/interface-rule/machinery-is-skipped-with-a-reason",
                    test_machinery_is_skipped_with_a_reason);
    g_test_add_func("/interface-rule/a-list-replaces-the-rule", test_a_list_replaces_the_rule);
    g_test_add_func("/interface-rule/a-tentative-address-is-none",
                    test_a_tentative_address_is_none);
    return g_test_run();
}
