/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A QR code in a terminal: two modules a letter, one above the other. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* @text: of the letters that QR codes pack best (ISO/IEC 18004, section 7.3.4).
 * @has_colours: paints light modules white whatever the terminal's colours are; else they are
 *               full blocks, right for light letters on a dark ground.
 * Returns: a new string of lines; NULL when @text is too long. */
char *hth_qr_picture(const char *text, gboolean has_colours);

G_END_DECLS
