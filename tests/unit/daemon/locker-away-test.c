/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "locker/away.h"

#include <string.h>

#include "locker/device-media-path.h"
#include "locker/device-paths.h"

#define PHONE "aaaa"
#define WATCH "bbbb"

typedef struct {
    char *stored;
    gint64 now_s;
    guint n_changes;
    HthAway *away;
} Test;

static char *load(gpointer data, const char *key)
{
    return g_strdup(((Test *)data)->stored);
}

static gboolean store(gpointer data, const char *key, const char *value, GError **error)
{
    Test *test = data;
    g_free(test->stored);
    test->stored = g_strdup(value);
    return TRUE;
}

static gint64 now_s(gpointer data)
{
    return ((Test *)data)->now_s;
}

static void count_change(gpointer data)
{
    ((Test *)data)->n_changes++;
}

static void open_away(Test *test)
{
    const HthAwayOptions options = {
        .store = { .load = load, .store = store, .data = test },
        .unix_s = now_s,
        .routes_changed = count_change,
        .data = test,
    };
    test->away = hth_away_new(&options);
}

static void join(Test *test, guint64 session_rate)
{
    const HthLockerAccount account = { .host = (char *)"locker.example",
                                       .port = 443,
                                       .name = (char *)"locker.example",
                                       .household = (char *)"1" };
    const HthLockerLimits limits = { .session_rate = session_rate, .month_used = 5 };
    hth_away_set_locker(test->away, &account, &limits);
}

static void set_up(Test *test, gconstpointer data)
{
    test->now_s = 1800000000;
    open_away(test);
    join(test, 1000);
}

static void tear_down(Test *test, gconstpointer data)
{
    hth_away_free(test->away);
    g_free(test->stored);
}

/* A new string; NULL: it is told of no locker. */
static char *told_route(Test *test, const char *device)
{
    g_autoptr(JsonObject) object = hth_away_object(test->away, device, "lan");
    JsonNode *locker = json_object_get_member(object, "locker");
    if (!JSON_NODE_HOLDS_OBJECT(locker))
        return NULL;
    return g_strdup(json_object_get_string_member(json_node_get_object(locker), "route"));
}

static guint n_routes(Test *test)
{
    g_auto(GStrv) routes = hth_away_routes(test->away);
    return g_strv_length(routes);
}

static gboolean has_route(Test *test, const char *route)
{
    g_auto(GStrv) routes = hth_away_routes(test->away);
    return g_strv_contains((const char *const *)routes, route);
}

static void test_each_device_has_its_own_route(Test *test, gconstpointer data)
{
    g_autofree char *phone = told_route(test, PHONE);
    g_autofree char *watch = told_route(test, WATCH);
    g_autofree char *again = told_route(test, PHONE);
    g_assert_cmpuint(strlen(phone), ==, HTH_AWAY_ROUTE_LENGTH);
    g_assert_cmpstr(phone, !=, watch);
    g_assert_cmpstr(phone, ==, again);
    g_assert_cmpuint(n_routes(test), ==, 2);
    g_assert_cmpuint(test->n_changes, ==, 2);
}

static void test_equal_revisions_tell_the_same(Test *test, gconstpointer data)
{
    const guint32 first = hth_away_revision(test->away, PHONE, 0);
    g_assert_cmpuint(first, !=, 0);
    g_assert_cmpuint(hth_away_revision(test->away, PHONE, first), ==, first);
    g_autoptr(JsonObject) object = hth_away_object(test->away, PHONE, "relay");
    g_assert_cmpint(json_object_get_int_member(object, "revision"), ==, first);
    g_assert_cmpstr(json_object_get_string_member(object, "path"), ==, "relay");
    join(test, 2000);
    const guint32 other = hth_away_revision(test->away, PHONE, first);
    g_assert_cmpuint(other, !=, first);
    const char *const wake[] = { "52:54:00:12:34:56", NULL };
    hth_away_set_wake(test->away, wake);
    g_assert_cmpuint(hth_away_revision(test->away, PHONE, other), !=, other);
}

