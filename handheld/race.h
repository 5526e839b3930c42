/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Several connections begun side by side, of which one is kept (RFC 8305 calls it happy eyeballs).
 *
 * Attempts are of two kinds: by the LAN, and by a relay. The LAN is begun first, one place after
 * the other at short distances, and is preferred: once the relay has answered the LAN may still
 * answer for so long as the grace lasts. When no attempt by the LAN is left the relay waits for
 * nothing.
 *
 * Threads: each attempt has a thread of its own until it is over; a race belongs to the thread that
 * runs it.
 */
#pragma once

#include "net/http-client.h"

G_BEGIN_DECLS

typedef struct HthRace HthRace;

/* @keep: what the attempts need while they last (the data of key checks); @keep_free is called on
 *        any thread. */
HthRace *hth_race_new(guint grace_ms, gpointer keep, GDestroyNotify keep_free);

/* @client: taken, not connected yet. It gives up @timeout_ms after its @delay_ms. */
void hth_race_add(HthRace *self, HthHttpClient *client, gboolean is_relay, guint delay_ms,
                  guint timeout_ms);

/* Runs it and frees @self. What has lost is ended behind the caller's back.
 *
 * @out_index: which attempt has won, in the order of add().
 * @out_lan_error, @out_relay_error: what came of the last attempt of each kind; NULL: nothing yet,
 *        or no such attempt. New errors.
 * Returns: the connected client; NULL when nobody answers, or when it was cancelled. */
HthHttpClient *hth_race_run(HthRace *self, GCancellable *cancellable, guint *out_index,
                            GError **out_lan_error, GError **out_relay_error);

G_END_DECLS
