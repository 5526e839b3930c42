/* SPDX-License-Identifier: GPL-3.0-or-later */
/* HthQuery compiled to SQL over constant fragments; every text a client sent is bound. */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/text.h"
#include "library/container.h"
#include "library/library-private.h"
#include "library/search-source.h"
#include "media/media-type.h"

typedef enum { NEVER, ALWAYS, SOMETIMES } Truth;

typedef struct {
    HthReader *reader;
    const HthSearchSource *source;
    GString *sql;     /* the condition */
    GPtrArray *binds; /* (element utf8) ?1 on, in order */
    GError *error;
} Compiler;

static Truth compile(Compiler *self, const HthQuery *query);

static Truth truth(gboolean is_true)
{
    return is_true ? ALWAYS : NEVER;
}

static Truth unsupported(Compiler *self)
{
    if (self->error == NULL)
        self->error = g_error_new(HTH_ERROR, HTH_ERROR_UNSUPPORTED,
                                  "this comparison makes no sense for this property");
    return NEVER;
}

/* ---- Properties that are known without a row ---- */

static Truth compile_class(Compiler *self, const HthQuery *query)
{
    return truth(hth_search_class_match(query->kind, self->source->class, query->value));
}

/* A list of the formats whose protocolInfo matches. */
static Truth compile_mime_type(Compiler *self, const HthQuery *query)
{
    if (self->source->kind == 0)
        return NEVER;
    g_autoptr(GString) formats = g_string_new(NULL);
    for (guint i = 0; i < HTH_N_FORMATS; i++) {
        const char *mime = hth_media_mime_type(i, self->source->kind);
        g_autofree char *info = g_strdup_printf("http-get:*:%s:*", mime);
        if (hth_search_text_match(query->kind, info, query->value) ||
            (query->kind == HTH_QUERY_EQUAL && strcmp(mime, query->value) == 0))
            g_string_append_printf(formats, "%s%u", formats->len > 0 ? ", " : "", i);
    }
    if (formats->len == 0)
        return NEVER;
    g_string_append_printf(self->sql, "i.format IN (%s)", formats->str);
    return SOMETIMES;
}

/* ---- Ids ---- */

/* The container's own SQL with its row in place of ?1: a number of ours. */
static void append_part(GString *sql, const HthContainerPart *part, HthObjectRef container)
{
    g_autofree char *row = g_strdup_printf("%u", hth_ref_row(container));
    g_auto(GStrv) pieces = g_strsplit(part->from, "?1", -1);
    g_autofree char *from = g_strjoinv(row, pieces);
    g_string_append_printf(sql, "%s IN (SELECT %s %s)", part->select, part->select, from);
}

static Truth compile_member(Compiler *self, HthObjectRef container)
{
    const HthContainerInfo *info = hth_container_info(container);
    for (guint i = 0; info != NULL && i < HTH_CONTAINER_MAX_PARTS; i++) {
        if (info->parts[i].children == self->source->part.children) {
            append_part(self->sql, &info->parts[i], container);
            return SOMETIMES;
        }
    }
    return NEVER;
}

static Truth compile_id(Compiler *self, const HthQuery *query)
{
    if (query->kind == HTH_QUERY_EXISTS)
        return truth(g_ascii_strcasecmp(query->value, "true") == 0);
    if (query->kind != HTH_QUERY_EQUAL && query->kind != HTH_QUERY_NOT_EQUAL)
        return unsupported(self);
    const char *context;
    const HthObjectRef ref = hth_reader_resolve(self->reader, query->value, &context);
    const gboolean is_equal = query->kind == HTH_QUERY_EQUAL;
    if (query->property == HTH_PROPERTY_PARENT_ID) {
        g_autoptr(GString) member = g_steal_pointer(&self->sql);
        self->sql = g_string_new(NULL);
        const Truth found = ref != 0 ? compile_member(self, ref) : NEVER;
        g_string_append_printf(member, "%s(%s)", is_equal ? "" : "NOT ", self->sql->str);
        g_string_free(self->sql, TRUE);
        self->sql = g_steal_pointer(&member);
        return found == SOMETIMES ? SOMETIMES : truth(!is_equal);
    }
    if (ref == 0 || hth_ref_kind(ref) != self->source->part.children)
        return truth(!is_equal);
    g_string_append_printf(self->sql, "%s %s %u", self->source->part.select, is_equal ? "=" : "<>",
                           hth_ref_row(ref));
    return SOMETIMES;
}

