/* SPDX-License-Identifier: GPL-3.0-or-later */
#define HTH_LOG_TOPIC "play"
#include "play-proxy.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/log.h"
#include "folder-env.h"
#include "media/media-type.h"
#include "net/http-server.h"
#include "play-choice.h"
#include "play-stream.h"

#define CONF_GROUP "play"

/* A player opens one or two; each that comes from home has a thread and 64 KiB. */
#define MAX_STREAMS     6
#define MAX_CONNECTIONS 32

/* A paused player holds its connection; ten times this long (http-server.h). */
#define IDLE_TIMEOUT_S 60

struct HthPlayShelf {
    HthPlayFetch *fetch;
    HthPlayChoice *choice;
    GMutex mutex;          /* guards what is below */
    HthPlayTokens *tokens; /* NULL: nothing is open yet */
    char *folder;
};

struct HthPlayProxy {
    HthHttpServer *server;
    HthPlayCache *cache;
    GCancellable *cancellable;
    GThreadPool *streams;
    gint n_streams;     /* atomic; asked for and not ended */
    GMutex mutex;       /* guards shelves */
    GPtrArray *shelves; /* (element HthPlayShelf) */
    char *host;         /* "127.0.0.1:PORT" */
    guint16 port;
};

/* A request on its way to the thread that serves it. */
typedef struct {
    HthHttpRequest *request;
    HthPlayShelf *shelf;
    char *path;
    guint64 item;
    gboolean has_choice; /* no profile was named */
} Job;

/* ---- Who may come in ---- */

static gboolean refuse(HthHttpRequest *request, guint status, const char *sentence)
{
    hth_http_request_respond_error(request, status, sentence);
    return FALSE;
}

/* Before anything is looked at (a name that somebody's DNS points at 127.0.0.1 is another host). */
static gboolean may_enter(HthHttpRequest *request, const HthHttpRoute *route, gpointer data)
{
    const HthPlayProxy *self = data;
    const char *host = hth_http_request_header(request, "Host");
    if (host == NULL || strcmp(host, self->host) != 0)
        return refuse(request, 421, "This is for players of this device, by its own address.");
    if (hth_http_request_header(request, "Origin") != NULL)
        return refuse(request, 403, "This is not for web pages.");
    return TRUE;
}

static gboolean is_loopback(GInetAddress *peer, gpointer data)
{
    return g_inet_address_get_is_loopback(peer);
}

/* ---- Finding ---- */

/* Returns: the shelf that @token opens for @item; NULL: none. @out_tokens: a reference. */
static HthPlayShelf *find_shelf(HthPlayProxy *self, const char *token, guint64 item,
                                HthPlayTokens **out_tokens, char **out_folder)
{
    HthPlayShelf *found = NULL;
    g_mutex_lock(&self->mutex);
    for (guint i = 0; i < self->shelves->len && found == NULL; i++) {
        HthPlayShelf *shelf = g_ptr_array_index(self->shelves, i);
        g_mutex_lock(&shelf->mutex);
        if (shelf->tokens != NULL && hth_play_tokens_opens(shelf->tokens, token, item)) {
            found = shelf;
            *out_tokens = hth_play_tokens_ref(shelf->tokens);
            *out_folder = g_strdup(shelf->folder);
        }
        g_mutex_unlock(&shelf->mutex);
    }
    g_mutex_unlock(&self->mutex);
    return found;
}

/* FALSE: it is not there, or not as it should be. */
static gboolean answer_from_folder(HthHttpRequest *request, const HthPlayTokens *tokens,
                                   const char *folder, guint64 item)
{
    guint64 size = 0;
    struct stat status;
    const char *path = hth_play_tokens_held(tokens, item, &size);
    const int fd = path != NULL && folder != NULL ? hth_folder_open_file(folder, path) : -1;
    if (fd < 0)
        return FALSE;
    if (fstat(fd, &status) != 0 || !S_ISREG(status.st_mode) || (guint64)status.st_size != size) {
        close(fd);
        return FALSE;
    }
    g_autofree char *etag = g_strdup_printf("\"%lx-%lx\"", (unsigned long)status.st_ino,
                                            (unsigned long)status.st_mtim.tv_nsec ^
                                                (unsigned long)status.st_mtim.tv_sec);
    const HthHttpFile file = {
        .fd = fd,
        .size_bytes = status.st_size,
        .mtime_unix_s = status.st_mtim.tv_sec,
        .etag = etag,
        .content_type =
            hth_media_mime_type(hth_media_format_from_name(path), hth_media_kind_from_name(path)),
    };
    hth_http_request_respond_file(request, &file);
    return TRUE;
}

