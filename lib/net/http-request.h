/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The inside of a request, for the files that serve and answer it (http-daemon.c, http-request.c,
 * http-respond.c, http-file.c, http-events.c).
 *
 *             begin             body complete             respond
 *   READING ----------> READING -------------> HANDLED ------------> ANSWERED --> over
 *      | refused                                  | defer               ^
 *      +------------------------------------------|---------------------+
 *                                                 +--> suspended -------+ respond, or the deadline
 *
 * The thread that serves the connection drives it by step(). A deferred request has a second
 * reference, which the respond call drops, and a third in the ticker until it is answered.
 */
#pragma once

#include <pthread.h>

#include "net/http-connections.h"
#include "net/http-exchange.h"
#include "net/http-server.h"
#include "net/http-target.h"
#include "net/http-ticker.h"

G_BEGIN_DECLS

typedef struct {
    const HthHttpRoute *route;
    gpointer data;
} HthHttpRouteEntry;

/* What requests need of their server; lives longer than every undeferred request. */
typedef struct {
    HthHttpOptions options; /* with the defaults filled in */
    GArray *routes;         /* (element HthHttpRouteEntry) */
    HthHttpTally tally;
    HthHttpConnections *connections;
    HthHttpTicker *ticker;
    _Atomic gboolean is_stopping;
    _Atomic guint n_waiting; /* requests that were suspended, and event streams, not yet over */
} HthHttpService;

typedef struct {
    char *name;
    char *value;
} HthHttpHeader;

struct HthHttpRequest {
    _Atomic int references;
    HthHttpService *service;       /* not to be used once it has been answered */
    HthHttpConnection *connection; /* a reference */
    HthHttpExchange *exchange;     /* NULL once it is over */

    /* Fixed when the handler is called. */
    char *raw_target;
    HthHttpTarget target;
    const char *method;
    gboolean is_http10;
    gboolean has_begun;
    gboolean has_body;
    HthHttpRouteEntry entry;
    GByteArray *body; /* NULL: none; a NUL follows its bytes */
    GPtrArray *texts; /* strings handed out */

    /* Of the handler and whoever it defers to. */
    GArray *added;    /* (element HthHttpHeader) for the answer */
    GArray *received; /* (element HthHttpHeader) copied when it is deferred */
    HthHttpFinished finished;
    gpointer finished_data;
    GDestroyNotify finished_destroy;

    pthread_mutex_t lock; /* guards the fields below */
    gboolean is_handled;
    gboolean is_deferred;
    gboolean is_suspended;
    gboolean is_answered;
    gboolean is_waiting; /* counted in service->n_waiting */
    gint64 deadline_us;
    guint status;
    HthHttpAnswer *answer; /* until it is handed to libmicrohttpd */
    guint64 body_bytes;
    gboolean is_measured; /* it goes out, and written_before is known */
    guint64 written_before;
};

HthHttpRequest *hth_http_request_new(HthHttpService *service, HthHttpConnection *connection,
                                     HthHttpExchange *exchange, const char *raw_target);
HthHttpRequest *hth_http_request_ref(HthHttpRequest *self);
void hth_http_request_unref(HthHttpRequest *self);

/* Called by libmicrohttpd with the head, then with each piece of the body, then with nothing, and
 * again after it was resumed. *@upload_bytes is set to 0 when they have been taken. FALSE: close.
 */
gboolean hth_http_request_step(HthHttpRequest *self, const char *method, const char *version,
                               const char *upload, gsize *upload_bytes);

/* The answer has gone, or the peer has. */
void hth_http_request_over(HthHttpRequest *self, gboolean is_complete);

/* Adds the header unless the handler has added one of that name. */
void hth_http_request_default_header(HthHttpRequest *self, const char *name, const char *value);

/* The value of an added header, or NULL. */
const char *hth_http_request_added_header(const HthHttpRequest *self, const char *name);

/* stop() waits a little for what waits. */
void hth_http_request_count_waiting(HthHttpRequest *self);

/* Replaces an added header, or adds it. */
void hth_http_request_set_header(HthHttpRequest *self, const char *name, const char *value);
void hth_http_request_apply_headers(HthHttpRequest *self, HthHttpAnswer *answer);

/* What nearly every respond function ends in. Takes @answer. @body_bytes: 0 when not known. */
void hth_http_request_send(HthHttpRequest *self, guint status, HthHttpAnswer *answer,
                           guint64 body_bytes);

/* Its two halves. Locking: settle with self->lock held; it takes @answer when it returns TRUE, else
 * somebody was first. settled after that without the lock; @self may be gone afterwards. */
gboolean hth_http_request_settle(HthHttpRequest *self, guint status, HthHttpAnswer *answer,
                                 guint64 body_bytes);
void hth_http_request_settled(HthHttpRequest *self, gboolean is_first);

G_END_DECLS
