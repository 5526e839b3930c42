/* SPDX-License-Identifier: GPL-3.0-or-later */
/* By which way a device comes in: what the handlers of device routes get as their data. */
#pragma once

#include "parts.h"

G_BEGIN_DECLS

typedef struct HthDeviceDoor {
    HthParts *parts;
    gboolean is_relay; /* over the locker: a thin path; else over the home's own network */
} HthDeviceDoor;

G_END_DECLS
