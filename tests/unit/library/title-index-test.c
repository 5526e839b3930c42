/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "library/title-index.h"

#include <stdatomic.h>
#include <string.h>

#define N_TITLES 2000

typedef struct {
    GPtrArray *titles;
    atomic_uint version; /* with another one every title has another letter */
} Titles;

/* Random titles of few letters, so that words meet often; one is long, one is empty. */
static Titles *titles_new(void)
{
    Titles *self = g_new0(Titles, 1);
    self->titles = g_ptr_array_new_with_free_func(g_free);
    for (guint i = 0; i < N_TITLES; i++) {
        const guint length = i == 7 ? 0 : i == 8 ? 1000 : (guint)g_test_rand_int_range(1, 40);
        char *title = g_malloc(length + 1);
        for (guint k = 0; k < length; k++)
            title[k] = "abc é"[g_test_rand_int_range(0, 4)];
        title[length] = '\0';
        g_ptr_array_add(self->titles, title);
    }
    return self;
}

static void titles_free(Titles *self)
{
    g_ptr_array_unref(self->titles);
    g_free(self);
}

static gboolean read_titles(HthTitles kind, GArray *rows, GString *text, gpointer data)
{
    Titles *self = data;
    const guint version = atomic_load(&self->version);
    for (guint32 i = 0; i < self->titles->len; i++) {
        const guint32 row = i + 1;
        g_array_append_val(rows, row);
        g_string_append_printf(text, "%s%c\n", (char *)self->titles->pdata[i], 'A' + version % 20);
    }
    return TRUE;
}

static GArray *search(HthTitleIndex *index, Titles *titles, const char *word)
{
    GArray *refs = g_array_new(FALSE, FALSE, sizeof(HthObjectRef));
    hth_title_index_search(index, HTH_TITLES_TRACKS, HTH_REF_ITEM, word, refs, read_titles, titles);
    return refs;
}

static void test_finds_what_a_search_from_end_to_end_finds(void)
{
    HthTitleIndex *index = hth_title_index_new();
    Titles *titles = titles_new();
    for (guint round = 0; round < 600; round++) {
        char word[24] = "";
        const guint length = (guint)g_test_rand_int_range(1, 20);
        for (guint i = 0; i < length; i++)
            word[i] = "abc "[g_test_rand_int_range(0, 4)];
        g_autoptr(GArray) found = search(index, titles, word);
        guint n = 0;
        for (guint i = 0; i < titles->titles->len; i++) {
            if (strstr(titles->titles->pdata[i], word) == NULL)
                continue;
            g_assert_cmpuint(n, <, found->len);
            g_assert_cmpuint(g_array_index(found, HthObjectRef, n++), ==,
                             hth_ref(HTH_REF_ITEM, i + 1));
        }
        g_assert_cmpuint(n, ==, found->len);
    }
    g_autoptr(GArray) all = search(index, titles, "A");
    g_assert_cmpuint(all->len, ==, N_TITLES); /* the last letter of each, the empty one's too */
    g_autoptr(GArray) none = search(index, titles, "A\na");
    g_assert_cmpuint(none->len, ==, 0); /* no word reaches into the next title */
    titles_free(titles);
    hth_title_index_free(index);
}

static void test_a_change_is_found_after_it_was_told(void)
{
    HthTitleIndex *index = hth_title_index_new();
    Titles *titles = titles_new();
    g_autoptr(GArray) before = search(index, titles, "B");
    g_assert_cmpuint(before->len, ==, 0);
    atomic_store(&titles->version, 1);
    hth_title_index_drop(index, HTH_STATIC_VIDEO_ALL); /* another kind's */
    g_autoptr(GArray) still = search(index, titles, "A");
    g_assert_cmpuint(still->len, ==, N_TITLES);
    hth_title_index_drop(index, HTH_STATIC_MUSIC_ALL);
    g_autoptr(GArray) after = search(index, titles, "B");
    g_assert_cmpuint(after->len, ==, N_TITLES);
    titles_free(titles);
    hth_title_index_free(index);
}

typedef struct {
    HthTitleIndex *index;
    Titles *titles;
    atomic_bool is_over;
} Race;

/* All titles are of one version, whichever it is: 20 letters, one of them is everyone's. */
static gpointer search_often(gpointer data)
{
    Race *race = data;
    while (!atomic_load(&race->is_over)) {
        const char word[2] = { (char)('A' + g_random_int_range(0, 20)), '\0' };
        g_autoptr(GArray) found = search(race->index, race->titles, word);
        g_assert_true(found->len == 0 || found->len == N_TITLES);
    }
    return NULL;
}

static void test_searches_go_on_while_titles_change(void)
{
    Race race = { .index = hth_title_index_new(), .titles = titles_new() };
    GThread *threads[4];
    for (guint i = 0; i < G_N_ELEMENTS(threads); i++)
        threads[i] = g_thread_new("search", search_often, &race);
    for (guint i = 0; i < 200; i++) {
        atomic_fetch_add(&race.titles->version, 1);
        hth_title_index_drop(race.index, HTH_STATIC_MUSIC_ALL);
        g_usleep(500);
    }
    atomic_store(&race.is_over, TRUE);
    for (guint i = 0; i < G_N_ELEMENTS(threads); i++)
        g_thread_join(threads[i]);
    titles_free(race.titles);
    hth_title_index_free(race.index);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/title-index/finds-what-a-search-from-end-to-end-finds",
                    test_finds_what_a_search_from_end_to_end_finds);
    g_test_add_func("/title-index/a-change-is-found-after-it-was-told",
                    test_a_change_is_found_after_it_was_told);
    g_test_add_func("/title-index/searches-go-on-while-titles-change",
                    test_searches_go_on_while_titles_change);
    return g_test_run();
}
