/* SPDX-License-Identifier: GPL-3.0-or-later */
#define HTH_LOG_TOPIC "state"
#include "library/state.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/log.h"
#include "library/schema.h"
#include "library/write-turn.h"
#include "store/db.h"

/* An automatic copy is this old when the next one is made. */
#define COPY_AGE_S (24 * 60 * 60)

enum {
    LOAD,
    STORE,
    FORGET,
    DEVICES,
    STORE_DEVICE,
    FORGET_DEVICE,
    ROOT_KEY,
    ADD_ROOT,
    FORGET_ROOT,
    MOVE_ROOT,
    PLAY,
    PLAYS,
    PLAY_ADD,
    PLAY_POSITION,
    PLAY_RATING,
    PLAYLIST_SAVE,
    PLAYLIST_CLEAR,
    PLAYLIST_ADD,
    PLAYLIST_REMOVE,
    PLAYLISTS,
    PLAYLIST_ENTRIES,
    BY_PATH,
    BY_CONTENT,
    ADD_IDENTITY,
    SET_IDENTITY,
    IDENTITY_GONE,
    N_STATEMENTS,
};

static const char *const statements[N_STATEMENTS] = {
    [LOAD] = "SELECT value FROM setting WHERE key = ?1",
    [STORE] = "INSERT OR REPLACE INTO setting (key, value) VALUES (?1, ?2)",
    [FORGET] = "DELETE FROM setting WHERE key = ?1",
    [DEVICES] = "SELECT id, json FROM device ORDER BY id",
    [STORE_DEVICE] = "INSERT OR REPLACE INTO device (id, json) VALUES (?1, ?2)",
    [FORGET_DEVICE] = "DELETE FROM device WHERE id = ?1",
    [ROOT_KEY] = "SELECT key FROM root WHERE path = ?1",
    [ADD_ROOT] = "INSERT INTO root (key, path) VALUES (?1, ?2)",
    [FORGET_ROOT] = "DELETE FROM root WHERE path = ?1",
    [MOVE_ROOT] = "UPDATE root SET path = ?2 WHERE path = ?1",
    [PLAY] = "SELECT play_count, last_played_s, position_ms, rating FROM play"
             " WHERE permanent_id = ?1 AND person = ?2",
    [PLAYS] = "SELECT permanent_id, play_count, last_played_s, position_ms, rating FROM play"
              " WHERE person = ''",
    [PLAY_ADD] = "INSERT INTO play (permanent_id, person, play_count, last_played_s)"
                 " VALUES (?1, ?2, 1, ?3) ON CONFLICT (permanent_id, person) DO UPDATE SET"
                 " play_count = play_count + 1, last_played_s = max(last_played_s, ?3)",
    [PLAY_POSITION] = "INSERT INTO play (permanent_id, person, position_ms) VALUES (?1, ?2, ?3)"
                      " ON CONFLICT (permanent_id, person) DO UPDATE SET position_ms = ?3",
    [PLAY_RATING] = "INSERT INTO play (permanent_id, person, rating) VALUES (?1, ?2, ?3)"
                    " ON CONFLICT (permanent_id, person) DO UPDATE SET rating = ?3",
    [PLAYLIST_SAVE] = "INSERT OR REPLACE INTO playlist (permanent_id, title, changed_s)"
                      " VALUES (?1, ?2, ?3)",
    [PLAYLIST_CLEAR] = "DELETE FROM playlist_entry WHERE playlist_id = ?1",
    [PLAYLIST_ADD] = "INSERT INTO playlist_entry (playlist_id, position, item_id)"
                     " VALUES (?1, ?2, ?3)",
    [PLAYLIST_REMOVE] = "DELETE FROM playlist WHERE permanent_id = ?1",
    [PLAYLISTS] = "SELECT permanent_id, title FROM playlist ORDER BY permanent_id",
    [PLAYLIST_ENTRIES] = "SELECT item_id FROM playlist_entry WHERE playlist_id = ?1"
                         " ORDER BY position",
    [BY_PATH] = "SELECT permanent_id, added_s FROM identity WHERE root_key = ?1 AND path = ?2"
                " ORDER BY gone_s LIMIT 1",
    [BY_CONTENT] = "SELECT permanent_id, added_s, path, inode FROM identity"
                   " WHERE size = ?1 AND mtime_ns = ?2 AND gone_s > 0 LIMIT 32",
    [ADD_IDENTITY] = "INSERT INTO identity (permanent_id, root_key, path, size, mtime_ns, inode,"
                     " added_s) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    [SET_IDENTITY] = "UPDATE identity SET root_key = ?2, path = ?3, size = ?4, mtime_ns = ?5,"
                     " inode = ?6, gone_s = 0 WHERE permanent_id = ?1",
    [IDENTITY_GONE] = "UPDATE identity SET gone_s = ?2 WHERE permanent_id = ?1",
};

