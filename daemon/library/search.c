/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Search: a query is run on each source in turn, by its titles where those answer it. */
#include "base/error.h"
#include "base/text.h"
#include "library/container.h"
#include "library/query-sql.h"

static gboolean run(HthQuerySql *self, const char *sql, GArray *refs, GError **error)
{
    sqlite3_stmt *list = NULL;
    if (sqlite3_prepare_v2(hth_db_handle(self->reader->db), sql, -1, &list, NULL) != SQLITE_OK)
        return hth_db_fail(self->reader->db, error);
    for (guint i = 0; i < self->binds->len; i++)
        sqlite3_bind_text(list, (int)i + 1, self->binds->pdata[i], -1, SQLITE_STATIC);
    int code;
    while ((code = sqlite3_step(list)) == SQLITE_ROW) {
        const HthObjectRef ref =
            hth_ref(self->source->part.children, sqlite3_column_int64(list, 0));
        g_array_append_val(refs, ref);
    }
    const gboolean is_good = code == SQLITE_DONE || hth_db_fail(self->reader->db, error);
    sqlite3_finalize(list);
    return is_good;
}

/* The word, when all that is left of the query for this source is one "title contains". */
static const char *only_title(HthQuerySql *self, const HthQuery *query)
{
    if (query->kind == HTH_QUERY_CONTAINS && query->property == HTH_PROPERTY_TITLE)
        return query->value;
    if (query->kind != HTH_QUERY_AND)
        return NULL;
    const gsize start = self->sql->len;
    const guint n_binds = self->binds->len;
    const gboolean is_left_known = hth_query_sql_compile(self, query->left) == HTH_ALWAYS;
    g_string_truncate(self->sql, start);
    const gboolean is_right_known = hth_query_sql_compile(self, query->right) == HTH_ALWAYS;
    g_string_truncate(self->sql, start);
    g_ptr_array_set_size(self->binds, (int)n_binds);
    if (is_left_known)
        return only_title(self, query->right);
    return is_right_known ? only_title(self, query->left) : NULL;
}

static gboolean read_titles(HthTitles kind, GArray *rows, GString *text, gpointer data)
{
    HthReader *reader = data;
    g_autoptr(GError) error = NULL;
    sqlite3_stmt *titles = hth_db_statement(reader->db, HTH_READ_TRACK_TITLES + (guint)kind);
    while (hth_db_row(reader->db, titles, &error)) {
        const guint32 row = (guint32)sqlite3_column_int64(titles, 0);
        g_array_append_val(rows, row);
        g_string_append_len(text, (const char *)sqlite3_column_text(titles, 1),
                            sqlite3_column_bytes(titles, 1));
        g_string_append_c(text, '\n');
    }
    return error == NULL;
}

/* Whether the order of the titles is the order that is asked for: within one source all have one
 * class. */
static gboolean is_title_order(const HthSort *sort)
{
    guint i = 0;
    while (sort != NULL && i < sort->n_keys && sort->keys[i].property == HTH_PROPERTY_CLASS)
        i++;
    return sort == NULL || i == sort->n_keys ||
           (sort->keys[i].property == HTH_PROPERTY_TITLE && !sort->keys[i].is_descending);
}

/* Puts hits of the title index into another order: only they are looked at. */
static gboolean sort_hits(HthQuerySql *self, const GArray *hits, const HthSort *sort, GArray *refs,
                          GError **error)
{
    g_autofree char *order = hth_container_order(&self->source->part, sort, error);
    if (order == NULL)
        return FALSE;
    GString *rows = g_string_new("[");
    for (guint i = 0; i < hits->len; i++)
        g_string_append_printf(rows, "%s%u", i > 0 ? "," : "",
                               hth_ref_row(g_array_index(hits, HthObjectRef, i)));
    g_string_append_c(rows, ']');
    g_ptr_array_set_size(self->binds, 0);
    g_ptr_array_add(self->binds, g_string_free(rows, FALSE));
    g_autofree char *sql = g_strconcat(
        "SELECT ", self->source->part.select, " ", self->source->part.from, " AND ",
        self->source->part.select, " IN (SELECT value FROM json_each(?1)) ORDER BY ", order, NULL);
    return run(self, sql, refs, error);
}