static void test_routes_are_renewed_and_the_old_one_ends_later(Test *test, gconstpointer data)
{
    guint32 revision = hth_away_revision(test->away, PHONE, 0);
    g_autofree char *old = told_route(test, PHONE);
    test->now_s += HTH_AWAY_ROUTE_S - 1;
    g_assert_cmpuint(hth_away_revision(test->away, PHONE, revision), ==, revision);
    test->now_s += 1;
    const guint32 renewed = hth_away_revision(test->away, PHONE, revision);
    g_assert_cmpuint(renewed, !=, revision);
    g_autofree char *route = told_route(test, PHONE);
    g_assert_cmpstr(route, !=, old);
    g_assert_true(has_route(test, old)); /* it may not have come through */
    /* As long as it has not come with the new one, both are good, however long that takes. */
    test->now_s += 3 * HTH_AWAY_ROUTE_S;
    g_assert_cmpuint(hth_away_revision(test->away, PHONE, revision), ==, renewed);
    g_assert_true(has_route(test, old));
    g_assert_true(has_route(test, route));
    test->now_s = 1800000000 + HTH_AWAY_ROUTE_S + 10;
    g_assert_cmpuint(hth_away_revision(test->away, PHONE, renewed), ==, renewed);
    g_assert_false(has_route(test, old));
    g_assert_true(has_route(test, route));
}

static void test_routes_outlive_a_restart(Test *test, gconstpointer data)
{
    g_autofree char *before = told_route(test, PHONE);
    hth_away_free(test->away);
    open_away(test);
    join(test, 1000);
    g_autofree char *after = told_route(test, PHONE);
    g_assert_cmpstr(before, ==, after);
}

static void test_a_revoked_device_has_no_route(Test *test, gconstpointer data)
{
    g_autofree char *phone = told_route(test, PHONE);
    g_autofree char *watch = told_route(test, WATCH);
    const guint before = test->n_changes;
    hth_away_drop(test->away, PHONE);
    g_assert_cmpuint(test->n_changes, ==, before + 1);
    g_assert_false(has_route(test, phone));
    g_autoptr(GHashTable) nobody = g_hash_table_new(g_str_hash, g_str_equal);
    hth_away_keep_only(test->away, nobody);
    g_assert_cmpuint(n_routes(test), ==, 0);
}

static void test_without_a_locker_there_is_no_route(Test *test, gconstpointer data)
{
    g_autofree char *before = told_route(test, PHONE);
    hth_away_set_locker(test->away, NULL, NULL);
    g_assert_cmpuint(n_routes(test), ==, 0);
    g_autofree char *none = told_route(test, PHONE);
    g_assert_null(none);
    g_assert_cmpuint(n_routes(test), ==, 0);
    g_assert_cmpuint(hth_away_revision(test->away, PHONE, 0), !=, 0);
    join(test, 1000);
    g_autofree char *after = told_route(test, PHONE);
    g_assert_cmpstr(before, !=, after); /* another locker learns nothing of the first */
}

/* ---- Accounts ---- */

static void test_an_account_comes_back(void)
{
    HthLockerAccount account = { .host = (char *)"203.0.113.9",
                                 .port = 8443,
                                 .name = (char *)"locker.example",
                                 .household = (char *)"abc",
                                 .has_key = TRUE,
                                 .interval_s = 120 };
    memset(account.key.bytes, 7, sizeof account.key.bytes);
    g_autofree char *text = hth_locker_account_print(&account);
    g_autoptr(HthLockerAccount) got = hth_locker_account_parse(text);
    g_assert_nonnull(got);
    g_assert_cmpstr(got->host, ==, account.host);
    g_assert_cmpuint(got->port, ==, 8443);
    g_assert_true(got->has_key && hth_key_id_equal(&got->key, &account.key));
    g_assert_cmpuint(got->interval_s, ==, 120);
    g_assert_null(hth_locker_account_parse("{}"));
    g_assert_null(hth_locker_account_parse("nonsense"));
}

static void test_addresses_of_lockers(void)
{
    static const char *const bad[] = { "",
                                       "http://locker.example",
                                       "https://",
                                       "https://192.0.2.1",
                                       "https://[2001:db8::1]",
                                       "https://a_b.example",
                                       "https://a..b",
                                       "not a name" };
    g_autofree char *host = NULL;
    guint16 port = 0;
    g_assert_true(hth_locker_url_parse("https://Locker.Example:8443", &host, &port, NULL));
    g_assert_cmpstr(host, ==, "locker.example");
    g_assert_cmpuint(port, ==, 8443);
    g_clear_pointer(&host, g_free);
    g_assert_true(hth_locker_url_parse("locker.example", &host, &port, NULL));
    g_assert_cmpuint(port, ==, 443);
    for (guint i = 0; i < G_N_ELEMENTS(bad); i++) {
        g_autofree char *none = NULL;
        g_autoptr(GError) error = NULL;
        if (hth_locker_url_parse(bad[i], &none, &port, &error))
            g_error("%s is taken", bad[i]);
        g_assert_nonnull(error);
    }
}

