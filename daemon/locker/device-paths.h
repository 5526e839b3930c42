/* SPDX-License-Identifier: GPL-3.0-or-later */
/* By which way each device came last, and how fast its data went: what a household sees of it.
 *
 * Threads: any thread.
 */
#pragma once

#include <json-glib/json-glib.h>

#include "locker/account.h"

G_BEGIN_DECLS

typedef struct HthDevicePaths HthDevicePaths;

HthDevicePaths *hth_device_paths_new(void);
void hth_device_paths_free(HthDevicePaths *self); /* NULL is fine */

/* @device: its id as text. */
void hth_device_paths_note(HthDevicePaths *self, const char *device, gboolean is_relay);
/* So many bytes of data went to it in so long; few bytes say nothing, and are not counted. */
void hth_device_paths_note_data(HthDevicePaths *self, const char *device, guint64 n_bytes,
                                gint64 duration_us);
void hth_device_paths_forget(HthDevicePaths *self, const char *device);

/* {"path": "relay", "path_unix_s": …, "rate": bytes/s, "limit": bytes/s}; without rate until it was
 * measured, without limit on the LAN and where there is none. NULL: it has not come. */
JsonObject *hth_device_paths_object(HthDevicePaths *self, const char *device,
                                    const HthLockerLimits *limits);

G_END_DECLS
