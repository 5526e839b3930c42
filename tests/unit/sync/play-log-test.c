/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync/play-log.h"

#include "base/error.h"
#include "memory-folder.h"

static HthMemoryFolder *folder_new(guint32 seed)
{
    HthMemoryFolder *folder = hth_memory_folder_new(seed);
    g_autoptr(GBytes) nothing = g_bytes_new_static("", 0);
    hth_memory_folder_write(folder, ".hearth/.nomedia", nothing);
    return folder;
}

static gboolean add(HthPlayLog *log, guint64 item, GError **error)
{
    g_autoptr(GArray) entries = hth_sync_plays_new();
    const HthSyncPlay entry = { .kind = HTH_SYNC_PLAY_COUNT, .item = item, .value = 1 };
    g_array_append_val(entries, entry);
    return hth_play_log_add(log, entries, error);
}

static GArray *unconfirmed(HthPlayLog *log)
{
    GArray *entries = hth_sync_plays_new();
    hth_play_log_unconfirmed(log, HTH_SYNC_MAX_PLAYS, entries);
    return entries;
}

static void test_entries_stay_until_they_are_confirmed(void)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(HthMemoryFolder) folder = folder_new(1);
    guint64 identity = 0;
    for (guint start = 0; start < 3; start++) {
        g_autoptr(HthPlayLog) log = hth_play_log_open(hth_memory_folder_env(folder), &error);
        g_assert_no_error(error);
        for (guint i = 0; start == 0 && i < 5; i++)
            g_assert_true(add(log, 10 + i, NULL));
        g_autoptr(GArray) entries = unconfirmed(log);
        g_assert_cmpuint(entries->len, ==, start == 2 ? 2 : 5);
        const HthSyncPlay *last = &g_array_index(entries, HthSyncPlay, entries->len - 1);
        g_assert_cmpuint(last->number, ==, 5);
        g_assert_cmpuint(last->item, ==, 14);
        if (start > 0)
            g_assert_cmpuint(last->stamp ^ last->nonce, ==, identity);
        identity = last->stamp ^ last->nonce;
        if (start == 1)
            g_assert_true(hth_play_log_confirm(log, 3, NULL));
    }
}

static void test_numbers_go_on_in_an_empty_log_and_begin_anew_with_the_epoch(void)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(HthMemoryFolder) folder = folder_new(2);
    g_autoptr(HthPlayLog) log = hth_play_log_open(hth_memory_folder_env(folder), &error);
    g_assert_true(add(log, 1, NULL) && add(log, 2, NULL));
    g_assert_true(hth_play_log_confirm(log, 2, NULL));
    g_clear_pointer(&log, hth_play_log_free);
    log = hth_play_log_open(hth_memory_folder_env(folder), &error);
    g_assert_true(add(log, 3, NULL) && add(log, 4, NULL));
    g_autoptr(GArray) before = unconfirmed(log);
    g_assert_cmpuint(g_array_index(before, HthSyncPlay, 0).number, ==, 3);
    g_assert_true(hth_play_log_renumber(log, NULL));
    g_clear_pointer(&log, hth_play_log_free);
    log = hth_play_log_open(hth_memory_folder_env(folder), &error);
    g_autoptr(GArray) after = unconfirmed(log);
    g_assert_cmpuint(after->len, ==, 2);
    g_assert_cmpuint(g_array_index(after, HthSyncPlay, 0).number, ==, 1);
    g_assert_cmpuint(g_array_index(after, HthSyncPlay, 0).stamp, ==,
                     g_array_index(before, HthSyncPlay, 0).stamp);
}

/* What add() said yes to is there; what confirm() said yes to is gone; nothing else changes. */
static void test_a_crash_at_any_call_loses_nothing(void)
{
    for (guint64 call = 1; call < 60; call++) {
        g_autoptr(HthMemoryFolder) folder = folder_new((guint32)call);
        g_autoptr(GHashTable) noted = g_hash_table_new(NULL, NULL);
        guint64 confirmed = 0;
        guint64 attempted = 0;
        hth_memory_folder_crash_at(folder, call);
        g_autoptr(HthPlayLog) log = hth_play_log_open(hth_memory_folder_env(folder), NULL);
        for (guint i = 1; log != NULL && i <= 12; i++) {
            if (add(log, i, NULL))
                g_hash_table_add(noted, GUINT_TO_POINTER(i));
            /* A home confirms only what it was told, and it is told only what was noted. */
            if (i % 4 != 0 || !g_hash_table_contains(noted, GUINT_TO_POINTER(i - 1)))
                continue;
            attempted = i - 1;
            if (hth_play_log_confirm(log, attempted, NULL))
                confirmed = attempted;
        }
        g_clear_pointer(&log, hth_play_log_free);
        hth_memory_folder_reboot(folder, FALSE);
        g_autoptr(GError) error = NULL;
        log = hth_play_log_open(hth_memory_folder_env(folder), &error);
        g_assert_no_error(error);
        g_autoptr(GArray) entries = unconfirmed(log);
        for (guint i = 1; i <= 12; i++) {
            guint n_found = 0;
            for (guint k = 0; k < entries->len; k++)
                n_found += g_array_index(entries, HthSyncPlay, k).item == i;
            g_assert_cmpuint(n_found, <=, 1);
            if (g_hash_table_contains(noted, GUINT_TO_POINTER(i)) && i > attempted)
                g_assert_cmpuint(n_found, ==, 1);
            /* One that add() failed to note may be there, and is not what was confirmed. */
            if (i <= confirmed && g_hash_table_contains(noted, GUINT_TO_POINTER(i)))
                g_assert_cmpuint(n_found, ==, 0);
        }
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/play-log/entries-stay-until-they-are-confirmed",
                    test_entries_stay_until_they_are_confirmed);
    g_test_add_func("/play-log/numbers-go-on-in-an-empty-log-and-begin-anew-with-the-epoch",
                    test_numbers_go_on_in_an_empty_log_and_begin_anew_with_the_epoch);
    g_test_add_func("/play-log/a-crash-at-any-call-loses-nothing",
                    test_a_crash_at_any_call_loses_nothing);
    return g_test_run();
}
