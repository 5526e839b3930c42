/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync/home-want.h"

#include <string.h>

#include "base/base32.h"
#include "base/text.h"

/* Files of one device; a rule that takes more is refused. */
#define WANTS_MAX 2000000

typedef struct {
    HthSyncWants *wants;
    const HthSyncRule *rule;
    const HthSyncLibrary *library;
    const HthSyncStreaming *streaming;
    const GArray *held;
    GHashTable *places; /* (guint64 id → place in wants + 1) while they are not sorted */
    guint64 n_playlists;
} Collector;

static void want_clear(gpointer data)
{
    HthSyncWant *want = data;
    g_clear_pointer(&want->content, g_bytes_unref);
}

void hth_sync_wants_free(HthSyncWants *self)
{
    if (self == NULL)
        return;
    g_array_unref(self->wants);
    hth_device_names_free(self->names);
    g_string_chunk_free(self->texts);
    g_free(self);
}

/* ---- Asking the library ---- */

static const char *keep_text(Collector *self, char *text)
{
    const char *kept = g_string_chunk_insert(self->wants->texts, text != NULL ? text : "");
    g_free(text);
    return kept;
}

static void fill(Collector *self, HthSyncWant *want, const HthSyncItem *item, guint rank)
{
    const guint64 id = item->id;
    *want = (HthSyncWant){
        .id = id,
        .kind = item->kind,
        .size = item->size_bytes > 0 ? (guint64)item->size_bytes : 0,
        .revision = item->revision,
        .companion_of = item->companion_of,
        .is_unread = item->is_unread,
        .is_away = item->is_away,
        .is_waiting = item->is_waiting,
        .rendition = g_string_chunk_insert_const(
            self->wants->texts, item->rendition != NULL ? item->rendition : HTH_SYNC_ORIGINAL),
        .problem = item->problem != NULL
                       ? g_string_chunk_insert_const(self->wants->texts, item->problem)
                       : NULL,
        .rank = rank,
        .order = item->order,
        .reason = g_string_chunk_insert_const(self->wants->texts,
                                              item->reason != NULL ? item->reason : ""),
        .file_name = g_string_chunk_insert(self->wants->texts,
                                           item->file_name != NULL ? item->file_name : ""),
    };
    if (item->companion_of == 0)
        want->wish = keep_text(self, hth_device_name_wish(item));
    else /* its name follows its item's, which is not known yet: what is needed for it */
        want->wish = g_string_chunk_insert_const(self->wants->texts,
                                                 item->extension != NULL ? item->extension : "");
}

static gboolean on_item(const HthSyncItem *item, gpointer data)
{
    Collector *self = data;
    GArray *wants = self->wants->wants;
    if (item->id == 0 || hth_sync_rule_is_excluded(self->rule, item->id) || wants->len >= WANTS_MAX)
        return TRUE;
    const guint rank = hth_sync_rule_rank(self->rule, item->source);
    const guint place = GPOINTER_TO_UINT(g_hash_table_lookup(self->places, &item->id));
    if (place == 0) {
        g_array_set_size(wants, wants->len + 1);
        fill(self, &g_array_index(wants, HthSyncWant, wants->len - 1), item, rank);
        g_hash_table_insert(self->places, g_memdup2(&item->id, sizeof item->id),
                            GUINT_TO_POINTER(wants->len));
        return TRUE;
    }
    HthSyncWant *known = &g_array_index(wants, HthSyncWant, place - 1);
    if (rank < known->rank || (rank == known->rank && item->order < known->order))
        fill(self, known, item, rank);
    return TRUE;
}

static gboolean is_rendition(const char *name)
{
    return name != NULL && *name != '\0' && strcmp(name, HTH_SYNC_ORIGINAL) != 0;
}

/* The same items once more, as renditions: the smaller form takes the place of the other one where
 * the device has none, or has that form already. */
