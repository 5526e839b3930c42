/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Plans over random trees: they end, they never take a path that is taken, and applying them to
 * what is held gives what is wanted. */
#include "sync/plan.h"

#include <string.h>

#include "sync/device-name.h"

#define MAX_ITEMS 24

typedef struct {
    HthSyncWanted wanted[MAX_ITEMS];
    HthSyncHeld held[MAX_ITEMS];
    guint n_wanted, n_held;
    GPtrArray *texts;
} Case;

/* A small device that refuses what a FAT volume would refuse. */
typedef struct {
    GHashTable *items; /* (guint64 → HthSyncHeld *) */
} Device;

static void held_free(gpointer data)
{
    HthSyncHeld *held = data;
    g_free(held->path);
    g_free(held);
}

static Device device_new(const Case *each)
{
    Device device = { g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, held_free) };
    for (guint i = 0; i < each->n_held; i++) {
        HthSyncHeld *held = g_memdup2(&each->held[i], sizeof *held);
        held->path = g_strdup(held->path);
        g_hash_table_insert(device.items, g_memdup2(&held->item, sizeof held->item), held);
    }
    return device;
}

/* Asserts that @path may be written: no other file has it, is a folder in it, or lies below it. */
static void assert_free(Device *device, guint64 item, const char *path)
{
    g_autofree char *folded = hth_device_name_fold(path);
    g_autofree char *below = g_strconcat(folded, "/", NULL);
    GHashTableIter iter;
    gpointer value;
    g_hash_table_iter_init(&iter, device->items);
    while (g_hash_table_iter_next(&iter, NULL, &value)) {
        const HthSyncHeld *held = value;
        if (held->path == NULL)
            continue;
        g_autofree char *other = hth_device_name_fold(held->path);
        g_autofree char *below_other = g_strconcat(other, "/", NULL);
        if (held->item != item)
            g_assert_cmpstr(folded, !=, other);
        g_assert_false(g_str_has_prefix(other, below));
        g_assert_false(g_str_has_prefix(folded, below_other));
    }
}

static void apply(Device *device, const HthSyncPlanStep *step)
{
    HthSyncHeld *held = g_hash_table_lookup(device->items, &step->item);
    if (held != NULL)
        g_assert_true(hth_digest_equal(&held->hash, &step->old_hash));
    else
        g_assert_true(hth_digest_is_zero(&step->old_hash));
    switch (step->kind) {
    case HTH_SYNC_REMOVE:
        g_assert_nonnull(held);
        g_assert_cmpstr(held->path, ==, step->path);
        g_hash_table_remove(device->items, &step->item);
        return;
    case HTH_SYNC_MOVE:
    case HTH_SYNC_RETAG:
        g_assert_nonnull(held);
        break;
    default:
        if (held == NULL) {
            held = g_new0(HthSyncHeld, 1);
            held->item = step->item;
            g_hash_table_insert(device->items, g_memdup2(&step->item, sizeof step->item), held);
        }
    }
    if (held->path == NULL || strcmp(held->path, step->path) != 0) {
        if (held->path != NULL && step->kind != HTH_SYNC_MOVE)
            g_assert_cmpstr(held->path, ==, step->path);
        assert_free(device, step->item, step->path);
        g_free(held->path);
        held->path = g_strdup(step->path);
    }
    held->hash = step->new_hash;
    held->size = step->size;
}

static void assert_equals_wanted(Device *device, const Case *each)
{
    g_assert_cmpuint(g_hash_table_size(device->items), ==, each->n_wanted);
    for (guint i = 0; i < each->n_wanted; i++) {
        const HthSyncHeld *held = g_hash_table_lookup(device->items, &each->wanted[i].item);
        g_assert_nonnull(held);
        g_assert_cmpstr(held->path, ==, each->wanted[i].path);
        g_assert_true(hth_digest_equal(&held->hash, &each->wanted[i].hash));
    }
}

/* ---- Random trees: few names, so that they collide, swap and stand in each other's way ---- */

static const char *const names[] = { "a",     "b",     "A/x",   "a/y", "B/x/1", "b/X",    "c/1",
                                     "C/1/z", "d",     "D/1",   "e/1", "e/2",   "e/3",    "e/4",
                                     "f/1/2", "f/1/3", "F/1/4", "g",   "h/i/j", "H/I/j/k" };

