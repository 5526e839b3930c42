/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Text as a QR code. */
#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

/* A picture of a whole number of pixels a module, dark on light with its quiet zone; NULL: @text is
 * longer than a QR code holds. */
GdkTexture *hth_qr_code_texture(const char *text, guint pixels_a_module);

G_END_DECLS
