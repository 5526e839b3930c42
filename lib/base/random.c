/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/random.h"

#include <sys/random.h>

#include "base/base32.h"

void hth_random_fill(gpointer out_bytes, gsize size_bytes)
{
    g_assert(size_bytes <= HTH_RANDOM_MAX_BYTES);
    if (getrandom(out_bytes, size_bytes, 0) != (gssize)size_bytes)
        g_error("the kernel has no random numbers");
}

char *hth_random_text(gsize size_bytes)
{
    guint8 bytes[HTH_RANDOM_MAX_BYTES];
    hth_random_fill(bytes, size_bytes);
    return hth_base32_encode(bytes, size_bytes);
}
