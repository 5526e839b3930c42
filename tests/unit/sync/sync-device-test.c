/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync/sync-device.h"

#include <string.h>

#include "base/error.h"
#include "memory-folder.h"
#include "scripted-home.h"

#define MAX_STEPS 200000

typedef struct {
    HthMemoryFolder *folder;
    HthScriptedHome *home;
    HthSyncDevice *device;
    HthSyncDeviceOptions options;
    HthSyncProgress progress;
} Fixture;

static void set_up(Fixture *self, guint32 seed)
{
    memset(self, 0, sizeof *self);
    self->folder = hth_memory_folder_new(seed);
    self->home = hth_scripted_home_new();
    const HthMemoryNetwork network = hth_scripted_home_network(self->home);
    hth_memory_folder_set_network(self->folder, &network);
    self->options.device_id[0] = 1;
    self->options.home_id[0] = 2;
    self->options.may_set_up = TRUE;
}

/* The program ends, by a crash or not; what it kept in its settings stays. */
static void stop(Fixture *self)
{
    if (self->device == NULL)
        return;
    memcpy(self->options.volume_id, hth_sync_device_volume_id(self->device),
           sizeof self->options.volume_id);
    g_clear_pointer(&self->device, hth_sync_device_free);
}

static void tear_down(Fixture *self)
{
    stop(self);
    hth_memory_folder_free(self->folder);
    hth_scripted_home_free(self->home);
}

static HthSyncStep run(Fixture *self, GError **error)
{
    if (self->device == NULL)
        self->device = hth_sync_device_new(hth_memory_folder_env(self->folder), &self->options);
    for (guint i = 0; i < MAX_STEPS; i++) {
        const HthSyncStep step = hth_sync_device_step(self->device, &self->progress, error);
        if (step != HTH_SYNC_STEP_MORE)
            return step;
    }
    g_error("it does not come to an end");
}

static void sync_now(Fixture *self)
{
    g_autoptr(GError) error = NULL;
    if (self->device != NULL)
        hth_sync_device_wake(self->device, TRUE);
    const HthSyncStep step = run(self, &error);
    g_assert_no_error(error);
    g_assert_cmpint(step, ==, HTH_SYNC_STEP_IDLE);
}

static GBytes *noise(guint32 seed, gsize size)
{
    g_autoptr(GRand) random = g_rand_new_with_seed(seed);
    guint8 *bytes = g_malloc(size + 4);
    for (gsize at = 0; at < size; at += 4) {
        const guint32 word = g_rand_int(random);
        memcpy(bytes + at, &word, 4);
    }
    return g_bytes_new_take(bytes, size);
}

static void want(Fixture *self, guint64 item, const char *path, guint32 seed, gsize size)
{
    hth_scripted_home_want(self->home, item, path, noise(seed, size));
}

static void want_some(Fixture *self, guint n_files)
{
    for (guint i = 0; i < n_files; i++) {
        g_autofree char *path = g_strdup_printf("Music/Album %u/%02u Title.bin", i / 10, i);
        want(self, 1000 + i, path, i, 100 + (i * 7919) % 30000);
    }
}

static HthScriptedHomeNotes *notes(Fixture *self)
{
    return hth_scripted_home_notes(self->home);
}

/* ---- Claims ---- */

static void test_files_come_change_move_and_go(void)
{
    Fixture f;
    set_up(&f, 1);
    want_some(&f, 300);
    sync_now(&f);
    hth_scripted_home_assert_equal(f.home, f.folder);
    want(&f, 1003, "Music/Album 0/03 Title.bin", 99, 5000);                 /* another content */
    want(&f, 1007, "Music/Other/Renamed.bin", 7, 100 + (7 * 7919) % 30000); /* moved */
    want(&f, 1008, "Music/Other/Both.bin", 98, 6000);                       /* both */
    hth_scripted_home_drop(f.home, 1005);
    hth_scripted_home_drop(f.home, 1290);
    sync_now(&f);
    hth_scripted_home_assert_equal(f.home, f.folder);
    g_assert_cmpuint(notes(&f)->n_manifests, ==, 0); /* both sides agreed all the time */
    const guint before = notes(&f)->n_requests;
    sync_now(&f);
    g_assert_cmpuint(notes(&f)->n_requests, ==, before + 1); /* nothing changed: one round trip */
    tear_down(&f);
}

