/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "search-criteria.h"

#include <string.h>

#include "base/error.h"

typedef struct {
    const char *name;
    HthProperty property;
} PropertyName;

static const PropertyName property_names[] = {
    { "@id", HTH_PROPERTY_ID },
    { "@parentID", HTH_PROPERTY_PARENT_ID },
    { "@refID", HTH_PROPERTY_REF_ID },
    { "dc:creator", HTH_PROPERTY_ARTIST },
    { "dc:date", HTH_PROPERTY_DATE },
    { "dc:title", HTH_PROPERTY_TITLE },
    { "microsoft:artistAlbumArtist", HTH_PROPERTY_ALBUM_ARTIST },
    { "microsoft:artistPerformer", HTH_PROPERTY_ARTIST },
    { "microsoft:authorComposer", HTH_PROPERTY_COMPOSER },
    { "res", HTH_PROPERTY_MIME_TYPE },
    { "res@bitrate", HTH_PROPERTY_BITRATE },
    { "res@duration", HTH_PROPERTY_DURATION },
    { "res@protocolInfo", HTH_PROPERTY_MIME_TYPE },
    { "res@size", HTH_PROPERTY_SIZE },
    { "upnp:actor", HTH_PROPERTY_ARTIST },
    { "upnp:album", HTH_PROPERTY_ALBUM },
    { "upnp:albumArtist", HTH_PROPERTY_ALBUM_ARTIST },
    { "upnp:artist", HTH_PROPERTY_ARTIST },
    { "upnp:artist[@role=\"AlbumArtist\"]", HTH_PROPERTY_ALBUM_ARTIST },
    { "upnp:artist[@role=\"Composer\"]", HTH_PROPERTY_COMPOSER },
    { "upnp:artist[@role=\"Performer\"]", HTH_PROPERTY_ARTIST },
    { "upnp:author", HTH_PROPERTY_COMPOSER },
    { "upnp:author[@role=\"Composer\"]", HTH_PROPERTY_COMPOSER },
    { "upnp:class", HTH_PROPERTY_CLASS },
    { "upnp:genre", HTH_PROPERTY_GENRE },
    { "upnp:originalDiscNumber", HTH_PROPERTY_DISC },
    { "upnp:originalTrackNumber", HTH_PROPERTY_TRACK },
    { "upnp:playbackCount", HTH_PROPERTY_PLAY_COUNT },
    { "upnp:rating", HTH_PROPERTY_RATING },
};

const char *hth_search_capabilities(void)
{
    return "@id,@parentID,@refID,upnp:class,dc:title,dc:creator,dc:date,upnp:artist,"
           "upnp:artist[@role=\"AlbumArtist\"],upnp:author,upnp:album,upnp:genre,"
           "upnp:originalTrackNumber,upnp:rating,upnp:playbackCount,res@size,res@duration,"
           "res@bitrate,res@protocolInfo";
}

typedef struct {
    const char *name;
    HthQueryKind kind;
} OperatorName;

static const OperatorName operator_names[] = {
    { "=", HTH_QUERY_EQUAL },
    { "!=", HTH_QUERY_NOT_EQUAL },
    { "<", HTH_QUERY_LESS },
    { "<=", HTH_QUERY_LESS_EQUAL },
    { ">", HTH_QUERY_GREATER },
    { ">=", HTH_QUERY_GREATER_EQUAL },
    { "contains", HTH_QUERY_CONTAINS },
    { "doesNotContain", HTH_QUERY_DOES_NOT_CONTAIN },
    { "startsWith", HTH_QUERY_STARTS_WITH },
    { "derivedfrom", HTH_QUERY_DERIVED_FROM },
    { "exists", HTH_QUERY_EXISTS },
};

typedef struct {
    const char *at;
    guint depth;
    guint n_nodes;
} Reader;

static void skip_space(Reader *reader)
{
    while (g_ascii_isspace(*reader->at))
        reader->at++;
}

/* Takes @word when it is next and ends there. */
static gboolean take_word(Reader *reader, const char *word)
{
    skip_space(reader);
    const gsize length = strlen(word);
    if (g_ascii_strncasecmp(reader->at, word, length) != 0)
        return FALSE;
    const char after = reader->at[length];
    if (after != '\0' && after != '(' && after != ')' && !g_ascii_isspace(after))
        return FALSE;
    reader->at += length;
    return TRUE;
}

static gboolean take_char(Reader *reader, char c)
{
    skip_space(reader);
    if (*reader->at != c)
        return FALSE;
    reader->at++;
    return TRUE;
}

/* A name ends at space, an operator's sign or a parenthesis; [@role="…"] belongs to it. */
static gsize name_length(const char *at)
{
    const char *end = at + strcspn(at, " \t\r\n\f\v=!<>()[\"");
    if (*end == '[') {
        const char *close = strchr(end, ']');
        if (close != NULL)
            end = close + 1;
    }
    return (gsize)(end - at);
}

