/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The rule sets in firewall/ are what nft 1.0.6 printed for rules loaded into a namespace. */
#include "firewall.h"

#include <string.h>

#include "base/error.h"

static const HthPacket search = { .port = 1900, .interface = "eth0", .is_multicast = TRUE };
static const HthPacket mdns = { .port = 5353, .interface = "eth0", .is_multicast = TRUE };
static const HthPacket media = { .is_tcp = TRUE, .port = 8200, .interface = "eth0" };

static void judge(const char *name, const HthPacket *packet, HthFirewallAnswer *out)
{
    g_autofree char *path = g_build_filename(g_getenv("HEARTH_SOURCE"), "tests", "unit", "daemon",
                                             "firewall", name, NULL);
    g_autofree char *text = NULL;
    g_autoptr(GError) error = NULL;
    g_file_get_contents(path, &text, NULL, &error);
    g_assert_no_error(error);
    g_assert_true(hth_firewall_judge(text, packet, out, &error));
    g_assert_no_error(error);
}

static void test_a_policy_drops_what_no_rule_accepts(void)
{
    g_auto(HthFirewallAnswer) dropped = { 0 };
    judge("policy-drop.json", &search, &dropped);
    g_assert_cmpint(dropped.verdict, ==, HTH_FIREWALL_DROPS);
    g_assert_cmpstr(dropped.table, ==, "inet filter");
    g_assert_cmpstr(dropped.chain, ==, "input");
    g_assert_null(dropped.rule_chain); /* its policy */
    g_auto(HthFirewallAnswer) heard = { 0 };
    judge("policy-drop.json", &mdns, &heard);
    g_assert_cmpint(heard.verdict, ==, HTH_FIREWALL_PASSES);
    g_auto(HthFirewallAnswer) played = { 0 };
    judge("policy-drop.json", &media, &played); /* by a range inside a set */
    g_assert_cmpint(played.verdict, ==, HTH_FIREWALL_PASSES);
}

static void test_a_rule_behind_a_jump_is_found_and_named(void)
{
    g_auto(HthFirewallAnswer) dropped = { 0 };
    judge("jump-drops.json", &search, &dropped);
    g_assert_cmpint(dropped.verdict, ==, HTH_FIREWALL_DROPS);
    g_assert_nonnull(strstr(dropped.rule_chain, "user-input"));
    g_assert_cmpint(dropped.rule, >, 0);
    g_auto(HthFirewallAnswer) rejected = { 0 };
    judge("jump-drops.json", &media, &rejected); /* the chain returned, and the next rule rejects */
    g_assert_cmpint(rejected.verdict, ==, HTH_FIREWALL_DROPS);
    g_auto(HthFirewallAnswer) heard = { 0 };
    judge("jump-drops.json", &mdns, &heard);
    g_assert_cmpint(heard.verdict, ==, HTH_FIREWALL_PASSES);
}

static void test_what_cannot_be_judged_is_not_claimed(void)
{
    g_auto(HthFirewallAnswer) unsure = { 0 };
    judge("depends.json", &search, &unsure); /* some addresses are accepted */
    g_assert_cmpint(unsure.verdict, ==, HTH_FIREWALL_MAY_DROP);
}

static void test_multicast_is_told_from_the_rest(void)
{
    g_auto(HthFirewallAnswer) dropped = { 0 };
    judge("multicast-drops.json", &search, &dropped);
    g_assert_cmpint(dropped.verdict, ==, HTH_FIREWALL_DROPS);
    g_auto(HthFirewallAnswer) played = { 0 };
    judge("multicast-drops.json", &media, &played);
    g_assert_cmpint(played.verdict, ==, HTH_FIREWALL_PASSES);
}

static void test_nonsense_is_an_error(void)
{
    static const char *const texts[] = {
        "", "[]", "{}", "{\"nftables\": 1}", "{\"nftables\": [1]}", "not json"
    };
    for (guint i = 0; i < G_N_ELEMENTS(texts); i++) {
        g_autoptr(GError) error = NULL;
        g_auto(HthFirewallAnswer) answer = { 0 };
        g_assert_false(hth_firewall_judge(texts[i], &search, &answer, &error));
        g_assert_error(error, HTH_ERROR, HTH_ERROR_CORRUPT);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/firewall/a-policy-drops-what-no-rule-accepts",
                    test_a_policy_drops_what_no_rule_accepts);
    g_test_add_func("/firewall/a-rule-behind-a-jump-is-found-and-named",
                    test_a_rule_behind_a_jump_is_found_and_named);
    g_test_add_func("/firewall/what-cannot-be-judged-is-not-claimed",
                    test_what_cannot_be_judged_is_not_claimed);
    g_test_add_func("/firewall/multicast-is-told-from-the-rest",
                    test_multicast_is_told_from_the_rest);
    g_test_add_func("/firewall/nonsense-is-an-error", test_nonsense_is_an_error);
    return g_test_run();
}