static void test_hashes_may_be_unknown(void)
{
    Fixture f;
    set_up(&f, 2);
    notes(&f)->hides_hashes = TRUE;
    want_some(&f, 40);
    sync_now(&f);
    hth_scripted_home_assert_equal(f.home, f.folder);
    tear_down(&f);
}

static void test_a_new_start_asks_for_nothing_again(void)
{
    Fixture f;
    set_up(&f, 3);
    want_some(&f, 50);
    sync_now(&f);
    const guint parts = notes(&f)->n_data_parts;
    stop(&f);
    sync_now(&f);
    g_assert_cmpuint(notes(&f)->n_data_parts, ==, parts);
    g_assert_cmpuint(notes(&f)->n_manifests, ==, 0);
    tear_down(&f);
}

/* A cut at any byte costs no more than what came after it. */
static void test_a_cut_download_goes_on(void)
{
    Fixture f;
    set_up(&f, 4);
    const gsize size = 3 * 1024 * 1024;
    want(&f, 1, "Films/Long.bin", 1, size);
    for (guint i = 0; i < 5; i++) {
        g_autoptr(GError) error = NULL;
        hth_memory_folder_cut_stream_after(f.folder, 600 * 1024);
        g_assert_cmpint(run(&f, &error), ==, HTH_SYNC_STEP_FAILED);
        g_assert_error(error, HTH_ERROR, HTH_ERROR_NETWORK);
        if (i % 2 == 0)
            stop(&f);
    }
    sync_now(&f);
    hth_scripted_home_assert_equal(f.home, f.folder);
    g_assert_cmpuint(f.progress.bytes_fetched, <, size);
    tear_down(&f);
}

static void test_a_download_of_another_revision_begins_anew(void)
{
    Fixture f;
    set_up(&f, 5);
    notes(&f)->hides_hashes = TRUE;
    want(&f, 1, "Films/Long.bin", 1, 2000000);
    hth_memory_folder_cut_stream_after(f.folder, 1000000);
    g_assert_cmpint(run(&f, NULL), ==, HTH_SYNC_STEP_FAILED);
    want(&f, 1, "Films/Long.bin", 2, 2000000);
    sync_now(&f);
    hth_scripted_home_assert_equal(f.home, f.folder);
    tear_down(&f);
}

static void test_spoiled_bytes_are_never_published(void)
{
    Fixture f;
    set_up(&f, 6);
    want(&f, 1, "a.bin", 1, 20000);
    notes(&f)->spoils_data = TRUE;
    notes(&f)->max_operations = 1;
    f.device = hth_sync_device_new(hth_memory_folder_env(f.folder), &f.options);
    for (guint i = 0; i < 60; i++)
        (void)hth_sync_device_step(f.device, &f.progress, NULL);
    g_autoptr(GPtrArray) files = hth_memory_folder_files(f.folder);
    g_assert_cmpuint(files->len, ==, 0);
    g_assert_cmpuint(notes(&f)->refusals->len, >, 0);
    g_assert_true(g_str_has_prefix(g_ptr_array_index(notes(&f)->refusals, 0), "mismatch"));
    notes(&f)->spoils_data = FALSE;
    sync_now(&f);
    hth_scripted_home_assert_equal(f.home, f.folder);
    tear_down(&f);
}

