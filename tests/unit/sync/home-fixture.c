/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "home-fixture.h"

#include <string.h>

#include "base/crc32c.h"
#include "base/error.h"
#include "media/layout.h"
#include "media/recipe.h"
#include "sync/data-stream.h"
#include "sync/set-digest.h"

/* ---- The library ---- */

static void item_free(gpointer data)
{
    ModelItem *item = data;
    g_bytes_unref(item->bytes);
    g_free(item->title);
    g_free(item->artist);
    g_free(item->album);
    g_free(item->extension);
    g_free(item);
}

ModelItem *model_library_find(ModelLibrary *self, guint64 id)
{
    for (guint i = 0; i < self->items->len; i++) {
        ModelItem *item = self->items->pdata[i];
        if (item->id == id)
            return item;
    }
    return NULL;
}

ModelItem *model_library_add(ModelLibrary *self, guint64 id, const char *title, const char *text)
{
    ModelItem *item = g_new0(ModelItem, 1);
    *item = (ModelItem){ .id = id,
                         .kind = HTH_MEDIA_AUDIO,
                         .bytes = g_bytes_new(text, strlen(text)),
                         .revision = ++self->sequence + 1000,
                         .title = g_strdup(title),
                         .artist = g_strdup("Artist"),
                         .album = g_strdup("Album"),
                         .extension = g_strdup("mp3"),
                         .added = (gint64)self->sequence };
    g_ptr_array_add(self->items, item);
    return item;
}

void model_library_remove(ModelLibrary *self, guint64 id)
{
    g_ptr_array_remove(self->items, model_library_find(self, id));
    self->sequence++;
}

void model_item_write(ModelLibrary *self, ModelItem *item, const char *text)
{
    g_bytes_unref(item->bytes);
    item->bytes = g_bytes_new(text, strlen(text));
    item->revision = ++self->sequence + 1000;
}

static guint64 get_sequence(gpointer data)
{
    return ((ModelLibrary *)data)->sequence;
}

static gboolean select_items(gpointer data, const HthSyncRule *rule, HthSyncItemFound found,
                             gpointer user_data, GError **error)
{
    ModelLibrary *self = data;
    self->n_selects++;
    for (guint i = 0; i < self->items->len; i++) {
        const ModelItem *each = self->items->pdata[i];
        const HthSyncItem item = { .id = each->id,
                                   .kind = each->kind,
                                   .extension = each->extension,
                                   .size_bytes = (gint64)g_bytes_get_size(each->bytes),
                                   .revision = each->revision,
                                   .title = each->title,
                                   .artist = each->artist,
                                   .album = each->album,
                                   .file_name = each->title,
                                   .companion_of = each->companion_of,
                                   .is_unread = each->is_unread,
                                   .is_away = each->is_away,
                                   .source = HTH_SYNC_SOURCE_EVERYTHING,
                                   .order = (guint64)(1000000 - each->added),
                                   .reason = "everything" };
        if (!hth_sync_rule_is_excluded(rule, each->id) && !found(&item, user_data))
            break;
    }
    return TRUE;
}

static gboolean select_playlists(gpointer data, const HthSyncRule *rule, HthSyncPlaylistFound found,
                                 gpointer user_data, GError **error)
{
    ModelLibrary *self = data;
    const HthSyncPlaylist list = { .id = 99,
                                   .title = "List",
                                   .revision = 1,
                                   .items = (const guint64 *)(void *)self->playlist->data,
                                   .n_items = self->playlist->len };
    return self->playlist->len == 0 || found(&list, user_data);
}

typedef struct {
    ModelLibrary *library;
    guint64 id;
    GBytes *bytes;
} ModelOpen;

static gpointer open_item(gpointer data, guint64 id, const char *rendition, GError **error)
{
    ModelLibrary *self = data;
    ModelItem *item = model_library_find(self, id);
    if (item == NULL) {
        g_set_error(error, HTH_ERROR, HTH_ERROR_NOT_FOUND, "gone");
        return NULL;
    }
    ModelOpen *file = g_new(ModelOpen, 1);
    *file = (ModelOpen){ self, id, g_bytes_ref(item->bytes) };
    return file;
}

