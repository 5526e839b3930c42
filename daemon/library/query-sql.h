/* SPDX-License-Identifier: GPL-3.0-or-later */
/* An HthQuery as the condition of an SQL statement: constant fragments and numbers of ours; every
 * text that a client sent is bound.
 *
 * Threads: the one that has the reader.
 */
#pragma once

#include "library/library-private.h"
#include "library/search-source.h"

G_BEGIN_DECLS

/* What is known of a condition without looking at a row: where it is NEVER or ALWAYS so, it appends
 * nothing that counts. */
typedef enum { HTH_NEVER, HTH_ALWAYS, HTH_SOMETIMES } HthTruth;

/* The condition for one source, as it grows. */
typedef struct {
    HthReader *reader;
    const HthSearchSource *source;
    GString *sql;     /* the condition */
    GPtrArray *binds; /* (element utf8) ?1 on, in order */
    GError *error;    /* of the first comparison that makes no sense */
} HthQuerySql;

/* Appends that a row matches @query. */
HthTruth hth_query_sql_compile(HthQuerySql *self, const HthQuery *query);

/* Appends that a row is somewhere below @container. */
HthTruth hth_query_sql_scope(HthQuerySql *self, HthObjectRef container);

G_END_DECLS
