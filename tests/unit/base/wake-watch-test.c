/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/wake-watch.h"

/* Sleep cannot be had in a test: the clock is ours. */
static gint64 the_slept_us;

static gint64 clock_of_the_test(void)
{
    return the_slept_us;
}

static void on_woken(gint64 slept_us, gpointer data)
{
    *(gint64 *)data += slept_us;
}

static void test_tells_of_sleep_once(void)
{
    gint64 told_us = 0;
    the_slept_us = 50 * G_USEC_PER_SEC;
    HthWakeWatch *watch = hth_wake_watch_new(on_woken, &told_us, clock_of_the_test);
    hth_wake_watch_check(watch);
    g_assert_cmpint(told_us, ==, 0);
    the_slept_us += 3600 * (gint64)G_USEC_PER_SEC;
    hth_wake_watch_check(watch);
    hth_wake_watch_check(watch);
    g_assert_cmpint(told_us, ==, 3600 * (gint64)G_USEC_PER_SEC);
    the_slept_us += G_USEC_PER_SEC; /* the two clocks are never read at the same moment */
    hth_wake_watch_check(watch);
    g_assert_cmpint(told_us, ==, 3600 * (gint64)G_USEC_PER_SEC);
    hth_wake_watch_free(watch);
}

static void test_the_kernels_clock_stands_still_while_awake(void)
{
    gint64 told_us = 0;
    HthWakeWatch *watch = hth_wake_watch_new(on_woken, &told_us, NULL);
    hth_wake_watch_check(watch);
    g_assert_cmpint(told_us, ==, 0);
    hth_wake_watch_free(watch);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/wake-watch/tells-of-sleep-once", test_tells_of_sleep_once);
    g_test_add_func("/wake-watch/the-kernels-clock-stands-still-while-awake",
                    test_the_kernels_clock_stands_still_while_awake);
    return g_test_run();
}
