/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The home's side against a device that obeys, forgets, refuses, is restored and is copied. */
#include "sync/sync-home.h"

#include <string.h>

#include "base/error.h"
#include "home-fixture.h"

#define A "Music/Artist/Album/A.mp3"
#define B "Music/Artist/Album/B.mp3"

typedef struct {
    ModelLibrary *library;
    HthSyncHome *home;
    ModelDevice *device;
} Test;

static void start(Test *test, const char *path)
{
    g_autoptr(GError) error = NULL;
    test->library = model_library_new();
    test->home = hth_sync_home_new(path, NULL, 0, &test->library->vtable, &error);
    g_assert_no_error(error);
    test->device = model_device_new(test->home, "phone");
    model_library_add(test->library, 1, "A", "the first song, long enough to be cut somewhere");
    model_library_add(test->library, 2, "B", "the second song");
    g_assert_true(hth_sync_home_set_rule(test->home, "phone", "{\"everything\": true}", &error));
}

static void end(Test *test)
{
    model_device_free(test->device);
    hth_sync_home_free(test->home);
    model_library_free(test->library);
}

static void assert_text(ModelDevice *device, const char *path, const char *text)
{
    g_autofree char *found = model_device_read(device, path);
    g_assert_cmpstr(found, ==, text);
}

static void settle(Test *test)
{
    g_assert_cmpuint(model_device_sync(test->device, 12), <, 12);
    g_assert_cmpuint(test->device->last_status, ==, 204);
}

static void test_a_device_comes_to_hold_what_its_rule_says(void)
{
    Test test = { 0 };
    start(&test, ":memory:");
    settle(&test);
    g_assert_cmpuint(model_device_n_files(test.device), ==, 2);
    assert_text(test.device, B, "the second song");
    model_library_remove(test.library, 2);
    model_library_add(test.library, 3, "C", "third");
    settle(&test);
    assert_text(test.device, B, NULL);
    assert_text(test.device, "Music/Artist/Album/C.mp3", "third");
    end(&test);
}

static void test_nothing_changed_asks_the_library_nothing(void)
{
    Test test = { 0 };
    start(&test, ":memory:");
    settle(&test);
    const guint n = test.library->n_selects;
    for (guint i = 0; i < 5; i++) {
        g_assert_null(model_device_ask(test.device));
        g_assert_cmpuint(test.device->last_status, ==, 204);
    }
    g_assert_cmpuint(test.library->n_selects, ==, n);
    end(&test);
}

static void test_an_edit_is_a_recipe_and_a_rename_a_move(void)
{
    Test test = { 0 };
    start(&test, ":memory:");
    settle(&test);
    ModelItem *item = model_library_find(test.library, 1);
    const guint n_layouts = test.library->n_layouts;
    g_assert_cmpuint(n_layouts, ==, 2);
    model_item_write(test.library, item, "the first song, another ending");
    settle(&test);
    g_assert_cmpuint(test.library->n_layouts, ==, n_layouts); /* it came with the recipe */
    g_assert_cmpuint(test.device->counts[HTH_SYNC_RETAG], ==, 1);
    g_assert_cmpuint(test.device->counts[HTH_SYNC_PUT], ==, 2);
    assert_text(test.device, A, "the first song, another ending");
    g_free(item->title);
    item->title = g_strdup("Z");
    test.library->sequence++;
    settle(&test);
    g_assert_cmpuint(test.device->counts[HTH_SYNC_MOVE], ==, 1);
    g_assert_cmpuint(test.device->counts[HTH_SYNC_PUT], ==, 2);
    assert_text(test.device, "Music/Artist/Album/Z.mp3", "the first song, another ending");
    end(&test);
}

static void test_a_touched_file_is_not_sent(void)
{
    Test test = { 0 };
    start(&test, ":memory:");
    settle(&test);
    model_library_find(test.library, 1)->revision = 77777;
    test.library->sequence++;
    settle(&test);
    g_assert_cmpuint(test.device->counts[HTH_SYNC_RETAG], ==, 0);
    g_assert_cmpuint(test.device->counts[HTH_SYNC_PUT], ==, 2);
    end(&test);
}

