/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reads what an answer holds without trusting its shape: a member that is not there, or is of
 * another kind than it should be, reads as nothing. A name may go inside: "counts.tracks".
 */
#pragma once

#include <json-glib/json-glib.h>

G_BEGIN_DECLS

/* "" when there is none, never NULL; belongs to @object. NULL as @object is fine, as everywhere. */
const char *hth_member_text(JsonObject *object, const char *name);
/* Else 0; never beyond what JSON tells exactly, so that a few of them can be added. */
gint64 hth_member_number(JsonObject *object, const char *name);
double hth_member_double(JsonObject *object, const char *name); /* else 0 */
gboolean hth_member_is(JsonObject *object, const char *name);   /* else FALSE */
gboolean hth_member_exists(JsonObject *object, const char *name);

/* NULL when there is none; belong to @object. */
JsonObject *hth_member_object(JsonObject *object, const char *name);
JsonArray *hth_member_array(JsonObject *object, const char *name);

/* Elements of an array member that are objects; 0 of none. */
guint hth_member_length(JsonObject *object, const char *name);
/* The object at @index of an array member; NULL when it is none. */
JsonObject *hth_member_at(JsonObject *object, const char *name, guint index);

/* The texts of an array member, joined by @separator; NULL when there are none. */
char *hth_member_joined(JsonObject *object, const char *name, const char *separator);

G_END_DECLS
