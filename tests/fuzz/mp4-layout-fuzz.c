/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "layout-check.h"

int LLVMFuzzerTestOneInput(const guint8 *data, gsize size);

int LLVMFuzzerTestOneInput(const guint8 *data, gsize size)
{
    check_layout(HTH_FORMAT_MP4, data, size);
    return 0;
}
