/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "library/change-set.h"

HthChangeSet *hth_change_set_new(void)
{
    HthChangeSet *self = g_new0(HthChangeSet, 1);
    self->refs = g_hash_table_new(NULL, NULL);
    self->containers = g_hash_table_new(NULL, NULL);
    for (guint i = 0; i < HTH_N_DIRTY; i++)
        self->dirty[i] = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL);
    return self;
}

void hth_change_set_free(HthChangeSet *self)
{
    if (self == NULL)
        return;
    g_hash_table_unref(self->refs);
    g_hash_table_unref(self->containers);
    for (guint i = 0; i < HTH_N_DIRTY; i++)
        g_hash_table_unref(self->dirty[i]);
    g_free(self);
}

void hth_change_set_clear(HthChangeSet *self)
{
    g_hash_table_remove_all(self->refs);
    g_hash_table_remove_all(self->containers);
    for (guint i = 0; i < HTH_N_DIRTY; i++)
        g_hash_table_remove_all(self->dirty[i]);
    self->is_everything = FALSE;
}

void hth_change_set_object(HthChangeSet *self, HthObjectRef ref)
{
    if (self->is_everything)
        return;
    g_hash_table_add(self->refs, GUINT_TO_POINTER(ref));
    if (g_hash_table_size(self->refs) > HTH_CHANGE_MAX_REFS) {
        self->is_everything = TRUE;
        g_hash_table_remove_all(self->refs);
    }
}

void hth_change_set_container(HthChangeSet *self, HthObjectRef ref)
{
    g_hash_table_add(self->containers, GUINT_TO_POINTER(ref));
    /* Its number of children is data of its own. */
    hth_change_set_object(self, ref);
}

void hth_change_set_static(HthChangeSet *self, HthStaticContainer container)
{
    hth_change_set_container(self, hth_ref(HTH_REF_STATIC, container));
}

void hth_change_set_dirty(HthChangeSet *self, HthDirtyKind kind, gint64 row)
{
    if (row != 0 && !g_hash_table_contains(self->dirty[kind], &row))
        g_hash_table_add(self->dirty[kind], g_memdup2(&row, sizeof row));
}

GArray *hth_change_set_take_dirty(HthChangeSet *self, HthDirtyKind kind)
{
    GArray *rows = g_array_new(FALSE, FALSE, sizeof(gint64));
    GHashTableIter iter;
    gpointer row;
    g_hash_table_iter_init(&iter, self->dirty[kind]);
    while (g_hash_table_iter_next(&iter, &row, NULL))
        g_array_append_val(rows, *(gint64 *)row);
    g_hash_table_remove_all(self->dirty[kind]);
    return rows;
}

gboolean hth_change_set_is_empty(const HthChangeSet *self)
{
    return !self->is_everything && g_hash_table_size(self->refs) == 0 &&
           g_hash_table_size(self->containers) == 0;
}
