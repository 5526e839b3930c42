/* SPDX-License-Identifier: GPL-3.0-or-later */
#define HTH_LOG_TOPIC "hearthd"
#include "listener-options.h"

#include <errno.h>
#include <netinet/in.h>
#include <unistd.h>

#include "base/log.h"

static gboolean is_port_free(guint16 port)
{
    const int fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const int family = fd >= 0 ? AF_INET6 : AF_INET;
    const int probe = fd >= 0 ? fd : socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const struct sockaddr_in6 any6 = { .sin6_family = AF_INET6, .sin6_port = htons(port) };
    const struct sockaddr_in any4 = { .sin_family = AF_INET, .sin_port = htons(port) };
    const int on = 1;
    (void)setsockopt(probe, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    const gboolean is_free = family == AF_INET6
                                 ? bind(probe, (const struct sockaddr *)&any6, sizeof any6) == 0
                                 : bind(probe, (const struct sockaddr *)&any4, sizeof any4) == 0;
    const gboolean is_taken = !is_free && errno == EADDRINUSE;
    close(probe);
    return !is_taken;
}

/* Plugins add their routes to the listener before it starts, so its port is settled before. */
static guint16 choose_port(const HthSettings *settings, const char *key)
{
    const guint16 wanted = (guint16)hth_settings_integer(settings, "hearth", key);
    if (wanted == 0 || is_port_free(wanted))
        return wanted;
    hth_log_warning("port %u is in use by another program; a free one is used instead (choose "
                    "one with hearth.%s)",
                    wanted, key);
    return 0;
}

static guint number(const HthSettings *settings, const char *key)
{
    return (guint)hth_settings_integer(settings, "http", key);
}

HthHttpOptions hth_listener_options(const HthSettings *settings, const char *port_key)
{
    return (HthHttpOptions){
        .port = choose_port(settings, port_key),
        .n_threads = number(settings, "threads"),
        .max_connections = number(settings, "max-connections"),
        .max_connections_a_peer = number(settings, "max-connections-per-device"),
        .head_timeout_s = number(settings, "head-seconds"),
        .body_timeout_s = number(settings, "body-seconds"),
        .idle_timeout_s = number(settings, "idle-seconds"),
    };
}
