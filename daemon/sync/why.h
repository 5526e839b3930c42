/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The phrases that say why a device gets a file, as clients translate them.
 *
 * Threads: any thread, any time.
 */
#pragma once

#include <json-glib/json-glib.h>

G_BEGIN_DECLS

/* Sets @name of @object to @phrase, with "template" and "values" (docs/api.md, Templates) when it
 * is one of ours; what a device or a program said has none. */
void hth_sync_why_set(JsonObject *object, const char *name, const char *phrase);

G_END_DECLS
