/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Two joined sockets. Threads: the splicer's. */
#pragma once

#include "pipe-pool.h"
#include "poll-thread.h"
#include "splicer.h"

G_BEGIN_DECLS

typedef struct HthSession HthSession;

/* One of the two sockets, and what epoll said of it: each edge is told once, so it is kept until a
 * call says EAGAIN. */
typedef struct {
    HthWatch watch; /* first: epoll knows a socket by it */
    HthSession *session;
    int fd;
    gboolean is_readable;
    gboolean is_writable;
} HthSessionEnd;

/* One direction. */
typedef struct {
    HthSessionEnd *from;
    HthSessionEnd *to;
    HthPipe pipe;
    gboolean has_ended; /* the end of the stream was read */
    gboolean is_shut;   /* and passed on */
} HthSessionFlow;

struct HthSession {
    HthSessionEnd device;
    HthSessionEnd home;
    HthSessionFlow up;   /* from the device */
    HthSessionFlow down; /* from the home */
    HthTokenBucket bucket;
    HthJoin join;
    gpointer owner;
    gboolean has_home_spoken;
    gboolean is_over; /* to be freed */
    GQueue *queue;    /* in which link is: work left, or throttled; NULL: in none */
    gint64 begun_us;
    gint64 active_us;
    GList link;     /* of work */
    GList all_link; /* of all sessions, those that were active longest ago first */
};

typedef enum {
    HTH_SESSION_WAITS,     /* for its sockets */
    HTH_SESSION_HAS_MORE,  /* it has had its turn */
    HTH_SESSION_THROTTLED, /* for its limits */
    HTH_SESSION_OVER,
} HthSessionState;

/* Takes what @join holds. */
HthSession *hth_session_new(const HthJoin *join);
/* Closes the sockets; what was in the pipes is lost. Frees all but the session itself. */
void hth_session_clear(HthSession *self, HthPipePool *pipes);

/* Moves what can be moved, up to a turn's worth.
 * @out_moved: how many bytes came out. */
HthSessionState hth_session_step(HthSession *self, HthPipePool *pipes, gint64 now_us,
                                 gsize *out_moved);

G_END_DECLS