static void test_a_hostile_path_is_refused(void)
{
    static const char *const wrong[] = { "../out", "/etc/x", ".hearth/journal", "a/../../b",
                                         "C:x" };
    Fixture f;
    set_up(&f, 7);
    HthSyncOperation operations[G_N_ELEMENTS(wrong)];
    for (guint i = 0; i < G_N_ELEMENTS(wrong); i++) {
        operations[i] = (HthSyncOperation){ .kind = HTH_SYNC_PUT,
                                            .item = i + 1,
                                            .path = g_strdup(wrong[i]),
                                            .content = g_bytes_new_static("evil", 4),
                                            .size = 4 };
        g_ptr_array_add(notes(&f)->extra, &operations[i]);
    }
    sync_now(&f);
    g_assert_cmpuint(notes(&f)->refusals->len, ==, G_N_ELEMENTS(wrong));
    for (guint i = 0; i < G_N_ELEMENTS(wrong); i++) {
        g_assert_true(g_str_has_prefix(g_ptr_array_index(notes(&f)->refusals, i), "bad-path"));
        hth_sync_operation_clear(&operations[i]);
    }
    g_autoptr(GPtrArray) files = hth_memory_folder_files(f.folder);
    g_assert_cmpuint(files->len, ==, 0);
    tear_down(&f);
}

static void test_a_users_file_is_kept(void)
{
    Fixture f;
    set_up(&f, 8);
    g_autoptr(GBytes) mine = g_bytes_new_static("mine", 4);
    hth_memory_folder_write(f.folder, "Music/a.bin", mine);
    want(&f, 1, "Music/a.bin", 1, 500);
    sync_now(&f);
    g_autoptr(GBytes) kept = hth_memory_folder_read(f.folder, "Music/a (kept).bin");
    g_assert_nonnull(kept);
    g_assert_true(g_bytes_equal(kept, mine));
    hth_scripted_home_assert_equal(f.home, f.folder);
    tear_down(&f);
}

static void test_a_file_that_is_there_already_is_taken(void)
{
    Fixture f;
    set_up(&f, 9);
    want(&f, 1, "Music/a.bin", 1, 500000);
    hth_memory_folder_write(f.folder, "Music/a.bin", hth_scripted_home_bytes(f.home, 1));
    sync_now(&f);
    g_assert_cmpuint(f.progress.bytes_fetched, ==, 0);
    hth_scripted_home_assert_equal(f.home, f.folder);
    tear_down(&f);
}

static void test_a_deleted_file_is_told_and_stays_away(void)
{
    Fixture f;
    set_up(&f, 10);
    want_some(&f, 30);
    sync_now(&f);
    hth_memory_folder_delete(f.folder, "Music/Album 1/12 Title.bin");
    sync_now(&f);
    g_assert_cmpuint(notes(&f)->not_wanted->len, ==, 1);
    g_assert_cmpstr(g_ptr_array_index(notes(&f)->not_wanted, 0), ==, "Music/Album 1/12 Title.bin");
    hth_scripted_home_assert_equal(f.home, f.folder);
    tear_down(&f);
}

/* It is deleted while the home's answer already counts on its name being free for another one. */
static void test_a_deleted_files_name_is_not_given_away_unheard(void)
{
    Fixture f;
    set_up(&f, 24);
    want(&f, 1, "a.bin", 1, 3000);
    want(&f, 2, "b.bin", 2, 3000); /* as long as the other: no size tells them apart */
    sync_now(&f);
    hth_memory_folder_delete(f.folder, "a.bin");
    want(&f, 1, "c.bin", 1, 3000);
    want(&f, 2, "a.bin", 2, 3000);
    hth_sync_device_wake(f.device, FALSE);
    g_assert_cmpint(run(&f, NULL), ==, HTH_SYNC_STEP_IDLE);
    g_assert_cmpuint(notes(&f)->not_wanted->len, ==, 1);
    g_assert_cmpstr(g_ptr_array_index(notes(&f)->not_wanted, 0), ==, "c.bin");
    hth_scripted_home_assert_equal(f.home, f.folder);
    tear_down(&f);
}

