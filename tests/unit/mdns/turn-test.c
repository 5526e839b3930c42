/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "plugins/mdns/turn.h"

static const char *const action_names[] = {
    [HTH_MDNS_WITHDRAW_DAEMON] = "-daemon",
    [HTH_MDNS_WITHDRAW_EMBEDDED] = "-embedded",
    [HTH_MDNS_PUBLISH_DAEMON] = "+daemon",
    [HTH_MDNS_PUBLISH_EMBEDDED] = "+embedded",
};

static void assert_steps(HthMdnsTurn *turn, const char *expected)
{
    HthMdnsAction actions[HTH_MDNS_MAX_ACTIONS];
    const guint n = hth_mdns_turn_step(turn, actions);
    g_autoptr(GString) text = g_string_new(NULL);
    for (guint i = 0; i < n; i++)
        g_string_append_printf(text, "%s%s", i > 0 ? " " : "", action_names[actions[i]]);
    g_assert_cmpstr(text->str, ==, expected);
}

static void test_daemon_is_used_when_ready(void)
{
    HthMdnsTurn turn = { .daemon = HTH_MDNS_DAEMON_READY, .has_offer = TRUE };
    assert_steps(&turn, "+daemon");
    assert_steps(&turn, "");
}

static void test_hearth_itself_takes_over_when_the_daemon_goes(void)
{
    HthMdnsTurn turn = { .daemon = HTH_MDNS_DAEMON_READY, .has_offer = TRUE };
    assert_steps(&turn, "+daemon");
    turn.daemon = HTH_MDNS_DAEMON_ABSENT;
    assert_steps(&turn, "-daemon +embedded");
}

static void test_goodbye_comes_before_the_daemon_publishes(void)
{
    HthMdnsTurn turn = { .daemon = HTH_MDNS_DAEMON_ABSENT, .has_offer = TRUE };
    assert_steps(&turn, "+embedded");
    turn.daemon = HTH_MDNS_DAEMON_PRESENT; /* it still starts up */
    assert_steps(&turn, "");
    g_assert_false(hth_mdns_turn_is_waiting(&turn));
    turn.daemon = HTH_MDNS_DAEMON_READY;
    assert_steps(&turn, "-embedded +daemon");
}

static void test_daemon_that_is_not_ready_is_waited_for_once(void)
{
    HthMdnsTurn turn = { .daemon = HTH_MDNS_DAEMON_PRESENT, .has_offer = TRUE };
    assert_steps(&turn, "");
    g_assert_true(hth_mdns_turn_is_waiting(&turn));
    turn.has_waited = TRUE;
    assert_steps(&turn, "+embedded");
    g_assert_false(hth_mdns_turn_is_waiting(&turn));
}

static void test_each_wait_begins_anew(void)
{
    HthMdnsTurn turn = { .daemon = HTH_MDNS_DAEMON_READY, .has_offer = TRUE, .has_waited = TRUE };
    assert_steps(&turn, "+daemon");
    turn.daemon = HTH_MDNS_DAEMON_PRESENT; /* it changes its host name */
    assert_steps(&turn, "-daemon");
    g_assert_true(hth_mdns_turn_is_waiting(&turn));
    turn.daemon = HTH_MDNS_DAEMON_READY;
    assert_steps(&turn, "+daemon");
}

static void test_nothing_is_published_without_an_offer(void)
{
    for (guint state = HTH_MDNS_DAEMON_UNKNOWN; state <= HTH_MDNS_DAEMON_READY; state++) {
        HthMdnsTurn turn = { .daemon = state, .has_waited = TRUE };
        assert_steps(&turn, "");
        g_assert_false(hth_mdns_turn_is_waiting(&turn));
    }
    HthMdnsTurn turn = { .daemon = HTH_MDNS_DAEMON_ABSENT, .has_offer = TRUE };
    assert_steps(&turn, "+embedded");
    turn.has_offer = FALSE;
    assert_steps(&turn, "-embedded");
}

/* The invariants of turn.h over random facts: what publishes and what is told always agree. */
static void test_never_two_publishers(void)
{
    g_autoptr(GRand) random = g_rand_new_with_seed(7);
    HthMdnsTurn turn = { 0 };
    gboolean is_daemon_on = FALSE;
    gboolean is_embedded_on = FALSE;
    for (guint round = 0; round < 20000; round++) {
        turn.daemon = g_rand_int_range(random, 0, HTH_MDNS_DAEMON_READY + 1);
        turn.has_offer = g_rand_int_range(random, 0, 4) != 0;
        turn.has_waited |= g_rand_int_range(random, 0, 4) == 0;
        HthMdnsAction actions[HTH_MDNS_MAX_ACTIONS];
        const guint n = hth_mdns_turn_step(&turn, actions);
        for (guint i = 0; i < n; i++) {
            gboolean *publisher =
                actions[i] == HTH_MDNS_WITHDRAW_DAEMON || actions[i] == HTH_MDNS_PUBLISH_DAEMON
                    ? &is_daemon_on
                    : &is_embedded_on;
            const gboolean is_publish = actions[i] >= HTH_MDNS_PUBLISH_DAEMON;
            g_assert_cmpint(*publisher, !=, is_publish);
            *publisher = is_publish;
            g_assert_false(is_daemon_on && is_embedded_on);
        }
        g_assert_cmpint(is_daemon_on, ==, turn.publisher == HTH_MDNS_DAEMON);
        g_assert_cmpint(is_embedded_on, ==, turn.publisher == HTH_MDNS_EMBEDDED);
        if (is_daemon_on)
            g_assert_cmpint(turn.daemon, ==, HTH_MDNS_DAEMON_READY);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/turn/daemon-is-used-when-ready", test_daemon_is_used_when_ready);
    g_test_add_func("/turn/hearth-itself-takes-over-when-the-daemon-goes",
                    test_hearth_itself_takes_over_when_the_daemon_goes);
    g_test_add_func("/turn/goodbye-comes-before-the-daemon-publishes",
                    test_goodbye_comes_before_the_daemon_publishes);
    g_test_add_func("/turn/daemon-that-is-not-ready-is-waited-for-once",
                    test_daemon_that_is_not_ready_is_waited_for_once);
    g_test_add_func("/turn/each-wait-begins-anew", test_each_wait_begins_anew);
    g_test_add_func("/turn/nothing-is-published-without-an-offer",
                    test_nothing_is_published_without_an_offer);
    g_test_add_func("/turn/never-two-publishers", test_never_two_publishers);
    return g_test_run();
}
