/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "model-library.h"

#include <string.h>

#include "library-door.h"

#define N_TRACKS_MIN  4
#define N_TRACKS_MORE 10
#define SIZE_MIN      2000
#define SIZE_MORE     40000
/* So long that what came of it is kept when the stream is cut. */
#define PADDED_TRIES   4
#define LARGE_SIZE     (600 * 1024)
#define LARGE_ONE_IN   20
#define PICTURE_MIN    1500
#define PICTURE_MORE   6000
#define LONG_TITLE     300
#define PICKS_PER_RULE 3

/* Names that file systems, tag editors and people are bad at. */
static const char *const titles[] = {
    "Morning",
    "morning",
    "MORNING",
    "What? \"Now\": a <b>|*",
    "Ends with dots...",
    "  spaces  ",
    "Ünïcödé — ナイト 🎵",
    "CON",
    "a/b\\c",
    "..",
    ".hidden",
    "Straße",
    "STRASSE",
    "One",
    "Two",
    "e\xcc\x81tude",
    "\xc3\xa9tude",
    ".hearth",
    "nul.txt",
};
static const char *const artists[] = { "Band", "BAND", "The Others", "AC/DC", "Ensemble: Sur." };
static const char *const albums[] = { "First", "first", "Second?", "Third " };

/* ---- Files ---- */

void library_file_unref(LibraryFile *file)
{
    if (file == NULL || --file->n_refs > 0)
        return;
    g_bytes_unref(file->bytes);
    g_free(file);
}

static void track_free(gpointer data)
{
    LibraryTrack *track = data;
    g_free(track->title);
    g_clear_pointer(&track->picture, g_bytes_unref);
    library_file_unref(track->file);
    g_free(track);
}

static void list_free(gpointer data)
{
    LibraryList *list = data;
    g_free(list->title);
    g_array_unref(list->items);
    g_free(list);
}

static void G_GNUC_PRINTF(2, 3) say(ModelLibrary *self, const char *format, ...)
{
    if (self->trace == NULL)
        return;
    va_list arguments;
    va_start(arguments, format);
    g_autofree char *line = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    self->trace(line, self->trace_data);
}

static gint64 tick(ModelLibrary *self)
{
    return self->clock_ns += 1000;
}

static GBytes *make_lyrics(ModelLibrary *self, guint64 id)
{
    const guint word = (guint)chance_below(&self->chance, 10000);
    char *text = g_strdup_printf("[00:01.00] la %u of %016" G_GINT64_MODIFIER "x\n", word, id);
    return g_bytes_new_take(text, strlen(text));
}

/* The bytes that the track's tags and payload make. */
static GBytes *make_bytes(ModelLibrary *self, const LibraryTrack *track)
{
    if (track->companion_of != 0)
        return make_lyrics(self, track->id);
    const MediaTags tags = { track->title, track->artist, track->album, track->padding,
                             track->picture };
    return media_make(track->kind, &tags, track->payload, track->size);
}

static void remember(ModelLibrary *self, GBytes *bytes, guint64 id)
{
    HthDigest digest;
    hth_digest_of(g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes), &digest);
    g_hash_table_replace(self->versions, g_memdup2(&digest, sizeof digest),
                         g_memdup2(&id, sizeof id));
}

/* Writes the track's file: over the old one, as some tag editors do, or beside it and renamed. */
static void save(ModelLibrary *self, LibraryTrack *track, gboolean is_in_place)
{
    GBytes *bytes = make_bytes(self, track);
    remember(self, bytes, track->id);
    self->sequence++;
    const gint64 now = tick(self);
    if (track->file != NULL)
        track->file->ctime_ns = now; /* written to, or its last name gone */
    if (is_in_place && track->file != NULL) {
        g_bytes_unref(track->file->bytes);
        track->file->bytes = bytes;
        if (!chance_one_in(&self->chance, 3)) /* some put the modification time back */
            track->file->mtime_ns = now;
        return;
    }
    library_file_unref(track->file);
    track->file = g_new(LibraryFile, 1);
    *track->file = (LibraryFile){ 1, self->next_inode++, bytes, now, now };
}

/* ---- Changes ---- */

static guint64 new_id(ModelLibrary *self)
{
    /* Permanent ids are by chance; the lowest bits count, so that none comes twice. */
    return (chance_next(&self->chance) & G_GUINT64_CONSTANT(0x7fffffffffff0000)) | ++self->next_id;
}

