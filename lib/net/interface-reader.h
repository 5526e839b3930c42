/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reads the kernel's table of interfaces and addresses by rtnetlink(7).
 *
 * Threads: an object belongs to one thread at a time.
 */
#pragma once

#include "net/interfaces.h"

G_BEGIN_DECLS

/* More of them are left out, and the log says so. */
#define HTH_INTERFACES_MAX           1024
#define HTH_INTERFACES_MAX_ADDRESSES 64 /* each */

void hth_interface_free(HthInterface *self); /* NULL is fine */

/* Returns: (element HthInterface) every interface, in the kernel's order, or NULL with @error.
 * Takes microseconds; waits for the kernel 2 s at the most. */
GPtrArray *hth_interface_reader_read(GError **error);

/* Takes the messages of one datagram into @interfaces.
 * Returns: FALSE once the last message of the dump has been seen. */
gboolean hth_interface_reader_take(GPtrArray *interfaces, gconstpointer datagram, gsize size_bytes,
                                   gboolean *out_is_torn);

/* Returns: a socket that becomes readable when links or addresses change, or -1 with @error. */
int hth_interface_reader_watch(GError **error);

/* Reads all that waits in @fd. FALSE: nothing but noise of other senders was there. */
gboolean hth_interface_reader_drain(int fd);

G_END_DECLS
