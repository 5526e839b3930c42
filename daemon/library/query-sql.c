/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "library/query-sql.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/text.h"
#include "media/media-type.h"

static HthTruth truth(gboolean is_true)
{
    return is_true ? HTH_ALWAYS : HTH_NEVER;
}

static HthTruth unsupported(HthQuerySql *self)
{
    if (self->error == NULL)
        self->error = g_error_new(HTH_ERROR, HTH_ERROR_UNSUPPORTED,
                                  "this comparison makes no sense for this property");
    return HTH_NEVER;
}

/* ---- Properties that are known without a row ---- */

static HthTruth compile_class(HthQuerySql *self, const HthQuery *query)
{
    return truth(hth_search_class_match(query->kind, self->source->class, query->value));
}

/* A list of the formats whose protocolInfo matches. */
static HthTruth compile_mime_type(HthQuerySql *self, const HthQuery *query)
{
    if (self->source->kind == 0)
        return HTH_NEVER;
    g_autoptr(GString) formats = g_string_new(NULL);
    for (guint i = 0; i < HTH_N_FORMATS; i++) {
        const char *mime = hth_media_mime_type(i, self->source->kind);
        g_autofree char *info = g_strdup_printf("http-get:*:%s:*", mime);
        if (hth_search_text_match(query->kind, info, query->value) ||
            (query->kind == HTH_QUERY_EQUAL && strcmp(mime, query->value) == 0))
            g_string_append_printf(formats, "%s%u", formats->len > 0 ? ", " : "", i);
    }
    if (formats->len == 0)
        return HTH_NEVER;
    g_string_append_printf(self->sql, "i.format IN (%s)", formats->str);
    return HTH_SOMETIMES;
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

static HthTruth compile_member(HthQuerySql *self, HthObjectRef container)
{
    const HthContainerInfo *info = hth_container_info(container);
    for (guint i = 0; info != NULL && i < HTH_CONTAINER_MAX_PARTS; i++) {
        if (info->parts[i].children == self->source->part.children) {
            append_part(self->sql, &info->parts[i], container);
            return HTH_SOMETIMES;
        }
    }
    return HTH_NEVER;
}

static HthTruth compile_id(HthQuerySql *self, const HthQuery *query)
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
        const HthTruth found = ref != 0 ? compile_member(self, ref) : HTH_NEVER;
        g_string_append_printf(member, "%s(%s)", is_equal ? "" : "NOT ", self->sql->str);
        g_string_free(self->sql, TRUE);
        self->sql = g_steal_pointer(&member);
        return found == HTH_SOMETIMES ? HTH_SOMETIMES : truth(!is_equal);
    }
    if (ref == 0 || hth_ref_kind(ref) != self->source->part.children)
        return truth(!is_equal);
    g_string_append_printf(self->sql, "%s %s %u", self->source->part.select, is_equal ? "=" : "<>",
                           hth_ref_row(ref));
    return HTH_SOMETIMES;
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

static HthTruth compile_number(HthQuerySql *self, const HthQuery *query)
{
    const char *column =
        query->property == HTH_PROPERTY_TRACK ? "i.track" : hth_item_property(query->property);
    if (self->source->kind == 0)
        return HTH_NEVER;
    if (query->kind == HTH_QUERY_EXISTS) {
        g_string_append_printf(self->sql, "(%s > 0) = %d", column,
                               g_ascii_strcasecmp(query->value, "true") == 0);
        return HTH_SOMETIMES;
    }
    const char *operator= number_operator(query->kind);
    if (operator== NULL)
        return unsupported(self);
    g_string_append_printf(self->sql, "%s %s %" G_GINT64_FORMAT, column, operator,
                           g_ascii_strtoll(query->value, NULL, 10));
    return HTH_SOMETIMES;
}

/* ---- Texts ---- */

static void append_condition(HthQuerySql *self, const HthSearchText *text, HthQueryKind kind,
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
static HthTruth compile_text(HthQuerySql *self, const HthQuery *query)
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
    return HTH_SOMETIMES;
}

/* ---- The tree ---- */

