/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync/rule.h"

#include <string.h>

#include "base/error.h"

static void test_what_is_printed_is_read_again(void)
{
    static const char full[] =
        "{\"kinds\":[\"music\",\"photo\"],\"playlists\":[\"Running\"],\"artists\":[\"Björk\"],"
        "\"albums\":[\"Debut\"],\"genres\":[\"Jazz\"],\"everything\":true,\"favourites\":true,"
        "\"only_on_power\":true,\"only_unmetered\":true,"
        "\"rating\":4,\"newest\":200,\"unplayed\":10,\"least_recent\":5,\"max_bytes\":32000000000,"
        "\"order\":[\"newest\",\"playlists\",\"albums\",\"artists\",\"genres\",\"favourites\","
        "\"rating\",\"unplayed\",\"least_recent\",\"everything\"],\"rendition\":\"opus-128\","
        "\"excluded\":[\"aaaaaaaaaaaba\"]}";
    g_autoptr(GError) error = NULL;
    g_autoptr(HthSyncRule) rule = hth_sync_rule_parse(full, &error);
    g_assert_no_error(error);
    g_autofree char *printed = hth_sync_rule_print(rule);
    g_assert_cmpstr(printed, ==, full);
    g_assert_cmpuint(hth_sync_rule_rank(rule, HTH_SYNC_SOURCE_NEWEST), ==, 0);
    g_assert_cmpuint(hth_sync_rule_rank(rule, HTH_SYNC_SOURCE_PLAYLISTS), ==, 1);
    g_assert_cmpuint(g_hash_table_size(rule->excluded), ==, 1);
    g_assert_false(hth_sync_rule_is_empty(rule));
}

static void test_a_new_rule_wants_nothing(void)
{
    g_autoptr(HthSyncRule) rule = hth_sync_rule_parse("{}", NULL);
    g_assert_true(hth_sync_rule_is_empty(rule));
    g_autofree char *printed = hth_sync_rule_print(rule);
    g_assert_cmpstr(printed, ==, "{}");
}

static void assert_refused(const char *json, const char *word)
{
    g_autoptr(GError) error = NULL;
    g_assert_null(hth_sync_rule_parse(json, &error));
    g_assert_error(error, HTH_ERROR, HTH_ERROR_INVALID);
    g_assert_nonnull(strstr(error->message, word));
}

static void test_nonsense_is_refused_by_name(void)
{
    assert_refused("", "object");
    assert_refused("[]", "object");
    assert_refused("{\"nonsense\": 1}", "nonsense");
    assert_refused("{\"kinds\": [\"smell\"]}", "kinds");
    assert_refused("{\"kinds\": \"music\"}", "kinds");
    assert_refused("{\"newest\": -1}", "newest");
    assert_refused("{\"newest\": 1.5}", "newest");
    assert_refused("{\"rating\": 6}", "rating");
    assert_refused("{\"order\": [\"newest\", \"newest\"]}", "order");
    assert_refused("{\"excluded\": [\"x\"]}", "excluded");
    assert_refused("{\"rendition\": \"../x\"}", "rendition");
    assert_refused("{\"playlists\": [1]}", "playlists");
    assert_refused("{\"away\": \"all\"}", "away");
    assert_refused("{\"away\": 1}", "away");
    assert_refused("{\"stream\": \"yes\"}", "stream");
    g_autoptr(GString) deep = g_string_new("{\"playlists\":");
    for (guint i = 0; i < 100000; i++)
        g_string_append_c(deep, '[');
    assert_refused(deep->str, "object");
}

static void test_thin_paths_are_told_apart(void)
{
    g_autoptr(HthSyncRule) rule = hth_sync_rule_new();
    g_assert_cmpint(hth_sync_rule_away(rule, FALSE, FALSE), ==, HTH_SYNC_AWAY_EVERYTHING);
    g_assert_cmpint(hth_sync_rule_away(rule, TRUE, FALSE), ==, HTH_SYNC_AWAY_EVERYTHING);
    g_assert_cmpint(hth_sync_rule_away(rule, FALSE, TRUE), ==, HTH_SYNC_AWAY_METADATA);
    g_assert_cmpint(hth_sync_rule_away(rule, TRUE, TRUE), ==, HTH_SYNC_AWAY_METADATA);
    g_autoptr(HthSyncRule) said =
        hth_sync_rule_parse("{\"away\": \"smaller\", \"rendition\": \"aac-128\"}", NULL);
    g_assert_cmpint(hth_sync_rule_away(said, FALSE, FALSE), ==, HTH_SYNC_AWAY_EVERYTHING);
    g_assert_cmpint(hth_sync_rule_away(said, TRUE, FALSE), ==, HTH_SYNC_AWAY_SMALLER);
    g_assert_cmpint(hth_sync_rule_away(said, FALSE, TRUE), ==, HTH_SYNC_AWAY_SMALLER);
    hth_sync_rule_make_smaller(said);
    g_assert_cmpstr(hth_sync_rule_rendition(said, HTH_MEDIA_AUDIO), ==, "aac-128");
    g_assert_cmpstr(hth_sync_rule_rendition(said, HTH_MEDIA_PHOTO), ==, "photo-1080");
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/rule/what-is-printed-is-read-again", test_what_is_printed_is_read_again);
    g_test_add_func("/rule/a-new-rule-wants-nothing", test_a_new_rule_wants_nothing);
    g_test_add_func("/rule/nonsense-is-refused-by-name", test_nonsense_is_refused_by_name);
    g_test_add_func("/rule/thin-paths-are-told-apart", test_thin_paths_are_told_apart);
    return g_test_run();
}
