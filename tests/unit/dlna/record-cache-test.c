/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "record-cache.h"

#include <string.h>

static HthRecord *new_record(HthObjectRef ref, const char *title)
{
    HthObject object = { .ref = ref,
                         .leaf_id = (char *)"leaf",
                         .parent_id = (char *)"parent",
                         .class = HTH_OBJECT_MUSIC_TRACK,
                         .title = (char *)title };
    return hth_record_new(&object);
}

static gboolean has(HthRecordCache *cache, HthObjectRef ref, const char *title)
{
    HthRecordCopy copy;
    if (!hth_record_cache_get(cache, ref, &copy))
        return FALSE;
    g_assert_cmpuint(copy.record.ref, ==, ref);
    HthRecordStrings strings;
    hth_record_strings(&copy.record, &strings);
    if (title != NULL)
        g_assert_cmpstr(strings.texts[HTH_RECORD_TITLE].text, ==, title);
    return TRUE;
}

static void forget(HthRecordCache *cache, HthObjectRef ref, guint64 sequence)
{
    const HthLibraryChange change = { .sequence = sequence, .refs = &ref, .n_refs = 1 };
    hth_record_cache_forget(cache, &change);
}

static void test_gives_back_what_was_put(void)
{
    g_autoptr(HthRecordCache) cache = hth_record_cache_new(1 << 24);
    for (guint i = 1; i <= 5000; i++) {
        g_autofree char *title = g_strdup_printf("title %u", i);
        hth_record_cache_put(cache, new_record(i, title), 0);
    }
    for (guint i = 1; i <= 5000; i++) {
        g_autofree char *title = g_strdup_printf("title %u", i);
        g_assert_true(has(cache, i, title));
    }
    g_assert_false(has(cache, 5001, NULL));
    hth_record_cache_put(cache, new_record(7, "another"), 0);
    g_assert_true(has(cache, 7, "another"));
}

static void test_forgets_one_and_all(void)
{
    g_autoptr(HthRecordCache) cache = hth_record_cache_new(1 << 24);
    for (guint i = 1; i <= 3000; i++)
        hth_record_cache_put(cache, new_record(i, "x"), 0);
    for (guint i = 1; i <= 3000; i += 3)
        forget(cache, i, 1);
    for (guint i = 1; i <= 3000; i++)
        g_assert_true(has(cache, i, NULL) == (i % 3 != 1));
    const HthLibraryChange all = { .sequence = 2, .is_everything = TRUE };
    hth_record_cache_forget(cache, &all);
    for (guint i = 1; i <= 3000; i++)
        g_assert_false(has(cache, i, NULL));
}

static void test_does_not_keep_what_is_older_than_a_change(void)
{
    g_autoptr(HthRecordCache) cache = hth_record_cache_new(1 << 24);
    forget(cache, 5, 10);
    hth_record_cache_put(cache, new_record(5, "old"), 9);
    g_assert_false(has(cache, 5, NULL));
    hth_record_cache_put(cache, new_record(5, "new"), 10);
    g_assert_true(has(cache, 5, "new"));
    const HthLibraryChange all = { .sequence = 20, .is_everything = TRUE };
    hth_record_cache_forget(cache, &all);
    hth_record_cache_put(cache, new_record(6, "old"), 19);
    g_assert_false(has(cache, 6, NULL));
}

static void test_stays_within_its_bound(void)
{
    const gsize bound = 1 << 20;
    g_autoptr(HthRecordCache) cache = hth_record_cache_new(bound);
    for (guint i = 1; i <= 50000; i++) {
        hth_record_cache_put(cache, new_record(i, "a title of some length"), 0);
        if (i % 1000 == 0)
            g_assert_cmpuint(hth_record_cache_size_bytes(cache), <=, bound + 16384);
    }
    guint n_kept = 0;
    for (guint i = 1; i <= 50000; i++)
        n_kept += has(cache, i, NULL) ? 1 : 0;
    g_assert_cmpuint(n_kept, >, 2000);
}

/* What is asked for all the time stays, whatever else passes through. */
static void test_keeps_what_is_used(void)
{
    g_autoptr(HthRecordCache) cache = hth_record_cache_new(1 << 20);
    hth_record_cache_put(cache, new_record(1, "used"), 0);
    for (guint i = 2; i <= 50000; i++) {
        g_assert_true(has(cache, 1, "used"));
        hth_record_cache_put(cache, new_record(i, "a title of some length"), 0);
    }
}

