/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "api/answer-bounds.h"

#include <string.h>

#include "api/member.h"

static void test_cuts_texts_at_a_letter(void)
{
    g_autoptr(GString) json = g_string_new("{\"deep\": [{\"title\": \"x");
    for (guint i = 0; i < HTH_ANSWER_TEXT_BYTES; i++)
        g_string_append(json, "ü");
    g_string_append(json, "\"}], \"short\": \"stays\"}");
    g_autoptr(JsonNode) node = json_from_string(json->str, NULL);
    hth_answer_bound(node);
    JsonObject *object = json_node_get_object(node);
    const char *title = hth_member_text(hth_member_at(object, "deep", 0), "title");
    g_assert_cmpuint(strlen(title), ==, HTH_ANSWER_TEXT_BYTES - 1);
    g_assert_true(g_utf8_validate(title, -1, NULL));
    g_assert_cmpstr(hth_member_text(object, "short"), ==, "stays");
}

static void test_cuts_lists_at_their_end(void)
{
    g_autoptr(GString) json = g_string_new("{\"rows\": [[");
    for (guint i = 0; i < 3 * HTH_ANSWER_LIST_ITEMS; i++)
        g_string_append_printf(json, "%u,", i);
    g_string_append(json, "0], {\"rows\": [1, 2]}]}");
    g_autoptr(JsonNode) node = json_from_string(json->str, NULL);
    hth_answer_bound(node);
    JsonArray *rows = hth_member_array(json_node_get_object(node), "rows");
    g_assert_cmpuint(json_array_get_length(rows), ==, 2);
    JsonArray *many = json_array_get_array_element(rows, 0);
    g_assert_cmpuint(json_array_get_length(many), ==, HTH_ANSWER_LIST_ITEMS);
    g_assert_cmpint(json_array_get_int_element(many, HTH_ANSWER_LIST_ITEMS - 1), ==,
                    HTH_ANSWER_LIST_ITEMS - 1);
    g_assert_cmpuint(hth_member_length(json_array_get_object_element(rows, 1), "rows"), ==, 2);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/answer-bounds/cuts-texts-at-a-letter", test_cuts_texts_at_a_letter);
    g_test_add_func("/answer-bounds/cuts-lists-at-their-end", test_cuts_lists_at_their_end);
    return g_test_run();
}