static gboolean stat_file(gpointer data, guint64 *out_revision, gint64 *out_size)
{
    const ModelOpen *file = data;
    const ModelItem *item = model_library_find(file->library, file->id);
    *out_size = (gint64)g_bytes_get_size(file->bytes);
    *out_revision = item != NULL ? item->revision : 1;
    return TRUE;
}

static gssize read_file(gpointer data, gint64 offset, void *buffer, gsize size, GError **error)
{
    const ModelOpen *file = data;
    gsize whole;
    const guint8 *bytes = g_bytes_get_data(file->bytes, &whole);
    const gsize n = (gsize)offset < whole ? MIN(size, whole - (gsize)offset) : 0;
    memcpy(buffer, bytes + offset, n);
    if (file->library->change_while_reading > 0 && --file->library->change_while_reading == 0)
        model_item_write(file->library, model_library_find(file->library, file->id), "changed");
    return (gssize)n;
}

static void close_file(gpointer data)
{
    g_bytes_unref(((ModelOpen *)data)->bytes);
    g_free(data);
}

static HthLayout *lay_out(GBytes *bytes)
{
    g_autoptr(HthByteSource) source = hth_byte_source_new_for_bytes(bytes);
    return hth_layout_read(source, HTH_FORMAT_UNKNOWN, NULL, NULL, NULL);
}

static HthSyncReadiness layout(gpointer data, guint64 id, const char *rendition, guint64 revision,
                               GBytes **out_layout, GError **error)
{
    ModelItem *item = model_library_find(data, id);
    ((ModelLibrary *)data)->n_layouts++;
    if (item == NULL || item->revision != revision)
        return HTH_SYNC_NOT_YET;
    g_autoptr(HthLayout) made = lay_out(item->bytes);
    *out_layout = hth_layout_encode(made);
    return HTH_SYNC_READY;
}

static HthSyncReadiness recipe(gpointer data, guint64 id, const char *rendition, guint64 revision,
                               GBytes *old_layout, GBytes **out_recipe, GBytes **out_layout,
                               GError **error)
{
    ModelLibrary *self = data;
    const ModelItem *item = model_library_find(self, id);
    self->n_recipes++;
    if (self->recipes != HTH_SYNC_READY)
        return self->recipes;
    g_autoptr(HthLayout) old = hth_layout_decode(old_layout, error);
    g_autoptr(HthLayout) made = lay_out(item->bytes);
    g_autoptr(HthByteSource) source = hth_byte_source_new_for_bytes(item->bytes);
    g_autoptr(HthRecipe) steps = hth_recipe_make(old, source, made, error);
    *out_recipe = hth_recipe_encode(steps);
    *out_layout = hth_layout_encode(made);
    return HTH_SYNC_READY;
}

static gboolean merge(gpointer data, const HthSyncPlayMerge *merges, guint n, GError **error)
{
    ModelLibrary *self = data;
    for (guint i = 0; i < n; i++) {
        self->n_plays += merges[i].plays_added;
        g_hash_table_replace(self->plays, g_memdup2(&merges[i].item, sizeof merges[i].item),
                             g_memdup2(&merges[i], sizeof merges[i]));
    }
    return TRUE;
}

static gboolean merge_list(gpointer data, const HthSyncPlaylist *playlist, gboolean exists,
                           GError **error)
{
    ModelLibrary *self = data;
    g_autoptr(GString) text = g_string_new(NULL);
    g_string_append_printf(text, "%s%s:", playlist->title, exists ? "" : " (removed)");
    for (guint i = 0; i < playlist->n_items; i++)
        g_string_append_printf(text, " %u", (guint)playlist->items[i]);
    g_free(self->list);
    self->list = g_strdup(text->str);
    return TRUE;
}

