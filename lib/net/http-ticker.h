/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A thread that looks at what waits, four times a second; it sleeps while nothing does.
 *
 * Threads: any thread. Ticks run on the ticker's thread, with no lock held.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define HTH_HTTP_TICK_MS 250

typedef struct HthHttpTicker HthHttpTicker;

typedef struct {
    void (*tick)(gpointer object, gint64 now_us); /* now_us: monotonic; G_MAXINT64 when all ends */
    void (*ref)(gpointer object);
    void (*unref)(gpointer object);
} HthHttpTickable;

HthHttpTicker *hth_http_ticker_new(void);
/* Joins the thread and drops what is left. NULL is fine. */
void hth_http_ticker_free(HthHttpTicker *self);

/* @type: borrowed for ever. Holds a reference to @object until it is removed. */
void hth_http_ticker_add(HthHttpTicker *self, gpointer object, const HthHttpTickable *type);
/* Nothing happens when it is not there. One tick may still be running. */
void hth_http_ticker_remove(HthHttpTicker *self, gpointer object);

/* Ticks everything once, on the calling thread. */
void hth_http_ticker_run(HthHttpTicker *self, gint64 now_us);

G_END_DECLS