/* ---- Numbers ---- */

static const char *number_operator(HthQueryKind kind)
{
    switch (kind) {
    case HTH_QUERY_EQUAL:
        return "=";
    case HTH_QUERY_NOT_EQUAL:
        return "<>";
    case HTH_QUERY_LESS:
        return "<";
    case HTH_QUERY_LESS_EQUAL:
        return "<=";
    case HTH_QUERY_GREATER:
        return ">";
    case HTH_QUERY_GREATER_EQUAL:
        return ">=";
    default:
        return NULL;
    }
}

static Truth compile_number(Compiler *self, const HthQuery *query)
{
    const char *column =
        query->property == HTH_PROPERTY_TRACK ? "i.track" : hth_item_property(query->property);
    if (self->source->kind == 0)
        return NEVER;
    if (query->kind == HTH_QUERY_EXISTS) {
        g_string_append_printf(self->sql, "(%s > 0) = %d", column,
                               g_ascii_strcasecmp(query->value, "true") == 0);
        return SOMETIMES;
    }
    const char *operator= number_operator(query->kind);
    if (operator== NULL)
        return unsupported(self);
    g_string_append_printf(self->sql, "%s %s %" G_GINT64_FORMAT, column, operator,
                           g_ascii_strtoll(query->value, NULL, 10));
    return SOMETIMES;
}

/* ---- Texts ---- */

static void append_condition(Compiler *self, const HthSearchText *text, HthQueryKind kind,
                             const char *value)
{
    g_ptr_array_add(self->binds, hth_text_fold(value));
    const guint n = self->binds->len;
    g_string_append(self->sql, text->before);
    switch (kind) {
    case HTH_QUERY_CONTAINS:
        g_string_append_printf(self->sql, "instr(%s, ?%u) > 0", text->column, n);
        break;
    case HTH_QUERY_STARTS_WITH:
        g_string_append_printf(self->sql, "substr(%s, 1, length(?%u)) = ?%u", text->column, n, n);
        break;
    case HTH_QUERY_EXISTS:
        g_string_append_printf(self->sql, "length(%s) > 0 AND ?%u <> ''", text->column, n);
        break;
    case HTH_QUERY_DOES_NOT_CONTAIN:
        g_string_append_printf(self->sql, "length(%s) > 0 AND instr(%s, ?%u) = 0", text->column,
                               text->column, n);
        break;
    default:
        g_string_append_printf(self->sql, "length(%s) > 0 AND %s %s ?%u", text->column,
                               text->column, number_operator(kind), n);
        break;
    }
    g_string_append(self->sql, text->after);
}

/* ContentDirectory:1, 2.5.5.1: of several values one has to fit, for "!=" and "doesNotContain" too;
 * what compares a value that is not there is false. */
static Truth compile_text(Compiler *self, const HthQuery *query)
{
    const HthSearchText *text = &self->source->texts[query->property];
    const gboolean is_absence =
        query->kind == HTH_QUERY_EXISTS && g_ascii_strcasecmp(query->value, "true") != 0;
    if (query->kind == HTH_QUERY_DERIVED_FROM)
        return unsupported(self);
    if (text->column == NULL)
        return truth(is_absence);
    g_string_append(self->sql, is_absence ? "NOT coalesce(" : "coalesce(");
    append_condition(self, text, query->kind, query->value);
    g_string_append(self->sql, ", 0)");
    return SOMETIMES;
}

/* ---- The tree ---- */

static Truth compile_any(Compiler *self, const HthQuery *query)
{
    static const HthProperty properties[] = { HTH_PROPERTY_TITLE, HTH_PROPERTY_ARTIST,
                                              HTH_PROPERTY_ALBUM };
    gboolean is_first = TRUE;
    g_string_append_c(self->sql, '(');
    for (guint i = 0; i < G_N_ELEMENTS(properties); i++) {
        HthQuery one = *query;
        one.property = properties[i];
        if (self->source->texts[one.property].column == NULL)
            continue;
        if (!is_first)
            g_string_append(self->sql, " OR ");
        is_first = FALSE;
        (void)compile_text(self, &one); /* such a property there is, so the answer is "sometimes" */
    }
    g_string_append_c(self->sql, ')');
    return SOMETIMES;
}

