/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What Search looks through: a table of the tables of index.db, and the fixed containers.
 *
 * Threads: any thread, any time.
 */
#pragma once

#include "library/container.h"
#include "library/title-index.h"

G_BEGIN_DECLS

/* How a text property is compared: a condition on COLUMN set between BEFORE and AFTER. */
typedef struct {
    const char *before, *column, *after;
} HthSearchText;

/* One table in which objects of a class are looked for. */
typedef struct {
    HthObjectClass class;
    HthMediaKind kind; /* of items; 0: containers */
    HthContainerPart part;
    const HthSearchText *texts; /* by HthProperty */
    int titles;                 /* a HthTitles, or -1: none are kept */
} HthSearchSource;

extern const HthSearchSource hth_search_sources[];
extern const guint hth_n_search_sources;

/* Whether @text compares to @value as the operator says; FALSE for those that are not of texts. */
gboolean hth_search_text_match(HthQueryKind kind, const char *text, const char *value);

/* Whether an object of that class name matches. */
gboolean hth_search_class_match(HthQueryKind kind, HthObjectClass class, const char *value);

/* Appends the fixed containers below @container that match. They are found by a query that names an
 * id or a parent: words are looked for in what the household has, and "music" is not to find them
 * all. */
void hth_search_static(HthObjectRef container, const HthQuery *query, GArray *refs);

G_END_DECLS
