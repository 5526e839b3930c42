/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What befalls a world: a table of kinds of trouble, each with how often it comes.
 *
 * Threads: as the world.
 */
#pragma once

#include "world.h"

/* Trouble of all kinds, with devices that step in between. Ends early when something failed. */
void trouble_round(World *self);

/* All is whole again: cards are in, disks have room, nothing is lost or fails. */
void trouble_end(World *self);

/* Another rule for that device. */
void trouble_new_rule(World *self, guint device);
