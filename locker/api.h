/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The locker's own API, for homes: HTTPS with TLS 1.3 on the port of everything else, by the
 * locker's own name. A household is who has its key.
 *
 * Threads: new, stop and free on the main thread; add_socket on any.
 */
#pragma once

#include "controls.h"
#include "ledger.h"
#include "switchboard.h"

G_BEGIN_DECLS

typedef struct HthApi HthApi;

typedef struct {
    const char *name;        /* the locker's */
    const char *certificate; /* PEM */
    const char *key;
    HthSwitchboard *switchboard; /* these are borrowed until free */
    HthControls *controls;
    HthLedger *ledger;
} HthApiOptions;

HthApi *hth_api_new(const HthApiOptions *options, GError **error);
/* Closes every connection, and lets what was asked for be done. */
void hth_api_stop(HthApi *self);
void hth_api_free(HthApi *self); /* NULL is fine */

/* Takes @fd, whose peer has said hello. */
void hth_api_add_socket(HthApi *self, int fd);

/* Closes what a household that is no more has open. */
void hth_api_close_household(HthApi *self, HthHousehold *household);

void hth_api_counters(HthApi *self, HthHttpCounters *out_counters);

G_END_DECLS
