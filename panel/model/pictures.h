/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Artwork and photos as textures, cut to a square with round corners at the size they are shown,
 * so that drawing one is a copy. Fetched from the daemon, decoded on a thread, and the last
 * HTH_PICTURES_BYTES of them kept.
 *
 * Threads: the main thread only.
 */
#pragma once

#include <gdk/gdk.h>

#include "api/api-client.h"

G_BEGIN_DECLS

#define HTH_PICTURES_BYTES (40 * 1024 * 1024)

#define HTH_TYPE_PICTURES (hth_pictures_get_type())
G_DECLARE_FINAL_TYPE(HthPictures, hth_pictures, HTH, PICTURES, GObject)

HthPictures *hth_pictures_new(HthApiClient *client);

/* What is kept of the picture at @path for a square of @pixels; NULL: it has to be loaded. Belongs
 * to the cache. */
GdkTexture *hth_pictures_lookup(HthPictures *self, const char *path, guint pixels);

/* Brings it. An answer that is no picture is an error. */
void hth_pictures_load(HthPictures *self, const char *path, guint pixels, guint radius,
                       GCancellable *cancellable, GAsyncReadyCallback callback, gpointer data);
GdkTexture *hth_pictures_load_finish(HthPictures *self, GAsyncResult *result, GError **error);

gsize hth_pictures_n_bytes(HthPictures *self); /* kept; for tests */

G_END_DECLS
