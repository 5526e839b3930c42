/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The rule of one handheld (docs/sync.md), and what it would do, while it is being changed. */
#pragma once

#include "model/library-item.h"
#include "panel.h"

G_BEGIN_DECLS

#define HTH_TYPE_RULE_EDITOR (hth_rule_editor_get_type())
G_DECLARE_FINAL_TYPE(HthRuleEditor, hth_rule_editor, HTH, RULE_EDITOR, AdwBin)

/* @path: "paired/ID". @apply: the button that puts the rule in force; borrowed while both live. */
GtkWidget *hth_rule_editor_new(HthPanel *panel, const char *path, GtkWidget *apply);

/* Shows what GET paired/:/sync answered; the rule only as long as nothing was changed here. */
void hth_rule_editor_show(HthRuleEditor *self, JsonObject *sync);

G_END_DECLS