static gboolean fits(GPtrArray *taken, const char *path)
{
    g_autofree char *folded = hth_device_name_fold(path);
    g_autofree char *below = g_strconcat(folded, "/", NULL);
    for (guint i = 0; i < taken->len; i++) {
        const char *other = taken->pdata[i];
        g_autofree char *below_other = g_strconcat(other, "/", NULL);
        if (strcmp(folded, other) == 0 || g_str_has_prefix(other, below) ||
            g_str_has_prefix(folded, below_other))
            return FALSE;
    }
    g_ptr_array_add(taken, g_steal_pointer(&folded));
    return TRUE;
}

static void make_case(Case *each, GRand *random)
{
    g_autoptr(GPtrArray) taken_wanted = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GPtrArray) taken_held = g_ptr_array_new_with_free_func(g_free);
    memset(each, 0, sizeof *each);
    for (guint64 item = 1; item <= MAX_ITEMS; item++) {
        const char *path = names[g_rand_int_range(random, 0, G_N_ELEMENTS(names))];
        if (g_rand_int_range(random, 0, 4) > 0 && fits(taken_wanted, path))
            each->wanted[each->n_wanted++] = (HthSyncWanted){
                .item = item,
                .path = path,
                .hash = { { (guint8)g_rand_int_range(random, 1, 3) } },
                .size = 10,
                .priority = (guint64)g_rand_int_range(random, 0, 3),
                .change = g_rand_boolean(random) ? HTH_SYNC_CHANGE_PUT : HTH_SYNC_CHANGE_RETAG,
            };
        path = names[g_rand_int_range(random, 0, G_N_ELEMENTS(names))];
        if (g_rand_int_range(random, 0, 4) > 0 && fits(taken_held, path))
            each->held[each->n_held++] =
                (HthSyncHeld){ .item = item,
                               .path = (char *)path,
                               .hash = { { (guint8)g_rand_int_range(random, 1, 3) } },
                               .size = 10 };
    }
}

static void test_random_trees_converge(void)
{
    const HthSyncPlanLimits limits = { .free_bytes = G_MAXUINT64 };
    g_autoptr(GRand) random = g_rand_new_with_seed(42);
    guint n_moves = 0;
    for (guint round = 0; round < 3000; round++) {
        Case each;
        make_case(&each, random);
        Device device = device_new(&each);
        g_autoptr(HthSyncPlan) plan =
            hth_sync_plan(each.wanted, each.n_wanted, each.held, each.n_held, &limits);
        for (guint i = 0; i < plan->steps->len; i++) {
            const HthSyncPlanStep *step = &g_array_index(plan->steps, HthSyncPlanStep, i);
            n_moves += step->kind == HTH_SYNC_MOVE;
            apply(&device, step);
        }
        assert_equals_wanted(&device, &each);
        g_hash_table_unref(device.items);
    }
    g_assert_cmpuint(n_moves, >, 3000); /* the trees did stand in each other's way */
}

static int by_item(gconstpointer a, gconstpointer b)
{
    const HthSyncHeld *one = a, *other = b;
    return one->item < other->item ? -1 : one->item > other->item;
}

static GArray *held_of(Device *device)
{
    GArray *held = g_array_new(FALSE, FALSE, sizeof(HthSyncHeld));
    GHashTableIter iter;
    gpointer value;
    g_hash_table_iter_init(&iter, device->items);
    while (g_hash_table_iter_next(&iter, NULL, &value))
        g_array_append_vals(held, value, 1);
    g_array_sort(held, by_item);
    return held;
}

/* A session may end after any step: a new plan goes on from there. */
static void test_a_cut_anywhere_converges(void)
{
    const HthSyncPlanLimits limits = { .free_bytes = G_MAXUINT64 };
    g_autoptr(GRand) random = g_rand_new_with_seed(7);
    for (guint round = 0; round < 500; round++) {
        Case each;
        make_case(&each, random);
        Device device = device_new(&each);
        gboolean is_done = FALSE;
        for (guint session = 0; !is_done; session++) {
            g_assert_cmpuint(session, <, 500);
            g_autoptr(GArray) held = held_of(&device);
            g_autoptr(HthSyncPlan) plan =
                hth_sync_plan(each.wanted, each.n_wanted, (const HthSyncHeld *)(void *)held->data,
                              held->len, &limits);
            is_done = plan->steps->len == 0;
            const guint n = (guint)g_rand_int_range(random, 1, 4);
            for (guint i = 0; i < MIN(n, plan->steps->len); i++)
                apply(&device, &g_array_index(plan->steps, HthSyncPlanStep, i));
        }
        assert_equals_wanted(&device, &each);
        g_hash_table_unref(device.items);
    }
}

