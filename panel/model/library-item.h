/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One place in a list of the library: empty until its page has come, then an object of the API.
 * "json" is notified whenever what it holds changes.
 *
 * Threads: the main thread only.
 */
#pragma once

#include <glib-object.h>
#include <json-glib/json-glib.h>

G_BEGIN_DECLS

#define HTH_TYPE_LIBRARY_ITEM (hth_library_item_get_type())
G_DECLARE_FINAL_TYPE(HthLibraryItem, hth_library_item, HTH, LIBRARY_ITEM, GObject)

/* @json: NULL for an empty place. Not taken. */
HthLibraryItem *hth_library_item_new(JsonObject *json);
void hth_library_item_set_json(HthLibraryItem *self, JsonObject *json);

JsonObject *hth_library_item_json(HthLibraryItem *self); /* NULL while it is empty */
const char *hth_library_item_id(HthLibraryItem *self);   /* "", as all of these while it is empty */
const char *hth_library_item_kind(HthLibraryItem *self); /* "track", "album" … */
const char *hth_library_item_title(HthLibraryItem *self);
gboolean hth_library_item_is_container(HthLibraryItem *self);

/* "A, B", of album artists for an album; "" if there are none. New string. */
char *hth_library_item_artists(HthLibraryItem *self);

/* The path of its picture that fits in @pixels (160, 640, 1024, 4096); NULL: it has none. */
char *hth_library_item_picture(HthLibraryItem *self, guint pixels);

G_END_DECLS
