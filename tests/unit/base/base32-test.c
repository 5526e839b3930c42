/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/base32.h"

#include <string.h>

/* RFC 4648, section 10, in lower case and without padding. */
static const struct {
    const char *bytes;
    const char *text;
} vectors[] = {
    { "", "" },
    { "f", "my" },
    { "fo", "mzxq" },
    { "foo", "mzxw6" },
    { "foob", "mzxw6yq" },
    { "fooba", "mzxw6ytb" },
    { "foobar", "mzxw6ytboi" },
};

static void test_writes_the_vectors_of_the_rfc(void)
{
    for (guint i = 0; i < G_N_ELEMENTS(vectors); i++) {
        g_autofree char *text = hth_base32_encode(vectors[i].bytes, strlen(vectors[i].bytes));
        g_assert_cmpstr(text, ==, vectors[i].text);
    }
}

static void test_reads_them_in_either_case(void)
{
    for (guint i = 0; i < G_N_ELEMENTS(vectors); i++) {
        const gsize size = strlen(vectors[i].bytes);
        g_autofree char *upper = g_ascii_strup(vectors[i].text, -1);
        char bytes[8] = "";
        g_assert_true(hth_base32_decode(vectors[i].text, bytes, size));
        g_assert_cmpmem(bytes, size, vectors[i].bytes, size);
        g_assert_true(hth_base32_decode(upper, bytes, size));
        g_assert_cmpmem(bytes, size, vectors[i].bytes, size);
    }
}

static void test_refuses_what_is_not_written_so(void)
{
    static const char *const wrong[] = { "", "m", "myy", "m1", "m=", "mz", "m ", "m\xc3" };
    char byte[1];
    for (guint i = 0; i < G_N_ELEMENTS(wrong); i++)
        g_assert_false(hth_base32_decode(wrong[i], byte, 1));
}

static void test_long_bytes_come_back(void)
{
    guint8 bytes[64];
    guint8 back[64];
    for (guint size = 0; size <= sizeof bytes; size++) {
        for (guint i = 0; i < size; i++)
            bytes[i] = (guint8)(i * 37 + size);
        g_autofree char *text = hth_base32_encode(bytes, size);
        g_assert_cmpuint(strlen(text), ==, HTH_BASE32_LENGTH(size));
        g_assert_true(hth_base32_decode(text, back, size));
        g_assert_cmpmem(back, size, bytes, size);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/base32/writes-the-vectors-of-the-rfc", test_writes_the_vectors_of_the_rfc);
    g_test_add_func("/base32/reads-them-in-either-case", test_reads_them_in_either_case);
    g_test_add_func("/base32/refuses-what-is-not-written-so", test_refuses_what_is_not_written_so);
    g_test_add_func("/base32/long-bytes-come-back", test_long_bytes_come_back);
    return g_test_run();
}
