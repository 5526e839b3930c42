/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "model-env.h"

#include "base/error.h"

#define CAPACITY_BYTES   (1024 * 1024 * 1024)
#define START_WALL_MS    G_GINT64_CONSTANT(1750000000000)
#define READ_CHUNK_BYTES (64 * 1024)

typedef struct {
    ModelEnv *env;
    gpointer stream;
    gboolean has_ended;
} Stream;

static void G_GNUC_PRINTF(2, 3) say(ModelEnv *self, const char *format, ...)
{
    if (self->trace == NULL)
        return;
    va_list arguments;
    va_start(arguments, format);
    g_autofree char *line = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    self->trace(line, self->trace_data);
}

/* Counts a call. FALSE: it does not happen. */
static gboolean enter(ModelEnv *self, gboolean is_network, GError **error)
{
    self->n_calls++;
    if (!self->has_crashed && self->n_calls == self->crash_at && !self->crash_is_after) {
        say(self, "crash before call %" G_GUINT64_FORMAT, self->n_calls);
        self->has_crashed = TRUE;
    }
    if (self->has_crashed) {
        g_set_error_literal(error, HTH_ERROR, HTH_ERROR_CANCELLED, "the power is gone");
        return FALSE;
    }
    if (self->n_calls == self->fail_at) {
        say(self, "failure at call %" G_GUINT64_FORMAT, self->n_calls);
        if (is_network)
            g_set_error_literal(error, HTH_ERROR, HTH_ERROR_NETWORK, "the connection broke");
        else
            g_set_error_literal(error, G_FILE_ERROR, G_FILE_ERROR_IO, "input/output error");
        return FALSE;
    }
    if (!is_network && self->disk == NULL) {
        g_set_error_literal(error, G_FILE_ERROR, G_FILE_ERROR_IO, "no card");
        return FALSE;
    }
    return TRUE;
}

/* The call is done; perhaps it was the last one. */
static gboolean leave(ModelEnv *self, gboolean is_good, GError **error)
{
    if (self->n_calls != self->crash_at || !self->crash_is_after || self->has_crashed)
        return is_good;
    say(self, "crash after call %" G_GUINT64_FORMAT, self->n_calls);
    self->has_crashed = TRUE;
    if (error != NULL)
        g_clear_error(error);
    g_set_error_literal(error, HTH_ERROR, HTH_ERROR_CANCELLED, "the power is gone");
    return FALSE;
}

/* A call on an open file: it ends with the card that it is on. */
static gboolean enter_file(ModelEnv *self, HthSyncFile *file, GError **error)
{
    if (!enter(self, FALSE, error))
        return FALSE;
    if (model_file_is_of((ModelFile *)file, self->disk))
        return TRUE;
    g_set_error_literal(error, G_FILE_ERROR, G_FILE_ERROR_IO, "the card is gone");
    return FALSE;
}

/* The next call is a write or sync: the places where a crash hurts.
 * @file: NULL: a name. */
static void count_write(ModelEnv *self, HthSyncFile *file, gboolean is_sync)
{
    const gboolean is_change = file != NULL && model_file_is_changed((ModelFile *)file);
    gboolean is_last = self->crash_in_writes > 0 && --self->crash_in_writes == 0;
    if (is_sync && self->crash_in_syncs > 0 && --self->crash_in_syncs == 0)
        is_last = TRUE;
    if (is_change && self->crash_in_changes > 0 && --self->crash_in_changes == 0)
        is_last = TRUE;
    if (is_last)
        self->crash_at = self->n_calls + 1;
}

/* Counts down to a crash at one of the next calls. */
static void crash_soon(ModelEnv *self, guint *left)
{
    if (*left > 0 && --*left == 0)
        self->crash_at = self->n_calls + 1 + chance_below(&self->chance, 3);
}

/* ---- Files ---- */

static HthSyncFile *env_open(gpointer data, const char *path, HthSyncOpen how, GError **error)
{
    static const char *const names[] = { "read", "write", "keep", "create" };
    if (!enter(data, FALSE, error))
        return NULL;
    ModelEnv *self = data;
    ModelFile *file = model_disk_open(self->disk, path, how, error);
    say(self, "open %s %s%s", names[how], path, file != NULL ? "" : ": failed");
    if (leave(self, file != NULL, error))
        return (HthSyncFile *)file;
    model_file_close(file);
    return NULL;
}

static void env_close(gpointer data, HthSyncFile *file)
{
    model_file_close((ModelFile *)file);
}

static gboolean env_read(gpointer data, HthSyncFile *file, guint64 offset, void *buffer, gsize size,
                         gsize *out_read, GError **error)
{
    if (!enter_file(data, file, error))
        return FALSE;
    *out_read = model_file_read((ModelFile *)file, offset, buffer, size);
    return leave(data, TRUE, error);
}

static gboolean env_write(gpointer data, HthSyncFile *file, guint64 offset, gconstpointer bytes,
                          gsize size, GError **error)
{
    count_write(data, file, FALSE);
    if (!enter_file(data, file, error))
        return FALSE;
    const gboolean is_good = model_file_write((ModelFile *)file, offset, bytes, size, error);
    say(data, "write %" G_GSIZE_FORMAT " at %" G_GUINT64_FORMAT "%s", size, offset,
        is_good ? "" : ": failed");
    return leave(data, is_good, error);
}

