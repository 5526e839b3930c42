/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "client-table.h"

#include <string.h>

#define HTH_LOG_TOPIC "dlna"
#include "base/error.h"
#include "base/log.h"

/* Peers and header texts kept; over it the table is emptied and fills again. */
#define MAX_KEPT 512

/* Files may extend each other this deep. */
#define MAX_EXTENDS 4

/* What a device says of itself. */
typedef struct {
    char *friendly_name; /* NULL: nothing */
    char *model_name;
    const HthClient *client; /* that these match; NULL: none */
} Learned;

struct HthClientTable {
    char *folder;
    HthClient *fallback;
    GPtrArray *clients; /* (element HthClient), highest priority first */

    GMutex lock;           /* guards the four below */
    GHashTable *by_header; /* headers joined -> HthClient, NULL when none matched */
    GHashTable *by_peer;   /* address -> HthClient that its headers told; NULL when none did */
    GHashTable *learned;   /* address -> Learned */
    GHashTable *seen;      /* set of address and client's name: what has been told already */
};

static void learned_free(gpointer data)
{
    Learned *learned = data;
    g_free(learned->friendly_name);
    g_free(learned->model_name);
    g_free(learned);
}

static gboolean apply_file(HthClientTable *self, HthClient *client, const char *name, guint depth,
                           GError **error)
{
    g_autofree char *path = g_strdup_printf("%s/%s.conf", self->folder, name);
    g_autoptr(GKeyFile) file = g_key_file_new();
    if (!g_key_file_load_from_file(file, path, G_KEY_FILE_NONE, error))
        return FALSE;
    g_autofree char *extends = g_key_file_get_string(file, "Client", "Extends", NULL);
    if (extends != NULL) {
        if (depth == MAX_EXTENDS) {
            g_set_error(error, HTH_ERROR, HTH_ERROR_INVALID, "Extends: too deep");
            return FALSE;
        }
        if (!apply_file(self, client, extends, depth + 1, error))
            return FALSE;
    }
    return hth_client_apply(client, file, error);
}

static gboolean has_default(const HthClientTable *self)
{
    g_autofree char *path = g_strdup_printf("%s/default.conf", self->folder);
    return g_file_test(path, G_FILE_TEST_EXISTS);
}

/* @name: of a file, or NULL for what is built in and default.conf. */
static HthClient *load(HthClientTable *self, const char *name)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(HthClient) client = hth_client_new(name != NULL ? name : "default");
    gboolean is_good = TRUE;
    if (self->folder != NULL && has_default(self))
        is_good = apply_file(self, client, "default", 0, &error);
    if (is_good && name != NULL)
        is_good = apply_file(self, client, name, 0, &error);
    if (!is_good) {
        hth_log_warning("client file=%s.conf is left out: %s", client->name, error->message);
        if (name != NULL)
            return NULL;
    }
    hth_client_finish(client);
    return g_steal_pointer(&client);
}

static gint by_priority(gconstpointer a, gconstpointer b)
{
    const HthClient *left = *(HthClient *const *)a, *right = *(HthClient *const *)b;
    if (left->priority != right->priority)
        return left->priority > right->priority ? -1 : 1;
    return strcmp(left->name, right->name);
}

static void load_folder(HthClientTable *self)
{
    g_autoptr(GDir) dir = self->folder != NULL ? g_dir_open(self->folder, 0, NULL) : NULL;
    if (dir == NULL) {
        hth_log_warning("no client files found: every device gets the same answers");
        return;
    }
    const char *name = NULL;
    while ((name = g_dir_read_name(dir)) != NULL) {
        if (!g_str_has_suffix(name, ".conf") || strcmp(name, "default.conf") == 0)
            continue;
        g_autofree char *stem = g_strndup(name, strlen(name) - strlen(".conf"));
        HthClient *client = load(self, stem);
        if (client != NULL)
            g_ptr_array_add(self->clients, client);
    }
    g_ptr_array_sort(self->clients, by_priority);
}

