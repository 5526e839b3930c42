/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fake-home-private.h"

#include <string.h>

#include "xml-out.h"

static void children_free(gpointer data)
{
    FakeChildren *self = data;
    g_free(self->id);
    g_array_unref(self->refs);
    g_array_unref(self->is_reference);
    g_free(self);
}

FakeChildren *fake_children_of(HthLibrary *library, const char *id)
{
    FakeChildren *children = g_hash_table_lookup(library->children, id);
    if (children == NULL) {
        children = g_new0(FakeChildren, 1);
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
    FakeChildren *children = fake_children_of(library, parent_id);
    g_array_index(children->is_reference, gboolean, children->refs->len - 1) = FALSE;
    return object->ref;
}

void fake_home_add_reference(FakeHome *self, const char *container_id, HthObjectRef ref)
{
    FakeChildren *children = fake_children_of(&self->host.library, container_id);
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
