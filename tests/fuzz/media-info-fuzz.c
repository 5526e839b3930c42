/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The record that hearthd takes from a worker it does not trust. */
#include "media/media-info.h"

int LLVMFuzzerTestOneInput(const guint8 *data, gsize size);

int LLVMFuzzerTestOneInput(const guint8 *data, gsize size)
{
    g_autoptr(HthMediaInfo) info = hth_media_info_decode(data, size, NULL);
    if (info == NULL)
        return 0;
    /* What was taken can be sent on, and is taken again. */
    g_autoptr(GByteArray) record = g_byte_array_new();
    hth_media_info_encode(info, record);
    g_autoptr(HthMediaInfo) again = hth_media_info_decode(record->data, record->len, NULL);
    g_assert_nonnull(again);
    g_assert_cmpstr(again->title, ==, info->title);
    g_assert_cmpuint(again->artists->len, ==, info->artists->len);
    return 0;
}
