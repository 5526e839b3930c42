/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Who is who at the locker: households by their key, by the routes of their devices and by the
 * tickets of their parked connections. It lives in memory; the catalogue keeps all but the tickets.
 *
 * Threads: any thread, any time. No call is made out of it while its lock is held.
 */
#pragma once

#include "household.h"

G_BEGIN_DECLS

/* Routes and tickets are 128 random bits in base32. */
#define HTH_ROUTE_LENGTH 26
#define HTH_MAX_ROUTES   1000 /* of a household */

#define HTH_TICKET_VALID_S 60
#define HTH_MAX_TICKETS    64 /* of a household, valid and not used */

typedef struct HthSwitchboard HthSwitchboard;

HthSwitchboard *hth_switchboard_new(void);
void hth_switchboard_free(HthSwitchboard *self); /* NULL is fine */

/* 26 letters a-z2-7 without bits over: one DNS label. */
gboolean hth_route_is_good(const char *text);

/* Holds a reference to @household. One of the same id must not be there. */
void hth_switchboard_add(HthSwitchboard *self, HthHousehold *household);
/* Ends the household, with its routes and tickets. */
void hth_switchboard_remove(HthSwitchboard *self, HthHousehold *household);

/* Return a reference, or NULL. */
HthHousehold *hth_switchboard_by_key(HthSwitchboard *self, const HthKeyId *key);
HthHousehold *hth_switchboard_by_id(HthSwitchboard *self, guint64 id);
HthHousehold *hth_switchboard_by_route(HthSwitchboard *self, const char *route);
/* (element HthHousehold) A new array of references. */
GPtrArray *hth_switchboard_households(HthSwitchboard *self);

/* Replaces the routes of @household, good ones, at most HTH_MAX_ROUTES.
 * @out_gone: (element utf8) a new array of those that it had and has no more.
 * Returns: FALSE when one belongs to another household, or @household is not there; nothing has
 * changed. */
gboolean hth_switchboard_set_routes(HthSwitchboard *self, HthHousehold *household,
                                    const char *const *routes, GPtrArray **out_gone);
/* Whether none of them belongs to another household. */
gboolean hth_switchboard_may_have_routes(HthSwitchboard *self, HthHousehold *household,
                                         const char *const *routes);
/* Whether these are the routes that it has. */
gboolean hth_switchboard_has_routes(HthSwitchboard *self, HthHousehold *household,
                                    const char *const *routes);

/* Returns: a new string; NULL when the household has HTH_MAX_TICKETS, or is not there. */
char *hth_switchboard_make_ticket(HthSwitchboard *self, HthHousehold *household, gint64 now_us);
/* Uses a ticket up. Returns: a reference to its household; NULL: unknown, used, or too old. */
HthHousehold *hth_switchboard_use_ticket(HthSwitchboard *self, const char *ticket, gint64 now_us);

G_END_DECLS
