/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync/play-merge.h"

#include <string.h>

#define N_ENTRIES 40

static void shuffle(GRand *random, guint *order, guint n)
{
    for (guint i = 0; i < n; i++)
        order[i] = i;
    for (guint i = n; i-- > 1;) {
        const guint other = g_rand_int(random) % (i + 1);
        const guint swapped = order[i];
        order[i] = order[other];
        order[other] = swapped;
    }
}

static void random_entry(GRand *random, HthSyncPlay *entry)
{
    *entry = (HthSyncPlay){
        .stamp = 1 + g_rand_int(random) % 20, /* few: equal ones must do no harm */
        .nonce = g_rand_int(random) % 4,
        .kind = g_rand_int(random) % HTH_SYNC_N_PLAY_KINDS,
        .item = 1 + g_rand_int(random) % 6,
        .list = 9,
        .value = g_rand_int(random) % 7,
        .text = (char *)(g_rand_boolean(random) ? "Running" : "Cooking"),
    };
}

static void merge_all(const HthSyncPlay *entries, const guint *order, HthPlayMerged *out,
                      HthListMerged *list)
{
    memset(out, 0, sizeof *out);
    for (guint i = 0; i < N_ENTRIES; i++) {
        hth_play_merge(out, &entries[order[i]]);
        hth_list_merge(list, &entries[order[i]]);
        if (i % 3 == 0)
            hth_list_merge(list, &entries[order[i / 2]]); /* again: changes nothing */
    }
}

static void assert_same_list(const HthListMerged *a, const HthListMerged *b)
{
    g_autoptr(GArray) left = hth_list_merged_items(a);
    g_autoptr(GArray) right = hth_list_merged_items(b);
    g_assert_cmpmem(left->data, left->len * sizeof(guint64), right->data,
                    right->len * sizeof(guint64));
    g_assert_cmpstr(hth_list_merged_name(a), ==, hth_list_merged_name(b));
    g_assert_cmpint(hth_list_merged_exists(a), ==, hth_list_merged_exists(b));
}

static void test_the_order_of_arrival_does_not_matter(void)
{
    for (guint32 seed = 0; seed < 300; seed++) {
        g_autoptr(GRand) random = g_rand_new_with_seed(seed);
        HthSyncPlay entries[N_ENTRIES];
        guint order[N_ENTRIES];
        for (guint i = 0; i < N_ENTRIES; i++)
            random_entry(random, &entries[i]);
        HthPlayMerged first, second;
        g_autoptr(HthListMerged) first_list = hth_list_merged_new();
        g_autoptr(HthListMerged) second_list = hth_list_merged_new();
        shuffle(random, order, N_ENTRIES);
        merge_all(entries, order, &first, first_list);
        shuffle(random, order, N_ENTRIES);
        merge_all(entries, order, &second, second_list);
        g_assert_cmpuint(first.plays, ==, second.plays);
        g_assert_cmpuint(first.skips, ==, second.skips);
        g_assert_cmpint(first.last_played_ms, ==, second.last_played_ms);
        g_assert_cmpint(first.position.value, ==, second.position.value);
        g_assert_cmpint(first.rating.value, ==, second.rating.value);
        g_assert_cmpint(first.favourite.value, ==, second.favourite.value);
        assert_same_list(first_list, second_list);
    }
}

static void test_counts_are_summed_and_positions_are_not(void)
{
    HthPlayMerged merged = { 0 };
    const HthSyncPlay entries[] = {
        { .stamp = 5, .kind = HTH_SYNC_PLAY_COUNT, .item = 1, .value = 1 },
        { .stamp = 5, .kind = HTH_SYNC_PLAY_COUNT, .item = 1, .value = 2 },
        { .stamp = 9, .kind = HTH_SYNC_PLAY_POSITION, .item = 1, .value = 1000 },
        { .stamp = 7, .kind = HTH_SYNC_PLAY_POSITION, .item = 1, .value = 90000 },
        { .stamp = 3, .kind = HTH_SYNC_PLAY_RATING, .item = 1, .value = 80 },
    };
    for (guint i = 0; i < G_N_ELEMENTS(entries); i++)
        hth_play_merge(&merged, &entries[i]);
    g_assert_cmpuint(merged.plays, ==, 3);
    g_assert_cmpint(merged.position.value, ==, 1000); /* the later one, though further back */
    g_assert_cmpint(merged.rating.value, ==, 80);
}

