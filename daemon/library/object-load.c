/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Rows of the index as HthObject. */
#include <string.h>

#include "base/error.h"
#include "base/text.h"
#include "library/library-private.h"
#include "library/schema.h"
#include "media/media-type.h"

/* Subtitles shown with one video. */
#define MAX_SUBTITLES 16

static char *file_id(char prefix, gint64 id)
{
    char text[HTH_TEXT_ID_LENGTH + 2] = { prefix };
    hth_text_id_encode((guint64)id, text + 1);
    return g_strdup(text);
}

static const char *kind_folder_prefix(HthMediaKind kind)
{
    return hth_ref_kinds[kind == HTH_MEDIA_VIDEO   ? HTH_REF_FOLDER_VIDEO
                         : kind == HTH_MEDIA_PHOTO ? HTH_REF_FOLDER_PHOTO
                                                   : HTH_REF_FOLDER_AUDIO]
        .prefix;
}

static char *digest_id(const char *prefix, gint64 digest)
{
    char text[HTH_TEXT_ID_LENGTH + 1];
    hth_text_id_encode((guint64)digest, text);
    return g_strconcat(prefix, text, NULL);
}

/* ---- Items ---- */

static void append_text(GPtrArray **list, const unsigned char *text)
{
    if (*list == NULL)
        *list = g_ptr_array_new_with_free_func(g_free);
    g_ptr_array_add(*list, g_strdup((const char *)text));
}

static void load_artists(HthReader *self, gint64 item, HthObject *object)
{
    GPtrArray **const lists[] = { [HTH_ROLE_ARTIST] = &object->artists,
                                  [HTH_ROLE_ALBUM_ARTIST] = &object->album_artists,
                                  [HTH_ROLE_COMPOSER] = &object->composers };
    sqlite3_stmt *artists = hth_db_statement(self->db, HTH_READ_ITEM_ARTISTS);
    sqlite3_bind_int64(artists, 1, item);
    while (hth_db_row(self->db, artists, NULL)) {
        const gint64 role = sqlite3_column_int64(artists, 0);
        if (role >= 0 && role < (gint64)G_N_ELEMENTS(lists))
            append_text(lists[role], sqlite3_column_text(artists, 1));
    }
}

static void load_names(HthReader *self, HthReadStatement statement, gint64 row, GPtrArray **list)
{
    sqlite3_stmt *names = hth_db_statement(self->db, statement);
    sqlite3_bind_int64(names, 1, row);
    while (hth_db_row(self->db, names, NULL))
        append_text(list, sqlite3_column_text(names, 0));
}

static void subtitle_free(gpointer data)
{
    HthSubtitle *subtitle = data;
    g_free(subtitle->leaf_id);
    g_free(subtitle->language);
    g_free(subtitle);
}

/* "film.en.srt" and "film.srt" belong to "film.mkv". */
static gboolean belongs(const char *subtitle, const char *video, char **out_language)
{
    const char *video_dot = strrchr(video, '.');
    const char *dot = strrchr(subtitle, '.');
    const gsize stem = video_dot != NULL ? (gsize)(video_dot - video) : strlen(video);
    if (dot == NULL || strncmp(subtitle, video, stem) != 0 || subtitle[stem] != '.')
        return FALSE;
    const gsize extra = (gsize)(dot - subtitle) > stem ? (gsize)(dot - subtitle) - stem - 1 : 0;
    *out_language = extra > 0 && extra <= 8 ? g_strndup(subtitle + stem + 1, extra) : NULL;
    if (*out_language != NULL && !g_utf8_validate(*out_language, -1, NULL))
        g_clear_pointer(out_language, g_free);
    return TRUE;
}

static void load_subtitles(HthReader *self, gint64 folder, const char *name, HthObject *object)
{
    sqlite3_stmt *rows = hth_db_statement(self->db, HTH_READ_SUBTITLES);
    sqlite3_bind_int64(rows, 1, folder);
    while (hth_db_row(self->db, rows, NULL)) {
        char *language;
        if ((object->subtitles != NULL && object->subtitles->len >= MAX_SUBTITLES) ||
            !belongs((const char *)sqlite3_column_text(rows, 1), name, &language))
            continue;
        HthSubtitle *subtitle = g_new0(HthSubtitle, 1);
        subtitle->leaf_id = digest_id("", sqlite3_column_int64(rows, 0));
        subtitle->format = (HthMediaFormat)sqlite3_column_int(rows, 2);
        subtitle->language = language;
        if (object->subtitles == NULL)
            object->subtitles = g_ptr_array_new_with_free_func(subtitle_free);
        g_ptr_array_add(object->subtitles, subtitle);
    }
}

