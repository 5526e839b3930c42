/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "media/mp4-samples.h"

#include <string.h>

static void put(GByteArray *to, guint64 value, guint n_bytes)
{
    for (guint i = n_bytes; i-- > 0;) {
        const guint8 byte = (guint8)(value >> (8 * i));
        g_byte_array_append(to, &byte, 1);
    }
}

/* Begins a box; its size is written when it ends. */
static guint begin(GByteArray *to, const char *type)
{
    const guint at = to->len;
    put(to, 0, 4);
    g_byte_array_append(to, (const guint8 *)type, 4);
    return at;
}

static void end(GByteArray *to, guint at)
{
    const guint32 size = GUINT32_TO_BE(to->len - at);
    memcpy(to->data + at, &size, 4);
}

/* A full box of @n numbers of @width bytes each. */
static void add_table(GByteArray *to, const char *type, guint width, const guint64 *numbers,
                      guint n)
{
    const guint at = begin(to, type);
    put(to, 0, 4);
    for (guint i = 0; i < n; i++)
        put(to, numbers[i], i < 1 ? 4 : width);
    end(to, at);
}

#define TABLE(to, type, width, ...)                                                                \
    add_table(to, type, width, (const guint64[]){ __VA_ARGS__ },                                   \
              sizeof((const guint64[]){ __VA_ARGS__ }) / sizeof(guint64))

static HthMp4Samples *open_tables(GByteArray *stbl, HthByteSource **out_source)
{
    g_autoptr(GBytes) bytes = g_bytes_new(stbl->data, stbl->len);
    *out_source = hth_byte_source_new_for_bytes(bytes);
    HthMp4Box box;
    g_assert_true(hth_mp4_box_read(*out_source, 0, stbl->len, &box, NULL));
    return hth_mp4_samples_new(*out_source, &box);
}

/* What the tables in @stbl say, as text: "offset+size …" and how it ended. */
static char *walk(GByteArray *stbl)
{
    g_autoptr(HthByteSource) source = NULL;
    end(stbl, 0);
    g_autoptr(HthMp4Samples) samples = open_tables(stbl, &source);
    if (samples == NULL)
        return g_strdup("refused");
    GString *text = g_string_new(NULL);
    guint64 offset = 0;
    guint32 size = 0;
    HthMp4SampleResult result;
    for (guint i = 0; i < 100; i++) {
        result = hth_mp4_samples_next(samples, &offset, &size);
        if (result != HTH_MP4_SAMPLE)
            break;
        g_string_append_printf(text, "%" G_GUINT64_FORMAT "+%u ", offset, size);
    }
    g_string_append(text, result == HTH_MP4_SAMPLES_END ? "end" : "broken");
    return g_string_free(text, FALSE);
}

static void assert_walk(GByteArray *stbl, const char *expected)
{
    g_autofree char *text = walk(stbl);
    g_assert_cmpstr(text, ==, expected);
}

static GByteArray *new_stbl(void)
{
    GByteArray *stbl = g_byte_array_new();
    begin(stbl, "stbl");
    return stbl;
}

static void test_runs(void)
{
    g_autoptr(GByteArray) stbl = new_stbl();
    TABLE(stbl, "stsz", 4, 0, 5, 10, 20, 30, 40, 50);
    TABLE(stbl, "stsc", 4, 2, 1, 2, 1, 2, 1, 1);
    TABLE(stbl, "stco", 4, 4, 1000, 2000, 3000, 4000);
    assert_walk(stbl, "1000+10 1010+20 2000+30 3000+40 4000+50 end");
}

static void test_wide_and_compact(void)
{
    g_autoptr(GByteArray) stbl = new_stbl();
    const guint at = begin(stbl, "stz2");
    put(stbl, 0, 4);
    put(stbl, 4, 4); /* bits */
    put(stbl, 3, 4);
    put(stbl, 0x5f30, 2);
    end(stbl, at);
    TABLE(stbl, "stsc", 4, 1, 1, 9, 1);
    TABLE(stbl, "co64", 8, 1, G_GUINT64_CONSTANT(0x123456789a));
    assert_walk(stbl, "78187493530+5 78187493535+15 78187493550+3 end");
}

static void test_pcm(void)
{
    g_autoptr(GByteArray) stbl = new_stbl();
    TABLE(stbl, "stsz", 4, 4, 250);
    TABLE(stbl, "stsc", 4, 1, 1, 100, 1);
    TABLE(stbl, "stco", 4, 3, 10, 1000, 5000);
    assert_walk(stbl, "10+400 1000+400 5000+200 end");
}

static void test_broken(void)
{
    g_autoptr(GByteArray) few_chunks = new_stbl();
    TABLE(few_chunks, "stsz", 4, 0, 3, 1, 2, 3);
    TABLE(few_chunks, "stsc", 4, 1, 1, 1, 1);
    TABLE(few_chunks, "stco", 4, 2, 7, 9);
    assert_walk(few_chunks, "7+1 9+2 broken");

    g_autoptr(GByteArray) no_runs = new_stbl();
    TABLE(no_runs, "stsz", 4, 0, 1, 1);
    TABLE(no_runs, "stsc", 4, 0);
    TABLE(no_runs, "stco", 4, 1, 7);
    assert_walk(no_runs, "broken");

    g_autoptr(GByteArray) past_end = new_stbl();
    TABLE(past_end, "stsz", 4, 0, 2, 1, 1);
    TABLE(past_end, "stsc", 4, 1, 1, 2, 1);
    TABLE(past_end, "co64", 8, 1, G_MAXUINT64);
    assert_walk(past_end, "broken");
}

static void test_counts(void)
{
    static const struct {
        guint64 sizes, runs, chunks;
    } rows[] = { { 0xffffffff, 1, 1 }, { 2, 0xffffffff, 1 }, { 2, 1, 0xffffffff } };
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(GByteArray) stbl = new_stbl();
        TABLE(stbl, "stsz", 4, 0, rows[i].sizes, 1, 1);
        TABLE(stbl, "stsc", 4, rows[i].runs, 1, 2, 1);
        TABLE(stbl, "stco", 4, rows[i].chunks, 7);
        assert_walk(stbl, "refused");
    }
    g_autoptr(GByteArray) missing = new_stbl();
    TABLE(missing, "stsz", 4, 0, 1, 1);
    assert_walk(missing, "refused");
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/mp4-samples/chunks-follow-the-runs", test_runs);
    g_test_add_func("/mp4-samples/64-bit-places-and-4-bit-lengths-are-read", test_wide_and_compact);
    g_test_add_func("/mp4-samples/pcm-comes-by-the-chunk", test_pcm);
    g_test_add_func("/mp4-samples/tables-that-contradict-each-other-are-broken", test_broken);
    g_test_add_func("/mp4-samples/counts-that-do-not-fit-their-box-are-refused", test_counts);
    return g_test_run();
}
