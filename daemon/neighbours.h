/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The kernel's neighbour table: which hardware address answers for a network address.
 *
 * Read by rtnetlink(7) (RTM_GETNEIGH); no program is run and nothing is sent on the network.
 *
 * Threads: any thread, any time.
 */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* More rows than this are not looked at. */
#define HTH_NEIGHBOURS_MAX 4096

/* @family: AF_INET or AF_INET6; @address: 4 or 16 bytes; @hardware: 6 bytes. All borrowed. */
typedef void (*HthNeighbour)(int family, const guint8 *address, const guint8 *hardware,
                             gpointer data);

/* Calls @callback for every usable row. Takes at most 200 ms; FALSE when the kernel gave nothing.
 */
gboolean hth_neighbours_foreach(HthNeighbour callback, gpointer data);

/* Returns: "52:54:00:12:34:56" for @address, or NULL. New string. */
char *hth_neighbours_find(GInetAddress *address);

G_END_DECLS
