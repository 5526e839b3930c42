/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The library as a whole: opening, closing, and telling of changes. */
#define HTH_LOG_TOPIC "library"
#include <glib/gstdio.h>
#include <string.h>

#include "base/error.h"
#include "base/log.h"
#include "library/library-private.h"
#include "library/play-write.h"
#include "library/schema.h"

typedef struct {
    guint id;
    HthLibraryChanged callback;
    gpointer data;
} Watch;

/* ---- Telling of changes (writer thread) ---- */

static GArray *take_refs(GHashTable *set)
{
    GArray *refs = g_array_sized_new(FALSE, FALSE, sizeof(HthObjectRef), g_hash_table_size(set));
    GHashTableIter iter;
    gpointer key;
    g_hash_table_iter_init(&iter, set);
    while (g_hash_table_iter_next(&iter, &key, NULL)) {
        const HthObjectRef ref = GPOINTER_TO_UINT(key);
        g_array_append_val(refs, ref);
    }
    return refs;
}

static void drop_titles(HthLibrary *self, HthObjectRef container)
{
    if (hth_ref_kind(container) == HTH_REF_STATIC)
        hth_title_index_drop(self->titles, (HthStaticContainer)hth_ref_row(container));
}

/* Containers under the ids that clients know. One that has gone is left out: its parent changed
 * too. */
static GPtrArray *name_containers(HthLibrary *self, const GArray *containers, guint max)
{
    GPtrArray *ids = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(HthReader) reader = hth_library_acquire_reader(self);
    for (guint i = 0; i < containers->len && ids->len < max; i++) {
        char *id = hth_reader_leaf_id(reader, g_array_index(containers, HthObjectRef, i));
        if (id != NULL)
            g_ptr_array_add(ids, id);
    }
    return ids;
}

/* Containers named in one event; a change of more says so by the system's update id alone. */
#define MAX_NAMED 200

static void call_watches(HthLibrary *self, HthChangeSet *changes, const GArray *containers,
                         guint64 sequence, guint32 update_id)
{
    g_autoptr(GArray) refs = take_refs(changes->refs);
    g_autoptr(GPtrArray) ids = name_containers(self, containers, MAX_NAMED);
    g_autofree guint32 *update_ids = g_new(guint32, ids->len + 1);
    for (guint i = 0; i < ids->len; i++)
        update_ids[i] = update_id;
    const HthLibraryChange change = {
        .sequence = sequence,
        .system_update_id = update_id,
        .n_refs = refs->len,
        .refs = (const HthObjectRef *)(void *)refs->data,
        .is_everything = changes->is_everything,
        .n_containers = ids->len,
        .container_ids = (const char *const *)ids->pdata,
        .container_update_ids = update_ids,
    };
    g_mutex_lock(&self->watches_lock);
    for (guint i = 0; i < self->watches->len; i++) {
        const Watch *watch = &g_array_index(self->watches, Watch, i);
        watch->callback(&change, watch->data);
    }
    g_mutex_unlock(&self->watches_lock);
}

static void on_committed(HthChangeSet *changes, guint32 system_update_id, gpointer data)
{
    HthLibrary *self = data;
    /* Whoever reads the new sequence from now on sees the commit; what was read before is dropped.
     */
    const guint64 sequence = atomic_fetch_add(&self->sequence, 1) + 1;
    atomic_store(&self->system_update_id, system_update_id);
    g_autoptr(GArray) containers = take_refs(changes->containers);
    for (guint i = 0; i < containers->len; i++) {
        const HthObjectRef container = g_array_index(containers, HthObjectRef, i);
        hth_listing_cache_drop(self->listings, container, sequence);
        drop_titles(self, container);
    }
    call_watches(self, changes, containers, sequence, system_update_id);
}