struct HthState {
    char *dir;
    int lock_fd;
    GThread *copying;  /* NULL: none was due */
    HthDb *identities; /* writer thread */
    gboolean is_begun; /* writer thread */
    HthWriteTurn *turn; /* between the two connections */
    GMutex mutex;       /* guards shared */
    HthDb *shared;
};

static HthDb *open_connection(const char *dir, gboolean may_migrate, GError **error)
{
    g_autofree char *path = g_build_filename(dir, "state.db", NULL);
    g_autofree char *copy = g_strconcat(path, ".before-upgrade", NULL);
    const HthDbOptions options = {
        .migrations = hth_state_migrations,
        .n_migrations = hth_n_state_migrations,
        .statements = statements,
        .n_statements = N_STATEMENTS,
        .is_durable = TRUE,
        .cache_kib = 512,
        .copy_before_migration = may_migrate ? copy : NULL,
    };
    return hth_db_open(path, &options, error);
}

static int take_lock(const char *dir, GError **error)
{
    g_autofree char *path = g_build_filename(dir, "lock", NULL);
    const int fd = g_open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0) {
        g_set_error(error, G_FILE_ERROR, g_file_error_from_errno(errno),
                    "%s cannot be written (%s): give this user the right to it, or name another "
                    "folder with --state-dir",
                    dir, g_strerror(errno));
        return -1;
    }
    if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
        g_set_error(error, HTH_ERROR, HTH_ERROR_BUSY,
                    "another hearthd already uses %s: stop it first, or give this one another "
                    "folder with --state-dir",
                    dir);
        close(fd);
        return -1;
    }
    return fd;
}

/* Errors that name what a person can do. */
static void explain_damage(const char *dir, GError **error)
{
    if (error == NULL || !g_error_matches(*error, HTH_ERROR, HTH_ERROR_CORRUPT))
        return;
    g_autofree char *copy = g_build_filename(dir, "state.db.copy", NULL);
    g_autofree char *upgrade = g_build_filename(dir, "state.db.before-upgrade", NULL);
    const char *newest = g_file_test(copy, G_FILE_TEST_EXISTS)      ? copy
                         : g_file_test(upgrade, G_FILE_TEST_EXISTS) ? upgrade
                                                                    : NULL;
    g_autofree char *hint =
        newest != NULL
            ? g_strdup_printf("the newest automatic copy is %s: move state.db, state.db-wal and "
                              "state.db-shm away and put that copy in their place",
                              newest)
            : g_strdup("there is no automatic copy: use `hearth restore FILE` with a backup, or "
                       "move state.db away to start anew");
    const GError *found = *error;
    g_autoptr(GError) explained =
        g_error_new(HTH_ERROR, HTH_ERROR_CORRUPT, "%s/state.db: %s; %s", dir, found->message, hint);
    g_clear_error(error);
    g_propagate_error(error, g_steal_pointer(&explained));
}

/* ---- Care for the file ---- */

/* What state.db was when it was closed in order: a file that is still the same needs no check at
 * start, which would read all of it. */
static char *describe(const char *dir)
{
    g_autofree char *path = g_build_filename(dir, "state.db", NULL);
    g_autofree char *log = g_strconcat(path, "-wal", NULL);
    struct stat info;
    if (g_file_test(log, G_FILE_TEST_EXISTS) || stat(path, &info) != 0)
        return NULL; /* not closed in order */
    return g_strdup_printf("%" G_GINT64_FORMAT " %" G_GINT64_FORMAT ".%09ld %" G_GINT64_FORMAT "\n",
                           (gint64)info.st_size, (gint64)info.st_mtim.tv_sec, info.st_mtim.tv_nsec,
                           (gint64)info.st_ino);
}

