/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Who plays what right now, as far as requests for media tell it, or a player says so itself.
 *
 * A device that plays fetches: in one request or in many ranges, ahead of what it plays, at times
 * the whole track within a second. So a session outlives its requests:
 *
 *   hidden --> shown --> over
 *
 * - A device and an item make a session with their first request. It is hidden until enough was
 *   fetched in one run (1/32 of the file, at least 128 KiB, at most 1 MiB, or all of it): devices
 *   look into the heads of files that they only list.
 * - The clock runs from where that run began. What the device has played cannot be more than what
 *   it has fetched: there the clock stands, until more is fetched.
 * - A run elsewhere that is long enough is a jump, and moves the clock; not so one in the last 2 %
 *   of the file, where formats keep their index.
 * - It is over when another item of the same device is shown, unless more of it is fetched after
 *   that; or when nothing is under way, and
 *   what was fetched would have been played HTH_PLAY_GRACE_S ago (a third of it after the end of
 *   the item); or HTH_PLAY_UNKNOWN_S after the last byte where it is not known how long that lasts.
 * - A player that tells of itself (hth_play_sessions_tell()) is believed for HTH_PLAY_TOLD_S.
 *
 * Bounds: HTH_PLAY_SESSIONS_MAX sessions (of the hidden ones, else of all, the one without news for
 * longest goes), 8 requests under way each; further ones are not followed.
 *
 * Times are the caller's, monotonic: this reads no clock.
 *
 * Threads: any thread, any time.
 */
#pragma once

#include <glib.h>

#include "net/http-server.h"
#include "plugin/library.h"

G_BEGIN_DECLS

#define HTH_PLAY_SESSIONS_MAX 64
#define HTH_PLAY_GRACE_S      30
#define HTH_PLAY_UNKNOWN_S    60
#define HTH_PLAY_TOLD_S       45

typedef struct HthPlaySessions HthPlaySessions;

HthPlaySessions *hth_play_sessions_new(void);
/* After the last request has ended. NULL is fine. */
void hth_play_sessions_free(HthPlaySessions *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HthPlaySessions, hth_play_sessions_free)

typedef enum {
    HTH_PLAYER_NETWORK, /* a device of the registry, by its network address */
    HTH_PLAYER_PAIRED,  /* a paired device, by its id */
    HTH_PLAYER_TOLD,    /* a program of this computer that tells of itself, by its name */
} HthPlayerKind;

typedef struct {
    HthPlayerKind kind;
    const char *device;
    gboolean is_relay;      /* it comes by the locker */
    const char *conversion; /* name of the profile; NULL: the original */
    const HthObject *object;
    guint64 size_bytes; /* of what is sent */
} HthPlayWhat;

/* ---- Requests ---- */

typedef struct HthPlayFetch HthPlayFetch;

/* A request begins that sends @what from byte @first on.
 * @meter: taken; NULL: how far it comes is known at its end only.
 * @out_is_first: TRUE for the first session of all: somebody has to call sweep() from now on.
 * Returns: what end() takes. */
HthPlayFetch *hth_play_sessions_begin(HthPlaySessions *self, const HthPlayWhat *what, guint64 first,
                                      HthHttpMeter *meter, gint64 now_us, gboolean *out_is_first);
/* It has ended, and sent so much. Takes @fetch. */
void hth_play_sessions_end(HthPlaySessions *self, HthPlayFetch *fetch, guint64 sent_bytes,
                           gint64 now_us);

/* ---- Players that tell ---- */

typedef enum { HTH_SESSION_PLAYING, HTH_SESSION_PAUSED, HTH_SESSION_STOPPED } HthSessionState;

/* @what: its size does not matter. @out_is_first: as above. */
void hth_play_sessions_tell(HthPlaySessions *self, const HthPlayWhat *what, HthSessionState state,
                            gint64 position_ms, gint64 now_us, gboolean *out_is_first);

/* ---- Looking ---- */

/* Asks the requests under way how far they are, and ends what is over. Call it every second or so
 * while it returns TRUE.
 * @out_generation: another number whenever a session was shown or is over.
 * Returns: whether there are any, hidden ones included. */
gboolean hth_play_sessions_sweep(HthPlaySessions *self, gint64 now_us, guint64 *out_generation);

typedef struct {
    HthPlayerKind kind;
    char *device;
    gboolean is_relay;
    char *conversion;
    HthObject *object; /* as it was when the session began */
    gint64 since_us;
    gint64 news_us; /* when last something was fetched or told */
    guint64 size_bytes;
    guint64 sent_bytes;     /* each time it was sent */
    guint64 position_bytes; /* the end of the run that is played from */
    gint64 position_ms;     /* -1: not known */
    gboolean is_fetching;   /* a request is under way */
    HthSessionState state;  /* PAUSED: only where it was told */
} HthPlaySession;

void hth_play_session_free(HthPlaySession *self); /* NULL is fine */

/* Returns: (element HthPlaySession) copies of those that are shown, the latest first. */
GPtrArray *hth_play_sessions_list(HthPlaySessions *self, gint64 now_us);

G_END_DECLS