static gint64 wall_ms(gpointer data)
{
    return ((ModelLibrary *)data)->now_ms;
}

static void random_bytes(gpointer data, guint8 *bytes, gsize size)
{
    for (gsize i = 0; i < size; i++)
        bytes[i] = (guint8)++((ModelLibrary *)data)->chance;
}

static void notify(gpointer data, const char *device, const char *event)
{
    g_string_append_printf(((ModelLibrary *)data)->notes, "%s %s\n", device, event);
}

static gboolean extension_of(gpointer data, guint64 item, char out[HTH_SYNC_EXTENSION_MAX + 1])
{
    const ModelItem *found = model_library_find(data, item);
    if (found == NULL)
        return FALSE;
    g_strlcpy(out, found->extension, HTH_SYNC_EXTENSION_MAX + 1);
    return TRUE;
}

static guint32 away_revision(gpointer data, const char *device, guint32 known)
{
    return ((ModelLibrary *)data)->away_revision;
}

void model_library_set_away(ModelLibrary *self, guint32 revision)
{
    self->away_revision = revision;
    self->vtable.away_revision = revision != 0 ? away_revision : NULL;
}

ModelLibrary *model_library_new(void)
{
    ModelLibrary *self = g_new0(ModelLibrary, 1);
    self->items = g_ptr_array_new_with_free_func(item_free);
    self->playlist = g_array_new(FALSE, FALSE, sizeof(guint64));
    self->notes = g_string_new(NULL);
    self->plays = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, g_free);
    self->now_ms = 1000000000;
    self->recipes = HTH_SYNC_READY;
    self->vtable = (HthSyncLibrary){ .data = self,
                                     .sequence = get_sequence,
                                     .select = select_items,
                                     .playlists = select_playlists,
                                     .extension = extension_of,
                                     .open = open_item,
                                     .stat = stat_file,
                                     .read = read_file,
                                     .close = close_file,
                                     .layout = layout,
                                     .recipe = recipe,
                                     .merge = merge,
                                     .merge_list = merge_list,
                                     .wall_ms = wall_ms,
                                     .random = random_bytes,
                                     .notify = notify };
    return self;
}

void model_library_free(ModelLibrary *self)
{
    g_ptr_array_unref(self->items);
    g_array_unref(self->playlist);
    g_string_free(self->notes, TRUE);
    g_hash_table_unref(self->plays);
    g_free(self->list);
    g_free(self);
}

/* ---- The device ---- */

static void file_free(gpointer data)
{
    ModelFile *file = data;
    g_free(file->path);
    g_bytes_unref(file->bytes);
    g_free(file);
}

ModelDevice *model_device_new(HthSyncHome *home, const char *id)
{
    ModelDevice *self = g_new0(ModelDevice, 1);
    self->home = home;
    self->id = id;
    self->files = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, file_free);
    self->layouts =
        g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, (GDestroyNotify)g_bytes_unref);
    self->results = hth_sync_results_new();
    self->absent = g_array_new(FALSE, FALSE, sizeof(guint64));
    self->plays = hth_sync_plays_new();
    self->values = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, g_free);
    self->free_bytes = 1 << 30;
    memset(self->epoch, *id, sizeof self->epoch);
    return self;
}

void model_device_free(ModelDevice *self)
{
    g_hash_table_unref(self->files);
    g_hash_table_unref(self->layouts);
    g_array_unref(self->results);
    g_array_unref(self->absent);
    g_array_unref(self->plays);
    g_hash_table_unref(self->values);
    g_free(self);
}

static void put(ModelDevice *self, guint64 item, const char *path, GBytes *bytes)
{
    ModelFile *file = g_new(ModelFile, 1);
    *file = (ModelFile){ g_strdup(path), g_bytes_ref(bytes) };
    g_hash_table_replace(self->files, g_memdup2(&item, sizeof item), file);
    g_autoptr(HthLayout) made = lay_out(bytes);
    g_hash_table_replace(self->layouts, g_memdup2(&item, sizeof item), hth_layout_encode(made));
}

