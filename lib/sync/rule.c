/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync/rule.h"

#include <json-glib/json-glib.h>
#include <string.h>

#include "base/error.h"
#include "base/text.h"
#include "media/rendition-profile.h"

#define NAME_MAX_BYTES 1024
#define COUNT_MAX      1000000

static const char *const source_names[HTH_N_SYNC_SOURCES] = {
    [HTH_SYNC_SOURCE_PLAYLISTS] = "playlists",
    [HTH_SYNC_SOURCE_ALBUMS] = "albums",
    [HTH_SYNC_SOURCE_ARTISTS] = "artists",
    [HTH_SYNC_SOURCE_GENRES] = "genres",
    [HTH_SYNC_SOURCE_FAVOURITES] = "favourites",
    [HTH_SYNC_SOURCE_RATING] = "rating",
    [HTH_SYNC_SOURCE_NEWEST] = "newest",
    [HTH_SYNC_SOURCE_UNPLAYED] = "unplayed",
    [HTH_SYNC_SOURCE_LEAST_RECENT] = "least_recent",
    [HTH_SYNC_SOURCE_EVERYTHING] = "everything",
};

static const struct {
    const char *name;
    guint bit;
} kinds[] = { { "music", HTH_SYNC_KIND_MUSIC },
              { "video", HTH_SYNC_KIND_VIDEO },
              { "photo", HTH_SYNC_KIND_PHOTO } };

const char *hth_sync_source_name(HthSyncSource source)
{
    g_return_val_if_fail(source < HTH_N_SYNC_SOURCES, "");
    return source_names[source];
}

HthSyncRule *hth_sync_rule_new(void)
{
    HthSyncRule *self = g_new0(HthSyncRule, 1);
    self->kinds = HTH_SYNC_KIND_ALL;
    self->playlists = g_new0(char *, 1);
    self->artists = g_new0(char *, 1);
    self->albums = g_new0(char *, 1);
    self->genres = g_new0(char *, 1);
    self->excluded = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL);
    for (self->n_order = 0; self->n_order < HTH_N_SYNC_SOURCES; self->n_order++)
        self->order[self->n_order] = (HthSyncSource)self->n_order;
    return self;
}

void hth_sync_rule_free(HthSyncRule *self)
{
    if (self == NULL)
        return;
    g_strfreev(self->playlists);
    g_strfreev(self->artists);
    g_strfreev(self->albums);
    g_strfreev(self->genres);
    g_hash_table_unref(self->excluded);
    g_free(self);
}

/* ---- Reading ---- */

static gboolean wrong(const char *member, const char *what, GError **error)
{
    g_set_error(error, HTH_ERROR, HTH_ERROR_INVALID, "the rule's “%s” has to be %s", member, what);
    return FALSE;
}

static gboolean read_names(JsonNode *node, const char *member, guint max, char ***out,
                           GError **error)
{
    if (!JSON_NODE_HOLDS_ARRAY(node))
        return wrong(member, "a list of texts", error);
    JsonArray *array = json_node_get_array(node);
    const guint n = json_array_get_length(array);
    if (n > max) {
        g_set_error(error, HTH_ERROR, HTH_ERROR_TOO_LARGE,
                    "the rule's “%s” has more than %u entries", member, max);
        return FALSE;
    }
    g_autoptr(GStrvBuilder) builder = g_strv_builder_new();
    for (guint i = 0; i < n; i++) {
        JsonNode *element = json_array_get_element(array, i);
        const char *text =
            JSON_NODE_HOLDS_VALUE(element) && json_node_get_value_type(element) == G_TYPE_STRING
                ? json_node_get_string(element)
                : NULL;
        if (text == NULL || *text == '\0' || strlen(text) > NAME_MAX_BYTES)
            return wrong(member, "a list of texts", error);
        g_strv_builder_add(builder, text);
    }
    g_strfreev(*out);
    *out = g_strv_builder_end(builder);
    return TRUE;
}

static gboolean read_boolean(JsonNode *node, const char *member, gboolean *out, GError **error)
{
    if (!JSON_NODE_HOLDS_VALUE(node) || json_node_get_value_type(node) != G_TYPE_BOOLEAN)
        return wrong(member, "true or false", error);
    *out = json_node_get_boolean(node);
    return TRUE;
}