static void delete_many(Fixture *f, guint n)
{
    g_autoptr(GPtrArray) files = hth_memory_folder_files(f->folder);
    for (guint i = 0; i < n; i++)
        hth_memory_folder_delete(f->folder, g_ptr_array_index(files, i));
}

static void test_many_deleted_files_wait_for_a_word(void)
{
    Fixture f;
    set_up(&f, 11);
    want_some(&f, 100);
    sync_now(&f);
    delete_many(&f, 30);
    sync_now(&f);
    g_assert_cmpuint(f.progress.n_held_back, ==, 30);
    g_assert_cmpuint(notes(&f)->not_wanted->len, ==, 0);
    g_autoptr(GError) error = NULL;
    g_assert_true(hth_sync_device_confirm(f.device, &error));
    sync_now(&f);
    g_assert_cmpuint(f.progress.n_held_back, ==, 0);
    g_assert_cmpuint(notes(&f)->not_wanted->len, ==, 30);
    hth_scripted_home_assert_equal(f.home, f.folder);
    /* The word was for that time only. */
    delete_many(&f, 40);
    sync_now(&f);
    g_assert_cmpuint(f.progress.n_held_back, ==, 40);
    /* It may also be said at home. */
    notes(&f)->demands = HTH_SYNC_CONFIRM_ABSENT;
    sync_now(&f);
    g_assert_cmpuint(notes(&f)->not_wanted->len, ==, 70);
    tear_down(&f);
}

static void assert_away(Fixture *f, guint n_requests)
{
    g_autoptr(GError) error = NULL;
    hth_sync_device_wake(f->device, TRUE);
    g_assert_cmpint(run(f, &error), ==, HTH_SYNC_STEP_WAIT);
    g_assert_no_error(error);
    g_assert_cmpint(f->progress.wait, ==, HTH_SYNC_WAITS_VOLUME);
    g_assert_cmpuint(notes(f)->n_requests, ==, n_requests);
    g_assert_cmpuint(notes(f)->not_wanted->len, ==, 0);
}

static void test_a_card_that_is_away_says_nothing(void)
{
    Fixture f;
    set_up(&f, 12);
    want_some(&f, 40);
    sync_now(&f);
    const guint before = notes(&f)->n_requests;
    gpointer card = hth_memory_folder_snapshot(f.folder, "");
    GHashTable *empty = g_hash_table_new(g_str_hash, g_str_equal);
    hth_memory_folder_restore(f.folder, "", empty); /* out */
    stop(&f);
    f.options.may_set_up = FALSE;
    f.device = hth_sync_device_new(hth_memory_folder_env(f.folder), &f.options);
    assert_away(&f, before + 1);
    assert_away(&f, before + 1); /* told once is enough */
    g_autoptr(GPtrArray) files = hth_memory_folder_files(f.folder);
    g_assert_cmpuint(files->len, ==, 0);           /* nothing was written */
    hth_memory_folder_restore(f.folder, "", card); /* and back */
    sync_now(&f);
    hth_scripted_home_assert_equal(f.home, f.folder);
    hth_memory_folder_snapshot_free(card);
    g_hash_table_unref(empty);
    tear_down(&f);
}

static void test_another_devices_card_is_not_touched(void)
{
    Fixture f;
    Fixture other;
    set_up(&f, 13);
    set_up(&other, 14);
    other.options.device_id[0] = 9;
    want_some(&f, 20);
    want_some(&other, 25);
    sync_now(&f);
    sync_now(&other);
    gpointer mine = hth_memory_folder_snapshot(f.folder, "");
    gpointer theirs = hth_memory_folder_snapshot(other.folder, "");
    hth_memory_folder_restore(f.folder, "", theirs);
    stop(&f);
    f.device = hth_sync_device_new(hth_memory_folder_env(f.folder), &f.options);
    assert_away(&f, notes(&f)->n_requests + 1);
    hth_scripted_home_assert_equal(other.home, f.folder);
    hth_memory_folder_restore(f.folder, "", mine);
    sync_now(&f);
    hth_scripted_home_assert_equal(f.home, f.folder);
    hth_memory_folder_snapshot_free(mine);
    hth_memory_folder_snapshot_free(theirs);
    tear_down(&f);
    tear_down(&other);
}