static gboolean was_closed_in_order(const char *dir)
{
    g_autofree char *path = g_build_filename(dir, "state.db.closed", NULL);
    g_autofree char *then = NULL;
    g_autofree char *now = describe(dir);
    return g_file_get_contents(path, &then, NULL, NULL) && now != NULL && strcmp(then, now) == 0;
}

/* The mark holds until the first write. A start that is refused writes nothing, and leaves it. */
static void remove_mark(const char *dir)
{
    g_autofree char *path = g_build_filename(dir, "state.db.closed", NULL);
    (void)g_unlink(path);
}

static void mark_closed(const char *dir)
{
    g_autofree char *path = g_build_filename(dir, "state.db.closed", NULL);
    g_autofree char *now = describe(dir);
    if (now != NULL) /* without the mark the next start checks the file: that costs time only */
        (void)g_file_set_contents_full(path, now, -1, G_FILE_SET_CONTENTS_CONSISTENT, 0600, NULL);
}

static gpointer copy_thread(gpointer data)
{
    g_autofree char *dir = data;
    g_autofree char *copy = g_build_filename(dir, "state.db.copy", NULL);
    g_autoptr(GError) error = NULL;
    g_autoptr(HthDb) db = open_connection(dir, FALSE, &error);
    if (db == NULL || !hth_db_copy(db, copy, &error))
        hth_log_warning("no automatic copy of state.db was made: %s", error->message);
    return NULL;
}

/* On a thread and a connection of its own, so that nobody waits for it. */
static void start_daily_copy(HthState *self)
{
    g_autofree char *copy = g_build_filename(self->dir, "state.db.copy", NULL);
    GStatBuf info;
    if (g_stat(copy, &info) != 0 ||
        g_get_real_time() / G_USEC_PER_SEC - info.st_mtime >= COPY_AGE_S)
        self->copying = g_thread_new("hearth-copy", copy_thread, g_strdup(self->dir));
}

HthState *hth_state_open(const char *dir, GError **error)
{
    if (g_mkdir_with_parents(dir, 0700) != 0) {
        g_set_error(error, G_FILE_ERROR, g_file_error_from_errno(errno), "%s cannot be made: %s",
                    dir, g_strerror(errno));
        return NULL;
    }
    g_autoptr(HthState) self = g_new0(HthState, 1);
    g_mutex_init(&self->mutex);
    self->turn = hth_write_turn_new();
    self->lock_fd = take_lock(dir, error);
    if (self->lock_fd < 0)
        return NULL;

    const gboolean is_trusted = was_closed_in_order(dir);
    self->dir = g_strdup(dir);
    self->shared = open_connection(dir, TRUE, error);
    if (self->shared == NULL || (!is_trusted && !hth_db_check(self->shared, error))) {
        explain_damage(dir, error);
        if (error != NULL && *error != NULL && (*error)->domain != G_FILE_ERROR &&
            !g_error_matches(*error, HTH_ERROR, HTH_ERROR_CORRUPT))
            g_prefix_error(error, "%s/state.db: ", dir);
        return NULL;
    }
    remove_mark(dir);
    self->identities = open_connection(dir, FALSE, error);
    if (self->identities == NULL)
        return NULL;
    start_daily_copy(self);
    return g_steal_pointer(&self);
}

void hth_state_free(HthState *self)
{
    if (self == NULL)
        return;
    if (self->copying != NULL)
        g_thread_join(self->copying);
    const gboolean was_open = self->identities != NULL;
    hth_db_free(self->identities);
    hth_db_free(self->shared);
    if (was_open)
        mark_closed(self->dir);
    if (self->lock_fd >= 0)
        close(self->lock_fd);
    g_free(self->dir);
    g_mutex_clear(&self->mutex);
    hth_write_turn_free(self->turn);
    g_free(self);
}

/* The shared connection, to write; the writer thread waits as well. */
static void lock_to_write(HthState *self)
{
    hth_write_turn_take(self->turn);
    g_mutex_lock(&self->mutex);
}

static void unlock_written(HthState *self)
{
    g_mutex_unlock(&self->mutex);
    hth_write_turn_give(self->turn);
}

gboolean hth_state_wants_turn(HthState *self)
{
    return hth_write_turn_is_wanted(self->turn);
}

gboolean hth_state_copy(HthState *self, const char *path, GError **error)
{
    g_mutex_lock(&self->mutex);
    const gboolean is_copied = hth_db_copy(self->shared, path, error);
    g_mutex_unlock(&self->mutex);
    return is_copied;
}