/* ---- Fetching ---- */

typedef struct {
    GByteArray *bytes;
    HthSyncStatus status;
    guint32 sum;
} Fetched;

static gboolean on_bytes(guint index, gconstpointer bytes, gsize size, gpointer data,
                         GError **error)
{
    g_byte_array_append(((Fetched *)data)->bytes, bytes, (guint)size);
    return TRUE;
}

static gboolean on_end(guint index, HthSyncStatus status, guint32 sum, gpointer data,
                       GError **error)
{
    ((Fetched *)data)->status = status;
    ((Fetched *)data)->sum = sum;
    return TRUE;
}

HthSyncStatus model_device_fetch(ModelDevice *self, const HthSyncPart *part, GBytes **out_bytes)
{
    g_autoptr(HthSyncDataRequest) request = hth_sync_data_request_new();
    memcpy(request->device_epoch, self->epoch, sizeof self->epoch);
    g_array_append_vals(request->parts, part, 1);
    g_autoptr(GBytes) body = hth_sync_data_request_encode(request);
    g_autoptr(GError) error = NULL;
    g_autoptr(HthSyncDataReader) reader =
        hth_sync_home_open_data(self->home, self->id, body, &error);
    g_assert_no_error(error);
    static const HthSyncDataFuncs funcs = { on_bytes, on_end };
    Fetched fetched = { .bytes = g_byte_array_new() };
    HthSyncDataParser parser = HTH_SYNC_DATA_PARSER(&funcs, &fetched, 1);
    guint8 buffer[100]; /* small, so that frames are cut */
    gsize n;
    while ((n = hth_sync_data_reader_read(reader, buffer, sizeof buffer)) > 0)
        g_assert_true(hth_sync_data_parser_feed(&parser, buffer, n, NULL));
    g_assert_true(hth_sync_data_parser_is_done(&parser));
    g_assert_cmphex(hth_crc32c(0, fetched.bytes->data, fetched.bytes->len), ==, fetched.sum);
    self->n_fetched_bytes += fetched.bytes->len;
    *out_bytes = g_byte_array_free_to_bytes(fetched.bytes);
    return fetched.status;
}

/* ---- Obeying ---- */

typedef struct {
    ModelDevice *self;
    const HthSyncOperation *operation;
    GByteArray *out;
} Retag;

static gboolean fetch_need(const HthNeed *need, guint64 offset, guint8 *buffer, gsize n,
                           gpointer data, GError **error)
{
    Retag *state = data;
    const HthSyncPart part = { .sequence = state->operation->sequence,
                               .item = state->operation->item,
                               .revision = state->operation->revision,
                               .kind = need->kind == HTH_NEED_PICTURE ? HTH_SYNC_PICTURE
                                                                      : HTH_SYNC_RANGE,
                               .offset = need->offset + offset,
                               .length = n,
                               .hash = need->digest };
    g_autoptr(GBytes) bytes = NULL;
    if (model_device_fetch(state->self, &part, &bytes) != HTH_SYNC_OK ||
        g_bytes_get_size(bytes) != n) {
        g_set_error(error, HTH_ERROR, HTH_ERROR_FAILED, "not fetched");
        return FALSE;
    }
    memcpy(buffer, g_bytes_get_data(bytes, NULL), n);
    return TRUE;
}

static gboolean sink(const guint8 *bytes, gsize n, gpointer data, GError **error)
{
    Retag *state = data;
    g_byte_array_append(state->out, bytes, (guint)n);
    return TRUE;
}

