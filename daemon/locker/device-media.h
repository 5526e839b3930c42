/* SPDX-License-Identifier: GPL-3.0-or-later */
/* GET /m/… for paired devices: any item of the library, whether they hold it or not.
 *
 *   /m/<item>.<ext>               the original
 *   /m/<item>/<profile>.<ext>     a rendition; 503 with Retry-After while it is being made
 *
 * Threads: any HTTP thread.
 */
#pragma once

#include "locker/door.h"
#include "net/http-server.h"

G_BEGIN_DECLS

/* @device: who asks. */
void hth_device_media_answer(const HthDeviceDoor *door, const HthPairedDevice *device,
                             HthHttpRequest *request);

G_END_DECLS
