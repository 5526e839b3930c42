/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The elements of GStreamer that a conversion may use: loaded by name from a list of ours, so that
 * no registry is read or written, nothing is scanned, and no program is run.
 */
#pragma once

#include <gst/gst.h>

#include "media/rendition-profile.h"

G_BEGIN_DECLS

/* Initialises GStreamer and loads what of the list is installed. Before the sandbox closes.
 * @plugin_dir: NULL: where GStreamer was when this was built. */
void hth_elements_load(const char *plugin_dir);

/* The name of the element that encodes sound or pictures of @codec: the best that is there.
 * NULL: none is there. */
const char *hth_elements_audio_encoder(HthRenditionCodec codec);
const char *hth_elements_video_encoder(void);

/* What @profile is made with, as part of a rendition's identity. Returns: a new string; NULL and
 * HTH_ERROR_UNSUPPORTED with a sentence that names what to install. */
char *hth_elements_encoder(const HthRenditionProfile *profile, GError **error);

G_END_DECLS
