/* SPDX-License-Identifier: GPL-3.0-or-later */
#define HTH_LOG_TOPIC "rendition"
#include "rendition-store.h"

#include <errno.h>
#include <fcntl.h>
#include <gio/gio.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "media/convert-protocol.h"
#include "store/db.h"

#define REFUSED_AFTER 2

static const char *const migrations[] = {
    /* 1 */
    "CREATE TABLE renditions (id INTEGER PRIMARY KEY AUTOINCREMENT, item TEXT NOT NULL,"
    " profile TEXT NOT NULL, encoder TEXT NOT NULL, essence BLOB NOT NULL, revision INTEGER NOT "
    "NULL,"
    " has_bytes INTEGER NOT NULL, is_fetched INTEGER NOT NULL, size INTEGER NOT NULL,"
    " hash BLOB NOT NULL, payload_offset INTEGER NOT NULL, payload_hash BLOB NOT NULL,"
    " used INTEGER NOT NULL, skeleton BLOB NOT NULL, UNIQUE (item, profile, encoder)) STRICT;"
    "CREATE INDEX renditions_by_essence ON renditions (essence, profile, encoder);"
    "CREATE INDEX renditions_by_use ON renditions (used) WHERE has_bytes != 0;"
    "CREATE TABLE refusals (item TEXT NOT NULL, profile TEXT NOT NULL, revision INTEGER NOT NULL,"
    " count INTEGER NOT NULL, reason TEXT NOT NULL, PRIMARY KEY (item, profile))"
    " STRICT, WITHOUT ROWID;",
    /* 2 */
    "CREATE TABLE originals (item TEXT PRIMARY KEY, revision INTEGER NOT NULL, essence BLOB NOT "
    "NULL) STRICT, WITHOUT ROWID;",
};

enum {
    FIND,
    FIND_PAYLOAD,
    FIND_KEY,
    WITH_BYTES,
    LOSE_BYTES,
    HAS_BYTES,
    TOUCH,
    LAST_USE,
    SKELETON,
    INSERT,
    UPDATE_REVISION,
    OLDEST,
    COUNT,
    REFUSE,
    REFUSAL,
    LEARN,
    ORIGINAL,
    OF_ORIGINAL,
    N_STATEMENTS,
};

#define COLUMNS                                                                                    \
    "SELECT id, item, profile, encoder, essence, revision, has_bytes, is_fetched, size, hash,"     \
    " payload_offset, payload_hash FROM renditions "

static const char *const statements[N_STATEMENTS] = {
    [FIND] = COLUMNS "WHERE item = ?1 AND profile = ?2 AND essence = ?3"
                     " AND (?4 IS NULL OR encoder = ?4) ORDER BY has_bytes DESC, id DESC LIMIT 1",
    [FIND_PAYLOAD] = COLUMNS "WHERE essence = ?3 AND profile = ?2 AND has_bytes != 0"
                             " AND (?4 IS NULL OR encoder = ?4) ORDER BY id DESC LIMIT 1",
    [FIND_KEY] = COLUMNS "WHERE item = ?1 AND profile = ?2 AND encoder = ?3",
    [WITH_BYTES] = COLUMNS "WHERE has_bytes != 0",
    [LOSE_BYTES] = "UPDATE renditions SET has_bytes = 0 WHERE id = ?1",
    [HAS_BYTES] = "SELECT 1 FROM renditions WHERE id = ?1 AND has_bytes != 0",
    [TOUCH] = "UPDATE renditions SET used = ?2, is_fetched = 1 WHERE id = ?1",
    [LAST_USE] = "SELECT max(used) FROM renditions",
    [SKELETON] = "SELECT skeleton FROM renditions WHERE id = ?1",
    [INSERT] = "INSERT OR REPLACE INTO renditions (item, profile, encoder, essence, revision,"
               " has_bytes, is_fetched, size, hash, payload_offset, payload_hash, used, skeleton)"
               " VALUES (?1, ?2, ?3, ?4, ?5, 1, 0, ?6, ?7, ?8, ?9, ?10, ?11)",
    [UPDATE_REVISION] = "UPDATE renditions SET revision = ?2 WHERE id = ?1",
    [OLDEST] = COLUMNS "WHERE has_bytes != 0 AND id != ?1 ORDER BY used LIMIT 1",
    [COUNT] = "SELECT count(*) FROM renditions",
    [REFUSE] = "INSERT INTO refusals VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT (item, profile)"
               " DO UPDATE SET count = CASE WHEN revision = ?3 THEN count + ?4 ELSE ?4 END,"
               " revision = ?3, reason = ?5",
    [REFUSAL] = "SELECT reason FROM refusals WHERE item = ?1 AND profile = ?2 AND revision = ?3"
                " AND count >= ?4",
    [LEARN] = "INSERT OR REPLACE INTO originals (item, revision, essence) VALUES (?1, ?2, ?3)",
    [ORIGINAL] = "SELECT essence FROM originals WHERE item = ?1 AND revision = ?2",
    [OF_ORIGINAL] = "SELECT hash FROM renditions WHERE item = ?1 AND profile = ?2 AND essence = ?3"
                    " AND revision = ?4",
};