typedef struct {
    HthRecordCache *cache;
    gint is_over;
} Shared;

static gpointer read_on(gpointer data)
{
    Shared *shared = data;
    guint n = 0;
    while (!g_atomic_int_get(&shared->is_over)) {
        const HthObjectRef ref = n++ % 500 + 1;
        g_autofree char *title = g_strdup_printf("title %u", ref);
        if (!has(shared->cache, ref, title))
            hth_record_cache_put(shared->cache, new_record(ref, title), G_MAXUINT64);
    }
    return NULL;
}

static void test_many_threads_read_whole_records(void)
{
    g_autoptr(HthRecordCache) cache = hth_record_cache_new(1 << 16); /* so small that it evicts */
    Shared shared = { .cache = cache };
    GThread *threads[4];
    for (guint i = 0; i < G_N_ELEMENTS(threads); i++)
        threads[i] = g_thread_new("reader", read_on, &shared);
    for (guint i = 0; i < 20000; i++)
        forget(cache, i % 500 + 1, i);
    g_atomic_int_set(&shared.is_over, 1);
    for (guint i = 0; i < G_N_ELEMENTS(threads); i++)
        g_thread_join(threads[i]);
}

static void assert_text(const HthObject *object, HthRecordText which, const char *expected)
{
    g_autofree HthRecord *record = hth_record_new(object);
    HthRecordStrings strings;
    hth_record_strings(record, &strings);
    g_assert_cmpstr(strings.texts[which].text, ==, expected);
}

static void test_strings_are_escaped_cut_and_clean(void)
{
    HthObject object = { .leaf_id = (char *)"leaf",
                         .parent_id = (char *)"p",
                         .title = (char *)"a<b>&\"c\"\001\xff"
                                          "d" };
    assert_text(&object, HTH_RECORD_TITLE,
                "a&amp;lt;b&amp;gt;&amp;amp;&amp;quot;c&amp;quot;\357\277\275d");
    g_autofree char *most = g_strnfill(HTH_RECORD_MAX_TITLE - 1, 'x');
    g_autofree char *more = g_strconcat(most, "\303\251\303\251", NULL); /* cut within a letter */
    object.title = more;
    assert_text(&object, HTH_RECORD_TITLE, most);
    object.title = (char *)"t";
    static const char *const dates[][2] = {
        { "1999", "1999-01-01" },
        { "1999-05", "1999-05-01" },
        { "1999-05-31", "1999-05-31" },
        { "1999-05-31T12:30:00", "1999-05-31T12:30:00" },
        { "1999-05-31T12:30:00+02:00", "1999-05-31T12:30:00" },
        { "soon", "" },
    };
    for (guint i = 0; i < G_N_ELEMENTS(dates); i++) {
        object.date = (char *)dates[i][0];
        assert_text(&object, HTH_RECORD_DATE, dates[i][1]);
    }
}

static void test_a_usual_track_is_small(void)
{
    g_autoptr(GPtrArray) artists = g_ptr_array_new();
    g_ptr_array_add(artists, (gpointer) "Ella Fitzgerald");
    HthObject object = { .leaf_id = (char *)"abcdefghijklm",
                         .parent_id = (char *)"folder-abcdefghijklm",
                         .title = (char *)"Someone to Watch Over Me",
                         .album = (char *)"Ella Sings Gershwin",
                         .artwork_id = (char *)"nopqrstuvwxyz",
                         .date = (char *)"1950",
                         .artists = artists,
                         .album_artists = artists };
    g_autofree HthRecord *record = hth_record_new(&object);
    g_assert_cmpuint(record->size_bytes, <, 240);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/record-cache/gives-back-what-was-put", test_gives_back_what_was_put);
    g_test_add_func("/record-cache/forgets-one-and-all", test_forgets_one_and_all);
    g_test_add_func("/record-cache/does-not-keep-what-is-older-than-a-change",
                    test_does_not_keep_what_is_older_than_a_change);
    g_test_add_func("/record-cache/stays-within-its-bound", test_stays_within_its_bound);
    g_test_add_func("/record-cache/keeps-what-is-used", test_keeps_what_is_used);
    g_test_add_func("/record-cache/many-threads-read-whole-records",
                    test_many_threads_read_whole_records);
    g_test_add_func("/record/strings-are-escaped-cut-and-clean",
                    test_strings_are_escaped_cut_and_clean);
    g_test_add_func("/record/a-usual-track-is-small", test_a_usual_track_is_small);
    return g_test_run();
}
