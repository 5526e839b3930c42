/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The UPnP services that the plugin offers, as tables: an action is a row, and both the SCPD
 * document and the check of arguments come from the same rows.
 *
 * Threads: handlers run on HTTP threads.
 */
#pragma once

#include "client.h"
#include "net/http-server.h"
#include "plugin/host.h"
#include "soap.h"

G_BEGIN_DECLS

typedef struct HthDlna HthDlna;

/* Error codes of UPnP Device Architecture 1.0 (section 3.2.2) and ContentDirectory:1 (section 2.7).
 */
typedef enum {
    HTH_UPNP_OK = 0,
    HTH_UPNP_INVALID_ACTION = 401,
    HTH_UPNP_INVALID_ARGS = 402,
    HTH_UPNP_ACTION_FAILED = 501,
    HTH_UPNP_NO_SUCH_OBJECT = 701,
    HTH_UPNP_NO_SUCH_CONNECTION = 706,
    HTH_UPNP_BAD_SEARCH = 708,
    HTH_UPNP_BAD_SORT = 709,
    HTH_UPNP_NO_SUCH_CONTAINER = 710,
    HTH_UPNP_CANNOT_PROCESS = 720,
    HTH_UPNP_ACCESS_DENIED = 801,
} HthUpnpCode;

const char *hth_upnp_code_text(HthUpnpCode code);

/* One call of an action. */
typedef struct {
    HthDlna *dlna;
    HthHttpRequest *request;
    const HthSoapMessage *message;
    const HthClient *client;
    HthDevicePolicy policy;
} HthUpnpCall;

/* Appends the answer's arguments to @out. What was appended is dropped when it fails. */
typedef HthUpnpCode (*HthUpnpHandler)(const HthUpnpCall *call, HthXmlOut *out);

typedef struct {
    const char *name; /* NULL ends a list */
    const char *variable;
    gboolean is_out;
} HthUpnpArgument;

#define HTH_UPNP_MAX_ARGUMENTS 12

typedef struct {
    const char *name;
    HthUpnpHandler handler;
    HthUpnpArgument arguments[HTH_UPNP_MAX_ARGUMENTS];
} HthUpnpAction;

typedef struct {
    const char *name;
    const char *type;
    gboolean is_evented;
    const char *values[6]; /* allowed ones; NULL ends them */
} HthUpnpVariable;

typedef struct {
    const char *name; /* in URLs: "content" */
    const char *type; /* "urn:schemas-upnp-org:service:ContentDirectory:1" */
    const char *id;
    const HthUpnpAction *actions;
    guint n_actions;
    const HthUpnpVariable *variables;
    guint n_variables;
} HthUpnpService;

extern const HthUpnpService hth_content_directory;
extern const HthUpnpService hth_connection_manager;
extern const HthUpnpService hth_media_registrar;

#define HTH_N_UPNP_SERVICES 3
extern const HthUpnpService *const hth_upnp_services[HTH_N_UPNP_SERVICES];

/* Appends the service description (UPnP Device Architecture 1.0, section 2.3). */
void hth_upnp_service_describe(const HthUpnpService *self, HthXmlOut *out);

/* Answers a SOAP request to @self. */
void hth_upnp_service_control(const HthUpnpService *self, HthDlna *dlna, HthHttpRequest *request);

/* What we can send to @client, as GetProtocolInfo says it; a new string. */
char *hth_connection_manager_source(const HthClient *client);

/* ---- For handlers ---- */

/* The value of an argument without white space around it, borrowed; @fallback when it was not
 * sent. */
const char *hth_upnp_call_text(const HthUpnpCall *self, const char *name, const char *fallback);

/* A ui4. FALSE when what was sent is none. */
gboolean hth_upnp_call_number(const HthUpnpCall *self, const char *name, guint32 fallback,
                              guint32 *out_value);

/* <name>value</name>, the value escaped. */
void hth_upnp_append(HthXmlOut *out, const char *name, const char *value);
void hth_upnp_append_number(HthXmlOut *out, const char *name, guint64 value);

G_END_DECLS
