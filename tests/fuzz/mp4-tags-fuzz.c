/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mp4-tags.h"

int LLVMFuzzerTestOneInput(const guint8 *data, gsize size);

int LLVMFuzzerTestOneInput(const guint8 *data, gsize size)
{
    HthProbe probe = { .info = hth_media_info_new() };
    hth_mp4_ilst_read(&probe, data, size);
    g_assert_cmpuint(probe.info->artists->len, <=, HTH_MEDIA_LIST_MAX);
    hth_probe_clear(&probe);
    return 0;
}
