/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The home's side towards a device that may be elsewhere. */
#include <string.h>

#include "home-fixture.h"
#include "sync/home-want.h"

typedef struct {
    ModelLibrary *library;
    HthSyncHome *home;
    ModelDevice *device;
} Test;

static void set_up(Test *test, gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    test->library = model_library_new();
    test->home = hth_sync_home_new(":memory:", NULL, 0, &test->library->vtable, &error);
    g_assert_no_error(error);
    test->device = model_device_new(test->home, "phone");
    model_library_add(test->library, 1, "A", "the first song");
    model_library_add(test->library, 2, "B", "the second song");
    g_assert_true(hth_sync_home_set_rule(test->home, "phone", "{\"everything\": true}", &error));
}

static void tear_down(Test *test, gconstpointer data)
{
    model_device_free(test->device);
    hth_sync_home_free(test->home);
    model_library_free(test->library);
}

static void settle(Test *test)
{
    g_assert_cmpuint(model_device_sync(test->device, 12), <, 12);
    g_assert_cmpuint(test->device->last_status, ==, 204);
}

/* One exchange. Returns: what was demanded. */
static guint ask(Test *test)
{
    hth_sync_answer_free(model_device_ask(test->device));
    return test->device->last_demands;
}

static void test_another_revision_is_told_once(Test *test, gconstpointer data)
{
    test->device->says = HTH_SYNC_SAYS_AWAY;
    settle(test);
    model_library_set_away(test->library, 5);
    g_assert_cmpuint(ask(test), ==, HTH_SYNC_AWAY);
    g_assert_cmpuint(test->device->last_status, ==, 200);
    test->device->away_revision = 5;
    g_assert_cmpuint(ask(test), ==, 0);
    g_assert_cmpuint(test->device->last_status, ==, 204);
    model_library_set_away(test->library, 6);
    g_assert_cmpuint(ask(test), ==, HTH_SYNC_AWAY);
}

static void test_it_goes_with_other_work(Test *test, gconstpointer data)
{
    test->device->says = HTH_SYNC_SAYS_AWAY;
    model_library_set_away(test->library, 5);
    const guint demands = ask(test);
    g_assert_cmpuint(demands & HTH_SYNC_AWAY, !=, 0);
    g_assert_cmpuint(ask(test) & HTH_SYNC_AWAY, !=, 0);
    test->device->away_revision = 5;
    settle(test);
    g_assert_cmpuint(model_device_n_files(test->device), ==, 2);
}

static void test_who_does_not_speak_of_it_is_left_alone(Test *test, gconstpointer data)
{
    model_library_set_away(test->library, 5);
    settle(test);
    g_assert_cmpuint(ask(test), ==, 0);
    g_assert_cmpuint(test->device->last_status, ==, 204);
}

/* ---- What comes over a thin path ---- */

#define A "Music/Artist/Album/A.mp3"
#define B "Music/Artist/Album/B.mp3"

static void set_rule(Test *test, const char *json)
{
    g_autoptr(GError) error = NULL;
    g_assert_true(hth_sync_home_set_rule(test->home, "phone", json, &error));
    g_assert_no_error(error);
}

static void assert_text(Test *test, const char *path, const char *text)
{
    g_autofree char *found = model_device_read(test->device, path);
    g_assert_cmpstr(found, ==, text);
}

static void test_metadata_comes_and_new_files_wait(Test *test, gconstpointer data)
{
    set_rule(test, "{\"everything\": true, \"away\": \"metadata\"}");
    settle(test);
    hth_sync_home_set_relayed(test->home, "phone", TRUE);
    model_library_add(test->library, 3, "C", "third");
    ModelItem *item = model_library_find(test->library, 2);
    g_free(item->title);
    item->title = g_strdup("Other");
    test->library->sequence++;
    settle(test);
    assert_text(test, "Music/Artist/Album/Other.mp3", "the second song");
    g_assert_cmpuint(model_device_n_files(test->device), ==, 2);
    hth_sync_home_set_relayed(test->home, "phone", FALSE);
    settle(test);
    g_assert_cmpuint(model_device_n_files(test->device), ==, 3);
}

static void test_nothing_is_nothing(Test *test, gconstpointer data)
{
    set_rule(test, "{\"everything\": true, \"away\": \"nothing\"}");
    settle(test);
    hth_sync_home_set_relayed(test->home, "phone", TRUE);
    model_library_remove(test->library, 2);
    settle(test);
    assert_text(test, B, "the second song");
    hth_sync_home_set_relayed(test->home, "phone", FALSE);
    settle(test);
    assert_text(test, B, NULL);
}

static void test_everything_comes_by_the_relay_unless_it_costs(Test *test, gconstpointer data)
{
    hth_sync_home_set_relayed(test->home, "phone", TRUE);
    settle(test);
    g_assert_cmpuint(model_device_n_files(test->device), ==, 2);
    model_library_add(test->library, 3, "C", "third");
    test->device->says = HTH_SYNC_SAYS_METERED;
    settle(test);
    g_assert_cmpuint(model_device_n_files(test->device), ==, 2);
    test->device->says = 0;
    settle(test);
    g_assert_cmpuint(model_device_n_files(test->device), ==, 3);
}

