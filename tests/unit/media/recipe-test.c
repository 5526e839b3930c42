/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "media/recipe.h"

#include "base/error.h"
#include "file-maker.h"

/* ---- MP3 ---- */

static GBytes *mp3_with(const char *title, gsize padding, guint32 audio_seed)
{
    g_autoptr(GByteArray) frames = g_byte_array_new();
    put_id3_frame(frames, "TIT2", title, strlen(title));
    const guint at = frames->len;
    g_byte_array_set_size(frames, (guint)(at + padding));
    memset(frames->data + at, 0, padding);
    g_autoptr(GByteArray) file = g_byte_array_new();
    put_id3(file, frames, FALSE);
    for (guint i = 0; i < 100; i++)
        put_mp3_frame(file, audio_seed + i, NULL);
    return make_bytes(file);
}

static void test_a_title_that_fits_is_written_in_place(void)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GBytes) old_file = mp3_with("first", 1000, 1);
    g_autoptr(GBytes) new_file = mp3_with("other", 1000, 1);
    gsize size = 0;
    g_autoptr(HthRecipe) recipe = make_recipe(old_file, new_file, HTH_FORMAT_MP3, &size);
    g_assert_cmpuint(size, <, 100);
    g_assert_true(hth_recipe_is_in_place(recipe));
    g_autoptr(HthByteSource) old = hth_byte_source_new_for_bytes(old_file);
    g_autoptr(GArray) patches = hth_recipe_in_place(recipe, old, NULL, NULL, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(patches->len, ==, 1);
    const HthRecipePatch *patch = &g_array_index(patches, HthRecipePatch, 0);
    g_assert_cmpuint(patch->offset, ==, 20);
    g_assert_cmpmem(g_bytes_get_data(patch->bytes, NULL), g_bytes_get_size(patch->bytes), "other",
                    5);
}

static void test_a_title_that_grows_moves_the_payload(void)
{
    g_autoptr(GBytes) old_file = mp3_with("first", 0, 1);
    g_autoptr(GBytes) new_file = mp3_with("a longer one", 0, 1);
    gsize size = 0;
    g_autoptr(HthRecipe) recipe = make_recipe(old_file, new_file, HTH_FORMAT_MP3, &size);
    g_assert_cmpuint(size, <, 120);
    g_assert_false(hth_recipe_is_in_place(recipe));
    g_assert_false(hth_recipe_is_generic(recipe));
}

static void test_another_payload_is_fetched(void)
{
    g_autoptr(GBytes) old_file = mp3_with("same", 0, 1);
    g_autoptr(GBytes) new_file = mp3_with("same", 0, 5000);
    g_autoptr(HthRecipe) recipe = make_recipe(old_file, new_file, HTH_FORMAT_MP3, NULL);
    g_assert_true(hth_recipe_is_generic(recipe));
    g_autoptr(GArray) needs = hth_recipe_fetch_list(recipe);
    g_assert_cmpuint(needs->len, ==, 1);
    g_assert_cmpuint(g_array_index(needs, HthNeed, 0).length, ==, 100 * 417);
}

static gboolean drop(const guint8 *bytes, gsize n, gpointer data, GError **error)
{
    return TRUE;
}

static void test_a_shorter_old_file_is_refused(void)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GBytes) old_file = mp3_with("first", 0, 1);
    g_autoptr(GBytes) new_file = mp3_with("other", 0, 1);
    g_autoptr(HthRecipe) recipe = make_recipe(old_file, new_file, HTH_FORMAT_MP3, NULL);
    g_autoptr(GBytes) shorter = g_bytes_new_from_bytes(old_file, 0, 1000);
    g_autoptr(HthByteSource) source = hth_byte_source_new_for_bytes(shorter);
    g_assert_false(hth_recipe_apply(recipe, source, NULL, drop, NULL, &error));
    g_assert_error(error, HTH_ERROR, HTH_ERROR_CORRUPT);
}

/* ---- Cut by content ---- */

static void test_unknown_files_share_chunks(void)
{
    g_autoptr(GByteArray) bytes = g_byte_array_new();
    put_noise(bytes, 1, 6 * 1024 * 1024);
    g_autoptr(GBytes) old_file = make_bytes(bytes);
    g_byte_array_prepend(bytes, (const guint8 *)"inserted", 8);
    g_autoptr(GBytes) new_file = make_bytes(bytes);
    g_autoptr(HthRecipe) recipe = make_recipe(old_file, new_file, HTH_FORMAT_AVI, NULL);
    g_assert_true(hth_recipe_is_generic(recipe));
    g_autoptr(GArray) needs = hth_recipe_fetch_list(recipe);
    guint64 fetched = 0;
    for (guint i = 0; i < needs->len; i++)
        fetched += g_array_index(needs, HthNeed, i).length;
    g_assert_cmpuint(fetched, >, 0);
    g_assert_cmpuint(fetched, <=, 2 * 1024 * 1024);
}

