/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Asks hearthd, over its Unix socket, without ever waiting: every call is a GTask that ends with an
 * answer, an error or its deadline.
 *
 * At most HTH_API_CONNECTIONS calls are under way; the others queue, those for pictures behind all
 * that a person waits for. A call that is cancelled while it queues is never sent.
 *
 * Errors of every call: those that the daemon gave (api-error.h); HTH_ERROR_NETWORK: there is no
 * daemon; HTH_ERROR_TIMEOUT; HTH_ERROR_CORRUPT: the answer is no answer; G_IO_ERROR_CANCELLED.
 *
 * Threads: the main thread only.
 */
#pragma once

#include <gio/gio.h>
#include <json-glib/json-glib.h>

G_BEGIN_DECLS

#define HTH_API_CONNECTIONS 6
#define HTH_API_DEADLINE_MS (20 * 1000)

#define HTH_TYPE_API_CLIENT (hth_api_client_get_type())
G_DECLARE_FINAL_TYPE(HthApiClient, hth_api_client, HTH, API_CLIENT, GObject)

HthApiClient *hth_api_client_new(const char *socket_path);
const char *hth_api_client_socket_path(HthApiClient *self);

/* For tests: another deadline than HTH_API_DEADLINE_MS. */
void hth_api_client_set_deadline(HthApiClient *self, guint deadline_ms);

/* @path: below /api/v1/, escaped. @body: taken; NULL for none. */
void hth_api_client_call(HthApiClient *self, const char *method, const char *path, JsonObject *body,
                         GCancellable *cancellable, GAsyncReadyCallback callback, gpointer data);
/* Returns: the object that was answered; yours. */
JsonObject *hth_api_client_call_finish(HthApiClient *self, GAsyncResult *result, GError **error);

/* A file of the daemon's, such as a picture: @path from the root. Queued behind calls. */
void hth_api_client_fetch(HthApiClient *self, const char *path, GCancellable *cancellable,
                          GAsyncReadyCallback callback, gpointer data);
GBytes *hth_api_client_fetch_finish(HthApiClient *self, GAsyncResult *result, GError **error);

/* Asks and forgets: for what is only worth trying (a play count). @body: taken. */
void hth_api_client_send(HthApiClient *self, const char *method, const char *path,
                         JsonObject *body);

G_END_DECLS