HthClientTable *hth_client_table_new(const char *folder)
{
    HthClientTable *self = g_new0(HthClientTable, 1);
    self->folder = g_strdup(folder);
    self->clients = g_ptr_array_new_with_free_func((GDestroyNotify)hth_client_free);
    g_mutex_init(&self->lock);
    self->by_header = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    self->by_peer = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    self->seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    self->learned = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, learned_free);
    self->fallback = load(self, NULL);
    load_folder(self);
    return self;
}

void hth_client_table_free(HthClientTable *self)
{
    if (self == NULL)
        return;
    g_hash_table_unref(self->by_header);
    g_hash_table_unref(self->by_peer);
    g_hash_table_unref(self->seen);
    g_hash_table_unref(self->learned);
    g_mutex_clear(&self->lock);
    g_ptr_array_unref(self->clients);
    hth_client_free(self->fallback);
    g_free(self->folder);
    g_free(self);
}

guint hth_client_table_size(const HthClientTable *self)
{
    return self->clients->len;
}

const HthClient *hth_client_table_find(const HthClientTable *self, const char *name)
{
    for (guint i = 0; i < self->clients->len; i++) {
        const HthClient *client = g_ptr_array_index(self->clients, i);
        if (strcmp(client->name, name) == 0)
            return client;
    }
    return strcmp(name, "default") == 0 ? self->fallback : NULL;
}

/* What can be told of who asks; any may be NULL. */
typedef struct {
    const char *user_agent;
    const char *av_client_info;
    const char *physical_unit_info;
    const char *friendly_name;
    const char *model_name;
} Signs;

static gboolean matches_any(GStrv patterns, const char *text)
{
    if (patterns == NULL || text == NULL)
        return FALSE;
    for (guint i = 0; patterns[i] != NULL; i++) {
        if (g_pattern_match_simple(patterns[i], text))
            return TRUE;
    }
    return FALSE;
}

static const HthClient *match(const HthClientTable *self, const Signs *signs)
{
    for (guint i = 0; i < self->clients->len; i++) {
        const HthClient *client = g_ptr_array_index(self->clients, i);
        if (matches_any(client->match.user_agent, signs->user_agent) ||
            matches_any(client->match.av_client_info, signs->av_client_info) ||
            matches_any(client->match.physical_unit_info, signs->physical_unit_info) ||
            matches_any(client->match.friendly_name, signs->friendly_name) ||
            matches_any(client->match.model_name, signs->model_name))
            return client;
    }
    return NULL;
}

static void keep(GHashTable *table, const char *key, gconstpointer value)
{
    if (g_hash_table_size(table) >= MAX_KEPT)
        g_hash_table_remove_all(table);
    g_hash_table_insert(table, g_strdup(key), (gpointer)value);
}

static void read_signs(HthHttpRequest *request, Signs *out_signs)
{
    *out_signs = (Signs){
        .user_agent = hth_http_request_header(request, "User-Agent"),
        .av_client_info = hth_http_request_header(request, "X-AV-Client-Info"),
        .physical_unit_info = hth_http_request_header(request, "X-AV-Physical-Unit-Info"),
        .friendly_name = hth_http_request_header(request, "FriendlyName.DLNA.ORG"),
    };
}

/* Headers longer than this all together are cut; enough to tell them apart. */
#define KEY_MAX 512

/* The client that the request's own headers tell, or NULL. Called with the lock held. */
static const HthClient *by_headers(HthClientTable *self, const Signs *signs)
{
    char key[KEY_MAX];
    g_snprintf(key, sizeof key, "%s\n%s\n%s\n%s", signs->user_agent ? signs->user_agent : "",
               signs->av_client_info ? signs->av_client_info : "",
               signs->physical_unit_info ? signs->physical_unit_info : "",
               signs->friendly_name ? signs->friendly_name : "");
    gpointer found = NULL;
    if (g_hash_table_lookup_extended(self->by_header, key, NULL, &found))
        return found;
    const HthClient *client = match(self, signs);
    keep(self->by_header, key, client);
    return client;
}

