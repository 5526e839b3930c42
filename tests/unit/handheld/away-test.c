/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "away.h"

#include <string.h>

#include "base/error.h"

#define ROUTE "abcdefghijklmnopqrstuvwxy2"

static const char whole[] =
    "{\"revision\":7,\"path\":\"lan\",\"wake\":[\"02:00:00:00:00:01\",\"no\",\"02-00-00-00-00-01\"]"
    ","
    "\"locker\":{\"name\":\"locker.example\",\"address\":\"192.0.2.9\",\"port\":443,"
    "\"route\":\"" ROUTE "\",\"session_rate\":1000000,\"household_rate\":400000,"
    "\"month_bytes\":5,\"month_used\":6}}";

static HthAway *parse(const char *text, GError **error)
{
    g_autoptr(GBytes) body = g_bytes_new(text, strlen(text));
    return hth_away_from_json(body, error);
}

static void assert_whole(const HthAway *away)
{
    g_autofree char *name = hth_away_server_name(away);
    g_assert_cmpuint(away->revision, ==, 7);
    g_assert_true(hth_away_has_relay(away));
    g_assert_cmpstr(name, ==, ROUTE ".locker.example");
    g_assert_cmpstr(away->address, ==, "192.0.2.9");
    g_assert_cmpuint(away->port, ==, 443);
    g_assert_cmpuint(hth_away_rate(away), ==, 400000);
    g_assert_cmpuint(away->month_used, ==, 6);
    g_assert_cmpuint(g_strv_length(away->wake), ==, 1);
    g_assert_cmpstr(away->wake[0], ==, "02:00:00:00:00:01");
}

static void test_what_the_home_tells_is_kept(void)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(HthAway) told = parse(whole, &error);
    g_assert_no_error(error);
    assert_whole(told);
    g_autoptr(GKeyFile) file = g_key_file_new();
    hth_away_to_key_file(told, file);
    g_autoptr(HthAway) kept = hth_away_from_key_file(file);
    assert_whole(kept);
    g_autoptr(HthAway) copy = hth_away_copy(kept);
    assert_whole(copy);
}

static void test_a_home_without_locker_has_no_relay(void)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(HthAway) away = parse("{\"revision\":1,\"locker\":null,\"wake\":[]}", &error);
    g_assert_no_error(error);
    g_assert_false(hth_away_has_relay(away));
    g_assert_cmpuint(hth_away_rate(away), ==, 0);
}

static void test_nonsense_is_no_relay(void)
{
    static const char *const lockers[] = {
        "{}",
        "[]",
        "7",
        "{\"name\":7,\"address\":[],\"port\":\"443\",\"route\":null}",
        "{\"name\":\"Locker\",\"address\":\"192.0.2.9\",\"port\":443,\"route\":\"" ROUTE "\"}",
        "{\"name\":\"a/b\",\"address\":\"192.0.2.9\",\"port\":443,\"route\":\"" ROUTE "\"}",
        "{\"name\":\"a.b\",\"address\":\"192.0.2.9\",\"port\":65536,\"route\":\"" ROUTE "\"}",
        "{\"name\":\"a.b\",\"address\":\"192.0.2.9\",\"port\":0,\"route\":\"" ROUTE "\"}",
        "{\"name\":\"a.b\",\"address\":\"192.0.2.9\",\"port\":443,\"route\":\"short\"}",
        "{\"name\":\"a.b\",\"address\":\"192.0.2.9\",\"port\":443,"
        "\"route\":\"abcdefghijklmnopqrstuvwxy1\"}",
        "{\"name\":\"a.b\",\"address\":\"bad address\",\"port\":443,\"route\":\"" ROUTE "\"}",
    };
    for (guint i = 0; i < G_N_ELEMENTS(lockers); i++) {
        g_autoptr(GError) error = NULL;
        g_autofree char *text = g_strdup_printf("{\"revision\":1,\"locker\":%s}", lockers[i]);
        g_autoptr(HthAway) away = parse(text, &error);
        g_assert_no_error(error);
        g_assert_false(hth_away_has_relay(away));
    }
}

static void test_without_revision_it_is_refused(void)
{
    static const char *const texts[] = {
        "{}", "[]", "", "{\"revision\":0}", "{\"revision\":4294967296}", "{\"revision\":\"x\"}"
    };
    for (guint i = 0; i < G_N_ELEMENTS(texts); i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(HthAway) away = parse(texts[i], &error);
        g_assert_null(away);
        g_assert_nonnull(error);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/away/what-the-home-tells-is-kept", test_what_the_home_tells_is_kept);
    g_test_add_func("/away/a-home-without-locker-has-no-relay",
                    test_a_home_without_locker_has_no_relay);
    g_test_add_func("/away/nonsense-is-no-relay", test_nonsense_is_no_relay);
    g_test_add_func("/away/without-revision-it-is-refused", test_without_revision_it_is_refused);
    return g_test_run();
}
