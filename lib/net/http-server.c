/* SPDX-License-Identifier: GPL-3.0-or-later */
#define HTH_LOG_TOPIC "http"
#include "net/http-server.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/log.h"
#include "net/http-daemon.h"
#include "net/http-listen.h"
#include "net/http-request.h"

/* How long stop() waits for the last answers to go out. */
#define FAREWELL_MS      1000
#define CONNECTION_BYTES ((gsize)32 * 1024)
/* Descriptors kept for everything that is not a connection or the file it is sent. */
#define SPARE_DESCRIPTORS 256

struct HthHttpServer {
    HthHttpService service;
    HthHttpDaemon *daemon; /* NULL: not started */
    pthread_mutex_t door;  /* guards open_daemon, so that none is stopped while it is handed one */
    HthHttpDaemon *open_daemon;
    guint16 port;
    ino_t socket_inode; /* of our Unix socket: another's is not removed */
};

static guint value_or(guint value, guint default_value)
{
    return value > 0 ? value : default_value;
}

HthHttpServer *hth_http_server_new(const HthHttpOptions *options)
{
    HthHttpServer *self = g_new0(HthHttpServer, 1);
    HthHttpOptions *own = &self->service.options;
    *own = *options;
    own->name = g_strdup(options->name != NULL ? options->name : "http");
    own->bind_address = g_strdup(options->bind_address);
    own->socket_path = g_strdup(options->socket_path);
    own->socket_group = g_strdup(options->socket_group);
    own->tls_certificate = g_strdup(options->tls_certificate);
    own->tls_key = g_strdup(options->tls_key);
    own->n_threads = value_or(own->n_threads, MAX(g_get_num_processors(), 2));
    own->max_connections = value_or(own->max_connections, 8192);
    own->connection_bytes = own->connection_bytes > 0 ? own->connection_bytes : CONNECTION_BYTES;
    own->max_connections_a_peer = value_or(own->max_connections_a_peer, 64);
    own->head_timeout_s = value_or(own->head_timeout_s, 10);
    own->body_timeout_s = value_or(own->body_timeout_s, 30);
    own->idle_timeout_s = value_or(own->idle_timeout_s, 60);
    own->defer_timeout_s = value_or(own->defer_timeout_s, 30);
    pthread_mutex_init(&self->door, NULL);
    self->service.routes = g_array_new(FALSE, FALSE, sizeof(HthHttpRouteEntry));
    return self;
}

void hth_http_server_add_routes(HthHttpServer *self, const HthHttpRoute *routes, guint n_routes,
                                gpointer data)
{
    g_return_if_fail(self->daemon == NULL);
    for (guint i = 0; i < n_routes; i++) {
        const HthHttpRouteEntry entry = { .route = &routes[i], .data = data };
        g_array_append_val(self->service.routes, entry);
    }
}

static int open_listener(HthHttpServer *self, GError **error)
{
    const HthHttpOptions *options = &self->service.options;
    if (options->socket_path == NULL)
        return hth_http_listen_tcp(options->bind_address, options->port, &self->port, error);
    const int fd = hth_http_listen_unix(options->socket_path, options->socket_group, error);
    struct stat status;
    if (fd >= 0 && stat(options->socket_path, &status) == 0)
        self->socket_inode = status.st_ino;
    return fd;
}

/* Each connection may have a file open beside its socket. */
static void fit_limit(HthHttpServer *self)
{
    HthHttpOptions *options = &self->service.options;
    const guint n_descriptors = hth_http_raise_descriptor_limit();
    const guint room = n_descriptors > SPARE_DESCRIPTORS * 2
                           ? (n_descriptors - SPARE_DESCRIPTORS) / 2
                           : n_descriptors / 4;
    if (options->max_connections <= room)
        return;
    hth_log_info("%s: at most %u connections, because the limit of open files is %u", options->name,
                 room, n_descriptors);
    options->max_connections = room;
}

static void set_door(HthHttpServer *self, HthHttpDaemon *daemon)
{
    pthread_mutex_lock(&self->door);
    self->open_daemon = daemon;
    pthread_mutex_unlock(&self->door);
}

gboolean hth_http_server_start(HthHttpServer *self, GError **error)
{
    g_return_val_if_fail(self->daemon == NULL, FALSE);
    HthHttpService *service = &self->service;
    fit_limit(self);
    const gboolean listens = !service->options.is_handed_sockets;
    const int fd = listens ? open_listener(self, error) : -1;
    if (listens && fd < 0)
        return FALSE;
    atomic_store(&service->is_stopping, FALSE);
    service->ticker = hth_http_ticker_new();
    service->connections =
        hth_http_connections_new(&service->options, &service->tally, service->ticker);
    self->daemon = hth_http_daemon_start(service, fd, error);
    if (self->daemon == NULL)
        hth_http_server_stop(self);
    else if (!listens)
        set_door(self, self->daemon);
    return self->daemon != NULL;
}

