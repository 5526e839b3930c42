/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "library-door.h"

#include <string.h>

#include "base/error.h"
#include "media/layout.h"
#include "media/recipe.h"
#include "play-book.h"

typedef struct {
    ModelLibrary *library;
    LibraryFile *file;
    guint64 item;
} Open;

static gboolean fails(ModelLibrary *self, const char *what, GError **error)
{
    if (self->fail_one_in == 0 || !chance_one_in(&self->chance, self->fail_one_in))
        return FALSE;
    g_set_error(error, HTH_ERROR, HTH_ERROR_UNAVAILABLE, "%s (made to fail)", what);
    return TRUE;
}

static guint64 revision_of(const LibraryFile *file)
{
    return hth_sync_revision(file->inode, (gint64)g_bytes_get_size(file->bytes), file->mtime_ns,
                             file->ctime_ns);
}

/* ---- Selection ---- */

static guint64 door_sequence(gpointer data)
{
    return ((ModelLibrary *)data)->sequence;
}

static gboolean door_select(gpointer data, const HthSyncRule *rule, HthSyncItemFound found,
                            gpointer user_data, GError **error)
{
    ModelLibrary *self = data;
    g_autoptr(GArray) picks = model_library_pick(self, rule);
    for (guint i = 0; i < picks->len; i++) {
        const LibraryPick *pick = &g_array_index(picks, LibraryPick, i);
        const LibraryTrack *track = pick->track;
        const char *extension = track->companion_of != 0 ? "lrc" : media_extensions[track->kind];
        g_autofree char *file_name =
            g_strdup_printf("%016" G_GINT64_MODIFIER "x.%s",
                            track->companion_of != 0 ? track->companion_of : track->id, extension);
        const HthSyncItem item = {
            .id = track->id,
            .kind = track->companion_of != 0 ? HTH_MEDIA_SUBTITLE : HTH_MEDIA_AUDIO,
            .extension = extension,
            .size_bytes = (gint64)g_bytes_get_size(track->file->bytes),
            .revision = revision_of(track->file),
            .title = track->title,
            .artist = track->artist,
            .album = track->album,
            .file_name = file_name,
            .folder_name = "music",
            .companion_of = track->companion_of,
            .source = pick->source,
            .order = pick->order,
            .reason = hth_sync_source_name(pick->source),
        };
        if (!found(&item, user_data))
            break;
    }
    return TRUE;
}

static gboolean door_playlists(gpointer data, const HthSyncRule *rule, HthSyncPlaylistFound found,
                               gpointer user_data, GError **error)
{
    ModelLibrary *self = data;
    for (guint i = 0; i < self->lists->len; i++) {
        const LibraryList *list = self->lists->pdata[i];
        const HthSyncPlaylist playlist = { list->id, list->title, list->revision + 1,
                                           (const guint64 *)(void *)list->items->data,
                                           list->items->len };
        if (model_library_has_list(list, rule) && !found(&playlist, user_data))
            break;
    }
    return TRUE;
}

/* ---- Files ---- */

static gpointer door_open(gpointer data, guint64 item, const char *rendition, GError **error)
{
    ModelLibrary *self = data;
    const LibraryTrack *track = model_library_find(self, item);
    if (track == NULL || track->file == NULL) {
        g_set_error_literal(error, HTH_ERROR, HTH_ERROR_NOT_FOUND, "no such item");
        return NULL;
    }
    if (fails(self, "open", error))
        return NULL;
    Open *open = g_new(Open, 1);
    *open = (Open){ self, track->file, item };
    track->file->n_refs++;
    return open;
}

static gboolean door_stat(gpointer file, guint64 *out_revision, gint64 *out_size_bytes)
{
    const Open *open = file;
    *out_revision = revision_of(open->file);
    *out_size_bytes = (gint64)g_bytes_get_size(open->file->bytes);
    return TRUE;
}

static gssize door_read(gpointer file, gint64 offset, void *buffer, gsize size, GError **error)
{
    Open *open = file;
    ModelLibrary *self = open->library;
    if (fails(self, "read", error))
        return -1;
    gsize length = 0;
    const guint8 *bytes = g_bytes_get_data(open->file->bytes, &length);
    const gsize n = (gsize)offset < length ? MIN(size, length - (gsize)offset) : 0;
    if (n > 0)
        memcpy(buffer, bytes + offset, n);
    if (self->change_one_in != 0 && chance_one_in(&self->chance, self->change_one_in)) {
        self->n_changed_while_read++;
        model_library_change_track(self, open->item);
    }
    return (gssize)n;
}

static void door_close(gpointer file)
{
    Open *open = file;
    library_file_unref(open->file);
    g_free(open);
}

/* ---- Layouts and recipes: as the worker makes them ---- */

