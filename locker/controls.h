/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The control streams of the homes: over them a home is told its limits, and that it is no more.
 *
 * Threads: any thread, any time.
 */
#pragma once

#include <json-glib/json-glib.h>

#include "household.h"
#include "net/http-server.h"

G_BEGIN_DECLS

/* Of one household at a time; the old ones of a home whose network is gone count for a minute. */
#define HTH_MAX_CONTROLS 8

typedef struct HthControls HthControls;

HthControls *hth_controls_new(void);
void hth_controls_free(HthControls *self); /* NULL is fine */

/* FALSE: the household has too many. */
gboolean hth_controls_have_room(HthControls *self, HthHousehold *household);
/* Takes @events, and tells it the limits. */
void hth_controls_add(HthControls *self, HthHousehold *household, HthHttpEvents *events);

void hth_controls_tell_limits(HthControls *self, HthHousehold *household);
void hth_controls_tell_end(HthControls *self, HthHousehold *household);

/* Forgets those that have gone. Returns: how many homes have one. */
guint hth_controls_sweep(HthControls *self);

/* The limits as homes are told them. */
JsonObject *hth_limits_json(HthHousehold *household);

G_END_DECLS