static gboolean read_number(JsonNode *node, const char *member, gint64 max, gint64 *out,
                            GError **error)
{
    if (JSON_NODE_HOLDS_VALUE(node) && json_node_get_value_type(node) == G_TYPE_INT64)
        *out = json_node_get_int(node);
    else
        *out = -1;
    if (*out >= 0 && *out <= max)
        return TRUE;
    g_autofree char *range = g_strdup_printf("a whole number from 0 to %" G_GINT64_FORMAT, max);
    return wrong(member, range, error);
}

static gboolean read_kinds(HthSyncRule *self, JsonNode *node, GError **error)
{
    g_auto(GStrv) names = g_new0(char *, 1);
    if (!read_names(node, "kinds", G_N_ELEMENTS(kinds), &names, error))
        return FALSE;
    self->kinds = 0;
    for (guint i = 0; names[i] != NULL; i++) {
        guint bit = 0;
        for (guint k = 0; k < G_N_ELEMENTS(kinds); k++)
            bit |= strcmp(names[i], kinds[k].name) == 0 ? kinds[k].bit : 0;
        if (bit == 0)
            return wrong("kinds", "a list of music, video and photo", error);
        self->kinds |= bit;
    }
    return TRUE;
}

static gboolean source_from_name(const char *name, HthSyncSource *out_source)
{
    for (guint i = 0; i < HTH_N_SYNC_SOURCES; i++) {
        if (strcmp(name, source_names[i]) == 0) {
            *out_source = (HthSyncSource)i;
            return TRUE;
        }
    }
    return FALSE;
}

/* What is named comes first, in that order; the others follow in their own. */
static gboolean read_order(HthSyncRule *self, JsonNode *node, GError **error)
{
    g_auto(GStrv) names = g_new0(char *, 1);
    if (!read_names(node, "order", HTH_N_SYNC_SOURCES, &names, error))
        return FALSE;
    gboolean is_placed[HTH_N_SYNC_SOURCES] = { FALSE };
    self->n_order = 0;
    for (guint i = 0; names[i] != NULL; i++) {
        HthSyncSource source;
        if (!source_from_name(names[i], &source) || is_placed[source])
            return wrong("order",
                         "a list of sources, each once: playlists, albums, artists, "
                         "genres, favourites, rating, newest, unplayed, least_recent, "
                         "everything",
                         error);
        is_placed[source] = TRUE;
        self->order[self->n_order++] = source;
    }
    for (guint i = 0; i < HTH_N_SYNC_SOURCES; i++) {
        if (!is_placed[i])
            self->order[self->n_order++] = (HthSyncSource)i;
    }
    return TRUE;
}

static gboolean read_excluded(HthSyncRule *self, JsonNode *node, GError **error)
{
    g_auto(GStrv) ids = g_new0(char *, 1);
    if (!read_names(node, "excluded", HTH_SYNC_RULE_EXCLUDED_MAX, &ids, error))
        return FALSE;
    for (guint i = 0; ids[i] != NULL; i++) {
        guint64 item;
        if (!hth_text_id_decode(ids[i], &item))
            return wrong("excluded", "a list of item ids", error);
        hth_sync_rule_exclude(self, item);
    }
    return TRUE;
}

/* ---- Renditions ---- */

static int slot_of(HthMediaKind kind)
{
    static const HthMediaKind slots[HTH_SYNC_N_RENDITIONS] = { HTH_MEDIA_AUDIO, HTH_MEDIA_VIDEO,
                                                               HTH_MEDIA_PHOTO };
    for (int i = 0; i < HTH_SYNC_N_RENDITIONS; i++) {
        if (slots[i] == kind)
            return i;
    }
    return -1;
}

static gboolean wrong_rendition(GError **error)
{
    g_autoptr(GString) names = g_string_new("“original”, or one of each kind out of");
    guint n = 0;
    const HthRenditionProfile *profiles = hth_rendition_profiles(&n);
    for (guint i = 0; i < n; i++)
        g_string_append_printf(names, "%s %s", i > 0 ? "," : "", profiles[i].name);
    return wrong("rendition", names->str, error);
}

/* A name, or a list of them; a kind that none is for stays as it is. */
static gboolean read_rendition(HthSyncRule *self, JsonNode *node, GError **error)
{
    g_auto(GStrv) names = NULL;
    if (JSON_NODE_HOLDS_VALUE(node) && json_node_get_value_type(node) == G_TYPE_STRING) {
        names = g_new0(char *, 2);
        names[0] = g_strdup(json_node_get_string(node));
    } else if (!read_names(node, "rendition", HTH_SYNC_N_RENDITIONS, &names, error)) {
        return FALSE;
    }
    if (g_strv_length(names) == 1 && strcmp(names[0], HTH_SYNC_ORIGINAL) == 0)
        return TRUE;
    for (guint i = 0; names[i] != NULL; i++) {
        const HthRenditionProfile *profile = hth_rendition_profile_find(names[i]);
        const int slot = profile != NULL ? slot_of(profile->kind) : -1;
        if (slot < 0 || self->renditions[slot] != NULL)
            return wrong_rendition(error);
        self->renditions[slot] = profile->name;
    }
    return TRUE;
}