static void test_a_recipe_that_is_being_made_is_waited_for(void)
{
    Test test = { 0 };
    start(&test, ":memory:");
    settle(&test);
    test.library->recipes = HTH_SYNC_NOT_YET;
    model_item_write(test.library, model_library_find(test.library, 1), "another");
    g_autoptr(HthSyncAnswer) answer = model_device_ask(test.device);
    g_assert_cmpuint(answer->operations->len, ==, 0);
    g_assert_cmpuint(answer->rest_operations, ==, 1); /* the device knows that it has not all */
    assert_text(test.device, A, "the first song, long enough to be cut somewhere");
    test.library->recipes = HTH_SYNC_READY; /* the sequence stays: it was not called settled */
    settle(&test);
    assert_text(test.device, A, "another");
    end(&test);
}

static void test_a_file_without_a_recipe_is_sent_whole(void)
{
    Test test = { 0 };
    start(&test, ":memory:");
    settle(&test);
    test.library->recipes = HTH_SYNC_NEVER;
    model_item_write(test.library, model_library_find(test.library, 1), "another");
    settle(&test);
    g_assert_cmpuint(test.device->counts[HTH_SYNC_PUT], ==, 3);
    assert_text(test.device, A, "another");
    end(&test);
}

static void test_lost_answers_change_nothing(void)
{
    Test test = { 0 };
    start(&test, ":memory:");
    test.device->loses_answers = TRUE;
    g_assert_cmpuint(model_device_sync(test.device, 20), <, 20);
    g_assert_cmpuint(model_device_n_files(test.device), ==, 2);
    g_assert_cmpuint(test.device->counts[HTH_SYNC_PUT], ==, 2);
    end(&test);
}

static void test_a_file_that_changes_while_it_is_read_is_planned_anew(void)
{
    Test test = { 0 };
    start(&test, ":memory:");
    test.library->change_while_reading = 1;
    settle(&test);
    g_autofree char *one = model_device_read(test.device, A);
    g_autofree char *other = model_device_read(test.device, B);
    g_assert_true(strcmp(one, "changed") == 0 || strcmp(other, "changed") == 0);
    end(&test);
}

static void test_what_was_deleted_on_the_device_stays_away(void)
{
    Test test = { 0 };
    start(&test, ":memory:");
    settle(&test);
    guint64 item = 1;
    g_hash_table_remove(test.device->files, &item);
    g_array_append_val(test.device->absent, item);
    settle(&test);
    assert_text(test.device, A, NULL);
    g_assert_nonnull(model_library_find(test.library, 1));
    g_autofree char *rule = hth_sync_home_rule(test.home, "phone");
    g_assert_nonnull(strstr(rule, "excluded"));
    end(&test);
}

static void test_a_disagreement_asks_for_the_manifest(void)
{
    Test test = { 0 };
    start(&test, ":memory:");
    settle(&test);
    guint64 item = 1; /* gone, and the device does not know how */
    g_hash_table_remove(test.device->files, &item);
    HthSyncAnswer *answer = model_device_ask(test.device);
    g_assert_true((answer->demands & HTH_SYNC_SEND_MANIFEST) != 0);
    g_assert_cmpuint(answer->operations->len, ==, 0);
    hth_sync_answer_free(answer);
    settle(&test);
    g_assert_cmpuint(model_device_n_files(test.device), ==, 2);
    end(&test);
}

static void test_a_restored_device_takes_a_new_epoch_and_converges(void)
{
    Test test = { 0 };
    start(&test, ":memory:");
    settle(&test);
    const guint64 sequence = test.device->sequence;
    model_library_add(test.library, 3, "C", "third");
    settle(&test);
    guint64 item = 3; /* yesterday's copy */
    g_hash_table_remove(test.device->files, &item);
    test.device->sequence = sequence;
    const guint8 epoch = test.device->epoch[0];
    settle(&test);
    g_assert_cmpuint(test.device->epoch[0], !=, epoch);
    g_assert_cmpuint(model_device_n_files(test.device), ==, 3);
    end(&test);
}