static void test_items_stand_behind_what_they_were_put_behind(void)
{
    g_autoptr(HthListMerged) list = hth_list_merged_new();
    const HthSyncPlay entries[] = {
        { .stamp = 1, .kind = HTH_SYNC_LIST_MADE, .list = 9, .text = (char *)"Running" },
        { .stamp = 2, .kind = HTH_SYNC_LIST_ADDED, .list = 9, .item = 1 },
        { .stamp = 3, .kind = HTH_SYNC_LIST_ADDED, .list = 9, .item = 2 },
        { .stamp = 4, .kind = HTH_SYNC_LIST_ADDED, .list = 9, .item = 3, .value = 1 },
        { .stamp = 5, .kind = HTH_SYNC_LIST_ADDED, .list = 9, .item = 4 },
        { .stamp = 6, .kind = HTH_SYNC_LIST_TAKEN, .list = 9, .item = 2 },
    };
    for (guint i = 0; i < G_N_ELEMENTS(entries); i++)
        hth_list_merge(list, &entries[i]);
    g_autoptr(GArray) items = hth_list_merged_items(list);
    const guint64 expected[] = { 1, 3, 4 };
    g_assert_cmpmem(items->data, items->len * sizeof(guint64), expected, sizeof expected);
    g_assert_true(hth_list_merged_exists(list));
}

static void test_a_wrong_clock_is_one_day_ahead_at_most(void)
{
    const gint64 now = 1700000000000;
    HthHlc home = { 0 };
    HthHlc device = { 0 };
    const guint64 wrong = hth_hlc_now(&device, now + 400 * HTH_HLC_MAX_AHEAD_MS);
    const guint64 believed = hth_hlc_see(&home, wrong, now);
    g_assert_cmpint(hth_hlc_ms(believed), ==, now + HTH_HLC_MAX_AHEAD_MS);
    const guint64 next = hth_hlc_now(&home, now);
    g_assert_cmpuint(next, >, believed); /* what is done after it was seen is later */
    HthHlc back = { 0 };
    const guint64 first = hth_hlc_now(&back, now);
    g_assert_cmpuint(hth_hlc_now(&back, now - 5000000), >, first); /* a clock that was set back */
}

static void test_senseless_entries_are_known(void)
{
    const HthSyncPlay wrong[] = {
        { .stamp = 0, .kind = HTH_SYNC_PLAY_COUNT, .item = 1, .value = 1 },
        { .stamp = 1, .kind = HTH_SYNC_PLAY_COUNT, .item = 1, .value = -1 },
        { .stamp = 1, .kind = HTH_SYNC_PLAY_COUNT, .item = 1, .value = G_MAXINT64 },
        { .stamp = 1, .kind = HTH_SYNC_PLAY_RATING, .item = 1, .value = 101 },
        { .stamp = 1, .kind = HTH_SYNC_PLAY_POSITION, .item = 0, .value = 1 },
        { .stamp = 1, .kind = HTH_SYNC_LIST_MADE, .list = 1 },
    };
    for (guint i = 0; i < G_N_ELEMENTS(wrong); i++)
        g_assert_false(hth_play_is_sane(&wrong[i]));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/play-merge/the-order-of-arrival-does-not-matter",
                    test_the_order_of_arrival_does_not_matter);
    g_test_add_func("/play-merge/counts-are-summed-and-positions-are-not",
                    test_counts_are_summed_and_positions_are_not);
    g_test_add_func("/play-merge/items-stand-behind-what-they-were-put-behind",
                    test_items_stand_behind_what_they_were_put_behind);
    g_test_add_func("/play-merge/a-wrong-clock-is-one-day-ahead-at-most",
                    test_a_wrong_clock_is_one_day_ahead_at_most);
    g_test_add_func("/play-merge/senseless-entries-are-known", test_senseless_entries_are_known);
    return g_test_run();
}