static Truth compile_compare(Compiler *self, const HthQuery *query)
{
    switch (query->property) {
    case HTH_PROPERTY_CLASS:
        return compile_class(self, query);
    case HTH_PROPERTY_REF_ID:
        /* Everything is found in its own place, where it has none. */
        return truth(query->kind == HTH_QUERY_EXISTS
                         ? g_ascii_strcasecmp(query->value, "true") != 0
                         : query->kind == HTH_QUERY_NOT_EQUAL ||
                               query->kind == HTH_QUERY_DOES_NOT_CONTAIN);
    case HTH_PROPERTY_ID:
    case HTH_PROPERTY_PARENT_ID:
        return compile_id(self, query);
    case HTH_PROPERTY_MIME_TYPE:
        return compile_mime_type(self, query);
    case HTH_PROPERTY_ANY:
        return compile_any(self, query);
    case HTH_PROPERTY_TITLE:
    case HTH_PROPERTY_ARTIST:
    case HTH_PROPERTY_ALBUM_ARTIST:
    case HTH_PROPERTY_COMPOSER:
    case HTH_PROPERTY_ALBUM:
    case HTH_PROPERTY_GENRE:
    case HTH_PROPERTY_DATE:
        return compile_text(self, query);
    default:
        return compile_number(self, query);
    }
}

/* Compiles both sides, and leaves out what is known beforehand. */
static Truth compile_pair(Compiler *self, const HthQuery *query)
{
    const Truth decisive = query->kind == HTH_QUERY_AND ? NEVER : ALWAYS;
    const gsize start = self->sql->len;
    g_string_append_c(self->sql, '(');
    const Truth left = compile(self, query->left);
    if (left == decisive) {
        g_string_truncate(self->sql, start);
        return decisive;
    }
    if (left == SOMETIMES)
        g_string_append(self->sql, query->kind == HTH_QUERY_AND ? " AND " : " OR ");
    else
        g_string_truncate(self->sql, start + 1);
    const gsize middle = self->sql->len;
    const Truth right = compile(self, query->right);
    if (right == decisive || (left != SOMETIMES && right != SOMETIMES)) {
        g_string_truncate(self->sql, start);
        return right;
    }
    if (right != SOMETIMES) { /* the left side stands alone */
        g_string_truncate(self->sql, middle);
        g_string_append(self->sql, query->kind == HTH_QUERY_AND ? "1" : "0");
    }
    g_string_append_c(self->sql, ')');
    return SOMETIMES;
}

static Truth compile(Compiler *self, const HthQuery *query)
{
    switch (query->kind) {
    case HTH_QUERY_ALL:
        return ALWAYS;
    case HTH_QUERY_AND:
    case HTH_QUERY_OR:
        return compile_pair(self, query);
    case HTH_QUERY_NOT: {
        const gsize start = self->sql->len;
        g_string_append(self->sql, "NOT (");
        const Truth inner = compile(self, query->left);
        if (inner != SOMETIMES) {
            g_string_truncate(self->sql, start);
            return truth(inner == NEVER);
        }
        g_string_append_c(self->sql, ')');
        return SOMETIMES;
    }
    default:
        return compile_compare(self, query);
    }
}

/* ---- Below which container ---- */

static HthMediaKind kind_of_static(guint container)
{
    if (container >= HTH_STATIC_PHOTO)
        return HTH_MEDIA_PHOTO;
    return container >= HTH_STATIC_VIDEO ? HTH_MEDIA_VIDEO : HTH_MEDIA_AUDIO;
}

static Truth scope_folder(Compiler *self, HthObjectRef container)
{
    static const HthMediaKind kinds[] = { [HTH_REF_FOLDER_AUDIO] = HTH_MEDIA_AUDIO,
                                          [HTH_REF_FOLDER_VIDEO] = HTH_MEDIA_VIDEO,
                                          [HTH_REF_FOLDER_PHOTO] = HTH_MEDIA_PHOTO };
    if (self->source->kind != kinds[hth_ref_kind(container)])
        return NEVER;
    g_string_append_printf(self->sql,
                           "i.folder_id IN (WITH RECURSIVE below (id) AS (SELECT %u UNION ALL"
                           " SELECT f.id FROM folder f JOIN below ON f.parent_id = below.id)"
                           " SELECT id FROM below)",
                           hth_ref_row(container));
    return SOMETIMES;
}

