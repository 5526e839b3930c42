/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync/library-view.h"

#include <errno.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/text.h"
#include "sync/selection.h"

struct HthLibraryView {
    HthSyncLibrary vtable;
    HthLibraryViewOptions options;
    atomic_bool is_whole; /* the index is not being made anew */
};

typedef struct {
    int fd;
    guint64 revision; /* of a rendition, whose file never changes; 0: of the file as it is */
} OpenFile;

/* The caller of a selection, while originals become what its rule has of them. */
typedef struct {
    HthRenditionView *renditions;
    const HthSyncRule *rule;
    HthSyncItemFound found;
    gpointer data;
} Converter;

/* ---- Selection ---- */

/* An index that is made anew grows for a while, and what is not in it yet is not gone. */
static gboolean is_whole(HthLibraryView *self)
{
    if (atomic_load(&self->is_whole))
        return TRUE;
    g_auto(HthScanStatus) status = { 0 };
    hth_library_scan_status(self->options.library, &status);
    if (status.phase == HTH_SCAN_LISTING || status.started_unix_ms == 0)
        return FALSE;
    atomic_store(&self->is_whole, TRUE);
    return TRUE;
}

static guint64 sequence(gpointer data)
{
    return hth_library_sequence(((HthLibraryView *)data)->options.library);
}

static gboolean on_item(const HthSyncItem *item, gpointer data)
{
    const Converter *self = data;
    const char *rendition = hth_sync_rule_rendition(self->rule, item->kind);
    if (strcmp(rendition, HTH_SYNC_ORIGINAL) == 0 || item->companion_of != 0)
        return self->found(item, self->data);
    HthSyncItem converted = *item;
    g_autofree char *problem = NULL;
    hth_rendition_view_adjust(self->renditions, rendition, &converted, &problem);
    return self->found(&converted, self->data);
}

static gboolean select_items(gpointer data, const HthSyncRule *rule, HthSyncItemFound found,
                             gpointer user_data, GError **error)
{
    HthLibraryView *self = data;
    Converter converter = { self->options.renditions, rule, found, user_data };
    if (is_whole(self))
        return hth_selection_items(self->options.library, rule, on_item, &converter, error);
    g_set_error(error, HTH_ERROR, HTH_ERROR_UNAVAILABLE,
                "the library is being read for the first time: what a device shall hold is known "
                "when all names are");
    return FALSE;
}

static gboolean select_playlists(gpointer data, const HthSyncRule *rule, HthSyncPlaylistFound found,
                                 gpointer user_data, GError **error)
{
    HthLibraryView *self = data;
    return hth_selection_playlists(self->options.library, rule, found, user_data, error);
}

/* ---- Files ---- */

static gpointer open_item(gpointer data, guint64 item, const char *rendition, GError **error)
{
    HthLibraryView *self = data;
    char id[HTH_TEXT_ID_LENGTH + 1];
    HthMediaFormat format;
    OpenFile file = { .fd = -1 };
    hth_text_id_encode(item, id);
    if (strcmp(rendition, HTH_SYNC_ORIGINAL) != 0)
        file.fd = hth_rendition_view_open(self->options.renditions, item, rendition, &format,
                                          &file.revision, error);
    else
        file.fd = hth_library_open_item(self->options.library, id, NULL, error);
    return file.fd >= 0 ? g_memdup2(&file, sizeof file) : NULL;
}

static gint64 ns_of(struct timespec time)
{
    return (gint64)time.tv_sec * 1000000000 + time.tv_nsec;
}

static gboolean stat_file(gpointer data, guint64 *out_revision, gint64 *out_size_bytes)
{
    const OpenFile *file = data;
    struct stat info;
    if (fstat(file->fd, &info) != 0)
        return FALSE;
    *out_size_bytes = info.st_size;
    if (file->revision != 0) {
        *out_revision = file->revision;
        return TRUE;
    }
    *out_revision =
        hth_sync_revision(info.st_ino, info.st_size, ns_of(info.st_mtim), ns_of(info.st_ctim));
    return TRUE;
}

static gssize read_file(gpointer data, gint64 offset, void *buffer, gsize size, GError **error)
{
    const OpenFile *file = data;
    ssize_t n;
    do
        n = pread(file->fd, buffer, size, offset);
    while (n < 0 && errno == EINTR);
    if (n < 0)
        g_set_error(error, G_FILE_ERROR, (int)g_file_error_from_errno(errno),
                    "its file cannot be read: %s", g_strerror(errno));
    return n;
}

static void close_file(gpointer data)
{
    OpenFile *file = data;
    close(file->fd);
    g_free(file);
}

/* ---- Renditions, layouts, recipes, uploads ---- */

static gboolean make(gpointer data, guint64 item, const char *rendition, gboolean is_urgent)
{
    HthLibraryView *self = data;
    return hth_rendition_view_make(self->options.renditions, item, rendition, is_urgent);
}

