/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "library/album-grouping.h"

#include <string.h>

#include "base/text.h"
#include "library/entity.h"
#include "library/item-write.h"
#include "library/write-statement.h"

typedef struct {
    gint64 item, album, disc, track, artist_digest, artist_id;
    gboolean is_compilation;
} GroupTrack;

/* "CD1", "cd 02", "Disc 3", "Disk-1": the folder of one disc. 0: it is not. */
static guint disc_of_name(const char *name)
{
    static const char *const words[] = { "cd", "disc", "disk" };
    g_autofree char *folded = hth_text_fold(name);
    for (guint i = 0; i < G_N_ELEMENTS(words); i++) {
        if (!g_str_has_prefix(folded, words[i]))
            continue;
        const char *rest = folded + strlen(words[i]);
        rest += strspn(rest, " -_.");
        return g_ascii_isdigit(*rest) && strspn(rest, "0123456789") <= 2
                   ? (guint)g_ascii_strtoull(rest, NULL, 10)
                   : 0;
    }
    return 0;
}

guint hth_album_disc_of_folder(const char *folder_path)
{
    g_autofree char *valid = g_utf8_make_valid(folder_path, -1);
    g_autofree char *name = g_path_get_basename(valid);
    return disc_of_name(name);
}

gint64 hth_album_group_digest(gint64 root_key, const char *folder_path, const char *album_title)
{
    g_autofree char *valid = g_utf8_make_valid(folder_path, -1);
    g_autofree char *name = g_path_get_basename(valid);
    g_autofree char *parent = disc_of_name(name) != 0 ? g_path_get_dirname(valid) : g_strdup(valid);
    g_autofree char *title = hth_text_fold(album_title);
    g_autofree char *text =
        g_strdup_printf("group\x1f%" G_GINT64_FORMAT "\x1f%s\x1f%s", root_key, parent, title);
    const gint64 digest = (gint64)hth_text_digest(text, -1);
    return digest != 0 ? digest : 1;
}

static gboolean add_album(HthWriteContext *context, gint64 digest, const char *title,
                          gint64 artist_id, gint64 *out_album, GError **error)
{
    g_autofree char *folded = hth_text_fold(title);
    g_autoptr(GByteArray) key = g_byte_array_new();
    hth_text_append_sort_key(key, title);

    sqlite3_stmt *add = hth_db_statement(context->index, HTH_WRITE_ADD_ALBUM);
    sqlite3_bind_int64(add, 1, digest);
    sqlite3_bind_text(add, 2, title, -1, SQLITE_STATIC);
    sqlite3_bind_blob(add, 3, key->data, (int)key->len, SQLITE_STATIC);
    sqlite3_bind_text(add, 4, folded, -1, SQLITE_STATIC);
    sqlite3_bind_int64(add, 5, artist_id);
    if (!hth_db_done(context->index, add, error))
        return FALSE;
    *out_album = sqlite3_last_insert_rowid(hth_db_handle(context->index));
    hth_change_set_dirty(context->changes, HTH_DIRTY_ALBUM, *out_album);
    return TRUE;
}

gboolean hth_album_row(HthWriteContext *context, const char *title, gint64 artist_id,
                       const char *artist_folded, gint64 folder_digest, gint64 *out_album,
                       GError **error)
{
    if (artist_id == 0 && !hth_entity_artist(context, HTH_VARIOUS_ARTISTS, &artist_id, error))
        return FALSE;
    g_autofree char *title_folded = hth_text_fold(title);
    g_autofree char *text =
        g_strdup_printf("album\x1f%s\x1f%s\x1f%" G_GINT64_FORMAT, title_folded,
                        artist_folded != NULL ? artist_folded : "", folder_digest);
    const gint64 digest = (gint64)hth_text_digest(text, -1);

    sqlite3_stmt *find = hth_db_statement(context->index, HTH_WRITE_ALBUM_BY_DIGEST);
    sqlite3_bind_int64(find, 1, digest);
    const gboolean is_found = hth_db_row(context->index, find, NULL);
    if (is_found)
        *out_album = sqlite3_column_int64(find, 0);
    sqlite3_reset(find);
    return is_found || add_album(context, digest, title, artist_id, out_album, error);
}

