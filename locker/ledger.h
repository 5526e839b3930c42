/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Keeps the catalogue and the switchboard in step: what happens here is written there, and what
 * another program writes there (hearth-locker accounts) happens here within a second.
 *
 * Threads: main thread; its timers run on the default main loop.
 */
#pragma once

#include "catalogue.h"
#include "switchboard.h"

G_BEGIN_DECLS

typedef struct {
    /* A household is no more; its routes and tickets are not either. */
    void (*ended)(HthHousehold *household, gpointer data);
    /* Its limits have changed, or a month has begun. */
    void (*limits_changed)(HthHousehold *household, gpointer data);
    /* Those routes are no longer its. */
    void (*routes_gone)(HthHousehold *household, GPtrArray *routes, gpointer data);
    /* Every few seconds: what else is to be written, or NULL. New string. */
    char *(*live_note)(gpointer data);
} HthLedgerEvents;

typedef struct HthLedger HthLedger;

/* Fills the switchboard. @events: borrowed for ever; the others until free. */
HthLedger *hth_ledger_new(HthCatalogue *catalogue, HthSwitchboard *switchboard,
                          const HthLedgerEvents *events, gpointer data, GError **error);
/* Writes what is not written yet. NULL is fine. */
void hth_ledger_free(HthLedger *self);

/* As hth_catalogue_redeem(). Returns: a reference. */
HthHousehold *hth_ledger_join(HthLedger *self, const HthKeyId *secret_hash, const HthKeyId *key,
                              const char *name, GError **error);

/* Errors: HTH_ERROR_REFUSED  a route is another household's; nothing has changed */
gboolean hth_ledger_set_routes(HthLedger *self, HthHousehold *household, const char *const *routes,
                               GError **error);

gboolean hth_ledger_remove(HthLedger *self, HthHousehold *household, GError **error);

/* The name under which live_note() is kept. */
#define HTH_LEDGER_LIVE_NOTE "live"

G_END_DECLS
