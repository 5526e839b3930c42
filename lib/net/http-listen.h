/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Listening sockets. Threads: any thread. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* IPv6 and IPv4 in one socket where the machine has IPv6, else IPv4 alone.
 *
 * @bind_address: NULL for every address.
 * @out_port:     the port, also when @port was 0.
 * Returns: a descriptor, or -1 with a G_IO_ERROR that names the port. */
int hth_http_listen_tcp(const char *bind_address, guint16 port, guint16 *out_port, GError **error);

/* Replaces a socket that nobody listens on any more.
 *
 * @group: NULL for mode 0600, or whose members may connect as well (0660).
 * Errors: G_IO_ERROR_ADDRESS_IN_USE  somebody listens: already running
 *         G_IO_ERROR_EXISTS          @path is something else than a socket */
int hth_http_listen_unix(const char *path, const char *group, GError **error);

/* Raises RLIMIT_NOFILE to its hard limit. Returns: how many descriptors there may be. */
guint hth_http_raise_descriptor_limit(void);

G_END_DECLS