static void new_title(ModelLibrary *self, LibraryTrack *track)
{
    g_free(track->title);
    if (chance_one_in(&self->chance, 12)) {
        track->title = g_strnfill(LONG_TITLE, 'x');
        return;
    }
    const char *title = titles[chance_below(&self->chance, G_N_ELEMENTS(titles))];
    track->title = chance_one_in(&self->chance, 2)
                       ? g_strdup(title)
                       : g_strdup_printf("%s %u", title, (guint)chance_below(&self->chance, 99));
}

static int by_id(gconstpointer a, gconstpointer b)
{
    const LibraryTrack *one = *(LibraryTrack *const *)a, *other = *(LibraryTrack *const *)b;
    return one->id < other->id ? -1 : one->id > other->id;
}

static LibraryTrack *add_track(ModelLibrary *self)
{
    Chance *chance = &self->chance;
    LibraryTrack *track = g_new0(LibraryTrack, 1);
    track->id = new_id(self);
    track->kind = (MediaKind)chance_below(chance, N_MEDIA_KINDS);
    track->payload = chance_next(chance);
    track->size = SIZE_MIN + (guint)chance_below(chance, SIZE_MORE);
    if (chance_one_in(chance, LARGE_ONE_IN))
        track->size = LARGE_SIZE;
    track->padding = chance_one_in(chance, 2) ? 1024 : 0;
    track->artist = artists[chance_below(chance, G_N_ELEMENTS(artists))];
    track->album = albums[chance_below(chance, G_N_ELEMENTS(albums))];
    track->is_favourite = chance_one_in(chance, 3);
    track->added = ++self->sequence;
    new_title(self, track);
    save(self, track, FALSE);
    g_ptr_array_add(self->tracks, track);
    if (chance_one_in(chance, 5)) {
        LibraryTrack *lyrics = g_new0(LibraryTrack, 1);
        lyrics->id = new_id(self);
        lyrics->companion_of = track->id;
        lyrics->title = g_strdup(track->title);
        lyrics->artist = track->artist;
        lyrics->album = track->album;
        lyrics->added = track->added;
        save(self, lyrics, FALSE);
        g_ptr_array_add(self->tracks, lyrics);
    }
    g_ptr_array_sort(self->tracks, by_id);
    return track;
}

/* A track that is there; NULL: the library is empty. */
static LibraryTrack *some_track(ModelLibrary *self)
{
    for (guint i = 0; i < 50 && self->tracks->len > 0; i++) {
        LibraryTrack *track = self->tracks->pdata[chance_below(&self->chance, self->tracks->len)];
        if (track->file != NULL)
            return track;
    }
    return NULL;
}

static void remove_track(ModelLibrary *self, LibraryTrack *track)
{
    track->file->ctime_ns = tick(self);
    g_clear_pointer(&track->file, library_file_unref);
    self->sequence++;
    for (guint i = 0; i < self->tracks->len; i++) {
        LibraryTrack *with = self->tracks->pdata[i];
        if (with->companion_of == track->id && with->file != NULL)
            remove_track(self, with);
    }
}

static void retag(ModelLibrary *self, LibraryTrack *track)
{
    Chance *chance = &self->chance;
    const gsize old = strlen(track->title);
    new_title(self, track);
    const gsize new = strlen(track->title);
    if (track->padding > 0 && track->padding + old > new) /* the file stays as long as it was */
        track->padding = (guint)(track->padding + old - new);
    save(self, track, chance_one_in(chance, 2));
}

static void set_picture(ModelLibrary *self)
{
    Chance *chance = &self->chance;
    const LibraryTrack *of = some_track(self);
    if (of == NULL)
        return;
    const gsize size = PICTURE_MIN + chance_below(chance, PICTURE_MORE);
    guint8 *bytes = g_malloc(size);
    chance_fill(chance, bytes, size);
    g_autoptr(GBytes) picture = g_bytes_new_take(bytes, size);
    for (guint i = 0; i < self->tracks->len; i++) {
        LibraryTrack *track = self->tracks->pdata[i];
        if (track->file == NULL || track->companion_of != 0 || track->album != of->album)
            continue;
        g_clear_pointer(&track->picture, g_bytes_unref);
        track->picture = g_bytes_ref(picture);
        save(self, track, chance_one_in(chance, 2));
    }
}

static void change_list(ModelLibrary *self)
{
    LibraryList *list = self->lists->pdata[chance_below(&self->chance, self->lists->len)];
    const LibraryTrack *track = some_track(self);
    self->sequence++;
    list->revision = self->sequence;
    if (chance_one_in(&self->chance, 8)) {
        list->is_gone = !list->is_gone;
    } else if (list->items->len > 0 && chance_one_in(&self->chance, 3)) {
        g_array_remove_index(list->items, (guint)chance_below(&self->chance, list->items->len));
    } else if (track != NULL && track->companion_of == 0) {
        g_array_append_val(list->items, track->id);
    }
}

