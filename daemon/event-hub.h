/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is told live to those who listen on /api/v1/events: scan progress (at most 4 a second),
 * library changes, devices, plugin status, log lines from warning up.
 *
 * While nobody listens nothing runs. At most HTH_EVENT_STREAMS_MAX listen at a time.
 *
 * Threads: new and free on the main thread; all else on any thread.
 */
#pragma once

#include <json-glib/json-glib.h>

#include "library/library.h"
#include "net/http-server.h"

G_BEGIN_DECLS

#define HTH_EVENT_STREAMS_MAX 32

typedef struct HthEventHub HthEventHub;

HthEventHub *hth_event_hub_new(HthLibrary *library);
void hth_event_hub_free(HthEventHub *self); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HthEventHub, hth_event_hub_free)

/* Answers @request with the stream; a current "scan" event comes first.
 * Errors: HTH_ERROR_BUSY: too many listen; @request is not answered. */
gboolean hth_event_hub_attach(HthEventHub *self, HthHttpRequest *request, GError **error);

/* Sends one event to all. Takes @object. */
void hth_event_hub_send(HthEventHub *self, const char *event, JsonObject *object);

guint hth_event_hub_n_streams(HthEventHub *self);

/* The scan as the status and the "scan" event show it. */
JsonObject *hth_event_hub_scan_object(HthLibrary *library);

G_END_DECLS
