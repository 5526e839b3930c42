/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "widget/qr-code.h"

#include <qrencode.h>
#include <string.h>

/* Modules of light around the code: the standard (ISO/IEC 18004) asks for four. */
#define QUIET 4

static void draw_module(guint8 *pixels, gsize side, guint x, guint y, guint size)
{
    for (guint row = 0; row < size; row++)
        memset(pixels + ((gsize)(y * size + row) * side + (gsize)x * size) * 3, 0, (gsize)size * 3);
}

GdkTexture *hth_qr_code_texture(const char *text, guint pixels_a_module)
{
    QRcode *code = QRcode_encodeString8bit(text, 0, QR_ECLEVEL_M);
    if (code == NULL)
        return NULL;
    const guint n_modules = (guint)code->width + 2 * QUIET;
    const gsize side = (gsize)n_modules * pixels_a_module;
    guint8 *pixels = g_malloc(side * side * 3);
    memset(pixels, 0xff, side * side * 3);
    for (guint i = 0; i < (guint)(code->width * code->width); i++) {
        if (code->data[i] & 1)
            draw_module(pixels, side, i % (guint)code->width + QUIET,
                        i / (guint)code->width + QUIET, pixels_a_module);
    }
    QRcode_free(code);
    g_autoptr(GBytes) bytes = g_bytes_new_take(pixels, side * side * 3);
    return gdk_memory_texture_new((int)side, (int)side, GDK_MEMORY_R8G8B8, bytes, side * 3);
}