/* ---- Ogg ---- */

typedef struct {
    const char *title;
    guint a_page;
    guint32 serial;
    guint32 first_sequence; /* of the pages with sound */
    gboolean ends_empty;
} OpusFile;

static void put_opus(GByteArray *file, const OpusFile *how)
{
    g_autoptr(HthOggSum) sum = hth_ogg_sum_new();
    OggMaker maker = { .file = file, .sum = sum, .serial = how->serial };
    put_opus_headers(&maker, how->title);
    maker.sequence = how->first_sequence;
    put_opus_packets(&maker, 5, 2000, how->a_page, how->ends_empty);
}

static GBytes *opus_with(const OpusFile *how)
{
    g_autoptr(GByteArray) file = g_byte_array_new();
    put_opus(file, how);
    return make_bytes(file);
}

static const OpusFile opus_first = {
    .title = "one", .a_page = 50, .serial = 7, .first_sequence = 2
};

static void check_opus(const OpusFile *how, gsize max_bytes)
{
    g_autoptr(GBytes) old_file = opus_with(&opus_first);
    g_autoptr(GBytes) new_file = opus_with(how);
    gsize size = 0;
    g_autoptr(HthRecipe) recipe = make_recipe(old_file, new_file, HTH_FORMAT_OGG, &size);
    g_assert_false(hth_recipe_is_generic(recipe));
    g_assert_cmpuint(size, <, max_bytes);
    g_autoptr(HthRecipe) back = make_recipe(new_file, old_file, HTH_FORMAT_OGG, &size);
    g_assert_false(hth_recipe_is_generic(back));
    g_autoptr(HthLayout) old = read_layout(old_file, HTH_FORMAT_OGG);
    g_autoptr(HthLayout) new = read_layout(new_file, HTH_FORMAT_OGG);
    g_assert_true(hth_digest_equal(&old->essence, &new->essence));
}

static void test_ogg_pages_are_renumbered(void)
{
    const OpusFile how = { .title = "two", .a_page = 50, .serial = 7, .first_sequence = 9 };
    check_opus(&how, 150);
}

static void test_ogg_packets_are_cut_anew(void)
{
    const OpusFile how = { .title = "two", .a_page = 37, .serial = 99, .first_sequence = 2 };
    check_opus(&how, 250);
}

static void test_an_empty_last_packet_comes_and_goes(void)
{
    const OpusFile how = {
        .title = "two", .a_page = 50, .serial = 7, .first_sequence = 2, .ends_empty = TRUE
    };
    check_opus(&how, 250);
}

static void test_chained_ogg_is_two_runs(void)
{
    const OpusFile second = { .title = "b", .a_page = 20, .serial = 8, .first_sequence = 2 };
    OpusFile first = opus_first;
    GBytes *files[2];
    for (guint i = 0; i < 2; i++) {
        g_autoptr(GByteArray) file = g_byte_array_new();
        first.title = i == 0 ? "one" : "another title";
        first.first_sequence = 2 + i;
        put_opus(file, &first);
        put_opus(file, &second);
        files[i] = make_bytes(file);
    }
    g_autoptr(HthLayout) layout = read_layout(files[0], HTH_FORMAT_OGG);
    assert_regions(layout, "mOmO");
    gsize size = 0;
    g_autoptr(HthRecipe) recipe = make_recipe(files[0], files[1], HTH_FORMAT_OGG, &size);
    g_assert_false(hth_recipe_is_generic(recipe));
    g_assert_cmpuint(size, <, 200);
    g_bytes_unref(files[0]);
    g_bytes_unref(files[1]);
}

