/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Speaks with the locker's own API (docs/locker.md), as the household whose key we have.
 *
 * Errors of all: HTH_ERROR_CHANGED      the locker does not know this household any more
 *                HTH_ERROR_REFUSED      it says no, or somebody else answers in its place; its
 *                                       sentence is the message
 *                HTH_ERROR_BUSY         later
 *                and those of hth_tls_stream_open()
 *
 * Threads: every call blocks; an object belongs to one thread at a time.
 */
#pragma once

#include "locker/account.h"
#include "net/http-client.h"
#include "store/identity.h"

G_BEGIN_DECLS

typedef struct HthLockerClient HthLockerClient;

/* @identity: borrowed until free. */
HthLockerClient *hth_locker_client_new(const HthLockerAccount *account,
                                       const HthDeviceIdentity *identity);
void hth_locker_client_free(HthLockerClient *self); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HthLockerClient, hth_locker_client_free)

/* Joins the locker at @url with an invitation: the locker is believed when its key begins as @code
 * says, or when the authorities of the web vouch for it. Nothing of ours is sent before.
 * Errors: HTH_ERROR_REFUSED: the code is not good (any more); HTH_ERROR_INVALID: @url or @code;
 * HTH_ERROR_CORRUPT: the answer makes no sense. */
HthLockerAccount *hth_locker_join(const char *url, const char *code, const char *home_name,
                                  const HthDeviceIdentity *identity, GCancellable *cancellable,
                                  HthLockerLimits *out_limits, GError **error);

/* Returns: up to @count tickets, each good for one parked connection; never empty. */
GStrv hth_locker_client_tickets(HthLockerClient *self, guint count, GCancellable *cancellable,
                                GError **error);
/* Replaces all our routes. HTH_ERROR_REFUSED: one of them is another household's. */
gboolean hth_locker_client_put_routes(HthLockerClient *self, const char *const *routes,
                                      GCancellable *cancellable, GError **error);
gboolean hth_locker_client_leave(HthLockerClient *self, GCancellable *cancellable, GError **error);

/* "limits" with an object, "ended" with or without one. FALSE ends the stream. */
typedef gboolean (*HthLockerEvent)(const char *event, JsonObject *object, gpointer data);
/* Follows the control stream until it ends (TRUE) or breaks. */
gboolean hth_locker_client_follow(HthLockerClient *self, HthLockerEvent callback, gpointer data,
                                  GCancellable *cancellable, GError **error);

G_END_DECLS
