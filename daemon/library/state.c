/* SPDX-License-Identifier: GPL-3.0-or-later */
#define HTH_LOG_TOPIC "state"
#include "library/state-private.h"

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

/* An automatic copy is this old when the next one is made. */
#define COPY_AGE_S (24 * 60 * 60)

static const char *const statements[HTH_STATE_N_STATEMENTS] = {
    [HTH_STATE_LOAD] = "SELECT value FROM setting WHERE key = ?1",
    [HTH_STATE_STORE] = "INSERT OR REPLACE INTO setting (key, value) VALUES (?1, ?2)",
    [HTH_STATE_FORGET] = "DELETE FROM setting WHERE key = ?1",
    [HTH_STATE_DEVICES] = "SELECT id, json FROM device ORDER BY id",
    [HTH_STATE_STORE_DEVICE] = "INSERT OR REPLACE INTO device (id, json) VALUES (?1, ?2)",
    [HTH_STATE_FORGET_DEVICE] = "DELETE FROM device WHERE id = ?1",
    [HTH_STATE_ROOT_KEY] = "SELECT key FROM root WHERE path = ?1",
    [HTH_STATE_ADD_ROOT] = "INSERT INTO root (key, path) VALUES (?1, ?2)",
    [HTH_STATE_FORGET_ROOT] = "DELETE FROM root WHERE path = ?1",
    [HTH_STATE_MOVE_ROOT] = "UPDATE root SET path = ?2 WHERE path = ?1",
    [HTH_STATE_PLAY] = "SELECT play_count + device_plays, last_played_s, position_ms, rating,"
                       " is_favourite FROM play WHERE permanent_id = ?1 AND person = ?2",
    [HTH_STATE_PLAYS] =
        "SELECT permanent_id, play_count + device_plays, last_played_s, position_ms, rating,"
        " is_favourite FROM play WHERE person = ''",
    [HTH_STATE_PLAY_ADD] =
        "INSERT INTO play (permanent_id, person, play_count, last_played_s)"
        " VALUES (?1, ?2, 1, ?3) ON CONFLICT (permanent_id, person) DO UPDATE SET"
        " play_count = play_count + 1, last_played_s = max(last_played_s, ?3)",
    [HTH_STATE_PLAY_POSITION] =
        "INSERT INTO play (permanent_id, person, position_ms) VALUES (?1, ?2, ?3)"
        " ON CONFLICT (permanent_id, person) DO UPDATE SET position_ms = ?3",
    [HTH_STATE_PLAY_RATING] = "INSERT INTO play (permanent_id, person, rating) VALUES (?1, ?2, ?3)"
                              " ON CONFLICT (permanent_id, person) DO UPDATE SET rating = ?3",
    [HTH_STATE_PLAY_FAVOURITE] =
        "INSERT INTO play (permanent_id, person, is_favourite) VALUES (?1, ?2, ?3)"
        " ON CONFLICT (permanent_id, person) DO UPDATE SET is_favourite = ?3",
    [HTH_STATE_PLAY_MERGE] =
        "INSERT INTO play (permanent_id, person, device_plays, last_played_s, position_ms, rating,"
        " is_favourite) VALUES (?1, '', ?2, ?3, max(?4, 0), max(?5, 0), max(?6, 0))"
        " ON CONFLICT (permanent_id, person) DO UPDATE SET device_plays = ?2,"
        " last_played_s = max(last_played_s, ?3),"
        " position_ms = CASE WHEN ?4 < 0 THEN position_ms ELSE ?4 END,"
        " rating = CASE WHEN ?5 < 0 THEN rating ELSE ?5 END,"
        " is_favourite = CASE WHEN ?6 < 0 THEN is_favourite ELSE ?6 END",
    [HTH_STATE_PLAYLIST_TITLE] = "SELECT title FROM playlist WHERE permanent_id = ?1",
    [HTH_STATE_PLAYLIST_SAVE] = "INSERT OR REPLACE INTO playlist (permanent_id, title, changed_s)"
                                " VALUES (?1, ?2, ?3)",
    [HTH_STATE_PLAYLIST_CLEAR] = "DELETE FROM playlist_entry WHERE playlist_id = ?1",
    [HTH_STATE_PLAYLIST_ADD] = "INSERT INTO playlist_entry (playlist_id, position, item_id)"
                               " VALUES (?1, ?2, ?3)",
    [HTH_STATE_PLAYLIST_REMOVE] = "DELETE FROM playlist WHERE permanent_id = ?1",
    [HTH_STATE_PLAYLISTS] = "SELECT permanent_id, title FROM playlist ORDER BY permanent_id",
    [HTH_STATE_PLAYLIST_ENTRIES] = "SELECT item_id FROM playlist_entry WHERE playlist_id = ?1"
                                   " ORDER BY position",
    [HTH_STATE_BY_PATH] =
        "SELECT permanent_id, added_s FROM identity WHERE root_key = ?1 AND path = ?2"
        " ORDER BY gone_s LIMIT 1",
    [HTH_STATE_BY_CONTENT] = "SELECT permanent_id, added_s, path, inode FROM identity"
                             " WHERE size = ?1 AND mtime_ns = ?2 AND gone_s > 0 LIMIT 32",
    [HTH_STATE_ADD_IDENTITY] =
        "INSERT INTO identity (permanent_id, root_key, path, size, mtime_ns, inode,"
        " added_s) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    [HTH_STATE_SET_IDENTITY] =
        "UPDATE identity SET root_key = ?2, path = ?3, size = ?4, mtime_ns = ?5,"
        " inode = ?6, gone_s = 0 WHERE permanent_id = ?1",
    [HTH_STATE_IDENTITY_GONE] = "UPDATE identity SET gone_s = ?2 WHERE permanent_id = ?1",
};

static HthDb *open_connection(const char *dir, gboolean may_migrate, GError **error)
{
    g_autofree char *path = g_build_filename(dir, "state.db", NULL);
    g_autofree char *copy = g_strconcat(path, ".before-upgrade", NULL);
    const HthDbOptions options = {
        .migrations = hth_state_migrations,
        .n_migrations = hth_n_state_migrations,
        .statements = statements,
        .n_statements = HTH_STATE_N_STATEMENTS,
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

void hth_state_lock_to_write(HthState *self)
{
    hth_write_turn_take(self->turn);
    g_mutex_lock(&self->mutex);
}

void hth_state_unlock_written(HthState *self)
{
    g_mutex_unlock(&self->mutex);
    hth_write_turn_give(self->turn);
}

gboolean hth_state_finish(HthDb *db, gboolean is_good, GError **error)
{
    if (is_good && hth_db_run(db, "COMMIT", error))
        return TRUE;
    if (!sqlite3_get_autocommit(hth_db_handle(db)))
        (void)hth_db_run(db, "ROLLBACK", NULL); /* the first error is the one to report */
    return FALSE;
}

gint64 hth_state_random_id(void)
{
    /* From the kernel: ids must not repeat after a copied or restored state. */
    guint64 id = 0;
    while (id == 0) {
        if (getentropy(&id, sizeof id) != 0)
            id = (guint64)g_random_int() << 32 | g_random_int();
    }
    return (gint64)id;
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

void hth_state_take_turn(HthState *self)
{
    hth_write_turn_take(self->turn);
}

void hth_state_give_turn(HthState *self)
{
    hth_write_turn_give(self->turn);
}

char *hth_state_path(const HthState *self)
{
    return g_build_filename(self->dir, "state.db", NULL);
}
