/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync/sync-store.h"

#include "base/error.h"
#include "sync/sync-store-private.h"

#define PLAY_COLUMNS                                                                               \
    "p.item, p.plays, p.skips, p.told_plays, p.last_played_ms, p.position_stamp,"                  \
    " p.position_nonce, p.position, p.rating_stamp, p.rating_nonce, p.rating, p.favourite_stamp,"  \
    " p.favourite_nonce, p.favourite, p.changed"

#define FROM_MISSING                                                                               \
    " FROM sync_held h LEFT JOIN sync_layout l ON l.hash = h.hash WHERE l.hash IS NULL"            \
    " AND h.revision <> 0 AND NOT EXISTS (SELECT 1 FROM sync_file f WHERE f.item = h.item"         \
    " AND f.rendition = h.rendition AND f.hash <> h.hash)"

static const char *const statements[N_SQL] = {
    [SQL_LOAD] = "SELECT value FROM sync_home WHERE key = ?1",
    [SQL_SAVE] = "INSERT OR REPLACE INTO sync_home (key, value) VALUES (?1, ?2)",
    [SQL_DEVICE] =
        "SELECT epoch, old_epochs, rule, rule_sequence, next_sequence, confirmed_sequence,"
        " confirmed_play, n_files, digest, flags, free_bytes, says, n_held_back,"
        " last_seen_ms, clone_seen_ms, play_port FROM sync_device WHERE id = ?1",
    [SQL_DEVICES] = "SELECT id FROM sync_device ORDER BY id",
    [SQL_SAVE_DEVICE] =
        "INSERT OR REPLACE INTO sync_device (epoch, old_epochs, rule, rule_sequence, next_sequence,"
        " confirmed_sequence, confirmed_play, n_files, digest, flags, free_bytes, says,"
        " n_held_back, last_seen_ms, clone_seen_ms, id, play_port)"
        " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17)",
    [SQL_FORGET_DEVICE] = "DELETE FROM sync_device WHERE id = ?1",
    [SQL_HELD] =
        "SELECT item, path, hash, size, revision, rendition FROM sync_held WHERE device = ?1"
        " ORDER BY item",
    [SQL_FIND_HELD] = "SELECT item, path, hash, size, revision, rendition FROM sync_held"
                      " WHERE device = ?1 AND item = ?2",
    [SQL_PUT_HELD] = "INSERT OR REPLACE INTO sync_held (device, item, path, hash, size, revision,"
                     " rendition) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    [SQL_REMOVE_HELD] = "DELETE FROM sync_held WHERE device = ?1 AND item = ?2",
    [SQL_CLEAR_HELD] = "DELETE FROM sync_held WHERE device = ?1",
    [SQL_HELD_SUMS] = "SELECT item, path, hash FROM sync_held WHERE device = ?1",
    [SQL_CLEAR_INCOMING] = "DELETE FROM sync_incoming WHERE device = ?1",
    [SQL_ADD_INCOMING] = "INSERT OR REPLACE INTO sync_incoming (device, item, path, hash, size)"
                         " VALUES (?1, ?2, ?3, ?4, ?5)",
    /* What was known of the same bytes stays known. */
    [SQL_INCOMING] = "INSERT INTO sync_held (device, item, path, hash, size, revision, rendition)"
                     " SELECT n.device, n.item, n.path, n.hash, n.size, coalesce(f.revision, 0),"
                     " coalesce(f.rendition, '') FROM sync_incoming n LEFT JOIN sync_file f"
                     " ON f.item = n.item AND f.hash = n.hash WHERE n.device = ?1 GROUP BY n.item",
    [SQL_OPERATIONS] =
        "SELECT sequence, kind, item, path, old_hash, new_hash, size, revision,"
        " rendition, content FROM sync_operation WHERE device = ?1 ORDER BY sequence",
    [SQL_FIND_OPERATION] = "SELECT sequence, kind, item, path, old_hash, new_hash, size, revision,"
                           " rendition, content FROM sync_operation WHERE device = ?1"
                           " AND sequence = ?2",
    [SQL_ADD_OPERATION] =
        "INSERT OR REPLACE INTO sync_operation (device, sequence, kind, item, path,"
        " old_hash, new_hash, size, revision, rendition, content)"
        " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
    [SQL_REMOVE_OPERATION] = "DELETE FROM sync_operation WHERE device = ?1 AND sequence = ?2",
    [SQL_CLEAR_OPERATIONS] = "DELETE FROM sync_operation WHERE device = ?1",
    [SQL_FAILURES] =
        "SELECT item, status, n, revision, path, free_bytes, sentence, at_ms FROM sync_failure"
        " WHERE device = ?1 ORDER BY item",
    [SQL_ADD_FAILURE] =
        "INSERT INTO sync_failure (device, item, status, n, revision, path, free_bytes,"
        " sentence, at_ms) VALUES (?1, ?2, ?3, 1, ?4, ?5, ?6, ?7, ?8) ON CONFLICT (device, item)"
        " DO UPDATE SET n = CASE WHEN revision = ?4 AND path = ?5 THEN n + 1"
        " ELSE 1 END, status = ?3, revision = ?4, path = ?5, free_bytes = ?6, sentence = ?7,"
        " at_ms = ?8",
    [SQL_CLEAR_FAILURE] = "DELETE FROM sync_failure WHERE device = ?1 AND item = ?2",
    [SQL_CLEAR_FAILURES] = "DELETE FROM sync_failure WHERE device = ?1",
    [SQL_LAYOUT] = "SELECT layout FROM sync_layout WHERE hash = ?1",
    [SQL_HAS_LAYOUT] = "SELECT 1 FROM sync_layout WHERE hash = ?1",
    [SQL_PUT_LAYOUT] = "INSERT OR REPLACE INTO sync_layout (hash, layout) VALUES (?1, ?2)",
    [SQL_RECIPE] = "SELECT recipe FROM sync_recipe WHERE old_hash = ?1 AND new_hash = ?2",
    [SQL_PUT_RECIPE] = "INSERT OR REPLACE INTO sync_recipe (old_hash, new_hash, recipe)"
                       " VALUES (?1, ?2, ?3)",
    [SQL_FILES] = "SELECT item, revision, hash FROM sync_file WHERE rendition = ?1 ORDER BY item",
    [SQL_PUT_FILE] = "INSERT OR REPLACE INTO sync_file (item, rendition, revision, hash)"
                     " VALUES (?1, ?2, ?3, ?4)",
    [SQL_MISSING] = "SELECT DISTINCT h.item, h.rendition, h.revision" FROM_MISSING " LIMIT ?1",
    [SQL_N_MISSING] = "SELECT count(DISTINCT h.item)" FROM_MISSING,
    [SQL_SWEEP_FILES] = "DELETE FROM sync_file WHERE NOT EXISTS (SELECT 1 FROM sync_held h"
                        " WHERE h.item = sync_file.item)",
    [SQL_SWEEP_LAYOUTS] =
        "DELETE FROM sync_layout WHERE NOT EXISTS (SELECT 1 FROM sync_held h"
        " WHERE h.hash = sync_layout.hash) AND NOT EXISTS (SELECT 1 FROM sync_file f"
        " WHERE f.hash = sync_layout.hash)",
    [SQL_SWEEP_RECIPES] = "DELETE FROM sync_recipe WHERE NOT EXISTS (SELECT 1 FROM sync_held h"
                          " WHERE h.hash = sync_recipe.old_hash)",
    [SQL_SEE_PLAY] = "INSERT OR IGNORE INTO sync_play_seen (device, stamp, nonce)"
                     " VALUES (?1, ?2, ?3)",
    [SQL_FORGET_SEEN] =
        "DELETE FROM sync_play_seen WHERE device = ?1 AND stamp < (SELECT stamp FROM sync_play_seen"
        " WHERE device = ?1 ORDER BY stamp DESC LIMIT 1 OFFSET ?2)",
    [SQL_PLAY] = "SELECT " PLAY_COLUMNS " FROM sync_play p WHERE item = ?1",
    [SQL_PUT_PLAY] =
        "INSERT OR REPLACE INTO sync_play (item, plays, skips, told_plays, last_played_ms,"
        " position_stamp, position_nonce, position, rating_stamp, rating_nonce, rating,"
        " favourite_stamp, favourite_nonce, favourite, changed, is_told)"
        " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, 0)",
    [SQL_TOUCH_PLAY] = "UPDATE sync_play SET changed = ?2 WHERE item = ?1",
    [SQL_UNTOLD_PLAYS] = "SELECT " PLAY_COLUMNS " FROM sync_play p WHERE is_told = 0 LIMIT ?1",
    /* Unless it changed meanwhile. */
    [SQL_TOLD_PLAY] =
        "UPDATE sync_play SET told_plays = ?2, is_told = (plays = ?2 AND changed = ?3)"
        " WHERE item = ?1",
    [SQL_PLAYS_SINCE] = "SELECT " PLAY_COLUMNS " FROM sync_play p JOIN sync_held h"
                        " ON h.device = ?1 AND h.item = p.item WHERE p.changed > ?2"
                        " ORDER BY p.changed LIMIT ?3",
    [SQL_ADD_LIST_ENTRY] =
        "INSERT OR IGNORE INTO sync_list_entry (list, stamp, nonce, kind, item, value, text)"
        " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    [SQL_UNTELL_LIST] = "INSERT OR REPLACE INTO sync_list (list, is_told) VALUES (?1, 0)",
    [SQL_LIST] = "SELECT stamp, nonce, kind, item, value, text FROM sync_list_entry"
                 " WHERE list = ?1 LIMIT ?2",
    [SQL_UNTOLD_LISTS] = "SELECT list FROM sync_list WHERE is_told = 0 LIMIT ?1",
    [SQL_TOLD_LIST] = "UPDATE sync_list SET is_told = 1 WHERE list = ?1",
    [SQL_CLEAR_SEEN] = "DELETE FROM sync_play_seen WHERE device = ?1",
};

