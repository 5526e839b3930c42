/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is in the library: scan, search, browse, item, play state, problems. */
#include <string.h>

#include "api.h"
#include "base/error.h"
#include "base/json.h"
#include "object-json.h"

#define PAGE_DEFAULT    100
#define PAGE_MAX        1000
#define WORDS_MAX       16
#define PROBLEMS_MAX    1000
#define QUERY_MAX_BYTES 500

/* ---- Sorting ---- */

static const struct {
    const char *name;
    HthProperty property;
} sort_names[] = {
    { "added", HTH_PROPERTY_ADDED },
    { "album", HTH_PROPERTY_ALBUM },
    { "artist", HTH_PROPERTY_ARTIST },
    { "date", HTH_PROPERTY_DATE },
    { "duration", HTH_PROPERTY_DURATION },
    { "last-played", HTH_PROPERTY_LAST_PLAYED },
    { "play-count", HTH_PROPERTY_PLAY_COUNT },
    { "rating", HTH_PROPERTY_RATING },
    { "size", HTH_PROPERTY_SIZE },
    { "title", HTH_PROPERTY_TITLE },
    { "track", HTH_PROPERTY_TRACK },
};

static gboolean add_sort_key(HthSort *sort, const char *word, GError **error)
{
    const gboolean is_descending = *word == '-';
    for (guint i = 0; i < G_N_ELEMENTS(sort_names); i++) {
        if (strcmp(sort_names[i].name, word + is_descending) == 0 &&
            sort->n_keys < HTH_SORT_MAX_KEYS) {
            sort->keys[sort->n_keys++] = (HthSortKey){ sort_names[i].property, is_descending };
            return TRUE;
        }
    }
    g_set_error(error, HTH_ERROR, HTH_ERROR_UNSUPPORTED,
                "cannot sort by “%s”; there are added, album, artist, date, duration, "
                "last-played, play-count, rating, size, title and track, with - in front for "
                "the other way round",
                word);
    return FALSE;
}

/* "artist,-date" */
static gboolean parse_sort(const char *text, HthSort *out, GError **error)
{
    *out = (HthSort){ 0 };
    if (text == NULL || *text == '\0')
        return TRUE;
    g_auto(GStrv) words = g_strsplit(text, ",", HTH_SORT_MAX_KEYS + 1);
    for (char **word = words; *word != NULL; word++) {
        if (!add_sort_key(out, *word, error))
            return FALSE;
    }
    return TRUE;
}

/* ---- Pages ---- */

static JsonObject *page(HthApiCall *call, HthReader *reader, HthListing *listing, GError **error)
{
    gint64 start = 0;
    gint64 count = 0;
    if (!hth_api_query_number(call, "start", 0, G_MAXINT32, 0, &start, error) ||
        !hth_api_query_number(call, "count", 0, PAGE_MAX, PAGE_DEFAULT, &count, error))
        return NULL;
    JsonArray *array = json_array_new();
    for (gint64 i = start; i < MIN(start + count, (gint64)listing->n_refs); i++) {
        g_autoptr(HthObject) object = hth_reader_object_by_ref(reader, listing->refs[i]);
        if (object == NULL)
            continue; /* it went a moment ago */
        g_autofree char *id =
            listing->container_id != NULL ? hth_listing_child_id(listing, object->leaf_id) : NULL;
        json_array_add_object_element(
            array,
            hth_object_to_json(object, id, listing->is_canonical ? NULL : listing->container_id));
    }
    JsonObject *answer = json_object_new();
    json_object_set_array_member(answer, "objects", array);
    json_object_set_int_member(answer, "start", start);
    json_object_set_int_member(answer, "total", listing->n_refs);
    json_object_set_int_member(answer, "update_id", listing->update_id);
    return answer;
}

static JsonObject *browse(HthApiCall *call, GError **error)
{
    HthSort sort;
    if (!parse_sort(hth_http_request_query(call->request, "sort"), &sort, error))
        return NULL;
    g_autoptr(HthReader) reader = hth_library_acquire_reader(call->parts->library);
    g_autoptr(HthListing) listing = hth_reader_children(reader, call->argument, &sort, error);
    return listing != NULL ? page(call, reader, listing, error) : NULL;
}