static gboolean on_smaller(const HthSyncItem *item, gpointer data)
{
    Collector *self = data;
    const guint place = GPOINTER_TO_UINT(g_hash_table_lookup(self->places, &item->id));
    const HthSyncHeldRow *held = hth_sync_held_find(self->held, item->id);
    if (place == 0 || !is_rendition(item->rendition) ||
        (held != NULL && strcmp(held->rendition, item->rendition) != 0))
        return TRUE;
    HthSyncWant *known = &g_array_index(self->wants->wants, HthSyncWant, place - 1);
    if (is_rendition(known->rendition))
        return TRUE;
    const HthSyncWant before = *known;
    fill(self, known, item, before.rank);
    known->order = before.order;
    known->reason = before.reason;
    return TRUE;
}

/* ---- Order and budget ---- */

static int by_id(gconstpointer a, gconstpointer b)
{
    const HthSyncWant *one = a, *other = b;
    return one->id < other->id ? -1 : one->id > other->id;
}

static int by_rank(gconstpointer a, gconstpointer b)
{
    const HthSyncWant *one = *(HthSyncWant *const *)a, *other = *(HthSyncWant *const *)b;
    if (one->rank != other->rank)
        return one->rank < other->rank ? -1 : 1;
    if (one->order != other->order)
        return one->order < other->order ? -1 : 1;
    return by_id(one, other);
}

