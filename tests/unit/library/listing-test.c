/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "library/listing.h"

#include <stdatomic.h>

static HthListing *listing_of(guint n, guint32 update_id)
{
    GArray *refs = g_array_new(FALSE, FALSE, sizeof(HthObjectRef));
    for (guint i = 0; i < n; i++) {
        const HthObjectRef ref = hth_ref(HTH_REF_ITEM, i + 1);
        g_array_append_val(refs, ref);
    }
    return hth_listing_new(refs, "music-all", FALSE, update_id);
}

#define CONTAINER hth_ref(HTH_REF_STATIC, HTH_STATIC_MUSIC_ALL)
#define OTHER     hth_ref(HTH_REF_STATIC, HTH_STATIC_VIDEO_ALL)

static void test_keeps_each_order_until_the_container_changes(void)
{
    HthListingCache *cache = hth_listing_cache_new();
    g_autoptr(HthListing) plain = listing_of(3, 1), sorted = listing_of(3, 1),
                          other = listing_of(1, 1);
    hth_listing_cache_add(cache, CONTAINER, "", plain, 1);
    hth_listing_cache_add(cache, CONTAINER, "+5", sorted, 1);
    hth_listing_cache_add(cache, OTHER, "", other, 1);
    g_autoptr(HthListing) found = hth_listing_cache_find(cache, CONTAINER, "+5");
    g_assert_true(found == sorted);
    g_assert_null(hth_listing_cache_find(cache, CONTAINER, "-5"));
    hth_listing_cache_drop(cache, CONTAINER, 2);
    g_assert_null(hth_listing_cache_find(cache, CONTAINER, ""));
    g_assert_null(hth_listing_cache_find(cache, CONTAINER, "+5"));
    g_autoptr(HthListing) kept = hth_listing_cache_find(cache, OTHER, "");
    g_assert_true(kept == other);
    hth_listing_cache_free(cache);
}

static void test_refuses_what_was_read_before_a_change(void)
{
    HthListingCache *cache = hth_listing_cache_new();
    g_autoptr(HthListing) listing = listing_of(3, 1);
    hth_listing_cache_drop(cache, CONTAINER, 5);
    hth_listing_cache_add(cache, CONTAINER, "", listing, 4);
    g_assert_null(hth_listing_cache_find(cache, CONTAINER, ""));
    hth_listing_cache_add(cache, CONTAINER, "", listing, 5);
    g_autoptr(HthListing) found = hth_listing_cache_find(cache, CONTAINER, "");
    g_assert_true(found == listing);
    hth_listing_cache_free(cache);
}

static void test_memory_is_bounded(void)
{
    HthListingCache *cache = hth_listing_cache_new();
    const guint n = HTH_LISTING_CACHE_BYTES / sizeof(HthObjectRef) / 4;
    for (guint i = 0; i < 8; i++) {
        g_autoptr(HthListing) listing = listing_of(n, 1);
        hth_listing_cache_add(cache, hth_ref(HTH_REF_ALBUM, i + 1), "", listing, 1);
    }
    guint n_kept = 0;
    for (guint i = 0; i < 8; i++) {
        g_autoptr(HthListing) found =
            hth_listing_cache_find(cache, hth_ref(HTH_REF_ALBUM, i + 1), "");
        n_kept += found != NULL;
    }
    g_assert_cmpuint(n_kept, ==, 3);
    g_autoptr(HthListing) newest = hth_listing_cache_find(cache, hth_ref(HTH_REF_ALBUM, 8), "");
    g_assert_nonnull(newest);
    g_autoptr(HthListing) huge = listing_of(n * 3, 1);
    hth_listing_cache_add(cache, CONTAINER, "", huge, 1);
    g_assert_null(hth_listing_cache_find(cache, CONTAINER, ""));
    hth_listing_cache_free(cache);
}

static void test_another_id_shares_the_rows(void)
{
    g_autoptr(HthListing) listing = listing_of(3, 9);
    g_autoptr(HthListing) renamed = hth_listing_renamed(listing, "music-all.x");
    g_assert_cmpstr(renamed->container_id, ==, "music-all.x");
    g_assert_true(renamed->refs == listing->refs);
    g_assert_cmpuint(renamed->update_id, ==, 9);
    g_autoptr(HthListing) same = hth_listing_renamed(listing, "music-all");
    g_assert_true(same == listing);
}

/* What a listing says is the sequence that it was read at: none may be found that is older than the
 * last drop before the search began. */
typedef struct {
    HthListingCache *cache;
    atomic_uint_least64_t sequence; /* as the library's: raised first, dropped then */
    atomic_uint_least64_t dropped;
    atomic_bool is_over;
} Race;

static gpointer read_often(gpointer data)
{
    Race *race = data;
    while (!atomic_load(&race->is_over)) {
        const guint64 dropped = atomic_load(&race->dropped);
        g_autoptr(HthListing) found = hth_listing_cache_find(race->cache, CONTAINER, "");
        if (found != NULL)
            g_assert_cmpuint(found->update_id, >=, dropped);
        const guint64 sequence = atomic_load(&race->sequence);
        g_autoptr(HthListing) made = listing_of(2, (guint32)sequence);
        hth_listing_cache_add(race->cache, CONTAINER, "", made, sequence);
    }
    return NULL;
}

static void test_no_thread_finds_a_stale_listing(void)
{
    Race race = { .cache = hth_listing_cache_new() };
    GThread *threads[4];
    for (guint i = 0; i < G_N_ELEMENTS(threads); i++)
        threads[i] = g_thread_new("reader", read_often, &race);
    for (guint i = 0; i < 3000; i++) {
        const guint64 sequence = atomic_fetch_add(&race.sequence, 1) + 1;
        hth_listing_cache_drop(race.cache, CONTAINER, sequence);
        atomic_store(&race.dropped, sequence);
    }
    atomic_store(&race.is_over, TRUE);
    for (guint i = 0; i < G_N_ELEMENTS(threads); i++)
        g_thread_join(threads[i]);
    hth_listing_cache_free(race.cache);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/listing/keeps-each-order-until-the-container-changes",
                    test_keeps_each_order_until_the_container_changes);
    g_test_add_func("/listing/refuses-what-was-read-before-a-change",
                    test_refuses_what_was_read_before_a_change);
    g_test_add_func("/listing/memory-is-bounded", test_memory_is_bounded);
    g_test_add_func("/listing/another-id-shares-the-rows", test_another_id_shares_the_rows);
    g_test_add_func("/listing/no-thread-finds-a-stale-listing",
                    test_no_thread_finds_a_stale_listing);
    return g_test_run();
}
