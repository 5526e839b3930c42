/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Gets files of the daemon's, such as pictures, over connections that stay open between two of
 * them. It waits for each, so it is for threads that may wait.
 *
 * Threads: any thread, any time.
 */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

typedef struct HthFetcher HthFetcher;

HthFetcher *hth_fetcher_new(const char *socket_path);
/* Nothing may be under way; NULL is fine. */
void hth_fetcher_free(HthFetcher *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HthFetcher, hth_fetcher_free)

/* What is at @path, from the root.
 * Errors: HTH_ERROR_NOT_FOUND (any status but 200); HTH_ERROR_CORRUPT, HTH_ERROR_TOO_LARGE,
 * HTH_ERROR_UNAVAILABLE (it is no answer); G_IO_ERROR (there is no daemon, or it says nothing) */
GBytes *hth_fetcher_get(HthFetcher *self, const char *path, GError **error);

G_END_DECLS
