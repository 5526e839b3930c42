/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reads XML that strangers wrote: names and text as they come, and nothing else of XML.
 *
 * Read leniently: any prefixes, undeclared ones too, white space and NULs around the document, and
 * always as UTF-8, whatever the declaration says: a text in Latin-1 loses its letters.
 * Read safely: a DOCTYPE is refused, nothing is fetched or expanded, the depth has a bound, and
 * libxml2 prints nothing.
 *
 * Threads: any, when hth_xml_in_init() has run on the main thread.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

void hth_xml_in_init(void);

/* @depth is 1 for the outermost element; names come without prefix. */
typedef struct {
    /* FALSE with @error ends the reading. @uri: of the namespace, NULL when it was not declared. */
    gboolean (*start)(const char *name, const char *uri, guint depth, gpointer data,
                      GError **error);
    void (*end)(guint depth, gpointer data);
    void (*text)(const char *text, gsize length, guint depth, gpointer data); /* in pieces */
} HthXmlHandler;

/* Errors: HTH_ERROR_TOO_LARGE  deeper than @max_depth
 *         HTH_ERROR_REFUSED    a DOCTYPE
 *         HTH_ERROR_CORRUPT    not well-formed; the handler has seen what came before
 *         and those of the handler */
gboolean hth_xml_in_read(const char *body, gsize size_bytes, guint max_depth,
                         const HthXmlHandler *handler, gpointer data, GError **error);

G_END_DECLS
