/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What befalls one device, and what its person does to it.
 *
 * Threads: as the world.
 */
#pragma once

#include "world.h"

/* The person deletes files of ours; sometimes all. */
void device_trouble_delete(World *self, SimDevice *device);
/* The person puts a file beside ours; sometimes where one of ours is to come. */
void device_trouble_add_own(World *self, SimDevice *device);
/* Somebody fills up the card, or makes room. */
void device_trouble_fill(World *self, SimDevice *device);
/* The card is taken out, another one put in, the own one put back. */
void device_trouble_card(World *self, SimDevice *device);
/* A copy of the card is made; and the card put back to that copy. */
void device_trouble_keep(World *self, SimDevice *device);
void device_trouble_put_back(World *self, SimDevice *device);
/* A second device goes on with a copy of all that the first one has, its key too. */
void device_trouble_clone(World *self, SimDevice *device);
/* The program ends, or the power goes between two steps. */
void device_trouble_stop(World *self, SimDevice *device);
/* A file of which a part is there becomes another one at home. */
void device_trouble_overtake(World *self, SimDevice *device);
void device_trouble_conditions(World *self, SimDevice *device);
void device_trouble_verify(World *self, SimDevice *device);

/* All of it is over. */
void device_trouble_end(SimDevice *device);
