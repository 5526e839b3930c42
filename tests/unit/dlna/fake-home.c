/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fake-home.h"

#include <string.h>

#include "base/error.h"
#include "media/media-type.h"
#include "site.h"
#include "xml-out.h"

typedef struct {
    char *id;
    GArray *refs;         /* of HthObjectRef */
    GArray *is_reference; /* of gboolean */
    guint32 update_id;
} Children;

struct HthLibrary {
    GPtrArray *objects;   /* (element HthObject); an object's ref is its index + 1 */
    GHashTable *by_id;    /* leaf id -> HthObject */
    GHashTable *children; /* id -> Children */
    guint64 sequence;
    guint32 system_update_id;
    HthLibraryChanged watch;
    gpointer watch_data;
    guint n_loads;
};

struct HthReader {
    FakeHome *home;
};

struct HthHost {
    HthLibrary library;
    HthReader reader;
    const HthHttpRoute *routes;
    guint n_routes;
    gpointer route_data;
    HthMediaHook hook;
    gpointer hook_data;
    HthDevicePolicy policy;
    GMutex lock; /* guards the four below */
    char *last_position, *last_play, *last_client, *last_name, *last_note;
    void (*interrupt)(FakeHome *self);
    HthSite *site;
};

struct FakeHome {
    HthHost host;
};

static void children_free(gpointer data)
{
    Children *self = data;
    g_free(self->id);
    g_array_unref(self->refs);
    g_array_unref(self->is_reference);
    g_free(self);
}

static Children *children_of(HthLibrary *library, const char *id)
{
    Children *children = g_hash_table_lookup(library->children, id);
    if (children == NULL) {
        children = g_new0(Children, 1);
        children->id = g_strdup(id);
        children->refs = g_array_new(FALSE, FALSE, sizeof(HthObjectRef));
        children->is_reference = g_array_new(FALSE, FALSE, sizeof(gboolean));
        children->update_id = 1;
        g_hash_table_insert(library->children, children->id, children);
    }
    return children;
}

HthObject *fake_object_new(HthObjectClass class, const char *leaf_id, const char *title)
{
    HthObject *object = g_new0(HthObject, 1);
    object->class = class;
    object->leaf_id = g_strdup(leaf_id);
    object->title = g_strdup(title);
    object->is_available = object->is_probed = TRUE;
    object->is_searchable = hth_object_is_container(object);
    object->added_unix_s = 1600000000;
    return object;
}

HthObjectRef fake_home_add(FakeHome *self, const char *parent_id, HthObject *object)
{
    HthLibrary *library = &self->host.library;
    g_ptr_array_add(library->objects, object);
    g_hash_table_insert(library->by_id, object->leaf_id, object);
    object->ref = library->objects->len;
    object->parent_id = g_strdup(parent_id);
    if (strcmp(parent_id, "-1") == 0)
        return object->ref;
    fake_home_add_reference(self, parent_id, object->ref);
    Children *children = children_of(library, parent_id);
    g_array_index(children->is_reference, gboolean, children->refs->len - 1) = FALSE;
    return object->ref;
}

void fake_home_add_reference(FakeHome *self, const char *container_id, HthObjectRef ref)
{
    Children *children = children_of(&self->host.library, container_id);
    const gboolean yes = TRUE;
    g_array_append_val(children->refs, ref);
    g_array_append_val(children->is_reference, yes);
    HthObject *container = fake_home_object(self, container_id);
    container->child_count = children->refs->len;
}

HthObject *fake_home_object(FakeHome *self, const char *leaf_id)
{
    return g_hash_table_lookup(self->host.library.by_id, leaf_id);
}

void fake_home_forget(FakeHome *self, const char *leaf_id)
{
    HthObject *object = fake_home_object(self, leaf_id);
    self->host.library.objects->pdata[object->ref - 1] = NULL;
    g_hash_table_remove(self->host.library.by_id, leaf_id);
    hth_object_free(object);
}

/* ---- The tree ---- */

static GPtrArray *list_of(const char *first, const char *second)
{
    GPtrArray *list = g_ptr_array_new_with_free_func(g_free);
    g_ptr_array_add(list, g_strdup(first));
    if (second != NULL)
        g_ptr_array_add(list, g_strdup(second));
    return list;
}

