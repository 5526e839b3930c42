/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the settings say of the listeners on the network. */
#pragma once

#include "net/http-server.h"
#include "settings.h"

G_BEGIN_DECLS

/* The port of "hearth.@port_key", or 0 when another program has it, and the limits of "http". The
 * caller adds a name and rules. */
HthHttpOptions hth_listener_options(const HthSettings *settings, const char *port_key);

G_END_DECLS