static void test_what_is_there_is_not_touched(void)
{
    const HthSyncPlanLimits limits = { .free_bytes = 0 };
    const HthSyncWanted wanted = { .item = 5, .path = "a/b", .hash = { { 1 } }, .size = 10 };
    HthSyncHeld held = { .item = 5, .path = (char *)"a/b", .hash = { { 1 } }, .size = 10 };
    g_autoptr(HthSyncPlan) plan = hth_sync_plan(&wanted, 1, &held, 1, &limits);
    g_assert_cmpuint(plan->steps->len, ==, 0);
}

static void test_a_change_of_case_is_one_move(void)
{
    const HthSyncPlanLimits limits = { .free_bytes = 0 };
    const HthSyncWanted wanted = { .item = 5, .path = "A/B", .hash = { { 1 } }, .size = 10 };
    HthSyncHeld held = { .item = 5, .path = (char *)"a/b", .hash = { { 1 } }, .size = 10 };
    g_autoptr(HthSyncPlan) plan = hth_sync_plan(&wanted, 1, &held, 1, &limits);
    g_assert_cmpuint(plan->steps->len, ==, 1);
    g_assert_cmpint(g_array_index(plan->steps, HthSyncPlanStep, 0).kind, ==, HTH_SYNC_MOVE);
}

static void test_small_things_come_first(void)
{
    const HthSyncPlanLimits limits = { .free_bytes = G_MAXUINT64 };
    const HthSyncWanted wanted[] = {
        { .item = 1, .path = "p", .hash = { { 1 } }, .size = 90, .priority = 2 },
        { .item = 2, .path = "q", .hash = { { 1 } }, .size = 50, .priority = 1 },
        { .item = 3, .path = "r", .hash = { { 1 } }, .size = 40, .priority = 1 },
        { .item = 4, .path = "s2", .hash = { { 1 } }, .size = 1 },
        { .item = 5, .path = "t", .hash = { { 2 } }, .size = 1, .change = HTH_SYNC_CHANGE_RETAG },
        { .item = 6, .path = "l.m3u8", .hash = { { 2 } }, .size = 1, .is_playlist = TRUE },
    };
    HthSyncHeld held[] = { { .item = 4, .path = (char *)"s", .hash = { { 1 } }, .size = 1 },
                           { .item = 5, .path = (char *)"t", .hash = { { 1 } }, .size = 1 },
                           { .item = 9, .path = (char *)"z", .hash = { { 1 } }, .size = 1 } };
    static const HthSyncOperationKind kinds[] = { HTH_SYNC_REMOVE,   HTH_SYNC_MOVE, HTH_SYNC_RETAG,
                                                  HTH_SYNC_PLAYLIST, HTH_SYNC_PUT,  HTH_SYNC_PUT,
                                                  HTH_SYNC_PUT };
    static const guint64 items[] = { 9, 4, 5, 6, 3, 2, 1 };
    g_autoptr(HthSyncPlan) plan =
        hth_sync_plan(wanted, G_N_ELEMENTS(wanted), held, G_N_ELEMENTS(held), &limits);
    g_assert_cmpuint(plan->steps->len, ==, G_N_ELEMENTS(kinds));
    for (guint i = 0; i < G_N_ELEMENTS(kinds); i++) {
        const HthSyncPlanStep *step = &g_array_index(plan->steps, HthSyncPlanStep, i);
        g_assert_cmpint(step->kind, ==, kinds[i]);
        g_assert_cmpuint(step->item, ==, items[i]);
    }
}

static void test_what_has_no_room_is_counted_and_smaller_things_come(void)
{
    const HthSyncPlanLimits limits = { .free_bytes = 45 };
    const HthSyncWanted wanted[] = {
        { .item = 1, .path = "p", .hash = { { 1 } }, .size = 90, .priority = 1 },
        { .item = 2, .path = "q", .hash = { { 1 } }, .size = 50, .priority = 2 },
        { .item = 3, .path = "r", .hash = { { 1 } }, .size = 10, .priority = 3 },
    };
    HthSyncHeld held = { .item = 9, .path = (char *)"z", .hash = { { 1 } }, .size = 15 };
    g_autoptr(HthSyncPlan) plan = hth_sync_plan(wanted, G_N_ELEMENTS(wanted), &held, 1, &limits);
    g_assert_cmpuint(plan->steps->len, ==, 3); /* the removal makes room for 2 and 3 */
    g_assert_cmpuint(plan->n_no_room, ==, 1);
    g_assert_cmpuint(plan->no_room_bytes, ==, 90);
}

