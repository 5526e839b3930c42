/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One home and its folder: all that the verbs sync, run, verify and confirm share.
 *
 *   STATE/sync/NAME.conf     volume id and limits
 *   STATE/sync/NAME.lock     held while a session lives: one at a time
 *   STATE/sync/NAME.status   what is going on, as JSON, for `hearth-handheld status`
 *   STATE/sync/NAME.wish     what another verb asks of a running agent
 *
 * Threads: an object belongs to one thread at a time.
 */
#pragma once

#include <gio/gio.h>

#include "handheld.h"
#include "paired-home.h"
#include "play-tokens.h"
#include "sync/sync-device.h"
#include "transport.h"

G_BEGIN_DECLS

typedef struct HthSession HthSession;

/* What was given on the command line; it is kept for later sessions. NULL and -1: not given. */
typedef struct {
    char *leave_free;     /* "512M" */
    char *budget;         /* bytes in one session, "100M"; "0": no limit */
    char *only_on_power;  /* "yes", "no" */
    char *only_unmetered; /* likewise */
    gboolean is_new_folder;
} HthSessionLimits;

#define HTH_SESSION_LIMIT_ENTRIES(limits)                                                          \
    { "leave-free",                                                                                \
      0,                                                                                           \
      0,                                                                                           \
      G_OPTION_ARG_STRING,                                                                         \
      &(limits).leave_free,                                                                        \
      "Leave so much of the folder's disk free",                                                   \
      "SIZE" },                                                                                    \
        { "budget",                                                                                \
          0,                                                                                       \
          0,                                                                                       \
          G_OPTION_ARG_STRING,                                                                     \
          &(limits).budget,                                                                        \
          "Fetch no more than this in one session",                                                \
          "SIZE" },                                                                                \
        { "only-on-power",                                                                         \
          0,                                                                                       \
          0,                                                                                       \
          G_OPTION_ARG_STRING,                                                                     \
          &(limits).only_on_power,                                                                 \
          "Fetch nothing while on battery",                                                        \
          "yes|no" },                                                                              \
        { "only-unmetered",                                                                        \
          0,                                                                                       \
          0,                                                                                       \
          G_OPTION_ARG_STRING,                                                                     \
          &(limits).only_unmetered,                                                                \
          "Fetch nothing where the network is paid by the byte",                                   \
          "yes|no" },                                                                              \
    {                                                                                              \
        "new-folder", 0, 0, G_OPTION_ARG_NONE, &(limits).is_new_folder,                            \
            "The folder is another one than before, on purpose", NULL                              \
    }

void hth_session_limits_clear(HthSessionLimits *limits);

/* @reach: the ways to the home, shared with others; NULL: an own one. @limits: NULL: as kept.
 * @cancellable: ends every network call. Errors: HTH_ERROR_BUSY     an agent is at it:
 * `hearth-handheld run` HTH_ERROR_INVALID  no folder was chosen, or a limit makes no sense */
HthSession *hth_session_open(const HthHandheld *handheld, const HthPairedHome *home,
                             HthReach *reach, const HthSessionLimits *limits,
                             GCancellable *cancellable, GError **error);
void hth_session_free(HthSession *self); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HthSession, hth_session_free)

HthSyncDevice *hth_session_device(HthSession *self);   /* borrowed */
HthTransport *hth_session_transport(HthSession *self); /* borrowed */

/* A step; progress is written for status now and then. After it volume and addresses are kept. */
HthSyncStep hth_session_step(HthSession *self, HthSyncProgress *out_progress, GError **error);

/* The port of 127.0.0.1 at which players are served, for the playlists that the home makes. */
void hth_session_set_play_port(HthSession *self, guint16 port);

/* Which token of a playlist opens which items; also of a home that is not reached. */
HthPlayTokens *hth_session_play_tokens(HthSession *self, guint16 port, GError **error);
const char *hth_session_folder(const HthSession *self); /* borrowed */

/* Begins anew: with the folder looked for again. */
void hth_session_wake(HthSession *self, gboolean with_scan);

/* A flat JSON object on one line about this session so far. New string. */
char *hth_session_summary(HthSession *self, const HthSyncProgress *progress, const GError *error);

/* The file of @home in STATE/sync. New string. */
char *hth_session_path(const char *state_dir, const HthPairedHome *home, const char *suffix);

/* Asks a running agent for @wish ("confirm", "verify"). FALSE: none runs. */
gboolean hth_session_wish(const char *state_dir, const HthPairedHome *home, const char *wish,
                          GError **error);
/* What was asked for since; NULL: nothing. New string. */
char *hth_session_take_wish(HthSession *self);

G_END_DECLS