static void test_a_page_with_a_wrong_checksum_stays_as_it_is(void)
{
    GBytes *files[2];
    for (guint i = 0; i < 2; i++) {
        g_autoptr(GByteArray) file = g_byte_array_new();
        OpusFile how = opus_first;
        how.title = i == 0 ? "one" : "another title";
        put_opus(file, &how);
        file->data[file->len - 40000] ^= 1;
        files[i] = make_bytes(file);
    }
    g_autoptr(HthLayout) layout = read_layout(files[0], HTH_FORMAT_OGG);
    assert_regions(layout, "mOpO");
    g_autoptr(HthRecipe) recipe = make_recipe(files[0], files[1], HTH_FORMAT_OGG, NULL);
    g_assert_false(hth_recipe_is_generic(recipe));
    g_bytes_unref(files[0]);
    g_bytes_unref(files[1]);
}

/* Two streams page by page, as video and sound are. */
static GBytes *multiplexed(guint32 first_sequence)
{
    g_autoptr(HthOggSum) sum = hth_ogg_sum_new();
    g_autoptr(GByteArray) file = g_byte_array_new();
    OggMaker makers[2] = { { .file = file, .sum = sum, .serial = 1 },
                           { .file = file, .sum = sum, .serial = 2 } };
    put_opus_headers(&makers[0], "a");
    put_opus_headers(&makers[1], "b");
    makers[1].sequence = first_sequence;
    for (guint i = 0; i < 200; i++) {
        g_autoptr(GByteArray) body = g_byte_array_new();
        const guint8 sizes[2] = { 200, 100 };
        put_noise(body, i, 300);
        put_ogg_page(&makers[i % 2], 0, i * 960, body->data, sizes, 2);
    }
    return make_bytes(file);
}

static void test_multiplexed_ogg_is_one_run_of_two_streams(void)
{
    g_autoptr(GBytes) old_file = multiplexed(2);
    g_autoptr(GBytes) new_file = multiplexed(5);
    g_autoptr(HthLayout) layout = read_layout(old_file, HTH_FORMAT_OGG);
    assert_regions(layout, "mO");
    gsize size = 0;
    g_autoptr(HthRecipe) recipe = make_recipe(old_file, new_file, HTH_FORMAT_OGG, &size);
    g_assert_false(hth_recipe_is_generic(recipe));
    g_assert_cmpuint(size, <, 150);
}

/* ---- Strangers ---- */

static void test_nonsense_is_no_recipe(void)
{
    static const struct {
        const char *bytes;
        gsize n;
        HthError code;
    } rows[] = {
        { "", 0, HTH_ERROR_CORRUPT },
        { "X\1\1\1x", 5, HTH_ERROR_CORRUPT },
        { "R\1\5\4nons", 8, HTH_ERROR_CORRUPT },
        { "R\1\5\x7f", 4, HTH_ERROR_CORRUPT },
        { "R\2\5\1x", 5, HTH_ERROR_NEWER },
        { "R\1\xff\xff\xff\x7f\1x", 8, HTH_ERROR_TOO_LARGE },
    };
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(GBytes) bytes = g_bytes_new_static(rows[i].bytes, rows[i].n);
        g_assert_null(hth_recipe_decode(bytes, &error));
        g_assert_error(error, HTH_ERROR, (gint)rows[i].code);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/recipe/a-title-that-fits-is-written-in-place",
                    test_a_title_that_fits_is_written_in_place);
    g_test_add_func("/recipe/a-title-that-grows-moves-the-payload",
                    test_a_title_that_grows_moves_the_payload);
    g_test_add_func("/recipe/another-payload-is-fetched", test_another_payload_is_fetched);
    g_test_add_func("/recipe/a-shorter-old-file-is-refused", test_a_shorter_old_file_is_refused);
    g_test_add_func("/recipe/unknown-files-share-chunks", test_unknown_files_share_chunks);
    g_test_add_func("/recipe/ogg-pages-are-renumbered", test_ogg_pages_are_renumbered);
    g_test_add_func("/recipe/ogg-packets-are-cut-anew", test_ogg_packets_are_cut_anew);
    g_test_add_func("/recipe/an-empty-last-packet-comes-and-goes",
                    test_an_empty_last_packet_comes_and_goes);
    g_test_add_func("/recipe/chained-ogg-is-two-runs", test_chained_ogg_is_two_runs);
    g_test_add_func("/recipe/a-page-with-a-wrong-checksum-stays-as-it-is",
                    test_a_page_with_a_wrong_checksum_stays_as_it_is);
    g_test_add_func("/recipe/multiplexed-ogg-is-one-run-of-two-streams",
                    test_multiplexed_ogg_is_one_run_of_two_streams);
    g_test_add_func("/recipe/nonsense-is-no-recipe", test_nonsense_is_no_recipe);
    return g_test_run();
}
