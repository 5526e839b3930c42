/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The event streams of devices that are here: GET /sync/events. A device has one, the newest.
 *
 * Threads: any thread.
 */
#pragma once

#include "net/http-server.h"

G_BEGIN_DECLS

typedef struct HthSyncEvents HthSyncEvents;

HthSyncEvents *hth_sync_events_new(void);
void hth_sync_events_free(HthSyncEvents *self); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HthSyncEvents, hth_sync_events_free)

/* Answers @request with the stream of @device. */
void hth_sync_events_attach(HthSyncEvents *self, const char *device, HthHttpRequest *request);

/* Sends "sync" or "limits" to @device; NULL: to all. */
void hth_sync_events_send(HthSyncEvents *self, const char *device, const char *event);

/* Whether it listens now. */
gboolean hth_sync_events_is_here(HthSyncEvents *self, const char *device);

G_END_DECLS
