/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A file of the format that the first byte names: whatever it is, its regions cover it, and its
 * layout survives being encoded. */
#include <stdint.h>
#include <stdlib.h>

#include "media/layout.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_cover(const HthLayout *layout, gsize size)
{
    guint64 position = 0;
    for (guint i = 0; i < layout->regions->len; i++) {
        const HthRegion *region = &g_array_index(layout->regions, HthRegion, i);
        if (region->offset != position || region->length == 0)
            abort();
        position += region->length;
    }
    if (position != size || layout->size_bytes != size)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    g_autoptr(GBytes) file = g_bytes_new_static(data + 1, size - 1);
    g_autoptr(HthByteSource) source = hth_byte_source_new_for_bytes(file);
    g_autoptr(HthLayout) layout =
        hth_layout_read(source, data[0] % HTH_N_FORMATS, NULL, NULL, NULL);
    if (layout == NULL)
        abort();
    check_cover(layout, size - 1);
    g_autoptr(GBytes) encoded = hth_layout_encode(layout);
    g_autoptr(HthLayout) decoded = hth_layout_decode(encoded, NULL);
    if (decoded == NULL)
        abort();
    check_cover(decoded, size - 1);
    g_autoptr(GBytes) again = hth_layout_encode(decoded);
    if (!g_bytes_equal(encoded, again))
        abort();
    return 0;
}
