/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The threads of libmicrohttpd on one listening socket, or on sockets that they are handed.
 * Threads: main thread, but for add(). */
#pragma once

#include "net/http-request.h"

G_BEGIN_DECLS

typedef struct MHD_Daemon HthHttpDaemon;
struct sockaddr;

/* Takes @listen_fd, also when it fails; -1: none. @service: borrowed until stop. */
HthHttpDaemon *hth_http_daemon_start(HthHttpService *service, int listen_fd, GError **error);

/* Takes the connected socket @fd, also when it fails (errno says why). Not while stop runs. */
gboolean hth_http_daemon_add(HthHttpDaemon *self, int fd, const struct sockaddr *peer,
                             gsize peer_size);

/* Joins the threads and closes the listener; while service->is_stopping nobody new comes in.
 * Nothing may be suspended, or about to be. */
void hth_http_daemon_stop(HthHttpDaemon *self);

G_END_DECLS