static gboolean read_count(JsonNode *node, const char *member, gint64 max, guint *out,
                           GError **error)
{
    gint64 number;
    if (!read_number(node, member, max, &number, error))
        return FALSE;
    *out = (guint)number;
    return TRUE;
}

static gboolean read_max_bytes(HthSyncRule *self, JsonNode *node, GError **error)
{
    gint64 number;
    if (!read_number(node, "max_bytes", G_MAXINT64, &number, error))
        return FALSE;
    self->max_bytes = (guint64)number;
    return TRUE;
}

/* Members of one of three shapes, by their place in the struct. */
static const struct {
    const char *name;
    gsize offset;
} list_members[] = { { "playlists", G_STRUCT_OFFSET(HthSyncRule, playlists) },
                     { "artists", G_STRUCT_OFFSET(HthSyncRule, artists) },
                     { "albums", G_STRUCT_OFFSET(HthSyncRule, albums) },
                     { "genres", G_STRUCT_OFFSET(HthSyncRule, genres) } },
  boolean_members[] = { { "everything", G_STRUCT_OFFSET(HthSyncRule, has_everything) },
                        { "favourites", G_STRUCT_OFFSET(HthSyncRule, has_favourites) },
                        { "only_on_power", G_STRUCT_OFFSET(HthSyncRule, is_only_on_power) },
                        { "only_unmetered", G_STRUCT_OFFSET(HthSyncRule, is_only_unmetered) },
                        { "stream", G_STRUCT_OFFSET(HthSyncRule, is_streaming) } },
  count_members[] = { { "rating", G_STRUCT_OFFSET(HthSyncRule, rating) },
                      { "newest", G_STRUCT_OFFSET(HthSyncRule, newest) },
                      { "unplayed", G_STRUCT_OFFSET(HthSyncRule, unplayed) },
                      { "least_recent", G_STRUCT_OFFSET(HthSyncRule, least_recent) } };

static const char *const away_names[HTH_N_SYNC_AWAYS] = {
    [HTH_SYNC_AWAY_NOTHING] = "nothing",
    [HTH_SYNC_AWAY_METADATA] = "metadata",
    [HTH_SYNC_AWAY_SMALLER] = "smaller",
    [HTH_SYNC_AWAY_EVERYTHING] = "everything",
};

static gboolean read_away(HthSyncRule *self, JsonNode *node, GError **error)
{
    const char *name =
        JSON_NODE_HOLDS_VALUE(node) && json_node_get_value_type(node) == G_TYPE_STRING
            ? json_node_get_string(node)
            : NULL;
    for (guint i = 0; i < HTH_N_SYNC_AWAYS; i++) {
        if (away_names[i] == NULL || g_strcmp0(name, away_names[i]) != 0)
            continue;
        self->away = (HthSyncAway)i;
        return TRUE;
    }
    return wrong("away", "nothing, metadata, smaller or everything", error);
}

static gboolean read_special(HthSyncRule *self, const char *name, JsonNode *node, GError **error)
{
    static const struct {
        const char *name;
        gboolean (*read)(HthSyncRule *self, JsonNode *node, GError **error);
    } rows[] = { { "kinds", read_kinds },         { "order", read_order },
                 { "away", read_away },           { "excluded", read_excluded },
                 { "rendition", read_rendition }, { "max_bytes", read_max_bytes } };
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        if (strcmp(rows[i].name, name) == 0)
            return rows[i].read(self, node, error);
    }
    g_set_error(error, HTH_ERROR, HTH_ERROR_INVALID, "a rule has no “%s”", name);
    return FALSE;
}

