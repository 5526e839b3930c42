/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Fetches small documents from hosts that are not trusted, by plain HTTP, on the main loop without
 * ever blocking it (libcurl's socket interface).
 *
 * Nothing but the one address is asked: no redirect, proxy, cookie, authentication or name
 * resolution. The answer must be a 200 whose head and body stay within their bounds and which
 * is complete before the deadline, however steadily it trickles.
 *
 * Threads: main thread.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define HTH_FETCHER_MAX_AT_ONCE    4
#define HTH_FETCHER_MAX_HEAD_BYTES (16 * 1024)

typedef struct HthFetcher HthFetcher;

typedef struct {
    const char *user_agent; /* copied */
    gsize max_bytes;        /* of a body */
    guint timeout_ms;       /* for a whole answer */
} HthFetcherOptions;

/* @body: NULL with @error set when it could not be fetched. The fetcher may be asked again from
 * here, but not freed. */
typedef void (*HthFetched)(GBytes *body, const GError *error, gpointer data);

HthFetcher *hth_fetcher_new(const HthFetcherOptions *options);

/* Ends what is under way without calling back. NULL is fine. */
void hth_fetcher_free(HthFetcher *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HthFetcher, hth_fetcher_free)

/* Whether there is room for one more. */
gboolean hth_fetcher_is_free(const HthFetcher *self);

/* @url: with a literal address (announcer/literal-url.h); there must be room. @callback is called
 * from the main loop, later, exactly once.
 * Errors told to it: HTH_ERROR_TOO_LARGE, HTH_ERROR_REFUSED (another status than 200),
 *                    HTH_ERROR_TIMEOUT, HTH_ERROR_NETWORK */
void hth_fetcher_get(HthFetcher *self, const char *url, HthFetched callback, gpointer data);

G_END_DECLS
