/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a rule does to a handheld: what is there, comes, goes and has no room, in files and bytes,
 * and some of it by name. */
#pragma once

#include <adwaita.h>
#include <json-glib/json-glib.h>

G_BEGIN_DECLS

typedef struct HthRulePreview HthRulePreview;

/* Appends its groups to @box, which has to outlive it. */
HthRulePreview *hth_rule_preview_new(GtkBox *box);
void hth_rule_preview_free(HthRulePreview *self); /* NULL is fine */

/* @sync: as paired/:/sync answers. @is_trial: the rule is not in force yet. */
void hth_rule_preview_show(HthRulePreview *self, JsonObject *sync, gboolean is_trial);
void hth_rule_preview_fail(HthRulePreview *self, const GError *error);

G_END_DECLS