static gboolean search_titles(HthQuerySql *self, const char *folded, const HthSort *sort,
                              GArray *refs, GError **error)
{
    g_autoptr(GArray) hits = g_array_new(FALSE, FALSE, sizeof(HthObjectRef));
    const gboolean is_ordered = is_title_order(sort);
    hth_title_index_search(self->reader->library->titles, (HthTitles)self->source->titles,
                           self->source->part.children, folded, is_ordered ? refs : hits,
                           read_titles, self->reader);
    return is_ordered || hits->len == 0 || sort_hits(self, hits, sort, refs, error);
}

static gboolean search_source(HthQuerySql *self, HthObjectRef container, const HthQuery *query,
                              const HthSort *sort, GArray *refs, GError **error)
{
    const HthTruth within = hth_query_sql_scope(self, container);
    const char *word =
        within == HTH_ALWAYS && self->source->titles >= 0 ? only_title(self, query) : NULL;
    g_autofree char *folded = word != NULL ? hth_text_fold(word) : NULL;
    if (folded != NULL && *folded != '\0')
        return search_titles(self, folded, sort, refs, error);
    if (within == HTH_NEVER)
        return TRUE;
    if (within == HTH_SOMETIMES)
        g_string_append(self->sql, " AND ");
    const HthTruth matches = hth_query_sql_compile(self, query);
    if (self->error != NULL) {
        g_propagate_error(error, g_steal_pointer(&self->error));
        return FALSE;
    }
    if (matches == HTH_NEVER)
        return TRUE;
    if (matches == HTH_ALWAYS)
        g_string_append_c(self->sql, '1');
    g_autofree char *order = hth_container_order(&self->source->part, sort, error);
    if (order == NULL)
        return FALSE;
    g_autofree char *sql =
        g_strconcat("SELECT ", self->source->part.select, " ", self->source->part.from, " AND ",
                    self->sql->str, " ORDER BY ", order, NULL);
    return run(self, sql, refs, error);
}

HthListing *hth_reader_search(HthReader *self, const char *container_id, const HthQuery *query,
                              const HthSort *sort, GError **error)
{
    const char *context;
    const HthObjectRef container = hth_reader_resolve(self, container_id, &context);
    if (container == 0 || !hth_reader_is_context(self, context)) {
        g_set_error(error, HTH_ERROR, HTH_ERROR_NOT_FOUND, "there is no object %s", container_id);
        return NULL;
    }
    if (hth_ref_kind(container) == HTH_REF_ITEM) {
        g_set_error(error, HTH_ERROR, HTH_ERROR_NOT_CONTAINER, "%s is not a container",
                    container_id);
        return NULL;
    }
    const guint32 update_id = hth_library_system_update_id(self->library);
    g_autoptr(GArray) refs = g_array_new(FALSE, FALSE, sizeof(HthObjectRef));
    hth_search_static(container, query, refs);
    for (guint i = 0; i < hth_n_search_sources; i++) {
        HthQuerySql compiler = { .reader = self,
                                 .source = &hth_search_sources[i],
                                 .sql = g_string_new(NULL),
                                 .binds = g_ptr_array_new_with_free_func(g_free) };
        const gboolean is_good = search_source(&compiler, container, query, sort, refs, error);
        g_string_free(compiler.sql, TRUE);
        g_ptr_array_unref(compiler.binds);
        g_clear_error(&compiler.error);
        if (!is_good)
            return NULL;
    }
    return hth_listing_new(g_steal_pointer(&refs), container_id, TRUE, update_id);
}