/* As whom @peer counts: by what it told in requests and by what it says of itself, whichever is
 * more particular. @told: NULL: nothing. Called with the lock held. */
static const HthClient *identity(HthClientTable *self, const char *peer, const HthClient *told)
{
    const Learned *learned = g_hash_table_lookup(self->learned, peer);
    const HthClient *described = learned != NULL ? learned->client : NULL;
    if (told == NULL && described == NULL)
        return self->fallback;
    if (told == NULL || described == NULL)
        return told != NULL ? told : described;
    return described->priority > told->priority ? described : told;
}

/* What the request's own headers tell, else what earlier ones told; NULL: nothing. Called with the
 * lock held. */
static const HthClient *told_by(HthClientTable *self, HthHttpRequest *request)
{
    Signs signs;
    read_signs(request, &signs);
    const HthClient *told = by_headers(self, &signs);
    return told != NULL ? told
                        : g_hash_table_lookup(self->by_peer, hth_http_request_peer_text(request));
}

/* Notes as whom @peer counts; TRUE when that is news. Called with the lock held. */
static gboolean note_seen(HthClientTable *self, const char *peer, const HthClient *client)
{
    g_autofree char *pair = g_strconcat(peer, " ", client->name, NULL);
    if (g_hash_table_contains(self->seen, pair))
        return FALSE;
    keep(self->seen, pair, client);
    return TRUE;
}

const HthClient *hth_client_table_of_request(HthClientTable *self, HthHttpRequest *request,
                                             gboolean *out_is_new)
{
    const char *peer = hth_http_request_peer_text(request);
    g_mutex_lock(&self->lock);
    const HthClient *told = told_by(self, request);
    const HthClient *client = identity(self, peer, told);
    if (g_hash_table_lookup(self->by_peer, peer) != told ||
        !g_hash_table_contains(self->by_peer, peer))
        keep(self->by_peer, peer, told);
    const gboolean is_new = note_seen(self, peer, client);
    g_mutex_unlock(&self->lock);
    if (out_is_new != NULL)
        *out_is_new = is_new;
    return client;
}

const HthClient *hth_client_table_of_media(HthClientTable *self, HthHttpRequest *request)
{
    g_mutex_lock(&self->lock);
    const HthClient *client =
        identity(self, hth_http_request_peer_text(request), told_by(self, request));
    g_mutex_unlock(&self->lock);
    return client;
}

gboolean hth_client_table_learn(HthClientTable *self, const char *peer, const char *friendly_name,
                                const char *model_name, const HthClient **out_client)
{
    const Signs signs = { .friendly_name = friendly_name, .model_name = model_name };
    Learned *learned = g_new(Learned, 1);
    *learned = (Learned){ g_strdup(friendly_name), g_strdup(model_name), match(self, &signs) };
    gpointer told = NULL;
    g_mutex_lock(&self->lock);
    keep(self->learned, peer, learned);
    const gboolean has_asked = g_hash_table_lookup_extended(self->by_peer, peer, NULL, &told);
    *out_client = identity(self, peer, told);
    if (has_asked)
        (void)note_seen(self, peer, *out_client); /* the caller tells it in any case */
    g_mutex_unlock(&self->lock);
    return has_asked;
}

void hth_client_table_names(HthClientTable *self, const char *peer, char **out_friendly_name,
                            char **out_model_name)
{
    g_mutex_lock(&self->lock);
    const Learned *learned = g_hash_table_lookup(self->learned, peer);
    *out_friendly_name = learned != NULL ? g_strdup(learned->friendly_name) : NULL;
    *out_model_name = learned != NULL ? g_strdup(learned->model_name) : NULL;
    g_mutex_unlock(&self->lock);
}

guint hth_client_table_n_kept(HthClientTable *self)
{
    g_mutex_lock(&self->lock);
    const guint n = g_hash_table_size(self->by_header) + g_hash_table_size(self->by_peer) +
                    g_hash_table_size(self->seen) + g_hash_table_size(self->learned);
    g_mutex_unlock(&self->lock);
    return n;
}