static void test_two_devices_with_one_key_are_noticed(void)
{
    Test test = { 0 };
    start(&test, ":memory:");
    settle(&test);
    ModelDevice *copy = model_device_new(test.home, "phone");
    copy->sequence = 0;
    memcpy(copy->home_epoch, test.device->home_epoch, sizeof copy->home_epoch);
    copy->epoch[5] = 1; /* so that the two do not draw the same */
    memcpy(copy->epoch, test.device->epoch, sizeof copy->epoch);
    g_assert_cmpuint(model_device_sync(copy, 12), <, 12); /* behind: it takes a new epoch */
    copy->epoch[7] = 9;
    g_assert_cmpuint(model_device_sync(copy, 12), <, 12);
    settle(&test); /* with the epoch that the copy had left behind */
    HthSyncPreview preview;
    g_assert_true(hth_sync_home_preview(test.home, "phone", NULL, NULL, NULL, &preview, NULL));
    g_assert_cmpint(preview.clone_seen_unix_ms, !=, 0);
    g_assert_cmpuint(model_device_n_files(copy), ==, 2);
    g_assert_cmpuint(model_device_n_files(test.device), ==, 2);
    model_device_free(copy);
    end(&test);
}

static void test_a_restored_home_takes_a_new_epoch_and_believes_the_device(void)
{
    g_autofree char *dir = g_dir_make_tmp("hearth-home-XXXXXX", NULL);
    g_autofree char *path = g_build_filename(dir, "sync.db", NULL);
    g_autofree char *old = g_build_filename(dir, "old.db", NULL);
    Test test = { 0 };
    start(&test, path);
    settle(&test);
    hth_sync_home_free(g_steal_pointer(&test.home));
    g_autofree char *bytes = NULL;
    gsize size = 0;
    g_assert_true(g_file_get_contents(path, &bytes, &size, NULL)); /* yesterday */
    test.home = hth_sync_home_new(path, NULL, 0, &test.library->vtable, NULL);
    test.device->home = test.home;
    model_library_add(test.library, 3, "C", "third");
    settle(&test);
    hth_sync_home_free(g_steal_pointer(&test.home));
    g_assert_true(g_file_set_contents(path, bytes, (gssize)size, NULL));
    test.home = hth_sync_home_new(path, NULL, 0, &test.library->vtable, NULL);
    test.device->home = test.home;
    const guint n_puts = test.device->counts[HTH_SYNC_PUT];
    guint8 epoch[HTH_SYNC_EPOCH_BYTES];
    memcpy(epoch, test.device->home_epoch, sizeof epoch);
    settle(&test);
    g_assert_true(memcmp(epoch, test.device->home_epoch, sizeof epoch) != 0);
    g_assert_cmpuint(model_device_n_files(test.device), ==, 3);
    g_assert_cmpuint(test.device->counts[HTH_SYNC_PUT], ==, n_puts);
    end(&test);
    g_autofree char *command = g_strdup_printf("rm -r %s", dir);
    g_assert_true(g_spawn_command_line_sync(command, NULL, NULL, NULL, NULL));
}

static void test_a_refusal_is_not_repeated_for_ever(void)
{
    Test test = { 0 };
    start(&test, ":memory:");
    test.device->refuse_with = HTH_SYNC_FAILED;
    g_assert_cmpuint(model_device_sync(test.device, 12), <, 12);
    HthSyncPreview preview;
    g_assert_true(hth_sync_home_preview(test.home, "phone", NULL, NULL, NULL, &preview, NULL));
    g_assert_cmpuint(preview.n_files[HTH_SYNC_FATE_FAILED], ==, 2);
    test.device->refuse_with = HTH_SYNC_OK;
    model_item_write(test.library, model_library_find(test.library, 1), "changed");
    settle(&test); /* another file, another try */
    assert_text(test.device, A, "changed");
    end(&test);
}

