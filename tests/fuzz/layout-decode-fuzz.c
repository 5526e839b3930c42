/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The body of a layout as a stranger might send it: the packing is made here, so that changes reach
 * what is inside. And the bytes as they are, for the packing itself. */
#include <stdint.h>
#include <stdlib.h>

#include "base/wire.h"
#include "media/layout.h"
#include "media/pack.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void decode(GBytes *bytes)
{
    g_autoptr(HthLayout) layout = hth_layout_decode(bytes, NULL);
    if (layout == NULL)
        return;
    for (guint i = 0; i < layout->regions->len; i++) {
        const HthRegion *region = &g_array_index(layout->regions, HthRegion, i);
        if (region->offset + region->length > layout->size_bytes ||
            (region->kind == HTH_REGION_METADATA &&
             region->metadata_offset + region->length > layout->metadata->len) ||
            (region->kind == HTH_REGION_PICTURE && region->part >= layout->parts->len) ||
            (region->kind == HTH_REGION_OGG_PAGES && region->run >= layout->runs->len))
            abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autoptr(GBytes) plain = g_bytes_new_static(data, size);
    decode(plain);
    g_autoptr(GBytes) packed = hth_pack(NULL, 0, data, size);
    g_autoptr(GByteArray) whole = g_byte_array_new();
    hth_wire_write_u8(whole, 'L');
    hth_wire_write_u8(whole, 1);
    hth_wire_write_varint(whole, size);
    g_byte_array_append(whole, g_bytes_get_data(packed, NULL), (guint)g_bytes_get_size(packed));
    g_autoptr(GBytes) bytes = g_bytes_new(whole->data, whole->len);
    decode(bytes);
    return 0;
}