guint hth_library_add_watch(HthLibrary *self, HthLibraryChanged callback, gpointer data)
{
    g_mutex_lock(&self->watches_lock);
    const Watch watch = { ++self->last_watch_id, callback, data };
    g_array_append_val(self->watches, watch);
    g_mutex_unlock(&self->watches_lock);
    return watch.id;
}

void hth_library_remove_watch(HthLibrary *self, guint id)
{
    g_mutex_lock(&self->watches_lock);
    for (guint i = 0; i < self->watches->len; i++) {
        if (g_array_index(self->watches, Watch, i).id == id) {
            g_array_remove_index(self->watches, i);
            break;
        }
    }
    g_mutex_unlock(&self->watches_lock);
}

guint64 hth_library_sequence(HthLibrary *self)
{
    return atomic_load(&self->sequence);
}

guint32 hth_library_system_update_id(HthLibrary *self)
{
    return atomic_load(&self->system_update_id);
}

/* ---- Opening and closing ---- */

/* In state.db's settings. */
#define INDEX_STAMP "library.index-stamp"

/* index.db can be rebuilt: a damaged one, or one of a newer version, is set aside. */
static void set_index_aside(const char *path, const char *why)
{
    static const char *const endings[] = { "", "-wal", "-shm", "-journal" };
    hth_log_warning(
        "index.db is set aside and made anew from the shared folders; nothing is lost: %s", why);
    for (guint i = 0; i < G_N_ELEMENTS(endings); i++) {
        g_autofree char *from = g_strconcat(path, endings[i], NULL);
        g_autofree char *to = g_strconcat(path, ".damaged", endings[i], NULL);
        (void)g_rename(from, to); /* one that is not there needs no setting aside */
    }
}

/* What index.db was when hearthd last closed it. Looking through the whole of it takes as long as
 * reading it, so it is done only when the file is not as it was left: after a crash, or when
 * something else wrote to it. */
static char *index_stamp(const HthLibrary *self)
{
    GStatBuf info;
    if (g_stat(self->index_path, &info) != 0)
        return NULL;
    return g_strdup_printf("%" G_GINT64_FORMAT "-%" G_GINT64_FORMAT ".%09ld-%" G_GUINT64_FORMAT,
                           (gint64)info.st_size, (gint64)info.st_mtim.tv_sec, info.st_mtim.tv_nsec,
                           (guint64)info.st_ino);
}

static gboolean is_index_as_left(HthLibrary *self)
{
    g_autofree char *stamp = index_stamp(self);
    g_autofree char *left = hth_state_load(self->state, INDEX_STAMP);
    g_autofree char *journal = g_strconcat(self->index_path, "-wal", NULL);
    return stamp != NULL && g_strcmp0(stamp, left) == 0 &&
           !g_file_test(journal, G_FILE_TEST_EXISTS);
}

static gboolean is_index_good(HthLibrary *self, GError **error)
{
    if (self->was_index_as_left || !g_file_test(self->index_path, G_FILE_TEST_EXISTS))
        return TRUE;
    const HthDbOptions options = { .is_read_only = TRUE, .n_migrations = hth_n_index_migrations };
    g_autoptr(HthDb) index = hth_db_open(self->index_path, &options, error);
    return index != NULL && hth_db_check(index, error);
}

static void stamp_index(HthLibrary *self)
{
    g_autofree char *stamp = index_stamp(self);
    g_autoptr(GError) error = NULL;
    if (self->state != NULL && stamp != NULL &&
        !hth_state_store(self->state, INDEX_STAMP, stamp, &error))
        hth_log_info("index.db will be checked at the next start: %s", error->message);
}

