/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a camera saw or a person typed. What is taken has all its parts, and reads the same again.
 */
#include <stdint.h>
#include <string.h>

#include "sync/pairing.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autofree char *text = g_strndup((const char *)data, size);
    g_auto(HthPairingCode) code = { 0 };
    g_auto(HthPairingCode) again = { 0 };
    if (!hth_pairing_code_parse(text, &code, NULL))
        return 0;
    g_assert_cmpuint(strlen(code.secret), ==,
                     code.is_text ? HTH_PAIRING_TEXT_SECRET : HTH_PAIRING_SECRET_LETTERS);
    g_assert_true(code.is_text || code.port > 0);
    for (guint i = 0; i <= HTH_PAIRING_MAX_ADDRESSES && code.addresses[i] != NULL; i++)
        g_assert_cmpuint(i, <, HTH_PAIRING_MAX_ADDRESSES);
    g_autofree char *upper = g_ascii_strup(text, -1);
    g_assert_true(hth_pairing_code_parse(upper, &again, NULL));
    g_assert_cmpstr(code.secret, ==, again.secret);
    return 0;
}
