/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a rule keeps first when all that it names is too much: its sources, in an order that a
 * person changes by moving one up. */
#pragma once

#include <adwaita.h>
#include <json-glib/json-glib.h>

G_BEGIN_DECLS

typedef struct HthRuleOrder HthRuleOrder;

/* Appends its group to @box, which has to outlive it. @changed: called with @data when a person
 * has changed `order` of the rule that was shown. */
HthRuleOrder *hth_rule_order_new(GtkBox *box, void (*changed)(gpointer data), gpointer data);
void hth_rule_order_free(HthRuleOrder *self); /* NULL is fine */

/* @rule: kept, and changed when a person does. The group is hidden while fewer than two sources are
 * named. */
void hth_rule_order_show(HthRuleOrder *self, JsonObject *rule);

/* The sources that @rule names, the first to be kept first. New, by g_strfreev(). */
char **hth_rule_order_of(JsonObject *rule);
/* Puts @source one place up among those that are named. */
void hth_rule_order_move_up(JsonObject *rule, const char *source);

G_END_DECLS
