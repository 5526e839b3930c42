/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rest-check.h"

#include <string.h>

#include "base/hex.h"
#include "world-check.h"

typedef struct {
    SimDevice *device;
    HthSyncRule *rule;
    GPtrArray *tracks;   /* (element LibraryTrack) that are to be there */
    GHashTable *missing; /* (utf8 digest → guint) files that are to be there, less those found */
    GHashTable *lists;   /* (utf8 digests → guint) likewise of playlists */
} Rest;

static char *digest_text(gconstpointer bytes, gsize size)
{
    HthDigest digest;
    hth_digest_of(bytes, size, &digest);
    return hth_hex_encode(digest.bytes, 8);
}

static char *track_text(const LibraryTrack *track)
{
    return digest_text(g_bytes_get_data(track->file->bytes, NULL),
                       g_bytes_get_size(track->file->bytes));
}

static void count(GHashTable *counts, const char *key, gint by)
{
    const gint n = GPOINTER_TO_INT(g_hash_table_lookup(counts, key));
    g_hash_table_replace(counts, g_strdup(key), GINT_TO_POINTER(n + by));
}

/* ---- What is to be there ---- */

typedef struct {
    LibraryPick pick;
    guint rank;
} Ranked;

static int by_rank(gconstpointer a, gconstpointer b)
{
    const Ranked *one = a, *other = b;
    if (one->rank != other->rank)
        return one->rank < other->rank ? -1 : 1;
    if (one->pick.order != other->pick.order)
        return one->pick.order < other->pick.order ? -1 : 1;
    return one->pick.track->id < other->pick.track->id
               ? -1
               : one->pick.track->id > other->pick.track->id;
}

/* Every item once, by its best reason; in the order in which they are kept. */
static GArray *ranked_picks(Rest *self)
{
    g_autoptr(GArray) picks = model_library_pick(self->device->world->library, self->rule);
    GArray *ranked = g_array_new(FALSE, FALSE, sizeof(Ranked));
    for (guint i = 0; i < picks->len; i++) {
        const LibraryPick *pick = &g_array_index(picks, LibraryPick, i);
        const Ranked one = { *pick, hth_sync_rule_rank(self->rule, pick->source) };
        g_array_append_val(ranked, one);
    }
    g_array_sort(ranked, by_rank);
    g_autoptr(GHashTable) seen = g_hash_table_new(NULL, NULL);
    for (guint i = 0; i < ranked->len;) {
        if (g_hash_table_add(seen, g_array_index(ranked, Ranked, i).pick.track))
            i++;
        else
            g_array_remove_index(ranked, i);
    }
    return ranked;
}

static gboolean is_chosen(const Rest *self, guint64 id)
{
    for (guint i = 0; i < self->tracks->len; i++) {
        if (((LibraryTrack *)self->tracks->pdata[i])->id == id)
            return TRUE;
    }
    return FALSE;
}

static void choose_tracks(Rest *self)
{
    g_autoptr(GArray) ranked = ranked_picks(self);
    guint64 left = self->rule->max_bytes > 0 ? self->rule->max_bytes : G_MAXUINT64;
    for (guint i = 0; i < ranked->len; i++) {
        LibraryTrack *track = g_array_index(ranked, Ranked, i).pick.track;
        const guint64 size = g_bytes_get_size(track->file->bytes);
        if (size > left)
            continue;
        left -= size;
        g_ptr_array_add(self->tracks, track);
    }
    for (guint i = self->tracks->len; i-- > 0;) { /* no lyrics without their song */
        const LibraryTrack *track = self->tracks->pdata[i];
        if (track->companion_of != 0 && !is_chosen(self, track->companion_of))
            g_ptr_array_remove_index(self->tracks, i);
    }
    for (guint i = 0; i < self->tracks->len; i++) {
        g_autofree char *text = track_text(self->tracks->pdata[i]);
        count(self->missing, text, 1);
    }
}

static void choose_lists(Rest *self)
{
    const GPtrArray *lists = self->device->world->library->lists;
    for (guint i = 0; i < lists->len; i++) {
        const LibraryList *list = lists->pdata[i];
        if (!model_library_has_list(list, self->rule) ||
            hth_sync_rule_is_excluded(self->rule, list->id))
            continue;
        g_autoptr(GString) text = g_string_new(NULL);
        for (guint j = 0; j < list->items->len; j++) {
            const guint64 id = g_array_index(list->items, guint64, j);
            if (!is_chosen(self, id))
                continue;
            g_autofree char *one = track_text(model_library_find(self->device->world->library, id));
            g_string_append_printf(text, " %s", one);
        }
        count(self->lists, text->str, 1);
    }
}

/* ---- What is there ---- */

/* The files that a playlist names, by their contents. */
static char *read_list(Rest *self, const char *path)
{
    ModelDisk *disk = self->device->env->disk;
    const GByteArray *bytes = model_disk_peek(disk, path);
    g_autofree char *content = g_strndup((const char *)bytes->data, bytes->len);
    g_auto(GStrv) lines = g_strsplit(content, "\n", -1);
    GString *text = g_string_new(NULL);
    for (guint i = 0; lines[i] != NULL; i++) {
        if (*lines[i] == '\0' || *lines[i] == '#')
            continue;
        const GByteArray *track =
            g_str_has_prefix(lines[i], "../") ? model_disk_peek(disk, lines[i] + 3) : NULL;
        g_autofree char *one =
            track != NULL ? digest_text(track->data, track->len) : g_strdup("nothing");
        g_string_append_printf(text, " %s", one);
    }
    return g_string_free(text, FALSE);
}