/* ---- Settings, devices, roots ---- */

char *hth_state_load(HthState *self, const char *key)
{
    g_mutex_lock(&self->mutex);
    sqlite3_stmt *load = hth_db_statement(self->shared, LOAD);
    sqlite3_bind_text(load, 1, key, -1, SQLITE_STATIC);
    char *value = hth_db_row(self->shared, load, NULL) ? hth_db_text(load, 0) : NULL;
    sqlite3_reset(load);
    g_mutex_unlock(&self->mutex);
    return value;
}

/* Runs @statement with one or two texts. */
static gboolean run_texts(HthState *self, guint statement, const char *first, const char *second,
                          GError **error)
{
    lock_to_write(self);
    sqlite3_stmt *run = hth_db_statement(self->shared, statement);
    sqlite3_bind_text(run, 1, first, -1, SQLITE_STATIC);
    if (second != NULL)
        sqlite3_bind_text(run, 2, second, -1, SQLITE_STATIC);
    const gboolean is_done = hth_db_done(self->shared, run, error);
    unlock_written(self);
    return is_done;
}

gboolean hth_state_store(HthState *self, const char *key, const char *value, GError **error)
{
    return run_texts(self, value != NULL ? STORE : FORGET, key, value, error);
}

void hth_state_devices(HthState *self, HthStateRow callback, gpointer data)
{
    /* Copied first: no code calls out while holding the lock. */
    g_autoptr(GPtrArray) texts = g_ptr_array_new_with_free_func(g_free);
    g_mutex_lock(&self->mutex);
    sqlite3_stmt *devices = hth_db_statement(self->shared, DEVICES);
    while (hth_db_row(self->shared, devices, NULL)) {
        g_ptr_array_add(texts, hth_db_text(devices, 0));
        g_ptr_array_add(texts, hth_db_text(devices, 1));
    }
    g_mutex_unlock(&self->mutex);
    for (guint i = 0; i < texts->len; i += 2)
        callback(texts->pdata[i], texts->pdata[i + 1], data);
}

gboolean hth_state_store_device(HthState *self, const char *id, const char *json, GError **error)
{
    return run_texts(self, json != NULL ? STORE_DEVICE : FORGET_DEVICE, id, json, error);
}

static gint64 random_id(void)
{
    /* From the kernel: ids must not repeat after a copied or restored state. */
    guint64 id = 0;
    while (id == 0) {
        if (getentropy(&id, sizeof id) != 0)
            id = (guint64)g_random_int() << 32 | g_random_int();
    }
    return (gint64)id;
}

gboolean hth_state_root_key(HthState *self, const char *path, gint64 *out_key, GError **error)
{
    lock_to_write(self);
    sqlite3_stmt *find = hth_db_statement(self->shared, ROOT_KEY);
    sqlite3_bind_blob(find, 1, path, (int)strlen(path), SQLITE_STATIC);
    gboolean is_found = hth_db_row(self->shared, find, NULL);
    if (is_found)
        *out_key = sqlite3_column_int64(find, 0);
    sqlite3_reset(find);
    if (!is_found) {
        *out_key = random_id();
        sqlite3_stmt *add = hth_db_statement(self->shared, ADD_ROOT);
        sqlite3_bind_int64(add, 1, *out_key);
        sqlite3_bind_blob(add, 2, path, (int)strlen(path), SQLITE_STATIC);
        is_found = hth_db_done(self->shared, add, error);
    }
    unlock_written(self);
    return is_found;
}

static gboolean finish(HthDb *db, gboolean is_good, GError **error)
{
    if (is_good && hth_db_run(db, "COMMIT", error))
        return TRUE;
    if (!sqlite3_get_autocommit(hth_db_handle(db)))
        (void)hth_db_run(db, "ROLLBACK", NULL); /* the first error is the one to report */
    return FALSE;
}

