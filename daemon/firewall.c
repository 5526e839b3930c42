/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "firewall.h"

#include <json-glib/json-glib.h>
#include <string.h>

#include "base/error.h"
#include "base/json.h"

#define JUMPS_MAX 16

typedef enum { NO, YES, MAYBE } Match;
typedef enum { GOES_ON, ACCEPTED, DROPPED, RETURNED } Verdict;

typedef struct {
    JsonArray *objects; /* borrowed */
    const HthPacket *packet;
    gboolean is_uncertain; /* a rule that could not be judged might have accepted it */
    char *rule_chain;
    gint64 rule;
} Walk;

void hth_firewall_answer_clear(HthFirewallAnswer *self)
{
    g_free(self->table);
    g_free(self->chain);
    g_free(self->rule_chain);
    *self = (HthFirewallAnswer){ 0 };
}

static JsonObject *member_object(JsonObject *object, const char *name)
{
    JsonNode *node = json_object_get_member(object, name);
    return node != NULL && JSON_NODE_HOLDS_OBJECT(node) ? json_node_get_object(node) : NULL;
}

static const char *member_text(JsonObject *object, const char *name)
{
    const char *text = hth_json_get_text(object, name);
    return text != NULL ? text : "";
}

/* ---- Conditions ---- */

typedef Match (*Compare)(JsonNode *value, const HthPacket *packet);

static gboolean is_text(JsonNode *value)
{
    return JSON_NODE_HOLDS_VALUE(value) && json_node_get_value_type(value) == G_TYPE_STRING;
}

static gboolean is_number(JsonNode *value)
{
    return JSON_NODE_HOLDS_VALUE(value) && json_node_get_value_type(value) == G_TYPE_INT64;
}

static Match in_range(JsonArray *range, guint16 port)
{
    if (json_array_get_length(range) != 2 || !is_number(json_array_get_element(range, 0)) ||
        !is_number(json_array_get_element(range, 1)))
        return MAYBE;
    return port >= json_array_get_int_element(range, 0) &&
                   port <= json_array_get_int_element(range, 1)
               ? YES
               : NO;
}

static Match compare_port(JsonNode *value, const HthPacket *packet)
{
    if (is_number(value))
        return json_node_get_int(value) == packet->port ? YES : NO;
    if (!JSON_NODE_HOLDS_OBJECT(value))
        return MAYBE;
    JsonNode *range = json_object_get_member(json_node_get_object(value), "range");
    return range != NULL && JSON_NODE_HOLDS_ARRAY(range)
               ? in_range(json_node_get_array(range), packet->port)
               : MAYBE;
}

static Match compare_protocol(JsonNode *value, const HthPacket *packet)
{
    if (is_number(value))
        return json_node_get_int(value) == (packet->is_tcp ? 6 : 17) ? YES : NO;
    if (!is_text(value))
        return MAYBE;
    return strcmp(json_node_get_string(value), packet->is_tcp ? "tcp" : "udp") == 0 ? YES : NO;
}

/* "eth*" stands for every name that begins so. */
static Match compare_interface(JsonNode *value, const HthPacket *packet)
{
    if (!is_text(value))
        return MAYBE;
    return g_pattern_match_simple(json_node_get_string(value), packet->interface) ? YES : NO;
}

/* What devices send first: a new connection. */
static Match compare_state(JsonNode *value, const HthPacket *packet)
{
    if (!is_text(value))
        return MAYBE;
    return strcmp(json_node_get_string(value), "new") == 0 ? YES : NO;
}

static Match compare_packet_type(JsonNode *value, const HthPacket *packet)
{
    if (!is_text(value))
        return MAYBE;
    const char *type = json_node_get_string(value);
    return (strcmp(type, "multicast") == 0) == packet->is_multicast &&
                   strcmp(type, "broadcast") != 0
               ? YES
               : NO;
}

/* A value, or a set of values: {"set": […]} and, for ct state, a bare list. */
static Match compare_each(JsonNode *right, Compare compare, const HthPacket *packet)
{
    JsonNode *set = JSON_NODE_HOLDS_OBJECT(right)
                        ? json_object_get_member(json_node_get_object(right), "set")
                        : right;
    if (set == NULL || !JSON_NODE_HOLDS_ARRAY(set))
        return compare(right, packet);
    JsonArray *values = json_node_get_array(set);
    Match best = NO;
    for (guint i = 0; i < json_array_get_length(values) && best != YES; i++) {
        const Match one = compare(json_array_get_element(values, i), packet);
        best = one == NO ? best : one;
    }
    return best;
}

