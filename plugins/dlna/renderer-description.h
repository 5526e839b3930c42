/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a device says of itself in its description (UPnP Device Architecture 1.1, section 2.3).
 *
 * Of the root device alone, and of that only what people or client files call it by.
 *
 * Threads: any, when hth_xml_in_init() has run.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define HTH_RENDERER_DESCRIPTION_MAX_BYTES (64 * 1024)
#define HTH_RENDERER_DESCRIPTION_MAX_DEPTH 16
#define HTH_RENDERER_NAME_MAX_BYTES        128

/* Cleaned for people (base/text.h); NULL: not said. At least one is. */
typedef struct {
    char *friendly_name;
    char *manufacturer;
    char *model_name;
} HthRendererDescription;

/* A document that breaks off or is not well-formed further down is good as far as it could be read.
 *
 * Errors: HTH_ERROR_TOO_LARGE  size or depth
 *         HTH_ERROR_REFUSED    a DOCTYPE
 *         HTH_ERROR_CORRUPT    no name of a root device in it */
HthRendererDescription *hth_renderer_description_parse(const char *body, gsize size_bytes,
                                                       GError **error);
void hth_renderer_description_free(HthRendererDescription *self); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HthRendererDescription, hth_renderer_description_free)

G_END_DECLS