struct HthRenditionStore {
    HthDb *db;
    char *folder;
    guint64 limit_bytes;
    guint64 size_bytes; /* of all files */
    guint n_files;
    guint64 n_dropped;
    gint64 last_use; /* counts up: the clock may be set back */
};

void hth_rendition_row_clear(HthRenditionRow *row)
{
    g_clear_pointer(&row->item, g_free);
    g_clear_pointer(&row->profile, g_free);
    g_clear_pointer(&row->encoder, g_free);
}

/* ---- Rows ---- */

static void bind_text(sqlite3_stmt *statement, int at, const char *text)
{
    if (text != NULL)
        sqlite3_bind_text(statement, at, text, -1, SQLITE_TRANSIENT);
}

static void bind_digest(sqlite3_stmt *statement, int at, const HthDigest *digest)
{
    sqlite3_bind_blob(statement, at, digest->bytes, HTH_DIGEST_BYTES, SQLITE_TRANSIENT);
}

static void read_digest(sqlite3_stmt *statement, int column, HthDigest *out)
{
    const gboolean is_whole = sqlite3_column_bytes(statement, column) == HTH_DIGEST_BYTES;
    *out = (HthDigest){ { 0 } };
    if (is_whole)
        memcpy(out->bytes, sqlite3_column_blob(statement, column), HTH_DIGEST_BYTES);
}

static void read_row(sqlite3_stmt *statement, HthRenditionRow *out)
{
    *out = (HthRenditionRow){
        .id = sqlite3_column_int64(statement, 0),
        .item = hth_db_text(statement, 1),
        .profile = hth_db_text(statement, 2),
        .encoder = hth_db_text(statement, 3),
        .revision = (guint64)sqlite3_column_int64(statement, 5),
        .has_bytes = sqlite3_column_int(statement, 6) != 0,
        .is_fetched = sqlite3_column_int(statement, 7) != 0,
        .size_bytes = sqlite3_column_int64(statement, 8),
        .payload_offset = sqlite3_column_int64(statement, 10),
    };
    read_digest(statement, 4, &out->essence);
    read_digest(statement, 9, &out->hash);
    read_digest(statement, 11, &out->payload_hash);
}

/* What SQLite refuses here costs a conversion, no more: it is said, and taken as "none". */
static gboolean one_row(HthRenditionStore *self, sqlite3_stmt *statement, HthRenditionRow *out)
{
    g_autoptr(GError) error = NULL;
    const gboolean is_there = hth_db_row(self->db, statement, &error);
    if (is_there)
        read_row(statement, out);
    if (error != NULL)
        hth_log_warning("renditions.db cannot be read: %s", error->message);
    sqlite3_reset(statement);
    return is_there;
}

static void run(HthRenditionStore *self, sqlite3_stmt *statement)
{
    g_autoptr(GError) error = NULL;
    if (!hth_db_done(self->db, statement, &error))
        hth_log_warning("renditions.db cannot be written: %s", error->message);
}

static gboolean find(HthRenditionStore *self, guint which, const char *item, const char *profile,
                     const HthDigest *essence, const char *encoder, HthRenditionRow *out)
{
    sqlite3_stmt *statement = hth_db_statement(self->db, which);
    if (item != NULL)
        bind_text(statement, 1, item);
    bind_text(statement, 2, profile);
    bind_digest(statement, 3, essence);
    bind_text(statement, 4, encoder);
    return one_row(self, statement, out);
}

