/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The person listens on a device, rates, and leaves off in the middle: the player notes it in the
 * inbox, as `hearth-handheld played` does.
 *
 * Threads: as the world.
 */
#pragma once

#include "world.h"

void device_play(World *self, SimDevice *device);