static HthSyncStatus retag(ModelDevice *self, const HthSyncOperation *operation, ModelFile *file)
{
    Retag state = { self, operation, g_byte_array_new() };
    g_autoptr(HthRecipe) recipe = hth_recipe_decode(operation->recipe, NULL);
    g_autoptr(HthByteSource) source = hth_byte_source_new_for_bytes(file->bytes);
    g_assert_nonnull(recipe);
    const gboolean is_good = hth_recipe_apply(recipe, source, fetch_need, sink, &state, NULL);
    g_autoptr(GBytes) made = g_byte_array_free_to_bytes(state.out);
    HthDigest hash;
    hth_digest_of(g_bytes_get_data(made, NULL), g_bytes_get_size(made), &hash);
    if (!is_good || !hth_digest_equal(&hash, &operation->new_hash))
        return HTH_SYNC_MISMATCH;
    put(self, operation->item, operation->path, made);
    return HTH_SYNC_OK;
}

static HthSyncStatus put_file(ModelDevice *self, const HthSyncOperation *operation)
{
    const HthSyncPart part = { .sequence = operation->sequence,
                               .item = operation->item,
                               .revision = operation->revision };
    g_autoptr(GBytes) bytes = operation->content != NULL ? g_bytes_ref(operation->content) : NULL;
    const HthSyncStatus status =
        bytes != NULL ? HTH_SYNC_OK : model_device_fetch(self, &part, &bytes);
    if (status == HTH_SYNC_OK)
        put(self, operation->item, operation->path, bytes);
    return status;
}

static gboolean is_path_taken(ModelDevice *self, const HthSyncOperation *operation)
{
    GHashTableIter iter;
    gpointer item, file;
    g_hash_table_iter_init(&iter, self->files);
    while (g_hash_table_iter_next(&iter, &item, &file)) {
        if (*(guint64 *)item != operation->item &&
            g_ascii_strcasecmp(((ModelFile *)file)->path, operation->path) == 0)
            return TRUE;
    }
    return FALSE;
}

static HthSyncStatus obey(ModelDevice *self, const HthSyncOperation *operation)
{
    ModelFile *file = g_hash_table_lookup(self->files, &operation->item);
    if (self->refuse_with != HTH_SYNC_OK)
        return self->refuse_with;
    if ((file == NULL) != hth_digest_is_zero(&operation->old_hash))
        return HTH_SYNC_MISMATCH;
    if (operation->kind != HTH_SYNC_REMOVE && is_path_taken(self, operation))
        return HTH_SYNC_BAD_PATH;
    self->counts[operation->kind]++;
    switch (operation->kind) {
    case HTH_SYNC_REMOVE:
        g_hash_table_remove(self->files, &operation->item);
        return HTH_SYNC_OK;
    case HTH_SYNC_MOVE:
        g_free(file->path);
        file->path = g_strdup(operation->path);
        return HTH_SYNC_OK;
    case HTH_SYNC_RETAG:
        return retag(self, operation, file);
    default:
        return put_file(self, operation);
    }
}

static void obey_all(ModelDevice *self, const GArray *operations)
{
    for (guint i = 0; i < operations->len; i++) {
        const HthSyncOperation *operation = &g_array_index(operations, HthSyncOperation, i);
        HthSyncResult result = { .sequence = operation->sequence, .status = obey(self, operation) };
        const ModelFile *file = g_hash_table_lookup(self->files, &operation->item);
        if (file != NULL && result.status == HTH_SYNC_OK)
            hth_digest_of(g_bytes_get_data(file->bytes, NULL), g_bytes_get_size(file->bytes),
                          &result.hash);
        g_assert_cmpuint(operation->sequence, >, self->sequence);
        self->sequence = operation->sequence;
        g_array_append_val(self->results, result);
    }
}

/* ---- Talking ---- */

static int by_item(gconstpointer a, gconstpointer b)
{
    const guint64 one = ((const HthSyncHeld *)a)->item, other = ((const HthSyncHeld *)b)->item;
    return one < other ? -1 : one > other;
}

static void held_clear(gpointer data)
{
    g_free(((HthSyncHeld *)data)->path);
}

