/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Puts identity, pairing and device listener into a daemon's parts, and takes them out again.
 *
 * Threads: main thread.
 */
#pragma once

#include "parts.h"

G_BEGIN_DECLS

/* Opens or makes the identity in DIR/identity, and makes parts->pairing and parts->device_listener,
 * which is not started, so that others can add routes. parts->library and events are there already.
 *
 * @http: limits, port and peer rule. */
gboolean hth_pairing_part_open(HthParts *parts, const HthHttpOptions *http, const char *home_name,
                               GError **error);

/* A port that cannot be had is logged; the rest of the daemon does without. */
void hth_pairing_part_start(HthParts *parts);

void hth_pairing_part_stop(HthParts *parts);
void hth_pairing_part_close(HthParts *parts); /* does nothing when it was not opened */

G_END_DECLS
