/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "seen-filter.h"

#define SECOND G_USEC_PER_SEC

static gboolean passes(HthSeenFilter *filter, guint sender, guint location, gint64 now_us)
{
    g_autofree char *address = g_strdup_printf("192.0.2.%u", sender);
    g_autofree char *url = g_strdup_printf("http://%s:%u/", address, location);
    return hth_seen_filter_passes(filter, address, url, now_us);
}

static void test_a_place_passes_once_a_minute(void)
{
    g_autoptr(HthSeenFilter) filter = hth_seen_filter_new();
    g_assert_true(passes(filter, 7, 1, 0));
    g_assert_false(passes(filter, 7, 1, SECOND));
    g_assert_true(passes(filter, 7, 2, SECOND));
    g_assert_true(passes(filter, 8, 1, SECOND));
    g_assert_false(passes(filter, 7, 1, HTH_SEEN_FORGET_US - 1));
    g_assert_true(passes(filter, 7, 1, HTH_SEEN_FORGET_US));
}

static void test_one_sender_has_four_places(void)
{
    g_autoptr(HthSeenFilter) filter = hth_seen_filter_new();
    guint n_passed = 0;
    for (guint i = 1; i <= 40; i++)
        n_passed += passes(filter, 7, i, i * SECOND);
    g_assert_cmpuint(n_passed, ==, HTH_SEEN_A_SENDER);
    g_assert_true(passes(filter, 8, 1, 41 * SECOND));
    g_assert_true(passes(filter, 7, 50, SECOND + HTH_SEEN_FORGET_US));
}

static void test_a_flood_is_a_few_a_second(void)
{
    g_autoptr(HthSeenFilter) filter = hth_seen_filter_new();
    guint n_passed = 0;
    for (guint i = 0; i < 10000; i++) /* within 5 s, from 200 senders */
        n_passed += passes(filter, i % 200, i, SECOND + i * 5 * SECOND / 10000);
    g_assert_cmpuint(n_passed, >=, HTH_SEEN_BURST);
    g_assert_cmpuint(n_passed, <=, HTH_SEEN_BURST + 5 * HTH_SEEN_RATE);
}

static void test_no_more_is_remembered_than_there_is_room_for(void)
{
    g_autoptr(HthSeenFilter) filter = hth_seen_filter_new();
    guint n_passed = 0;
    for (guint i = 0; i < 250; i++) /* slowly enough, and before any is forgotten */
        n_passed += passes(filter, i, 1, SECOND + i * (HTH_SEEN_FORGET_US - SECOND) / 250);
    g_assert_cmpuint(n_passed, ==, HTH_SEEN_MAX);
    g_assert_true(passes(filter, 251, 1, SECOND + HTH_SEEN_FORGET_US));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/seen-filter/a-place-passes-once-a-minute", test_a_place_passes_once_a_minute);
    g_test_add_func("/seen-filter/one-sender-has-four-places", test_one_sender_has_four_places);
    g_test_add_func("/seen-filter/a-flood-is-a-few-a-second", test_a_flood_is_a_few_a_second);
    g_test_add_func("/seen-filter/no-more-is-remembered-than-there-is-room-for",
                    test_no_more_is_remembered_than_there_is_room_for);
    return g_test_run();
}