static void add_containers(FakeHome *self)
{
    static const struct {
        const char *parent, *id, *title;
        HthObjectClass class;
    } rows[] = {
        { "-1", "0", "hearth", HTH_OBJECT_CONTAINER },
        { "0", "music", "Music", HTH_OBJECT_CONTAINER },
        { "music", "music-all", "All tracks", HTH_OBJECT_CONTAINER },
        { "music", "music-albums", "Albums", HTH_OBJECT_CONTAINER },
        { "music-albums", "album-kind", "Kind of <Blue> & \"Green\"", HTH_OBJECT_ALBUM },
        { "0", "video", "Videos", HTH_OBJECT_CONTAINER },
        { "video", "video-all", "All videos", HTH_OBJECT_CONTAINER },
        { "video", "video-folders", "Folders", HTH_OBJECT_FOLDER },
        { "0", "photo", "Photos", HTH_OBJECT_CONTAINER },
        { "photo", "photo-all", "All photos", HTH_OBJECT_PHOTO_ALBUM },
    };
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++)
        fake_home_add(self, rows[i].parent,
                      fake_object_new(rows[i].class, rows[i].id, rows[i].title));
}

static HthObject *new_track(const char *id, const char *title)
{
    HthObject *object = fake_object_new(HTH_OBJECT_MUSIC_TRACK, id, title);
    object->kind = HTH_MEDIA_AUDIO;
    object->format = HTH_FORMAT_MP3;
    object->audio_codec = g_strdup("mp3");
    object->size_bytes = 5123456;
    object->duration_ms = 205120;
    object->bitrate_bps = 192000;
    object->sample_rate_hz = 44100;
    object->channels = 2;
    object->date = g_strdup("1959");
    object->artwork_id = g_strdup("art1");
    object->album = g_strdup("Kind of <Blue> & \"Green\"");
    object->artists = list_of("Miles Davis", "Björk");
    object->album_artists = list_of("Miles Davis", NULL);
    object->genres = list_of("Jazz", NULL);
    object->track = 3;
    object->disc = 1;
    return object;
}

static HthObject *new_video(const char *id, const char *title, HthMediaFormat format,
                            const char *codec)
{
    HthObject *object = fake_object_new(HTH_OBJECT_VIDEO, id, title);
    object->kind = HTH_MEDIA_VIDEO;
    object->format = format;
    object->video_codec = g_strdup(codec);
    object->video_profile = g_strdup("Main");
    object->video_level = 30;
    object->audio_codec = g_strdup("aac");
    object->channels = 2;
    object->sample_rate_hz = 48000;
    object->width = 720;
    object->height = 576;
    object->frame_rate = 25;
    object->bitrate_bps = 2000000;
    object->size_bytes = 50000000;
    object->duration_ms = 3725004;
    object->mtime_unix_s = 1600000000;
    object->artwork_id = g_strdup("art2");
    return object;
}

static void subtitle_free(gpointer data)
{
    HthSubtitle *subtitle = data;
    g_free(subtitle->leaf_id);
    g_free(subtitle->language);
    g_free(subtitle);
}

static void add_subtitle(HthObject *object)
{
    HthSubtitle *subtitle = g_new0(HthSubtitle, 1);
    subtitle->leaf_id = g_strdup("subsubsubsub1");
    subtitle->format = HTH_FORMAT_SRT;
    object->subtitles = g_ptr_array_new_with_free_func(subtitle_free);
    g_ptr_array_add(object->subtitles, subtitle);
}

static HthObject *new_photo(const char *id, HthMediaFormat format, guint width, guint height)
{
    HthObject *object = fake_object_new(HTH_OBJECT_PHOTO, id, id);
    object->kind = HTH_MEDIA_PHOTO;
    object->format = format;
    object->width = width;
    object->height = height;
    object->size_bytes = 1000000;
    object->date = g_strdup("2020-05-31T12:30:00");
    return object;
}