static void test_what_waits_is_moved_and_keeps_its_bytes(void)
{
    const HthSyncPlanLimits limits = { .free_bytes = G_MAXUINT64 };
    const HthSyncWanted wanted = {
        .item = 5, .path = "new", .size = 10, .change = HTH_SYNC_CHANGE_WAIT
    };
    HthSyncHeld held = { .item = 5, .path = (char *)"old", .hash = { { 1 } }, .size = 10 };
    g_autoptr(HthSyncPlan) plan = hth_sync_plan(&wanted, 1, &held, 1, &limits);
    g_assert_cmpuint(plan->steps->len, ==, 1);
    g_assert_cmpint(g_array_index(plan->steps, HthSyncPlanStep, 0).kind, ==, HTH_SYNC_MOVE);
    g_assert_cmpuint(plan->n_waiting, ==, 1);
}

/* ---- A file that was to leave and could not ---- */

static const HthSyncPlanLimits no_limits = { .free_bytes = G_MAXUINT64 };

/* It failed often enough to be left alone, and its name is another file's by now. The device does
 * not see it where a person deleted it: the list would have two items with one path. */
static void test_a_new_file_does_not_take_the_path_of_one_that_stays(void)
{
    const HthSyncWanted wanted[] = {
        { .item = 1, .path = "b", .hash = { { 1 } }, .size = 10, .is_blocked = TRUE },
        { .item = 2, .path = "A", .hash = { { 2 } }, .size = 10 },
        { .item = 3, .path = "a/below", .hash = { { 2 } }, .size = 10 },
        { .item = 4, .path = "a.m3u8", .hash = { { 2 } }, .is_playlist = TRUE },
    };
    HthSyncHeld held = { .item = 1, .path = (char *)"a", .hash = { { 1 } }, .size = 10 };
    g_autoptr(HthSyncPlan) plan = hth_sync_plan(wanted, G_N_ELEMENTS(wanted), &held, 1, &no_limits);
    g_assert_cmpuint(plan->steps->len, ==, 1);
    g_assert_cmpint(g_array_index(plan->steps, HthSyncPlanStep, 0).kind, ==, HTH_SYNC_PLAYLIST);
    g_assert_cmpuint(plan->n_blocked, ==, 3);
}

/* Nor does one that is there; it is not set aside either, which would be done over and over. */
static void test_what_waits_for_a_file_that_stays_is_left_alone(void)
{
    const HthSyncWanted wanted[] = {
        { .item = 1, .path = "z", .hash = { { 1 } }, .is_blocked = TRUE },
        { .item = 2, .path = "a", .hash = { { 1 } } },
        { .item = 3, .path = "b", .hash = { { 2 } }, .change = HTH_SYNC_CHANGE_RETAG },
        { .item = 4, .path = "d", .hash = { { 2 } } },
        { .item = 5, .path = "f", .hash = { { 1 } } },
        { .item = 6, .path = "c", .hash = { { 1 } } },
    };
    HthSyncHeld held[] = { { .item = 1, .path = (char *)"a", .hash = { { 1 } } },
                           { .item = 2, .path = (char *)"b", .hash = { { 1 } } },
                           { .item = 3, .path = (char *)"c", .hash = { { 1 } } },
                           { .item = 5, .path = (char *)"e", .hash = { { 1 } } } };
    g_autoptr(HthSyncPlan) plan =
        hth_sync_plan(wanted, G_N_ELEMENTS(wanted), held, G_N_ELEMENTS(held), &no_limits);
    g_assert_cmpuint(plan->steps->len, ==, 2);
    g_assert_cmpuint(g_array_index(plan->steps, HthSyncPlanStep, 0).item, ==, 5);
    g_assert_cmpuint(g_array_index(plan->steps, HthSyncPlanStep, 1).item, ==, 4);
}