static Match opposite(Match match)
{
    return match == MAYBE ? MAYBE : match == YES ? NO : YES;
}

/* Which comparison belongs to the left side; NULL with @out_fixed for the answer that is known. */
static Compare comparison(JsonObject *left, const HthPacket *packet, Match *out_fixed)
{
    *out_fixed = MAYBE;
    JsonObject *payload = member_object(left, "payload");
    if (payload != NULL) {
        const char *protocol = member_text(payload, "protocol");
        const char *field = member_text(payload, "field");
        const gboolean is_ours =
            strcmp(protocol, "th") == 0 || strcmp(protocol, packet->is_tcp ? "tcp" : "udp") == 0;
        if (strcmp(field, "dport") == 0 && is_ours)
            return compare_port;
        if (strcmp(protocol, "tcp") == 0 || strcmp(protocol, "udp") == 0 ||
            strcmp(protocol, "icmp") == 0 || strcmp(protocol, "icmpv6") == 0)
            *out_fixed = is_ours ? MAYBE : NO;
        if (strcmp(protocol, "ip") == 0 && strcmp(field, "protocol") == 0)
            return compare_protocol;
        return NULL;
    }
    JsonObject *meta = member_object(left, "meta");
    const char *key = meta != NULL ? member_text(meta, "key") : "";
    if (strcmp(key, "l4proto") == 0)
        return compare_protocol;
    if (strcmp(key, "iifname") == 0 || strcmp(key, "iif") == 0)
        return compare_interface;
    if (strcmp(key, "pkttype") == 0)
        return compare_packet_type;
    JsonObject *connection = member_object(left, "ct");
    if (connection != NULL && strcmp(member_text(connection, "key"), "state") == 0)
        return compare_state;
    return NULL;
}

static Match judge_match(JsonObject *match, const HthPacket *packet)
{
    JsonObject *left = member_object(match, "left");
    JsonNode *right = json_object_get_member(match, "right");
    const char *operator= member_text(match, "op");
    if (left == NULL || right == NULL)
        return MAYBE;
    Match fixed;
    Compare compare = comparison(left, packet, &fixed);
    if (compare == NULL)
        return fixed;
    const Match result = compare_each(right, compare, packet);
    if (strcmp(operator, "!=") == 0)
        return opposite(result);
    return strcmp(operator, "==") == 0 || strcmp(operator, "in") == 0 ? result : MAYBE;
}

/* ---- Rules and chains ---- */

static Verdict walk_chain(Walk *walk, JsonObject *chain, guint depth);

static JsonObject *find_chain(Walk *walk, JsonObject *beside, const char *name)
{
    for (guint i = 0; i < json_array_get_length(walk->objects); i++) {
        JsonObject *chain = member_object(json_array_get_object_element(walk->objects, i), "chain");
        if (chain != NULL && strcmp(member_text(chain, "name"), name) == 0 &&
            strcmp(member_text(chain, "table"), member_text(beside, "table")) == 0 &&
            strcmp(member_text(chain, "family"), member_text(beside, "family")) == 0)
            return chain;
    }
    return NULL;
}

static Verdict verdict_of(Walk *walk, JsonObject *statement, JsonObject *rule, guint depth)
{
    if (json_object_has_member(statement, "accept"))
        return ACCEPTED;
    if (json_object_has_member(statement, "drop") || json_object_has_member(statement, "reject")) {
        g_free(walk->rule_chain);
        walk->rule_chain = g_strdup(member_text(rule, "chain"));
        walk->rule = json_object_get_int_member_with_default(rule, "handle", 0);
        return DROPPED;
    }
    if (json_object_has_member(statement, "return"))
        return RETURNED;
    JsonObject *jump = member_object(statement, "jump");
    jump = jump != NULL ? jump : member_object(statement, "goto");
    JsonObject *chain = jump != NULL ? find_chain(walk, rule, member_text(jump, "target")) : NULL;
    if (chain == NULL || depth >= JUMPS_MAX)
        return GOES_ON;
    const Verdict verdict = walk_chain(walk, chain, depth + 1);
    return verdict == RETURNED ? GOES_ON : verdict;
}