static void read_properties(sqlite3_stmt *row, HthObject *object)
{
    object->disc = (guint16)sqlite3_column_int(row, 11);
    object->disc_total = (guint16)sqlite3_column_int(row, 12);
    object->track = (guint16)sqlite3_column_int(row, 13);
    object->track_total = (guint16)sqlite3_column_int(row, 14);
    object->date = hth_db_text(row, 15);
    object->duration_ms = sqlite3_column_int64(row, 16);
    object->bitrate_bps = (guint32)sqlite3_column_int64(row, 17);
    object->sample_rate_hz = (guint32)sqlite3_column_int64(row, 18);
    object->channels = (guint8)sqlite3_column_int(row, 19);
    object->bits_per_sample = (guint8)sqlite3_column_int(row, 20);
    object->width = (guint32)sqlite3_column_int64(row, 21);
    object->height = (guint32)sqlite3_column_int64(row, 22);
    object->frame_rate = sqlite3_column_double(row, 23);
    object->audio_codec = hth_db_text(row, 24);
    object->video_codec = hth_db_text(row, 25);
    object->video_profile = hth_db_text(row, 26);
    object->video_level = (guint16)sqlite3_column_int(row, 27);
    object->orientation = (guint8)sqlite3_column_int(row, 28);
    object->play_count = (guint)sqlite3_column_int64(row, 30);
    object->last_played_unix_s = sqlite3_column_int64(row, 31);
    object->position_ms = sqlite3_column_int64(row, 32);
    object->rating = (guint8)sqlite3_column_int(row, 33);
    object->is_favourite = sqlite3_column_int(row, 42) != 0;
}

/* A picture inside comes before the folder's; photos and videos are pictures themselves. */
static char *artwork_of(sqlite3_stmt *row, HthMediaKind kind, gint64 permanent_id)
{
    if (sqlite3_column_int64(row, 29) > 0 && sqlite3_column_type(row, 38) != SQLITE_NULL)
        return file_id('e', sqlite3_column_int64(row, 38));
    if (kind == HTH_MEDIA_PHOTO || kind == HTH_MEDIA_VIDEO)
        return file_id('v', permanent_id);
    if (sqlite3_column_type(row, 39) != SQLITE_NULL)
        return file_id('f', sqlite3_column_int64(row, 39));
    return NULL;
}

static HthObjectClass class_of(HthMediaKind kind)
{
    return kind == HTH_MEDIA_VIDEO      ? HTH_OBJECT_VIDEO
           : kind == HTH_MEDIA_PHOTO    ? HTH_OBJECT_PHOTO
           : kind == HTH_MEDIA_PLAYLIST ? HTH_OBJECT_PLAYLIST
                                        : HTH_OBJECT_MUSIC_TRACK;
}

static char *name_for_showing(sqlite3_stmt *row, int column)
{
    char *name =
        hth_text_clean((const char *)sqlite3_column_text(row, column), HTH_MEDIA_STRING_MAX);
    return name != NULL ? name : g_strdup("");
}

static void read_item(sqlite3_stmt *row, HthObject *object)
{
    const gint64 permanent_id = sqlite3_column_int64(row, 0);
    object->kind = (HthMediaKind)sqlite3_column_int(row, 3);
    object->class = class_of(object->kind);
    object->leaf_id = digest_id("", permanent_id);
    object->parent_id = digest_id(kind_folder_prefix(object->kind), sqlite3_column_int64(row, 35));
    object->file_name = name_for_showing(row, 2);
    object->format = (HthMediaFormat)sqlite3_column_int(row, 4);
    object->size_bytes = sqlite3_column_int64(row, 5);
    object->mtime_unix_s = sqlite3_column_int64(row, 6) / 1000000000;
    object->is_probed = sqlite3_column_int(row, 7) == HTH_ITEM_READ;
    object->added_unix_s = sqlite3_column_int64(row, 8);
    object->title = hth_db_text(row, 9);
    object->is_available = sqlite3_column_int(row, 34) != 0;
    object->artwork_id = artwork_of(row, object->kind, permanent_id);
    object->album = hth_db_text(row, sqlite3_column_type(row, 36) != SQLITE_NULL ? 36 : 40);
    if (sqlite3_column_type(row, 37) != SQLITE_NULL)
        object->album_id =
            digest_id(hth_ref_kinds[HTH_REF_ALBUM].prefix, sqlite3_column_int64(row, 37));
    read_properties(row, object);
}