static HthMediaFormat format_of(const LibraryTrack *track)
{
    static const HthMediaFormat formats[N_MEDIA_KINDS] = {
        [MEDIA_MP3] = HTH_FORMAT_MP3,
        [MEDIA_FLAC] = HTH_FORMAT_FLAC,
        [MEDIA_OGG] = HTH_FORMAT_OGG,
    };
    return track->companion_of != 0 ? HTH_FORMAT_UNKNOWN : formats[track->kind];
}

/* The track, when its file has that revision. */
static LibraryTrack *track_at(ModelLibrary *self, guint64 item, guint64 revision, GError **error)
{
    LibraryTrack *track = model_library_find(self, item);
    if (track != NULL && track->file != NULL && revision_of(track->file) == revision)
        return track;
    g_set_error_literal(error, HTH_ERROR, HTH_ERROR_CHANGED, "the file is another by now");
    return NULL;
}

static gboolean is_not_yet(ModelLibrary *self)
{
    if (self->not_yet_one_in == 0 || !chance_one_in(&self->chance, self->not_yet_one_in))
        return FALSE;
    self->n_not_yet++;
    return TRUE;
}

static HthSyncReadiness door_layout(gpointer data, guint64 item, const char *rendition,
                                    guint64 revision, GBytes **out_layout, GError **error)
{
    ModelLibrary *self = data;
    const LibraryTrack *track = track_at(self, item, revision, error);
    if (track == NULL)
        return HTH_SYNC_NEVER;
    if (is_not_yet(self))
        return HTH_SYNC_NOT_YET;
    HthDigest digest;
    hth_digest_of(g_bytes_get_data(track->file->bytes, NULL), g_bytes_get_size(track->file->bytes),
                  &digest);
    GBytes *known = g_hash_table_lookup(self->layouts, &digest);
    if (known == NULL) {
        g_autoptr(HthByteSource) source = hth_byte_source_new_for_bytes(track->file->bytes);
        g_autoptr(HthLayout) layout = hth_layout_read(source, format_of(track), NULL, NULL, error);
        if (layout == NULL)
            return HTH_SYNC_NEVER;
        known = hth_layout_encode(layout);
        g_hash_table_replace(self->layouts, g_memdup2(&digest, sizeof digest), known);
    }
    *out_layout = g_bytes_ref(known);
    return HTH_SYNC_READY;
}

static HthSyncReadiness door_recipe(gpointer data, guint64 item, const char *rendition,
                                    guint64 revision, GBytes *old_layout, GBytes **out_recipe,
                                    GBytes **out_layout, GError **error)
{
    ModelLibrary *self = data;
    if (self->never_one_in != 0 && chance_one_in(&self->chance, self->never_one_in)) {
        g_set_error_literal(error, HTH_ERROR, HTH_ERROR_FAILED, "made to fail");
        return HTH_SYNC_NEVER;
    }
    g_autoptr(GBytes) layout_bytes = NULL;
    const HthSyncReadiness readiness =
        door_layout(self, item, rendition, revision, &layout_bytes, error);
    if (readiness != HTH_SYNC_READY)
        return readiness;
    const LibraryTrack *track = model_library_find(self, item);
    g_autoptr(HthLayout) old = hth_layout_decode(old_layout, error);
    g_autoptr(HthLayout) layout = hth_layout_decode(layout_bytes, old != NULL ? error : NULL);
    if (old == NULL || layout == NULL)
        return HTH_SYNC_NEVER;
    g_autoptr(HthByteSource) source = hth_byte_source_new_for_bytes(track->file->bytes);
    g_autoptr(HthRecipe) recipe = hth_recipe_make(old, source, layout, error);
    if (recipe == NULL)
        return HTH_SYNC_NEVER;
    *out_recipe = hth_recipe_encode(recipe);
    *out_layout = g_steal_pointer(&layout_bytes);
    return HTH_SYNC_READY;
}

/* ---- The rest ---- */

static gboolean door_merge(gpointer data, const HthSyncPlayMerge *merges, guint n_merges,
                           GError **error)
{
    ModelLibrary *self = data;
    for (guint i = 0; i < n_merges; i++)
        play_book_merge(self->booking, &merges[i]);
    return TRUE;
}

static gint64 door_wall_ms(gpointer data)
{
    return *((ModelLibrary *)data)->wall_ms;
}

static void door_random(gpointer data, guint8 *bytes, gsize size)
{
    chance_fill(&((ModelLibrary *)data)->engine_chance, bytes, size);
}

void library_door_connect(ModelLibrary *self)
{
    self->funcs = (HthSyncLibrary){
        .data = self,
        .sequence = door_sequence,
        .select = door_select,
        .playlists = door_playlists,
        .open = door_open,
        .stat = door_stat,
        .read = door_read,
        .close = door_close,
        .layout = door_layout,
        .recipe = door_recipe,
        .merge = door_merge,
        .wall_ms = door_wall_ms,
        .random = door_random,
    };
}
