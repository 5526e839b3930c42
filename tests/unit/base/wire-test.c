/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/wire.h"

static void test_reads_back_what_was_written(void)
{
    g_autoptr(GByteArray) record = g_byte_array_new();
    hth_wire_write_u8(record, 7);
    hth_wire_write_u16(record, 0xabcd);
    hth_wire_write_u64(record, G_MAXUINT64 - 1);
    hth_wire_write_double(record, -6.5);
    hth_wire_write_string(record, NULL);
    hth_wire_write_string(record, "Jóga");

    HthWireReader reader = HTH_WIRE_READER(record->data, record->len);
    g_assert_cmpuint(hth_wire_read_u8(&reader), ==, 7);
    g_assert_cmpuint(hth_wire_read_u16(&reader), ==, 0xabcd);
    g_assert_cmpuint(hth_wire_read_u64(&reader), ==, G_MAXUINT64 - 1);
    g_assert_cmpfloat(hth_wire_read_double(&reader), ==, -6.5);
    g_assert_null(hth_wire_read_string(&reader, 10));
    g_autofree char *text = hth_wire_read_string(&reader, 10);
    g_assert_cmpstr(text, ==, "Jóga");
    g_assert_true(hth_wire_reader_is_done(&reader));
}

static void test_every_prefix_fails_and_reads_nothing_beyond(void)
{
    g_autoptr(GByteArray) record = g_byte_array_new();
    hth_wire_write_u32(record, 1);
    hth_wire_write_string(record, "abcdef");
    for (guint size = 0; size < record->len; size++) {
        /* A copy of exactly that size, so that the address sanitizer sees a read past it. */
        g_autofree guint8 *prefix = g_memdup2(record->data, size);
        HthWireReader reader = HTH_WIRE_READER(prefix, size);
        hth_wire_read_u32(&reader);
        g_autofree char *text = hth_wire_read_string(&reader, 100);
        g_assert_false(hth_wire_reader_is_done(&reader));
        g_assert_cmpuint(hth_wire_read_u8(&reader), ==, 0);
    }
}

static void test_a_string_over_its_limit_fails(void)
{
    g_autoptr(GByteArray) record = g_byte_array_new();
    hth_wire_write_string(record, "abcdef");
    HthWireReader reader = HTH_WIRE_READER(record->data, record->len);
    g_autofree char *text = hth_wire_read_string(&reader, 5);
    g_assert_true(reader.has_failed);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/wire/reads-back-what-was-written", test_reads_back_what_was_written);
    g_test_add_func("/wire/every-prefix-fails-and-reads-nothing-beyond",
                    test_every_prefix_fails_and_reads_nothing_beyond);
    g_test_add_func("/wire/a-string-over-its-limit-fails", test_a_string_over_its_limit_fails);
    return g_test_run();
}
