/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What DLNA asks of the HTTP answers that carry media (DLNA Guidelines, part 1-1, 7.5.4): headers
 * to read, to refuse and to add, and the MIME type that the client was told in DIDL.
 *
 * Threads: HTTP threads.
 */
#pragma once

#include "dlna.h"

G_BEGIN_DECLS

/* An HthMediaHook; @data is the HthDlna. */
gboolean hth_media_headers(HthHttpRequest *request, HthMediaAnswer *answer, gpointer data);

G_END_DECLS