static void test_a_lost_layout_is_asked_of_the_device(void)
{
    Test test = { 0 };
    start(&test, ":memory:");
    settle(&test);
    /* The home forgets all; its library is read anew, and the file changes before it is looked at.
     */
    hth_sync_home_free(test.home);
    test.home = hth_sync_home_new(":memory:", NULL, 0, &test.library->vtable, NULL);
    test.device->home = test.home;
    g_assert_true(hth_sync_home_set_rule(test.home, "phone", "{\"everything\": true}", NULL));
    model_item_write(test.library, model_library_find(test.library, 1), "the first song, new");
    (void)model_device_sync(test.device, 4); /* what is not known yet is no end */
    settle(&test);
    assert_text(test.device, A, "the first song, new");
    g_assert_cmpuint(test.device->counts[HTH_SYNC_RETAG], ==, 1);
    g_assert_cmpuint(test.device->counts[HTH_SYNC_PUT], ==, 2);
    end(&test);
}

static void test_a_budget_keeps_the_first_and_says_so(void)
{
    Test test = { 0 };
    start(&test, ":memory:");
    g_assert_true(hth_sync_home_set_rule(test.home, "phone",
                                         "{\"everything\": true, \"max_bytes\": 20}", NULL));
    settle(&test);
    g_assert_cmpuint(model_device_n_files(test.device), ==, 1);
    assert_text(test.device, B, "the second song"); /* the newer */
    HthSyncPreview preview;
    g_assert_true(hth_sync_home_preview(test.home, "phone", NULL, NULL, NULL, &preview, NULL));
    g_assert_cmpuint(preview.n_files[HTH_SYNC_FATE_THERE], ==, 1);
    g_assert_cmpuint(preview.n_files[HTH_SYNC_FATE_NO_ROOM], ==, 1);
    g_assert_true(preview.is_settled);
    /* What another rule would do, without doing it. */
    g_assert_true(hth_sync_home_preview(test.home, "phone", "{}", NULL, NULL, &preview, NULL));
    g_assert_cmpuint(preview.n_files[HTH_SYNC_FATE_GOING], ==, 1);
    g_assert_null(model_device_ask(test.device));
    end(&test);
}

static void test_a_playlist_names_what_is_there(void)
{
    Test test = { 0 };
    start(&test, ":memory:");
    const guint64 entries[] = { 2, 1, 2, 55 };
    g_array_append_vals(test.library->playlist, entries, G_N_ELEMENTS(entries));
    settle(&test);
    assert_text(test.device, "Playlists/List.m3u8", "#EXTM3U\n../" B "\n../" A "\n../" B "\n");
    end(&test);
}

static void test_what_is_away_stays_and_what_is_unread_waits(void)
{
    Test test = { 0 };
    start(&test, ":memory:");
    settle(&test);
    model_library_find(test.library, 1)->is_away = TRUE;
    ModelItem *unread = model_library_add(test.library, 3, "name.mp3", "third");
    unread->is_unread = TRUE;
    ModelItem *held = model_library_find(test.library, 2);
    held->is_unread = TRUE; /* an index made anew knows names first */
    g_free(held->album);
    held->album = NULL;
    test.library->sequence++;
    g_assert_cmpuint(model_device_sync(test.device, 5), <, 5);
    g_assert_cmpuint(model_device_n_files(test.device), ==, 2);
    assert_text(test.device, B, "the second song");
    end(&test);
}

static void test_a_wiped_device_is_told_nothing_else(void)
{
    Test test = { 0 };
    start(&test, ":memory:");
    settle(&test);
    g_assert_true(hth_sync_home_wipe(test.home, "phone", NULL));
    g_assert_nonnull(strstr(test.library->notes->str, "phone sync"));
    hth_sync_answer_free(model_device_ask(test.device));
    g_assert_true(test.device->is_wiped);
    end(&test);
}