static void add_items(FakeHome *self)
{
    fake_home_add_reference(
        self, "album-kind",
        fake_home_add(self, "music-all", new_track("song", "Sō <What> & \"x\"")));
    HthObject *plain = new_track("plain", "Freddie Freeloader");
    g_clear_pointer(&plain->date, g_free);
    plain->mtime_unix_s = 1600000000;
    fake_home_add(self, "music-all", plain);
    HthObject *ogg = new_track("ogg", "Blue in Green");
    ogg->format = HTH_FORMAT_OGG;
    fake_home_add(self, "music-all", ogg);
    HthObject *wav = new_track("wav", "All Blues");
    wav->format = HTH_FORMAT_WAV;
    fake_home_add(self, "music-all", wav);

    HthObject *film =
        new_video("film", "A film with a long title of many words", HTH_FORMAT_MP4, "h264");
    film->position_ms = 61500;
    film->play_count = 2;
    add_subtitle(film);
    fake_home_add(self, "video-all", film);
    fake_home_add(self, "video-all", new_video("mkv", "Matroska", HTH_FORMAT_MATROSKA, "h264"));
    fake_home_add(self, "video-all", new_video("avi", "Avi", HTH_FORMAT_AVI, "mpeg4"));
    fake_home_add(self, "video-all", new_video("ts", "Ts", HTH_FORMAT_MPEG_TS, "h264"));
    fake_home_add(self, "video-all", new_video("ps", "Ps", HTH_FORMAT_MPEG_PS, "mpeg2video"));
    fake_home_add(self, "video-all", new_video("mov", "Mov", HTH_FORMAT_MOV, "h264"));
    HthObject *mpeg2 = new_video("ts2", "Ts2", HTH_FORMAT_MPEG_TS, "mpeg2video");
    fake_home_add(self, "video-all", mpeg2);
    fake_home_add(self, "photo-all", new_photo("jpeg", HTH_FORMAT_JPEG, 4000, 3000));
    fake_home_add(self, "photo-all", new_photo("heic", HTH_FORMAT_HEIF, 3024, 4032));
}

FakeHome *fake_home_new(void)
{
    FakeHome *self = g_new0(FakeHome, 1);
    HthLibrary *library = &self->host.library;
    library->objects = g_ptr_array_new_with_free_func((GDestroyNotify)hth_object_free);
    library->children = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, children_free);
    library->by_id = g_hash_table_new(g_str_hash, g_str_equal);
    library->sequence = 1;
    library->system_update_id = 7;
    self->host.reader.home = self;
    add_containers(self);
    add_items(self);
    self->host.site = hth_site_new(&self->host);
    return self;
}

void fake_home_free(FakeHome *self)
{
    hth_site_free(self->host.site);
    g_ptr_array_unref(self->host.library.objects);
    g_hash_table_unref(self->host.library.by_id);
    g_hash_table_unref(self->host.library.children);
    g_free(self->host.last_position);
    g_free(self->host.last_play);
    g_free(self->host.last_client);
    g_free(self->host.last_name);
    g_free(self->host.last_note);
    g_free(self);
}

HthHost *fake_home_host(FakeHome *self)
{
    return &self->host;
}

HthLibrary *fake_home_library(FakeHome *self)
{
    return &self->host.library;
}

HthClientTable *fake_home_clients(FakeHome *self)
{
    return hth_dlna_clients(hth_site_dlna(self->host.site));
}

HthRecordCache *fake_home_records(FakeHome *self)
{
    return hth_dlna_records(hth_site_dlna(self->host.site));
}

guint fake_home_loads(FakeHome *self)
{
    return self->host.library.n_loads;
}

void fake_home_interrupt(FakeHome *self, void (*call)(FakeHome *self))
{
    self->host.interrupt = call;
}

void fake_home_set_policy(FakeHome *self, HthDevicePolicy policy)
{
    self->host.policy = policy;
}

const char *fake_home_last_position(FakeHome *self)
{
    return self->host.last_position;
}

const char *fake_home_last_play(FakeHome *self)
{
    return self->host.last_play;
}

const char *fake_home_last_name(FakeHome *self)
{
    return self->host.last_name;
}

const char *fake_home_last_client(FakeHome *self)
{
    return self->host.last_client;
}

const char *fake_home_last_note(FakeHome *self)
{
    return self->host.last_note;
}

void fake_home_changed(FakeHome *self, const HthObjectRef *refs, guint n_refs,
                       const char *container_id)
{
    HthLibrary *library = &self->host.library;
    library->sequence++;
    library->system_update_id++;
    const guint32 update_id = 9;
    const HthLibraryChange change = {
        .sequence = library->sequence,
        .system_update_id = library->system_update_id,
        .refs = refs,
        .n_refs = n_refs,
        .is_everything = refs == NULL && container_id == NULL,
        .n_containers = container_id != NULL ? 1 : 0,
        .container_ids = &container_id,
        .container_update_ids = &update_id,
    };
    library->watch(&change, library->watch_data);
}

/* ---- plugin/library.h ---- */

