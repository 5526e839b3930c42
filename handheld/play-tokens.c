/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "play-tokens.h"

#include <string.h>

#include "base/base32.h"
#include "base/digest.h"
#include "base/random.h"
#include "base/text.h"
#include "sync/manifest.h"

#define TOKEN_BYTES         16
#define EXTENSION_MAX_BYTES 8
#define PROFILE_MAX_BYTES   64

typedef struct {
    char *path;
    guint64 size;
} Held;

struct HthPlayTokens {
    gatomicrefcount references;
    GHashTable *tokens; /* (key HthDigest, of a token) (value GHashTable of guint64) */
    GHashTable *held;   /* (key guint64, an item) (value Held) */
    guint n_items;
};

static void held_free(gpointer data)
{
    Held *held = data;
    g_free(held->path);
    g_free(held);
}

HthPlayTokens *hth_play_tokens_new(void)
{
    HthPlayTokens *self = g_new0(HthPlayTokens, 1);
    g_atomic_ref_count_init(&self->references);
    self->tokens = g_hash_table_new_full(hth_digest_hash, hth_digest_equal_func, g_free,
                                         (GDestroyNotify)g_hash_table_unref);
    self->held = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, held_free);
    return self;
}

HthPlayTokens *hth_play_tokens_ref(HthPlayTokens *self)
{
    g_atomic_ref_count_inc(&self->references);
    return self;
}

void hth_play_tokens_unref(HthPlayTokens *self)
{
    if (self == NULL || !g_atomic_ref_count_dec(&self->references))
        return;
    g_hash_table_unref(self->tokens);
    g_hash_table_unref(self->held);
    g_free(self);
}

/* ---- Reading ---- */

static gboolean is_word(const char *text, gsize size, gsize max_bytes)
{
    if (size == 0 || size > max_bytes)
        return FALSE;
    for (gsize i = 0; i < size; i++) {
        if (!g_ascii_isalnum(text[i]) && text[i] != '-')
            return FALSE;
    }
    return TRUE;
}

gboolean hth_play_parse(const char *text, char out_token[HTH_PLAY_TOKEN_LETTERS + 1],
                        guint64 *out_item, const char **out_rest)
{
    char item[HTH_TEXT_ID_LENGTH + 1];
    if (strlen(text) < HTH_PLAY_TOKEN_LETTERS + 1 + HTH_TEXT_ID_LENGTH + 2 ||
        text[HTH_PLAY_TOKEN_LETTERS] != '/')
        return FALSE;
    for (guint i = 0; i < HTH_PLAY_TOKEN_LETTERS; i++) {
        if (g_ascii_isupper(text[i]) || hth_base32_value(text[i]) < 0)
            return FALSE;
    }
    const char *rest = text + HTH_PLAY_TOKEN_LETTERS + 1;
    const char *after = rest + HTH_TEXT_ID_LENGTH;
    const char *dot = strrchr(rest, '.');
    g_strlcpy(out_token, text, HTH_PLAY_TOKEN_LETTERS + 1);
    g_strlcpy(item, rest, sizeof item);
    *out_rest = rest;
    return hth_text_id_decode(item, out_item) && dot != NULL &&
           is_word(dot + 1, strlen(dot + 1), EXTENSION_MAX_BYTES) &&
           (dot == after || (*after == '/' && dot > after &&
                             is_word(after + 1, (gsize)(dot - after - 1), PROFILE_MAX_BYTES)));
}

void hth_play_tokens_add(HthPlayTokens *self, const char *token, guint64 item)
{
    HthDigest digest;
    if (self->n_items >= HTH_PLAY_MAX_ITEMS)
        return;
    hth_digest_of(token, strlen(token), &digest);
    GHashTable *items = g_hash_table_lookup(self->tokens, &digest);
    if (items == NULL) {
        items = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL);
        g_hash_table_insert(self->tokens, g_memdup2(&digest, sizeof digest), items);
    }
    self->n_items += g_hash_table_add(items, g_memdup2(&item, sizeof item));
}

