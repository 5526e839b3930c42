/* SPDX-License-Identifier: GPL-3.0-or-later */
#define HTH_LOG_TOPIC "log-test"
#include "base/log.h"

static void test_a_topic_has_its_own_level(void)
{
    hth_log_set_levels("warning,log-test=debug");
    g_assert_true(hth_log_wants("log-test", HTH_LOG_DEBUG));
    g_assert_false(hth_log_wants("scanner", HTH_LOG_INFO));
    g_assert_true(hth_log_wants("scanner", HTH_LOG_WARNING));
}

static void test_the_newest_lines_are_kept(void)
{
    hth_log_set_levels("info");
    for (guint i = 0; i < HTH_LOG_KEPT_LINES + 5; i++)
        hth_log_info("line %u\nsecond", i);
    g_autoptr(GPtrArray) all = hth_log_read(0, G_MAXUINT);
    g_assert_cmpuint(all->len, ==, HTH_LOG_KEPT_LINES);
    const HthLogLine *last = all->pdata[all->len - 1];
    g_assert_cmpstr(last->message, ==, "line 2004 second"); /* one line stays one line */
    g_autoptr(GPtrArray) newer = hth_log_read(last->sequence - 2, G_MAXUINT);
    g_assert_cmpuint(newer->len, ==, 2);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/log/a-topic-has-its-own-level", test_a_topic_has_its_own_level);
    g_test_add_func("/log/the-newest-lines-are-kept", test_the_newest_lines_are_kept);
    return g_test_run();
}
