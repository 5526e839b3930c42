/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "id3.h"

int LLVMFuzzerTestOneInput(const guint8 *data, gsize size);

int LLVMFuzzerTestOneInput(const guint8 *data, gsize size)
{
    HthProbe probe = { .info = hth_media_info_new() };
    hth_id3_read(&probe, data, size);
    if (size >= 128)
        (void)hth_id3_read_v1(&probe, data + size - 128);
    g_assert_cmpuint(probe.info->artists->len, <=, HTH_MEDIA_LIST_MAX);
    g_assert_true(probe.info->title == NULL || g_utf8_validate(probe.info->title, -1, NULL));
    hth_probe_clear(&probe);
    return 0;
}
