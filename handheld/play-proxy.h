/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The door for players on this device: HTTP on 127.0.0.1, where any item of a home's library can be
 * played, whether it is on the device or not.
 *
 *   GET, HEAD  /p/<token>/<item>.<ext>             the item as it is; smaller where the relay is
 *                                                  too thin for it (play-choice.h)
 *              /p/<token>/<item>/<profile>.<ext>   converted at home
 *
 * A web page that some browser on this device shows must not get in: Host has to be the literal
 * 127.0.0.1:PORT, whoever says Origin is refused, and nothing allows another origin anything.
 *
 * Threads: made, given shelves and freed by the main thread; the rest says so.
 */
#pragma once

#include "play-tokens.h"
#include "reach.h"

G_BEGIN_DECLS

typedef struct HthPlayProxy HthPlayProxy;

/* One home's items. */
typedef struct HthPlayShelf HthPlayShelf;

/* @keeps_port: the port is chosen once and kept in STATE/play.conf, because playlists name it.
 * Errors: those of hth_http_server_start(): somebody else has the port. */
HthPlayProxy *hth_play_proxy_new(const char *state_dir, gboolean keeps_port, GError **error);
/* Ends all requests. NULL is fine. */
void hth_play_proxy_free(HthPlayProxy *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HthPlayProxy, hth_play_proxy_free)

guint16 hth_play_proxy_port(const HthPlayProxy *self);

/* The shelf lives as long as the proxy. */
HthPlayShelf *hth_play_proxy_add(HthPlayProxy *self, HthReach *reach);

/* What opens what from now on; any thread. @folder: of the device, for items that are there. */
void hth_play_shelf_set(HthPlayShelf *self, HthPlayTokens *tokens, const char *folder);

/* Other times than play-choice.h says; before anybody asks. */
void hth_play_shelf_set_times(HthPlayShelf *self, guint wait_ms, guint keep_ms);

G_END_DECLS
