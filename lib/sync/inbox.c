/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync/inbox.h"

#include <string.h>

#include "base/digest.h"
#include "base/error.h"
#include "sync/device-path.h"
#include "sync/folder-files.h"
#include "sync/hlc.h"
#include "sync/play-merge.h"

typedef struct {
    const char *word;
    HthSyncPlayKind kind;
    gboolean has_value;
} Word;

static const Word words[] = {
    { "played", HTH_SYNC_PLAY_COUNT, FALSE },       { "skipped", HTH_SYNC_PLAY_SKIP, FALSE },
    { "position", HTH_SYNC_PLAY_POSITION, TRUE },   { "rating", HTH_SYNC_PLAY_RATING, TRUE },
    { "favourite", HTH_SYNC_PLAY_FAVOURITE, TRUE },
};

static const Word *find_word(const char *text)
{
    for (guint i = 0; i < G_N_ELEMENTS(words); i++)
        if (strcmp(words[i].word, text) == 0)
            return &words[i];
    return NULL;
}

/* The same for the same line of the same file, for ever. */
static guint32 nonce_of(const char *name, const char *line, guint number)
{
    g_autofree char *text = g_strdup_printf("%s\n%u\n%s", name, number, line);
    HthDigest digest;
    hth_digest_of(text, strlen(text), &digest);
    guint32 nonce;
    memcpy(&nonce, digest.bytes, sizeof nonce);
    return nonce | 1; /* 0 asks for one by chance */
}

/* FALSE without error: the line is left out. */
static gboolean parse(HthSyncDevice *device, const char *name, const char *line, guint number,
                      HthSyncPlay *out, GError **error)
{
    g_auto(GStrv) fields = g_strsplit(line, "\t", 5);
    const guint n_fields = g_strv_length(fields);
    gint64 ms = 0;
    gint64 value = 1;
    const Word *word = n_fields >= 3 ? find_word(fields[1]) : NULL;
    if (word == NULL || n_fields != (word->has_value ? 4u : 3u) ||
        !g_ascii_string_to_signed(fields[0], 10, 1, G_GINT64_CONSTANT(1) << 46, &ms, NULL) ||
        (word->has_value &&
         !g_ascii_string_to_signed(fields[3], 10, 0, G_MAXINT64, &value, NULL)) ||
        !hth_device_path_check(fields[2], NULL))
        return FALSE;
    gboolean is_known = FALSE;
    guint64 item = 0;
    if (!hth_sync_device_find_path(device, fields[2], &is_known, &item, error) || !is_known)
        return FALSE;
    *out = (HthSyncPlay){ .stamp = ((guint64)ms << 16) + MIN(number, G_MAXUINT16),
                          .nonce = nonce_of(name, line, number),
                          .kind = word->kind,
                          .item = item,
                          .value = value };
    return hth_play_is_sane(out);
}

static gboolean take_file(const HthSyncEnv *env, HthSyncDevice *device, HthPlayLog *log,
                          const char *name, GError **error)
{
    g_autofree char *path = g_strconcat(HTH_INBOX_DIR "/", name, NULL);
    GError *local = NULL;
    g_autoptr(GBytes) bytes = hth_folder_read(env, path, HTH_INBOX_FILE_MAX_BYTES, &local);
    g_autoptr(GArray) entries = hth_sync_plays_new();
    if (bytes == NULL && hth_folder_is_lost(local)) {
        g_propagate_error(error, local);
        return FALSE;
    }
    g_clear_error(&local); /* one that cannot be read is removed */
    g_autofree char *text = bytes != NULL
                                ? g_strndup(g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes))
                                : g_strdup("");
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    for (guint i = 0; lines[i] != NULL; i++) {
        HthSyncPlay entry;
        if (parse(device, name, lines[i], i, &entry, &local))
            g_array_append_val(entries, entry);
        if (local != NULL) {
            g_propagate_error(error, local);
            return FALSE;
        }
    }
    if (hth_play_log_add(log, entries, &local))
        return hth_folder_unlink(env, path, error);
    /* In a full log there is room once the home has confirmed: until then it waits here. */
    const gboolean is_full = g_error_matches(local, HTH_ERROR, HTH_ERROR_BUSY);
    if (is_full)
        g_error_free(local);
    else
        g_propagate_error(error, local);
    return is_full;
}

static gboolean on_name(const char *name, const HthSyncStat *stat, gpointer data)
{
    GPtrArray *names = data;
    if (stat->kind == HTH_SYNC_KIND_FILE && !g_str_has_suffix(name, ".new"))
        g_ptr_array_add(names, g_strdup(name));
    return names->len < HTH_INBOX_FILES_MAX;
}

gboolean hth_inbox_take(const HthSyncEnv *env, HthSyncDevice *device, HthPlayLog *log,
                        GError **error)
{
    g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
    GError *local = NULL;
    if (!env->funcs->list(env->data, HTH_INBOX_DIR, on_name, names, &local) &&
        !hth_folder_not_found(local)) {
        g_propagate_error(error, local);
        return FALSE;
    }
    g_clear_error(&local);
    for (guint i = 0; i < names->len; i++)
        if (!take_file(env, device, log, g_ptr_array_index(names, i), error))
            return FALSE;
    /* What came back after a power cut could be about a path that has another file by then. */
    return names->len == 0 || env->funcs->sync_dir(env->data, HTH_INBOX_DIR, error);
}

gboolean hth_inbox_make(const HthSyncEnv *env, GError **error)
{
    return hth_folder_make_dirs(env, HTH_INBOX_DIR, NULL, error);
}

gboolean hth_inbox_put(const HthSyncEnv *env, const char *name, const char *line, GError **error)
{
    g_autofree char *path = g_strconcat(HTH_INBOX_DIR "/", name, NULL);
    g_autofree char *text = g_strconcat(line, "\n", NULL);
    g_autoptr(GBytes) bytes = g_bytes_new(text, strlen(text));
    return hth_inbox_make(env, error) && hth_folder_write(env, path, bytes, error);
}
