/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The fence around libupnp's sockets.
 *
 * hearth-announcer defines these functions itself, and libupnp's calls pass through them:
 *
 *   socket      UDP sockets are bound to the interface (SO_BINDTODEVICE, unprivileged since
 *               Linux 5.7): one announcer neither answers nor swallows another's search
 *   bind        TCP sockets are bound to loopback and a free port, whatever was asked for
 *   listen      a BPF filter drops every packet from another host before the socket listens
 *   connect     takes 3 s at most, and so does each later read and write on that connection
 *   select      waits 5 s at most when it has a deadline at all: a stalled subscriber holds a
 *               thread for seconds, then gets nothing for a while (stalled-peers.h)
 *   setsockopt  the multicast interface is set by index, so that byebye can still be said when
 *               the address has gone
 *   sendto      SSDP messages get their missing fields (ssdp-message.h); the first alive of
 *               each name is preceded by its byebye
 *   usleep      libupnp polls for its own server thread every 50 ms; here every millisecond
 *
 * Interposed symbols have no argument for state: this file holds the program's only state at
 * file scope. It is written once, before libupnp makes a thread.
 */
#pragma once

#include <glib.h>

#include "ssdp-message.h"

G_BEGIN_DECLS

typedef struct {
    const char *interface; /* borrowed for ever, like the rest */
    const char *address;   /* IPv4, of this interface */
    HthSsdpIdentity identity;
} HthFence;

/* Raises the fence. Before anything of libupnp is called. */
void hth_fence_raise(const HthFence *fence);

/* The TCP port on which libupnp listens at 127.0.0.1; 0 while it does not. */
guint16 hth_fence_port(void);

G_END_DECLS