static gboolean load_item(HthReader *self, gint64 id, HthObject *object)
{
    sqlite3_stmt *row = hth_db_statement(self->db, HTH_READ_ITEM);
    sqlite3_bind_int64(row, 1, id);
    if (!hth_db_row(self->db, row, NULL))
        return FALSE;
    read_item(row, object);
    const gint64 folder = sqlite3_column_int64(row, 1);
    g_autofree char *name = hth_db_text(row, 2);
    g_autofree char *album_artist = hth_db_text(row, 41);
    sqlite3_reset(row);

    if (object->kind == HTH_MEDIA_AUDIO || object->kind == HTH_MEDIA_VIDEO) {
        load_artists(self, id, object);
        load_names(self, HTH_READ_ITEM_GENRES, id, &object->genres);
    }
    if (object->album_artists == NULL && album_artist != NULL)
        append_text(&object->album_artists, (const unsigned char *)album_artist);
    if (object->kind == HTH_MEDIA_VIDEO)
        load_subtitles(self, folder, name, object);
    return TRUE;
}

/* A playlist file: an item in the index, a container to everyone. */
static gboolean load_playlist(HthReader *self, gint64 id, HthObject *object)
{
    sqlite3_stmt *row = hth_db_statement(self->db, HTH_READ_ITEM);
    sqlite3_bind_int64(row, 1, id);
    if (!hth_db_row(self->db, row, NULL))
        return FALSE;
    object->leaf_id =
        digest_id(hth_ref_kinds[HTH_REF_PLAYLIST].prefix, sqlite3_column_int64(row, 0));
    object->title = hth_db_text(row, 9);
    object->file_name = name_for_showing(row, 2);
    object->added_unix_s = sqlite3_column_int64(row, 8);
    sqlite3_reset(row);
    return TRUE;
}

/* ---- Containers ---- */

static char *artwork_of_item(HthReader *self, gint64 item)
{
    if (item == 0)
        return NULL;
    sqlite3_stmt *row = hth_db_statement(self->db, HTH_READ_ITEM);
    sqlite3_bind_int64(row, 1, item);
    char *artwork = NULL;
    if (hth_db_row(self->db, row, NULL))
        artwork =
            artwork_of(row, (HthMediaKind)sqlite3_column_int(row, 3), sqlite3_column_int64(row, 0));
    sqlite3_reset(row);
    return artwork;
}

static gboolean load_album(HthReader *self, gint64 id, HthObject *object)
{
    sqlite3_stmt *row = hth_db_statement(self->db, HTH_READ_ALBUM);
    sqlite3_bind_int64(row, 1, id);
    if (!hth_db_row(self->db, row, NULL))
        return FALSE;
    object->leaf_id = digest_id(hth_ref_kinds[HTH_REF_ALBUM].prefix, sqlite3_column_int64(row, 0));
    object->title = hth_db_text(row, 1);
    const int year = sqlite3_column_int(row, 2);
    if (year > 0)
        object->date = g_strdup_printf("%04d", year);
    object->added_unix_s = sqlite3_column_int64(row, 3);
    if (sqlite3_column_type(row, 4) != SQLITE_NULL) {
        append_text(&object->artists, sqlite3_column_text(row, 4));
        append_text(&object->album_artists, sqlite3_column_text(row, 4));
    }
    const gint64 artwork_item = sqlite3_column_int64(row, 5);
    sqlite3_reset(row);
    object->artwork_id = artwork_of_item(self, artwork_item);
    load_names(self, HTH_READ_ALBUM_GENRES, id, &object->genres);
    return TRUE;
}

static gboolean load_named(HthReader *self, HthReadStatement statement, HthRefKind kind, gint64 id,
                           HthObject *object)
{
    sqlite3_stmt *row = hth_db_statement(self->db, statement);
    sqlite3_bind_int64(row, 1, id);
    if (!hth_db_row(self->db, row, NULL))
        return FALSE;
    const HthRefKindInfo *info = &hth_ref_kinds[kind];
    const gint64 digest = sqlite3_column_int64(row, 0);
    object->leaf_id = digest_id(info->prefix, digest);
    object->title = info->tracks_of != 0 ? g_strdup("All tracks") : hth_db_text(row, 1);
    if (info->tracks_of != 0)
        object->parent_id = digest_id(hth_ref_kinds[info->tracks_of].prefix, digest);
    sqlite3_reset(row);
    return TRUE;
}

