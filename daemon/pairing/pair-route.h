/* SPDX-License-Identifier: GPL-3.0-or-later */
/* POST /pair: the one thing that an unknown key may ask.
 *
 *   {"secret": "<letters of the code>", "name": "what the device calls itself"}
 *   → {"home": id, "name": of the home, "device": name of the device here, "discovery_key": …}
 *
 * Threads: any HTTP thread.
 */
#pragma once

#include "net/http-server.h"
#include "pairing/pairing.h"

G_BEGIN_DECLS

#define HTH_PAIR_ROUTE_MAX_BODY 4096

/* @home_name: what people call the home. */
void hth_pair_route_answer(HthHttpRequest *request, HthPairing *pairing, const char *home_name);

G_END_DECLS
