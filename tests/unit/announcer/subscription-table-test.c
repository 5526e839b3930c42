/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "subscription-table.h"

#include "base/error.h"

static void add(HthSubscriptionTable *table, const char *peer, const char *sid, guint64 generation,
                gint64 ends_us)
{
    g_autoptr(GError) error = NULL;
    hth_subscription_table_reserve(table, peer, 0, &error);
    g_assert_no_error(error);
    hth_subscription_table_add(table, peer, sid, generation, ends_us);
}

static void assert_busy(HthSubscriptionTable *table, const char *peer, gint64 now_us)
{
    g_autoptr(GError) error = NULL;
    g_assert_false(hth_subscription_table_reserve(table, peer, now_us, &error));
    g_assert_error(error, HTH_ERROR, HTH_ERROR_BUSY);
}

static void test_a_peer_has_so_many_and_no_more(void)
{
    g_autoptr(HthSubscriptionTable) table = hth_subscription_table_new(2, 3);
    add(table, "192.0.2.1", "uuid:1", 1, 100);
    g_assert_true(hth_subscription_table_reserve(table, "192.0.2.1", 0, NULL));
    assert_busy(table, "192.0.2.1", 0); /* one held, one on its way */
    hth_subscription_table_cancel(table, "192.0.2.1");
    add(table, "192.0.2.1", "uuid:2", 1, 100);
    assert_busy(table, "192.0.2.1", 0);

    add(table, "192.0.2.2", "uuid:3", 1, 100);
    assert_busy(table, "192.0.2.3", 0); /* all together */
    g_assert_cmpuint(hth_subscription_table_count(table, 99), ==, 3);
    g_assert_cmpuint(hth_subscription_table_count(table, 100), ==, 0);
    g_assert_true(hth_subscription_table_reserve(table, "192.0.2.1", 100, NULL));
}

static void test_a_sid_is_its_peers_alone(void)
{
    g_autoptr(HthSubscriptionTable) table = hth_subscription_table_new(2, 3);
    add(table, "192.0.2.1", "uuid:1", 7, 100);
    g_assert_true(hth_subscription_table_holds(table, "192.0.2.1", "uuid:1", 7, 50));
    g_assert_false(hth_subscription_table_holds(table, "192.0.2.2", "uuid:1", 7, 50));
    g_assert_false(hth_subscription_table_holds(table, "192.0.2.1", "uuid:1", 8, 50));
    g_assert_false(hth_subscription_table_holds(table, "192.0.2.1", "uuid:2", 7, 50));
    g_assert_false(hth_subscription_table_holds(table, "192.0.2.1", "uuid:1", 7, 100));
    hth_subscription_table_renew(table, "uuid:1", 200);
    g_assert_true(hth_subscription_table_holds(table, "192.0.2.1", "uuid:1", 7, 100));
    hth_subscription_table_remove(table, "uuid:1");
    g_assert_false(hth_subscription_table_holds(table, "192.0.2.1", "uuid:1", 7, 100));
}

static gboolean is_seven(guint64 generation, gpointer data)
{
    return generation == 7;
}

static void test_those_of_a_dead_announcer_are_forgotten(void)
{
    g_autoptr(HthSubscriptionTable) table = hth_subscription_table_new(2, 3);
    add(table, "192.0.2.1", "uuid:1", 6, 100);
    add(table, "192.0.2.1", "uuid:2", 7, 100);
    hth_subscription_table_forget(table, is_seven, NULL);
    g_assert_cmpuint(hth_subscription_table_count(table, 0), ==, 1);
    add(table, "192.0.2.1", "uuid:3", 7, 100);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/subscription-table/a-peer-has-so-many-and-no-more",
                    test_a_peer_has_so_many_and_no_more);
    g_test_add_func("/subscription-table/a-sid-is-its-peers-alone", test_a_sid_is_its_peers_alone);
    g_test_add_func("/subscription-table/those-of-a-dead-announcer-are-forgotten",
                    test_those_of_a_dead_announcer_are_forgotten);
    return g_test_run();
}
