/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Listens to hearthd's server-sent events for as long as it lives: connects, hands out what comes,
 * and connects again (after 0.3 s, later up to 5 s) when the daemon has gone.
 *
 * Signals:
 *   "state" (gboolean is_connected)
 *   "event" (const char *name, JsonObject *data)
 *
 * Threads: the main thread only.
 */
#pragma once

#include <gio/gio.h>
#include <json-glib/json-glib.h>

G_BEGIN_DECLS

#define HTH_TYPE_EVENT_STREAM (hth_event_stream_get_type())
G_DECLARE_FINAL_TYPE(HthEventStream, hth_event_stream, HTH, EVENT_STREAM, GObject)

HthEventStream *hth_event_stream_new(const char *socket_path);

/* Starts to connect; nothing is emitted before. */
void hth_event_stream_start(HthEventStream *self);
/* Tries at once instead of when the pause is over: somebody has started the daemon. */
void hth_event_stream_hurry(HthEventStream *self);
/* Ends it; nothing is emitted afterwards. */
void hth_event_stream_stop(HthEventStream *self);

gboolean hth_event_stream_is_connected(HthEventStream *self);

G_END_DECLS