static HthSyncWant *find(GArray *wants, guint64 id)
{
    guint low = 0, high = wants->len;
    while (low < high) {
        const guint middle = low + (high - low) / 2;
        HthSyncWant *want = &g_array_index(wants, HthSyncWant, middle);
        if (want->id == id)
            return want;
        if (want->id < id)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

const HthSyncWant *hth_sync_wants_find(const HthSyncWants *self, guint64 id)
{
    return find(self->wants, id);
}

/* A companion comes and goes with its item, and stands where that stands. */
static void place_companions(GArray *wants)
{
    for (guint i = 0; i < wants->len; i++) {
        HthSyncWant *want = &g_array_index(wants, HthSyncWant, i);
        const HthSyncWant *with = want->companion_of != 0 ? find(wants, want->companion_of) : NULL;
        if (with != NULL && with->companion_of == 0) {
            want->rank = with->rank;
            want->order = with->order;
        } else if (want->companion_of != 0) {
            want->is_over = TRUE; /* what it went with has gone */
        }
    }
}

/* What can't be made takes no room, unless the device has another form of it. */
static gboolean takes_room(const HthSyncWant *want, const GArray *held)
{
    return want->problem == NULL || hth_sync_held_find(held, want->id) != NULL;
}

static void fit(GArray *wants, guint64 max_bytes, const GArray *held)
{
    g_autoptr(GPtrArray) order = g_ptr_array_sized_new(wants->len);
    for (guint i = 0; i < wants->len; i++)
        g_ptr_array_add(order, &g_array_index(wants, HthSyncWant, i));
    g_ptr_array_sort(order, by_rank);
    guint64 left = max_bytes > 0 ? max_bytes : G_MAXUINT64;
    for (guint i = 0; i < order->len; i++) {
        HthSyncWant *want = order->pdata[i];
        want->priority = i + 1;
        want->is_over = want->is_over || want->size > left;
        if (!want->is_over && takes_room(want, held))
            left -= want->size;
    }
    for (guint i = 0; i < wants->len; i++) { /* no lyrics without their song */
        HthSyncWant *want = &g_array_index(wants, HthSyncWant, i);
        const HthSyncWant *with = want->companion_of != 0 ? find(wants, want->companion_of) : NULL;
        want->is_over = want->is_over || (with != NULL && with->is_over);
    }
}

/* ---- Names ---- */

const HthSyncHeldRow *hth_sync_held_find(const GArray *held, guint64 item)
{
    guint low = 0, high = held->len;
    while (low < high) {
        const guint middle = low + (high - low) / 2;
        const HthSyncHeldRow *row = &g_array_index(held, HthSyncHeldRow, middle);
        if (row->held.item == item)
            return row;
        if (row->held.item < item)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

/* What is there stays what it is for now: as a .flac, not an .opus. */
static gboolean keeps_name(const HthSyncWant *want, const HthSyncHeldRow *row)
{
    const gboolean is_unmade = want->is_waiting || want->problem != NULL;
    return want->is_unread || (is_unmade && row->revision != want->revision);
}

/* First those that have a name, so that no newcomer takes it; then the others. */
static void give_names(HthSyncWants *self, const GArray *held, gboolean are_companions)
{
    GArray *wants = self->wants;
    for (guint pass = 0; pass < 2; pass++) {
        for (guint i = 0; i < wants->len; i++) {
            HthSyncWant *want = &g_array_index(wants, HthSyncWant, i);
            if (want->is_over || want->path != NULL || (want->companion_of != 0) != are_companions)
                continue;
            const HthSyncHeldRow *row = pass == 0 ? hth_sync_held_find(held, want->id) : NULL;
            if (pass == 1)
                want->path = hth_device_names_give(self->names, want->id, want->wish);
            else if (row != NULL &&
                     hth_device_names_keep(self->names, want->id,
                                           keeps_name(want, row) ? row->held.path : want->wish,
                                           row->held.path))
                want->path = hth_device_names_of(self->names, want->id);
        }
    }
}

static void wish_for_companions(HthSyncWants *self)
{
    for (guint i = 0; i < self->wants->len; i++) {
        HthSyncWant *want = &g_array_index(self->wants, HthSyncWant, i);
        if (want->companion_of == 0 || want->is_over)
            continue;
        const HthSyncWant *with = find(self->wants, want->companion_of);
        const HthSyncItem item = { .id = want->id,
                                   .kind = want->kind,
                                   .extension = want->wish,
                                   .file_name = want->file_name };
        g_autofree char *wish = hth_device_name_companion_wish(&item, with->path, with->file_name);
        want->wish = g_string_chunk_insert(self->texts, wish);
    }
}

/* ---- Playlists ---- */

typedef struct {
    Collector *collector;
    GArray *found; /* (element HthSyncWant) not among the others yet: those are searched by id */
} PlaylistCollector;

/* A path from inside Playlists/. */
static void add_entry(GString *content, const HthSyncWant *want)
{
    g_string_append_printf(content, "../%s\n", want->path);
}

void hth_sync_stream_token(const HthSyncStreaming *streaming, guint64 playlist, guint64 revision,
                           char out[HTH_SYNC_TOKEN_LENGTH + 1])
{
    const guint64 numbers[] = { GUINT64_TO_LE(playlist), GUINT64_TO_LE(revision) };
    guint8 digest[HTH_DIGEST_BYTES];
    gsize size = sizeof digest;
    g_autoptr(GHmac) hmac =
        g_hmac_new(G_CHECKSUM_SHA256, streaming->secret, HTH_SYNC_STREAM_SECRET_BYTES);
    g_hmac_update(hmac, (const guchar *)numbers, sizeof numbers);
    g_hmac_update(hmac, (const guchar *)streaming->device, -1);
    g_hmac_get_digest(hmac, digest, &size);
    g_autofree char *letters = hth_base32_encode(digest, 16);
    g_strlcpy(out, letters, HTH_SYNC_TOKEN_LENGTH + 1);
}

/* By the device's own door: what is not there is fetched when it is played. */
static void add_stream(const Collector *self, GString *content, const char *token, guint64 item)
{
    char extension[HTH_SYNC_EXTENSION_MAX + 1];
    char id[HTH_TEXT_ID_LENGTH + 1];
    if (!self->library->extension(self->library->data, item, extension))
        return;
    hth_text_id_encode(item, id);
    g_string_append_printf(content, "http://127.0.0.1:%u/p/%s/%s.%s\n", self->streaming->port,
                           token, id, extension);
}

static GString *write_playlist(const Collector *self, const HthSyncPlaylist *playlist)
{
    GString *content = g_string_new("#EXTM3U\n");
    char token[HTH_SYNC_TOKEN_LENGTH + 1] = "";
    const gboolean is_streaming = self->streaming != NULL && self->library->extension != NULL;
    if (is_streaming)
        hth_sync_stream_token(self->streaming, playlist->id, playlist->revision, token);
    for (guint i = 0; i < playlist->n_items; i++) {
        const HthSyncWant *want = find(self->wants->wants, playlist->items[i]);
        if (want != NULL && want->path != NULL && hth_sync_held_find(self->held, want->id) != NULL)
            add_entry(content, want);
        else if (is_streaming)
            add_stream(self, content, token, playlist->items[i]);
    }
    return content;
}

static gboolean on_playlist(const HthSyncPlaylist *playlist, gpointer data)
{
    PlaylistCollector *self = data;
    HthSyncWants *wants = self->collector->wants;
    if (playlist->id == 0 || hth_sync_rule_is_excluded(self->collector->rule, playlist->id))
        return TRUE;
    g_autoptr(GString) content = write_playlist(self->collector, playlist);
    g_autofree char *wish = hth_device_name_playlist_wish(playlist->title);
    const HthSyncWant want = {
        .id = playlist->id,
        .kind = HTH_MEDIA_PLAYLIST,
        .size = content->len,
        .revision = playlist->revision,
        .order = self->collector->n_playlists++,
        .wish = g_string_chunk_insert(wants->texts, wish),
        .file_name = "",
        .rendition = HTH_SYNC_ORIGINAL,
        .reason = "a playlist of the rule",
        .content = g_string_free_to_bytes(g_steal_pointer(&content)),
    };
    g_array_append_val(self->found, want);
    return TRUE;
}

static gboolean add_playlists(Collector *collector, GError **error)
{
    const HthSyncLibrary *library = collector->library;
    if (library->playlists == NULL)
        return TRUE;
    g_autoptr(GArray) found = g_array_new(FALSE, TRUE, sizeof(HthSyncWant));
    PlaylistCollector playlists = { collector, found };
    const gboolean is_good =
        library->playlists(library->data, collector->rule, on_playlist, &playlists, error);
    g_array_append_vals(collector->wants->wants, found->data, found->len); /* with what they own */
    return is_good;
}

static gboolean ask_library(Collector *self, const HthSyncRule *smaller, GError **error)
{
    const HthSyncLibrary *library = self->library;
    if (hth_sync_rule_is_empty(self->rule))
        return TRUE;
    return library->select(library->data, self->rule, on_item, self, error) &&
           (smaller == NULL || library->select(library->data, smaller, on_smaller, self, error));
}

HthSyncWants *hth_sync_wants_new(const HthSyncLibrary *library, const HthSyncRule *rule,
                                 const HthSyncRule *smaller, const HthSyncStreaming *streaming,
                                 const GArray *held, GError **error)
{
    g_autoptr(HthSyncWants) self = g_new0(HthSyncWants, 1);
    self->wants = g_array_new(FALSE, TRUE, sizeof(HthSyncWant));
    g_array_set_clear_func(self->wants, want_clear);
    self->names = hth_device_names_new();
    self->texts = g_string_chunk_new(16 * 1024);
    Collector collector = {
        .wants = self,
        .rule = rule,
        .library = library,
        .streaming = streaming,
        .held = held,
        .places = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL),
    };
    const gboolean is_good = ask_library(&collector, smaller, error);
    g_hash_table_unref(collector.places);
    if (!is_good)
        return NULL;
    g_array_sort(self->wants, by_id);
    place_companions(self->wants);
    fit(self->wants, rule->max_bytes, held);
    give_names(self, held, FALSE);
    wish_for_companions(self);
    give_names(self, held, TRUE);
    if (!hth_sync_rule_is_empty(rule) && !add_playlists(&collector, error))
        return NULL;
    g_array_sort(self->wants, by_id);
    give_names(self, held, FALSE); /* of the playlists; the others have theirs */
    return g_steal_pointer(&self);
}