HthSyncStore *hth_sync_store_open(const char *path, const char *const *migrations,
                                  guint n_migrations, GError **error)
{
    static const char *const own[] = { HTH_SYNC_HOME_SCHEMA, HTH_SYNC_HOME_SCHEMA_2 };
    const HthDbOptions options = {
        .migrations = migrations != NULL ? migrations : own,
        .n_migrations = migrations != NULL ? n_migrations : G_N_ELEMENTS(own),
        .statements = statements,
        .n_statements = N_SQL,
        .is_durable = TRUE,
        .cache_kib = 1024,
    };
    HthDb *db = hth_db_open(path, &options, error);
    if (db == NULL)
        return NULL;
    HthSyncStore *self = g_new0(HthSyncStore, 1);
    self->db = db;
    g_mutex_init(&self->lock);
    return self;
}

void hth_sync_store_free(HthSyncStore *self)
{
    if (self == NULL)
        return;
    hth_db_free(self->db);
    g_mutex_clear(&self->lock);
    g_free(self);
}

void hth_sync_store_set_turn(HthSyncStore *self, void (*take)(gpointer data),
                             void (*give)(gpointer data), gpointer data)
{
    self->take_turn = take;
    self->give_turn = give;
    self->turn_data = data;
}

static void give_turn(HthSyncStore *self)
{
    if (self->give_turn != NULL)
        self->give_turn(self->turn_data);
}