static void test_yesterdays_state_is_noticed(void)
{
    Fixture f;
    set_up(&f, 15);
    want_some(&f, 40);
    sync_now(&f);
    gpointer yesterday = hth_memory_folder_snapshot(f.folder, ".hearth/");
    want(&f, 1001, "Music/Album 0/01 Title.bin", 500, 400);
    want(&f, 1002, "Music/Elsewhere/02 Title.bin", 2, 100 + (2 * 7919) % 30000);
    want(&f, 2000, "Music/New.bin", 501, 9000);
    hth_scripted_home_drop(f.home, 1003);
    sync_now(&f);
    hth_scripted_home_assert_equal(f.home, f.folder);
    stop(&f);
    hth_memory_folder_restore(f.folder, ".hearth/", yesterday);
    const guint64 sent = notes(&f)->data_bytes;
    sync_now(&f);
    hth_scripted_home_assert_equal(f.home, f.folder);
    g_assert_cmpuint(notes(&f)->not_wanted->len, ==, 0); /* nobody deleted anything */
    g_assert_cmpuint(notes(&f)->data_bytes, ==, sent);   /* and nothing had to come again */
    hth_memory_folder_snapshot_free(yesterday);
    tear_down(&f);
}

static void test_a_lost_list_is_made_again_without_traffic(void)
{
    Fixture f;
    set_up(&f, 16);
    want_some(&f, 30);
    sync_now(&f);
    stop(&f);
    g_autoptr(GBytes) rubbish = noise(3, 20000);
    hth_memory_folder_write(f.folder, ".hearth/journal", rubbish);
    const guint64 sent = notes(&f)->data_bytes;
    sync_now(&f);
    hth_scripted_home_assert_equal(f.home, f.folder);
    g_assert_cmpuint(notes(&f)->data_bytes, ==, sent);
    tear_down(&f);
}

static void test_a_full_card_refuses_and_goes_on_later(void)
{
    Fixture f;
    set_up(&f, 17);
    f.options.leave_free_bytes = 100000;
    hth_memory_folder_set_capacity(f.folder, 1200000);
    for (guint i = 0; i < 10; i++) {
        g_autofree char *path = g_strdup_printf("%u.bin", i);
        want(&f, i + 1, path, i, 200000);
    }
    notes(&f)->max_operations = 10;
    f.device = hth_sync_device_new(hth_memory_folder_env(f.folder), &f.options);
    for (guint i = 0; i < 2000; i++) {
        g_autoptr(GError) error = NULL;
        (void)hth_sync_device_step(f.device, &f.progress, &error);
        g_assert_no_error(error);
    }
    g_autoptr(GPtrArray) files = hth_memory_folder_files(f.folder);
    g_assert_cmpuint(files->len, ==, 5);
    g_assert_cmpuint(notes(&f)->refusals->len, >, 0);
    g_assert_true(g_str_has_prefix(g_ptr_array_index(notes(&f)->refusals, 0), "no-space"));
    hth_scripted_home_assert_whole(f.home, f.folder);
    hth_memory_folder_set_capacity(f.folder, G_MAXUINT64);
    sync_now(&f);
    hth_scripted_home_assert_equal(f.home, f.folder);
    tear_down(&f);
}