static HthTruth compile_any(HthQuerySql *self, const HthQuery *query)
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
    return HTH_SOMETIMES;
}

static HthTruth compile_compare(HthQuerySql *self, const HthQuery *query)
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
static HthTruth compile_pair(HthQuerySql *self, const HthQuery *query)
{
    const HthTruth decisive = query->kind == HTH_QUERY_AND ? HTH_NEVER : HTH_ALWAYS;
    const gsize start = self->sql->len;
    g_string_append_c(self->sql, '(');
    const HthTruth left = hth_query_sql_compile(self, query->left);
    if (left == decisive) {
        g_string_truncate(self->sql, start);
        return decisive;
    }
    if (left == HTH_SOMETIMES)
        g_string_append(self->sql, query->kind == HTH_QUERY_AND ? " AND " : " OR ");
    else
        g_string_truncate(self->sql, start + 1);
    const gsize middle = self->sql->len;
    const HthTruth right = hth_query_sql_compile(self, query->right);
    if (right == decisive || (left != HTH_SOMETIMES && right != HTH_SOMETIMES)) {
        g_string_truncate(self->sql, start);
        return right;
    }
    if (right != HTH_SOMETIMES) { /* the left side stands alone */
        g_string_truncate(self->sql, middle);
        g_string_append(self->sql, query->kind == HTH_QUERY_AND ? "1" : "0");
    }
    g_string_append_c(self->sql, ')');
    return HTH_SOMETIMES;
}

HthTruth hth_query_sql_compile(HthQuerySql *self, const HthQuery *query)
{
    switch (query->kind) {
    case HTH_QUERY_ALL:
        return HTH_ALWAYS;
    case HTH_QUERY_AND:
    case HTH_QUERY_OR:
        return compile_pair(self, query);
    case HTH_QUERY_NOT: {
        const gsize start = self->sql->len;
        g_string_append(self->sql, "NOT (");
        const HthTruth inner = hth_query_sql_compile(self, query->left);
        if (inner != HTH_SOMETIMES) {
            g_string_truncate(self->sql, start);
            return truth(inner == HTH_NEVER);
        }
        g_string_append_c(self->sql, ')');
        return HTH_SOMETIMES;
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

static HthTruth scope_folder(HthQuerySql *self, HthObjectRef container)
{
    static const HthMediaKind kinds[] = { [HTH_REF_FOLDER_AUDIO] = HTH_MEDIA_AUDIO,
                                          [HTH_REF_FOLDER_VIDEO] = HTH_MEDIA_VIDEO,
                                          [HTH_REF_FOLDER_PHOTO] = HTH_MEDIA_PHOTO };
    if (self->source->kind != kinds[hth_ref_kind(container)])
        return HTH_NEVER;
    g_string_append_printf(self->sql,
                           "i.folder_id IN (WITH RECURSIVE below (id) AS (SELECT %u UNION ALL"
                           " SELECT f.id FROM folder f JOIN below ON f.parent_id = below.id)"
                           " SELECT id FROM below)",
                           hth_ref_row(container));
    return HTH_SOMETIMES;
}

HthTruth hth_query_sql_scope(HthQuerySql *self, HthObjectRef container)
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
            return HTH_ALWAYS;
        if (self->source->kind == 0)
            return truth(kind_of_static(row) == HTH_MEDIA_AUDIO);
        return truth(kind_of_static(row) == self->source->kind);
    case HTH_REF_FOLDER_AUDIO:
    case HTH_REF_FOLDER_VIDEO:
    case HTH_REF_FOLDER_PHOTO:
        return scope_folder(self, container);
    case HTH_REF_PHOTO_YEAR:
        if (self->source->kind != HTH_MEDIA_PHOTO)
            return HTH_NEVER;
        g_string_append_printf(self->sql, "i.month BETWEEN %u AND %u", row * 100, row * 100 + 99);
        return HTH_SOMETIMES;
    default:
        if (self->source->kind != 0 && tracks_of[kind] != 0)
            return compile_member(self, hth_ref(tracks_of[kind], row));
        return compile_member(self, container);
    }
}
