/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Browse and Search of ContentDirectory: pages of objects as DIDL-Lite.
 *
 * Threads: HTTP threads.
 */
#pragma once

#include "upnp-service.h"

G_BEGIN_DECLS

/* An answer is closed once it is this large, with fewer objects than asked for: NumberReturned says
 * how many, and clients go on from there. */
#define HTH_BROWSE_MAX_ANSWER_BYTES (2 * 1024 * 1024)

HthUpnpCode hth_browse_call(const HthUpnpCall *call, HthXmlOut *out);
HthUpnpCode hth_search_call(const HthUpnpCall *call, HthXmlOut *out);

/* The object that a call's ObjectID names, with the client's own roots in mind.
 * @out_code: why NULL was returned. */
HthObject *hth_browse_object(const HthUpnpCall *call, HthReader *reader, const char *id,
                             char **out_parent_id, HthUpnpCode *out_code);

G_END_DECLS