/* What was once shared at the new path is found by its content, like anything that has moved. */
static gboolean rename_root(HthState *self, const char *old_path, const char *new_path,
                            GError **error)
{
    sqlite3_stmt *forget = hth_db_statement(self->shared, FORGET_ROOT);
    sqlite3_bind_blob(forget, 1, new_path, (int)strlen(new_path), SQLITE_STATIC);
    if (!hth_db_done(self->shared, forget, error))
        return FALSE;
    sqlite3_stmt *move = hth_db_statement(self->shared, MOVE_ROOT);
    sqlite3_bind_blob(move, 1, old_path, (int)strlen(old_path), SQLITE_STATIC);
    sqlite3_bind_blob(move, 2, new_path, (int)strlen(new_path), SQLITE_STATIC);
    if (!hth_db_done(self->shared, move, error))
        return FALSE;
    if (sqlite3_changes(hth_db_handle(self->shared)) > 0)
        return TRUE;
    g_set_error(error, HTH_ERROR, HTH_ERROR_NOT_FOUND, "%s is not a shared folder", old_path);
    return FALSE;
}

gboolean hth_state_move_root(HthState *self, const char *old_path, const char *new_path,
                             GError **error)
{
    lock_to_write(self);
    gboolean is_moved = hth_db_run(self->shared, "BEGIN IMMEDIATE", error);
    if (is_moved)
        is_moved = finish(self->shared, rename_root(self, old_path, new_path, error), error);
    unlock_written(self);
    return is_moved;
}

/* ---- Play state ---- */

static void read_play(HthDb *db, guint64 permanent_id, const char *person, HthPlayState *out_state)
{
    *out_state = (HthPlayState){ 0 };
    sqlite3_stmt *play = hth_db_statement(db, PLAY);
    sqlite3_bind_int64(play, 1, (gint64)permanent_id);
    sqlite3_bind_text(play, 2, person, -1, SQLITE_STATIC);
    if (hth_db_row(db, play, NULL)) {
        out_state->play_count = (guint)sqlite3_column_int64(play, 0);
        out_state->last_played_s = sqlite3_column_int64(play, 1);
        out_state->position_ms = sqlite3_column_int64(play, 2);
        out_state->rating = (guint)sqlite3_column_int64(play, 3);
    }
    sqlite3_reset(play);
}

gboolean hth_state_change_play(HthState *self, guint64 permanent_id, const char *person,
                               HthPlayChange change, gint64 value, HthPlayState *out_state,
                               GError **error)
{
    static const guint statement_of[] = { [HTH_PLAY_ADD] = PLAY_ADD,
                                          [HTH_PLAY_POSITION] = PLAY_POSITION,
                                          [HTH_PLAY_RATING] = PLAY_RATING };
    g_return_val_if_fail(change < G_N_ELEMENTS(statement_of), FALSE);

    lock_to_write(self);
    sqlite3_stmt *run = hth_db_statement(self->shared, statement_of[change]);
    sqlite3_bind_int64(run, 1, (gint64)permanent_id);
    sqlite3_bind_text(run, 2, person, -1, SQLITE_STATIC);
    sqlite3_bind_int64(run, 3, value);
    const gboolean is_done = hth_db_done(self->shared, run, error);
    if (is_done)
        read_play(self->shared, permanent_id, person, out_state);
    unlock_written(self);
    return is_done;
}

/* ---- Playlists of the household ---- */

static gboolean save_entries(HthDb *db, guint64 playlist_id, const guint64 *items, guint n_items,
                             GError **error)
{
    sqlite3_stmt *clear = hth_db_statement(db, PLAYLIST_CLEAR);
    sqlite3_bind_int64(clear, 1, (gint64)playlist_id);
    if (!hth_db_done(db, clear, error))
        return FALSE;
    for (guint i = 0; i < n_items; i++) {
        sqlite3_stmt *add = hth_db_statement(db, PLAYLIST_ADD);
        sqlite3_bind_int64(add, 1, (gint64)playlist_id);
        sqlite3_bind_int64(add, 2, i);
        sqlite3_bind_int64(add, 3, (gint64)items[i]);
        if (!hth_db_done(db, add, error))
            return FALSE;
    }
    return TRUE;
}

gboolean hth_state_save_playlist(HthState *self, guint64 playlist_id, const char *title,
                                 const guint64 *items, guint n_items, GError **error)
{
    lock_to_write(self);
    gboolean is_good = hth_db_run(self->shared, "BEGIN IMMEDIATE", error);
    if (is_good) {
        sqlite3_stmt *save = hth_db_statement(self->shared, PLAYLIST_SAVE);
        sqlite3_bind_int64(save, 1, (gint64)playlist_id);
        sqlite3_bind_text(save, 2, title, -1, SQLITE_STATIC);
        sqlite3_bind_int64(save, 3, g_get_real_time() / G_USEC_PER_SEC);
        is_good = finish(self->shared,
                         hth_db_done(self->shared, save, error) &&
                             save_entries(self->shared, playlist_id, items, n_items, error),
                         error);
    }
    unlock_written(self);
    return is_good;
}

