/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "api/member.h"

/* A daemon that answers with other kinds than it should is read as if it had said nothing. */
static void test_another_kind_reads_as_nothing(void)
{
    g_autoptr(JsonNode) node = json_from_string(
        "{\"a\": [1, \"x\", {\"b\": 2}, null, \"y\"], \"n\": 7, \"f\": 1.5, \"t\": \"word\","
        " \"o\": {\"i\": {\"deep\": true}}, \"z\": null}",
        NULL);
    JsonObject *object = json_node_get_object(node);
    static const char *const names[] = { "a", "n", "f", "t", "o", "z", "missing", "o.i", "t.x" };
    for (guint i = 0; i < G_N_ELEMENTS(names); i++) {
        (void)hth_member_text(object, names[i]);
        (void)hth_member_number(object, names[i]);
        (void)hth_member_double(object, names[i]);
        (void)hth_member_object(object, names[i]);
        (void)hth_member_length(object, names[i]);
        (void)hth_member_at(object, names[i], 0);
        g_assert_false(hth_member_is(object, names[i]));
    }
    g_assert_cmpstr(hth_member_text(object, "t"), ==, "word");
    g_assert_cmpstr(hth_member_text(object, "n"), ==, "");
    g_assert_cmpint(hth_member_number(object, "n"), ==, 7);
    g_assert_cmpint(hth_member_number(object, "t"), ==, 0);
    g_assert_cmpfloat(hth_member_double(object, "n"), ==, 7);
    g_assert_true(hth_member_is(object, "o.i.deep"));
    g_assert_null(hth_member_at(object, "a", 0));
    g_assert_cmpint(hth_member_number(hth_member_at(object, "a", 2), "b"), ==, 2);
    g_autofree char *joined = hth_member_joined(object, "a", ", ");
    g_assert_cmpstr(joined, ==, "x, y");
    g_assert_cmpstr(hth_member_text(NULL, "t"), ==, "");
}

static void test_numbers_can_be_added(void)
{
    g_autoptr(JsonNode) node = json_from_string(
        "{\"a\": 9223372036854775807, \"b\": -9223372036854775808, \"c\": 1e300, \"d\": -1e300}",
        NULL);
    JsonObject *object = json_node_get_object(node);
    static const char *const names[] = { "a", "b", "c", "d" };
    for (guint i = 0; i < G_N_ELEMENTS(names); i++)
        g_assert_cmpint(ABS(hth_member_number(object, names[i])), ==, 9007199254740991);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/member/another-kind-reads-as-nothing", test_another_kind_reads_as_nothing);
    g_test_add_func("/member/numbers-can-be-added", test_numbers_can_be_added);
    return g_test_run();
}
