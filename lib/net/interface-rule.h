/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which interfaces hearth uses, and the sentence that says why not.
 *
 * Threads: any thread, any time.
 */
#pragma once

#include "net/interfaces.h"

G_BEGIN_DECLS

/* @only: NULL, or the names that replace the rule.
 * Returns: NULL when @self is to be used, else the reason; static. */
const char *hth_interface_rule_skip_reason(const HthInterface *self, const char *const *only);

G_END_DECLS