/* @time_ns: of a folder; below 0 where it was too fresh to be relied on. */
static char *date_of(gint64 time_ns)
{
    if (time_ns == 0)
        return NULL;
    g_autoptr(GDateTime) time = g_date_time_new_from_unix_local(ABS(time_ns) / 1000000000);
    return time != NULL ? g_date_time_format(time, "%Y-%m-%d") : NULL;
}

static gboolean load_folder(HthReader *self, HthRefKind kind, gint64 id, HthObject *object)
{
    static const HthStaticContainer lists[] = {
        [HTH_REF_FOLDER_AUDIO] = HTH_STATIC_MUSIC_FOLDERS,
        [HTH_REF_FOLDER_VIDEO] = HTH_STATIC_VIDEO_FOLDERS,
        [HTH_REF_FOLDER_PHOTO] = HTH_STATIC_PHOTO_FOLDERS,
    };
    sqlite3_stmt *row = hth_db_statement(self->db, HTH_READ_FOLDER);
    sqlite3_bind_int64(row, 1, id);
    if (!hth_db_row(self->db, row, NULL))
        return FALSE;
    object->leaf_id = digest_id(hth_ref_kinds[kind].prefix, sqlite3_column_int64(row, 0));
    const gboolean is_root = sqlite3_column_int64(row, 2) == 0;
    if (is_root) {
        g_autofree char *name = g_path_get_basename((const char *)sqlite3_column_text(row, 4));
        object->title = hth_text_clean(name, HTH_MEDIA_STRING_MAX);
        object->parent_id = g_strdup(hth_static_containers[lists[kind]].id);
    } else {
        object->title = hth_db_text(row, 1);
        object->parent_id = digest_id(hth_ref_kinds[kind].prefix, sqlite3_column_int64(row, 3));
    }
    object->date = date_of(sqlite3_column_int64(row, 5));
    if (sqlite3_column_type(row, 6) != SQLITE_NULL)
        object->artwork_id = file_id('f', sqlite3_column_int64(row, 6));
    sqlite3_reset(row);
    return TRUE;
}

static gboolean load_number(HthRefKind kind, guint32 number, HthObject *object)
{
    static const char *const months[] = { "January",   "February", "March",    "April",
                                          "May",       "June",     "July",     "August",
                                          "September", "October",  "November", "December" };
    const HthRefKindInfo *info = &hth_ref_kinds[kind];
    object->leaf_id = hth_leaf_id_format(kind, number);
    if (kind == HTH_REF_PHOTO_MONTH) {
        const guint month = number % 100;
        object->title = g_strdup_printf("%s %u", months[CLAMP(month, 1, 12) - 1], number / 100);
        object->parent_id = hth_leaf_id_format(HTH_REF_PHOTO_YEAR, number / 100);
        object->date = g_strdup_printf("%04u-%02u", number / 100, month);
    } else if (info->tracks_of != 0) {
        object->title = g_strdup("All tracks");
        object->parent_id = hth_leaf_id_format(info->tracks_of, number);
    } else {
        object->title = g_strdup_printf("%u", number);
        object->date = g_strdup_printf("%04u", number);
    }
    return TRUE;
}

static gboolean load_static(guint32 container, HthObject *object)
{
    if (container >= HTH_N_STATIC_CONTAINERS)
        return FALSE;
    const HthStaticInfo *info = &hth_static_containers[container];
    object->leaf_id = g_strdup(info->id);
    object->title = g_strdup(info->title);
    object->parent_id = g_strdup(info->parent >= 0 ? hth_static_containers[info->parent].id : "-1");
    return TRUE;
}