static void test_conditions_and_budget_hold_data_back(void)
{
    Fixture f;
    set_up(&f, 18);
    f.options.only_on_power = TRUE;
    hth_memory_folder_set_conditions(f.folder, HTH_SYNC_ON_BATTERY);
    want_some(&f, 10);
    g_assert_cmpint(run(&f, NULL), ==, HTH_SYNC_STEP_WAIT);
    g_assert_cmpint(f.progress.wait, ==, HTH_SYNC_WAITS_POWER);
    g_assert_cmpuint(notes(&f)->data_bytes, ==, 0);
    hth_memory_folder_set_conditions(f.folder, 0);
    sync_now(&f);
    hth_scripted_home_assert_equal(f.home, f.folder);
    stop(&f);
    f.options.byte_budget = 50000;
    want(&f, 1, "big.bin", 9, 3000000);
    g_assert_cmpint(run(&f, NULL), ==, HTH_SYNC_STEP_WAIT);
    g_assert_cmpint(f.progress.wait, ==, HTH_SYNC_WAITS_BUDGET);
    g_assert_cmpuint(f.progress.bytes_fetched, <, 200000);
    tear_down(&f);
}

static void test_news_of_the_way_are_passed_on(void)
{
    Fixture f;
    set_up(&f, 23);
    want_some(&f, 3);
    sync_now(&f);
    g_assert_false(hth_sync_device_wants_away(f.device));
    notes(&f)->demands = HTH_SYNC_AWAY;
    const guint before = notes(&f)->n_requests;
    sync_now(&f);
    g_assert_true(hth_sync_device_wants_away(f.device));
    g_assert_cmpuint(notes(&f)->n_requests, ==, before + 1); /* the asking is not the engine's */
    hth_sync_device_set_away(f.device, 7, 4711);
    g_assert_false(hth_sync_device_wants_away(f.device));
    sync_now(&f);
    g_assert_cmpuint(notes(&f)->away_revision, ==, 7);
    g_assert_cmpuint(notes(&f)->play_port, ==, 4711);
    tear_down(&f);
}

static void test_a_wiped_device_keeps_only_the_users_files(void)
{
    Fixture f;
    set_up(&f, 19);
    want_some(&f, 20);
    sync_now(&f);
    g_autoptr(GBytes) mine = g_bytes_new_static("mine", 4);
    hth_memory_folder_write(f.folder, "Music/mine.txt", mine);
    notes(&f)->demands = HTH_SYNC_WIPE;
    hth_sync_device_wake(f.device, FALSE);
    (void)run(&f, NULL);
    g_assert_true(f.progress.is_wiped);
    g_autoptr(GPtrArray) files = hth_memory_folder_files(f.folder);
    g_assert_cmpuint(files->len, ==, 1);
    g_assert_cmpstr(g_ptr_array_index(files, 0), ==, "Music/mine.txt");
    g_autoptr(GBytes) volume = hth_memory_folder_read(f.folder, ".hearth/device");
    g_assert_null(volume);
    tear_down(&f);
}

static void test_verify_finds_and_repairs(void)
{
    Fixture f;
    set_up(&f, 20);
    want_some(&f, 30);
    sync_now(&f);
    g_autoptr(GBytes) good = hth_memory_folder_read(f.folder, "Music/Album 2/25 Title.bin");
    g_autofree guint8 *bytes = g_memdup2(g_bytes_get_data(good, NULL), g_bytes_get_size(good));
    bytes[50] ^= 4;
    g_autoptr(GBytes) bad = g_bytes_new(bytes, g_bytes_get_size(good));
    hth_memory_folder_write(f.folder, "Music/Album 2/25 Title.bin", bad);
    sync_now(&f); /* the size is the same: only reading it shows */
    hth_sync_device_verify(f.device);
    sync_now(&f);
    g_assert_cmpuint(f.progress.n_damaged, ==, 1);
    hth_scripted_home_assert_equal(f.home, f.folder);
    tear_down(&f);
}

/* FAT: names that differ only in case are one, and a change of case is a move. */
static void test_fat_respells_a_name(void)
{
    Fixture f;
    set_up(&f, 21);
    hth_memory_folder_set_fat(f.folder, TRUE);
    want(&f, 1, "Music/abba.bin", 1, 3000);
    sync_now(&f);
    want(&f, 1, "Music/ABBA.bin", 1, 3000);
    sync_now(&f);
    want(&f, 1, "Music/Abba.bin", 2, 3000);
    sync_now(&f);
    g_autoptr(GPtrArray) files = hth_memory_folder_files(f.folder);
    g_assert_cmpuint(files->len, ==, 1);
    g_assert_cmpstr(g_ptr_array_index(files, 0), ==, "Music/Abba.bin");
    hth_scripted_home_assert_equal(f.home, f.folder);
    tear_down(&f);
}

