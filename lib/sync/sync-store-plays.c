/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Of the store: what people did on devices, merged. */
#include "sync/sync-store-private.h"

/* Identities of log entries kept for each device: more than a log can hold, so that a state which
 * was put back tells nothing twice. */
#define SEEN_MAX 65536

/* Entries of one list that are looked at. */
#define LIST_ENTRIES_MAX 20000

gboolean hth_sync_store_see_play(HthSyncStore *self, const char *device, guint64 stamp,
                                 guint32 nonce, gboolean *out_is_new, GError **error)
{
    sqlite3_stmt *see = hth_db_statement(self->db, SQL_SEE_PLAY);
    bind_text(see, 1, device);
    bind_number(see, 2, stamp);
    bind_number(see, 3, nonce);
    if (!hth_db_done(self->db, see, error))
        return FALSE;
    *out_is_new = sqlite3_changes(hth_db_handle(self->db)) > 0;
    if (!*out_is_new || nonce % 256 != 0) /* looked at now and then, by chance */
        return TRUE;
    sqlite3_stmt *forget = hth_db_statement(self->db, SQL_FORGET_SEEN);
    bind_text(forget, 1, device);
    bind_number(forget, 2, SEEN_MAX);
    return hth_db_done(self->db, forget, error);
}

static HthPlayValue value_at(sqlite3_stmt *from, int column)
{
    return (HthPlayValue){ .stamp = number_at(from, column),
                           .nonce = (guint32)number_at(from, column + 1),
                           .value = sqlite3_column_int64(from, column + 2) };
}

static void read_play(sqlite3_stmt *from, HthSyncPlayRow *out)
{
    *out = (HthSyncPlayRow){ .item = number_at(from, 0),
                             .merged = { .plays = number_at(from, 1),
                                         .skips = number_at(from, 2),
                                         .last_played_ms = sqlite3_column_int64(from, 4),
                                         .position = value_at(from, 5),
                                         .rating = value_at(from, 8),
                                         .favourite = value_at(from, 11) },
                             .told_plays = number_at(from, 3),
                             .changed = number_at(from, 14) };
}

void hth_sync_store_play(HthSyncStore *self, guint64 item, HthSyncPlayRow *out_row)
{
    *out_row = (HthSyncPlayRow){ .item = item };
    sqlite3_stmt *find = hth_db_statement(self->db, SQL_PLAY);
    bind_number(find, 1, item);
    if (hth_db_row(self->db, find, NULL))
        read_play(find, out_row);
    sqlite3_reset(find);
}

static void bind_value(sqlite3_stmt *to, int index, const HthPlayValue *value)
{
    bind_number(to, index, value->stamp);
    bind_number(to, index + 1, value->nonce);
    sqlite3_bind_int64(to, index + 2, value->value);
}

gboolean hth_sync_store_put_play(HthSyncStore *self, const HthSyncPlayRow *row, GError **error)
{
    sqlite3_stmt *put = hth_db_statement(self->db, SQL_PUT_PLAY);
    bind_number(put, 1, row->item);
    bind_number(put, 2, row->merged.plays);
    bind_number(put, 3, row->merged.skips);
    bind_number(put, 4, row->told_plays);
    sqlite3_bind_int64(put, 5, row->merged.last_played_ms);
    bind_value(put, 6, &row->merged.position);
    bind_value(put, 9, &row->merged.rating);
    bind_value(put, 12, &row->merged.favourite);
    bind_number(put, 15, row->changed);
    return hth_db_done(self->db, put, error);
}

gboolean hth_sync_store_touch_play(HthSyncStore *self, guint64 item, guint64 changed,
                                   GError **error)
{
    sqlite3_stmt *touch = hth_db_statement(self->db, SQL_TOUCH_PLAY);
    bind_number(touch, 1, item);
    bind_number(touch, 2, changed);
    return hth_db_done(self->db, touch, error);
}

