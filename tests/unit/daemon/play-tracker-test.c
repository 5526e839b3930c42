/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "play-tracker.h"

#define SIZE  G_GUINT64_CONSTANT(100000)
#define MOVIE (60 * 60 * 1000)

static HthPlayGuess sent(HthPlayTracker *tracker, guint64 first, guint64 n, gint64 duration_ms)
{
    return hth_play_tracker_sent(tracker, "192.0.2.7", "item", first, n, SIZE, duration_ms);
}

static void test_ninety_percent_is_one_play(void)
{
    g_autoptr(HthPlayTracker) tracker = hth_play_tracker_new();
    g_assert_false(sent(tracker, 0, 50000, 0).is_play);
    g_assert_true(sent(tracker, 50000, 40000, 0).is_play);
    g_assert_false(sent(tracker, 90000, 10000, 0).is_play);
}

static void test_the_same_bytes_count_once(void)
{
    g_autoptr(HthPlayTracker) tracker = hth_play_tracker_new();
    for (guint i = 0; i < 100; i++)
        g_assert_false(sent(tracker, 0, 60000, 0).is_play);
    g_assert_false(sent(tracker, 30000, 50000, 0).is_play);
    g_assert_true(sent(tracker, 80000, 20000, 0).is_play);
}

static void test_two_devices_do_not_play_together(void)
{
    g_autoptr(HthPlayTracker) tracker = hth_play_tracker_new();
    g_assert_false(sent(tracker, 0, 60000, 0).is_play);
    g_assert_false(
        hth_play_tracker_sent(tracker, "192.0.2.8", "item", 60000, 40000, SIZE, 0).is_play);
}

static void test_many_small_ranges_stay_bounded(void)
{
    g_autoptr(HthPlayTracker) tracker = hth_play_tracker_new();
    for (guint i = 0; i < 10000; i++)
        (void)sent(tracker, (i * 7919) % SIZE, 1, 0);
    g_assert_true(sent(tracker, 0, SIZE, 0).is_play);
    for (guint i = 0; i < 2 * HTH_PLAYS_MAX; i++) {
        g_autofree char *peer = g_strdup_printf("peer %u", i);
        (void)hth_play_tracker_sent(tracker, peer, "item", 0, 1, SIZE, 0);
    }
}

static void test_a_long_video_goes_on_where_it_ended(void)
{
    g_autoptr(HthPlayTracker) tracker = hth_play_tracker_new();
    g_assert_cmpint(sent(tracker, 0, 50000, MOVIE).position_ms, ==, MOVIE / 2);
    g_assert_cmpint(sent(tracker, 99990, 10, MOVIE).position_ms, ==,
                    -1); /* its index, at the end */
    g_assert_cmpint(sent(tracker, 50000, 49000, MOVIE).position_ms, ==, 0);
    g_assert_cmpint(sent(tracker, 0, 50000, 5 * 60 * 1000).position_ms, ==, -1);
}

static void test_a_range_says_where_it_starts(void)
{
    g_assert_cmpuint(hth_play_range_start(NULL, 100), ==, 0);
    g_assert_cmpuint(hth_play_range_start("bytes=10-", 100), ==, 10);
    g_assert_cmpuint(hth_play_range_start("bytes=-10", 100), ==, 90);
    g_assert_cmpuint(hth_play_range_start("bytes=-200", 100), ==, 0);
    g_assert_cmpuint(hth_play_range_start("seconds=3-", 100), ==, 0);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/play-tracker/ninety-percent-is-one-play", test_ninety_percent_is_one_play);
    g_test_add_func("/play-tracker/the-same-bytes-count-once", test_the_same_bytes_count_once);
    g_test_add_func("/play-tracker/two-devices-do-not-play-together",
                    test_two_devices_do_not_play_together);
    g_test_add_func("/play-tracker/many-small-ranges-stay-bounded",
                    test_many_small_ranges_stay_bounded);
    g_test_add_func("/play-tracker/a-long-video-goes-on-where-it-ended",
                    test_a_long_video_goes_on_where_it_ended);
    g_test_add_func("/play-tracker/a-range-says-where-it-starts",
                    test_a_range_says_where_it_starts);
    return g_test_run();
}
