/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The devices that are paired with this home, found by key, by name or by the letters of an id.
 * Their names are unique, case ignored.
 *
 * Threads: one at a time.
 */
#pragma once

#include "pairing/paired-device.h"

G_BEGIN_DECLS

#define HTH_PAIRING_MAX_DEVICES 256

typedef struct HthPairedTable HthPairedTable;

HthPairedTable *hth_paired_table_new(void);
void hth_paired_table_free(HthPairedTable *self); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HthPairedTable, hth_paired_table_free)

/* Takes @device, in the place of the one with its key. */
void hth_paired_table_put(HthPairedTable *self, HthPairedDevice *device);
void hth_paired_table_remove(HthPairedTable *self, const HthKeyId *key);

/* Borrowed; NULL: none. */
HthPairedDevice *hth_paired_table_find(HthPairedTable *self, const HthKeyId *key);
HthPairedDevice *hth_paired_table_find_name(HthPairedTable *self, const char *name);

/* By the first letters of its id. Borrowed; NULL: too few of them, none, or several. */
HthPairedDevice *hth_paired_table_find_id(HthPairedTable *self, const char *letters);

/* "Phone", "Phone 2", "Phone 3" … @except: whose own name it may stay; NULL: nobody's. New string.
 */
char *hth_paired_table_free_name(HthPairedTable *self, const char *wanted,
                                 const HthPairedDevice *except);

/* For one more: forgets the revoked one that was not seen for longest, if it must.
 * Errors: HTH_ERROR_BUSY  HTH_PAIRING_MAX_DEVICES are paired */
gboolean hth_paired_table_make_room(HthPairedTable *self, GError **error);

/* (element HthPairedDevice) copies, by name. */
GPtrArray *hth_paired_table_list(HthPairedTable *self);

/* What is stored, and what it was: devices that make no sense are left out, which the log says. */
char *hth_paired_table_print(HthPairedTable *self);
gboolean hth_paired_table_load(HthPairedTable *self, const char *text, GError **error);

G_END_DECLS
