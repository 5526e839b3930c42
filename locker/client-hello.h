/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The server name in the first message of a TLS client (RFC 8446, section 4.1.2; RFC 6066, section
 * 3), read from outside: nothing is decrypted, nothing is answered.
 *
 * Strict: what two readers could understand in two ways is malformed.
 *
 * Threads: any thread, any time.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* The message may be cut over several records; with their heads it is no longer than that. */
#define HTH_HELLO_MAX_BYTES      (16 * 1024)
#define HTH_HELLO_MAX_PEEK_BYTES (18 * 1024)
/* Of a host name (RFC 1035, section 2.3.4), and the NUL. */
#define HTH_HELLO_NAME_SIZE 254

typedef enum {
    HTH_HELLO_NEED_MORE, /* what is there is the beginning of a hello */
    HTH_HELLO_NO_NAME,   /* a hello without server_name */
    HTH_HELLO_NAME,
    HTH_HELLO_MALFORMED, /* or longer than the bounds above */
} HthHelloResult;

/* @bytes:      what the client has sent, from its first byte on.
 * @out_name:   with HTH_HELLO_NAME: the host name in lower case.
 * @out_wanted: with HTH_HELLO_NEED_MORE: how many bytes have to be there before another look can
 *              tell more: above @n_bytes, at most HTH_HELLO_MAX_PEEK_BYTES. */
HthHelloResult hth_client_hello_read(const guint8 *bytes, gsize n_bytes,
                                     char out_name[HTH_HELLO_NAME_SIZE], gsize *out_wanted);

/* Whether @name is a host name in lower case: labels of letters, digits, hyphens and underscores,
 * 1 to 63 each, without a dot at the end. */
gboolean hth_host_name_is_good(const char *name);

G_END_DECLS