/* A refusal of ours looks like any other failure of libmicrohttpd, so the limit is asked first. */
static gboolean hand_over(HthHttpServer *self, int fd, GError **error)
{
    HthHttpConnections *connections = self->service.connections;
    struct sockaddr_storage peer = { 0 };
    socklen_t peer_size = sizeof peer;
    if (getpeername(fd, (struct sockaddr *)&peer, &peer_size) != 0) {
        g_set_error(error, HTH_ERROR, HTH_ERROR_NETWORK, "the peer has gone: %s",
                    g_strerror(errno));
    } else if (hth_http_connections_count(connections) >= self->service.options.max_connections) {
        g_set_error(error, HTH_ERROR, HTH_ERROR_BUSY, "there are too many connections");
    } else {
        /* As libmicrohttpd does to those that it accepts. */
        (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){ 1 }, sizeof(int));
        if (hth_http_daemon_add(self->open_daemon, fd, (struct sockaddr *)&peer, peer_size))
            return TRUE;
        g_set_error(error, HTH_ERROR, HTH_ERROR_NETWORK, "the connection cannot be served: %s",
                    g_strerror(errno));
        return FALSE; /* and it has been closed */
    }
    close(fd);
    return FALSE;
}

gboolean hth_http_server_add_socket(HthHttpServer *self, int fd, GError **error)
{
    g_return_val_if_fail(self->service.options.is_handed_sockets, FALSE);
    pthread_mutex_lock(&self->door);
    const gboolean is_open = self->open_daemon != NULL;
    const gboolean has_taken = is_open && hand_over(self, fd, error);
    pthread_mutex_unlock(&self->door);
    if (is_open)
        return has_taken;
    close(fd);
    g_set_error(error, HTH_ERROR, HTH_ERROR_CANCELLED, "the server does not run");
    return FALSE;
}

guint16 hth_http_server_port(const HthHttpServer *self)
{
    return self->port;
}

static void remove_socket(HthHttpServer *self)
{
    struct stat status;
    const char *path = self->service.options.socket_path;
    if (path != NULL && self->socket_inode != 0 && lstat(path, &status) == 0 &&
        status.st_ino == self->socket_inode)
        unlink(path);
    self->socket_inode = 0;
}

/* The order matters: from the flag on nobody new comes in and nothing more is left waiting, what
 * waits already is answered, and only then may libmicrohttpd's threads be joined. */
void hth_http_server_stop(HthHttpServer *self)
{
    HthHttpService *service = &self->service;
    set_door(self, NULL);
    if (self->daemon != NULL) {
        atomic_store(&service->is_stopping, TRUE);
        hth_http_ticker_run(service->ticker, G_MAXINT64);
        for (guint i = 0; i < FAREWELL_MS && atomic_load(&service->n_waiting) > 0; i++)
            g_usleep(1000);
        hth_http_daemon_stop(self->daemon);
        self->daemon = NULL;
    }
    remove_socket(self);
    g_clear_pointer(&service->ticker, hth_http_ticker_free);
    g_clear_pointer(&service->connections, hth_http_connections_free);
}

void hth_http_server_free(HthHttpServer *self)
{
    if (self == NULL)
        return;
    hth_http_server_stop(self);
    HthHttpOptions *options = &self->service.options;
    g_free((char *)options->name);
    g_free((char *)options->bind_address);
    g_free((char *)options->socket_path);
    g_free((char *)options->socket_group);
    g_free((char *)options->tls_certificate);
    if (options->tls_key != NULL)
        explicit_bzero((char *)options->tls_key, strlen(options->tls_key));
    g_free((char *)options->tls_key);
    g_array_unref(self->service.routes);
    pthread_mutex_destroy(&self->door);
    g_free(self);
}

void hth_http_server_counters(HthHttpServer *self, HthHttpCounters *out_counters)
{
    HthHttpTally *tally = &self->service.tally;
    *out_counters = (HthHttpCounters){
        .requests = atomic_load(&tally->requests),
        .bytes_sent = atomic_load(&tally->bytes_sent),
        .refused_peer = atomic_load(&tally->refused_peer),
        .refused_host = atomic_load(&tally->refused_host),
        .refused_limit = atomic_load(&tally->refused_limit),
        .timed_out = atomic_load(&tally->timed_out),
        .connections = self->service.connections != NULL
                           ? hth_http_connections_count(self->service.connections)
                           : 0,
    };
}

void hth_http_server_close_peer(HthHttpServer *self, GInetAddress *peer)
{
    if (self->service.connections != NULL)
        hth_http_connections_close_peer(self->service.connections, peer);
}

void hth_http_server_close_key(HthHttpServer *self, const HthKeyId *key)
{
    if (self->service.connections != NULL)
        hth_http_connections_close_key(self->service.connections, key);
}
