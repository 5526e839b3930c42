/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "client-hello.h"

#include <string.h>

/* A ClientHello that is built by parts, so that each can be made wrong. */
static GByteArray *number(GByteArray *to, guint n_bytes, guint value)
{
    for (guint i = n_bytes; i > 0; i--) {
        const guint8 byte = (guint8)(value >> 8 * (i - 1));
        g_byte_array_append(to, &byte, 1);
    }
    return to;
}

static void append(GByteArray *to, const GByteArray *what)
{
    g_byte_array_append(to, what->data, what->len);
}

static void add_extension(GByteArray *to, guint type, const GByteArray *body)
{
    number(to, 2, type);
    number(to, 2, body->len);
    append(to, body);
}

static void add_name(GByteArray *extensions, guint type, const char *name)
{
    g_autoptr(GByteArray) body = g_byte_array_new();
    number(body, 2, (guint)strlen(name) + 3);
    number(body, 1, type);
    number(body, 2, (guint)strlen(name));
    g_byte_array_append(body, (const guint8 *)name, (guint)strlen(name));
    add_extension(extensions, 0, body);
}

static void add_padding(GByteArray *extensions, guint n_bytes)
{
    g_autoptr(GByteArray) body = g_byte_array_new();
    g_byte_array_set_size(body, n_bytes);
    memset(body->data, 0, n_bytes);
    add_extension(extensions, 21, body);
}

/* The handshake message. */
static GByteArray *message(const GByteArray *extensions)
{
    g_autoptr(GByteArray) body = g_byte_array_new();
    number(body, 2, 0x0303);
    for (guint i = 0; i < 4; i++)
        number(number(body, 4, i), 4, 7);
    number(body, 1, 0);
    number(number(body, 2, 2), 2, 0x1301);
    number(number(body, 1, 1), 1, 0);
    number(body, 2, extensions->len);
    append(body, extensions);
    GByteArray *whole = g_byte_array_new();
    number(number(whole, 1, 1), 3, body->len);
    append(whole, body);
    return whole;
}

/* The message in records of @n_bytes each. */
static GByteArray *records(const GByteArray *whole, guint n_bytes)
{
    GByteArray *out = g_byte_array_new();
    for (guint i = 0; i < whole->len; i += n_bytes) {
        const guint n = MIN(n_bytes, whole->len - i);
        number(number(number(out, 1, 22), 2, 0x0301), 2, n);
        g_byte_array_append(out, whole->data + i, n);
    }
    return out;
}

static GByteArray *hello(const char *name)
{
    g_autoptr(GByteArray) extensions = g_byte_array_new();
    add_padding(extensions, 100);
    if (name != NULL)
        add_name(extensions, 0, name);
    g_autoptr(GByteArray) whole = message(extensions);
    return records(whole, 16384);
}

static HthHelloResult read_it(const GByteArray *bytes, char name[HTH_HELLO_NAME_SIZE])
{
    gsize n_wanted = 0;
    return hth_client_hello_read(bytes->data, bytes->len, name, &n_wanted);
}

static void test_reads_the_name_in_lower_case(void)
{
    char name[HTH_HELLO_NAME_SIZE];
    g_autoptr(GByteArray) bytes = hello("Route.Locker.Example");
    g_assert_cmpint(read_it(bytes, name), ==, HTH_HELLO_NAME);
    g_assert_cmpstr(name, ==, "route.locker.example");
    g_autoptr(GByteArray) without = hello(NULL);
    g_assert_cmpint(read_it(without, name), ==, HTH_HELLO_NO_NAME);
}

/* From a copy of just that length, so that a byte read beyond it is found. */
static HthHelloResult read_cut(const guint8 *data, gsize n, gsize *n_wanted)
{
    char name[HTH_HELLO_NAME_SIZE];
    g_autofree guint8 *copy = g_memdup2(data, MAX(n, 1));
    return hth_client_hello_read(copy, n, name, n_wanted);
}

static void test_a_cut_hello_wants_more_at_every_byte(void)
{
    g_autoptr(GByteArray) bytes = hello("a.example");
    for (gsize n = 0; n < bytes->len; n++) {
        gsize n_wanted = 0;
        g_assert_cmpint(read_cut(bytes->data, n, &n_wanted), ==, HTH_HELLO_NEED_MORE);
        g_assert_cmpuint(n_wanted, >, n);
        g_assert_cmpuint(n_wanted, <=, bytes->len);
    }
}

static void test_a_hello_may_be_cut_over_records(void)
{
    g_autoptr(GByteArray) extensions = g_byte_array_new();
    add_name(extensions, 0, "a.example");
    g_autoptr(GByteArray) whole = message(extensions);
    for (guint n = 1; n <= whole->len; n++) {
        char name[HTH_HELLO_NAME_SIZE];
        g_autoptr(GByteArray) cut = records(whole, n);
        g_assert_cmpint(read_it(cut, name), ==, HTH_HELLO_NAME);
        g_assert_cmpstr(name, ==, "a.example");
    }
}