gboolean hth_rendition_store_find(HthRenditionStore *self, const char *item, const char *profile,
                                  const HthDigest *essence, const char *encoder,
                                  HthRenditionRow *out)
{
    return find(self, FIND, item, profile, essence, encoder, out);
}

gboolean hth_rendition_store_find_payload(HthRenditionStore *self, const char *profile,
                                          const HthDigest *essence, const char *encoder,
                                          HthRenditionRow *out)
{
    return find(self, FIND_PAYLOAD, NULL, profile, essence, encoder, out);
}

static gboolean find_key(HthRenditionStore *self, const HthRenditionRow *key, HthRenditionRow *out)
{
    sqlite3_stmt *statement = hth_db_statement(self->db, FIND_KEY);
    bind_text(statement, 1, key->item);
    bind_text(statement, 2, key->profile);
    bind_text(statement, 3, key->encoder);
    return one_row(self, statement, out);
}

/* ---- Files ---- */

static char *path_of(const HthRenditionStore *self, gint64 id)
{
    return g_strdup_printf("%s/%" G_GINT64_FORMAT, self->folder, id);
}

static void forget_bytes(HthRenditionStore *self, const HthRenditionRow *row)
{
    g_autofree char *path = path_of(self, row->id);
    sqlite3_stmt *statement = hth_db_statement(self->db, LOSE_BYTES);
    sqlite3_bind_int64(statement, 1, row->id);
    run(self, statement);
    (void)g_unlink(path);
    self->size_bytes -= MIN(self->size_bytes, (guint64)row->size_bytes);
    self->n_files -= self->n_files > 0;
}

int hth_rendition_store_open_file(HthRenditionStore *self, const HthRenditionRow *row)
{
    g_autofree char *path = path_of(self, row->id);
    const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    struct stat status;
    if (fd >= 0 && fstat(fd, &status) == 0 && S_ISREG(status.st_mode) &&
        status.st_size == row->size_bytes)
        return fd;
    if (fd >= 0)
        close(fd);
    hth_log_warning("a rendition is gone from the cache; id=%" G_GINT64_FORMAT, row->id);
    forget_bytes(self, row);
    return -1;
}

void hth_rendition_store_touch(HthRenditionStore *self, gint64 id)
{
    sqlite3_stmt *statement = hth_db_statement(self->db, TOUCH);
    sqlite3_bind_int64(statement, 1, id);
    sqlite3_bind_int64(statement, 2, ++self->last_use);
    run(self, statement);
}

int hth_rendition_store_new_file(HthRenditionStore *self, char **out_path, GError **error)
{
    g_autofree char *path = g_strdup_printf("%s/new-XXXXXX", self->folder);
    const int fd = g_mkstemp_full(path, O_RDWR | O_CLOEXEC, 0600);
    if (fd < 0) {
        const int number = errno;
        g_set_error(error, G_FILE_ERROR, (gint)g_file_error_from_errno(number),
                    "the cache can't be written: %s", g_strerror(number));
        return -1;
    }
    *out_path = g_steal_pointer(&path);
    return fd;
}

/* ---- Room ---- */

static gboolean oldest(HthRenditionStore *self, gint64 but_not, HthRenditionRow *out)
{
    sqlite3_stmt *statement = hth_db_statement(self->db, OLDEST);
    sqlite3_bind_int64(statement, 1, but_not);
    return one_row(self, statement, out);
}

/* The one just made stays, were it larger than all: it is wanted now. */
static void make_room(HthRenditionStore *self, gint64 but_not)
{
    while (self->size_bytes > self->limit_bytes) {
        g_auto(HthRenditionRow) row = { 0 };
        if (!oldest(self, but_not, &row))
            return;
        forget_bytes(self, &row);
        self->n_dropped++;
    }
}

void hth_rendition_store_set_limit(HthRenditionStore *self, guint64 limit_bytes)
{
    self->limit_bytes = limit_bytes;
    make_room(self, 0);
}

gboolean hth_rendition_store_is_full(HthRenditionStore *self, gint64 size_bytes)
{
    g_auto(HthRenditionRow) row = { 0 };
    return self->size_bytes + (guint64)size_bytes > self->limit_bytes && oldest(self, 0, &row) &&
           !row.is_fetched;
}

