/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The catalogue in SQLite. */
#include "catalogue.h"

#include <string.h>

#include "base/error.h"
#include "base/random.h"
#include "base/text.h"
#include "store/db.h"

enum {
    STATEMENT_VERSION,
    STATEMENT_ACCOUNTS,
    STATEMENT_ACCOUNT_BY_KEY,
    STATEMENT_ACCOUNT_ADD,
    STATEMENT_LIMITS,
    STATEMENT_REMOVE_ACCOUNT,
    STATEMENT_REMOVE_ROUTES,
    STATEMENT_REMOVE_USE,
    STATEMENT_REMOVE_INVITATION,
    STATEMENT_ROUTES,
    STATEMENT_ROUTE_ADD,
    STATEMENT_INVITE,
    STATEMENT_INVITATION,
    STATEMENT_INVITATION_USED,
    STATEMENT_INVITATIONS_OPEN,
    STATEMENT_INVITATIONS_OLD,
    STATEMENT_USE,
    STATEMENT_NOTE,
    STATEMENT_NOTE_SET,
    N_STATEMENTS,
};

static const char *const statements[N_STATEMENTS] = {
    [STATEMENT_VERSION] = "PRAGMA data_version",
    [STATEMENT_ACCOUNTS] =
        "SELECT h.id, h.key, h.name, h.joined_unix_s, h.household_rate, h.session_rate,"
        " h.month_bytes, h.sessions, coalesce(u.bytes, 0), coalesce(u.sessions, 0),"
        " (SELECT count(*) FROM route r WHERE r.household = h.id)"
        " FROM household h LEFT JOIN use u ON u.household = h.id AND u.month = ?1"
        " ORDER BY h.joined_unix_s, h.id",
    [STATEMENT_ACCOUNT_BY_KEY] = "SELECT id FROM household WHERE key = ?1",
    [STATEMENT_ACCOUNT_ADD] =
        "INSERT INTO household (id, key, name, joined_unix_s) VALUES (?1, ?2, ?3, ?4)",
    [STATEMENT_LIMITS] = "UPDATE household SET household_rate = ?2, session_rate = ?3,"
                         " month_bytes = ?4, sessions = ?5 WHERE id = ?1",
    [STATEMENT_REMOVE_ACCOUNT] = "DELETE FROM household WHERE id = ?1",
    [STATEMENT_REMOVE_ROUTES] = "DELETE FROM route WHERE household = ?1",
    [STATEMENT_REMOVE_USE] = "DELETE FROM use WHERE household = ?1",
    [STATEMENT_REMOVE_INVITATION] = "DELETE FROM invitation WHERE household = ?1",
    [STATEMENT_ROUTES] = "SELECT route FROM route WHERE household = ?1",
    [STATEMENT_ROUTE_ADD] = "INSERT INTO route (route, household) VALUES (?1, ?2)",
    [STATEMENT_INVITE] = "INSERT INTO invitation (secret_hash, expires_unix_s) VALUES (?1, ?2)",
    [STATEMENT_INVITATION] =
        "SELECT expires_unix_s, household FROM invitation WHERE secret_hash = ?1",
    [STATEMENT_INVITATION_USED] = "UPDATE invitation SET household = ?2 WHERE secret_hash = ?1",
    [STATEMENT_INVITATIONS_OPEN] =
        "SELECT count(*) FROM invitation WHERE household IS NULL AND expires_unix_s > ?1",
    [STATEMENT_INVITATIONS_OLD] = "DELETE FROM invitation WHERE expires_unix_s <= ?1",
    [STATEMENT_USE] =
        "INSERT INTO use (household, month, bytes, sessions) SELECT ?1, ?2, ?3, ?4"
        " WHERE EXISTS (SELECT 1 FROM household WHERE id = ?1) ON CONFLICT (household, month)"
        " DO UPDATE SET bytes = bytes + excluded.bytes, sessions = sessions + excluded.sessions",
    [STATEMENT_NOTE] = "SELECT text FROM note WHERE name = ?1",
    [STATEMENT_NOTE_SET] = "INSERT OR REPLACE INTO note (name, text) VALUES (?1, ?2)",
};

