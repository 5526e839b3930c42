/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Who is who: items found again by place or content. Writer thread. */
#include <string.h>

#include "library/state-private.h"

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
    const gboolean is_good = hth_state_finish(self->identities, TRUE, error);
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
    sqlite3_stmt *find = hth_db_statement(self->identities, HTH_STATE_BY_PATH);
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
    sqlite3_stmt *find = hth_db_statement(self->identities, HTH_STATE_BY_CONTENT);
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
    if (statement == HTH_STATE_ADD_IDENTITY)
        sqlite3_bind_int64(run, 7, identity->added_s);
    return hth_db_done(self->identities, run, error);
}

gboolean hth_state_identity_new(HthState *self, HthIdentity *identity, GError **error)
{
    identity->permanent_id = (guint64)hth_state_random_id();
    return hth_state_begin(self, error) &&
           run_identity(self, HTH_STATE_ADD_IDENTITY, identity, error);
}

gboolean hth_state_identify(HthState *self, HthIdentity *identity, HthPlayState *out_play,
                            GError **error)
{
    *out_play = (HthPlayState){ 0 };
    if (!hth_state_begin(self, error))
        return FALSE;
    if (!find_by_path(self, identity) && !find_by_content(self, identity))
        return hth_state_identity_new(self, identity, error);
    hth_state_read_play(self->identities, identity->permanent_id, "", out_play);
    return run_identity(self, HTH_STATE_SET_IDENTITY, identity, error);
}

gboolean hth_state_identity_moved(HthState *self, const HthIdentity *identity, GError **error)
{
    return hth_state_begin(self, error) &&
           run_identity(self, HTH_STATE_SET_IDENTITY, identity, error);
}

gboolean hth_state_identity_gone(HthState *self, guint64 permanent_id, GError **error)
{
    if (!hth_state_begin(self, error))
        return FALSE;
    sqlite3_stmt *gone = hth_db_statement(self->identities, HTH_STATE_IDENTITY_GONE);
    sqlite3_bind_int64(gone, 1, (gint64)permanent_id);
    sqlite3_bind_int64(gone, 2, g_get_real_time() / G_USEC_PER_SEC);
    return hth_db_done(self->identities, gone, error);
}
