/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reads the kernel's packet filter as nft(8) prints it in JSON, and says what it does with a
 * packet.
 *
 * The rules are walked as the kernel walks them, with what is known of the packet; a condition that
 * cannot be judged makes what follows uncertain, and is said to be so.
 *
 * Threads: any thread.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct {
    gboolean is_tcp;
    guint16 port;          /* destination */
    const char *interface; /* it came in by */
    gboolean is_multicast;
} HthPacket;

typedef enum {
    HTH_FIREWALL_PASSES,
    HTH_FIREWALL_DROPS,
    HTH_FIREWALL_MAY_DROP, /* it depends on something that cannot be judged here */
} HthFirewallVerdict;

typedef struct {
    HthFirewallVerdict verdict;
    char *table;      /* "inet filter" of the chain that drops */
    char *chain;      /* the base chain, where a rule to mend it goes */
    char *rule_chain; /* of the rule that drops it; NULL: the policy of the base chain does */
    gint64 rule;      /* its handle */
} HthFirewallAnswer;

void hth_firewall_answer_clear(HthFirewallAnswer *self);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(HthFirewallAnswer, hth_firewall_answer_clear)

/* @ruleset: what `nft -j list ruleset` prints. Errors: HTH_ERROR_CORRUPT */
gboolean hth_firewall_judge(const char *ruleset, const HthPacket *packet, HthFirewallAnswer *out,
                            GError **error);

G_END_DECLS
