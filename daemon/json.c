/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "json.h"

#define MAX_TEXTS 1024

void hth_json_set_text(JsonObject *object, const char *name, const char *text)
{
    if (text != NULL)
        json_object_set_string_member(object, name, text);
}

void hth_json_set_texts(JsonObject *object, const char *name, const char *const *texts)
{
    JsonArray *array = json_array_new();
    for (const char *const *text = texts; text != NULL && *text != NULL; text++)
        json_array_add_string_element(array, *text);
    json_object_set_array_member(object, name, array);
}

void hth_json_set_text_list(JsonObject *object, const char *name, const GPtrArray *texts)
{
    if (texts == NULL || texts->len == 0)
        return;
    JsonArray *array = json_array_sized_new(texts->len);
    for (guint i = 0; i < texts->len; i++)
        json_array_add_string_element(array, texts->pdata[i]);
    json_object_set_array_member(object, name, array);
}

void hth_json_set_number(JsonObject *object, const char *name, gint64 value)
{
    if (value != 0)
        json_object_set_int_member(object, name, value);
}

char **hth_json_get_texts(JsonObject *object, const char *name)
{
    g_autoptr(GStrvBuilder) builder = g_strv_builder_new();
    JsonNode *member = json_object_get_member(object, name);
    if (member == NULL || !JSON_NODE_HOLDS_ARRAY(member))
        return g_strv_builder_end(builder);
    JsonArray *array = json_node_get_array(member);
    const guint n = MIN(json_array_get_length(array), MAX_TEXTS);
    for (guint i = 0; i < n; i++) {
        JsonNode *element = json_array_get_element(array, i);
        if (JSON_NODE_HOLDS_VALUE(element) && json_node_get_value_type(element) == G_TYPE_STRING)
            g_strv_builder_add(builder, json_node_get_string(element));
    }
    return g_strv_builder_end(builder);
}

JsonNode *hth_json_node(JsonObject *object)
{
    JsonNode *node = json_node_new(JSON_NODE_OBJECT);
    json_node_take_object(node, object);
    return node;
}

char *hth_json_print(JsonNode *node)
{
    char *text = json_to_string(node, FALSE);
    json_node_unref(node);
    return text;
}

char *hth_json_print_object(JsonObject *object)
{
    return hth_json_print(hth_json_node(object));
}
