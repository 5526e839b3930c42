/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/hex.h"

#include <string.h>

char *hth_hex_encode(gconstpointer bytes, gsize size_bytes)
{
    static const char digits[] = "0123456789abcdef";
    const guint8 *from = bytes;
    char *text = g_malloc(2 * size_bytes + 1);
    for (gsize i = 0; i < size_bytes; i++) {
        text[2 * i] = digits[from[i] >> 4];
        text[2 * i + 1] = digits[from[i] & 15];
    }
    text[2 * size_bytes] = '\0';
    return text;
}

gboolean hth_hex_decode(const char *text, gpointer out_bytes, gsize size_bytes)
{
    guint8 *to = out_bytes;
    if (text == NULL || strlen(text) != 2 * size_bytes)
        return FALSE;
    for (gsize i = 0; i < size_bytes; i++) {
        const int high = g_ascii_xdigit_value(text[2 * i]);
        const int low = g_ascii_xdigit_value(text[2 * i + 1]);
        if (high < 0 || low < 0)
            return FALSE;
        to[i] = (guint8)(high << 4 | low);
    }
    return TRUE;
}