gboolean hth_state_remove_playlist(HthState *self, guint64 playlist_id, gboolean *out_existed,
                                   GError **error)
{
    lock_to_write(self);
    gboolean is_good = hth_db_run(self->shared, "BEGIN IMMEDIATE", error);
    if (is_good) {
        sqlite3_stmt *remove = hth_db_statement(self->shared, PLAYLIST_REMOVE);
        sqlite3_bind_int64(remove, 1, (gint64)playlist_id);
        is_good = hth_db_done(self->shared, remove, error);
        *out_existed = sqlite3_changes(hth_db_handle(self->shared)) > 0;
        is_good = finish(self->shared,
                         is_good && save_entries(self->shared, playlist_id, NULL, 0, error), error);
    }
    unlock_written(self);
    return is_good;
}

static void read_entries(HthDb *db, gint64 playlist_id, GArray *items)
{
    g_array_set_size(items, 0);
    sqlite3_stmt *entries = hth_db_statement(db, PLAYLIST_ENTRIES);
    sqlite3_bind_int64(entries, 1, playlist_id);
    while (hth_db_row(db, entries, NULL)) {
        const guint64 item = (guint64)sqlite3_column_int64(entries, 0);
        g_array_append_val(items, item);
    }
}

gboolean hth_state_playlists(HthState *self, HthStatePlaylist callback, gpointer data,
                             GError **error)
{
    /* On the writer's connection: @callback writes index.db on that thread. */
    g_autoptr(GArray) items = g_array_new(FALSE, FALSE, sizeof(guint64));
    g_autoptr(GError) failure = NULL;
    sqlite3_stmt *playlists = hth_db_statement(self->identities, PLAYLISTS);
    while (hth_db_row(self->identities, playlists, &failure)) {
        read_entries(self->identities, sqlite3_column_int64(playlists, 0), items);
        callback((guint64)sqlite3_column_int64(playlists, 0),
                 (const char *)sqlite3_column_text(playlists, 1),
                 (const guint64 *)(void *)items->data, items->len, data);
    }
    if (failure == NULL)
        return TRUE;
    g_propagate_error(error, g_steal_pointer(&failure));
    return FALSE;
}

gboolean hth_state_plays(HthState *self, HthStatePlay callback, gpointer data, GError **error)
{
    g_autoptr(GError) failure = NULL;
    sqlite3_stmt *plays = hth_db_statement(self->identities, PLAYS);
    while (hth_db_row(self->identities, plays, &failure)) {
        const HthPlayState play = { .play_count = (guint)sqlite3_column_int64(plays, 1),
                                    .last_played_s = sqlite3_column_int64(plays, 2),
                                    .position_ms = sqlite3_column_int64(plays, 3),
                                    .rating = (guint)sqlite3_column_int64(plays, 4) };
        callback((guint64)sqlite3_column_int64(plays, 0), &play, data);
    }
    if (failure == NULL)
        return TRUE;
    g_propagate_error(error, g_steal_pointer(&failure));
    return FALSE;
}

/* ---- Identities ---- */

gboolean hth_state_begin(HthState *self, GError **error)
{
    if (self->is_begun)
        return TRUE;
    hth_write_turn_take_long(self->turn);
    self->is_begun = hth_db_run(self->identities, "BEGIN IMMEDIATE", error);
    if (!self->is_begun)
        hth_write_turn_give(self->turn);
    return self->is_begun;
}

static void end_turn(HthState *self)
{
    self->is_begun = FALSE;
    hth_write_turn_give(self->turn);
}

gboolean hth_state_commit(HthState *self, GError **error)
{
    if (!self->is_begun)
        return TRUE;
    const gboolean is_good = finish(self->identities, TRUE, error);
    end_turn(self);
    return is_good;
}

void hth_state_rollback(HthState *self)
{
    if (!self->is_begun)
        return;
    if (!sqlite3_get_autocommit(hth_db_handle(self->identities)))
        (void)hth_db_run(self->identities, "ROLLBACK", NULL); /* nothing more can be done */
    end_turn(self);
}