gboolean hth_sync_store_begin(HthSyncStore *self, GError **error)
{
    g_mutex_lock(&self->lock);
    if (self->take_turn != NULL)
        self->take_turn(self->turn_data);
    if (hth_db_run(self->db, "BEGIN IMMEDIATE", error))
        return TRUE;
    give_turn(self);
    g_mutex_unlock(&self->lock);
    return FALSE;
}

gboolean hth_sync_store_end(HthSyncStore *self, gboolean is_good, GError **error)
{
    const gboolean is_done = is_good && hth_db_run(self->db, "COMMIT", error);
    if (!is_done && !sqlite3_get_autocommit(hth_db_handle(self->db)))
        (void)hth_db_run(self->db, "ROLLBACK", NULL); /* the first error is the one to report */
    give_turn(self);
    g_mutex_unlock(&self->lock);
    return is_done;
}

void hth_sync_store_lock(HthSyncStore *self)
{
    g_mutex_lock(&self->lock);
}

void hth_sync_store_unlock(HthSyncStore *self)
{
    g_mutex_unlock(&self->lock);
}

/* ---- The home ---- */

GBytes *hth_sync_store_load(HthSyncStore *self, const char *key)
{
    sqlite3_stmt *load = hth_db_statement(self->db, SQL_LOAD);
    bind_text(load, 1, key);
    return one_blob(self, load);
}

