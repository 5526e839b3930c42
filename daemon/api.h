/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The API: JSON over HTTP under /api/v1/, described in docs/api.md.
 *
 * Every row of a table says who may ask, on which thread it is answered and what its body may hold;
 * the dispatcher checks all that, so that a handler only does its work.
 */
#pragma once

#include <json-glib/json-glib.h>

#include "parts.h"

G_BEGIN_DECLS

typedef enum {
    HTH_ROLE_ANYONE, /* on the network */
    HTH_ROLE_OWNER,  /* on the Unix socket, and with a key that is paired as owner */
} HthRole;

typedef enum {
    HTH_API_HERE, /* on the HTTP thread: quick, touches nothing of the main loop's */
    HTH_API_MAIN, /* on the main loop */
    HTH_API_TASK, /* on a thread that may wait */
} HthApiThread;

typedef struct {
    HthParts *parts;
    HthHttpRequest *request;
    const char *argument;  /* what ":" in the path matched, decoded; NULL: the path has none */
    JsonObject *body;      /* checked against the row's fields; NULL: the row has none */
    gboolean has_answered; /* set by a handler that answered the request itself */
} HthApiCall;

/* Returns: the answer's object, or NULL with @error, or NULL after it set has_answered. */
typedef JsonObject *(*HthApiHandler)(HthApiCall *call, GError **error);

/* @fields: "name:s policy:s! items:as", with s text, i whole number, b boolean, as list of texts,
 * o object;
 * "!" must be there. Anything else in a body is refused. NULL: no body. */
typedef struct {
    HthHttpMethods method;
    const char *path; /* below /api/v1/; one part may be ":", and it stands for any text */
    HthRole role;
    HthApiThread thread;
    HthApiHandler handler;
    const char *fields;
} HthApiRow;

/* One table a file: api-library.c, api-devices.c … */
const HthApiRow *hth_api_library_rows(guint *out_n);
const HthApiRow *hth_api_device_rows(guint *out_n);
const HthApiRow *hth_api_home_rows(guint *out_n);
const HthApiRow *hth_api_setting_rows(guint *out_n);
const HthApiRow *hth_api_root_rows(guint *out_n);
const HthApiRow *hth_api_playlist_rows(guint *out_n);
const HthApiRow *hth_api_pairing_rows(guint *out_n);
const HthApiRow *hth_api_sync_rows(guint *out_n);
const HthApiRow *hth_api_locker_rows(guint *out_n);
const HthApiRow *hth_api_session_rows(guint *out_n);
const HthApiRow *hth_api_rendition_rows(guint *out_n);

/* The routes for the Unix socket (everything) and for the LAN listener (what anyone may ask); their
 * data is the HthParts. */
const HthHttpRoute *hth_api_socket_routes(guint *out_n);
const HthHttpRoute *hth_api_lan_routes(guint *out_n);

/* The same for another listener, which has found out who asks. */
#define HTH_API_PREFIX         "/api/v1/"
#define HTH_API_MAX_BODY_BYTES (1024 * 1024)
void hth_api_answer(HthParts *parts, HthHttpRequest *request, HthRole role);

/* ---- For handlers ---- */

/* A whole number of the query; HTH_ERROR_INVALID when it is none or out of range. */
gboolean hth_api_query_number(HthApiCall *call, const char *name, gint64 minimum, gint64 maximum,
                              gint64 default_value, gint64 *out_value, GError **error);

/* A text of the body; NULL: not there. Borrowed. */
const char *hth_api_text(HthApiCall *call, const char *name);
gboolean hth_api_has(HthApiCall *call, const char *name);

/* The shared folders as they were last set, with what the library knows of each. Main thread. */
JsonArray *hth_api_root_array(HthParts *parts);

/* {"ok": true} */
JsonObject *hth_api_done(void);

G_END_DECLS