/* Every word must be somewhere in title, artist or album. */
static HthQuery *words_query(const char *text, GError **error)
{
    g_auto(GStrv) words = g_strsplit_set(text, " \t", -1);
    HthQuery *query = NULL;
    guint n_words = 0;
    for (char **word = words; *word != NULL; word++) {
        if (**word == '\0')
            continue;
        if (++n_words > WORDS_MAX) {
            hth_query_free(query);
            g_set_error(error, HTH_ERROR, HTH_ERROR_TOO_LARGE, "at most %d words", WORDS_MAX);
            return NULL;
        }
        HthQuery *one = hth_query_new_compare(HTH_QUERY_CONTAINS, HTH_PROPERTY_ANY, *word);
        query = query != NULL ? hth_query_new_pair(HTH_QUERY_AND, query, one) : one;
    }
    return query != NULL ? query : hth_query_new_all();
}

static HthQuery *search_query(HthApiCall *call, GError **error)
{
    const char *text = hth_http_request_query(call->request, "q");
    const char *kind = hth_http_request_query(call->request, "kind");
    if (text == NULL || strlen(text) > QUERY_MAX_BYTES || !g_utf8_validate(text, -1, NULL)) {
        g_set_error(error, HTH_ERROR, HTH_ERROR_INVALID,
                    "“q” has to be what to look for, at most %d bytes of UTF-8", QUERY_MAX_BYTES);
        return NULL;
    }
    HthObjectClass class = HTH_OBJECT_CONTAINER;
    if (kind != NULL && !hth_object_kind_from_name(kind, &class)) {
        g_set_error(error, HTH_ERROR, HTH_ERROR_INVALID,
                    "“kind” has to be track, video, photo, album, artist, genre, playlist, "
                    "photo-album or folder");
        return NULL;
    }
    HthQuery *query = words_query(text, error);
    if (query == NULL || kind == NULL)
        return query;
    return hth_query_new_pair(HTH_QUERY_AND,
                              hth_query_new_compare(HTH_QUERY_DERIVED_FROM, HTH_PROPERTY_CLASS,
                                                    hth_object_class_name(class)),
                              query);
}

static JsonObject *search(HthApiCall *call, GError **error)
{
    HthSort sort;
    if (!parse_sort(hth_http_request_query(call->request, "sort"), &sort, error))
        return NULL;
    g_autoptr(HthQuery) query = search_query(call, error);
    if (query == NULL)
        return NULL;
    g_autoptr(HthReader) reader = hth_library_acquire_reader(call->parts->library);
    g_autoptr(HthListing) listing = hth_reader_search(reader, "0", query, &sort, error);
    return listing != NULL ? page(call, reader, listing, error) : NULL;
}

/* ---- One item ---- */

static JsonObject *show_item(HthApiCall *call, GError **error)
{
    g_autoptr(HthReader) reader = hth_library_acquire_reader(call->parts->library);
    g_autofree char *parent_id = NULL;
    g_autoptr(HthObject) object = hth_reader_object(reader, call->argument, &parent_id, error);
    if (object == NULL)
        return NULL;
    JsonObject *json = hth_object_to_json(object, call->argument, parent_id);
    if (!hth_object_is_container(object)) {
        g_autofree char *path = hth_library_item_path(call->parts->library, object->leaf_id, NULL);
        if (path != NULL && g_utf8_validate(path, -1, NULL))
            json_object_set_string_member(json, "path", path);
    }
    return json;
}

/* The leaf id of the item that the path names, which may be a reference in a container. */
static char *item_leaf(HthApiCall *call, GError **error)
{
    g_autoptr(HthReader) reader = hth_library_acquire_reader(call->parts->library);
    g_autoptr(HthObject) object = hth_reader_object(reader, call->argument, NULL, error);
    if (object == NULL)
        return NULL;
    if (hth_object_is_container(object)) {
        g_set_error(error, HTH_ERROR, HTH_ERROR_INVALID,
                    "“%s” is a container, not something to play", object->title);
        return NULL;
    }
    return g_strdup(object->leaf_id);
}

static JsonObject *add_play(HthApiCall *call, GError **error)
{
    g_autofree char *leaf_id = item_leaf(call, error);
    if (leaf_id == NULL ||
        !hth_library_add_play(call->parts->library, leaf_id, hth_api_text(call, "person"), error))
        return NULL;
    return hth_api_done();
}