gboolean hth_sync_store_save(HthSyncStore *self, const char *key, gconstpointer bytes, gsize size,
                             GError **error)
{
    sqlite3_stmt *save = hth_db_statement(self->db, SQL_SAVE);
    bind_text(save, 1, key);
    sqlite3_bind_blob64(save, 2, bytes, size, SQLITE_STATIC);
    return hth_db_done(self->db, save, error);
}

/* ---- Devices ---- */

void hth_sync_device_row_clear(HthSyncDeviceRow *row)
{
    g_clear_pointer(&row->id, g_free);
    g_clear_pointer(&row->rule, g_free);
}

static void read_device(sqlite3_stmt *from, HthSyncDeviceRow *row)
{
    read_fixed(from, 0, row->epoch, sizeof row->epoch);
    read_fixed(from, 1, row->old_epochs, sizeof row->old_epochs);
    g_free(row->rule);
    row->rule = hth_db_text(from, 2);
    row->rule_sequence = number_at(from, 3);
    row->next_sequence = number_at(from, 4);
    row->confirmed_sequence = number_at(from, 5);
    row->confirmed_play = number_at(from, 6);
    row->n_files = number_at(from, 7);
    read_fixed(from, 8, &row->digest, sizeof row->digest);
    row->flags = (guint)number_at(from, 9);
    row->free_bytes = sqlite3_column_int64(from, 10);
    row->says = (guint)number_at(from, 11);
    row->n_held_back = (guint)number_at(from, 12);
    row->last_seen_ms = sqlite3_column_int64(from, 13);
    row->clone_seen_ms = sqlite3_column_int64(from, 14);
    row->play_port = (guint16)number_at(from, 15);
}

gboolean hth_sync_store_device(HthSyncStore *self, const char *device, HthSyncDeviceRow *out_row)
{
    *out_row = (HthSyncDeviceRow){ .id = g_strdup(device),
                                   .rule = g_strdup("{}"),
                                   .rule_sequence = 1,
                                   .next_sequence = 1,
                                   .free_bytes = -1,
                                   .says = HTH_SYNC_SAYS_HAS_VOLUME };
    sqlite3_stmt *find = hth_db_statement(self->db, SQL_DEVICE);
    bind_text(find, 1, device);
    const gboolean is_known = hth_db_row(self->db, find, NULL);
    if (is_known)
        read_device(find, out_row);
    sqlite3_reset(find);
    return is_known;
}

