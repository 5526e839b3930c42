/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A locker that runs: door, splicers, API, metrics, and the catalogue behind them.
 *
 *   DATA/locker.sqlite   households, routes, invitations, use
 *   DATA/identity/       key.pem, certificate.pem: who this locker is, unless a certificate is
 * given DATA/locker.lock     held by flock(2) while it runs
 *
 * Threads: main thread, with the default main loop.
 */
#pragma once

#include <glib.h>

#include "base/key-id.h"

G_BEGIN_DECLS

typedef struct HthLocker HthLocker;

typedef struct {
    const char *data_dir;
    const char *name;        /* in lower case */
    const char *address;     /* to listen at; NULL: every address */
    guint16 port;            /* 0: the kernel chooses */
    guint16 public_port;     /* under which it is reached; 0: that of port */
    const char *certificate; /* paths; NULL: the identity in data_dir */
    const char *key;
    const char *metrics_address; /* NULL with port 0: no metrics */
    guint16 metrics_port;
    guint n_splicers; /* 0: as many as cores, at most 8 */
} HthLockerOptions;

/* Errors: HTH_ERROR_BUSY  a locker runs with the same data; else what prevents it. */
HthLocker *hth_locker_start(const HthLockerOptions *options, GError **error);
/* Ends everything, and writes what is not written yet. NULL is fine. */
void hth_locker_free(HthLocker *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HthLocker, hth_locker_free)

guint16 hth_locker_port(const HthLocker *self);

/* What other programs with the same data find in the catalogue's notes. */
#define HTH_NOTE_NAME "name" /* the locker's */
#define HTH_NOTE_KEY  "key"  /* HthKeyId as text */
#define HTH_NOTE_URL  "url"  /* "https://NAME" or "https://NAME:PORT" */

/* Whether a locker runs with this data. */
gboolean hth_locker_is_running(const char *data_dir);

G_END_DECLS