static gboolean is_current(gpointer data, guint64 item, const char *rendition, guint64 revision)
{
    HthLibraryView *self = data;
    return hth_rendition_view_is_current(self->options.renditions, item, rendition, revision);
}

static HthSyncReadiness layout(gpointer data, guint64 item, const char *rendition, guint64 revision,
                               GBytes **out_layout, GError **error)
{
    HthLibraryView *self = data;
    return hth_layout_feed_layout(self->options.feed, item, rendition, revision, out_layout, error);
}

static HthSyncReadiness recipe(gpointer data, guint64 item, const char *rendition, guint64 revision,
                               GBytes *old_layout, GBytes **out_recipe, GBytes **out_layout,
                               GError **error)
{
    HthLibraryView *self = data;
    return hth_layout_feed_recipe(self->options.feed, item, rendition, revision, old_layout,
                                  out_recipe, out_layout, error);
}

static gboolean merge(gpointer data, const HthSyncPlayMerge *merges, guint n_merges, GError **error)
{
    HthLibraryView *self = data;
    g_autofree HthPlayMerge *plays = g_new(HthPlayMerge, n_merges);
    for (guint i = 0; i < n_merges; i++)
        plays[i] = (HthPlayMerge){ .permanent_id = merges[i].item,
                                   .device_plays = (guint)MIN(merges[i].plays_total, G_MAXINT),
                                   .last_played_s = merges[i].last_played_s,
                                   .position_ms = merges[i].position_ms,
                                   .rating = merges[i].rating,
                                   .is_favourite = merges[i].is_favourite };
    return hth_library_merge_plays(self->options.library, plays, n_merges, error);
}

static gboolean merge_list(gpointer data, const HthSyncPlaylist *playlist, gboolean exists,
                           GError **error)
{
    HthLibraryView *self = data;
    return hth_library_merge_playlist(self->options.library, playlist->id, playlist->title,
                                      playlist->items, playlist->n_items, exists, error);
}

static gboolean upload(gpointer data, const char *device, const HthSyncUpload *slice,
                       HthSyncUploadAnswer *answer, GError **error)
{
    HthLibraryView *self = data;
    return hth_uploads_take(self->options.uploads, device, slice, answer, error);
}

/* ---- The rest ---- */

static gint64 wall_ms(gpointer data)
{
    return g_get_real_time() / 1000;
}

static void random_bytes(gpointer data, guint8 *bytes, gsize size)
{
    if (getentropy(bytes, size) == 0)
        return;
    for (gsize i = 0; i < size; i++)
        bytes[i] = (guint8)g_random_int();
}

static void notify(gpointer data, const char *device, const char *event)
{
    HthLibraryView *self = data;
    self->options.notify(self->options.notify_data, device, event);
}

static gboolean extension_of(gpointer data, guint64 item, char out[HTH_SYNC_EXTENSION_MAX + 1])
{
    HthLibraryView *self = data;
    return hth_selection_extension(self->options.library, item, out, HTH_SYNC_EXTENSION_MAX + 1);
}

static guint32 away_revision(gpointer data, const char *device, guint32 known)
{
    HthLibraryView *self = data;
    return self->options.away_revision(self->options.notify_data, device, known);
}

static void take_turn(gpointer data)
{
    hth_library_take_state_turn(((HthLibraryView *)data)->options.library);
}

static void give_turn(gpointer data)
{
    hth_library_give_state_turn(((HthLibraryView *)data)->options.library);
}

HthLibraryView *hth_library_view_new(const HthLibraryViewOptions *options)
{
    HthLibraryView *self = g_new0(HthLibraryView, 1);
    self->options = *options;
    self->vtable = (HthSyncLibrary){
        .data = self,
        .sequence = sequence,
        .select = select_items,
        .playlists = select_playlists,
        .extension = extension_of,
        .open = open_item,
        .stat = stat_file,
        .read = read_file,
        .close = close_file,
        .make = make,
        .is_current = is_current,
        .layout = layout,
        .recipe = recipe,
        .merge = merge,
        .merge_list = merge_list,
        .upload = upload,
        .wall_ms = wall_ms,
        .random = random_bytes,
        .notify = notify,
        .away_revision = options->away_revision != NULL ? away_revision : NULL,
        .take_turn = take_turn,
        .give_turn = give_turn,
    };
    HthLibraryCounts counts;
    hth_library_counts(options->library, &counts);
    atomic_init(&self->is_whole, counts.n_tracks + counts.n_videos + counts.n_photos > 0);
    return self;
}

void hth_library_view_free(HthLibraryView *self)
{
    g_free(self);
}

const HthSyncLibrary *hth_library_view_vtable(const HthLibraryView *self)
{
    return &self->vtable;
}