static const char *const migrations[] = {
    /* 1 */
    "CREATE TABLE household (id INTEGER PRIMARY KEY, key BLOB NOT NULL UNIQUE,"
    " name TEXT NOT NULL, joined_unix_s INTEGER NOT NULL,"
    " household_rate INTEGER NOT NULL DEFAULT 0, session_rate INTEGER NOT NULL DEFAULT 0,"
    " month_bytes INTEGER NOT NULL DEFAULT 0, sessions INTEGER NOT NULL DEFAULT 0) STRICT;"
    "CREATE TABLE route (route TEXT PRIMARY KEY, household INTEGER NOT NULL)"
    " STRICT, WITHOUT ROWID;"
    "CREATE INDEX route_household ON route (household);"
    "CREATE TABLE invitation (secret_hash BLOB PRIMARY KEY, expires_unix_s INTEGER NOT NULL,"
    " household INTEGER) STRICT, WITHOUT ROWID;"
    "CREATE TABLE use (household INTEGER NOT NULL, month INTEGER NOT NULL,"
    " bytes INTEGER NOT NULL, sessions INTEGER NOT NULL, PRIMARY KEY (household, month))"
    " STRICT, WITHOUT ROWID;"
    "CREATE TABLE note (name TEXT PRIMARY KEY, text TEXT NOT NULL) STRICT, WITHOUT ROWID;",
};

struct HthCatalogue {
    HthDb *db;
};

HthCatalogue *hth_catalogue_open(const char *data_dir, GError **error)
{
    const HthDbOptions options = {
        .migrations = migrations,
        .n_migrations = G_N_ELEMENTS(migrations),
        .statements = statements,
        .n_statements = N_STATEMENTS,
        .is_durable = TRUE,
    };
    g_autofree char *path = g_build_filename(data_dir, "locker.sqlite", NULL);
    HthDb *db = hth_db_open(path, &options, error);
    if (db == NULL) {
        g_prefix_error(error, "%s: ", path);
        return NULL;
    }
    HthCatalogue *self = g_new0(HthCatalogue, 1);
    self->db = db;
    return self;
}

void hth_catalogue_free(HthCatalogue *self)
{
    if (self == NULL)
        return;
    hth_db_free(self->db);
    g_free(self);
}

gint64 hth_catalogue_version(HthCatalogue *self)
{
    sqlite3_stmt *statement = hth_db_statement(self->db, STATEMENT_VERSION);
    if (!hth_db_row(self->db, statement, NULL))
        return 0;
    const gint64 version = sqlite3_column_int64(statement, 0);
    sqlite3_reset(statement);
    return version;
}

guint hth_month_of(gint64 unix_s)
{
    g_autoptr(GDateTime) time = g_date_time_new_from_unix_utc(unix_s);
    return time == NULL ? 0
                        : (guint)(g_date_time_get_year(time) * 100 + g_date_time_get_month(time));
}

static gint64 now_unix_s(void)
{
    return g_get_real_time() / G_USEC_PER_SEC;
}

/* ---- Transactions ---- */

static gboolean begin(HthCatalogue *self, GError **error)
{
    return hth_db_run(self->db, "BEGIN IMMEDIATE", error);
}

/* Commits when @is_good, else rolls back and leaves @error as it is. */
static gboolean finish(HthCatalogue *self, gboolean is_good, GError **error)
{
    if (is_good && hth_db_run(self->db, "COMMIT", error))
        return TRUE;
    (void)hth_db_run(self->db, "ROLLBACK", NULL); /* there may be none any more */
    return FALSE;
}

/* Runs a statement that has one number, and returns no rows. */
static gboolean run_with(HthCatalogue *self, guint number, gint64 value, GError **error)
{
    sqlite3_stmt *statement = hth_db_statement(self->db, number);
    sqlite3_bind_int64(statement, 1, value);
    return hth_db_done(self->db, statement, error);
}

/* ---- Households ---- */

void hth_account_free(HthAccount *account)
{
    if (account == NULL)
        return;
    g_free(account->name);
    g_free(account);
}

