/* SPDX-License-Identifier: GPL-3.0-or-later */
/* An object of the library as the API shows it. */
#pragma once

#include <json-glib/json-glib.h>

#include "plugin/library.h"

G_BEGIN_DECLS

/* @id, @parent_id: as it stands where it was found; NULL: the canonical ones. */
JsonObject *hth_object_to_json(const HthObject *object, const char *id, const char *parent_id);

/* "track", "video", "photo", "playlist", "album", "artist", "genre", "folder", "photo-album",
 * "container". */
const char *hth_object_kind_name(HthObjectClass class);
gboolean hth_object_kind_from_name(const char *name, HthObjectClass *out_class);

G_END_DECLS
