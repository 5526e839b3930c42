/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "page/rule-order.h"

static JsonNode *parse(const char *text)
{
    g_autoptr(GError) error = NULL;
    JsonNode *node = json_from_string(text, &error);
    g_assert_no_error(error);
    return node;
}

static char *order_of(JsonNode *rule)
{
    g_auto(GStrv) order = hth_rule_order_of(json_node_get_object(rule));
    return g_strjoinv(" ", order);
}

static void test_only_what_is_named_has_a_place(void)
{
    g_autoptr(JsonNode) rule = parse(
        "{\"playlists\": [], \"artists\": [\"Björk\"], \"newest\": 20, \"rating\": 0,"
        " \"favourites\": true, \"everything\": false, \"order\": [\"genres\", \"nonsense\"]}");
    g_autofree char *order = order_of(rule);
    g_assert_cmpstr(order, ==, "artists favourites newest");
}

static void test_one_moves_up_and_the_others_stay(void)
{
    g_autoptr(JsonNode) rule =
        parse("{\"artists\": [\"Björk\"], \"newest\": 20, \"favourites\": true,"
              " \"order\": [\"favourites\"]}");
    g_autofree char *before = order_of(rule);
    g_assert_cmpstr(before, ==, "favourites artists newest");
    hth_rule_order_move_up(json_node_get_object(rule), "newest");
    hth_rule_order_move_up(json_node_get_object(rule), "newest");
    hth_rule_order_move_up(json_node_get_object(rule), "newest");
    g_autofree char *after = order_of(rule);
    g_assert_cmpstr(after, ==, "newest favourites artists");
    hth_rule_order_move_up(json_node_get_object(rule), "nonsense");
    g_autofree char *same = order_of(rule);
    g_assert_cmpstr(same, ==, after);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/rule-order/only-what-is-named-has-a-place",
                    test_only_what_is_named_has_a_place);
    g_test_add_func("/rule-order/one-moves-up-and-the-others-stay",
                    test_one_moves_up_and_the_others_stay);
    return g_test_run();
}
