/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Pairs this device with a home: finds it, makes sure that it is the one that shows the code, and
 * only then shows who this device is and that it has the secret.
 *
 * Threads: blocks; any thread, one pairing at a time.
 */
#pragma once

#include "paired-home.h"
#include "store/identity.h"
#include "sync/pairing.h"

G_BEGIN_DECLS

#define HTH_HANDHELD_DEFAULT_PORT 8201

typedef struct {
    const HthPairingCode *code;
    const HthDeviceIdentity *identity;
    const char *state_dir;
    const char *own_name;  /* what this device calls itself */
    const char *address;   /* "192.0.2.5", "[2001:db8::5]:8201", "home.local"; NULL: looked for */
    const char *interface; /* NULL: any */
    const char *folder;    /* absolute; NULL: not chosen yet */
} HthPairRequest;

/* The home is stored when it returns; one that was paired before keeps its folder.
 *
 * Errors: HTH_ERROR_NOT_FOUND  no home that shows this code answers
 *         HTH_ERROR_REFUSED    the home says no; the message is its own, or says that somebody else
 *                              answers at that address
 *         others               the connection, the disk */
HthPairedHome *hth_pair(const HthPairRequest *request, GError **error);

/* "192.0.2.5:8201" into its parts; @out_port stays as it is without one. New string; NULL with
 * HTH_ERROR_INVALID. */
char *hth_pair_parse_address(const char *text, guint16 *out_port, GError **error);

G_END_DECLS