gboolean hth_sync_store_save_device(HthSyncStore *self, const HthSyncDeviceRow *row, GError **error)
{
    sqlite3_stmt *save = hth_db_statement(self->db, SQL_SAVE_DEVICE);
    sqlite3_bind_blob(save, 1, row->epoch, sizeof row->epoch, SQLITE_STATIC);
    sqlite3_bind_blob(save, 2, row->old_epochs, sizeof row->old_epochs, SQLITE_STATIC);
    bind_text(save, 3, row->rule);
    bind_number(save, 4, row->rule_sequence);
    bind_number(save, 5, row->next_sequence);
    bind_number(save, 6, row->confirmed_sequence);
    bind_number(save, 7, row->confirmed_play);
    bind_number(save, 8, row->n_files);
    sqlite3_bind_blob(save, 9, &row->digest, sizeof row->digest, SQLITE_STATIC);
    bind_number(save, 10, row->flags);
    sqlite3_bind_int64(save, 11, row->free_bytes);
    bind_number(save, 12, row->says);
    bind_number(save, 13, row->n_held_back);
    sqlite3_bind_int64(save, 14, row->last_seen_ms);
    sqlite3_bind_int64(save, 15, row->clone_seen_ms);
    bind_text(save, 16, row->id);
    bind_number(save, 17, row->play_port);
    return hth_db_done(self->db, save, error);
}

gboolean hth_sync_store_forget_device(HthSyncStore *self, const char *device, GError **error)
{
    static const guint all[] = { SQL_CLEAR_HELD,     SQL_CLEAR_INCOMING, SQL_CLEAR_OPERATIONS,
                                 SQL_CLEAR_FAILURES, SQL_CLEAR_SEEN,     SQL_FORGET_DEVICE };
    for (guint i = 0; i < G_N_ELEMENTS(all); i++) {
        if (!run_device(self, all[i], device, error))
            return FALSE;
    }
    return TRUE;
}

GPtrArray *hth_sync_store_devices(HthSyncStore *self)
{
    GPtrArray *devices = g_ptr_array_new_with_free_func(g_free);
    sqlite3_stmt *list = hth_db_statement(self->db, SQL_DEVICES);
    while (hth_db_row(self->db, list, NULL))
        g_ptr_array_add(devices, hth_db_text(list, 0));
    return devices;
}

/* ---- Held ---- */

void hth_sync_held_row_clear(HthSyncHeldRow *row)
{
    g_clear_pointer(&row->held.path, g_free);
    g_clear_pointer(&row->rendition, g_free);
}

static void read_held(sqlite3_stmt *from, HthSyncHeldRow *out)
{
    *out = (HthSyncHeldRow){ .held = { .item = number_at(from, 0),
                                       .path = hth_db_text(from, 1),
                                       .size = number_at(from, 3) },
                             .revision = number_at(from, 4),
                             .rendition = hth_db_text(from, 5) };
    read_fixed(from, 2, &out->held.hash, sizeof out->held.hash);
}

static int by_item(gconstpointer a, gconstpointer b)
{
    const guint64 one = ((const HthSyncHeldRow *)a)->held.item;
    const guint64 other = ((const HthSyncHeldRow *)b)->held.item;
    return one < other ? -1 : one > other;
}

GArray *hth_sync_store_held(HthSyncStore *self, const char *device)
{
    GArray *rows = g_array_new(FALSE, FALSE, sizeof(HthSyncHeldRow));
    g_array_set_clear_func(rows, (GDestroyNotify)hth_sync_held_row_clear);
    sqlite3_stmt *list = hth_db_statement(self->db, SQL_HELD);
    bind_text(list, 1, device);
    while (hth_db_row(self->db, list, NULL)) {
        HthSyncHeldRow row;
        read_held(list, &row);
        g_array_append_val(rows, row);
    }
    g_array_sort(rows, by_item); /* SQLite's integers are signed */
    return rows;
}