void model_library_change(ModelLibrary *self)
{
    LibraryTrack *track = some_track(self);
    const guint what = track != NULL ? (guint)chance_below(&self->chance, 12) : 0;
    switch (what) {
    case 0:
        track = add_track(self);
        say(self, "library: %016" G_GINT64_MODIFIER "x comes", track->id);
        return;
    case 1:
        say(self, "library: %016" G_GINT64_MODIFIER "x goes", track->id);
        remove_track(self, track);
        return;
    case 2:
        say(self, "library: %016" G_GINT64_MODIFIER "x is another recording", track->id);
        track->payload = chance_next(&self->chance);
        if (track->size < LARGE_SIZE)
            track->size = SIZE_MIN + (guint)chance_below(&self->chance, SIZE_MORE);
        save(self, track, chance_one_in(&self->chance, 2));
        return;
    case 3:
        say(self, "library: new artwork for an album");
        set_picture(self);
        return;
    case 4: /* another artist: another folder */
        track->artist = artists[chance_below(&self->chance, G_N_ELEMENTS(artists))];
        say(self, "library: %016" G_GINT64_MODIFIER "x moves to %s", track->id, track->artist);
        save(self, track, FALSE);
        return;
    case 5:
    case 6:
        say(self, "library: a list changes");
        change_list(self);
        return;
    case 7: /* touched: the same bytes, another revision */
        say(self, "library: %016" G_GINT64_MODIFIER "x is touched", track->id);
        track->file->mtime_ns = track->file->ctime_ns = tick(self);
        self->sequence++;
        return;
    default:
        say(self, "library: %016" G_GINT64_MODIFIER "x is retagged", track->id);
        retag(self, track);
        return;
    }
}

guint64 model_library_add_large(ModelLibrary *self)
{
    LibraryTrack *track = add_track(self);
    track->size = LARGE_SIZE;
    save(self, track, FALSE);
    say(self, "library: %016" G_GINT64_MODIFIER "x comes, and is large", track->id);
    return track->id;
}

void model_library_replace(ModelLibrary *self, guint64 id)
{
    LibraryTrack *track = model_library_find(self, id);
    if (track == NULL || track->file == NULL)
        return;
    say(self, "library: %016" G_GINT64_MODIFIER "x is another recording", id);
    track->payload++;
    save(self, track, FALSE);
}

void model_library_retag_padded(ModelLibrary *self)
{
    for (guint i = 0; i < PADDED_TRIES; i++) {
        LibraryTrack *track = some_track(self);
        if (track == NULL || track->padding == 0)
            continue;
        say(self, "library: %016" G_GINT64_MODIFIER "x is retagged in its padding", track->id);
        retag(self, track);
    }
}

void model_library_change_track(ModelLibrary *self, guint64 id)
{
    LibraryTrack *track = model_library_find(self, id);
    if (track == NULL || track->file == NULL)
        return;
    say(self, "library: %016" G_GINT64_MODIFIER "x changes while it is read", id);
    if (chance_one_in(&self->chance, 8))
        remove_track(self, track);
    else if (chance_one_in(&self->chance, 2))
        track->payload++;
    if (track->file != NULL)
        retag(self, track);
}

LibraryTrack *model_library_find(const ModelLibrary *self, guint64 id)
{
    for (guint i = 0; i < self->tracks->len; i++) {
        LibraryTrack *track = self->tracks->pdata[i];
        if (track->id == id)
            return track;
    }
    return NULL;
}

/* ---- Selection ---- */

static gboolean is_named(char **names, const char *name)
{
    return g_strv_contains((const char *const *)names, name);
}

gboolean model_library_has_list(const LibraryList *list, const HthSyncRule *rule)
{
    return !list->is_gone && is_named(rule->playlists, list->title);
}

static void pick(GArray *picks, LibraryTrack *track, HthSyncSource source, guint64 order)
{
    const LibraryPick one = { track, source, order };
    if (track->file != NULL)
        g_array_append_val(picks, one);
}

static void pick_lists(ModelLibrary *self, const HthSyncRule *rule, GArray *picks)
{
    guint64 order = 0;
    for (guint i = 0; i < self->lists->len; i++) {
        const LibraryList *list = self->lists->pdata[i];
        for (guint j = 0; model_library_has_list(list, rule) && j < list->items->len; j++) {
            LibraryTrack *track = model_library_find(self, g_array_index(list->items, guint64, j));
            pick(picks, track, HTH_SYNC_SOURCE_PLAYLISTS, order++);
        }
    }
}