static void test_two_files_change_places(void)
{
    Fixture f;
    set_up(&f, 22);
    want(&f, 1, "a.bin", 1, 3000);
    want(&f, 2, "b.bin", 2, 4000);
    sync_now(&f);
    /* A plan that knows the way: over a third name. */
    HthSyncOperation away = { .kind = HTH_SYNC_MOVE, .item = 1, .path = g_strdup("c.bin") };
    hth_digest_of(g_bytes_get_data(hth_scripted_home_bytes(f.home, 1), NULL), 3000, &away.old_hash);
    g_ptr_array_add(notes(&f)->extra, &away);
    sync_now(&f);
    g_assert_cmpuint(notes(&f)->refusals->len, ==, 0);
    hth_scripted_home_assert_equal(f.home, f.folder);
    hth_sync_operation_clear(&away);
    tear_down(&f);
}

/* ---- Trouble at every call ---- */

/* A small life: files come, one changes, one moves, one goes. */
static void first_life(Fixture *f)
{
    notes(f)->max_operations = 5;
    want_some(f, 9);
    want(f, 1, "Films/Film.bin", 70, 300000);
}

static void second_life(Fixture *f)
{
    want(f, 1001, "Music/Album 0/01 Title.bin", 50, 4000);
    want(f, 1002, "Music/Moved/02 Title.bin", 2, 100 + (2 * 7919) % 30000);
    want(f, 1003, "Music/Moved/03 Title.bin", 51, 6000);
    hth_scripted_home_drop(f->home, 1004);
    want(f, 3000, "Music/Album 0/04 Title.bin", 52, 7000); /* where the dropped one was */
}

/* How many calls the second life takes when nothing goes wrong. */
static guint64 count_calls(guint64 *out_first)
{
    Fixture f;
    set_up(&f, 30);
    first_life(&f);
    sync_now(&f);
    *out_first = hth_memory_folder_calls(f.folder);
    second_life(&f);
    sync_now(&f);
    const guint64 calls = hth_memory_folder_calls(f.folder);
    tear_down(&f);
    return calls;
}

/* The power goes at @call, in one of the two lives. */
static void crash_once(Fixture *f, guint64 call, guint64 first)
{
    first_life(f);
    if (call < first)
        hth_memory_folder_crash_at(f->folder, call);
    if (run(f, NULL) == HTH_SYNC_STEP_IDLE) {
        second_life(f);
        hth_sync_device_wake(f->device, TRUE);
        hth_memory_folder_crash_at(f->folder, call);
        (void)run(f, NULL);
    }
    stop(f);
}

/* One of three at each call, all three at each with HEARTH_SOAK: kill -9, a power cut, and a second
 * power cut while the first is being recovered from. */
static void test_a_crash_at_any_call_leaves_old_or_new(void)
{
    guint64 first = 0;
    const guint64 last = count_calls(&first);
    const guint n_kinds = g_getenv("HEARTH_SOAK") != NULL ? 3 : 1;
    g_assert_cmpuint(last, >, 150);
    for (guint64 i = n_kinds; i < (last + 1) * n_kinds; i++) {
        const guint64 call = i / n_kinds;
        const guint kind = i % 3;
        Fixture f;
        set_up(&f, (guint32)i);
        crash_once(&f, call, first);
        hth_memory_folder_reboot(f.folder, kind == 0);
        if (kind == 2) {
            hth_memory_folder_crash_at(f.folder, hth_memory_folder_calls(f.folder) + 5 + call % 40);
            (void)run(&f, NULL);
            stop(&f);
            hth_memory_folder_reboot(f.folder, FALSE);
        }
        second_life(&f);
        sync_now(&f);
        hth_scripted_home_assert_equal(f.home, f.folder);
        g_assert_cmpuint(notes(&f)->not_wanted->len, ==, 0);
        tear_down(&f);
    }
}