static gboolean env_truncate(gpointer data, HthSyncFile *file, guint64 size, GError **error)
{
    if (!enter_file(data, file, error))
        return FALSE;
    const gboolean is_good = model_file_truncate((ModelFile *)file, size, error);
    say(data, "truncate %" G_GUINT64_FORMAT "%s", size, is_good ? "" : ": failed");
    return leave(data, is_good, error);
}

static gboolean env_size(gpointer data, HthSyncFile *file, guint64 *out_size, GError **error)
{
    if (!enter_file(data, file, error))
        return FALSE;
    *out_size = model_file_size((ModelFile *)file);
    return leave(data, TRUE, error);
}

static gboolean env_sync(gpointer data, HthSyncFile *file, GError **error)
{
    count_write(data, file, TRUE);
    if (!enter_file(data, file, error))
        return FALSE;
    ModelEnv *self = data;
    if (!self->drops_file_sync)
        model_file_sync((ModelFile *)file);
    say(self, "sync");
    return leave(self, TRUE, error);
}

static gboolean env_stat(gpointer data, const char *path, HthSyncStat *out_stat, GError **error)
{
    if (!enter(data, FALSE, error))
        return FALSE;
    const gboolean is_good = model_disk_stat(((ModelEnv *)data)->disk, path, out_stat, error);
    return leave(data, is_good, error);
}

static gboolean env_rename(gpointer data, const char *from, const char *to, GError **error)
{
    count_write(data, NULL, FALSE);
    if (!enter(data, FALSE, error))
        return FALSE;
    const gboolean is_good = model_disk_rename(((ModelEnv *)data)->disk, from, to, error);
    say(data, "rename %s to %s%s", from, to, is_good ? "" : ": failed");
    return leave(data, is_good, error);
}

static gboolean env_unlink(gpointer data, const char *path, GError **error)
{
    count_write(data, NULL, FALSE);
    if (!enter(data, FALSE, error))
        return FALSE;
    const gboolean is_good = model_disk_unlink(((ModelEnv *)data)->disk, path, error);
    say(data, "unlink %s%s", path, is_good ? "" : ": failed");
    return leave(data, is_good, error);
}

static gboolean env_make_dir(gpointer data, const char *path, GError **error)
{
    if (!enter(data, FALSE, error))
        return FALSE;
    const gboolean is_good = model_disk_make_dir(((ModelEnv *)data)->disk, path, error);
    say(data, "make folder %s%s", path, is_good ? "" : ": failed");
    return leave(data, is_good, error);
}

static gboolean env_remove_dir(gpointer data, const char *path, GError **error)
{
    if (!enter(data, FALSE, error))
        return FALSE;
    const gboolean is_good = model_disk_remove_dir(((ModelEnv *)data)->disk, path, error);
    say(data, "remove folder %s%s", path, is_good ? "" : ": failed");
    return leave(data, is_good, error);
}

static gboolean env_sync_dir(gpointer data, const char *path, GError **error)
{
    count_write(data, NULL, TRUE);
    if (!enter(data, FALSE, error))
        return FALSE;
    ModelEnv *self = data;
    const gboolean is_good = self->drops_dir_sync || model_disk_sync_dir(self->disk, path, error);
    say(self, "sync folder %s%s", path, is_good ? "" : ": failed");
    return leave(self, is_good, error);
}

static gboolean env_list(gpointer data, const char *path, HthSyncListed callback,
                         gpointer callback_data, GError **error)
{
    if (!enter(data, FALSE, error))
        return FALSE;
    const gboolean is_good =
        model_disk_list(((ModelEnv *)data)->disk, path, callback, callback_data, error);
    return leave(data, is_good, error);
}

static gboolean env_free_bytes(gpointer data, guint64 *out_free, GError **error)
{
    if (!enter(data, FALSE, error))
        return FALSE;
    *out_free = model_disk_free_bytes(((ModelEnv *)data)->disk);
    return leave(data, TRUE, error);
}

/* ---- Clocks and chance ---- */

static gint64 env_wall_ms(gpointer data)
{
    return ((ModelEnv *)data)->wall_ms;
}

static gint64 env_monotonic_ms(gpointer data)
{
    return ++((ModelEnv *)data)->monotonic_ms;
}

static void env_random(gpointer data, void *out, gsize size)
{
    chance_fill(&((ModelEnv *)data)->engine_chance, out, size);
}

static guint env_conditions(gpointer data)
{
    return ((ModelEnv *)data)->conditions;
}

/* ---- The network ---- */

static gboolean is_reachable(ModelEnv *self, GError **error)
{
    if (self->network != NULL)
        return TRUE;
    g_set_error_literal(error, HTH_ERROR, HTH_ERROR_NETWORK, "nobody is reached");
    return FALSE;
}

