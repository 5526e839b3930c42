/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A home that this device is paired with: who it is, how to know it again, where it was, and the
 * folder that belongs to it. Kept in STATE/homes/NAME.home, a key file of mode 0600.
 *
 * Threads: an object belongs to one thread at a time.
 */
#pragma once

#include "away.h"
#include "base/key-id.h"
#include "net/discovery-proof.h"

G_BEGIN_DECLS

#define HTH_PAIRED_HOME_ADDRESSES 8

typedef struct {
    char *name; /* unique on this device; also the name of its file */
    HthKeyId id;
    char *device_name; /* what the home calls this device */
    guint8 discovery_key[HTH_DISCOVERY_PROOF_KEY_BYTES];
    char **addresses; /* where it was, the last first; at most HTH_PAIRED_HOME_ADDRESSES */
    guint16 port;
    char *folder;  /* absolute; NULL: not chosen yet */
    HthAway *away; /* how to reach it from elsewhere; never NULL once it was read from its file */
} HthPairedHome;

void hth_paired_home_free(HthPairedHome *self); /* wipes the key; NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HthPairedHome, hth_paired_home_free)

/* (element HthPairedHome) by name. A file that makes no sense is left out, with a warning. */
GPtrArray *hth_paired_home_list(const char *state_dir);

/* The one called @name, or the only one when @name is NULL.
 * Errors: HTH_ERROR_NOT_FOUND: none of that name, none at all, or several to choose from. */
HthPairedHome *hth_paired_home_find(const char *state_dir, const char *name, GError **error);

/* Durable when it returns. */
gboolean hth_paired_home_save(const HthPairedHome *self, const char *state_dir, GError **error);
gboolean hth_paired_home_remove(const HthPairedHome *self, const char *state_dir, GError **error);

/* @address is put first. */
void hth_paired_home_add_address(HthPairedHome *self, const char *address);

/* "Living room", or "Living room 2" when another home has that name; a home that is known already
 * keeps its name. Never with a slash, and never a dot at its start. New string. */
char *hth_paired_home_free_name(const char *state_dir, const char *wanted, const HthKeyId *id);

G_END_DECLS
