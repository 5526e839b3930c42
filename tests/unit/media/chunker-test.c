/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "media/chunker.h"

#include "file-maker.h"

#define KIB 1024U

static GArray *cut_all(const GByteArray *bytes, const HthCutter *cutter)
{
    g_autoptr(HthChunker) chunker = hth_chunker_new(cutter);
    GArray *lengths = g_array_new(FALSE, FALSE, sizeof(gsize));
    for (gsize at = 0; at < bytes->len;) {
        const gsize n = hth_chunker_cut(chunker, bytes->data + at, bytes->len - at);
        g_array_append_val(lengths, n);
        at += n;
    }
    return lengths;
}

static const HthCutter small = {
    .id = HTH_CUTTER_FASTCDC, .min_bytes = 4 * KIB, .average_bytes = 16 * KIB, .max_bytes = 64 * KIB
};

static void test_lengths_keep_their_bounds_and_their_average(void)
{
    g_autoptr(GByteArray) bytes = g_byte_array_new();
    put_noise(bytes, 1, 4096 * KIB);
    g_autoptr(GArray) lengths = cut_all(bytes, &small);
    for (guint i = 0; i + 1 < lengths->len; i++) {
        g_assert_cmpuint(g_array_index(lengths, gsize, i), >=, small.min_bytes);
        g_assert_cmpuint(g_array_index(lengths, gsize, i), <=, small.max_bytes);
    }
    g_assert_cmpuint(bytes->len / lengths->len, >, small.average_bytes / 2);
    g_assert_cmpuint(bytes->len / lengths->len, <, small.average_bytes * 2);
}

/* Cut otherwise, every layout that anyone keeps would look different. */
static void test_cuts_are_the_same_for_ever(void)
{
    static const gsize expected[] = { 4268, 17662, 17134, 21584, 19854, 16830, 19347, 12150, 2243 };
    g_autoptr(GByteArray) bytes = g_byte_array_new();
    put_noise(bytes, 7, 128 * KIB);
    g_autoptr(GArray) lengths = cut_all(bytes, &small);
    g_assert_cmpuint(lengths->len, ==, G_N_ELEMENTS(expected));
    for (guint i = 0; i < lengths->len; i++)
        g_assert_cmpuint(g_array_index(lengths, gsize, i), ==, expected[i]);
}

static void test_an_insertion_moves_few_cuts(void)
{
    g_autoptr(GByteArray) bytes = g_byte_array_new();
    put_noise(bytes, 1, 2048 * KIB);
    g_autoptr(GArray) before = cut_all(bytes, &small);
    g_byte_array_prepend(bytes, (const guint8 *)"inserted", 8);
    g_autoptr(GArray) after = cut_all(bytes, &small);
    guint n_same = 0;
    while (n_same < MIN(before->len, after->len) &&
           g_array_index(before, gsize, before->len - 1 - n_same) ==
               g_array_index(after, gsize, after->len - 1 - n_same))
        n_same++;
    g_assert_cmpuint(n_same, >=, before->len - 8);
}

static void test_large_files_have_larger_chunks(void)
{
    const HthCutter usual = hth_cutter_for_size(1000);
    g_assert_cmpuint(usual.min_bytes, ==, 64 * KIB);
    g_assert_cmpuint(usual.average_bytes, ==, 256 * KIB);
    g_assert_cmpuint(usual.max_bytes, ==, 1024 * KIB);
    for (guint64 size = 1; size < G_MAXINT64 / 4; size *= 4) {
        const HthCutter cutter = hth_cutter_for_size(size);
        g_assert_true(hth_cutter_is_valid(&cutter));
        g_assert_cmpuint(cutter.average_bytes, >=, MIN(size / 16384, 16 * KIB * KIB) / 2);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/chunker/lengths-keep-their-bounds-and-their-average",
                    test_lengths_keep_their_bounds_and_their_average);
    g_test_add_func("/chunker/cuts-are-the-same-for-ever", test_cuts_are_the_same_for_ever);
    g_test_add_func("/chunker/an-insertion-moves-few-cuts", test_an_insertion_moves_few_cuts);
    g_test_add_func("/chunker/large-files-have-larger-chunks", test_large_files_have_larger_chunks);
    return g_test_run();
}