static gboolean env_exchange(gpointer data, const char *route, GBytes *body, gsize max_answer_bytes,
                             guint *out_status, GBytes **out_answer, GError **error)
{
    ModelEnv *self = data;
    if (!enter(self, TRUE, error) || !is_reachable(self, error))
        return FALSE;
    g_autoptr(GError) failure = NULL;
    g_autoptr(GBytes) answer =
        self->network->exchange(self->network_data, route, body, out_status, &failure);
    say(self, "exchange %s %" G_GSIZE_FORMAT " bytes: %s", route, g_bytes_get_size(body),
        failure != NULL ? failure->message : "answered");
    if (failure == NULL && answer == NULL)
        answer = g_bytes_new_static("", 0);
    if (failure == NULL && g_bytes_get_size(answer) > max_answer_bytes)
        failure = g_error_new_literal(HTH_ERROR, HTH_ERROR_TOO_LARGE, "answer too large");
    const gboolean is_good = failure == NULL;
    if (!is_good)
        g_propagate_error(error, g_steal_pointer(&failure));
    crash_soon(self, &self->crash_in_exchanges);
    if (!leave(self, is_good, error))
        return FALSE;
    *out_answer = g_steal_pointer(&answer);
    return TRUE;
}

static HthSyncStream *env_stream(gpointer data, const char *route, GBytes *body, guint *out_status,
                                 GError **error)
{
    ModelEnv *self = data;
    if (!enter(self, TRUE, error) || !is_reachable(self, error))
        return NULL;
    gpointer stream = self->network->stream(self->network_data, route, body, out_status, error);
    say(self, "stream %s%s", route, stream != NULL ? "" : ": failed");
    if (!leave(self, stream != NULL, error)) {
        if (stream != NULL)
            self->network->end(stream);
        return NULL;
    }
    Stream *made = g_new0(Stream, 1);
    *made = (Stream){ .env = self, .stream = stream };
    return (HthSyncStream *)made;
}

static gboolean env_pump(gpointer data, HthSyncStream *handle, gsize max_bytes, HthSyncSink sink,
                         gpointer sink_data, gboolean *out_ended, GError **error)
{
    ModelEnv *self = data;
    Stream *stream = (Stream *)handle;
    if (!enter(self, TRUE, error))
        return FALSE;
    g_autofree guint8 *buffer = g_malloc(READ_CHUNK_BYTES);
    gsize done = 0;
    *out_ended = FALSE;
    do {
        const gssize n = self->network->read(stream->stream, buffer,
                                             MIN(max_bytes - done, READ_CHUNK_BYTES), error);
        if (n > 0 && !sink(buffer, (gsize)n, sink_data, error))
            return FALSE; /* its own word, whatever happens to the world meanwhile */
        if (n < 0)
            return leave(self, FALSE, error);
        *out_ended = n == 0;
        done += (gsize)n;
    } while (!*out_ended && done < max_bytes && chance_one_in(&self->chance, 2));
    say(self, "pumped %" G_GSIZE_FORMAT "%s", done, *out_ended ? ", ended" : "");
    return leave(self, TRUE, error);
}

static void env_end_stream(gpointer data, HthSyncStream *handle)
{
    Stream *stream = (Stream *)handle;
    if (stream == NULL)
        return;
    stream->env->network->end(stream->stream);
    g_free(stream);
}

/* ---- The object ---- */

static const HthSyncEnvFuncs env_funcs = {
    .open = env_open,
    .close = env_close,
    .read = env_read,
    .write = env_write,
    .truncate = env_truncate,
    .size = env_size,
    .sync = env_sync,
    .stat = env_stat,
    .rename = env_rename,
    .unlink = env_unlink,
    .make_dir = env_make_dir,
    .remove_dir = env_remove_dir,
    .sync_dir = env_sync_dir,
    .list = env_list,
    .free_bytes = env_free_bytes,
    .wall_ms = env_wall_ms,
    .monotonic_ms = env_monotonic_ms,
    .random = env_random,
    .conditions = env_conditions,
    .exchange = env_exchange,
    .stream = env_stream,
    .pump = env_pump,
    .end_stream = env_end_stream,
};

ModelEnv *model_env_new(guint64 seed, ModelDiskFlags flags)
{
    ModelEnv *self = g_new0(ModelEnv, 1);
    self->env = (HthSyncEnv){ .funcs = &env_funcs, .data = self };
    self->disk = model_disk_new(flags, CAPACITY_BYTES);
    self->chance.state = seed;
    self->engine_chance = chance_fork(&self->chance);
    self->wall_ms = START_WALL_MS;
    return self;
}

void model_env_free(ModelEnv *self)
{
    if (self == NULL)
        return;
    model_disk_free(self->disk);
    g_free(self);
}

void model_env_restart(ModelEnv *self)
{
    if (self->disk != NULL)
        model_disk_crash(self->disk, &self->chance);
    model_env_resume(self);
}

void model_env_disarm(ModelEnv *self)
{
    self->crash_at = self->fail_at = 0;
    self->crash_in_writes = self->crash_in_syncs = 0;
    self->crash_in_changes = self->crash_in_exchanges = 0;
}

void model_env_resume(ModelEnv *self)
{
    self->has_crashed = FALSE;
    model_env_disarm(self);
}