static void test_a_failure_of_any_call_is_survived(void)
{
    static const gint codes[] = { G_FILE_ERROR_IO, G_FILE_ERROR_NOSPC, G_FILE_ERROR_ACCES };
    guint64 first = 0;
    const guint64 last = count_calls(&first);
    for (guint64 call = 1; call <= last; call++) {
        Fixture f;
        set_up(&f, 30);
        first_life(&f);
        hth_memory_folder_fail_at(f.folder, call, codes[call % G_N_ELEMENTS(codes)]);
        for (guint i = 0; i < 3 && run(&f, NULL) != HTH_SYNC_STEP_IDLE; i++)
            hth_sync_device_wake(f.device, TRUE);
        second_life(&f);
        hth_sync_device_wake(f.device, TRUE);
        (void)run(&f, NULL);
        hth_sync_device_wake(f.device, TRUE);
        sync_now(&f);
        sync_now(&f);
        hth_scripted_home_assert_equal(f.home, f.folder);
        g_assert_cmpuint(notes(&f)->not_wanted->len, ==, 0);
        tear_down(&f);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
#define ADD(claim, function) g_test_add_func("/sync-device/" claim, function)
    ADD("files-come-change-move-and-go", test_files_come_change_move_and_go);
    ADD("hashes-may-be-unknown", test_hashes_may_be_unknown);
    ADD("a-new-start-asks-for-nothing-again", test_a_new_start_asks_for_nothing_again);
    ADD("a-cut-download-goes-on", test_a_cut_download_goes_on);
    ADD("a-download-of-another-revision-begins-anew",
        test_a_download_of_another_revision_begins_anew);
    ADD("spoiled-bytes-are-never-published", test_spoiled_bytes_are_never_published);
    ADD("a-hostile-path-is-refused", test_a_hostile_path_is_refused);
    ADD("a-users-file-is-kept", test_a_users_file_is_kept);
    ADD("a-file-that-is-there-already-is-taken", test_a_file_that_is_there_already_is_taken);
    ADD("a-deleted-file-is-told-and-stays-away", test_a_deleted_file_is_told_and_stays_away);
    ADD("a-deleted-files-name-is-not-given-away-unheard",
        test_a_deleted_files_name_is_not_given_away_unheard);
    ADD("many-deleted-files-wait-for-a-word", test_many_deleted_files_wait_for_a_word);
    ADD("news-of-the-way-are-passed-on", test_news_of_the_way_are_passed_on);
    ADD("a-card-that-is-away-says-nothing", test_a_card_that_is_away_says_nothing);
    ADD("another-devices-card-is-not-touched", test_another_devices_card_is_not_touched);
    ADD("yesterdays-state-is-noticed", test_yesterdays_state_is_noticed);
    ADD("a-lost-list-is-made-again-without-traffic",
        test_a_lost_list_is_made_again_without_traffic);
    ADD("a-full-card-refuses-and-goes-on-later", test_a_full_card_refuses_and_goes_on_later);
    ADD("conditions-and-budget-hold-data-back", test_conditions_and_budget_hold_data_back);
    ADD("a-wiped-device-keeps-only-the-users-files",
        test_a_wiped_device_keeps_only_the_users_files);
    ADD("verify-finds-and-repairs", test_verify_finds_and_repairs);
    ADD("fat-respells-a-name", test_fat_respells_a_name);
    ADD("two-files-change-places", test_two_files_change_places);
    ADD("a-crash-at-any-call-leaves-old-or-new", test_a_crash_at_any_call_leaves_old_or_new);
    ADD("a-failure-of-any-call-is-survived", test_a_failure_of_any_call_is_survived);
    return g_test_run();
}
