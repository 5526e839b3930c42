/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The way between a device and the home, which loses, cuts, repeats and delays.
 *
 * Threads: as the world.
 */
#pragma once

#include "world.h"

extern const ModelNetwork world_network;

/* Ends what is under way: the home goes. */
void world_network_break(World *self);

/* What is under way will not be cut. */
/* Those that are open break off now. */
void world_network_cut(World *self);
void world_network_heal(World *self);

/* A request that came before comes once more. Its answer reaches nobody. */
void world_network_ghost(World *self);
