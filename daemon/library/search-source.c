/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "library/search-source.h"

#include <string.h>

#include "base/text.h"

#define ARTIST_OF(role_)                                                                           \
    {                                                                                              \
        "i.id IN (SELECT x.item_id FROM item_artist x JOIN artist a ON a.id = x.artist_id"         \
        " WHERE x.role = " role_ " AND ",                                                          \
            "a.name_folded", ")"                                                                   \
    }

static const HthSearchText item_texts[HTH_N_PROPERTIES] = {
    [HTH_PROPERTY_TITLE] = { "(", "i.title_folded", ")" },
    [HTH_PROPERTY_ARTIST] = ARTIST_OF("0"),
    [HTH_PROPERTY_COMPOSER] = ARTIST_OF("2"),
    [HTH_PROPERTY_ALBUM_ARTIST] = { "i.album_id IN (SELECT b.id FROM album b JOIN artist a"
                                    " ON a.id = b.artist_id WHERE ",
                                    "a.name_folded", ")" },
    [HTH_PROPERTY_ALBUM] = { "i.album_id IN (SELECT b.id FROM album b WHERE ", "b.title_folded",
                             ")" },
    [HTH_PROPERTY_GENRE] = { "i.id IN (SELECT x.item_id FROM item_genre x JOIN genre g"
                             " ON g.id = x.genre_id WHERE ",
                             "g.name_folded", ")" },
    [HTH_PROPERTY_DATE] = { "(", "lower(i.date)", ")" },
};

static const HthSearchText album_texts[HTH_N_PROPERTIES] = {
    [HTH_PROPERTY_TITLE] = { "(", "b.title_folded", ")" },
    [HTH_PROPERTY_ALBUM] = { "(", "b.title_folded", ")" },
    [HTH_PROPERTY_ARTIST] = { "b.artist_id IN (SELECT a.id FROM artist a WHERE ", "a.name_folded",
                              ")" },
    [HTH_PROPERTY_ALBUM_ARTIST] = { "b.artist_id IN (SELECT a.id FROM artist a WHERE ",
                                    "a.name_folded", ")" },
    [HTH_PROPERTY_GENRE] = { "b.id IN (SELECT i.album_id FROM item i JOIN item_genre x"
                             " ON x.item_id = i.id JOIN genre g ON g.id = x.genre_id WHERE ",
                             "g.name_folded", ")" },
    [HTH_PROPERTY_DATE] = { "(", "CAST(b.year AS TEXT)", ")" },
};

static const HthSearchText artist_texts[HTH_N_PROPERTIES] = {
    [HTH_PROPERTY_TITLE] = { "(", "a.name_folded", ")" },
    [HTH_PROPERTY_ARTIST] = { "(", "a.name_folded", ")" },
};

static const HthSearchText genre_texts[HTH_N_PROPERTIES] = {
    [HTH_PROPERTY_TITLE] = { "(", "g.name_folded", ")" },
    [HTH_PROPERTY_GENRE] = { "(", "g.name_folded", ")" },
};

static const HthSearchText playlist_texts[HTH_N_PROPERTIES] = {
    [HTH_PROPERTY_TITLE] = { "(", "i.title_folded", ")" },
};

static const HthSearchText own_playlist_texts[HTH_N_PROPERTIES] = {
    [HTH_PROPERTY_TITLE] = { "(", "p.title_folded", ")" },
};

#define ITEM_PART(kind_)                                                                           \
    {                                                                                              \
        HTH_REF_ITEM, "i.id", "FROM item i WHERE i.kind = " kind_, "i.title_key, i.title_folded",  \
            "i.title_key"                                                                          \
    }

#define PERSON(kind_, where_, titles_)                                                             \
    {                                                                                              \
        HTH_OBJECT_ARTIST, 0,                                                                      \
            { kind_, "a.id", "FROM artist a WHERE " where_, "a.name_key", "a.name_key" },          \
            artist_texts, titles_                                                                  \
    }

/* A person who is an artist and an album artist is found once, as an artist. */
const HthSearchSource hth_search_sources[] = {
    { HTH_OBJECT_MUSIC_TRACK, HTH_MEDIA_AUDIO, ITEM_PART("1"), item_texts, HTH_TITLES_TRACKS },
    { HTH_OBJECT_VIDEO, HTH_MEDIA_VIDEO, ITEM_PART("2"), item_texts, HTH_TITLES_VIDEOS },
    { HTH_OBJECT_PHOTO, HTH_MEDIA_PHOTO, ITEM_PART("3"), item_texts, HTH_TITLES_PHOTOS },
    { HTH_OBJECT_ALBUM,
      0,
      { HTH_REF_ALBUM, "b.id", "FROM album b WHERE b.n_tracks > 0", "b.title_key", "b.title_key" },
      album_texts,
      HTH_TITLES_ALBUMS },
    PERSON(HTH_REF_ARTIST, "a.n_tracks > 0", HTH_TITLES_ARTISTS),
    PERSON(HTH_REF_ALBUM_ARTIST, "a.n_albums > 0 AND a.n_tracks = 0", -1),
    PERSON(HTH_REF_COMPOSER, "a.n_composed > 0 AND a.n_tracks = 0 AND a.n_albums = 0", -1),
    { HTH_OBJECT_GENRE,
      0,
      { HTH_REF_GENRE, "g.id", "FROM genre g WHERE g.n_tracks > 0", "g.name_key", "g.name_key" },
      genre_texts,
      HTH_TITLES_GENRES },
    { HTH_OBJECT_PLAYLIST,
      0,
      { HTH_REF_OWN_PLAYLIST, "p.id", "FROM own_playlist p WHERE 1", "p.title_key", "p.title_key" },
      own_playlist_texts,
      -1 },
    { HTH_OBJECT_PLAYLIST,
      0,
      { HTH_REF_PLAYLIST, "i.id", "FROM item i WHERE i.kind = 4", "i.title_key", "i.title_key" },
      playlist_texts,
      -1 },
};
const guint hth_n_search_sources = G_N_ELEMENTS(hth_search_sources);