HthReader *hth_library_acquire_reader(HthLibrary *self)
{
    /* The library is the first field of the host, and the reader stands in it too. */
    return &((HthHost *)self)->reader;
}

void hth_reader_release(HthReader *self)
{
}

typedef struct {
    HthListing listing;
    gint n_users;
    char *container_id;
    GArray *refs;
} KeptListing;

static HthListing *new_listing(const char *container_id, GArray *refs, gboolean is_canonical,
                               guint32 update_id)
{
    KeptListing *kept = g_new0(KeptListing, 1);
    kept->n_users = 1;
    kept->container_id = g_strdup(container_id);
    kept->refs = refs;
    kept->listing = (HthListing){
        .n_refs = refs->len,
        .refs = (const HthObjectRef *)(gpointer)refs->data,
        .update_id = update_id,
        .is_canonical = is_canonical,
        .container_id = kept->container_id,
    };
    return &kept->listing;
}

HthListing *hth_listing_ref(HthListing *self)
{
    ((KeptListing *)self)->n_users++;
    return self;
}

void hth_listing_unref(HthListing *self)
{
    KeptListing *kept = (KeptListing *)self;
    if (self == NULL || --kept->n_users > 0)
        return;
    g_free(kept->container_id);
    g_array_unref(kept->refs);
    g_free(kept);
}

/* This home sorts by title alone, and has no rating to sort by. */
static gint by_title(gconstpointer a, gconstpointer b, gpointer data)
{
    const HthLibrary *library = data;
    const HthObject *left = g_ptr_array_index(library->objects, *(const HthObjectRef *)a - 1);
    const HthObject *right = g_ptr_array_index(library->objects, *(const HthObjectRef *)b - 1);
    return strcmp(left->title, right->title);
}

static gboolean sort_refs(HthLibrary *library, GArray *refs, const HthSort *sort, GError **error)
{
    for (guint i = 0; i < sort->n_keys; i++) {
        if (sort->keys[i].property == HTH_PROPERTY_RATING) {
            g_set_error(error, HTH_ERROR, HTH_ERROR_UNSUPPORTED, "no such order");
            return FALSE;
        }
    }
    if (sort->n_keys > 0)
        g_array_sort_with_data(refs, by_title, library);
    if (sort->n_keys > 0 && sort->keys[0].is_descending) {
        for (guint i = 0; i < refs->len / 2; i++) {
            HthObjectRef *data = (HthObjectRef *)(gpointer)refs->data;
            const HthObjectRef swapped = data[i];
            data[i] = data[refs->len - 1 - i];
            data[refs->len - 1 - i] = swapped;
        }
    }
    return TRUE;
}

HthListing *hth_reader_children(HthReader *self, const char *container_id, const HthSort *sort,
                                GError **error)
{
    HthLibrary *library = &self->home->host.library;
    const HthObject *object = fake_home_object(self->home, container_id);
    if (object == NULL) {
        g_set_error(error, HTH_ERROR, HTH_ERROR_NOT_FOUND, "no such object");
        return NULL;
    }
    if (!hth_object_is_container(object)) {
        g_set_error(error, HTH_ERROR, HTH_ERROR_NOT_CONTAINER, "an item");
        return NULL;
    }
    const Children *children = children_of(library, container_id);
    g_autoptr(GArray) refs = g_array_copy(children->refs);
    if (!sort_refs(library, refs, sort, error))
        return NULL;
    const gboolean is_reference =
        refs->len > 0 && g_array_index(children->is_reference, gboolean, 0);
    const guint32 update_id =
        strcmp(container_id, "0") == 0 ? library->system_update_id : children->update_id;
    return new_listing(container_id, g_steal_pointer(&refs), !is_reference, update_id);
}

/* Understands classes and titles: enough to see that a search arrives. */
static gboolean matches(const HthObject *object, const HthQuery *query)
{
    switch (query->kind) {
    case HTH_QUERY_ALL:
        return TRUE;
    case HTH_QUERY_AND:
        return matches(object, query->left) && matches(object, query->right);
    case HTH_QUERY_OR:
        return matches(object, query->left) || matches(object, query->right);
    case HTH_QUERY_DERIVED_FROM:
        return g_str_has_prefix(hth_object_class_name(object->class), query->value);
    case HTH_QUERY_CONTAINS:
        return strstr(object->title, query->value) != NULL;
    case HTH_QUERY_EXISTS:
        return strcmp(query->value, "false") == 0;
    default:
        return FALSE;
    }
}