char *hth_account_id_text(guint64 id)
{
    char text[HTH_TEXT_ID_LENGTH + 1];
    hth_text_id_encode(id, text);
    return g_strdup(text);
}

static HthAccount *read_account(sqlite3_stmt *row)
{
    HthAccount *account = g_new0(HthAccount, 1);
    account->id = (guint64)sqlite3_column_int64(row, 0);
    if (sqlite3_column_bytes(row, 1) == HTH_KEY_ID_BYTES)
        memcpy(account->key.bytes, sqlite3_column_blob(row, 1), HTH_KEY_ID_BYTES);
    account->name = hth_db_text(row, 2);
    account->joined_unix_s = sqlite3_column_int64(row, 3);
    account->limits = (HthLimits){
        .household_rate = (guint64)sqlite3_column_int64(row, 4),
        .session_rate = (guint64)sqlite3_column_int64(row, 5),
        .month_bytes = (guint64)sqlite3_column_int64(row, 6),
        .sessions = (guint32)sqlite3_column_int64(row, 7),
    };
    account->month_bytes_used = (guint64)sqlite3_column_int64(row, 8);
    account->month_sessions = (guint64)sqlite3_column_int64(row, 9);
    account->n_routes = (guint)sqlite3_column_int64(row, 10);
    return account;
}

GPtrArray *hth_catalogue_accounts(HthCatalogue *self, guint month, GError **error)
{
    g_autoptr(GPtrArray) accounts =
        g_ptr_array_new_with_free_func((GDestroyNotify)hth_account_free);
    GError *problem = NULL;
    sqlite3_stmt *row = hth_db_statement(self->db, STATEMENT_ACCOUNTS);
    sqlite3_bind_int64(row, 1, month);
    while (hth_db_row(self->db, row, &problem))
        g_ptr_array_add(accounts, read_account(row));
    if (problem == NULL)
        return g_steal_pointer(&accounts);
    g_propagate_error(error, problem);
    return NULL;
}

static gboolean is_meant(const HthAccount *account, const char *text)
{
    g_autofree char *id = hth_account_id_text(account->id);
    return (*text != '\0' && g_str_has_prefix(id, text)) || g_strcmp0(account->name, text) == 0;
}

HthAccount *hth_catalogue_find(HthCatalogue *self, const char *text, guint month, GError **error)
{
    g_autoptr(GPtrArray) accounts = hth_catalogue_accounts(self, month, error);
    guint n_found = 0;
    guint found = 0;
    if (accounts == NULL)
        return NULL;
    for (guint i = 0; i < accounts->len; i++) {
        if (is_meant(accounts->pdata[i], text)) {
            found = i;
            n_found++;
        }
    }
    if (n_found == 1)
        return g_ptr_array_steal_index(accounts, found);
    g_set_error(error, HTH_ERROR, n_found == 0 ? HTH_ERROR_NOT_FOUND : HTH_ERROR_INVALID,
                n_found == 0 ? "there is no household “%s”; see: hearth-locker accounts list"
                             : "“%s” is the name of several households; use the id",
                text);
    return NULL;
}

gboolean hth_catalogue_set_limits(HthCatalogue *self, guint64 id, const HthLimits *limits,
                                  GError **error)
{
    sqlite3_stmt *statement = hth_db_statement(self->db, STATEMENT_LIMITS);
    sqlite3_bind_int64(statement, 1, (gint64)id);
    sqlite3_bind_int64(statement, 2, (gint64)limits->household_rate);
    sqlite3_bind_int64(statement, 3, (gint64)limits->session_rate);
    sqlite3_bind_int64(statement, 4, (gint64)limits->month_bytes);
    sqlite3_bind_int64(statement, 5, limits->sessions);
    return hth_db_done(self->db, statement, error);
}

gboolean hth_catalogue_remove(HthCatalogue *self, guint64 id, GError **error)
{
    static const guint steps[] = { STATEMENT_REMOVE_ROUTES, STATEMENT_REMOVE_USE,
                                   STATEMENT_REMOVE_INVITATION, STATEMENT_REMOVE_ACCOUNT };
    if (!begin(self, error))
        return FALSE;
    gboolean is_good = TRUE;
    for (guint i = 0; is_good && i < G_N_ELEMENTS(steps); i++)
        is_good = run_with(self, steps[i], (gint64)id, error);
    return finish(self, is_good, error);
}