/* ---- Serving ---- */

static void run_job(gpointer data, gpointer user_data)
{
    Job *job = data;
    HthPlayProxy *self = user_data;
    HthPlayChoice *choice = job->shelf->choice;
    const gint64 until_us = g_get_monotonic_time() + HTH_PLAY_FIRST_PATIENCE_US;
    g_autoptr(GError) error = NULL;
    g_autofree char *path =
        job->has_choice ? hth_play_choice_begin(choice, job->item, job->path, until_us, &error)
                        : g_strdup(job->path);
    if (path == NULL)
        hth_play_stream_refuse(job->request, error);
    else
        hth_play_stream_serve(job->request, path, job->shelf->fetch, self->cache, until_us,
                              self->cancellable);
    if (path != NULL && job->has_choice)
        hth_play_choice_end(choice, job->item);
    g_free(job->path);
    g_free(job);
    (void)g_atomic_int_add(&self->n_streams, -1);
}

static void start_stream(HthPlayProxy *self, HthHttpRequest *request, HthPlayShelf *shelf,
                         guint64 item, const char *rest)
{
    /* A thread that has not begun yet is no reason: players open two at once. */
    if (g_atomic_int_add(&self->n_streams, 1) >= MAX_STREAMS) {
        (void)g_atomic_int_add(&self->n_streams, -1);
        hth_http_request_add_header(request, "Retry-After", "2");
        (void)refuse(request, 503, "Too much is played at once.");
        return;
    }
    Job *job = g_new(Job, 1);
    *job = (Job){
        .request = request,
        .shelf = shelf,
        .path = g_strconcat("/m/", rest, NULL),
        .item = item,
        .has_choice = strchr(rest, '/') == NULL,
    };
    hth_http_request_defer(request);
    g_thread_pool_push(self->streams, job, NULL);
}

static void on_play(HthHttpRequest *request, gpointer data)
{
    HthPlayProxy *self = data;
    char token[HTH_PLAY_TOKEN_LETTERS + 1];
    guint64 item = 0;
    const char *rest = NULL;
    g_autoptr(HthPlayTokens) tokens = NULL;
    g_autofree char *folder = NULL;
    HthPlayShelf *shelf = NULL;
    if (hth_play_parse(hth_http_request_path(request) + strlen("/p/"), token, &item, &rest))
        shelf = find_shelf(self, token, item, &tokens, &folder);
    if (shelf == NULL)
        (void)refuse(request, 404, "There is nothing here that this address opens.");
    else if (strchr(rest, '/') != NULL || !answer_from_folder(request, tokens, folder, item))
        start_stream(self, request, shelf, item, rest);
}

static const HthHttpRoute routes[] = {
    { HTH_HTTP_GET, "/p/", on_play, 0 },
};

/* ---- The port ---- */

static guint16 kept_port(const char *path)
{
    g_autoptr(GKeyFile) file = g_key_file_new();
    if (!g_key_file_load_from_file(file, path, G_KEY_FILE_NONE, NULL))
        return 0;
    const int port = g_key_file_get_integer(file, CONF_GROUP, "port", NULL);
    return port > 0 && port <= G_MAXUINT16 ? (guint16)port : 0;
}

static gboolean keep_port(const char *path, guint16 port, GError **error)
{
    g_autofree char *text = g_strdup_printf("[" CONF_GROUP "]\nport=%u\n", port);
    return g_file_set_contents_full(
        path, text, -1, G_FILE_SET_CONTENTS_CONSISTENT | G_FILE_SET_CONTENTS_DURABLE, 0600, error);
}

