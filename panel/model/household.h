/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The devices of the home: those on the network, and those paired. Read again when the daemon tells
 * of a change, and at intervals.
 *
 * Signals: "changed".
 *
 * Threads: the main thread only.
 */
#pragma once

#include "model/home.h"

G_BEGIN_DECLS

#define HTH_TYPE_HOUSEHOLD (hth_household_get_type())
G_DECLARE_FINAL_TYPE(HthHousehold, hth_household, HTH, HOUSEHOLD, GObject)

HthHousehold *hth_household_new(HthHome *home);

JsonObject *hth_household_devices(HthHousehold *self); /* as GET devices; NULL at first */
JsonObject *hth_household_paired(HthHousehold *self);  /* as GET paired; likewise */

/* Asks again now. */
void hth_household_refresh(HthHousehold *self);

/* "On this network · seen just now", "Away, through the locker · seen 2 hours ago": of one of paired. */
char *hth_household_path_text(JsonObject *paired);

G_END_DECLS
