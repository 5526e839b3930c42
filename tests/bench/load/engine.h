/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Kept connections to one server, each with one request under way: the load of every measurement.
 *
 * One thread and one epoll. Requests are made beforehand, so that the client costs little beside
 * the server. A server that closes after an answer, with or without saying so, is connected to
 * again; a connection that ends inside an answer is counted as reset.
 */
#pragma once

#include "latency.h"

#include <glib.h>
#include <netinet/in.h>

G_BEGIN_DECLS

typedef struct {
    const char *bytes;
    gsize size;
    guint tag; /* for check() */
} HthLoadRequest;

typedef struct {
    /* What connection number @connection asks next. FALSE: nothing any more. The bytes stay as
     * they are until the answer is there. */
    gboolean (*next)(gpointer data, guint connection, HthLoadRequest *out);

    /* Is this answer right? @body is NULL when bodies are not kept. */
    gboolean (*check)(gpointer data, guint tag, guint status, const char *body, gsize size);

    gboolean keep_body;
    gpointer data;
} HthLoadWork;

typedef struct {
    struct sockaddr_in server;
    guint n_connections;
    guint n_sources; /* connections come in turn from 127.0.0.1 and so on; 0: the system chooses */
    double seconds;  /* 0: until next() has nothing any more */
} HthLoadPlan;

typedef struct {
    guint64 n_right;
    guint64 n_wrong;
    guint64 n_resets; /* ended inside an answer, or refused */
    guint64 n_closed; /* ended between answers */
    guint64
        n_starved;   /* connections that got no whole answer, nor one that was growing to the end */
    guint64 n_bytes; /* of bodies */
    double seconds;
    HthLatency latency;
} HthLoadResult;

void hth_load_run(const HthLoadPlan *plan, const HthLoadWork *work, HthLoadResult *out);
void hth_load_result_clear(HthLoadResult *self);

/* One line of JSON about a run, with the fields of @more (JSON, "" for none) at its end. */
void hth_load_result_print(HthLoadResult *self, const char *more);

G_END_DECLS