HthListing *hth_reader_search(HthReader *self, const char *container_id, const HthQuery *query,
                              const HthSort *sort, GError **error)
{
    HthLibrary *library = &self->home->host.library;
    if (fake_home_object(self->home, container_id) == NULL) {
        g_set_error(error, HTH_ERROR, HTH_ERROR_NOT_FOUND, "no such object");
        return NULL;
    }
    g_autoptr(GArray) refs = g_array_new(FALSE, FALSE, sizeof(HthObjectRef));
    for (guint i = 1; i < library->objects->len; i++) {
        const HthObject *object = g_ptr_array_index(library->objects, i);
        const HthObjectRef ref = i + 1;
        if (object != NULL && matches(object, query))
            g_array_append_val(refs, ref);
    }
    if (!sort_refs(library, refs, sort, error))
        return NULL;
    return new_listing(container_id, g_steal_pointer(&refs), TRUE, library->system_update_id);
}

static GPtrArray *copy_list(GPtrArray *list)
{
    return list != NULL ? g_ptr_array_ref(list) : NULL;
}

static HthObject *copy_object(const HthObject *object)
{
    HthObject *copy = g_memdup2(object, sizeof *object);
    char **const texts[] = { &copy->leaf_id,     &copy->parent_id,    &copy->title,
                             &copy->artwork_id,  &copy->date,         &copy->album,
                             &copy->album_id,    &copy->file_name,    &copy->audio_codec,
                             &copy->video_codec, &copy->video_profile };
    for (guint i = 0; i < G_N_ELEMENTS(texts); i++)
        *texts[i] = g_strdup(*texts[i]);
    GPtrArray **const lists[] = { &copy->artists, &copy->album_artists, &copy->composers,
                                  &copy->genres, &copy->subtitles };
    for (guint i = 0; i < G_N_ELEMENTS(lists); i++)
        *lists[i] = copy_list(*lists[i]);
    return copy;
}

HthObject *hth_reader_object(HthReader *self, const char *object_id, char **out_parent_id,
                             GError **error)
{
    g_autofree char *leaf = g_strndup(object_id, strcspn(object_id, "."));
    const HthObject *object = fake_home_object(self->home, leaf);
    if (object == NULL) {
        g_set_error(error, HTH_ERROR, HTH_ERROR_NOT_FOUND, "no such object");
        return NULL;
    }
    const char *dot = strchr(object_id, '.');
    *out_parent_id = g_strdup(dot != NULL ? dot + 1 : object->parent_id);
    return copy_object(object);
}

HthObject *hth_reader_object_by_ref(HthReader *self, HthObjectRef ref)
{
    FakeHome *home = self->home;
    home->host.library.n_loads++;
    const HthObject *object = g_ptr_array_index(home->host.library.objects, ref - 1);
    HthObject *copy = object != NULL ? copy_object(object) : NULL;
    void (*interrupt)(FakeHome *) = home->host.interrupt;
    home->host.interrupt = NULL;
    if (interrupt != NULL)
        interrupt(home);
    return copy;
}

guint64 hth_library_sequence(HthLibrary *self)
{
    return self->sequence;
}

guint32 hth_library_system_update_id(HthLibrary *self)
{
    return self->system_update_id;
}

guint hth_library_add_watch(HthLibrary *self, HthLibraryChanged callback, gpointer data)
{
    self->watch = callback;
    self->watch_data = data;
    return 1;
}

void hth_library_remove_watch(HthLibrary *self, guint id)
{
    self->watch = NULL;
}

/* ---- plugin/host.h ---- */

const char *hth_host_friendly_name(HthHost *self)
{
    return "Our <home>";
}

const char *hth_host_uuid(HthHost *self)
{
    return "11111111-2222-3333-4444-555555555555";
}

const char *hth_host_version(HthHost *self)
{
    return "0.1.0";
}

HthLibrary *hth_host_library(HthHost *self)
{
    return &self->library;
}

char *hth_host_data_path(HthHost *self, const char *name)
{
    return g_build_filename(g_getenv("HEARTH_SOURCE"), "data", name, NULL);
}

void hth_host_add_lan_routes(HthHost *self, const HthHttpRoute *routes, guint n_routes,
                             gpointer data)
{
    self->routes = routes;
    self->n_routes = n_routes;
    self->route_data = data;
}

void hth_host_add_media_hook(HthHost *self, HthMediaHook hook, gpointer data)
{
    self->hook = hook;
    self->hook_data = data;
}

