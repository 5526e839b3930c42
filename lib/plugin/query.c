/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "plugin/query.h"

HthQuery *hth_query_new_all(void)
{
    return g_new0(HthQuery, 1);
}

HthQuery *hth_query_new_pair(HthQueryKind kind, HthQuery *left, HthQuery *right)
{
    HthQuery *self = g_new0(HthQuery, 1);
    self->kind = kind;
    self->left = left;
    self->right = right;
    return self;
}

HthQuery *hth_query_new_compare(HthQueryKind kind, HthProperty property, const char *value)
{
    HthQuery *self = g_new0(HthQuery, 1);
    self->kind = kind;
    self->property = property;
    self->value = g_strdup(value);
    return self;
}

/* Depth is bounded by HTH_QUERY_MAX_DEPTH, so recursion is. */
void hth_query_free(HthQuery *self)
{
    if (self == NULL)
        return;
    hth_query_free(self->left);
    hth_query_free(self->right);
    g_free(self->value);
    g_free(self);
}
