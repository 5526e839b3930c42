/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One device as the registry keeps it: its record, its row in state.db and its timeline.
 *
 * Threads: the registry's lock guards all of it.
 */
#pragma once

#include "device-registry.h"

G_BEGIN_DECLS

#define HTH_DEVICE_ADDRESSES_MAX 16

/* A device with this id, first seen now. */
HthDevice *hth_device_new(const char *id);

/* Without the notes when @with_notes is FALSE. */
HthDevice *hth_device_copy(const HthDevice *self, gboolean with_notes);

/* Returns: whether it was not among them; the oldest goes when there are too many. */
gboolean hth_device_add_address(HthDevice *self, const char *address);
gboolean hth_device_remove_address(HthDevice *self, const char *address);

/* Texts are cleaned and cut: they come from the network. */
void hth_device_add_note(HthDevice *self, const char *asked, const char *got);

/* The row of state.db: what survives a restart. */
char *hth_device_to_json(const HthDevice *self);
HthDevice *hth_device_from_json(const char *id, const char *json, GError **error);

/* Whether the household said something about it: then it is never forgotten by itself. */
gboolean hth_device_is_kept(const HthDevice *self);

G_END_DECLS