static gboolean start_server(HthPlayProxy *self, guint16 port, GError **error)
{
    const HthHttpOptions options = {
        .name = "play",
        .bind_address = "127.0.0.1",
        .port = port,
        .n_threads = 1,
        .max_connections = MAX_CONNECTIONS,
        .idle_timeout_s = IDLE_TIMEOUT_S,
        .peer_rule = is_loopback,
        .entry_rule = may_enter,
        .entry_data = self,
    };
    self->server = hth_http_server_new(&options);
    hth_http_server_add_routes(self->server, routes, G_N_ELEMENTS(routes), self);
    if (!hth_http_server_start(self->server, error))
        return FALSE;
    self->port = hth_http_server_port(self->server);
    self->host = g_strdup_printf("127.0.0.1:%u", self->port);
    return TRUE;
}

/* ---- The object ---- */

static void shelf_free(gpointer data)
{
    HthPlayShelf *self = data;
    hth_play_choice_free(self->choice);
    hth_play_fetch_free(self->fetch);
    hth_play_tokens_unref(self->tokens);
    g_free(self->folder);
    g_mutex_clear(&self->mutex);
    g_free(self);
}

HthPlayProxy *hth_play_proxy_new(const char *state_dir, gboolean keeps_port, GError **error)
{
    g_autoptr(HthPlayProxy) self = g_new0(HthPlayProxy, 1);
    g_autofree char *conf = g_build_filename(state_dir, "play.conf", NULL);
    g_autofree char *cache = g_build_filename(state_dir, "cache", NULL);
    const guint16 port = keeps_port ? kept_port(conf) : 0;
    g_mutex_init(&self->mutex);
    self->cancellable = g_cancellable_new();
    self->shelves = g_ptr_array_new_with_free_func(shelf_free);
    self->streams = g_thread_pool_new(run_job, self, MAX_STREAMS, FALSE, NULL);
    self->cache = hth_play_cache_new(cache, error);
    if (self->cache == NULL || !start_server(self, port, error) ||
        (keeps_port && port == 0 && !keep_port(conf, self->port, error)))
        return NULL;
    return g_steal_pointer(&self);
}

void hth_play_proxy_free(HthPlayProxy *self)
{
    if (self == NULL)
        return;
    g_cancellable_cancel(self->cancellable);
    if (self->server != NULL)
        hth_http_server_stop(self->server);
    g_thread_pool_free(self->streams, FALSE, TRUE);
    hth_http_server_free(self->server);
    g_ptr_array_unref(self->shelves);
    hth_play_cache_free(self->cache);
    g_object_unref(self->cancellable);
    g_mutex_clear(&self->mutex);
    g_free(self->host);
    g_free(self);
}

guint16 hth_play_proxy_port(const HthPlayProxy *self)
{
    return self->port;
}

HthPlayShelf *hth_play_proxy_add(HthPlayProxy *self, HthReach *reach)
{
    HthPlayShelf *shelf = g_new0(HthPlayShelf, 1);
    shelf->fetch = hth_play_fetch_new(reach, self->cancellable);
    shelf->choice = hth_play_choice_new(shelf->fetch, reach, self->cancellable);
    g_mutex_init(&shelf->mutex);
    g_mutex_lock(&self->mutex);
    g_ptr_array_add(self->shelves, shelf);
    g_mutex_unlock(&self->mutex);
    return shelf;
}

void hth_play_shelf_set_times(HthPlayShelf *self, guint wait_ms, guint keep_ms)
{
    hth_play_choice_set_times(self->choice, wait_ms, keep_ms);
}

void hth_play_shelf_set(HthPlayShelf *self, HthPlayTokens *tokens, const char *folder)
{
    g_mutex_lock(&self->mutex);
    hth_play_tokens_unref(self->tokens);
    self->tokens = hth_play_tokens_ref(tokens);
    g_free(self->folder);
    self->folder = g_strdup(folder);
    g_mutex_unlock(&self->mutex);
}
