/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How a home is reached from elsewhere, as it told at the last sync (GET /away): by the relay of
 * its locker, with a name of its own for this device. Kept in the group [away] of the home's file.
 *
 * Threads: any thread; it is never changed once it is made.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define HTH_AWAY_MAX_WAKE 8

typedef struct {
    guint32 revision; /* 0: nothing was told yet */
    char *locker;     /* its name, "locker.example"; NULL: there is none */
    char *address;    /* where it is; a name or an address */
    guint16 port;
    char *route;            /* ours: 26 letters */
    guint64 session_rate;   /* bytes a second that this device may have; 0: no limit */
    guint64 household_rate; /* that all of the home's devices may have together */
    guint64 month_bytes;    /* that they may move in a month; 0: no limit */
    guint64 month_used;
    char **wake; /* hardware addresses of the home, "aa:bb:cc:dd:ee:ff" */
} HthAway;

HthAway *hth_away_new(void); /* nothing is known */
HthAway *hth_away_copy(const HthAway *self);
void hth_away_free(HthAway *self); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HthAway, hth_away_free)

gboolean hth_away_has_relay(const HthAway *self);

/* What is sent in the clear for the relay to find the home: "ROUTE.LOCKER". New string. */
char *hth_away_server_name(const HthAway *self);

/* The smaller of the rates, in bytes a second; 0: there is no limit. */
guint64 hth_away_rate(const HthAway *self);

/* Of the body of GET /away. Errors: HTH_ERROR_CORRUPT */
HthAway *hth_away_from_json(GBytes *body, GError **error);

/* What makes no sense is left out. Never NULL. */
HthAway *hth_away_from_key_file(GKeyFile *file);
void hth_away_to_key_file(const HthAway *self, GKeyFile *file);

G_END_DECLS