static gboolean find_by_path(HthState *self, HthIdentity *identity)
{
    sqlite3_stmt *find = hth_db_statement(self->identities, BY_PATH);
    sqlite3_bind_int64(find, 1, identity->root_key);
    sqlite3_bind_blob(find, 2, identity->path, (int)identity->path_length, SQLITE_STATIC);
    const gboolean is_found = hth_db_row(self->identities, find, NULL);
    if (is_found) {
        identity->permanent_id = (guint64)sqlite3_column_int64(find, 0);
        identity->added_s = sqlite3_column_int64(find, 1);
    }
    sqlite3_reset(find);
    return is_found;
}

static gboolean has_name(const char *path, gsize length, const char *other, gsize other_length)
{
    const char *slash = memrchr(path, '/', length);
    const char *name = slash != NULL ? slash + 1 : path;
    const gsize name_length = length - (gsize)(name - path);
    return other_length >= name_length &&
           memcmp(other + other_length - name_length, name, name_length) == 0 &&
           (other_length == name_length || other[other_length - name_length - 1] == '/');
}

/* Among those gone from elsewhere: the same size and time, and the same inode or the same name. */
static gboolean find_by_content(HthState *self, HthIdentity *identity)
{
    sqlite3_stmt *find = hth_db_statement(self->identities, BY_CONTENT);
    sqlite3_bind_int64(find, 1, identity->size_bytes);
    sqlite3_bind_int64(find, 2, identity->mtime_ns);
    gboolean is_found = FALSE;
    while (!is_found && hth_db_row(self->identities, find, NULL)) {
        const char *path = sqlite3_column_blob(find, 2);
        const gsize length = (gsize)sqlite3_column_bytes(find, 2);
        is_found = sqlite3_column_int64(find, 3) == identity->inode ||
                   has_name(identity->path, identity->path_length, path, length);
        if (is_found) {
            identity->permanent_id = (guint64)sqlite3_column_int64(find, 0);
            identity->added_s = sqlite3_column_int64(find, 1);
        }
    }
    sqlite3_reset(find);
    return is_found;
}

static gboolean run_identity(HthState *self, guint statement, const HthIdentity *identity,
                             GError **error)
{
    sqlite3_stmt *run = hth_db_statement(self->identities, statement);
    sqlite3_bind_int64(run, 1, (gint64)identity->permanent_id);
    sqlite3_bind_int64(run, 2, identity->root_key);
    sqlite3_bind_blob(run, 3, identity->path, (int)identity->path_length, SQLITE_STATIC);
    sqlite3_bind_int64(run, 4, identity->size_bytes);
    sqlite3_bind_int64(run, 5, identity->mtime_ns);
    sqlite3_bind_int64(run, 6, identity->inode);
    if (statement == ADD_IDENTITY)
        sqlite3_bind_int64(run, 7, identity->added_s);
    return hth_db_done(self->identities, run, error);
}

gboolean hth_state_identity_new(HthState *self, HthIdentity *identity, GError **error)
{
    identity->permanent_id = (guint64)random_id();
    return hth_state_begin(self, error) && run_identity(self, ADD_IDENTITY, identity, error);
}

gboolean hth_state_identify(HthState *self, HthIdentity *identity, HthPlayState *out_play,
                            GError **error)
{
    *out_play = (HthPlayState){ 0 };
    if (!hth_state_begin(self, error))
        return FALSE;
    if (!find_by_path(self, identity) && !find_by_content(self, identity))
        return hth_state_identity_new(self, identity, error);
    read_play(self->identities, identity->permanent_id, "", out_play);
    return run_identity(self, SET_IDENTITY, identity, error);
}

gboolean hth_state_identity_moved(HthState *self, const HthIdentity *identity, GError **error)
{
    return hth_state_begin(self, error) && run_identity(self, SET_IDENTITY, identity, error);
}

gboolean hth_state_identity_gone(HthState *self, guint64 permanent_id, GError **error)
{
    if (!hth_state_begin(self, error))
        return FALSE;
    sqlite3_stmt *gone = hth_db_statement(self->identities, IDENTITY_GONE);
    sqlite3_bind_int64(gone, 1, (gint64)permanent_id);
    sqlite3_bind_int64(gone, 2, g_get_real_time() / G_USEC_PER_SEC);
    return hth_db_done(self->identities, gone, error);
}
