/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/json.h"

#include "base/error.h"

#define MAX_TEXTS 1024
#define MAX_DEPTH 16

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

static gboolean is_text(JsonNode *node)
{
    return JSON_NODE_HOLDS_VALUE(node) && json_node_get_value_type(node) == G_TYPE_STRING;
}

const char *hth_json_get_text(JsonObject *object, const char *name)
{
    JsonNode *node = json_object_get_member(object, name);
    return node != NULL && is_text(node) ? json_node_get_string(node) : NULL;
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
        if (is_text(element))
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

JsonObject *hth_json_problem(const char *code, const char *message)
{
    JsonObject *inner = json_object_new();
    json_object_set_string_member(inner, "code", code);
    json_object_set_string_member(inner, "message", message);
    JsonObject *outer = json_object_new();
    json_object_set_object_member(outer, "error", inner);
    return outer;
}

/* json-glib goes down with every bracket: no deeper than MAX_DEPTH. */
static gboolean is_deep(const char *text)
{
    guint depth = 0;
    gboolean is_in_text = FALSE;
    for (; *text != '\0'; text++) {
        if (is_in_text && *text == '\\' && text[1] != '\0')
            text++;
        else if (*text == '"')
            is_in_text = !is_in_text;
        else if (!is_in_text && (*text == '[' || *text == '{') && ++depth > MAX_DEPTH)
            return TRUE;
        else if (!is_in_text && (*text == ']' || *text == '}') && depth > 0)
            depth--;
    }
    return FALSE;
}

JsonNode *hth_json_parse_object(const char *text, gsize size, GError **error)
{
    g_autofree char *copy = g_strndup(text, size);
    g_autoptr(GError) problem = NULL;
    g_autoptr(JsonNode) node = NULL;
    if (g_utf8_validate(text, (gssize)size, NULL) && !is_deep(copy))
        node = json_from_string(copy, &problem);
    if (node != NULL && JSON_NODE_HOLDS_OBJECT(node))
        return g_steal_pointer(&node);
    g_set_error(error, HTH_ERROR, HTH_ERROR_INVALID, "the body has to be one JSON object%s%s",
                problem != NULL ? ": " : "", problem != NULL ? problem->message : "");
    return NULL;
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