static int newest_first(gconstpointer a, gconstpointer b)
{
    const LibraryTrack *one = *(LibraryTrack *const *)a, *other = *(LibraryTrack *const *)b;
    return one->added > other->added ? -1 : one->added < other->added;
}

static void pick_newest(ModelLibrary *self, guint n, GArray *picks)
{
    g_autoptr(GPtrArray) tracks = g_ptr_array_new();
    for (guint i = 0; i < self->tracks->len; i++) {
        const LibraryTrack *track = self->tracks->pdata[i];
        if (track->file != NULL && track->companion_of == 0)
            g_ptr_array_add(tracks, self->tracks->pdata[i]);
    }
    g_ptr_array_sort(tracks, newest_first);
    for (guint i = 0; i < tracks->len && i < n; i++)
        pick(picks, tracks->pdata[i], HTH_SYNC_SOURCE_NEWEST, i);
}

static void pick_companions(ModelLibrary *self, GArray *picks)
{
    const guint n = picks->len;
    for (guint i = 0; i < n; i++) {
        const LibraryPick main_pick = g_array_index(picks, LibraryPick, i);
        for (guint j = 0; j < self->tracks->len; j++) {
            LibraryTrack *track = self->tracks->pdata[j];
            if (track->companion_of == main_pick.track->id)
                pick(picks, track, main_pick.source, main_pick.order);
        }
    }
}

GArray *model_library_pick(ModelLibrary *self, const HthSyncRule *rule)
{
    GArray *picks = g_array_new(FALSE, FALSE, sizeof(LibraryPick));
    pick_lists(self, rule, picks);
    for (guint i = 0; i < self->tracks->len; i++) {
        LibraryTrack *track = self->tracks->pdata[i];
        if (track->companion_of != 0)
            continue;
        if (is_named(rule->artists, track->artist))
            pick(picks, track, HTH_SYNC_SOURCE_ARTISTS, track->added);
        if (rule->has_favourites && track->is_favourite)
            pick(picks, track, HTH_SYNC_SOURCE_FAVOURITES, track->added);
        if (rule->has_everything)
            pick(picks, track, HTH_SYNC_SOURCE_EVERYTHING, track->added);
    }
    pick_newest(self, rule->newest, picks);
    for (guint i = picks->len; i-- > 0;) {
        if (hth_sync_rule_is_excluded(rule, g_array_index(picks, LibraryPick, i).track->id))
            g_array_remove_index(picks, i);
    }
    pick_companions(self, picks);
    for (guint i = picks->len; i-- > 0;) {
        if (hth_sync_rule_is_excluded(rule, g_array_index(picks, LibraryPick, i).track->id))
            g_array_remove_index(picks, i);
    }
    return picks;
}

/* ---- New and free ---- */

ModelLibrary *model_library_new(guint64 seed, gint64 *wall_ms)
{
    ModelLibrary *self = g_new0(ModelLibrary, 1);
    self->chance.state = seed;
    self->engine_chance = chance_fork(&self->chance);
    self->wall_ms = wall_ms;
    self->clock_ns = *wall_ms * 1000 * 1000;
    self->next_inode = 1000;
    self->tracks = g_ptr_array_new_with_free_func(track_free);
    self->lists = g_ptr_array_new_with_free_func(list_free);
    self->versions = g_hash_table_new_full(hth_digest_hash, hth_digest_equal_func, g_free, g_free);
    self->layouts = g_hash_table_new_full(hth_digest_hash, hth_digest_equal_func, g_free,
                                          (GDestroyNotify)g_bytes_unref);
    library_door_connect(self);
    const guint n = N_TRACKS_MIN + (guint)chance_below(&self->chance, N_TRACKS_MORE);
    for (guint i = 0; i < n; i++)
        (void)add_track(self);
    static const char *const names[] = { "Running", "running", "Late: night" };
    for (guint i = 0; i < G_N_ELEMENTS(names); i++) {
        LibraryList *list = g_new0(LibraryList, 1);
        list->id = new_id(self);
        list->title = g_strdup(names[i]);
        list->items = g_array_new(FALSE, FALSE, sizeof(guint64));
        g_ptr_array_add(self->lists, list);
        for (guint j = 0; j < PICKS_PER_RULE; j++)
            change_list(self);
    }
    return self;
}

void model_library_free(ModelLibrary *self)
{
    if (self == NULL)
        return;
    g_ptr_array_unref(self->tracks);
    g_ptr_array_unref(self->lists);
    g_hash_table_unref(self->versions);
    g_hash_table_unref(self->layouts);
    g_free(self);
}
