/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The routes of sync on the device listener: each device is answered as itself, by its key.
 *
 * Threads: main thread; the handlers run on HTTP threads.
 */
#pragma once

#include "locker/door.h"
#include "pairing/device-listener.h"

G_BEGIN_DECLS

/* Before the listener starts. @door: borrowed until it has stopped. */
void hth_sync_routes_add(HthDeviceListener *listener, HthDeviceDoor *door);

G_END_DECLS
