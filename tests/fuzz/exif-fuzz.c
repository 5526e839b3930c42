/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "exif.h"

int LLVMFuzzerTestOneInput(const guint8 *data, gsize size);

int LLVMFuzzerTestOneInput(const guint8 *data, gsize size)
{
    g_autoptr(HthMediaInfo) info = hth_media_info_new();
    (void)hth_exif_read_bytes(info, data, size);
    g_assert_true(info->orientation <= 8);
    g_assert_false(info->latitude > 90 || info->latitude < -90);
    return 0;
}
