/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Who plays what, a line each. */
#pragma once

#include <json-glib/json-glib.h>

G_BEGIN_DECLS

/* @sessions: as docs/api.md has them. Prints nothing when there are none. */
void hth_print_sessions(JsonArray *sessions);

G_END_DECLS