static gboolean load_kind(HthReader *self, HthObjectRef ref, HthObject *object)
{
    const HthRefKind kind = hth_ref_kind(ref);
    const guint32 row = hth_ref_row(ref);
    switch (kind) {
    case HTH_REF_STATIC:
        return load_static(row, object);
    case HTH_REF_ITEM:
        return load_item(self, row, object);
    case HTH_REF_ALBUM:
        return load_album(self, row, object);
    case HTH_REF_PLAYLIST:
        return load_playlist(self, row, object);
    case HTH_REF_OWN_PLAYLIST:
        return load_named(self, HTH_READ_OWN_PLAYLIST, kind, row, object);
    case HTH_REF_FOLDER_AUDIO:
    case HTH_REF_FOLDER_VIDEO:
    case HTH_REF_FOLDER_PHOTO:
        return load_folder(self, kind, row, object);
    case HTH_REF_GENRE:
    case HTH_REF_GENRE_TRACKS:
        return load_named(self, HTH_READ_GENRE, kind, row, object);
    case HTH_REF_CAMERA:
        return load_named(self, HTH_READ_CAMERA, kind, row, object);
    case HTH_REF_YEAR:
    case HTH_REF_YEAR_TRACKS:
    case HTH_REF_PHOTO_YEAR:
    case HTH_REF_PHOTO_MONTH:
        return load_number(kind, row, object);
    default:
        return load_named(self, HTH_READ_ARTIST, kind, row, object);
    }
}

static void complete_container(HthReader *self, HthObject *object)
{
    const HthRefKindInfo *info = &hth_ref_kinds[hth_ref_kind(object->ref)];
    object->class = info->class;
    if (object->parent_id == NULL)
        object->parent_id = g_strdup(hth_static_containers[MAX(info->parent, 0)].id);
    object->child_count = hth_reader_count_children(self, object->ref);
    object->update_id = object->ref == hth_ref(HTH_REF_STATIC, HTH_STATIC_ROOT)
                            ? hth_library_system_update_id(self->library)
                            : hth_reader_container_update_id(self, object->ref);
    object->is_searchable = TRUE;
    object->is_available = TRUE;
}

char *hth_reader_leaf_id(HthReader *self, HthObjectRef ref)
{
    static const HthReadStatement statements[HTH_N_REF_KINDS] = {
        [HTH_REF_ITEM] = HTH_READ_ITEM_PERMANENT_ID,
        [HTH_REF_PLAYLIST] = HTH_READ_ITEM_PERMANENT_ID,
        [HTH_REF_ALBUM] = HTH_READ_ALBUM,
        [HTH_REF_OWN_PLAYLIST] = HTH_READ_OWN_PLAYLIST,
        [HTH_REF_FOLDER_AUDIO] = HTH_READ_FOLDER,
        [HTH_REF_FOLDER_VIDEO] = HTH_READ_FOLDER,
        [HTH_REF_FOLDER_PHOTO] = HTH_READ_FOLDER,
        [HTH_REF_GENRE] = HTH_READ_GENRE,
        [HTH_REF_GENRE_TRACKS] = HTH_READ_GENRE,
        [HTH_REF_CAMERA] = HTH_READ_CAMERA,
    };
    const HthRefKind kind = hth_ref_kind(ref);
    if (kind == HTH_REF_STATIC || hth_ref_kinds[kind].is_number)
        return hth_leaf_id_format(kind, hth_ref_row(ref));
    /* HTH_READ_ITEM, which is 0, is none of those above; what is left are artists. */
    sqlite3_stmt *row =
        hth_db_statement(self->db, statements[kind] != 0 ? statements[kind] : HTH_READ_ARTIST);
    sqlite3_bind_int64(row, 1, hth_ref_row(ref));
    char *id = hth_db_row(self->db, row, NULL)
                   ? hth_leaf_id_format(kind, (guint64)sqlite3_column_int64(row, 0))
                   : NULL;
    sqlite3_reset(row);
    return id;
}

HthObject *hth_reader_object_by_ref(HthReader *self, HthObjectRef ref)
{
    g_autoptr(HthObject) object = g_new0(HthObject, 1);
    object->ref = ref;
    if (!load_kind(self, ref, object))
        return NULL;
    if (hth_ref_kind(ref) != HTH_REF_ITEM)
        complete_container(self, object);
    if (object->title == NULL || *object->title == '\0') {
        g_free(object->title);
        object->title = g_strdup("(no name)");
    }
    return g_steal_pointer(&object);
}

HthObject *hth_reader_object(HthReader *self, const char *object_id, char **out_parent_id,
                             GError **error)
{
    const char *context;
    const HthObjectRef ref = hth_reader_resolve(self, object_id, &context);
    HthObject *object = ref != 0 && hth_reader_is_context(self, context)
                            ? hth_reader_object_by_ref(self, ref)
                            : NULL;
    if (object == NULL) {
        g_set_error(error, HTH_ERROR, HTH_ERROR_NOT_FOUND, "there is no object %s", object_id);
        return NULL;
    }
    if (out_parent_id != NULL)
        *out_parent_id = g_strdup(context != NULL ? context : object->parent_id);
    return object;
}