gboolean hth_search_text_match(HthQueryKind kind, const char *text, const char *value)
{
    switch (kind) {
    case HTH_QUERY_EQUAL:
        return strcmp(text, value) == 0;
    case HTH_QUERY_NOT_EQUAL:
        return strcmp(text, value) != 0;
    case HTH_QUERY_CONTAINS:
        return strstr(text, value) != NULL;
    case HTH_QUERY_DOES_NOT_CONTAIN:
        return strstr(text, value) == NULL;
    case HTH_QUERY_STARTS_WITH:
        return g_str_has_prefix(text, value);
    case HTH_QUERY_LESS:
        return strcmp(text, value) < 0;
    case HTH_QUERY_LESS_EQUAL:
        return strcmp(text, value) <= 0;
    case HTH_QUERY_GREATER:
        return strcmp(text, value) > 0;
    case HTH_QUERY_GREATER_EQUAL:
        return strcmp(text, value) >= 0;
    default:
        return FALSE;
    }
}

gboolean hth_search_class_match(HthQueryKind kind, HthObjectClass class, const char *value)
{
    const char *name = hth_object_class_name(class);
    if (kind != HTH_QUERY_DERIVED_FROM)
        return hth_search_text_match(kind, name, value);
    const gsize length = strlen(value);
    return strncmp(name, value, length) == 0 && (name[length] == '\0' || name[length] == '.');
}

/* ---- Fixed containers ---- */

static gboolean names_an_id(const HthQuery *query)
{
    if (query == NULL)
        return FALSE;
    return (query->kind == HTH_QUERY_EQUAL &&
            (query->property == HTH_PROPERTY_ID || query->property == HTH_PROPERTY_PARENT_ID)) ||
           names_an_id(query->left) || names_an_id(query->right);
}

static gboolean compares(const HthStaticInfo *info, const HthQuery *query)
{
    const gboolean is_without =
        query->kind == HTH_QUERY_EXISTS && g_ascii_strcasecmp(query->value, "true") != 0;
    switch (query->property) {
    case HTH_PROPERTY_CLASS:
        return hth_search_class_match(query->kind, HTH_OBJECT_CONTAINER, query->value);
    case HTH_PROPERTY_ID:
        return query->kind == HTH_QUERY_EXISTS
                   ? !is_without
                   : hth_search_text_match(query->kind, info->id, query->value);
    case HTH_PROPERTY_PARENT_ID:
        return query->kind == HTH_QUERY_EXISTS
                   ? !is_without
                   : hth_search_text_match(
                         query->kind,
                         info->parent >= 0 ? hth_static_containers[info->parent].id : "-1",
                         query->value);
    case HTH_PROPERTY_ANY:
    case HTH_PROPERTY_TITLE: {
        g_autofree char *title = hth_text_fold(info->title);
        g_autofree char *value = hth_text_fold(query->value);
        return query->kind == HTH_QUERY_EXISTS ? !is_without
                                               : hth_search_text_match(query->kind, title, value);
    }
    default:
        return is_without; /* it has no other property */
    }
}

/* As deep as queries may be: HTH_QUERY_MAX_DEPTH. */
static gboolean matches(const HthStaticInfo *info, const HthQuery *query)
{
    switch (query->kind) {
    case HTH_QUERY_ALL:
        return TRUE;
    case HTH_QUERY_AND:
        return matches(info, query->left) && matches(info, query->right);
    case HTH_QUERY_OR:
        return matches(info, query->left) || matches(info, query->right);
    case HTH_QUERY_NOT:
        return !matches(info, query->left);
    default:
        return compares(info, query);
    }
}

void hth_search_static(HthObjectRef container, const HthQuery *query, GArray *refs)
{
    if (hth_ref_kind(container) != HTH_REF_STATIC || !names_an_id(query))
        return;
    for (guint i = 0; i < HTH_N_STATIC_CONTAINERS; i++) {
        const HthStaticInfo *info = &hth_static_containers[i];
        int above = info->parent;
        while (above >= 0 && above != (int)hth_ref_row(container))
            above = hth_static_containers[above].parent;
        const HthObjectRef ref = hth_ref(HTH_REF_STATIC, i);
        if (above >= 0 && matches(info, query))
            g_array_append_val(refs, ref);
    }
}
