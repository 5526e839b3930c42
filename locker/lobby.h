/* SPDX-License-Identifier: GPL-3.0-or-later */
/* For each household at the door: its parked connections, and the devices that wait for one.
 * Threads: the door's. */
#pragma once

#include "guest.h"

G_BEGIN_DECLS

typedef struct HthLobbies HthLobbies;

HthLobbies *hth_lobbies_new(void);
/* After everybody has left. NULL is fine. */
void hth_lobbies_free(HthLobbies *self);

/* @guest: its household and state (parked or waiting) are set.
 * Returns: FALSE when there are too many of them already. */
gboolean hth_lobbies_enter(HthLobbies *self, HthGuest *guest);
void hth_lobbies_leave(HthLobbies *self, HthGuest *guest);

/* The parked connection that was heard of last: the likeliest to be alive; the device that has
 * waited longest. NULL: none. */
HthGuest *hth_lobbies_parked(HthLobbies *self, HthHousehold *household);
HthGuest *hth_lobbies_waiting(HthLobbies *self, HthHousehold *household);

/* A parked connection has been heard of. */
void hth_lobbies_heard(HthLobbies *self, HthGuest *guest);

G_END_DECLS