static Truth scope(Compiler *self, HthObjectRef container)
{
    /* A list of albums holds their tracks too: what "All tracks" of it lists. */
    static const HthRefKind tracks_of[HTH_N_REF_KINDS] = {
        [HTH_REF_ARTIST] = HTH_REF_ARTIST_TRACKS,
        [HTH_REF_ALBUM_ARTIST] = HTH_REF_ALBUM_ARTIST_TRACKS,
        [HTH_REF_COMPOSER] = HTH_REF_COMPOSER_TRACKS,
        [HTH_REF_GENRE] = HTH_REF_GENRE_TRACKS,
        [HTH_REF_YEAR] = HTH_REF_YEAR_TRACKS,
    };
    const HthRefKind kind = hth_ref_kind(container);
    const guint32 row = hth_ref_row(container);
    switch (kind) {
    case HTH_REF_STATIC:
        if (row == HTH_STATIC_ROOT)
            return ALWAYS;
        if (self->source->kind == 0)
            return truth(kind_of_static(row) == HTH_MEDIA_AUDIO);
        return truth(kind_of_static(row) == self->source->kind);
    case HTH_REF_FOLDER_AUDIO:
    case HTH_REF_FOLDER_VIDEO:
    case HTH_REF_FOLDER_PHOTO:
        return scope_folder(self, container);
    case HTH_REF_PHOTO_YEAR:
        if (self->source->kind != HTH_MEDIA_PHOTO)
            return NEVER;
        g_string_append_printf(self->sql, "i.month BETWEEN %u AND %u", row * 100, row * 100 + 99);
        return SOMETIMES;
    default:
        if (self->source->kind != 0 && tracks_of[kind] != 0)
            return compile_member(self, hth_ref(tracks_of[kind], row));
        return compile_member(self, container);
    }
}

/* ---- Running ---- */

static gboolean run(Compiler *self, const char *sql, GArray *refs, GError **error)
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
static const char *only_title(Compiler *self, const HthQuery *query)
{
    if (query->kind == HTH_QUERY_CONTAINS && query->property == HTH_PROPERTY_TITLE)
        return query->value;
    if (query->kind != HTH_QUERY_AND)
        return NULL;
    const gsize start = self->sql->len;
    const guint n_binds = self->binds->len;
    const gboolean is_left_known = compile(self, query->left) == ALWAYS;
    g_string_truncate(self->sql, start);
    const gboolean is_right_known = compile(self, query->right) == ALWAYS;
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
static gboolean sort_hits(Compiler *self, const GArray *hits, const HthSort *sort, GArray *refs,
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

static gboolean search_titles(Compiler *self, const char *folded, const HthSort *sort, GArray *refs,
                              GError **error)
{
    g_autoptr(GArray) hits = g_array_new(FALSE, FALSE, sizeof(HthObjectRef));
    const gboolean is_ordered = is_title_order(sort);
    hth_title_index_search(self->reader->library->titles, (HthTitles)self->source->titles,
                           self->source->part.children, folded, is_ordered ? refs : hits,
                           read_titles, self->reader);
    return is_ordered || hits->len == 0 || sort_hits(self, hits, sort, refs, error);
}

static gboolean search_source(Compiler *self, HthObjectRef container, const HthQuery *query,
                              const HthSort *sort, GArray *refs, GError **error)
{
    const Truth within = scope(self, container);
    const char *word =
        within == ALWAYS && self->source->titles >= 0 ? only_title(self, query) : NULL;
    g_autofree char *folded = word != NULL ? hth_text_fold(word) : NULL;
    if (folded != NULL && *folded != '\0')
        return search_titles(self, folded, sort, refs, error);
    if (within == NEVER)
        return TRUE;
    if (within == SOMETIMES)
        g_string_append(self->sql, " AND ");
    const Truth matches = compile(self, query);
    if (self->error != NULL) {
        g_propagate_error(error, g_steal_pointer(&self->error));
        return FALSE;
    }
    if (matches == NEVER)
        return TRUE;
    if (matches == ALWAYS)
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
        Compiler compiler = { .reader = self,
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
