/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Keeps one home's folder in step for as long as the program runs: a thread that syncs whenever
 * something may have changed, and one that listens while the home is near.
 *
 * Threads: made, woken and freed by the main thread.
 */
#pragma once

#include <gio/gio.h>

#include "handheld.h"
#include "paired-home.h"
#include "play-proxy.h"
#include "session.h"

G_BEGIN_DECLS

typedef struct HthAgent HthAgent;

/* @home: borrowed for the call; @limits: for the life of the agent, NULL: as kept. */
/* @proxy: the door for players, NULL: there is none; it must outlive the agent. */
HthAgent *hth_agent_new(const HthHandheld *handheld, const HthPairedHome *home,
                        const HthSessionLimits *limits, HthPlayProxy *proxy);
void hth_agent_free(HthAgent *self); /* ends both threads; what has come is kept */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HthAgent, hth_agent_free)

const HthPairedHome *hth_agent_home(const HthAgent *self); /* borrowed */

/* The home was seen at this place. */
void hth_agent_seen(HthAgent *self, const char *address, guint16 port);
/* Interfaces or routes are others now. */
void hth_agent_network_changed(HthAgent *self);
/* Another verb asked for something. */
void hth_agent_wake(HthAgent *self);

G_END_DECLS