static gboolean read_member(HthSyncRule *self, const char *name, JsonNode *node, GError **error)
{
    for (guint i = 0; i < G_N_ELEMENTS(list_members); i++) {
        if (strcmp(list_members[i].name, name) == 0)
            return read_names(node, name, HTH_SYNC_RULE_NAMES_MAX,
                              &G_STRUCT_MEMBER(char **, self, list_members[i].offset), error);
    }
    for (guint i = 0; i < G_N_ELEMENTS(boolean_members); i++) {
        if (strcmp(boolean_members[i].name, name) == 0)
            return read_boolean(node, name,
                                &G_STRUCT_MEMBER(gboolean, self, boolean_members[i].offset), error);
    }
    for (guint i = 0; i < G_N_ELEMENTS(count_members); i++) {
        if (strcmp(count_members[i].name, name) == 0)
            return read_count(node, name, strcmp(name, "rating") == 0 ? 5 : COUNT_MAX,
                              &G_STRUCT_MEMBER(guint, self, count_members[i].offset), error);
    }
    return read_special(self, name, node, error);
}

/* The parser goes down with every bracket, and a rule has three levels at most. */
static gboolean is_shallow(const char *json)
{
    guint depth = 0;
    gboolean is_in_text = FALSE;
    for (; *json != '\0'; json++) {
        if (is_in_text && *json == '\\' && json[1] != '\0')
            json++;
        else if (*json == '"')
            is_in_text = !is_in_text;
        else if (!is_in_text && (*json == '[' || *json == '{') && ++depth > 4)
            return FALSE;
        else if (!is_in_text && (*json == ']' || *json == '}') && depth > 0)
            depth--;
    }
    return TRUE;
}

HthSyncRule *hth_sync_rule_parse(const char *json, GError **error)
{
    if (strlen(json) > HTH_SYNC_RULE_BYTES_MAX) {
        g_set_error(error, HTH_ERROR, HTH_ERROR_TOO_LARGE, "the rule is too long");
        return NULL;
    }
    g_autoptr(JsonNode) root =
        g_utf8_validate(json, -1, NULL) && is_shallow(json) ? json_from_string(json, NULL) : NULL;
    if (root == NULL || !JSON_NODE_HOLDS_OBJECT(root)) {
        g_set_error(error, HTH_ERROR, HTH_ERROR_INVALID, "a rule has to be one JSON object");
        return NULL;
    }
    g_autoptr(HthSyncRule) self = hth_sync_rule_new();
    JsonObjectIter iter;
    const char *name;
    JsonNode *node;
    json_object_iter_init(&iter, json_node_get_object(root));
    while (json_object_iter_next(&iter, &name, &node)) {
        if (!read_member(self, name, node, error))
            return NULL;
    }
    return g_steal_pointer(&self);
}

/* ---- Writing ---- */

static void set_names(JsonObject *object, const char *member, char *const *names)
{
    if (names[0] == NULL)
        return;
    JsonArray *array = json_array_new();
    for (guint i = 0; names[i] != NULL; i++)
        json_array_add_string_element(array, names[i]);
    json_object_set_array_member(object, member, array);
}

static void set_kinds(JsonObject *object, guint bits)
{
    if (bits == HTH_SYNC_KIND_ALL)
        return;
    JsonArray *array = json_array_new();
    for (guint i = 0; i < G_N_ELEMENTS(kinds); i++) {
        if ((bits & kinds[i].bit) != 0)
            json_array_add_string_element(array, kinds[i].name);
    }
    json_object_set_array_member(object, "kinds", array);
}

static void set_order(JsonObject *object, const HthSyncRule *self)
{
    gboolean is_default = TRUE;
    for (guint i = 0; i < self->n_order; i++)
        is_default = is_default && self->order[i] == (HthSyncSource)i;
    if (is_default)
        return;
    JsonArray *array = json_array_new();
    for (guint i = 0; i < self->n_order; i++)
        json_array_add_string_element(array, source_names[self->order[i]]);
    json_object_set_array_member(object, "order", array);
}

static int by_number(gconstpointer a, gconstpointer b)
{
    const guint64 one = *(const guint64 *)a, other = *(const guint64 *)b;
    return one < other ? -1 : one > other;
}

static void set_excluded(JsonObject *object, GHashTable *excluded)
{
    if (g_hash_table_size(excluded) == 0)
        return;
    g_autoptr(GArray) items = g_array_new(FALSE, FALSE, sizeof(guint64));
    GHashTableIter iter;
    gpointer key;
    g_hash_table_iter_init(&iter, excluded);
    while (g_hash_table_iter_next(&iter, &key, NULL))
        g_array_append_vals(items, key, 1);
    g_array_sort(items, by_number);
    JsonArray *array = json_array_new();
    for (guint i = 0; i < items->len; i++) {
        char id[HTH_TEXT_ID_LENGTH + 1];
        hth_text_id_encode(g_array_index(items, guint64, i), id);
        json_array_add_string_element(array, id);
    }
    json_object_set_array_member(object, "excluded", array);
}