static GArray *read_plays(HthSyncStore *self, sqlite3_stmt *list)
{
    GArray *rows = g_array_new(FALSE, FALSE, sizeof(HthSyncPlayRow));
    while (hth_db_row(self->db, list, NULL)) {
        HthSyncPlayRow row;
        read_play(list, &row);
        g_array_append_val(rows, row);
    }
    return rows;
}

GArray *hth_sync_store_untold_plays(HthSyncStore *self, guint max)
{
    sqlite3_stmt *list = hth_db_statement(self->db, SQL_UNTOLD_PLAYS);
    bind_number(list, 1, max);
    return read_plays(self, list);
}

gboolean hth_sync_store_told_play(HthSyncStore *self, const HthSyncPlayRow *row, GError **error)
{
    sqlite3_stmt *told = hth_db_statement(self->db, SQL_TOLD_PLAY);
    bind_number(told, 1, row->item);
    bind_number(told, 2, row->merged.plays);
    bind_number(told, 3, row->changed);
    return hth_db_done(self->db, told, error);
}

GArray *hth_sync_store_plays_since(HthSyncStore *self, const char *device, guint64 since, guint max)
{
    sqlite3_stmt *list = hth_db_statement(self->db, SQL_PLAYS_SINCE);
    bind_text(list, 1, device);
    bind_number(list, 2, since);
    bind_number(list, 3, max);
    return read_plays(self, list);
}

/* ---- Lists ---- */

gboolean hth_sync_store_add_list_entry(HthSyncStore *self, const HthSyncPlay *entry, GError **error)
{
    sqlite3_stmt *add = hth_db_statement(self->db, SQL_ADD_LIST_ENTRY);
    bind_number(add, 1, entry->list);
    bind_number(add, 2, entry->stamp);
    bind_number(add, 3, entry->nonce);
    bind_number(add, 4, entry->kind);
    bind_number(add, 5, entry->item);
    sqlite3_bind_int64(add, 6, entry->value);
    bind_text(add, 7, entry->text);
    if (!hth_db_done(self->db, add, error))
        return FALSE;
    sqlite3_stmt *untell = hth_db_statement(self->db, SQL_UNTELL_LIST);
    bind_number(untell, 1, entry->list);
    return hth_db_done(self->db, untell, error);
}

HthListMerged *hth_sync_store_list(HthSyncStore *self, guint64 list)
{
    HthListMerged *merged = hth_list_merged_new();
    sqlite3_stmt *entries = hth_db_statement(self->db, SQL_LIST);
    bind_number(entries, 1, list);
    bind_number(entries, 2, LIST_ENTRIES_MAX);
    while (hth_db_row(self->db, entries, NULL)) {
        const HthSyncPlay entry = { .stamp = number_at(entries, 0),
                                    .nonce = (guint32)number_at(entries, 1),
                                    .kind = (HthSyncPlayKind)number_at(entries, 2),
                                    .item = number_at(entries, 3),
                                    .list = list,
                                    .value = sqlite3_column_int64(entries, 4),
                                    .text = (char *)sqlite3_column_text(entries, 5) };
        hth_list_merge(merged, &entry);
    }
    return merged;
}

GArray *hth_sync_store_untold_lists(HthSyncStore *self, guint max)
{
    GArray *lists = g_array_new(FALSE, FALSE, sizeof(guint64));
    sqlite3_stmt *list = hth_db_statement(self->db, SQL_UNTOLD_LISTS);
    bind_number(list, 1, max);
    while (hth_db_row(self->db, list, NULL)) {
        const guint64 id = number_at(list, 0);
        g_array_append_val(lists, id);
    }
    return lists;
}

gboolean hth_sync_store_told_list(HthSyncStore *self, guint64 list, GError **error)
{
    sqlite3_stmt *told = hth_db_statement(self->db, SQL_TOLD_LIST);
    bind_number(told, 1, list);
    return hth_db_done(self->db, told, error);
}