static gboolean open_writer(HthLibrary *self, GError **error)
{
    g_autoptr(GError) failure = NULL;
    self->was_index_as_left = is_index_as_left(self);
    if (is_index_good(self, &failure))
        self->writer = hth_writer_new(self->index_path, self->state, on_committed, self, &failure);
    if (self->writer != NULL)
        return TRUE;
    if (!g_error_matches(failure, HTH_ERROR, HTH_ERROR_CORRUPT) &&
        !g_error_matches(failure, HTH_ERROR, HTH_ERROR_NEWER)) {
        g_propagate_prefixed_error(error, g_steal_pointer(&failure), "%s: ", self->index_path);
        return FALSE;
    }
    set_index_aside(self->index_path, failure->message);
    self->writer = hth_writer_new(self->index_path, self->state, on_committed, self, error);
    return self->writer != NULL;
}

static gboolean open_caches(HthLibrary *self, const HthLibraryOptions *options, GError **error)
{
    if (g_mkdir_with_parents(options->cache_dir, 0700) != 0) {
        g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_ACCES, "%s cannot be made",
                    options->cache_dir);
        return FALSE;
    }
    g_autofree char *pictures = g_build_filename(options->cache_dir, "pictures", NULL);
    self->index_path = g_build_filename(options->cache_dir, "index.db", NULL);
    self->listings = hth_listing_cache_new();
    self->files = hth_file_cache_new();
    self->titles = hth_title_index_new();
    self->pictures = hth_picture_cache_new(pictures, 0);
    return TRUE;
}

HthLibrary *hth_library_open(const HthLibraryOptions *options, GError **error)
{
    g_autoptr(HthLibrary) self = g_new0(HthLibrary, 1);
    g_mutex_init(&self->readers_lock);
    g_cond_init(&self->reader_released);
    g_mutex_init(&self->watches_lock);
    g_mutex_init(&self->roots_lock);
    self->wanted_roots = g_strdupv((char **)options->roots);
    g_mutex_init(&self->counts_lock);
    self->counts_sequence = G_MAXUINT64;
    self->idle_readers = g_ptr_array_new();
    self->watches = g_array_new(FALSE, FALSE, sizeof(Watch));
    self->state = hth_state_open(options->state_dir, error);
    if (self->state == NULL || !open_caches(self, options, error) || !open_writer(self, error))
        return NULL;
    atomic_store(&self->system_update_id, hth_writer_system_update_id(self->writer));
    hth_writer_post(self->writer, hth_write_own_playlists, NULL, NULL);
    if (!self->was_index_as_left) /* state.db may know of plays that the index never got */
        hth_writer_post(self->writer, hth_write_plays, NULL, NULL);
    self->scanner = hth_scanner_new(options, self->index_path, self->writer, self->state, error);
    if (self->scanner == NULL)
        return NULL;
    return g_steal_pointer(&self);
}

void hth_library_start(HthLibrary *self)
{
    g_mutex_lock(&self->roots_lock);
    hth_scanner_set_roots(self->scanner, (const char *const *)self->wanted_roots);
    g_mutex_unlock(&self->roots_lock);
}

void hth_library_close(HthLibrary *self)
{
    if (self == NULL)
        return;
    if (self->writer != NULL)
        hth_writer_end(self->writer); /* so that nobody waits for it any more */
    hth_scanner_free(self->scanner);
    hth_picture_cache_free(self->pictures);
    if (self->writer != NULL)
        hth_writer_join(self->writer);
    hth_library_free_readers(self);
    const gboolean was_open = self->writer != NULL;
    hth_writer_free(self->writer); /* the last connection: it empties the journal */
    if (was_open)
        stamp_index(self);
    hth_title_index_free(self->titles);
    hth_listing_cache_free(self->listings);
    hth_file_cache_free(self->files);
    hth_state_free(self->state);
    g_ptr_array_unref(self->idle_readers);
    g_array_unref(self->watches);
    g_mutex_clear(&self->readers_lock);
    g_cond_clear(&self->reader_released);
    g_mutex_clear(&self->watches_lock);
    g_mutex_clear(&self->roots_lock);
    g_strfreev(self->wanted_roots);
    g_mutex_clear(&self->counts_lock);
    g_free(self->index_path);
    g_free(self);
}