static GArray *held_of(ModelDevice *self)
{
    GArray *held = g_array_new(FALSE, FALSE, sizeof(HthSyncHeld));
    g_array_set_clear_func(held, held_clear);
    GHashTableIter iter;
    gpointer item, file;
    g_hash_table_iter_init(&iter, self->files);
    while (g_hash_table_iter_next(&iter, &item, &file)) {
        const ModelFile *each = file;
        HthSyncHeld row = { .item = *(guint64 *)item,
                            .path = g_strdup(each->path),
                            .size = g_bytes_get_size(each->bytes) };
        hth_digest_of(g_bytes_get_data(each->bytes, NULL), row.size, &row.hash);
        g_array_append_val(held, row);
    }
    g_array_sort(held, by_item);
    return held;
}

static GBytes *exchange(ModelDevice *self, const char *route, GBytes *body, guint *out_status)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GBytes) sent = body;
    GBytes *answer = hth_sync_home_exchange(self->home, self->id, route, sent, out_status, &error);
    g_assert_no_error(error);
    return answer;
}

static void send_manifest(ModelDevice *self)
{
    g_autoptr(HthSyncManifestPage) page = hth_sync_manifest_page_new();
    memcpy(page->device_epoch, self->epoch, sizeof self->epoch);
    page->is_last = TRUE;
    g_array_unref(page->held);
    page->held = held_of(self);
    guint status;
    g_assert_null(
        exchange(self, HTH_SYNC_ROUTE_MANIFEST, hth_sync_manifest_page_encode(page), &status));
    g_assert_cmpuint(status, ==, 204);
}

static void send_layouts(ModelDevice *self, const GArray *items)
{
    for (guint i = 0; i < items->len; i++) {
        g_autoptr(HthSyncLayout) message = hth_sync_layout_new();
        message->item = g_array_index(items, guint64, i);
        GBytes *encoded = g_hash_table_lookup(self->layouts, &message->item);
        if (encoded == NULL)
            continue;
        g_autoptr(HthLayout) decoded = hth_layout_decode(encoded, NULL);
        message->hash = decoded->file_digest;
        message->layout = g_bytes_ref(encoded);
        guint status;
        g_assert_null(
            exchange(self, HTH_SYNC_ROUTE_LAYOUT, hth_sync_layout_encode(message), &status));
    }
}

static HthSyncRequest *request_of(ModelDevice *self)
{
    HthSyncRequest *request = hth_sync_request_new();
    memcpy(request->device_epoch, self->epoch, sizeof self->epoch);
    memcpy(request->home_epoch, self->home_epoch, sizeof self->home_epoch);
    request->sequence = self->sequence;
    request->free_bytes = self->free_bytes;
    request->says = HTH_SYNC_SAYS_HAS_VOLUME | self->says;
    request->away_revision = self->away_revision;
    request->play_port = self->play_port;
    request->max_operations = HTH_SYNC_MAX_OPERATIONS;
    g_array_append_vals(request->results, self->results->data, self->results->len);
    g_array_append_vals(request->absent, self->absent->data, self->absent->len);
    request->plays_seen = self->plays_seen;
    for (guint i = 0; i < self->plays->len; i++) {
        HthSyncPlay play = g_array_index(self->plays, HthSyncPlay, i);
        play.text = g_strdup(play.text);
        g_array_append_val(request->plays, play);
    }
    g_autoptr(GArray) held = held_of(self);
    HthSyncSetDigest digest = { 0 };
    for (guint i = 0; i < held->len; i++) {
        const HthSyncHeld *row = &g_array_index(held, HthSyncHeld, i);
        hth_sync_set_digest_add(&digest, row->item, row->path, &row->hash);
    }
    request->n_files = held->len;
    request->set_digest = digest.sum;
    return request;
}