static gboolean read_property(Reader *reader, HthProperty *out_property, GError **error)
{
    skip_space(reader);
    const gsize length = name_length(reader->at);
    if (length == 0) {
        g_set_error(error, HTH_ERROR, HTH_ERROR_INVALID, "a property was expected");
        return FALSE;
    }
    for (guint i = 0; i < G_N_ELEMENTS(property_names); i++) {
        const PropertyName *row = &property_names[i];
        if (strlen(row->name) == length &&
            g_ascii_strncasecmp(row->name, reader->at, length) == 0) {
            reader->at += length;
            *out_property = row->property;
            return TRUE;
        }
    }
    g_set_error(error, HTH_ERROR, HTH_ERROR_UNSUPPORTED, "no such property");
    return FALSE;
}

static gsize operator_length(const char *at)
{
    const gsize signs = strspn(at, "=!<>");
    return signs > 0 ? signs : strcspn(at, " \t\r\n\f\v\"()=!<>");
}

static gboolean read_operator(Reader *reader, HthQueryKind *out_kind, GError **error)
{
    skip_space(reader);
    const gsize length = operator_length(reader->at);
    for (guint i = 0; i < G_N_ELEMENTS(operator_names); i++) {
        const OperatorName *row = &operator_names[i];
        if (strlen(row->name) == length &&
            g_ascii_strncasecmp(row->name, reader->at, length) == 0) {
            reader->at += length;
            *out_kind = row->kind;
            return TRUE;
        }
    }
    g_set_error(error, HTH_ERROR, HTH_ERROR_INVALID, "an operator was expected");
    return FALSE;
}

static char *read_quoted(Reader *reader, GError **error)
{
    g_autoptr(GString) value = g_string_new(NULL);
    for (reader->at++; *reader->at != '"'; reader->at++) {
        if (*reader->at == '\\' && reader->at[1] != '\0')
            reader->at++;
        if (*reader->at == '\0') {
            g_set_error(error, HTH_ERROR, HTH_ERROR_INVALID, "a quoted value does not end");
            return NULL;
        }
        g_string_append_c(value, *reader->at);
    }
    reader->at++;
    return g_string_free(g_steal_pointer(&value), FALSE);
}

static char *read_value(Reader *reader, GError **error)
{
    skip_space(reader);
    if (*reader->at == '"')
        return read_quoted(reader, error);
    const gsize length = strcspn(reader->at, " \t\r\n\f\v\"()=!<>");
    if (length == 0) {
        g_set_error(error, HTH_ERROR, HTH_ERROR_INVALID, "a value was expected");
        return NULL;
    }
    char *value = g_strndup(reader->at, length);
    reader->at += length;
    return value;
}

/* `exists` takes true or false; `derivedfrom` makes sense for classes alone. */
static gboolean check_relation(HthQueryKind kind, HthProperty property, const char *value,
                               GError **error)
{
    if (kind == HTH_QUERY_EXISTS && strcmp(value, "true") != 0 && strcmp(value, "false") != 0) {
        g_set_error(error, HTH_ERROR, HTH_ERROR_INVALID, "exists takes true or false");
        return FALSE;
    }
    if (kind == HTH_QUERY_DERIVED_FROM && property != HTH_PROPERTY_CLASS) {
        g_set_error(error, HTH_ERROR, HTH_ERROR_UNSUPPORTED, "derivedfrom is for upnp:class");
        return FALSE;
    }
    return TRUE;
}

/* res@protocolInfo is asked as "http-get:*:audio/mpeg:*"; the library knows the third field. */
static char *mime_of(char *value)
{
    g_auto(GStrv) fields = g_strsplit(value, ":", 4);
    if (g_strv_length(fields) < 3)
        return value;
    g_free(value);
    return g_strdup(fields[2]);
}

/* "H+:MM:SS.mmm" in milliseconds; a plain number is seconds. */
static char *milliseconds_of(char *value)
{
    double seconds = 0;
    g_auto(GStrv) fields = g_strsplit(value, ":", 3);
    for (guint i = 0; fields[i] != NULL; i++)
        seconds = seconds * 60 + g_ascii_strtod(fields[i], NULL);
    g_free(value);
    return g_strdup_printf("%.0f", CLAMP(seconds, 0, 1e9) * 1000);
}

/* res@bitrate is in bytes a second, the library's in bits. */
static char *bits_of(char *value)
{
    const guint64 bytes = g_ascii_strtoull(value, NULL, 10);
    g_free(value);
    return g_strdup_printf("%" G_GUINT64_FORMAT, MIN(bytes, G_MAXUINT32) * 8);
}

