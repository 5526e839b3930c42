/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Who plays what, in a running hearthd: requests for media make sessions, a timer ends them while
 * there are any, and listeners are told of changes (event "sessions").
 *
 * Threads: open and close on the main thread; the rest on any.
 */
#pragma once

#include <json-glib/json-glib.h>

#include "parts.h"
#include "play-sessions.h"

G_BEGIN_DECLS

void hth_session_part_open(HthParts *parts); /* makes parts->sessions */
void hth_session_part_close(HthParts *parts);

/* Follows @request, which will send @what; NULL: it is nothing that is played. Before respond, for
 * a request that has on_finished(): that calls end(). */
HthPlayFetch *hth_session_part_begin(HthParts *parts, HthHttpRequest *request,
                                     const HthPlayWhat *what);
void hth_session_part_end(HthParts *parts, HthPlayFetch *fetch,
                          guint64 sent_bytes); /* NULL: fine */

/* The same for a request that nobody else follows, with its on_finished(). */
void hth_session_part_follow(HthParts *parts, HthHttpRequest *request, const HthPlayWhat *what);

/* A player tells of itself. */
void hth_session_part_tell(HthParts *parts, const HthPlayWhat *what, HthSessionState state,
                           gint64 position_ms);

/* As docs/api.md has `sessions`. */
JsonArray *hth_session_part_array(HthParts *parts);

G_END_DECLS