static void test_a_device_fetches_only_what_it_was_told_to(void)
{
    Test test = { 0 };
    start(&test, ":memory:");
    test.device->refuse_with = HTH_SYNC_NO_SPACE;
    hth_sync_answer_free(model_device_ask(test.device)); /* now operations are open */
    static const struct {
        guint64 sequence, item;
        gboolean is_refused;
    } rows[] = { { 1, 999, TRUE }, { 100, 1, TRUE }, { 0, 1, TRUE } };
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(HthSyncDataRequest) request = hth_sync_data_request_new();
        const HthSyncPart part = { .sequence = rows[i].sequence, .item = rows[i].item };
        g_array_append_val(request->parts, part);
        g_autoptr(GBytes) body = hth_sync_data_request_encode(request);
        g_autoptr(GError) error = NULL;
        g_assert_null(hth_sync_home_open_data(test.home, "phone", body, &error));
        g_assert_error(error, HTH_ERROR, HTH_ERROR_REFUSED);
    }
    /* Another device with its own, empty rule. */
    g_autoptr(HthSyncDataRequest) request = hth_sync_data_request_new();
    const HthSyncPart part = { .sequence = 1, .item = 1 };
    g_array_append_val(request->parts, part);
    g_autoptr(GBytes) body = hth_sync_data_request_encode(request);
    g_autoptr(GError) error = NULL;
    g_assert_null(hth_sync_home_open_data(test.home, "tablet", body, &error));
    g_assert_error(error, HTH_ERROR, HTH_ERROR_REFUSED);
    end(&test);
}

/* What is asked of the library does not grow with the number of answers. */
static void test_a_long_first_sync_is_planned_once(void)
{
    Test test = { 0 };
    start(&test, ":memory:");
    for (guint64 id = 1000; id < 2500; id++) {
        g_autofree char *title = g_strdup_printf("Track %u", (guint)id);
        model_library_add(test.library, id, title, title);
    }
    (void)model_device_sync(test.device, 4);
    const guint n_before = test.library->n_selects;
    model_library_remove(test.library, 1200); /* in the middle of it */
    settle(&test);
    g_assert_cmpuint(model_device_n_files(test.device), ==, 1501);
    g_assert_cmpuint(test.device->n_exchanges, >=, 7);
    g_assert_cmpuint(n_before, ==, 1);
    g_assert_cmpuint(test.library->n_selects, <=, n_before + 2);
    end(&test);
}

static const HthSyncPlayMerge *told(Test *test, guint64 item)
{
    return g_hash_table_lookup(test->library->plays, &item);
}

static void test_each_play_counts_once(void)
{
    Test test = { 0 };
    start(&test, ":memory:");
    settle(&test);
    test.device->loses_answers = TRUE;
    for (guint i = 0; i < 3; i++) {
        model_device_note(test.device, HTH_SYNC_PLAY_COUNT, 1, 1, test.library->now_ms + i);
        g_assert_cmpuint(model_device_sync(test.device, 12), <, 12);
    }
    g_assert_cmpuint(test.library->n_plays, ==, 3);
    g_assert_cmpuint(told(&test, 1)->plays_total, ==, 3);
    g_assert_cmpint(told(&test, 1)->last_played_s, ==, test.library->now_ms / 1000);
    /* A state that is put back tells the old entries under new numbers. */
    model_device_note(test.device, HTH_SYNC_PLAY_COUNT, 2, 1, test.library->now_ms + 9);
    HthSyncPlay again = g_array_index(test.device->plays, HthSyncPlay, 0);
    test.device->loses_answers = FALSE;
    settle(&test);
    again.number = 1;
    g_array_append_val(test.device->plays, again);
    test.device->epoch[3]++;
    settle(&test);
    g_assert_cmpuint(test.library->n_plays, ==, 4);
    g_assert_cmpuint(test.device->plays->len, ==, 0);
    end(&test);
}

