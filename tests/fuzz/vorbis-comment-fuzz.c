/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "xiph.h"

int LLVMFuzzerTestOneInput(const guint8 *data, gsize size);

int LLVMFuzzerTestOneInput(const guint8 *data, gsize size)
{
    HthProbe probe = { .info = hth_media_info_new() };
    hth_vorbis_comment_read(&probe, data, size);
    hth_flac_picture_read(&probe, data, size);
    g_assert_cmpuint(probe.info->genres->len, <=, HTH_MEDIA_LIST_MAX);
    hth_probe_clear(&probe);
    return 0;
}