void hth_play_tokens_add_list(HthPlayTokens *self, const char *text, gsize size, guint16 port)
{
    g_autofree char *prefix = g_strdup_printf("http://127.0.0.1:%u/p/", port);
    for (const char *at = text, *end = text + size; at < end;) {
        const char *newline = memchr(at, '\n', (gsize)(end - at));
        const gsize length = (gsize)((newline != NULL ? newline : end) - at);
        if (length > strlen(prefix) && length < 256 && memcmp(at, prefix, strlen(prefix)) == 0) {
            g_autofree char *line = g_strchomp(g_strndup(at, length));
            char token[HTH_PLAY_TOKEN_LETTERS + 1];
            guint64 item = 0;
            const char *rest = NULL;
            if (hth_play_parse(line + strlen(prefix), token, &item, &rest))
                hth_play_tokens_add(self, token, item);
        }
        at += length + 1;
    }
}

void hth_play_tokens_set_held(HthPlayTokens *self, guint64 item, const char *path, guint64 size)
{
    Held *held = g_new(Held, 1);
    *held = (Held){ .path = g_strdup(path), .size = size };
    g_hash_table_replace(self->held, g_memdup2(&item, sizeof item), held);
}

/* ---- Asking ---- */

gboolean hth_play_tokens_opens(const HthPlayTokens *self, const char *token, guint64 item)
{
    HthDigest digest;
    hth_digest_of(token, strlen(token), &digest);
    GHashTable *items = g_hash_table_lookup(self->tokens, &digest);
    return items != NULL && g_hash_table_contains(items, &item);
}

guint hth_play_tokens_n_items(const HthPlayTokens *self)
{
    return self->n_items;
}

const char *hth_play_tokens_held(const HthPlayTokens *self, guint64 item, guint64 *out_size)
{
    const Held *held = g_hash_table_lookup(self->held, &item);
    if (held == NULL)
        return NULL;
    *out_size = held->size;
    return held->path;
}

char *hth_play_token_new(void)
{
    return hth_random_text(TOKEN_BYTES);
}

/* ---- What a device holds ---- */

static void add_playlist(const HthSyncHeld *held, gpointer data)
{
    GArray *lists = data;
    if (!g_str_has_suffix(held->path, ".m3u8") || held->size > HTH_PLAY_LIST_MAX_BYTES)
        return;
    const HthSyncHeld copy = {
        .item = held->item, .path = g_strdup(held->path), .hash = held->hash, .size = held->size
    };
    g_array_append_val(lists, copy);
}

/* A list that a person or a program changed is not what the home wrote: it opens nothing. */
static void read_playlist(HthPlayTokens *self, const HthSyncEnv *env, const HthSyncHeld *held,
                          guint16 port)
{
    g_autofree char *text = g_malloc(held->size + 1);
    gsize n_read = 0;
    HthDigest digest;
    HthSyncFile *file = env->funcs->open(env->data, held->path, HTH_SYNC_OPEN_READ, NULL);
    if (file == NULL)
        return;
    const gboolean is_read =
        env->funcs->read(env->data, file, 0, text, held->size + 1, &n_read, NULL);
    env->funcs->close(env->data, file);
    if (!is_read || n_read != held->size)
        return;
    hth_digest_of(text, n_read, &digest);
    if (hth_digest_equal(&digest, &held->hash))
        hth_play_tokens_add_list(self, text, n_read, port);
}

static gboolean is_named(HthPlayTokens *self, guint64 item)
{
    GHashTableIter iter;
    gpointer items;
    g_hash_table_iter_init(&iter, self->tokens);
    while (g_hash_table_iter_next(&iter, NULL, &items)) {
        if (g_hash_table_contains(items, &item))
            return TRUE;
    }
    return FALSE;
}

static void note_held(const HthSyncHeld *held, gpointer data)
{
    HthPlayTokens *self = data;
    if (is_named(self, held->item))
        hth_play_tokens_set_held(self, held->item, held->path, held->size);
}

HthPlayTokens *hth_play_tokens_of_device(HthSyncDevice *device, const HthSyncEnv *env, guint16 port,
                                         GError **error)
{
    g_autoptr(HthPlayTokens) self = hth_play_tokens_new();
    g_autoptr(GArray) lists = g_array_new(FALSE, FALSE, sizeof(HthSyncHeld));
    g_array_set_clear_func(lists, (GDestroyNotify)hth_sync_held_clear);
    if (!hth_sync_device_list(device, add_playlist, lists, error))
        return NULL;
    for (guint i = 0; i < lists->len; i++)
        read_playlist(self, env, &g_array_index(lists, HthSyncHeld, i), port);
    /* What has come since the list was written need not come again. */
    if (self->n_items > 0 && !hth_sync_device_list(device, note_held, self, error))
        return NULL;
    return g_steal_pointer(&self);
}
