/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The home as the panel knows it at this moment: whether the daemon answers, its last status, and
 * what it tells by itself. One for the program; every page listens to it.
 *
 * Signals:
 *   "connection"              the daemon came or went (hth_home_is_connected)
 *   "status"                  hth_home_status() is new
 *   "library" (JsonObject *)  what is shared has changed, as in docs/api.md
 *   "devices"                 a device is new or changed, or a pairing has
 *
 * Threads: the main thread only.
 */
#pragma once

#include "api/api-client.h"
#include "api/event-stream.h"

G_BEGIN_DECLS

#define HTH_TYPE_HOME (hth_home_get_type())
G_DECLARE_FINAL_TYPE(HthHome, hth_home, HTH, HOME, GObject)

HthHome *hth_home_new(const char *socket_path);
void hth_home_start(HthHome *self);
void hth_home_stop(HthHome *self); /* before the last reference goes */

HthApiClient *hth_home_client(HthHome *self); /* belongs to the home */

gboolean hth_home_is_connected(HthHome *self);
/* Whether it was ever found out if there is a daemon: FALSE for the first moments. */
gboolean hth_home_is_known(HthHome *self);
/* Whether the status was said since the daemon came last, and not by the one before. */
gboolean hth_home_is_fresh(HthHome *self);
/* As GET status answers; NULL before the first. Belongs to the home until the next. */
JsonObject *hth_home_status(HthHome *self);
/* The scan, fresher than that in the status. */
JsonObject *hth_home_scan(HthHome *self);

/* Asks for the status now; hurries to connect where there is no connection. */
void hth_home_refresh(HthHome *self);

G_END_DECLS