static char *library_value(HthQueryKind kind, HthProperty property, char *value)
{
    if (kind == HTH_QUERY_EXISTS)
        return value;
    if (property == HTH_PROPERTY_MIME_TYPE)
        return mime_of(value);
    if (property == HTH_PROPERTY_DURATION)
        return milliseconds_of(value);
    if (property == HTH_PROPERTY_BITRATE)
        return bits_of(value);
    return value;
}

static gboolean count_node(Reader *reader, GError **error)
{
    if (++reader->n_nodes <= HTH_QUERY_MAX_NODES)
        return TRUE;
    g_set_error(error, HTH_ERROR, HTH_ERROR_TOO_LARGE, "too many conditions");
    return FALSE;
}

static HthQuery *read_relation(Reader *reader, GError **error)
{
    HthProperty property = HTH_PROPERTY_ANY;
    HthQueryKind kind = HTH_QUERY_ALL;
    if (!count_node(reader, error) || !read_property(reader, &property, error) ||
        !read_operator(reader, &kind, error))
        return NULL;
    g_autofree char *value = read_value(reader, error);
    if (value == NULL || !check_relation(kind, property, value, error))
        return NULL;
    value = library_value(kind, property, g_steal_pointer(&value));
    return hth_query_new_compare(kind, property, value);
}

static HthQuery *read_or(Reader *reader, GError **error);

static HthQuery *read_term(Reader *reader, GError **error)
{
    if (!take_char(reader, '('))
        return read_relation(reader, error);
    if (++reader->depth > HTH_QUERY_MAX_DEPTH / 2) {
        g_set_error(error, HTH_ERROR, HTH_ERROR_TOO_LARGE, "nested too deeply");
        return NULL;
    }
    g_autoptr(HthQuery) inner = read_or(reader, error);
    if (inner == NULL)
        return NULL;
    if (!take_char(reader, ')')) {
        g_set_error(error, HTH_ERROR, HTH_ERROR_INVALID, "a parenthesis does not close");
        return NULL;
    }
    reader->depth--;
    return g_steal_pointer(&inner);
}

/* A run of terms joined by one keyword, as a tree of logarithmic depth: a long chain must not be
 * refused for its depth, and those who walk it recurse. Takes the terms. */
static HthQuery *join(HthQueryKind kind, HthQuery **terms, guint n_terms)
{
    if (n_terms == 1)
        return terms[0];
    const guint half = n_terms / 2;
    return hth_query_new_pair(kind, join(kind, terms, half),
                              join(kind, terms + half, n_terms - half));
}

typedef HthQuery *(*ReadPart)(Reader *reader, GError **error);

static HthQuery *read_chain(Reader *reader, const char *keyword, HthQueryKind kind, ReadPart part,
                            GError **error)
{
    g_autoptr(GPtrArray) terms = g_ptr_array_new_with_free_func((GDestroyNotify)hth_query_free);
    do {
        HthQuery *term = part(reader, error);
        if (term == NULL)
            return NULL;
        g_ptr_array_add(terms, term);
        if (terms->len > 1 && !count_node(reader, error))
            return NULL;
    } while (take_word(reader, keyword));
    HthQuery *joined = join(kind, (HthQuery **)terms->pdata, terms->len);
    g_ptr_array_set_free_func(terms, NULL);
    return joined;
}

static HthQuery *read_and(Reader *reader, GError **error)
{
    return read_chain(reader, "and", HTH_QUERY_AND, read_term, error);
}

static HthQuery *read_or(Reader *reader, GError **error)
{
    return read_chain(reader, "or", HTH_QUERY_OR, read_and, error);
}

static guint depth_of(const HthQuery *query)
{
    if (query == NULL)
        return 0;
    return 1 + MAX(depth_of(query->left), depth_of(query->right));
}

static gboolean is_everything(const char *text)
{
    while (g_ascii_isspace(*text))
        text++;
    if (*text == '*')
        text++;
    while (g_ascii_isspace(*text))
        text++;
    return *text == '\0';
}

HthQuery *hth_search_parse(const char *text, GError **error)
{
    if (text == NULL || is_everything(text))
        return hth_query_new_all();
    if (strlen(text) > HTH_SEARCH_MAX_BYTES) {
        g_set_error(error, HTH_ERROR, HTH_ERROR_TOO_LARGE, "the search is too long");
        return NULL;
    }
    Reader reader = { .at = text };
    g_autoptr(HthQuery) query = read_or(&reader, error);
    if (query == NULL)
        return NULL;
    skip_space(&reader);
    if (*reader.at != '\0') {
        g_set_error(error, HTH_ERROR, HTH_ERROR_INVALID, "text is left over after the search");
        return NULL;
    }
    if (depth_of(query) > HTH_QUERY_MAX_DEPTH) {
        g_set_error(error, HTH_ERROR, HTH_ERROR_TOO_LARGE, "nested too deeply");
        return NULL;
    }
    return g_steal_pointer(&query);
}