/* ---- Skeletons ---- */

static GBytes *convert_bytes(GConverter *converter, GBytes *from)
{
    g_autoptr(GInputStream) plain = g_memory_input_stream_new_from_bytes(from);
    g_autoptr(GInputStream) stream = g_converter_input_stream_new(plain, converter);
    g_autoptr(GByteArray) to = g_byte_array_new();
    guint8 block[16 * 1024];
    gssize n;
    while ((n = g_input_stream_read(stream, block, sizeof block, NULL, NULL)) > 0) {
        if (to->len > HTH_CONVERT_HEAD_MAX)
            return NULL;
        g_byte_array_append(to, block, (guint)n);
    }
    return n == 0 ? g_byte_array_free_to_bytes(g_steal_pointer(&to)) : NULL;
}

GBytes *hth_rendition_store_skeleton(HthRenditionStore *self, gint64 id)
{
    sqlite3_stmt *statement = hth_db_statement(self->db, SKELETON);
    sqlite3_bind_int64(statement, 1, id);
    g_autoptr(GBytes) packed = NULL;
    if (hth_db_row(self->db, statement, NULL))
        packed = g_bytes_new(sqlite3_column_blob(statement, 0),
                             (gsize)sqlite3_column_bytes(statement, 0));
    sqlite3_reset(statement);
    if (packed == NULL || g_bytes_get_size(packed) == 0)
        return NULL;
    g_autoptr(GConverter) inflate =
        G_CONVERTER(g_zlib_decompressor_new(G_ZLIB_COMPRESSOR_FORMAT_ZLIB));
    return convert_bytes(inflate, packed);
}

/* ---- Adding ---- */

static gboolean insert(HthRenditionStore *self, const HthRenditionRow *row, GBytes *skeleton,
                       gint64 *out_id, GError **error)
{
    g_autoptr(GConverter) deflate =
        G_CONVERTER(g_zlib_compressor_new(G_ZLIB_COMPRESSOR_FORMAT_ZLIB, 9));
    g_autoptr(GBytes) packed = convert_bytes(deflate, skeleton);
    gsize packed_size = 0;
    gconstpointer packed_bytes = packed != NULL ? g_bytes_get_data(packed, &packed_size) : NULL;
    sqlite3_stmt *statement = hth_db_statement(self->db, INSERT);
    bind_text(statement, 1, row->item);
    bind_text(statement, 2, row->profile);
    bind_text(statement, 3, row->encoder);
    bind_digest(statement, 4, &row->essence);
    sqlite3_bind_int64(statement, 5, (gint64)row->revision);
    sqlite3_bind_int64(statement, 6, row->size_bytes);
    bind_digest(statement, 7, &row->hash);
    sqlite3_bind_int64(statement, 8, row->payload_offset);
    bind_digest(statement, 9, &row->payload_hash);
    sqlite3_bind_int64(statement, 10, ++self->last_use);
    sqlite3_bind_blob(statement, 11, packed_bytes != NULL ? packed_bytes : "", (int)packed_size,
                      SQLITE_TRANSIENT);
    if (!hth_db_done(self->db, statement, error))
        return FALSE;
    *out_id = sqlite3_last_insert_rowid(hth_db_handle(self->db));
    return TRUE;
}

/* The row first, in a transaction that ends once the file has its name: a crash between the two
 * leaves a file without a row, which the next start removes. */
static gboolean publish(HthRenditionStore *self, const char *path, const HthRenditionRow *row,
                        GBytes *skeleton, gint64 *out_id, GError **error)
{
    if (!hth_db_run(self->db, "BEGIN IMMEDIATE", error))
        return FALSE;
    if (insert(self, row, skeleton, out_id, error)) {
        g_autofree char *to = path_of(self, *out_id);
        if (g_rename(path, to) == 0 && hth_db_run(self->db, "COMMIT", error))
            return TRUE;
        if (error == NULL || *error == NULL)
            g_set_error(error, G_FILE_ERROR, (gint)g_file_error_from_errno(errno),
                        "the cache can't be written: %s", g_strerror(errno));
    }
    (void)hth_db_run(self->db, "ROLLBACK", NULL); /* the error is there already */
    return FALSE;
}