/* An operation that was planned at home does not go on over a thin path. */
static void test_what_was_planned_at_home_is_held_to_it_too(Test *test, gconstpointer data)
{
    set_rule(test, "{\"everything\": true, \"away\": \"metadata\"}");
    test->device->loses_answers = TRUE; /* the first answer is not obeyed */
    g_autoptr(HthSyncAnswer) answer = model_device_ask(test->device);
    g_assert_cmpuint(answer->operations->len, ==, 2);
    const HthSyncOperation *operation = &g_array_index(answer->operations, HthSyncOperation, 0);
    const HthSyncPart part = { .sequence = operation->sequence,
                               .item = operation->item,
                               .revision = operation->revision };
    GBytes *bytes = NULL;
    g_assert_cmpint(model_device_fetch(test->device, &part, &bytes), ==, HTH_SYNC_OK);
    g_clear_pointer(&bytes, g_bytes_unref);
    hth_sync_home_set_relayed(test->home, "phone", TRUE);
    g_assert_cmpint(model_device_fetch(test->device, &part, &bytes), !=, HTH_SYNC_OK);
    g_assert_cmpuint(g_bytes_get_size(bytes), ==, 0);
    g_bytes_unref(bytes);
}

/* ---- Playlists ---- */

static void test_playlists_name_what_is_not_there(Test *test, gconstpointer data)
{
    const guint64 entries[] = { 2, 1, 55 };
    g_array_append_vals(test->library->playlist, entries, G_N_ELEMENTS(entries));
    set_rule(test, "{\"everything\": true, \"stream\": true, \"excluded\": [\"aaaaaaaaaaaac\"]}");
    settle(test);
    g_autofree char *without = model_device_read(test->device, "Playlists/List.m3u8");
    g_assert_null(strstr(without, "http")); /* the device has said nothing of a port */
    test->device->says = HTH_SYNC_SAYS_AWAY;
    test->device->play_port = 4711;
    settle(test);
    g_autofree char *with = model_device_read(test->device, "Playlists/List.m3u8");
    g_assert_true(g_regex_match_simple(
        "^#EXTM3U\\nhttp://127\\.0\\.0\\.1:4711/p/[a-z2-7]{26}/aaaaaaaaaaaac\\.mp3"
        "\\n\\.\\./Music/Artist/Album/A\\.mp3\\n$",
        with, 0, 0));
    g_assert_cmpuint(model_device_n_files(test->device), ==, 2);
    settle(test);
    g_autofree char *again = model_device_read(test->device, "Playlists/List.m3u8");
    g_assert_cmpstr(with, ==, again);
    test->device->play_port = 0;
    settle(test);
    g_autofree char *none = model_device_read(test->device, "Playlists/List.m3u8");
    g_assert_cmpstr(none, ==, without);
}

static void test_tokens_are_of_one_device_and_playlist(void)
{
    const guint8 secret[HTH_SYNC_STREAM_SECRET_BYTES] = { 1 };
    const HthSyncStreaming phone = { "phone", 1, secret }, watch = { "watch", 1, secret };
    char tokens[4][HTH_SYNC_TOKEN_LENGTH + 1];
    hth_sync_stream_token(&phone, 9, 1, tokens[0]);
    hth_sync_stream_token(&watch, 9, 1, tokens[1]);
    hth_sync_stream_token(&phone, 8, 1, tokens[2]);
    hth_sync_stream_token(&phone, 9, 2, tokens[3]);
    for (guint i = 0; i < 4; i++) {
        g_assert_cmpuint(strlen(tokens[i]), ==, HTH_SYNC_TOKEN_LENGTH);
        for (guint k = 0; k < i; k++)
            g_assert_cmpstr(tokens[i], !=, tokens[k]);
    }
}

#define ADD(path, function) g_test_add(path, Test, NULL, set_up, function, tear_down)

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    ADD("/sync-away/another-revision-is-told-once", test_another_revision_is_told_once);
    ADD("/sync-away/it-goes-with-other-work", test_it_goes_with_other_work);
    ADD("/sync-away/who-does-not-speak-of-it-is-left-alone",
        test_who_does_not_speak_of_it_is_left_alone);
    ADD("/sync-away/metadata-comes-and-new-files-wait", test_metadata_comes_and_new_files_wait);
    ADD("/sync-away/nothing-is-nothing", test_nothing_is_nothing);
    ADD("/sync-away/everything-comes-by-the-relay-unless-it-costs",
        test_everything_comes_by_the_relay_unless_it_costs);
    ADD("/sync-away/what-was-planned-at-home-is-held-to-it-too",
        test_what_was_planned_at_home_is_held_to_it_too);
    ADD("/sync-away/playlists-name-what-is-not-there", test_playlists_name_what_is_not_there);
    g_test_add_func("/sync-away/tokens-are-of-one-device-and-playlist",
                    test_tokens_are_of_one_device_and_playlist);
    return g_test_run();
}
