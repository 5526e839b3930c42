/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "api/answer-bounds.h"

#include <string.h>

static void bound_text(JsonNode *node)
{
    const char *text = json_node_get_string(node);
    if (text == NULL || strlen(text) <= HTH_ANSWER_TEXT_BYTES)
        return;
    const char *end = g_utf8_find_prev_char(text, text + HTH_ANSWER_TEXT_BYTES);
    g_autofree char *cut = g_strndup(text, (gsize)(end - text));
    json_node_set_string(node, cut);
}

/* A list anew: taking elements off its end one by one would take as long as there are too many. */
static void shorten(JsonNode *node)
{
    JsonArray *array = json_node_get_array(node);
    if (json_array_get_length(array) <= HTH_ANSWER_LIST_ITEMS)
        return;
    JsonArray *first = json_array_sized_new(HTH_ANSWER_LIST_ITEMS);
    for (guint i = 0; i < HTH_ANSWER_LIST_ITEMS; i++)
        json_array_add_element(first, json_array_dup_element(array, i));
    json_node_take_array(node, first);
}

static void bound_element(JsonArray *array, guint index, JsonNode *node, gpointer data)
{
    hth_answer_bound(node);
}

static void bound_member(JsonObject *object, const char *name, JsonNode *node, gpointer data)
{
    hth_answer_bound(node);
}

void hth_answer_bound(JsonNode *node)
{
    if (JSON_NODE_HOLDS_OBJECT(node)) {
        json_object_foreach_member(json_node_get_object(node), bound_member, NULL);
    } else if (JSON_NODE_HOLDS_ARRAY(node)) {
        shorten(node);
        json_array_foreach_element(json_node_get_array(node), bound_element, NULL);
    } else if (JSON_NODE_HOLDS_VALUE(node) && json_node_get_value_type(node) == G_TYPE_STRING) {
        bound_text(node);
    }
}