gboolean hth_rendition_store_add(HthRenditionStore *self, const char *path,
                                 const HthRenditionRow *row, GBytes *skeleton, GError **error)
{
    g_auto(HthRenditionRow) old = { 0 };
    const gboolean has_old = find_key(self, row, &old);
    if (has_old && old.has_bytes && hth_digest_equal(&old.essence, &row->essence) &&
        hth_digest_equal(&old.hash, &row->hash)) {
        sqlite3_stmt *statement = hth_db_statement(self->db, UPDATE_REVISION);
        sqlite3_bind_int64(statement, 1, old.id);
        sqlite3_bind_int64(statement, 2, (gint64)row->revision);
        (void)g_unlink(path);
        return hth_db_done(self->db, statement, error);
    }
    gint64 id = 0;
    if (!publish(self, path, row, skeleton, &id, error))
        return FALSE;
    self->size_bytes += (guint64)row->size_bytes;
    self->n_files++;
    if (has_old && old.has_bytes)
        forget_bytes(self, &old);
    make_room(self, id);
    return TRUE;
}

/* ---- Refusals ---- */

void hth_rendition_store_refuse(HthRenditionStore *self, const char *item, const char *profile,
                                guint64 revision, gboolean is_final, const char *reason)
{
    sqlite3_stmt *statement = hth_db_statement(self->db, REFUSE);
    bind_text(statement, 1, item);
    bind_text(statement, 2, profile);
    sqlite3_bind_int64(statement, 3, (gint64)revision);
    sqlite3_bind_int(statement, 4, is_final ? REFUSED_AFTER : 1);
    bind_text(statement, 5, reason);
    run(self, statement);
}

char *hth_rendition_store_refusal(HthRenditionStore *self, const char *item, const char *profile,
                                  guint64 revision)
{
    sqlite3_stmt *statement = hth_db_statement(self->db, REFUSAL);
    bind_text(statement, 1, item);
    bind_text(statement, 2, profile);
    sqlite3_bind_int64(statement, 3, (gint64)revision);
    sqlite3_bind_int(statement, 4, REFUSED_AFTER);
    char *reason = hth_db_row(self->db, statement, NULL) ? hth_db_text(statement, 0) : NULL;
    sqlite3_reset(statement);
    return reason;
}

/* ---- Originals ---- */

void hth_rendition_store_learn(HthRenditionStore *self, const char *item, guint64 revision,
                               const HthDigest *essence)
{
    sqlite3_stmt *statement = hth_db_statement(self->db, LEARN);
    bind_text(statement, 1, item);
    sqlite3_bind_int64(statement, 2, (gint64)revision);
    sqlite3_bind_blob(statement, 3, essence != NULL ? (const void *)essence->bytes : "",
                      essence != NULL ? HTH_DIGEST_BYTES : 0, SQLITE_TRANSIENT);
    run(self, statement);
}

gboolean hth_rendition_store_original(HthRenditionStore *self, const char *item, guint64 revision,
                                      gboolean *out_has_essence, HthDigest *out_essence)
{
    sqlite3_stmt *statement = hth_db_statement(self->db, ORIGINAL);
    bind_text(statement, 1, item);
    sqlite3_bind_int64(statement, 2, (gint64)revision);
    const gboolean is_known = hth_db_row(self->db, statement, NULL);
    *out_has_essence = is_known && sqlite3_column_bytes(statement, 0) == HTH_DIGEST_BYTES;
    if (*out_has_essence)
        read_digest(statement, 0, out_essence);
    sqlite3_reset(statement);
    return is_known;
}

gboolean hth_rendition_store_is_of(HthRenditionStore *self, const char *item, const char *profile,
                                   const HthDigest *essence, guint64 revision,
                                   guint64 rendition_revision)
{
    sqlite3_stmt *statement = hth_db_statement(self->db, OF_ORIGINAL);
    gboolean is_found = FALSE;
    bind_text(statement, 1, item);
    bind_text(statement, 2, profile);
    bind_digest(statement, 3, essence);
    sqlite3_bind_int64(statement, 4, (gint64)revision);
    while (!is_found && hth_db_row(self->db, statement, NULL)) {
        HthDigest hash;
        read_digest(statement, 0, &hash);
        is_found = memcmp(hash.bytes, &rendition_revision, sizeof rendition_revision) == 0;
    }
    sqlite3_reset(statement);
    return is_found;
}

