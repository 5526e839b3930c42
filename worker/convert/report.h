/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What hearth-convert tells hearthd: lines of text on a pipe, as media/convert-protocol.h lists
 * them.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Writes "@word @text\n"; @text is cut and cleaned. A hearthd that has gone ends the process. */
void hth_report(int fd, const char *word, const char *format, ...) G_GNUC_PRINTF(3, 4);

/* The line for @error. */
void hth_report_failure(int fd, const GError *error);

G_END_DECLS
