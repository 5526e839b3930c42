/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What holds of the layout of any bytes, for the fuzzers of its readers. */
#pragma once

#include "media/recipe.h"

/* The regions cover the file one after the other, the layout survives its encoding, and the recipe
 * from a file to itself needs nothing. */
static inline void check_layout(HthMediaFormat format, const guint8 *data, gsize size)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GBytes) bytes = g_bytes_new(data, size);
    g_autoptr(HthByteSource) source = hth_byte_source_new_for_bytes(bytes);
    g_autoptr(HthLayout) layout = hth_layout_read(source, format, NULL, NULL, &error);
    g_assert_no_error(error);
    guint64 position = 0;
    for (guint i = 0; i < layout->regions->len; i++) {
        const HthRegion *region = &g_array_index(layout->regions, HthRegion, i);
        g_assert_cmpuint(region->offset, ==, position);
        g_assert_cmpuint(region->length, >, 0);
        position += region->length;
    }
    g_assert_cmpuint(position, ==, size);

    g_autoptr(GBytes) encoded = hth_layout_encode(layout);
    g_autoptr(HthLayout) decoded = hth_layout_decode(encoded, &error);
    g_assert_no_error(error);
    g_autoptr(HthRecipe) recipe = hth_recipe_make(decoded, source, layout, &error);
    g_assert_no_error(error);
    g_autoptr(GArray) needs = hth_recipe_fetch_list(recipe);
    g_assert_cmpuint(needs->len, ==, 0);
}
