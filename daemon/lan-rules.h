/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Who is answered on the network, and under which names: against peers from elsewhere and against
 * web pages that point a name of theirs at this computer (DNS rebinding).
 *
 * Threads: new and free on the main thread; the rules on any.
 */
#pragma once

#include "net/http-server.h"
#include "net/interfaces.h"

G_BEGIN_DECLS

typedef struct HthLanRules HthLanRules;

/* @names: further host names that are ours; our own, with .local and the resolver's search domains,
 * always are. */
HthLanRules *hth_lan_rules_new(HthInterfaces *interfaces, const char *const *names);
void hth_lan_rules_free(HthLanRules *self); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HthLanRules, hth_lan_rules_free)

/* HthHttpPeerRule and HthHttpHostRule; their data is the HthLanRules. */
gboolean hth_lan_rules_peer(GInetAddress *peer, gpointer data);
gboolean hth_lan_rules_host(const char *host, GInetAddress *local, guint16 port, gpointer data);

G_END_DECLS
