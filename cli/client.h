/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Asks hearthd over its Unix socket: HTTP by libcurl, JSON by json-glib. */
#pragma once

#include <json-glib/json-glib.h>

G_BEGIN_DECLS

#define HTH_CLIENT_ERROR (hth_client_error_quark())

typedef enum {
    HTH_CLIENT_ERROR_NOT_RUNNING, /* nobody answers at the socket */
    HTH_CLIENT_ERROR_REFUSED,     /* hearthd answered with an error; the message is its own */
    HTH_CLIENT_ERROR_BROKEN,      /* the answer makes no sense, or stopped in the middle */
} HthClientError;

GQuark hth_client_error_quark(void);

typedef struct HthClient HthClient;

HthClient *hth_client_new(const char *socket_path);
void hth_client_free(HthClient *self); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HthClient, hth_client_free)

/* @path: below /api/v1/, escaped. Returns: the answer, a new reference. */
JsonObject *hth_client_get(HthClient *self, const char *path, GError **error);

/* @method: "POST", "PUT", "DELETE". Takes @body, which may be NULL. */
JsonObject *hth_client_send(HthClient *self, const char *method, const char *path, JsonObject *body,
                            GError **error);

/* Writes what comes into @fd. HTTP 404 gives HTH_CLIENT_ERROR_REFUSED. */
gboolean hth_client_download(HthClient *self, const char *path, int fd, GError **error);

/* Calls @callback for each event until it returns FALSE or the stream ends. */
typedef gboolean (*HthClientEvent)(const char *event, const char *json, gpointer data);
gboolean hth_client_events(HthClient *self, HthClientEvent callback, gpointer data, GError **error);

/* @text for use in a path or query. New string. */
char *hth_client_escape(const char *text);

G_END_DECLS