/* ---- Opening ---- */

static gboolean has_row(HthRenditionStore *self, const char *name)
{
    gint64 id = 0;
    if (!g_ascii_string_to_signed(name, 10, 1, G_MAXINT64, &id, NULL))
        return FALSE;
    sqlite3_stmt *statement = hth_db_statement(self->db, HAS_BYTES);
    sqlite3_bind_int64(statement, 1, id);
    const gboolean is_there = hth_db_row(self->db, statement, NULL);
    sqlite3_reset(statement);
    return is_there;
}

static void remove_strangers(HthRenditionStore *self)
{
    g_autoptr(GDir) dir = g_dir_open(self->folder, 0, NULL);
    const char *name;
    while (dir != NULL && (name = g_dir_read_name(dir)) != NULL) {
        if (has_row(self, name))
            continue;
        g_autofree char *path = g_build_filename(self->folder, name, NULL);
        (void)g_unlink(path);
    }
}

static void note_missing(HthRenditionStore *self)
{
    g_autoptr(GArray) gone = g_array_new(FALSE, FALSE, sizeof(gint64));
    sqlite3_stmt *statement = hth_db_statement(self->db, WITH_BYTES);
    while (hth_db_row(self->db, statement, NULL)) {
        g_auto(HthRenditionRow) row = { 0 };
        read_row(statement, &row);
        g_autofree char *path = path_of(self, row.id);
        struct stat status;
        if (stat(path, &status) == 0 && status.st_size == row.size_bytes) {
            self->size_bytes += (guint64)row.size_bytes;
            self->n_files++;
        } else {
            g_array_append_val(gone, row.id);
        }
    }
    sqlite3_reset(statement);
    for (guint i = 0; i < gone->len; i++) {
        statement = hth_db_statement(self->db, LOSE_BYTES);
        sqlite3_bind_int64(statement, 1, g_array_index(gone, gint64, i));
        run(self, statement);
    }
}

HthRenditionStore *hth_rendition_store_open(const char *state_dir, const char *cache_dir,
                                            guint64 limit_bytes, GError **error)
{
    g_autoptr(HthRenditionStore) self = g_new0(HthRenditionStore, 1);
    self->folder = g_build_filename(cache_dir, "renditions", NULL);
    self->limit_bytes = limit_bytes;
    if (g_mkdir_with_parents(self->folder, 0700) != 0) {
        const int number = errno;
        g_set_error(error, G_FILE_ERROR, (gint)g_file_error_from_errno(number), "%s: %s",
                    self->folder, g_strerror(number));
        return NULL;
    }
    g_autofree char *path = g_build_filename(state_dir, "renditions.db", NULL);
    const HthDbOptions options = {
        .migrations = migrations,
        .n_migrations = G_N_ELEMENTS(migrations),
        .statements = statements,
        .n_statements = N_STATEMENTS,
    };
    self->db = hth_db_open(path, &options, error);
    if (self->db == NULL)
        return NULL;
    sqlite3_stmt *last = hth_db_statement(self->db, LAST_USE);
    if (hth_db_row(self->db, last, NULL))
        self->last_use = sqlite3_column_int64(last, 0);
    sqlite3_reset(last);
    note_missing(self);
    remove_strangers(self);
    make_room(self, 0);
    return g_steal_pointer(&self);
}

void hth_rendition_store_free(HthRenditionStore *self)
{
    if (self == NULL)
        return;
    hth_db_free(self->db);
    g_free(self->folder);
    g_free(self);
}

void hth_rendition_store_status(HthRenditionStore *self, HthRenditionsStatus *out)
{
    sqlite3_stmt *count = hth_db_statement(self->db, COUNT);
    out->limit_bytes = self->limit_bytes;
    out->size_bytes = self->size_bytes;
    out->n_files = self->n_files;
    out->n_known = hth_db_row(self->db, count, NULL) ? (guint)sqlite3_column_int(count, 0) : 0;
    out->n_dropped = self->n_dropped;
    sqlite3_reset(count);
}