/* ---- Media, and ways ---- */

static void test_media_paths(void)
{
    static const char *const bad[] = { "/m/",
                                       "/m/k3jx9a2bqd4fm",
                                       "/m/short.mp3",
                                       "/m/k3jx9a2bqd4fm.",
                                       "/m/k3jx2a2bqd4fm./x",
                                       "/m/../etc/passwd.x",
                                       "/m/k3jx2a2bqd4fm/a/b.mp3",
                                       "/m/k3jx2a2bqd4fm/.mp3",
                                       "/m/k3jx2a2bqd4fm/a b.mp3",
                                       "/a/k3jx2a2bqd4fm.mp3" };
    g_autofree char *item = NULL;
    g_autofree char *profile = NULL;
    g_assert_true(hth_device_media_parse("/m/aaaaaaaaaaaaa.flac", &item, &profile));
    g_assert_cmpstr(item, ==, "aaaaaaaaaaaaa");
    g_assert_null(profile);
    g_clear_pointer(&item, g_free);
    g_assert_true(hth_device_media_parse("/m/aaaaaaaaaaaaa/opus-128.opus", &item, &profile));
    g_assert_cmpstr(item, ==, "aaaaaaaaaaaaa");
    g_assert_cmpstr(profile, ==, "opus-128");
    for (guint i = 0; i < G_N_ELEMENTS(bad); i++) {
        g_autofree char *no_item = NULL;
        g_autofree char *no_profile = NULL;
        if (hth_device_media_parse(bad[i], &no_item, &no_profile))
            g_error("%s is taken", bad[i]);
    }
}

static void test_ways_are_told_with_the_smaller_limit(void)
{
    const HthLockerLimits limits = { .session_rate = 3000, .household_rate = 2000 };
    HthDevicePaths *paths = hth_device_paths_new();
    g_assert_null(hth_device_paths_object(paths, PHONE, &limits));
    hth_device_paths_note(paths, PHONE, TRUE);
    hth_device_paths_note_data(paths, PHONE, 100, G_USEC_PER_SEC); /* too little to say anything */
    g_autoptr(JsonObject) relayed = hth_device_paths_object(paths, PHONE, &limits);
    g_assert_cmpstr(json_object_get_string_member(relayed, "path"), ==, "relay");
    g_assert_cmpint(json_object_get_int_member(relayed, "limit"), ==, 2000);
    g_assert_false(json_object_has_member(relayed, "rate"));
    hth_device_paths_note_data(paths, PHONE, 4000000, 2 * G_USEC_PER_SEC);
    g_autoptr(JsonObject) measured = hth_device_paths_object(paths, PHONE, &limits);
    g_assert_cmpint(json_object_get_int_member(measured, "rate"), ==, 2000000);
    hth_device_paths_note(paths, PHONE, FALSE);
    g_autoptr(JsonObject) home = hth_device_paths_object(paths, PHONE, &limits);
    g_assert_cmpstr(json_object_get_string_member(home, "path"), ==, "lan");
    g_assert_false(json_object_has_member(home, "rate"));
    g_assert_false(json_object_has_member(home, "limit"));
    hth_device_paths_free(paths);
}

#define ADD(path, function) g_test_add(path, Test, NULL, set_up, function, tear_down)

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    ADD("/away/each-device-has-its-own-route", test_each_device_has_its_own_route);
    ADD("/away/equal-revisions-tell-the-same", test_equal_revisions_tell_the_same);
    ADD("/away/routes-are-renewed-and-the-old-one-ends-later",
        test_routes_are_renewed_and_the_old_one_ends_later);
    ADD("/away/routes-outlive-a-restart", test_routes_outlive_a_restart);
    ADD("/away/a-revoked-device-has-no-route", test_a_revoked_device_has_no_route);
    ADD("/away/without-a-locker-there-is-no-route", test_without_a_locker_there_is_no_route);
    g_test_add_func("/locker-account/comes-back", test_an_account_comes_back);
    g_test_add_func("/locker-account/addresses-of-lockers", test_addresses_of_lockers);
    g_test_add_func("/device-media/paths", test_media_paths);
    g_test_add_func("/device-paths/ways-are-told-with-the-smaller-limit",
                    test_ways_are_told_with_the_smaller_limit);
    return g_test_run();
}
