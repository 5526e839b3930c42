/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ContentDirectory requests as four kinds of clients send them, and what must be in the answers. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define HTH_N_CLIENT_KINDS 4

typedef struct {
    char *host; /* "127.0.0.1:8200" */
    char *path; /* of the control URL */
} HthControl;

/* Append a whole HTTP request. @kind: below HTH_N_CLIENT_KINDS. */
void hth_soap_browse(GString *to, const HthControl *control, guint kind, const char *container_id,
                     guint first, guint count);
void hth_soap_search(GString *to, const HthControl *control, guint kind, const char *word,
                     guint count);

/* The number in NumberReturned or TotalMatches of an answer; -1: it is not there. */
gint64 hth_soap_number(const char *body, gsize size, const char *name);

/* Parses the whole answer and the DIDL-Lite in it: how many objects it has; -1: not well-formed.
 * @out_ids: of its containers, with their number of children (-1: not said); may be NULL. */
typedef struct {
    char *id;
    gint64 n_children;
    gboolean is_container;
} HthDidlEntry;

gint64 hth_soap_parse(const char *body, gsize size, GArray *out_entries);

G_END_DECLS
