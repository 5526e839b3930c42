/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The outside of a message: raw or compressed. See message.h. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* @fields as a body, compressed where that makes it shorter. Takes @fields. */
GBytes *hth_sync_body_seal(GByteArray *fields);

/* The fields of @body, at most @max_bytes of them.
 * Errors: HTH_ERROR_CORRUPT, HTH_ERROR_TOO_LARGE */
GBytes *hth_sync_body_open(GBytes *body, gsize max_bytes, GError **error);

G_END_DECLS