static void test_what_is_done_on_one_device_is_known_on_the_other(void)
{
    Test test = { 0 };
    start(&test, ":memory:");
    const gint64 now = test.library->now_ms;
    ModelDevice *tablet = model_device_new(test.home, "tablet");
    g_assert_true(hth_sync_home_set_rule(test.home, "tablet", "{\"everything\": true}", NULL));
    settle(&test);
    g_assert_cmpuint(model_device_sync(tablet, 12), <, 12);
    model_device_note(tablet, HTH_SYNC_PLAY_POSITION, 1, 5000, now + 20);
    model_device_note(tablet, HTH_SYNC_PLAY_COUNT, 1, 1, now + 20);
    model_device_note(tablet, HTH_SYNC_PLAY_RATING, 2, 80, now);
    model_device_note(tablet, HTH_SYNC_PLAY_FAVOURITE, 2, 1, now);
    model_device_note(test.device, HTH_SYNC_PLAY_COUNT, 1, 1, now);
    model_device_note(test.device, HTH_SYNC_PLAY_POSITION, 1, 9000, now + 10); /* earlier */
    g_assert_cmpuint(model_device_sync(tablet, 12), <, 12);
    settle(&test);
    g_assert_cmpuint(model_device_sync(tablet, 12), <, 12);
    ModelDevice *const devices[] = { test.device, tablet };
    for (guint i = 0; i < G_N_ELEMENTS(devices); i++) {
        g_assert_cmpint(model_device_value(devices[i], HTH_SYNC_PLAY_COUNT, 1), ==, 2);
        g_assert_cmpint(model_device_value(devices[i], HTH_SYNC_PLAY_POSITION, 1), ==, 5000);
        g_assert_cmpint(model_device_value(devices[i], HTH_SYNC_PLAY_RATING, 2), ==, 80);
    }
    g_assert_cmpint(told(&test, 1)->position_ms, ==, 5000);
    g_assert_cmpint(told(&test, 2)->rating, ==, 4);
    g_assert_cmpint(told(&test, 2)->is_favourite, ==, 1);
    g_assert_cmpint(told(&test, 1)->rating, ==, -1);
    g_assert_cmpuint(test.library->n_plays, ==, 2);
    model_device_free(tablet);
    end(&test);
}

static void test_a_clock_a_year_ahead_does_not_win_for_ever(void)
{
    Test test = { 0 };
    start(&test, ":memory:");
    settle(&test);
    const gint64 day_ms = 24 * 3600 * 1000;
    model_device_note(test.device, HTH_SYNC_PLAY_RATING, 1, 20,
                      test.library->now_ms + 365 * day_ms);
    settle(&test);
    g_assert_cmpint(told(&test, 1)->rating, ==, 1);
    test.library->now_ms += 2 * day_ms;
    model_device_note(test.device, HTH_SYNC_PLAY_RATING, 1, 100, test.library->now_ms);
    settle(&test);
    g_assert_cmpint(told(&test, 1)->rating, ==, 5);
    end(&test);
}

static void test_a_playlist_made_on_a_device_comes_home(void)
{
    Test test = { 0 };
    start(&test, ":memory:");
    settle(&test);
    const gint64 now = test.library->now_ms;
    for (guint i = 0; i < 4; i++) {
        static const HthSyncPlayKind kinds[] = { HTH_SYNC_LIST_MADE, HTH_SYNC_LIST_ADDED,
                                                 HTH_SYNC_LIST_ADDED, HTH_SYNC_LIST_TAKEN };
        static const guint64 items[] = { 0, 2, 1, 2 };
        model_device_note(test.device, kinds[i], items[i], 0, now + i);
        HthSyncPlay *entry = &g_array_index(test.device->plays, HthSyncPlay, i);
        entry->list = 77;
        entry->text = i == 0 ? g_strdup("Beach") : NULL;
    }
    settle(&test);
    g_assert_cmpstr(test.library->list, ==, "Beach: 1");
    g_assert_cmpuint(test.device->plays->len, ==, 0);
    end(&test);
}

