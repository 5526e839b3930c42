/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "media/matroska-element.h"

#include <string.h>

typedef struct {
    HthByteSource *source;
    HthMatroskaWindow window;
} Fixture;

static void open_bytes(Fixture *self, const char *bytes, gsize n)
{
    g_autoptr(GBytes) all = g_bytes_new(bytes, n);
    self->source = hth_byte_source_new_for_bytes(all);
    hth_matroska_window_init(&self->window, self->source);
}

static gboolean read_first(const char *bytes, gsize n, HthMatroskaElement *out_element)
{
    Fixture self;
    open_bytes(&self, bytes, n);
    const gboolean is_read = hth_matroska_element_read(&self.window, 0, n, out_element);
    hth_byte_source_unref(self.source);
    return is_read;
}

static void test_sizes(void)
{
    HthMatroskaElement element;
    g_assert_true(read_first("\xEC\x82zz", 4, &element));
    g_assert_cmphex(element.id, ==, HTH_EBML_VOID);
    g_assert_cmpuint(element.end, ==, 4);
    g_assert_false(element.has_unknown_size);

    g_assert_true(read_first("\x1F\x43\xB6\x75\x01\x00\x00\x00\x00\x00\x00\x02zz", 14, &element));
    g_assert_cmphex(element.id, ==, HTH_MATROSKA_CLUSTER);
    g_assert_cmpuint(element.header_bytes, ==, 12);
    g_assert_cmpuint(element.end, ==, 14);

    g_assert_true(read_first("\x1F\x43\xB6\x75\xFFzzz", 8, &element));
    g_assert_true(element.has_unknown_size);
    g_assert_cmpuint(element.end, ==, 8);
}

static void test_broken_headers(void)
{
    static const struct {
        const char *bytes;
        gsize n;
    } rows[] = {
        { "", 0 },
        { "\xEC", 1 },
        { "\xEC\x83zz", 4 },                /* longer than its parent */
        { "\x00\x81z", 3 },                 /* no id */
        { "\x08\x00\x00\x00\x00\x81z", 7 }, /* an id of 5 bytes */
        { "\xEC\x00zz", 4 },                /* a size of more than 8 */
        { "\xEC\x01\xff\xff\xff\xff\xff\xff\xfe", 9 },
        { "\x1F\x43", 2 },
    };
    HthMatroskaElement element;
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++)
        g_assert_false(read_first(rows[i].bytes, rows[i].n, &element));
}

/* The lengths of the frames of the block, as text; "broken". */
static char *frames(const char *bytes, gsize n)
{
    Fixture self;
    HthMatroskaElement element;
    HthMatroskaBlock block;
    open_bytes(&self, bytes, n);
    GString *text = g_string_new(NULL);
    g_assert_true(hth_matroska_element_read(&self.window, 0, n, &element));
    if (!hth_matroska_block_read(&self.window, &element, &block))
        g_string_append(text, "broken");
    else {
        g_string_append_printf(text, "track %" G_GUINT64_FORMAT " at %" G_GUINT64_FORMAT ":",
                               block.track, block.offset);
        for (guint i = 0; i < block.n_frames; i++)
            g_string_append_printf(text, " %u", block.sizes[i]);
    }
    hth_byte_source_unref(self.source);
    return g_string_free(text, FALSE);
}

static void test_laces(void)
{
    static const struct {
        const char *bytes;
        gsize n;
        const char *expected;
    } rows[] = {
        { "\xA3\x87\x81\x00\x00\x80zzz", 9, "track 1 at 6: 3" },
        { "\xA3\x88\x40\x81\x00\x00\x80zzz", 10, "track 129 at 7: 3" },
        { "\xA3\x84\x81\x00\x00\x80", 6, "track 1 at 6: 0" },
        /* Xiph: 2 frames, the first of 2 */
        { "\xA3\x89\x81\x00\x00\x02\x01\x02zzz", 11, "track 1 at 8: 2 1" },
        /* EBML: 3 frames: 1, then one more, then the rest */
        { "\xA3\x8d\x81\x00\x00\x06\x02\x81\xC0zzzzzz", 15, "track 1 at 9: 1 2 3" },
        /* fixed: 3 frames */
        { "\xA3\x8b\x81\x00\x00\x04\x02zzzzzz", 13, "track 1 at 7: 2 2 2" },
        { "\xA3\x8a\x81\x00\x00\x04\x02zzzzz", 12, "broken" },      /* 5 bytes in thirds */
        { "\xA3\x89\x81\x00\x00\x02\x01\x09zzz", 11, "broken" },    /* longer than the block */
        { "\xA3\x89\x81\x00\x00\x06\x02\x81\x80zz", 11, "broken" }, /* a negative length */
        { "\xA3\x85\x81\x00\x00\x02\xff", 7, "broken" },            /* no lace at all */
        { "\xA3\x83\x81\x00\x00", 5, "broken" },
    };
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *text = frames(rows[i].bytes, rows[i].n);
        g_assert_cmpstr(text, ==, rows[i].expected);
    }
}

static void test_long_xiph_lace(void)
{
    /* 255 + 255 + 1, in a block of 600 */
    g_autoptr(GByteArray) block = g_byte_array_new();
    g_byte_array_append(block, (const guint8 *)"\xA3\x42\x58\x81\x00\x00\x02\x01\xff\xff\x01", 11);
    g_byte_array_set_size(block, 603);
    memset(block->data + 11, 'z', 592);
    g_autofree char *text = frames((const char *)block->data, block->len);
    g_assert_cmpstr(text, ==, "track 1 at 11: 511 81");
}

static void test_find(void)
{
    static const char bytes[] = "\xEC\x81z\xD7\x81\x05\x83\x81\x02";
    Fixture self;
    HthMatroskaElement element;
    open_bytes(&self, bytes, sizeof bytes - 1);
    g_assert_true(hth_matroska_element_find(&self.window, 0, sizeof bytes - 1,
                                            HTH_MATROSKA_TRACK_TYPE, &element));
    g_assert_cmpuint(hth_matroska_element_number(&self.window, &element), ==, 2);
    g_assert_false(
        hth_matroska_element_find(&self.window, 0, 6, HTH_MATROSKA_TRACK_TYPE, &element));
    g_assert_false(hth_matroska_element_find(&self.window, 0, sizeof bytes - 1,
                                             HTH_MATROSKA_CODEC_ID, &element));
    hth_byte_source_unref(self.source);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/matroska-element/sizes-of-every-width-are-read", test_sizes);
    g_test_add_func("/matroska-element/broken-headers-are-refused", test_broken_headers);
    g_test_add_func("/matroska-element/laces-are-taken-apart", test_laces);
    g_test_add_func("/matroska-element/a-long-xiph-lace-is-summed", test_long_xiph_lace);
    g_test_add_func("/matroska-element/children-are-found-inside-only", test_find);
    return g_test_run();
}