static void test_no_byte_can_be_changed_into_a_crash(void)
{
    g_autoptr(GByteArray) bytes = hello("a.example");
    for (gsize i = 0; i < bytes->len; i++) {
        for (guint value = 0; value < 256; value += 5) {
            gsize n_wanted = 0;
            g_autofree guint8 *copy = g_memdup2(bytes->data, bytes->len);
            copy[i] = (guint8)value;
            const HthHelloResult result = read_cut(copy, bytes->len, &n_wanted);
            g_assert_true(result != HTH_HELLO_NEED_MORE || n_wanted > bytes->len);
        }
    }
}

static void test_what_is_longer_than_the_bound_is_malformed(void)
{
    static const struct {
        guint n_padding;
        HthHelloResult result;
    } rows[] = { { 16 * 1024 - 200, HTH_HELLO_NAME },
                 { 16 * 1024, HTH_HELLO_MALFORMED },
                 { 64 * 1024 - 200, HTH_HELLO_MALFORMED } };
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        char name[HTH_HELLO_NAME_SIZE];
        g_autoptr(GByteArray) extensions = g_byte_array_new();
        add_name(extensions, 0, "a.example");
        add_padding(extensions, rows[i].n_padding);
        g_autoptr(GByteArray) whole = message(extensions);
        g_autoptr(GByteArray) bytes = records(whole, 8192);
        g_assert_cmpint(read_it(bytes, name), ==, rows[i].result);
    }
}

static void test_many_small_records_are_not_gathered_for_ever(void)
{
    char name[HTH_HELLO_NAME_SIZE];
    g_autoptr(GByteArray) extensions = g_byte_array_new();
    add_padding(extensions, 8000);
    g_autoptr(GByteArray) whole = message(extensions);
    g_autoptr(GByteArray) bytes = records(whole, 1);
    g_assert_cmpint(read_it(bytes, name), ==, HTH_HELLO_MALFORMED);
}

static void test_names_that_are_none_are_malformed(void)
{
    static const char *const names[] = { ".",
                                         "a..b",
                                         ".a",
                                         "a.",
                                         "a b",
                                         "a/b",
                                         "192.0.2.1:1",
                                         "\xc3\xa9.example",
                                         "a,b",
                                         "*.example",
                                         "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
                                         "aaaaaaaaa.example" };
    char name[HTH_HELLO_NAME_SIZE];
    for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
        g_autoptr(GByteArray) bytes = hello(names[i]);
        g_assert_cmpint(read_it(bytes, name), ==, HTH_HELLO_MALFORMED);
    }
}

static void test_two_names_are_malformed(void)
{
    char name[HTH_HELLO_NAME_SIZE];
    g_autoptr(GByteArray) twice = g_byte_array_new();
    add_name(twice, 0, "a.example");
    add_name(twice, 0, "b.example");
    g_autoptr(GByteArray) whole = message(twice);
    g_autoptr(GByteArray) bytes = records(whole, 16384);
    g_assert_cmpint(read_it(bytes, name), ==, HTH_HELLO_MALFORMED);

    g_autoptr(GByteArray) other = g_byte_array_new();
    add_name(other, 1, "a.example"); /* no host name */
    g_autoptr(GByteArray) other_whole = message(other);
    g_autoptr(GByteArray) other_bytes = records(other_whole, 16384);
    g_assert_cmpint(read_it(other_bytes, name), ==, HTH_HELLO_MALFORMED);
}

static void test_what_follows_in_the_same_record_is_malformed(void)
{
    char name[HTH_HELLO_NAME_SIZE];
    g_autoptr(GByteArray) extensions = g_byte_array_new();
    add_name(extensions, 0, "a.example");
    g_autoptr(GByteArray) whole = message(extensions);
    number(whole, 1, 0);
    g_autoptr(GByteArray) bytes = records(whole, 16384);
    g_assert_cmpint(read_it(bytes, name), ==, HTH_HELLO_MALFORMED);

    g_autoptr(GByteArray) good = hello("a.example");
    number(good, 4, 0x17030300); /* another record is the business of the home */
    g_assert_cmpint(read_it(good, name), ==, HTH_HELLO_NAME);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/client-hello/reads-the-name-in-lower-case",
                    test_reads_the_name_in_lower_case);
    g_test_add_func("/client-hello/a-cut-hello-wants-more-at-every-byte",
                    test_a_cut_hello_wants_more_at_every_byte);
    g_test_add_func("/client-hello/a-hello-may-be-cut-over-records",
                    test_a_hello_may_be_cut_over_records);
    g_test_add_func("/client-hello/no-byte-can-be-changed-into-a-crash",
                    test_no_byte_can_be_changed_into_a_crash);
    g_test_add_func("/client-hello/what-is-longer-than-the-bound-is-malformed",
                    test_what_is_longer_than_the_bound_is_malformed);
    g_test_add_func("/client-hello/many-small-records-are-not-gathered-for-ever",
                    test_many_small_records_are_not_gathered_for_ever);
    g_test_add_func("/client-hello/names-that-are-none-are-malformed",
                    test_names_that_are_none_are_malformed);
    g_test_add_func("/client-hello/two-names-are-malformed", test_two_names_are_malformed);
    g_test_add_func("/client-hello/what-follows-in-the-same-record-is-malformed",
                    test_what_follows_in_the_same_record_is_malformed);
    return g_test_run();
}
