/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The code with which a household joins: 80 secret bits, then the first 80 bits of the hash of the
 * locker's public key, by which the home knows that it speaks with this locker. 32 letters of
 * base32, in groups of four.
 *
 * Threads: any thread, any time.
 */
#pragma once

#include "base/key-id.h"

G_BEGIN_DECLS

#define HTH_INVITATION_SECRET_BYTES 10
#define HTH_INVITATION_KEY_BYTES    10

/* A new code. @out_hash: what is kept of its secret. */
char *hth_invitation_new(const HthKeyId *locker, HthKeyId *out_hash);

/* Reads a code; case, spaces and hyphens do not matter. The second half may be left out.
 * FALSE: it is none. */
gboolean hth_invitation_read(const char *text, HthKeyId *out_hash);

G_END_DECLS
