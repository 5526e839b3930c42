/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a rule leaves out because it was deleted on the device: by name, to be brought back one by
 * one or all at once. */
#pragma once

#include "panel.h"

G_BEGIN_DECLS

typedef struct HthRuleExcluded HthRuleExcluded;

/* Appends its group to @box, which has to outlive it. @changed: called with @data when a person
 * has changed `excluded` of the rule that was shown. */
HthRuleExcluded *hth_rule_excluded_new(GtkBox *box, void (*changed)(gpointer data), gpointer data);
void hth_rule_excluded_free(HthRuleExcluded *self); /* NULL is fine */

/* @rule: kept, and changed when a person does. The group is hidden while it leaves out nothing. */
void hth_rule_excluded_show(HthRuleExcluded *self, HthPanel *panel, JsonObject *rule);

G_END_DECLS
