/* SPDX-License-Identifier: GPL-3.0-or-later */
#define HTH_LOG_TOPIC "http"
#include "net/http-daemon.h"

#include <microhttpd.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/error.h"
#include "base/log.h"
#include "net/tls-key.h"

/* Heads are rarely longer; the read buffer grows in these steps. */
#define POOL_STEP_BYTES (4 * 1024)
/* In a target; each costs memory beside the head. Ours have fewer than ten. */
#define MAX_ARGUMENTS 128
/* A reader that takes nothing for this many idle timeouts is gone: a paused TV is patient. */
#define STALLED_FACTOR 10

static enum MHD_Result on_accept(void *data, const struct sockaddr *peer, socklen_t peer_size)
{
    HthHttpService *service = data;
    /* Not by MHD_quiesce_daemon(): in 0.9.75 it races with its own threads for the listening
     * socket's place in their epoll sets, and ends the process when it loses (seen in one of 60
     * stops). */
    if (atomic_load(&service->is_stopping))
        return MHD_NO;
    return hth_http_connections_admit(service->connections, peer, peer_size) ? MHD_YES : MHD_NO;
}

static void on_connection(void *data, struct MHD_Connection *exchange, void **context,
                          enum MHD_ConnectionNotificationCode code)
{
    HthHttpService *service = data;
    if (code == MHD_CONNECTION_NOTIFY_STARTED) {
        const union MHD_ConnectionInfo *info =
            MHD_get_connection_info(exchange, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
        *context = hth_http_connections_add(service->connections, hth_http_exchange_fd(exchange),
                                            info->client_addr);
        hth_http_exchange_demand_certificate(exchange);
    } else {
        HthHttpConnection *connection = *context;
        /* libmicrohttpd says nothing of a request whose target it could not take apart. */
        if (connection->reading != NULL)
            hth_http_request_over(g_steal_pointer(&connection->reading), FALSE);
        hth_http_connections_remove(service->connections, *context);
        *context = NULL;
    }
}

static gboolean has_too_many_arguments(const char *target)
{
    guint n_arguments = 1;
    for (const char *at = strchr(target, '&'); at != NULL && n_arguments <= MAX_ARGUMENTS;
         at = strchr(at + 1, '&'))
        n_arguments++;
    return n_arguments > MAX_ARGUMENTS;
}

/* By hand: libmicrohttpd takes no answer here. */
static void end_with_414(HthHttpConnection *connection)
{
    static const char answer[] = "HTTP/1.1 414 URI Too Long\r\nConnection: close\r\n"
                                 "Content-Length: 0\r\n\r\n";
    if (!connection->is_tls)
        (void)send(connection->fd, answer, sizeof answer - 1, MSG_NOSIGNAL | MSG_DONTWAIT);
    shutdown(connection->fd, SHUT_RDWR);
}

/* libmicrohttpd calls this with the target as it was sent, before it takes it apart. When there is
 * no memory for all its arguments, 0.9.75 neither answers nor closes, and calls this again for the
 * same target as soon as anything happens. */
static void *on_target(void *data, const char *target, struct MHD_Connection *exchange)
{
    HthHttpService *service = data;
    HthHttpConnection *connection =
        MHD_get_connection_info(exchange, MHD_CONNECTION_INFO_SOCKET_CONTEXT)->socket_context;
    if (connection->reading != NULL) {
        end_with_414(connection);
        return connection->reading;
    }
    const gboolean is_refused = target != NULL && has_too_many_arguments(target);
    if (is_refused)
        end_with_414(connection);
    connection->reading = hth_http_request_new(service, connection, exchange,
                                               target != NULL && !is_refused ? target : "");
    return connection->reading;
}

static enum MHD_Result on_request(void *data, struct MHD_Connection *exchange, const char *url,
                                  const char *method, const char *version, const char *upload,
                                  size_t *upload_bytes, void **context)
{
    HthHttpRequest *request = *context;
    request->connection->reading = NULL;
    return hth_http_request_step(request, method, version, upload, upload_bytes) ? MHD_YES
                                                                                  : MHD_NO;
}

static void on_completed(void *data, struct MHD_Connection *exchange, void **context,
                         enum MHD_RequestTerminationCode code)
{
    if (*context == NULL)
        return;
    ((HthHttpRequest *)*context)->connection->reading = NULL;
    hth_http_request_over(*context, code == MHD_REQUEST_TERMINATED_COMPLETED_OK);
    *context = NULL;
}

/* We decode the target ourselves. */
static size_t keep_escapes(void *data, struct MHD_Connection *exchange, char *text)
{
    return strlen(text);
}

G_GNUC_PRINTF(2, 0)
static void on_message(void *data, const char *format, va_list arguments)
{
    if (!hth_log_wants(HTH_LOG_TOPIC, HTH_LOG_DEBUG))
        return;
    g_autofree char *text = g_strdup_vprintf(format, arguments);
    hth_log_debug("%s", g_strchomp(text));
}

HthHttpDaemon *hth_http_daemon_start(HthHttpService *service, int listen_fd, GError **error)
{
    const HthHttpOptions *options = &service->options;
    const unsigned int flags = MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME |
                               MHD_USE_ERROR_LOG | (listen_fd < 0 ? MHD_USE_NO_LISTEN_SOCKET : 0) |
                               (options->tls_certificate != NULL ? MHD_USE_TLS : 0);
    struct MHD_OptionItem tls[] = {
        { MHD_OPTION_HTTPS_MEM_CERT, 0, (char *)options->tls_certificate },
        { MHD_OPTION_HTTPS_MEM_KEY, 0, (char *)options->tls_key },
        { MHD_OPTION_HTTPS_PRIORITIES, 0, (char *)HTH_TLS_PRIORITIES },
        { MHD_OPTION_END, 0, NULL },
    };
    if (options->tls_certificate == NULL)
        tls[0] = (struct MHD_OptionItem){ MHD_OPTION_END, 0, NULL };
    /* Without a listener that option may not be there at all, so one that changes nothing takes its
     * place (in an option array the listener of 0.9.75 is not served). */
    const enum MHD_OPTION listener =
        listen_fd >= 0 ? MHD_OPTION_LISTEN_SOCKET : MHD_OPTION_LISTEN_BACKLOG_SIZE;
    /* Our own limits are met first: libmicrohttpd divides its limit among the threads. */
    const unsigned int limit = (options->max_connections + 64) * options->n_threads;
    const unsigned int pool_size = options->n_threads > 1 ? options->n_threads : 0;
    struct MHD_Daemon *self = MHD_start_daemon(
        flags, 0, on_accept, service, on_request, service, MHD_OPTION_EXTERNAL_LOGGER, on_message,
        NULL, listener, listen_fd >= 0 ? listen_fd : SOMAXCONN, MHD_OPTION_THREAD_POOL_SIZE,
        pool_size, MHD_OPTION_CONNECTION_LIMIT, limit, MHD_OPTION_CONNECTION_TIMEOUT,
        options->idle_timeout_s * STALLED_FACTOR, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
        (size_t)options->connection_bytes, MHD_OPTION_CONNECTION_MEMORY_INCREMENT,
        (size_t)POOL_STEP_BYTES, MHD_OPTION_NOTIFY_CONNECTION, on_connection, service,
        MHD_OPTION_NOTIFY_COMPLETED, on_completed, service, MHD_OPTION_URI_LOG_CALLBACK, on_target,
        service, MHD_OPTION_UNESCAPE_CALLBACK, keep_escapes, NULL, MHD_OPTION_ARRAY, tls,
        MHD_OPTION_END);
    if (self == NULL) {
        if (listen_fd >= 0)
            close(listen_fd);
        g_set_error(error, HTH_ERROR, HTH_ERROR_FAILED, "the HTTP threads do not start");
    }
    return self;
}

gboolean hth_http_daemon_add(HthHttpDaemon *self, int fd, const struct sockaddr *peer,
                             gsize peer_size)
{
    return MHD_add_connection(self, fd, peer, (socklen_t)peer_size) == MHD_YES;
}

void hth_http_daemon_stop(HthHttpDaemon *self)
{
    MHD_stop_daemon(self);
}
