/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A device that was paired with this home: who it is and what it may do.
 *
 * Threads: an object belongs to one thread at a time.
 */
#pragma once

#include <json-glib/json-glib.h>

#include "base/key-id.h"

G_BEGIN_DECLS

#define HTH_PAIRED_NAME_MAX_BYTES 64

typedef enum {
    HTH_PAIRED_HANDHELD, /* its own plan, rule, play state and log */
    HTH_PAIRED_OWNER,    /* everything */
    HTH_N_PAIRED_ROLES,
} HthPairedRole;

typedef enum {
    HTH_PAIRED_ACTIVE,
    HTH_PAIRED_WIPING,  /* no longer paired; told to wipe itself when it comes, until it has */
    HTH_PAIRED_REVOKED, /* kept so that it is told so, and for the household to see */
    HTH_N_PAIRED_STATES,
} HthPairedState;

typedef struct {
    HthKeyId id;
    char *name; /* unique in the household, case ignored */
    HthPairedRole role;
    HthPairedState state;
    gint64 paired_unix_s;
    gint64 seen_unix_s; /* 0: not since it was paired */
    char *address;      /* from where it was last seen; NULL: nowhere */
} HthPairedDevice;

HthPairedDevice *hth_paired_device_copy(const HthPairedDevice *self);
void hth_paired_device_free(HthPairedDevice *self); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HthPairedDevice, hth_paired_device_free)

const char *hth_paired_role_name(HthPairedRole role); /* "handheld", "owner" */
gboolean hth_paired_role_from_name(const char *name, HthPairedRole *out_role);
const char *hth_paired_state_name(HthPairedState state); /* "paired", "wiping", "revoked" */

/* What is stored, and what the API shows. */
JsonObject *hth_paired_device_to_json(const HthPairedDevice *self);
/* NULL: it makes no sense. */
HthPairedDevice *hth_paired_device_from_json(JsonObject *object);

G_END_DECLS