/* ---- Routes ---- */

static gboolean add_routes(HthCatalogue *self, guint64 id, const char *const *routes,
                           GError **error)
{
    for (; *routes != NULL; routes++) {
        sqlite3_stmt *statement = hth_db_statement(self->db, STATEMENT_ROUTE_ADD);
        sqlite3_bind_text(statement, 1, *routes, -1, SQLITE_STATIC);
        sqlite3_bind_int64(statement, 2, (gint64)id);
        if (!hth_db_done(self->db, statement, error))
            return FALSE;
    }
    return TRUE;
}

gboolean hth_catalogue_set_routes(HthCatalogue *self, guint64 id, const char *const *routes,
                                  GError **error)
{
    if (!begin(self, error))
        return FALSE;
    const gboolean is_good = run_with(self, STATEMENT_REMOVE_ROUTES, (gint64)id, error) &&
                             add_routes(self, id, routes, error);
    return finish(self, is_good, error);
}

char **hth_catalogue_routes(HthCatalogue *self, guint64 id, GError **error)
{
    g_autoptr(GStrvBuilder) builder = g_strv_builder_new();
    GError *problem = NULL;
    sqlite3_stmt *row = hth_db_statement(self->db, STATEMENT_ROUTES);
    sqlite3_bind_int64(row, 1, (gint64)id);
    while (hth_db_row(self->db, row, &problem))
        g_strv_builder_add(builder, (const char *)sqlite3_column_text(row, 0));
    if (problem == NULL)
        return g_strv_builder_end(builder);
    g_propagate_error(error, problem);
    return NULL;
}

/* ---- Invitations ---- */

static void bind_hash(sqlite3_stmt *statement, int index, const HthKeyId *hash)
{
    sqlite3_bind_blob(statement, index, hash->bytes, HTH_KEY_ID_BYTES, SQLITE_STATIC);
}

gboolean hth_catalogue_invite(HthCatalogue *self, const HthKeyId *secret_hash,
                              gint64 expires_unix_s, GError **error)
{
    /* Those that nobody can use any more go on this occasion. */
    if (!run_with(self, STATEMENT_INVITATIONS_OLD, now_unix_s(), error))
        return FALSE;
    sqlite3_stmt *statement = hth_db_statement(self->db, STATEMENT_INVITE);
    bind_hash(statement, 1, secret_hash);
    sqlite3_bind_int64(statement, 2, expires_unix_s);
    return hth_db_done(self->db, statement, error);
}

guint hth_catalogue_open_invitations(HthCatalogue *self)
{
    sqlite3_stmt *row = hth_db_statement(self->db, STATEMENT_INVITATIONS_OPEN);
    sqlite3_bind_int64(row, 1, now_unix_s());
    const guint n = hth_db_row(self->db, row, NULL) ? (guint)sqlite3_column_int64(row, 0) : 0;
    sqlite3_reset(row);
    return n;
}

/* Returns: whose key it is; 0: nobody's. */
static guint64 owner_of_key(HthCatalogue *self, const HthKeyId *key, GError **error)
{
    sqlite3_stmt *row = hth_db_statement(self->db, STATEMENT_ACCOUNT_BY_KEY);
    bind_hash(row, 1, key);
    const guint64 id = hth_db_row(self->db, row, error) ? (guint64)sqlite3_column_int64(row, 0) : 0;
    sqlite3_reset(row);
    return id;
}

static guint64 random_id(void)
{
    guint64 id;
    hth_random_fill(&id, sizeof id);
    return MAX(id & G_MAXINT64, 1); /* SQLite's integers have a sign */
}