static JsonObject *set_position(HthApiCall *call, GError **error)
{
    g_autofree char *leaf_id = item_leaf(call, error);
    const gint64 position_ms = json_object_get_int_member(call->body, "position_ms");
    if (leaf_id == NULL)
        return NULL;
    if (position_ms < 0 || position_ms > G_GINT64_CONSTANT(1000) * 60 * 60 * 24 * 30) {
        g_set_error(error, HTH_ERROR, HTH_ERROR_INVALID,
                    "“position_ms” has to be milliseconds from the start");
        return NULL;
    }
    if (!hth_library_set_position(call->parts->library, leaf_id, hth_api_text(call, "person"),
                                  position_ms, error))
        return NULL;
    return hth_api_done();
}

static JsonObject *set_rating(HthApiCall *call, GError **error)
{
    g_autofree char *leaf_id = item_leaf(call, error);
    const gint64 rating = json_object_get_int_member(call->body, "rating");
    if (leaf_id == NULL)
        return NULL;
    if (rating < 0 || rating > 5) {
        g_set_error(error, HTH_ERROR, HTH_ERROR_INVALID,
                    "“rating” has to be 1 to 5, or 0 for none");
        return NULL;
    }
    if (!hth_library_set_rating(call->parts->library, leaf_id, hth_api_text(call, "person"),
                                (guint)rating, error))
        return NULL;
    return hth_api_done();
}

static JsonObject *set_favourite(HthApiCall *call, GError **error)
{
    g_autofree char *leaf_id = item_leaf(call, error);
    if (leaf_id == NULL || !hth_library_set_favourite(
                               call->parts->library, leaf_id, hth_api_text(call, "person"),
                               json_object_get_boolean_member(call->body, "is_favourite"), error))
        return NULL;
    return hth_api_done();
}

/* ---- Scan and problems ---- */

static JsonObject *scan(HthApiCall *call, GError **error)
{
    hth_library_scan(call->parts->library,
                     json_object_get_boolean_member_with_default(call->body, "full", FALSE));
    return hth_event_hub_scan_object(call->parts->library);
}

static JsonObject *list_problems(HthApiCall *call, GError **error)
{
    g_autoptr(GPtrArray) problems = hth_library_problems(call->parts->library, PROBLEMS_MAX);
    JsonArray *array = json_array_new();
    for (guint i = 0; i < problems->len; i++) {
        const HthProblemFile *problem = problems->pdata[i];
        JsonObject *each = json_object_new();
        hth_json_set_text(each, "path", problem->path);
        hth_json_set_text(each, "reason", problem->reason);
        json_object_set_boolean_member(each, "is_set_aside", problem->is_set_aside);
        json_array_add_object_element(array, each);
    }
    JsonObject *answer = json_object_new();
    json_object_set_array_member(answer, "problems", array);
    return answer;
}

static const HthApiRow rows[] = {
    { HTH_HTTP_GET, "browse/:", HTH_ROLE_OWNER, HTH_API_HERE, browse, NULL },
    { HTH_HTTP_GET, "item/:", HTH_ROLE_OWNER, HTH_API_HERE, show_item, NULL },
    { HTH_HTTP_POST, "item/:/favourite", HTH_ROLE_OWNER, HTH_API_TASK, set_favourite,
      "is_favourite:b! person:s" },
    { HTH_HTTP_POST, "item/:/play", HTH_ROLE_OWNER, HTH_API_TASK, add_play, "person:s" },
    { HTH_HTTP_POST, "item/:/position", HTH_ROLE_OWNER, HTH_API_TASK, set_position,
      "position_ms:i! person:s" },
    { HTH_HTTP_POST, "item/:/rating", HTH_ROLE_OWNER, HTH_API_TASK, set_rating,
      "rating:i! person:s" },
    { HTH_HTTP_GET, "problems", HTH_ROLE_OWNER, HTH_API_TASK, list_problems, NULL },
    { HTH_HTTP_POST, "scan", HTH_ROLE_OWNER, HTH_API_TASK, scan, "full:b" },
    { HTH_HTTP_GET, "search", HTH_ROLE_OWNER, HTH_API_HERE, search, NULL },
};

const HthApiRow *hth_api_library_rows(guint *out_n)
{
    *out_n = G_N_ELEMENTS(rows);
    return rows;
}
