/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The way home from elsewhere, in a running hearthd: the locker that was joined, the link to it,
 * what devices are told of it, and the listener that answers those who come by it.
 *
 *   locker ══ parked connection ══▶ link ──▶ relay listener: /sync…, /away, /m/ and nothing else
 *
 * Threads: open, start, stop and close on the main thread; the rest on any.
 */
#pragma once

#include "locker/account.h"
#include "parts.h"

G_BEGIN_DECLS

typedef struct HthDevicePaths HthDevicePaths;

/* Makes parts->locker and adds the routes to parts->device_listener, which does not run yet;
 * parts->pairing and parts->sync are there.
 * @http: time limits; the rest is set here. */
gboolean hth_locker_part_open(HthParts *parts, const HthHttpOptions *http, const char *home_name,
                              GError **error);
void hth_locker_part_start(HthParts *parts);
/* The link ends, and those who came by it are sent away. */
void hth_locker_part_stop(HthParts *parts);
/* Does nothing when it was not opened. */
void hth_locker_part_close(HthParts *parts);

/* What the API and `hearth locker status` show. */
JsonObject *hth_locker_part_status(HthLockerService *self);

/* Errors: as hth_locker_join() says; HTH_ERROR_REFUSED: a locker is joined already. Blocks. */
gboolean hth_locker_part_join(HthLockerService *self, const char *url, const char *code,
                              GError **error);
/* Is no longer joined afterwards, also when the locker could not be told: @out_problem says why
 * (new string), and is NULL when it was. Blocks.
 * Errors: HTH_ERROR_NOT_FOUND: none is joined; those of the store. */
gboolean hth_locker_part_leave(HthLockerService *self, char **out_problem, GError **error);

/* For HthSyncLibrary.away_revision. */
guint32 hth_locker_part_revision(HthLockerService *self, const char *device, guint32 known);

HthDevicePaths *hth_locker_part_paths(HthLockerService *self);
/* The way by which @device came last, as hth_device_paths_object() has it; NULL: unknown. */
JsonObject *hth_locker_part_path_of(HthLockerService *self, const char *device);

G_END_DECLS
