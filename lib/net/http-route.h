/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Finds the route of a request.
 *
 * Threads: any thread, any time.
 */
#pragma once

#include "net/http-request.h"

G_BEGIN_DECLS

/* 0 for a method that we do not know; HEAD is GET. */
HthHttpMethods hth_http_method_from_name(const char *name);

/* The same name in static memory; "OTHER" for one that we do not know. */
const char *hth_http_method_static_name(const char *name);

/* Returns: 200 with the route in @out_entry, 404, or 405 with what is allowed in @out_allowed. */
guint hth_http_route_find(GArray *routes, HthHttpMethods method, const char *path,
                          HthHttpRouteEntry *out_entry, HthHttpMethods *out_allowed);

/* "GET, HEAD, POST". Returns: a new string. */
char *hth_http_methods_text(HthHttpMethods methods);

G_END_DECLS