static Verdict walk_rule(Walk *walk, JsonObject *rule, guint depth)
{
    JsonNode *list = json_object_get_member(rule, "expr");
    if (list == NULL || !JSON_NODE_HOLDS_ARRAY(list))
        return GOES_ON;
    JsonArray *statements = json_node_get_array(list);
    gboolean is_sure = TRUE;
    for (guint i = 0; i < json_array_get_length(statements); i++) {
        JsonNode *node = json_array_get_element(statements, i);
        JsonObject *statement = JSON_NODE_HOLDS_OBJECT(node) ? json_node_get_object(node) : NULL;
        if (statement == NULL)
            continue;
        JsonObject *match = member_object(statement, "match");
        const Match matches = match != NULL ? judge_match(match, walk->packet)
                              : json_object_has_member(statement, "xt") ||
                                      json_object_has_member(statement, "limit") ||
                                      json_object_has_member(statement, "vmap")
                                  ? MAYBE
                                  : YES;
        if (matches == NO)
            return GOES_ON;
        is_sure &= matches == YES;
        const Verdict verdict = match == NULL ? verdict_of(walk, statement, rule, depth) : GOES_ON;
        if (verdict == GOES_ON)
            continue;
        if (is_sure)
            return verdict;
        walk->is_uncertain = TRUE; /* it depends: go on as if it had not matched */
        return GOES_ON;
    }
    walk->is_uncertain |= !is_sure;
    return GOES_ON;
}

static Verdict walk_chain(Walk *walk, JsonObject *chain, guint depth)
{
    for (guint i = 0; i < json_array_get_length(walk->objects); i++) {
        JsonObject *rule = member_object(json_array_get_object_element(walk->objects, i), "rule");
        if (rule == NULL || strcmp(member_text(rule, "chain"), member_text(chain, "name")) != 0 ||
            strcmp(member_text(rule, "table"), member_text(chain, "table")) != 0 ||
            strcmp(member_text(rule, "family"), member_text(chain, "family")) != 0)
            continue;
        const Verdict verdict = walk_rule(walk, rule, depth);
        if (verdict != GOES_ON)
            return verdict;
    }
    if (strcmp(member_text(chain, "policy"), "drop") != 0)
        return GOES_ON;
    g_clear_pointer(&walk->rule_chain, g_free);
    return DROPPED;
}

static gboolean is_input_filter(JsonObject *chain)
{
    const char *family = member_text(chain, "family");
    return strcmp(member_text(chain, "hook"), "input") == 0 &&
           strcmp(member_text(chain, "type"), "filter") == 0 &&
           (strcmp(family, "inet") == 0 || strcmp(family, "ip") == 0);
}

static gboolean judge_chain(JsonArray *objects, JsonObject *chain, const HthPacket *packet,
                            HthFirewallAnswer *out)
{
    Walk walk = { .objects = objects, .packet = packet };
    const Verdict verdict = walk_chain(&walk, chain, 0);
    if (verdict == DROPPED && (out->verdict == HTH_FIREWALL_PASSES || !walk.is_uncertain)) {
        hth_firewall_answer_clear(out);
        out->verdict = walk.is_uncertain ? HTH_FIREWALL_MAY_DROP : HTH_FIREWALL_DROPS;
        out->table =
            g_strdup_printf("%s %s", member_text(chain, "family"), member_text(chain, "table"));
        out->chain = g_strdup(member_text(chain, "name"));
        out->rule_chain = g_steal_pointer(&walk.rule_chain);
        out->rule = walk.rule;
    }
    g_free(walk.rule_chain);
    return out->verdict == HTH_FIREWALL_DROPS;
}

gboolean hth_firewall_judge(const char *ruleset, const HthPacket *packet, HthFirewallAnswer *out,
                            GError **error)
{
    *out = (HthFirewallAnswer){ .verdict = HTH_FIREWALL_PASSES };
    g_autoptr(JsonNode) top = json_from_string(ruleset, NULL);
    JsonNode *list = top != NULL && JSON_NODE_HOLDS_OBJECT(top)
                         ? json_object_get_member(json_node_get_object(top), "nftables")
                         : NULL;
    if (list == NULL || !JSON_NODE_HOLDS_ARRAY(list)) {
        g_set_error(error, HTH_ERROR, HTH_ERROR_CORRUPT,
                    "the packet filter's rules are not as nft prints them");
        return FALSE;
    }
    JsonArray *objects = json_node_get_array(list);
    for (guint i = 0; i < json_array_get_length(objects); i++) {
        JsonNode *node = json_array_get_element(objects, i);
        if (!JSON_NODE_HOLDS_OBJECT(node)) {
            g_set_error(error, HTH_ERROR, HTH_ERROR_CORRUPT,
                        "the packet filter's rules are not as nft prints them");
            return FALSE;
        }
    }
    for (guint i = 0; i < json_array_get_length(objects); i++) {
        JsonObject *chain = member_object(json_array_get_object_element(objects, i), "chain");
        if (chain != NULL && is_input_filter(chain) && judge_chain(objects, chain, packet, out))
            break;
    }
    return TRUE;
}
