/* SPDX-License-Identifier: GPL-3.0-or-later */
/* GET /m/… for paired devices: any item of the library, whether they hold it or not.
 *
 *   /m/<item>.<ext>               the original
 *   /m/<item>/<profile>.<ext>     a rendition; 503 with Retry-After while it is being made
 *
 * Threads: any HTTP thread.
 */
#pragma once

#include "net/http-server.h"
#include "parts.h"

G_BEGIN_DECLS

void hth_device_media_answer(HthParts *parts, HthHttpRequest *request);

G_END_DECLS
