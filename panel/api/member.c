/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "api/member.h"

#include <string.h>

#define DEPTH_MAX 4
/* RFC 8259, section 6: all programs agree on whole numbers up to 2^53 - 1. */
#define EXACT_MAX ((G_GINT64_CONSTANT(1) << 53) - 1)

/* The node that a dotted name leads to; NULL: it leads nowhere. */
static JsonNode *find(JsonObject *object, const char *name)
{
    for (guint depth = 0; object != NULL && depth < DEPTH_MAX; depth++) {
        const char *dot = strchr(name, '.');
        if (dot == NULL)
            return json_object_get_member(object, name);
        g_autofree char *first = g_strndup(name, (gsize)(dot - name));
        JsonNode *node = json_object_get_member(object, first);
        object = node != NULL && JSON_NODE_HOLDS_OBJECT(node) ? json_node_get_object(node) : NULL;
        name = dot + 1;
    }
    return NULL;
}

static JsonNode *find_value(JsonObject *object, const char *name)
{
    JsonNode *node = find(object, name);
    return node != NULL && JSON_NODE_HOLDS_VALUE(node) ? node : NULL;
}

const char *hth_member_text(JsonObject *object, const char *name)
{
    JsonNode *node = find_value(object, name);
    const char *text = node != NULL && json_node_get_value_type(node) == G_TYPE_STRING
                           ? json_node_get_string(node)
                           : NULL;
    return text != NULL ? text : "";
}

gint64 hth_member_number(JsonObject *object, const char *name)
{
    JsonNode *node = find_value(object, name);
    if (node == NULL)
        return 0;
    if (json_node_get_value_type(node) == G_TYPE_DOUBLE)
        return (gint64)CLAMP(json_node_get_double(node), -(double)EXACT_MAX, (double)EXACT_MAX);
    return json_node_get_value_type(node) == G_TYPE_INT64
               ? CLAMP(json_node_get_int(node), -EXACT_MAX, EXACT_MAX)
               : 0;
}

double hth_member_double(JsonObject *object, const char *name)
{
    JsonNode *node = find_value(object, name);
    if (node == NULL || json_node_get_value_type(node) == G_TYPE_STRING)
        return 0;
    return json_node_get_double(node);
}

gboolean hth_member_is(JsonObject *object, const char *name)
{
    JsonNode *node = find_value(object, name);
    return node != NULL && json_node_get_value_type(node) == G_TYPE_BOOLEAN &&
           json_node_get_boolean(node);
}

gboolean hth_member_exists(JsonObject *object, const char *name)
{
    return find(object, name) != NULL;
}

JsonObject *hth_member_object(JsonObject *object, const char *name)
{
    JsonNode *node = find(object, name);
    return node != NULL && JSON_NODE_HOLDS_OBJECT(node) ? json_node_get_object(node) : NULL;
}

JsonArray *hth_member_array(JsonObject *object, const char *name)
{
    JsonNode *node = find(object, name);
    return node != NULL && JSON_NODE_HOLDS_ARRAY(node) ? json_node_get_array(node) : NULL;
}

guint hth_member_length(JsonObject *object, const char *name)
{
    JsonArray *array = hth_member_array(object, name);
    return array != NULL ? json_array_get_length(array) : 0;
}

JsonObject *hth_member_at(JsonObject *object, const char *name, guint index)
{
    JsonArray *array = hth_member_array(object, name);
    if (array == NULL || index >= json_array_get_length(array))
        return NULL;
    JsonNode *node = json_array_get_element(array, index);
    return JSON_NODE_HOLDS_OBJECT(node) ? json_node_get_object(node) : NULL;
}

char *hth_member_joined(JsonObject *object, const char *name, const char *separator)
{
    if (hth_member_length(object, name) == 0)
        return NULL;
    JsonArray *array = hth_member_array(object, name);
    g_autoptr(GString) joined = g_string_new(NULL);
    for (guint i = 0; i < json_array_get_length(array); i++) {
        JsonNode *node = json_array_get_element(array, i);
        if (!JSON_NODE_HOLDS_VALUE(node) || json_node_get_value_type(node) != G_TYPE_STRING)
            continue;
        if (joined->len > 0)
            g_string_append(joined, separator);
        g_string_append(joined, json_node_get_string(node));
    }
    return joined->len > 0 ? g_string_free(g_steal_pointer(&joined), FALSE) : NULL;
}