gboolean hth_album_assign(HthWriteContext *context, gint64 item, gint64 old_album, gint64 album,
                          GError **error)
{
    const gint64 touched[] = { old_album, album };
    for (guint i = 0; i < 2; i++) {
        if (touched[i] == 0)
            continue;
        hth_change_set_dirty(context->changes, HTH_DIRTY_ALBUM, touched[i]);
        hth_change_set_container(context->changes, hth_ref(HTH_REF_ALBUM, touched[i]));
    }
    hth_change_set_object(context->changes, hth_ref(HTH_REF_ITEM, item));
    if (old_album == album)
        return TRUE;
    /* Taken along by a change of another track: its artists and genres list other albums now. */
    if (old_album != 0)
        hth_item_touch(context, item);
    sqlite3_stmt *set = hth_db_statement(context->index, HTH_WRITE_SET_ITEM_ALBUM);
    sqlite3_bind_int64(set, 1, item);
    sqlite3_bind_int64(set, 2, album);
    return hth_db_done(context->index, set, error);
}

static GArray *read_group(HthWriteContext *context, gint64 group_digest, char **out_title,
                          GError **error)
{
    g_autoptr(GArray) tracks = g_array_new(FALSE, FALSE, sizeof(GroupTrack));
    g_autoptr(GError) failure = NULL;
    sqlite3_stmt *items = hth_db_statement(context->index, HTH_WRITE_GROUP_ITEMS);
    sqlite3_bind_int64(items, 1, group_digest);
    while (hth_db_row(context->index, items, &failure)) {
        const GroupTrack track = { .item = sqlite3_column_int64(items, 0),
                                   .album = sqlite3_column_int64(items, 1),
                                   .disc = sqlite3_column_int64(items, 2),
                                   .track = sqlite3_column_int64(items, 3),
                                   .is_compilation = sqlite3_column_int64(items, 5) != 0,
                                   .artist_digest = sqlite3_column_int64(items, 6),
                                   .artist_id = sqlite3_column_int64(items, 7) };
        g_array_append_val(tracks, track);
        if (*out_title == NULL)
            *out_title = hth_db_text(items, 4);
    }
    if (failure == NULL)
        return g_steal_pointer(&tracks);
    g_propagate_error(error, g_steal_pointer(&failure));
    return NULL;
}

/* Whether all are one album by several artists: nobody says otherwise, and no two of different
 * artists claim the same track number. */
static gboolean is_one_compilation(const GArray *tracks)
{
    g_autoptr(GHashTable) by_number =
        g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL);
    for (guint i = 0; i < tracks->len; i++) {
        const GroupTrack *track = &g_array_index(tracks, GroupTrack, i);
        if (track->is_compilation)
            return TRUE;
        if (track->track == 0)
            return FALSE; /* without numbers nothing says that they belong together */
        const gint64 number = track->disc << 32 | track->track;
        const GroupTrack *other = g_hash_table_lookup(by_number, &number);
        if (other != NULL && other->artist_digest != track->artist_digest)
            return FALSE;
        g_hash_table_insert(by_number, g_memdup2(&number, sizeof number), (gpointer)track);
    }
    return TRUE;
}

static gboolean has_one_artist(const GArray *tracks)
{
    for (guint i = 1; i < tracks->len; i++) {
        if (g_array_index(tracks, GroupTrack, i).artist_digest !=
            g_array_index(tracks, GroupTrack, 0).artist_digest)
            return FALSE;
    }
    return TRUE;
}

gboolean hth_album_group(HthWriteContext *context, gint64 group_digest, GError **error)
{
    g_autofree char *title = NULL;
    g_autoptr(GArray) tracks = read_group(context, group_digest, &title, error);
    if (tracks == NULL)
        return FALSE;
    const gboolean is_various = !has_one_artist(tracks) && is_one_compilation(tracks);
    for (guint i = 0; i < tracks->len; i++) {
        const GroupTrack *track = &g_array_index(tracks, GroupTrack, i);
        g_autofree char *artist =
            is_various || track->artist_id == 0
                ? NULL
                : g_strdup_printf("%016" G_GINT64_MODIFIER "x", (guint64)track->artist_digest);
        gint64 album;
        if (!hth_album_row(context, title, is_various ? 0 : track->artist_id, artist,
                           artist == NULL ? group_digest : 0, &album, error))
            return FALSE;
        if (album != track->album &&
            !hth_album_assign(context, track->item, track->album, album, error))
            return FALSE;
    }
    return TRUE;
}