static void take_plays(ModelDevice *self, const HthSyncAnswer *answer)
{
    while (self->plays->len > 0 &&
           g_array_index(self->plays, HthSyncPlay, 0).number <= answer->confirmed_play)
        g_array_remove_index(self->plays, 0);
    for (guint i = 0; i < answer->plays->len; i++) {
        const HthSyncPlay *play = &g_array_index(answer->plays, HthSyncPlay, i);
        const gint64 key = (gint64)(play->item * 16 + play->kind);
        g_hash_table_replace(self->values, g_memdup2(&key, sizeof key),
                             g_memdup2(&play->value, sizeof play->value));
    }
    self->plays_seen = answer->plays_until;
}

static void take_answer(ModelDevice *self, const HthSyncAnswer *answer)
{
    memcpy(self->home_epoch, answer->home_epoch, sizeof self->home_epoch);
    while (self->results->len > 0 &&
           g_array_index(self->results, HthSyncResult, 0).sequence <= answer->confirmed_sequence)
        g_array_remove_index(self->results, 0);
    take_plays(self, answer);
    g_array_remove_range(self->absent, 0, (guint)answer->confirmed_absent);
    if ((answer->demands & HTH_SYNC_WIPE) != 0) {
        g_hash_table_remove_all(self->files);
        self->is_wiped = TRUE;
        return;
    }
    if ((answer->demands & HTH_SYNC_NEW_EPOCH) != 0) {
        self->epoch[0]++;
        for (guint i = 0; i < self->plays->len; i++)
            g_array_index(self->plays, HthSyncPlay, i).number = i + 1;
    }
    if ((answer->demands & HTH_SYNC_SEND_MANIFEST) != 0)
        send_manifest(self);
    if ((answer->demands & HTH_SYNC_SEND_LAYOUTS) != 0)
        send_layouts(self, answer->layout_items);
    obey_all(self, answer->operations);
}

HthSyncAnswer *model_device_ask(ModelDevice *self)
{
    g_autoptr(HthSyncRequest) request = request_of(self);
    g_autoptr(GBytes) bytes =
        exchange(self, HTH_SYNC_ROUTE_SYNC, hth_sync_request_encode(request), &self->last_status);
    self->n_exchanges++;
    self->last_demands = 0;
    if (bytes == NULL)
        return NULL;
    HthSyncAnswer *answer = hth_sync_answer_decode(bytes, NULL);
    g_assert_nonnull(answer);
    self->last_demands = answer->demands;
    if (!self->loses_answers || self->n_exchanges % 2 == 0)
        take_answer(self, answer);
    return answer;
}

guint model_device_sync(ModelDevice *self, guint max)
{
    for (guint n = 1; n <= max; n++) {
        HthSyncAnswer *answer = model_device_ask(self);
        if (answer == NULL)
            return n;
        hth_sync_answer_free(answer);
    }
    return max;
}

char *model_device_read(ModelDevice *self, const char *path)
{
    GHashTableIter iter;
    gpointer file;
    g_hash_table_iter_init(&iter, self->files);
    while (g_hash_table_iter_next(&iter, NULL, &file)) {
        const ModelFile *each = file;
        if (strcmp(each->path, path) == 0)
            return g_strndup(g_bytes_get_data(each->bytes, NULL), g_bytes_get_size(each->bytes));
    }
    return NULL;
}

guint model_device_n_files(ModelDevice *self)
{
    return g_hash_table_size(self->files);
}

void model_device_note(ModelDevice *self, HthSyncPlayKind kind, guint64 item, gint64 value,
                       gint64 at_ms)
{
    const HthSyncPlay play = { .number = self->next_play + 1,
                               .stamp = (guint64)at_ms << 16,
                               .nonce = (guint32)(self->next_play + 1 + (guint64)*self->id * 1000),
                               .kind = kind,
                               .item = item,
                               .value = value };
    self->next_play++;
    g_array_append_val(self->plays, play);
}

gint64 model_device_value(ModelDevice *self, HthSyncPlayKind kind, guint64 item)
{
    const gint64 key = (gint64)(item * 16 + kind);
    const gint64 *value = g_hash_table_lookup(self->values, &key);
    return value != NULL ? *value : -1;
}
