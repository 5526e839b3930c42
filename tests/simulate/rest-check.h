/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What one device that has come to rest must hold: claims 3 to 6, 8 and 9 of world-check.h.
 *
 * Threads: as the world.
 */
#pragma once

#include "world.h"

void rest_check_device(SimDevice *device);