HthDevicePolicy hth_host_device_policy(HthHost *self, GInetAddress *peer)
{
    return self->policy;
}

void hth_host_device_seen(HthHost *self, GInetAddress *peer, const char *name, const char *model,
                          const char *client, const char *user_agent)
{
    g_mutex_lock(&self->lock);
    g_free(self->last_client);
    self->last_client = g_strdup(client);
    g_free(self->last_name);
    self->last_name = g_strdup(name);
    g_mutex_unlock(&self->lock);
}

void hth_host_add_idle(HthHost *self, HthHostCall call, gpointer data)
{
}

void hth_host_device_note(HthHost *self, GInetAddress *peer, const char *asked, const char *got)
{
    g_mutex_lock(&self->lock);
    g_free(self->last_note);
    self->last_note = g_strdup_printf("%s → %s", asked, got);
    g_mutex_unlock(&self->lock);
}

void hth_host_set_position(HthHost *self, const char *item_id, gint64 position_ms)
{
    g_mutex_lock(&self->lock);
    g_free(self->last_position);
    self->last_position = g_strdup_printf("%s %" G_GINT64_FORMAT, item_id, position_ms);
    g_mutex_unlock(&self->lock);
}

void hth_host_add_play(HthHost *self, const char *item_id)
{
    g_mutex_lock(&self->lock);
    g_free(self->last_play);
    self->last_play = g_strdup(item_id);
    g_mutex_unlock(&self->lock);
}

/* ---- Requests ---- */

void fake_home_handle(FakeHome *self, HthHttpRequest *request)
{
    for (guint i = 0; i < self->host.n_routes; i++) {
        const HthHttpRoute *route = &self->host.routes[i];
        const gboolean is_folder = g_str_has_suffix(route->path, "/");
        if (is_folder ? g_str_has_prefix(request->path, route->path)
                      : strcmp(request->path, route->path) == 0) {
            route->handler(request, self->host.route_data);
            return;
        }
    }
    g_assert_not_reached();
}

gboolean fake_home_media(FakeHome *self, HthHttpRequest *request, HthMediaAnswer *answer)
{
    return self->host.hook(request, answer, self->host.hook_data);
}

HthHttpRequest *fake_home_soap(FakeHome *self, const char *header, const char *service,
                               const char *action, const char *arguments)
{
    g_autofree char *path = g_strconcat("/dlna/control/", service, NULL);
    HthHttpRequest *request = fake_request_new("POST", path);
    if (header != NULL) {
        g_auto(GStrv) parts = g_strsplit(header, ": ", 2);
        fake_request_header(request, parts[0], parts[1]);
    }
    request->body = g_strdup_printf(
        "<?xml version=\"1.0\"?><s:Envelope xmlns:s=\"http://schemas.xmlsoap.org/soap/envelope/\">"
        "<s:Body><u:%s xmlns:u=\"urn:schemas-upnp-org:service:ContentDirectory:1\">%s</u:%s>"
        "</s:Body></s:Envelope>",
        action, arguments, action);
    request->body_size = strlen(request->body);
    fake_home_handle(self, request);
    return request;
}

char *fake_text(const char *xml, const char *name)
{
    g_autofree char *open = g_strdup_printf("<%s>", name);
    g_autofree char *close = g_strdup_printf("</%s>", name);
    const char *start = strstr(xml, open);
    if (start == NULL)
        return NULL;
    start += strlen(open);
    const char *end = strstr(start, close);
    g_assert_nonnull(end);
    return hth_xml_unescape(start, (gsize)(end - start), HTH_XML_ONCE);
}

static char *result_of(FakeHome *self, const char *header, const char *id, const char *flag)
{
    g_autofree char *arguments = g_strdup_printf(
        "<ObjectID>%s</ObjectID><BrowseFlag>%s</BrowseFlag><Filter>*</Filter>", id, flag);
    g_autoptr(HthHttpRequest) request =
        fake_home_soap(self, header, "content", "Browse", arguments);
    g_assert_cmpuint(request->status, ==, 200);
    return fake_text(fake_request_answer(request), "Result");
}

char *fake_home_browse(FakeHome *self, const char *header, const char *id)
{
    return result_of(self, header, id, "BrowseDirectChildren");
}

char *fake_home_metadata(FakeHome *self, const char *header, const char *id)
{
    return result_of(self, header, id, "BrowseMetadata");
}