gboolean hth_sync_store_find_held(HthSyncStore *self, const char *device, guint64 item,
                                  HthSyncHeldRow *out_held)
{
    sqlite3_stmt *find = hth_db_statement(self->db, SQL_FIND_HELD);
    bind_text(find, 1, device);
    bind_number(find, 2, item);
    *out_held = (HthSyncHeldRow){ 0 };
    const gboolean is_found = hth_db_row(self->db, find, NULL);
    if (is_found)
        read_held(find, out_held);
    sqlite3_reset(find);
    return is_found;
}

gboolean hth_sync_store_remove_held(HthSyncStore *self, HthSyncDeviceRow *row, guint64 item,
                                    GError **error)
{
    g_auto(HthSyncHeldRow) old = { 0 };
    if (!hth_sync_store_find_held(self, row->id, item, &old))
        return TRUE;
    hth_sync_set_digest_remove(&row->digest, item, old.held.path, &old.held.hash);
    row->n_files--;
    sqlite3_stmt *run = hth_db_statement(self->db, SQL_REMOVE_HELD);
    bind_text(run, 1, row->id);
    bind_number(run, 2, item);
    return hth_db_done(self->db, run, error);
}

gboolean hth_sync_store_put_held(HthSyncStore *self, HthSyncDeviceRow *row,
                                 const HthSyncHeldRow *held, GError **error)
{
    if (!hth_sync_store_remove_held(self, row, held->held.item, error))
        return FALSE;
    hth_sync_set_digest_add(&row->digest, held->held.item, held->held.path, &held->held.hash);
    row->n_files++;
    sqlite3_stmt *put = hth_db_statement(self->db, SQL_PUT_HELD);
    bind_text(put, 1, row->id);
    bind_number(put, 2, held->held.item);
    bind_text(put, 3, held->held.path);
    bind_hash(put, 4, &held->held.hash);
    bind_number(put, 5, held->held.size);
    bind_number(put, 6, held->revision);
    bind_text(put, 7, held->rendition != NULL ? held->rendition : "");
    return hth_db_done(self->db, put, error);
}

/* ---- Manifests ---- */

gboolean hth_sync_store_clear_incoming(HthSyncStore *self, const char *device, GError **error)
{
    return run_device(self, SQL_CLEAR_INCOMING, device, error);
}

gboolean hth_sync_store_add_incoming(HthSyncStore *self, const char *device,
                                     const HthSyncHeld *held, GError **error)
{
    sqlite3_stmt *add = hth_db_statement(self->db, SQL_ADD_INCOMING);
    bind_text(add, 1, device);
    bind_number(add, 2, held->item);
    bind_text(add, 3, held->path);
    bind_hash(add, 4, &held->hash);
    bind_number(add, 5, held->size);
    return hth_db_done(self->db, add, error);
}

static gboolean sum_held(HthSyncStore *self, HthSyncDeviceRow *row, GError **error)
{
    g_autoptr(GError) failure = NULL;
    row->digest = (HthSyncSetDigest){ 0 };
    row->n_files = 0;
    sqlite3_stmt *list = hth_db_statement(self->db, SQL_HELD_SUMS);
    bind_text(list, 1, row->id);
    while (hth_db_row(self->db, list, &failure)) {
        HthDigest hash;
        read_fixed(list, 2, &hash, sizeof hash);
        hth_sync_set_digest_add(&row->digest, number_at(list, 0),
                                (const char *)sqlite3_column_text(list, 1), &hash);
        row->n_files++;
    }
    if (failure == NULL)
        return TRUE;
    g_propagate_error(error, g_steal_pointer(&failure));
    return FALSE;
}

gboolean hth_sync_store_take_incoming(HthSyncStore *self, HthSyncDeviceRow *row, GError **error)
{
    return run_device(self, SQL_CLEAR_HELD, row->id, error) &&
           run_device(self, SQL_INCOMING, row->id, error) &&
           run_device(self, SQL_CLEAR_INCOMING, row->id, error) && sum_held(self, row, error);
}