/* Some files stay where they are: the plan still takes no path of theirs, and ends. */
static void test_random_trees_around_files_that_stay(void)
{
    g_autoptr(GRand) random = g_rand_new_with_seed(43);
    guint n_blocked = 0;
    for (guint round = 0; round < 1000; round++) {
        Case each;
        make_case(&each, random);
        for (guint i = 0; i < each.n_wanted; i++)
            each.wanted[i].is_blocked = g_rand_int_range(random, 0, 5) == 0;
        Device device = device_new(&each);
        gboolean is_done = FALSE;
        for (guint session = 0; !is_done; session++) {
            g_assert_cmpuint(session, <, 500);
            g_autoptr(GArray) held = held_of(&device);
            g_autoptr(HthSyncPlan) plan =
                hth_sync_plan(each.wanted, each.n_wanted, (const HthSyncHeld *)(void *)held->data,
                              held->len, &no_limits);
            is_done = plan->steps->len == 0;
            n_blocked += plan->n_blocked;
            const guint n = (guint)g_rand_int_range(random, 1, 9);
            for (guint i = 0; i < MIN(n, plan->steps->len); i++)
                apply(&device, &g_array_index(plan->steps, HthSyncPlanStep, i));
        }
        g_hash_table_unref(device.items);
    }
    g_assert_cmpuint(n_blocked, >, 1000);
}

/* A row of tracks that each take the next one's name, and a great many swaps: no step more than
 * needed, and in no time that grows with the square. */
static void test_long_rows_and_many_circles_are_cheap(void)
{
    enum { N = 20000 };
    const HthSyncPlanLimits limits = { .free_bytes = G_MAXUINT64 };
    g_autofree HthSyncWanted *wanted = g_new0(HthSyncWanted, N);
    g_autofree HthSyncHeld *held = g_new0(HthSyncHeld, N);
    g_autoptr(GPtrArray) texts = g_ptr_array_new_with_free_func(g_free);
    for (guint i = 0; i < N; i++) {
        g_ptr_array_add(texts, g_strdup_printf("m/%u", i));
        g_ptr_array_add(texts,
                        g_strdup_printf("m/%u", i < N / 2 ? i + N : i ^ 1)); /* free, or a swap */
        held[i] = (HthSyncHeld){ .item = i + 1, .path = texts->pdata[2 * i], .hash = { { 1 } } };
        wanted[i] =
            (HthSyncWanted){ .item = i + 1, .path = texts->pdata[2 * i + 1], .hash = { { 1 } } };
    }
    for (guint i = 0; i < N / 2; i++) { /* a row: each takes the next one's name */
        g_autofree char *next = g_strdup_printf("m/%u", i + 1 < N / 2 ? i + 1 : N);
        g_ptr_array_add(texts, g_steal_pointer(&next));
        wanted[i].path = texts->pdata[texts->len - 1];
    }
    g_autoptr(HthSyncPlan) plan = hth_sync_plan(wanted, N, held, N, &limits);
    g_assert_cmpuint(plan->steps->len, ==, N / 2 + N / 4 * 3); /* a swap takes three */
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/plan/random-trees-converge", test_random_trees_converge);
    g_test_add_func("/plan/a-cut-anywhere-converges", test_a_cut_anywhere_converges);
    g_test_add_func("/plan/what-is-there-is-not-touched", test_what_is_there_is_not_touched);
    g_test_add_func("/plan/a-change-of-case-is-one-move", test_a_change_of_case_is_one_move);
    g_test_add_func("/plan/small-things-come-first", test_small_things_come_first);
    g_test_add_func("/plan/what-has-no-room-is-counted-and-smaller-things-come",
                    test_what_has_no_room_is_counted_and_smaller_things_come);
    g_test_add_func("/plan/what-waits-is-moved-and-keeps-its-bytes",
                    test_what_waits_is_moved_and_keeps_its_bytes);
    g_test_add_func("/plan/a-new-file-does-not-take-the-path-of-one-that-stays",
                    test_a_new_file_does_not_take_the_path_of_one_that_stays);
    g_test_add_func("/plan/what-waits-for-a-file-that-stays-is-left-alone",
                    test_what_waits_for_a_file_that_stays_is_left_alone);
    g_test_add_func("/plan/random-trees-around-files-that-stay",
                    test_random_trees_around_files_that_stay);
    g_test_add_func("/plan/long-rows-and-many-circles-are-cheap",
                    test_long_rows_and_many_circles_are_cheap);
    return g_test_run();
}