static void test_nonsense_is_refused(void)
{
    Test test = { 0 };
    start(&test, ":memory:");
    static const char *const routes[] = { HTH_SYNC_ROUTE_SYNC, HTH_SYNC_ROUTE_MANIFEST,
                                          HTH_SYNC_ROUTE_LAYOUT, HTH_SYNC_ROUTE_UPLOAD };
    g_autoptr(GBytes) junk = g_bytes_new_static("\0\1\2\3\4\5\6\7", 8);
    for (guint i = 0; i < G_N_ELEMENTS(routes); i++) {
        g_autoptr(GError) error = NULL;
        guint status = 0;
        g_assert_null(hth_sync_home_exchange(test.home, "phone", routes[i], junk, &status, &error));
        g_assert_nonnull(error);
        g_assert_cmpuint(status / 100, ==, 4);
    }
    end(&test);
}

int main(int argc, char **argv)
{
    static const struct {
        const char *claim;
        void (*test)(void);
    } rows[] = {
        { "a-device-comes-to-hold-what-its-rule-says",
          test_a_device_comes_to_hold_what_its_rule_says },
        { "nothing-changed-asks-the-library-nothing",
          test_nothing_changed_asks_the_library_nothing },
        { "an-edit-is-a-recipe-and-a-rename-a-move", test_an_edit_is_a_recipe_and_a_rename_a_move },
        { "a-touched-file-is-not-sent", test_a_touched_file_is_not_sent },
        { "a-recipe-that-is-being-made-is-waited-for",
          test_a_recipe_that_is_being_made_is_waited_for },
        { "a-file-without-a-recipe-is-sent-whole", test_a_file_without_a_recipe_is_sent_whole },
        { "lost-answers-change-nothing", test_lost_answers_change_nothing },
        { "a-file-that-changes-while-it-is-read-is-planned-anew",
          test_a_file_that_changes_while_it_is_read_is_planned_anew },
        { "what-was-deleted-on-the-device-stays-away",
          test_what_was_deleted_on_the_device_stays_away },
        { "a-disagreement-asks-for-the-manifest", test_a_disagreement_asks_for_the_manifest },
        { "a-restored-device-takes-a-new-epoch-and-converges",
          test_a_restored_device_takes_a_new_epoch_and_converges },
        { "two-devices-with-one-key-are-noticed", test_two_devices_with_one_key_are_noticed },
        { "a-restored-home-takes-a-new-epoch-and-believes-the-device",
          test_a_restored_home_takes_a_new_epoch_and_believes_the_device },
        { "a-refusal-is-not-repeated-for-ever", test_a_refusal_is_not_repeated_for_ever },
        { "a-lost-layout-is-asked-of-the-device", test_a_lost_layout_is_asked_of_the_device },
        { "a-budget-keeps-the-first-and-says-so", test_a_budget_keeps_the_first_and_says_so },
        { "a-playlist-names-what-is-there", test_a_playlist_names_what_is_there },
        { "what-is-away-stays-and-what-is-unread-waits",
          test_what_is_away_stays_and_what_is_unread_waits },
        { "a-wiped-device-is-told-nothing-else", test_a_wiped_device_is_told_nothing_else },
        { "a-device-fetches-only-what-it-was-told-to",
          test_a_device_fetches_only_what_it_was_told_to },
        { "a-long-first-sync-is-planned-once", test_a_long_first_sync_is_planned_once },
        { "each-play-counts-once", test_each_play_counts_once },
        { "what-is-done-on-one-device-is-known-on-the-other",
          test_what_is_done_on_one_device_is_known_on_the_other },
        { "a-clock-a-year-ahead-does-not-win-for-ever",
          test_a_clock_a_year_ahead_does_not_win_for_ever },
        { "a-playlist-made-on-a-device-comes-home", test_a_playlist_made_on_a_device_comes_home },
        { "nonsense-is-refused", test_nonsense_is_refused },
    };
    g_test_init(&argc, &argv, NULL);
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *path = g_strconcat("/sync-home/", rows[i].claim, NULL);
        g_test_add_func(path, rows[i].test);
    }
    return g_test_run();
}
