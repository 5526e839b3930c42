/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The SearchCriteria argument (ContentDirectory:1, section 2.5.5) as a query tree.
 *
 *   criteria := '*' | expression
 *   expression := relation | expression 'and' expression | expression 'or' expression | '('
 * expression ')' relation := property operator "value" | property 'exists' true|false
 *
 * `and` binds closer than `or`. Keywords are taken in any case, values with \" and \\ escapes, and
 * bare words where a client forgot the quotes.
 *
 * Threads: any thread, any time.
 */
#pragma once

#include "plugin/query.h"

G_BEGIN_DECLS

/* Text longer than this is refused. */
#define HTH_SEARCH_MAX_BYTES 8192

/* @text: NULL and "" are "*".
 * Errors: HTH_ERROR_INVALID      not the grammar
 *         HTH_ERROR_UNSUPPORTED  an unknown property, or an operator that it does not have
 *         HTH_ERROR_TOO_LARGE    text, depth or number of conditions */
HthQuery *hth_search_parse(const char *text, GError **error);

/* The answer to GetSearchCapabilities. */
const char *hth_search_capabilities(void);

G_END_DECLS
