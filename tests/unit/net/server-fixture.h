/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A server on 127.0.0.1 with routes that answer at once, later, in events or without end, and what
 * tests ask of its answers.
 */
#pragma once

#include "handout.h"
#include "http-client.h"
#include "net/http-server.h"

G_BEGIN_DECLS

/* 64 MB that the kernel cannot hold in its buffers. */
#define SERVER_LARGE_BYTES (64 * 1024 * 1024)

typedef struct {
    HthHttpServer *server;
    guint16 port;
    Handout *queue; /* what the handlers hand out */
} ServerFixture;

void server_start_with(ServerFixture *fixture, HthHttpOptions options);

/* For g_test_add(). */
void server_set_up(ServerFixture *fixture, gconstpointer data);
void server_set_up_impatient(ServerFixture *fixture, gconstpointer data); /* short deadlines */
void server_tear_down(ServerFixture *fixture, gconstpointer data);

HthHttpCounters server_counters(const ServerFixture *fixture);

void server_assert_status(const ServerFixture *fixture, const char *request, guint status);
void server_assert_has_line(const HttpAnswer *answer, const char *line);

G_END_DECLS
