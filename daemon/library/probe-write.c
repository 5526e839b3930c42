/* SPDX-License-Identifier: GPL-3.0-or-later */
#define HTH_LOG_TOPIC "library"
#include "library/probe-write.h"

#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/log.h"
#include "base/text.h"
#include "library/album-grouping.h"
#include "library/entity.h"
#include "library/item-write.h"
#include "library/playlist-write.h"
#include "library/schema.h"
#include "library/write-statement.h"

void hth_probe_write_free(HthProbeWrite *self)
{
    hth_media_info_free(self->info);
    g_clear_error(&self->error);
    g_free(self);
}

typedef struct {
    gint64 id, kind, folder_id, album_id, attempts;
    gint64 size_bytes, mtime_ns, ctime_ns, inode;
    char *name;
} ItemRow;

static void item_row_clear(ItemRow *row)
{
    g_free(row->name);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(ItemRow, item_row_clear)

static gboolean read_item(HthWriteContext *context, gint64 item, ItemRow *out_row)
{
    sqlite3_stmt *row = hth_db_statement(context->index, HTH_WRITE_ITEM);
    sqlite3_bind_int64(row, 1, item);
    const gboolean is_found = hth_db_row(context->index, row, NULL);
    if (is_found)
        *out_row = (ItemRow){ .id = item,
                              .kind = sqlite3_column_int64(row, 0) % HTH_KIND_UNREADABLE,
                              .folder_id = sqlite3_column_int64(row, 1),
                              .album_id = sqlite3_column_int64(row, 2),
                              .attempts = sqlite3_column_int64(row, 10),
                              .size_bytes = sqlite3_column_int64(row, 14),
                              .mtime_ns = sqlite3_column_int64(row, 15),
                              .ctime_ns = sqlite3_column_int64(row, 16),
                              .inode = sqlite3_column_int64(row, 17),
                              .name = hth_db_text(row, 8) };
    sqlite3_reset(row);
    return is_found;
}

/* ---- Artists and genres ---- */

/* Whether a row stands in front of position @n already: "Rock" and "rock" are one. */
static gboolean is_repeated(const gint64 *rows, guint n, gint64 row)
{
    for (guint i = 0; i < n; i++) {
        if (rows[i] == row)
            return TRUE;
    }
    return FALSE;
}

static gboolean write_artists(HthWriteContext *context, gint64 item, const HthMediaInfo *info,
                              HthRole role, const GPtrArray *names, GError **error)
{
    gint64 rows[HTH_MEDIA_LIST_MAX];
    guint n = 0;
    for (guint i = 0; names != NULL && i < MIN(names->len, HTH_MEDIA_LIST_MAX); i++) {
        if (!hth_entity_artist(context, names->pdata[i], &rows[n], error))
            return FALSE;
        if (is_repeated(rows, n, rows[n]))
            continue;
        sqlite3_stmt *add = hth_db_statement(context->index, HTH_WRITE_ADD_ITEM_ARTIST);
        sqlite3_bind_int64(add, 1, item);
        sqlite3_bind_int(add, 2, role);
        sqlite3_bind_int64(add, 3, n);
        sqlite3_bind_int64(add, 4, rows[n++]);
        sqlite3_bind_int(add, 5, info->kind);
        if (!hth_db_done(context->index, add, error))
            return FALSE;
    }
    return TRUE;
}

static gboolean write_genres(HthWriteContext *context, gint64 item, const HthMediaInfo *info,
                             GError **error)
{
    const GPtrArray *names = info->genres;
    gint64 rows[HTH_MEDIA_LIST_MAX];
    guint n = 0;
    for (guint i = 0; names != NULL && i < MIN(names->len, HTH_MEDIA_LIST_MAX); i++) {
        if (!hth_entity_genre(context, names->pdata[i], &rows[n], error))
            return FALSE;
        if (is_repeated(rows, n, rows[n]))
            continue;
        sqlite3_stmt *add = hth_db_statement(context->index, HTH_WRITE_ADD_ITEM_GENRE);
        sqlite3_bind_int64(add, 1, item);
        sqlite3_bind_int64(add, 2, n);
        sqlite3_bind_int64(add, 3, rows[n++]);
        sqlite3_bind_int(add, 4, info->kind);
        if (!hth_db_done(context->index, add, error))
            return FALSE;
    }
    return TRUE;
}

static gboolean clear_links(HthWriteContext *context, gint64 item, GError **error)
{
    static const HthWriteStatement clear[] = { HTH_WRITE_CLEAR_ITEM_ARTISTS,
                                               HTH_WRITE_CLEAR_ITEM_GENRES };
    for (guint i = 0; i < G_N_ELEMENTS(clear); i++) {
        sqlite3_stmt *run = hth_db_statement(context->index, clear[i]);
        sqlite3_bind_int64(run, 1, item);
        if (!hth_db_done(context->index, run, error))
            return FALSE;
    }
    return TRUE;
}

/* ---- The row ---- */

/* What the row gets that is worked out from the info and from where the file lies. */
typedef struct {
    const char *title;
    char *name_title;
    char *title_folded;
    GByteArray *title_key;
    guint disc;
    gint64 group_digest, year, month, camera_id, artwork_id, album_artist;
    char *album_artist_digest;
    char *musicbrainz;
} Derived;

static void derived_clear(Derived *derived)
{
    g_free(derived->name_title);
    g_free(derived->title_folded);
    g_clear_pointer(&derived->title_key, g_byte_array_unref);
    g_free(derived->album_artist_digest);
    g_free(derived->musicbrainz);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Derived, derived_clear)

static gint64 number_at(const char *text, gsize offset, gsize n_digits)
{
    if (text == NULL || strlen(text) < offset + n_digits)
        return 0;
    gint64 number = 0;
    for (gsize i = 0; i < n_digits; i++) {
        if (!g_ascii_isdigit(text[offset + i]))
            return 0;
        number = number * 10 + (text[offset + i] - '0');
    }
    return number;
}

/* Four ids in one column, in a fixed order; they are shown and backed up, never searched. */
static char *join_musicbrainz(const HthMediaInfo *info)
{
    const char *const ids[] = { info->musicbrainz_recording_id, info->musicbrainz_album_id,
                                info->musicbrainz_artist_id, info->musicbrainz_album_artist_id };
    gboolean is_any = FALSE;
    GString *joined = g_string_new(NULL);
    for (guint i = 0; i < G_N_ELEMENTS(ids); i++) {
        is_any = is_any || ids[i] != NULL;
        g_string_append_printf(joined, "%s%s", i > 0 ? " " : "", ids[i] != NULL ? ids[i] : "-");
    }
    return g_string_free(joined, !is_any);
}

/* What the folder says: the group of the track, and the disc where the tags do not. */
static void derive_from_folder(HthWriteContext *context, gint64 folder_id, const HthMediaInfo *info,
                               Derived *out)
{
    sqlite3_stmt *path = hth_db_statement(context->index, HTH_WRITE_FOLDER_PATH);
    sqlite3_bind_int64(path, 1, folder_id);
    if (hth_db_row(context->index, path, NULL)) {
        const char *folder = (const char *)sqlite3_column_text(path, 0);
        if (info->album_artists == NULL || info->album_artists->len == 0)
            out->group_digest =
                hth_album_group_digest(sqlite3_column_int64(path, 2), folder, info->album);
        if (info->disc == 0)
            out->disc = hth_album_disc_of_folder(folder);
    }
    sqlite3_reset(path);
}

static gboolean derive_album(HthWriteContext *context, const ItemRow *row, const HthMediaInfo *info,
                             Derived *out, GError **error)
{
    if (info->album == NULL || info->kind != HTH_MEDIA_AUDIO)
        return TRUE;
    derive_from_folder(context, row->folder_id, info, out);
    if (out->group_digest != 0 || info->album_artists == NULL || info->album_artists->len == 0)
        return TRUE;
    const char *name = info->album_artists->pdata[0];
    g_autofree char *folded = hth_text_fold(name);
    out->album_artist_digest =
        g_strdup_printf("%016" G_GINT64_MODIFIER "x", hth_entity_digest(folded));
    return hth_entity_artist(context, name, &out->album_artist, error);
}

static gboolean derive(HthWriteContext *context, const ItemRow *row, const HthMediaInfo *info,
                       Derived *out, GError **error)
{
    *out = (Derived){ .disc = info->disc };
    out->name_title = info->title == NULL ? hth_item_title_of_name(row->name) : NULL;
    out->title = info->title != NULL ? info->title : out->name_title;
    out->title_folded = hth_text_fold(out->title);
    out->title_key = g_byte_array_new();
    hth_text_append_sort_key(out->title_key, out->title);
    out->musicbrainz = join_musicbrainz(info);
    if (info->kind == HTH_MEDIA_AUDIO)
        out->year = number_at(info->date, 0, 4);
    if (info->kind == HTH_MEDIA_PHOTO)
        out->month = number_at(info->date, 0, 4) * 100 + number_at(info->date, 5, 2);
    if (out->month % 100 == 0 || out->month % 100 > 12)
        out->month = 0;
    if (info->kind == HTH_MEDIA_PHOTO && info->camera != NULL &&
        !hth_entity_camera(context, info->camera, &out->camera_id, error))
        return FALSE;
    if (info->has_artwork &&
        !hth_entity_artwork(context, info->artwork_digest, &out->artwork_id, error))
        return FALSE;
    return derive_album(context, row, info, out, error);
}

static void bind_known(sqlite3_stmt *statement, int column, double value)
{
    if (isfinite(value))
        sqlite3_bind_double(statement, column, value);
}

static void bind_text(sqlite3_stmt *statement, int column, const char *text)
{
    if (text != NULL && *text != '\0')
        sqlite3_bind_text(statement, column, text, -1, SQLITE_STATIC);
}

static void bind_tags(sqlite3_stmt *set, const HthMediaInfo *info, const Derived *derived)
{
    bind_text(set, 4, derived->title);
    sqlite3_bind_blob(set, 5,
                      derived->title_key->len > 0 ? (gconstpointer)derived->title_key->data : "",
                      (int)derived->title_key->len, SQLITE_STATIC);
    sqlite3_bind_text(set, 6, derived->title_folded, -1, SQLITE_STATIC);
    bind_text(set, 7, info->album);
    sqlite3_bind_int64(set, 8, derived->group_digest);
    sqlite3_bind_int64(set, 9, derived->disc);
    sqlite3_bind_int(set, 10, info->disc_total);
    sqlite3_bind_int(set, 11, info->track);
    sqlite3_bind_int(set, 12, info->track_total);
    sqlite3_bind_int(set, 13, info->is_compilation);
    bind_text(set, 14, info->date);
    sqlite3_bind_int64(set, 15, derived->year);
    sqlite3_bind_int64(set, 16, derived->month);
    sqlite3_bind_int64(set, 34, derived->artwork_id);
    sqlite3_bind_int(set, 35, info->has_lyrics);
    bind_known(set, 36, info->replaygain_track_db);
    bind_known(set, 37, info->replaygain_album_db);
    bind_text(set, 38, info->comment);
    bind_text(set, 39, derived->musicbrainz);
}

static void bind_properties(sqlite3_stmt *set, const HthMediaInfo *info, const Derived *derived)
{
    sqlite3_bind_int64(set, 17, info->duration_ms);
    sqlite3_bind_int64(set, 18, info->bitrate_bps);
    sqlite3_bind_int64(set, 19, info->sample_rate_hz);
    sqlite3_bind_int(set, 20, info->channels);
    sqlite3_bind_int(set, 21, info->bits_per_sample);
    sqlite3_bind_int64(set, 22, info->width);
    sqlite3_bind_int64(set, 23, info->height);
    sqlite3_bind_double(set, 24, isfinite(info->frame_rate) ? info->frame_rate : 0);
    bind_text(set, 25, info->audio_codec);
    bind_text(set, 26, info->video_codec);
    bind_text(set, 27, info->video_profile);
    sqlite3_bind_int(set, 28, info->video_level);
    sqlite3_bind_int(set, 29, info->is_interlaced);
    sqlite3_bind_int(set, 30, info->orientation);
    sqlite3_bind_int64(set, 31, derived->camera_id);
    bind_known(set, 32, info->latitude);
    bind_known(set, 33, info->longitude);
}

static gboolean write_row(HthWriteContext *context, const ItemRow *row, const HthMediaInfo *info,
                          const Derived *derived, GError **error)
{
    sqlite3_stmt *set = hth_db_statement(context->index, HTH_WRITE_SET_ITEM_PROBED);
    sqlite3_bind_int64(set, 1, row->id);
    sqlite3_bind_int(set, 2, HTH_MEDIA_PROBE_VERSION);
    sqlite3_bind_int(set, 3, info->format);
    bind_tags(set, info, derived);
    bind_properties(set, info, derived);
    sqlite3_bind_int(set, 40, info->kind != HTH_MEDIA_NONE ? (int)info->kind : (int)row->kind);
    return hth_db_done(context->index, set, error);
}

static gboolean write_album(HthWriteContext *context, const ItemRow *row, const HthMediaInfo *info,
                            const Derived *derived, GError **error)
{
    gint64 album = 0;
    if (derived->album_artist != 0) {
        if (!hth_album_row(context, info->album, derived->album_artist,
                           derived->album_artist_digest, 0, &album, error))
            return FALSE;
    } else if (derived->group_digest != 0) {
        hth_change_set_dirty(context->changes, HTH_DIRTY_GROUP, derived->group_digest);
        return TRUE; /* assigned with the others of its group, before the commit */
    }
    return album == row->album_id ||
           hth_album_assign(context, row->id, row->album_id, album, error);
}

/* ---- Failures ---- */

static gboolean set_failed(HthWriteContext *context, const ItemRow *row, HthItemState state,
                           const char *reason, GError **error)
{
    hth_item_touch(context, row->id);
    if (!clear_links(context, row->id, error) ||
        (row->kind == HTH_MEDIA_PLAYLIST &&
         !hth_write_playlist_entries(context, row->id, NULL, error)))
        return FALSE;
    sqlite3_stmt *set = hth_db_statement(context->index, HTH_WRITE_SET_ITEM_FAILED);
    sqlite3_bind_int64(set, 1, row->id);
    sqlite3_bind_int(set, 2, state);
    sqlite3_bind_text(set, 3, reason, -1, SQLITE_STATIC);
    sqlite3_bind_int(set, 4, HTH_MEDIA_PROBE_VERSION);
    return hth_db_done(context->index, set, error);
}

static gboolean write_failure(HthWriteContext *context, const ItemRow *row, const GError *failure,
                              GError **error)
{
    const gboolean is_fatal = g_error_matches(failure, HTH_ERROR, HTH_ERROR_FAILED) ||
                              g_error_matches(failure, HTH_ERROR, HTH_ERROR_TIMEOUT);
    if (!is_fatal)
        return set_failed(context, row, HTH_ITEM_FAILED, failure->message, error);
    if (row->attempts + 1 >= HTH_PROBE_MAX_ATTEMPTS) {
        hth_log_warning("a file is set aside: it ended a worker %d times item=%" G_GINT64_FORMAT,
                        HTH_PROBE_MAX_ATTEMPTS, row->id);
        return set_failed(context, row, HTH_ITEM_SET_ASIDE, failure->message, error);
    }
    sqlite3_stmt *set = hth_db_statement(context->index, HTH_WRITE_SET_ITEM_ATTEMPTS);
    sqlite3_bind_int64(set, 1, row->id);
    sqlite3_bind_int64(set, 2, row->attempts + 1);
    return hth_db_done(context->index, set, error);
}

/* ---- All together ---- */

static gboolean write_info(HthWriteContext *context, const ItemRow *row, const HthMediaInfo *info,
                           GError **error)
{
    g_auto(Derived) derived = { 0 };
    hth_item_touch(context, row->id); /* every list that it was in */
    if (!derive(context, row, info, &derived, error) || !clear_links(context, row->id, error) ||
        !write_row(context, row, info, &derived, error))
        return FALSE;
    if (info->kind == HTH_MEDIA_PLAYLIST &&
        !hth_write_playlist_entries(context, row->id, info->playlist_entries, error))
        return FALSE;
    if (info->kind == HTH_MEDIA_AUDIO || info->kind == HTH_MEDIA_VIDEO) {
        if (!write_artists(context, row->id, info, HTH_ROLE_ARTIST, info->artists, error) ||
            !write_artists(context, row->id, info, HTH_ROLE_ALBUM_ARTIST, info->album_artists,
                           error) ||
            !write_artists(context, row->id, info, HTH_ROLE_COMPOSER, info->composers, error) ||
            !write_genres(context, row->id, info, error) ||
            !write_album(context, row, info, &derived, error))
            return FALSE;
    }
    hth_item_touch(context, row->id); /* every list that it is in now */
    return TRUE;
}

/* Whether what was read is what the row knows of. */
static gboolean is_same_file(const HthProbeWrite *self, const ItemRow *row)
{
    return self->inode == row->inode && self->size_bytes == row->size_bytes &&
           self->mtime_ns == row->mtime_ns && self->ctime_ns == row->ctime_ns;
}

gboolean hth_write_probe(HthWriteContext *context, gpointer probe_write, GError **error)
{
    const HthProbeWrite *self = probe_write;
    g_auto(ItemRow) row = { 0 };
    if (!read_item(context, self->item, &row))
        return TRUE; /* removed meanwhile */
    if (self->inode != 0 && !is_same_file(self, &row))
        return TRUE; /* replaced meanwhile: the row stays pending, for what is there now */
    if (self->info == NULL)
        return write_failure(context, &row, self->error, error);
    return write_info(context, &row, self->info, error);
}

gboolean hth_write_reprobe_all(HthWriteContext *context, gpointer data, GError **error)
{
    return hth_db_done(context->index, hth_db_statement(context->index, HTH_WRITE_REPROBE_ALL),
                       error);
}

gboolean hth_write_reprobe_old(HthWriteContext *context, gpointer data, GError **error)
{
    sqlite3_stmt *old = hth_db_statement(context->index, HTH_WRITE_REPROBE_OLD);
    sqlite3_bind_int(old, 1, HTH_MEDIA_PROBE_VERSION);
    return hth_db_done(context->index, old, error);
}
