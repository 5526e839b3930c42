/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The threads of libmicrohttpd on one listening socket. Threads: main thread. */
#pragma once

#include "net/http-request.h"

G_BEGIN_DECLS

typedef struct MHD_Daemon HthHttpDaemon;

/* Takes @listen_fd, also when it fails. @service: borrowed until stop. */
HthHttpDaemon *hth_http_daemon_start(HthHttpService *service, int listen_fd, GError **error);

/* Joins the threads and closes the listener; while service->is_stopping nobody new comes in.
 * Nothing may be suspended, or about to be. */
void hth_http_daemon_stop(HthHttpDaemon *self);

G_END_DECLS