static void look_at_files(Rest *self)
{
    g_autoptr(GPtrArray) files = world_check_files(self->device);
    for (guint i = 0; i < files->len; i++) {
        const char *path = files->pdata[i];
        const GByteArray *bytes = model_disk_peek(self->device->env->disk, path);
        if (world_check_own_file(self->device, path) != NULL)
            continue;
        if (g_str_has_prefix(path, "Playlists/")) {
            g_autofree char *list = read_list(self, path);
            count(self->lists, list, -1);
            continue;
        }
        g_autofree char *text = digest_text(bytes->data, bytes->len);
        count(self->missing, text, -1);
        if (GPOINTER_TO_INT(g_hash_table_lookup(self->missing, text)) < 0)
            world_fail(self->device->world,
                       "device %u: %s is there (of %016" G_GINT64_MODIFIER
                       "x), and not what the rule selects",
                       self->device->index, path, world_check_owner(self->device->world, bytes));
    }
}

static void check_missing(Rest *self)
{
    for (guint i = 0; i < self->tracks->len; i++) {
        const LibraryTrack *track = self->tracks->pdata[i];
        g_autofree char *text = track_text(track);
        if (GPOINTER_TO_INT(g_hash_table_lookup(self->missing, text)) > 0)
            world_fail(self->device->world,
                       "device %u: %016" G_GINT64_MODIFIER "x (%s, %" G_GSIZE_FORMAT
                       " bytes) is selected, and not there",
                       self->device->index, track->id, track->title,
                       g_bytes_get_size(track->file->bytes));
    }
    GHashTableIter each;
    gpointer key, value;
    g_hash_table_iter_init(&each, self->lists);
    while (g_hash_table_iter_next(&each, &key, &value)) {
        if (GPOINTER_TO_INT(value) != 0)
            world_fail(self->device->world, "device %u: a playlist of%s is %s", self->device->index,
                       (const char *)key,
                       GPOINTER_TO_INT(value) > 0 ? "missing" : "there, and should not be");
    }
}

/* ---- The rest ---- */

static void check_excluded(Rest *self)
{
    GHashTableIter each;
    gpointer item;
    g_hash_table_iter_init(&each, self->rule->excluded);
    while (g_hash_table_iter_next(&each, &item, NULL)) {
        if (!g_hash_table_contains(self->device->deleted, item))
            world_fail(self->device->world,
                       "device %u: %016" G_GINT64_MODIFIER "x was taken for deleted by a person",
                       self->device->index, *(guint64 *)item);
    }
}

static void check_own_files(Rest *self)
{
    g_autoptr(GPtrArray) files = world_check_files(self->device);
    g_autoptr(GHashTable) found = g_hash_table_new(g_str_hash, g_str_equal);
    for (guint i = 0; i < files->len; i++) {
        const char *text = world_check_own_file(self->device, files->pdata[i]);
        if (text != NULL)
            g_hash_table_add(found, (gpointer)text);
    }
    if (g_hash_table_size(found) != g_hash_table_size(self->device->own_files))
        world_fail(self->device->world, "device %u: a file of the person's own is gone",
                   self->device->index);
}

static void check_leftovers(Rest *self)
{
    static const char *const places[] = { ".hearth/tmp", ".hearth/undo" };
    for (guint p = 0; p < G_N_ELEMENTS(places); p++) {
        g_autoptr(GPtrArray) files = model_disk_files(self->device->env->disk, places[p]);
        for (guint i = 0; i < files->len; i++)
            world_fail(self->device->world, "device %u: %s is left over", self->device->index,
                       (const char *)files->pdata[i]);
    }
}

static void on_preview(const HthSyncPreviewItem *item, gpointer data)
{
    SimDevice *device = data;
    if (item->fate == HTH_SYNC_FATE_NO_ROOM)
        return;
    if (item->fate != HTH_SYNC_FATE_THERE)
        world_fail(device->world, "device %u: the home does not believe that %s is there: %s",
                   device->index, item->path, item->reason);
    else if (model_disk_peek(device->env->disk, item->path) == NULL)
        world_fail(device->world, "device %u: the home believes that %s is there", device->index,
                   item->path);
}

static void check_belief(Rest *self)
{
    SimDevice *device = self->device;
    HthSyncPreview preview;
    g_autoptr(GError) error = NULL;
    if (!hth_sync_home_preview(device->world->home, device->id, NULL, on_preview, device, &preview,
                               &error))
        world_fail(device->world, "no preview: %s", error->message);
}

void rest_check_device(SimDevice *device)
{
    g_autofree char *json = hth_sync_home_rule(device->world->home, device->id);
    g_autoptr(HthSyncRule) rule = hth_sync_rule_parse(json, NULL);
    g_autoptr(GPtrArray) tracks = g_ptr_array_new();
    g_autoptr(GHashTable) missing = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    g_autoptr(GHashTable) lists = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    Rest self = { device, rule, tracks, missing, lists };
    choose_tracks(&self);
    choose_lists(&self);
    look_at_files(&self);
    check_missing(&self);
    check_excluded(&self);
    check_own_files(&self);
    check_leftovers(&self);
    check_belief(&self);
    world_say(device->world, "device %u: looked at %u files", device->index, tracks->len);
}