/* One as a text, several as a list. */
static void set_renditions(JsonObject *object, const HthSyncRule *self)
{
    JsonArray *array = json_array_new();
    for (guint i = 0; i < HTH_SYNC_N_RENDITIONS; i++) {
        if (self->renditions[i] != NULL)
            json_array_add_string_element(array, self->renditions[i]);
    }
    const guint n = json_array_get_length(array);
    if (n == 1)
        json_object_set_string_member(object, "rendition", json_array_get_string_element(array, 0));
    if (n > 1)
        json_object_set_array_member(object, "rendition", array);
    else
        json_array_unref(array);
}

char *hth_sync_rule_print(const HthSyncRule *self)
{
    g_autoptr(JsonObject) object = json_object_new();
    set_kinds(object, self->kinds);
    for (guint i = 0; i < G_N_ELEMENTS(list_members); i++)
        set_names(object, list_members[i].name,
                  G_STRUCT_MEMBER(char **, self, list_members[i].offset));
    for (guint i = 0; i < G_N_ELEMENTS(boolean_members); i++) {
        if (G_STRUCT_MEMBER(gboolean, self, boolean_members[i].offset))
            json_object_set_boolean_member(object, boolean_members[i].name, TRUE);
    }
    for (guint i = 0; i < G_N_ELEMENTS(count_members); i++) {
        const guint count = G_STRUCT_MEMBER(guint, self, count_members[i].offset);
        if (count > 0)
            json_object_set_int_member(object, count_members[i].name, count);
    }
    if (self->max_bytes > 0)
        json_object_set_int_member(object, "max_bytes", (gint64)self->max_bytes);
    if (self->away != HTH_SYNC_AWAY_DEFAULT)
        json_object_set_string_member(object, "away", away_names[self->away]);
    set_order(object, self);
    set_renditions(object, self);
    set_excluded(object, self->excluded);
    g_autoptr(JsonNode) node = json_node_new(JSON_NODE_OBJECT);
    json_node_set_object(node, object);
    return json_to_string(node, FALSE);
}

/* ---- Asking ---- */

HthSyncAway hth_sync_rule_away(const HthSyncRule *self, gboolean is_relayed, gboolean is_metered)
{
    if (!is_relayed && !is_metered)
        return HTH_SYNC_AWAY_EVERYTHING;
    if (self->away != HTH_SYNC_AWAY_DEFAULT)
        return self->away;
    return is_metered ? HTH_SYNC_AWAY_METADATA : HTH_SYNC_AWAY_EVERYTHING;
}

void hth_sync_rule_make_smaller(HthSyncRule *self)
{
    static const HthMediaKind media_kinds[HTH_SYNC_N_RENDITIONS] = { HTH_MEDIA_AUDIO,
                                                                     HTH_MEDIA_VIDEO,
                                                                     HTH_MEDIA_PHOTO };
    for (guint i = 0; i < HTH_SYNC_N_RENDITIONS; i++) {
        if (self->renditions[i] == NULL)
            self->renditions[i] = hth_rendition_profile_small(media_kinds[i])->name;
    }
}

gboolean hth_sync_rule_is_excluded(const HthSyncRule *self, guint64 item)
{
    return g_hash_table_contains(self->excluded, &item);
}

void hth_sync_rule_exclude(HthSyncRule *self, guint64 item)
{
    g_hash_table_add(self->excluded, g_memdup2(&item, sizeof item));
}

guint hth_sync_rule_rank(const HthSyncRule *self, HthSyncSource source)
{
    guint rank = 0;
    while (rank < self->n_order && self->order[rank] != source)
        rank++;
    return rank;
}

const char *hth_sync_rule_rendition(const HthSyncRule *self, HthMediaKind kind)
{
    const int slot = slot_of(kind);
    return slot >= 0 && self->renditions[slot] != NULL ? self->renditions[slot] : HTH_SYNC_ORIGINAL;
}

gboolean hth_sync_rule_is_empty(const HthSyncRule *self)
{
    return !self->has_everything && !self->has_favourites && self->playlists[0] == NULL &&
           self->artists[0] == NULL && self->albums[0] == NULL && self->genres[0] == NULL &&
           self->rating == 0 && self->newest == 0 && self->unplayed == 0 && self->least_recent == 0;
}
