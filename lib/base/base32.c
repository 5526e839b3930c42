/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/base32.h"

#include <string.h>

static const char letters[] = "abcdefghijklmnopqrstuvwxyz234567";

char hth_base32_letter(guint value)
{
    g_return_val_if_fail(value < 32, 'a');
    return letters[value];
}

int hth_base32_value(char letter)
{
    const char lower = g_ascii_tolower(letter);
    if (lower >= 'a' && lower <= 'z')
        return lower - 'a';
    return lower >= '2' && lower <= '7' ? lower - '2' + 26 : -1;
}

char *hth_base32_encode(gconstpointer bytes, gsize size_bytes)
{
    const guint8 *from = bytes;
    char *text = g_malloc(HTH_BASE32_LENGTH(size_bytes) + 1);
    char *end = text;
    guint held = 0;
    guint n_bits = 0;
    for (gsize i = 0; i < size_bytes; i++) {
        held = (held << 8 | from[i]) & 0xfff;
        for (n_bits += 8; n_bits >= 5; n_bits -= 5)
            *end++ = letters[held >> (n_bits - 5) & 31];
    }
    if (n_bits > 0)
        *end++ = letters[held << (5 - n_bits) & 31];
    *end = '\0';
    return text;
}

gboolean hth_base32_decode(const char *text, gpointer out_bytes, gsize size_bytes)
{
    guint8 *to = out_bytes;
    guint8 *const end = to + size_bytes;
    const gsize length = strlen(text);
    guint held = 0;
    guint n_bits = 0;
    if (length != HTH_BASE32_LENGTH(size_bytes))
        return FALSE;
    for (gsize i = 0; i < length; i++) {
        const int value = hth_base32_value(text[i]);
        if (value < 0)
            return FALSE;
        held = (held << 5 | (guint)value) & 0xfff;
        n_bits += 5;
        if (n_bits >= 8 && to < end) {
            n_bits -= 8;
            *to++ = (guint8)(held >> n_bits);
        }
    }
    return (held & ((1u << n_bits) - 1)) == 0;
}
