/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Any text as SearchCriteria: a query within its bounds, or an error. */
#include "search-criteria.h"

int LLVMFuzzerTestOneInput(const guint8 *data, gsize size);

static guint check(const HthQuery *query, guint depth)
{
    g_assert(depth <= HTH_QUERY_MAX_DEPTH && query->property < HTH_N_PROPERTIES);
    const gboolean is_pair = query->kind == HTH_QUERY_AND || query->kind == HTH_QUERY_OR;
    g_assert(is_pair == (query->left != NULL) && is_pair == (query->right != NULL));
    g_assert((query->value != NULL) == (!is_pair && query->kind != HTH_QUERY_ALL));
    if (!is_pair)
        return 1;
    return 1 + check(query->left, depth + 1) + check(query->right, depth + 1);
}

int LLVMFuzzerTestOneInput(const guint8 *data, gsize size)
{
    g_autofree char *text = g_strndup((const char *)data, size);
    g_autoptr(GError) error = NULL;
    g_autoptr(HthQuery) query = hth_search_parse(text, &error);
    g_assert((query == NULL) == (error != NULL));
    if (query != NULL)
        g_assert(check(query, 1) <= HTH_QUERY_MAX_NODES);
    return 0;
}