static gboolean add_account(HthCatalogue *self, const HthKeyId *secret_hash, const HthKeyId *key,
                            const char *name, guint64 id, GError **error)
{
    sqlite3_stmt *account = hth_db_statement(self->db, STATEMENT_ACCOUNT_ADD);
    sqlite3_bind_int64(account, 1, (gint64)id);
    bind_hash(account, 2, key);
    sqlite3_bind_text(account, 3, name, -1, SQLITE_STATIC);
    sqlite3_bind_int64(account, 4, now_unix_s());
    if (!hth_db_done(self->db, account, error))
        return FALSE;
    sqlite3_stmt *invitation = hth_db_statement(self->db, STATEMENT_INVITATION_USED);
    bind_hash(invitation, 1, secret_hash);
    sqlite3_bind_int64(invitation, 2, (gint64)id);
    return hth_db_done(self->db, invitation, error);
}

/* Inside a transaction. */
static gboolean redeem(HthCatalogue *self, const HthKeyId *secret_hash, const HthKeyId *key,
                       const char *name, guint64 *out_id, GError **error)
{
    GError *problem = NULL;
    const guint64 owner = owner_of_key(self, key, &problem);
    sqlite3_stmt *row = problem == NULL ? hth_db_statement(self->db, STATEMENT_INVITATION) : NULL;
    if (row != NULL)
        bind_hash(row, 1, secret_hash);
    const gboolean is_there = row != NULL && hth_db_row(self->db, row, &problem);
    const gint64 expires_unix_s = is_there ? sqlite3_column_int64(row, 0) : 0;
    const guint64 user = is_there ? (guint64)sqlite3_column_int64(row, 1) : 0;
    if (row != NULL)
        sqlite3_reset(row);
    if (problem != NULL) {
        g_propagate_error(error, problem);
        return FALSE;
    }
    if (is_there && user != 0 && user == owner) {
        *out_id = owner;
        return TRUE;
    }
    if (!is_there || user != 0 || expires_unix_s <= now_unix_s()) {
        g_set_error(error, HTH_ERROR, HTH_ERROR_REFUSED,
                    "this code is not known, or used or expired: ask for a new one");
        return FALSE;
    }
    if (owner != 0) {
        g_set_error(error, HTH_ERROR, HTH_ERROR_INVALID,
                    "this home is a household of this locker already");
        return FALSE;
    }
    *out_id = random_id();
    return add_account(self, secret_hash, key, name, *out_id, error);
}

gboolean hth_catalogue_redeem(HthCatalogue *self, const HthKeyId *secret_hash, const HthKeyId *key,
                              const char *name, guint64 *out_id, GError **error)
{
    return begin(self, error) &&
           finish(self, redeem(self, secret_hash, key, name, out_id, error), error);
}

/* ---- Use ---- */

gboolean hth_catalogue_add_use(HthCatalogue *self, guint month, const HthUse *use, guint n_use,
                               GError **error)
{
    if (n_use == 0)
        return TRUE;
    if (!begin(self, error))
        return FALSE;
    gboolean is_good = TRUE;
    for (guint i = 0; is_good && i < n_use; i++) {
        sqlite3_stmt *statement = hth_db_statement(self->db, STATEMENT_USE);
        sqlite3_bind_int64(statement, 1, (gint64)use[i].id);
        sqlite3_bind_int64(statement, 2, month);
        sqlite3_bind_int64(statement, 3, (gint64)use[i].n_bytes);
        sqlite3_bind_int64(statement, 4, (gint64)use[i].n_sessions);
        is_good = hth_db_done(self->db, statement, error);
    }
    return finish(self, is_good, error);
}

/* ---- Notes ---- */

char *hth_catalogue_note(HthCatalogue *self, const char *name)
{
    sqlite3_stmt *row = hth_db_statement(self->db, STATEMENT_NOTE);
    sqlite3_bind_text(row, 1, name, -1, SQLITE_STATIC);
    char *text = hth_db_row(self->db, row, NULL) ? hth_db_text(row, 0) : NULL;
    sqlite3_reset(row);
    return text;
}

gboolean hth_catalogue_set_note(HthCatalogue *self, const char *name, const char *text,
                                GError **error)
{
    sqlite3_stmt *statement = hth_db_statement(self->db, STATEMENT_NOTE_SET);
    sqlite3_bind_text(statement, 1, name, -1, SQLITE_STATIC);
    sqlite3_bind_text(statement, 2, text, -1, SQLITE_STATIC);
    return hth_db_done(self->db, statement, error);
}
