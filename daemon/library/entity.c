/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "library/entity.h"

#include <string.h>

#include "base/text.h"
#include "library/write-statement.h"

typedef struct {
    HthWriteStatement find, add;
    guint64 salt; /* keeps the kinds apart in HthWriteContext.entities */
    gboolean has_folded;
} EntityKind;

static const EntityKind artist_kind = { HTH_WRITE_ARTIST_BY_DIGEST, HTH_WRITE_ADD_ARTIST, 0, TRUE };
static const EntityKind genre_kind = { HTH_WRITE_GENRE_BY_DIGEST, HTH_WRITE_ADD_GENRE,
                                       0x9e3779b97f4a7c15, TRUE };
static const EntityKind camera_kind = { HTH_WRITE_CAMERA_BY_DIGEST, HTH_WRITE_ADD_CAMERA,
                                        0xc2b2ae3d27d4eb4f, FALSE };
static const EntityKind artwork_kind = { HTH_WRITE_ARTWORK_BY_DIGEST, HTH_WRITE_ADD_ARTWORK,
                                         0x165667b19e3779f9, FALSE };

guint64 hth_entity_digest(const char *name_folded)
{
    return hth_text_digest(name_folded, -1);
}

static gboolean find_row(HthWriteContext *context, const EntityKind *kind, gint64 digest,
                         gint64 *out_row)
{
    const gint64 key = (gint64)((guint64)digest ^ kind->salt);
    const gint64 *known = g_hash_table_lookup(context->entities, &key);
    if (known != NULL) {
        *out_row = *known;
        return TRUE;
    }
    sqlite3_stmt *find = hth_db_statement(context->index, kind->find);
    sqlite3_bind_int64(find, 1, digest);
    const gboolean is_found = hth_db_row(context->index, find, NULL);
    if (is_found)
        *out_row = sqlite3_column_int64(find, 0);
    sqlite3_reset(find);
    return is_found;
}

static void remember(HthWriteContext *context, const EntityKind *kind, gint64 digest, gint64 row)
{
    const gint64 key = (gint64)((guint64)digest ^ kind->salt);
    g_hash_table_insert(context->entities, g_memdup2(&key, sizeof key),
                        g_memdup2(&row, sizeof row));
}

static gboolean add_row(HthWriteContext *context, const EntityKind *kind, gint64 digest,
                        const char *name, const char *folded, gint64 *out_row, GError **error)
{
    g_autoptr(GByteArray) key = g_byte_array_new();
    sqlite3_stmt *add = hth_db_statement(context->index, kind->add);
    sqlite3_bind_int64(add, 1, digest);
    if (name != NULL) {
        hth_text_append_sort_key(key, name);
        sqlite3_bind_text(add, 2, name, -1, SQLITE_STATIC);
        sqlite3_bind_blob(add, 3, key->len > 0 ? (gconstpointer)key->data : "", (int)key->len,
                          SQLITE_STATIC);
    }
    if (kind->has_folded)
        sqlite3_bind_text(add, 4, folded, -1, SQLITE_STATIC);
    if (!hth_db_done(context->index, add, error))
        return FALSE;
    *out_row = sqlite3_last_insert_rowid(hth_db_handle(context->index));
    return TRUE;
}

static gboolean find_or_add(HthWriteContext *context, const EntityKind *kind, const char *name,
                            gint64 *out_row, GError **error)
{
    g_autofree char *folded = hth_text_fold(name);
    const gint64 digest = (gint64)hth_entity_digest(folded);
    if (!find_row(context, kind, digest, out_row) &&
        !add_row(context, kind, digest, name, folded, out_row, error))
        return FALSE;
    remember(context, kind, digest, *out_row);
    return TRUE;
}

gboolean hth_entity_artist(HthWriteContext *context, const char *name, gint64 *out_row,
                           GError **error)
{
    return find_or_add(context, &artist_kind, name, out_row, error);
}

gboolean hth_entity_genre(HthWriteContext *context, const char *name, gint64 *out_row,
                          GError **error)
{
    return find_or_add(context, &genre_kind, name, out_row, error);
}

gboolean hth_entity_camera(HthWriteContext *context, const char *name, gint64 *out_row,
                           GError **error)
{
    return find_or_add(context, &camera_kind, name, out_row, error);
}

gboolean hth_entity_artwork(HthWriteContext *context, const guint8 digest[32], gint64 *out_row,
                            GError **error)
{
    gint64 half;
    memcpy(&half, digest, sizeof half);
    half = (gint64)GUINT64_FROM_BE((guint64)half);
    if (!find_row(context, &artwork_kind, half, out_row) &&
        !add_row(context, &artwork_kind, half, NULL, NULL, out_row, error))
        return FALSE;
    remember(context, &artwork_kind, half, *out_row);
    return TRUE;
}
