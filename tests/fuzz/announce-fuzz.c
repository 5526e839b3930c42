/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The records between hearthd and an announcer: what is read is written back as the same bytes. */
#include <stdint.h>
#include <string.h>

#include "protocol.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autoptr(HthAnnounceMessage) message = hth_announce_message_decode(data, size, NULL);
    if (message == NULL)
        return 0;
    /* A text that was repaired (not UTF-8, a NUL inside) is written as repaired: read it once more.
     */
    g_autoptr(GByteArray) once = hth_announce_message_encode(message, NULL);
    if (once == NULL)
        return 0;
    g_autoptr(HthAnnounceMessage) again = hth_announce_message_decode(once->data, once->len, NULL);
    g_assert_nonnull(again);
    g_autoptr(GByteArray) twice = hth_announce_message_encode(again, NULL);
    g_assert_cmpmem(once->data, once->len, twice->data, twice->len);
    return 0;
}
