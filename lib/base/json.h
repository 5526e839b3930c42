/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The few shapes of JSON that the API and the registry write and read over and over, on json-glib.
 */
#pragma once

#include <json-glib/json-glib.h>

G_BEGIN_DECLS

/* Sets a member; leaves it out when @text is NULL. */
void hth_json_set_text(JsonObject *object, const char *name, const char *text);
void hth_json_set_texts(JsonObject *object, const char *name, const char *const *texts);
/* @texts: (element utf8); leaves the member out when NULL or empty. */
void hth_json_set_text_list(JsonObject *object, const char *name, const GPtrArray *texts);
/* Leaves the member out when @value is 0. */
void hth_json_set_number(JsonObject *object, const char *name, gint64 value);

/* Returns: a text member, borrowed; NULL: there is none, or it is no text. */
const char *hth_json_get_text(JsonObject *object, const char *name);

/* Returns: the texts of an array member, the first 1024; others are left out. Never NULL. */
char **hth_json_get_texts(JsonObject *object, const char *name);

/* Returns: a node that takes @object. */
JsonNode *hth_json_node(JsonObject *object);

/* {"error": {"code": …, "message": …}}: what the API says of what went wrong. New. */
JsonObject *hth_json_problem(const char *code, const char *message);

/* Reads one object of untrusted text, which need not end in NUL.
 * Returns: a node that holds an object; NULL with HTH_ERROR_INVALID: it is none, or too deep. */
JsonNode *hth_json_parse_object(const char *text, gsize size, GError **error);

/* One line. Both take what they print. */
char *hth_json_print(JsonNode *node);
char *hth_json_print_object(JsonObject *object);

G_END_DECLS
