/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A recipe as a hostile home might send it, applied to an old file.
 *
 * Input: the length of the recipe's body (16 bits) and the body, the length of the inline bytes (16
 * bits) and those, the old file. The packing is made here, so that changes reach what is inside. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/wire.h"
#include "media/pack.h"
#include "media/recipe.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MADE_MAX (1024 * 1024)

static gboolean fetch(const HthNeed *need, guint64 offset, guint8 *buffer, gsize n, gpointer data,
                      GError **error)
{
    if (offset > need->length || n > need->length - offset)
        abort();
    memset(buffer, 'f', n);
    return TRUE;
}

static gboolean take(const guint8 *bytes, gsize n, gpointer data, GError **error)
{
    guint64 *made = data;
    *made += n;
    g_autofree guint8 *copy = g_memdup2(bytes, n); /* every byte is read */
    if (*made <= MADE_MAX)
        return TRUE;
    g_set_error(error, HTH_ERROR, HTH_ERROR_TOO_LARGE, "enough");
    return FALSE;
}

static const guint8 *take_block(HthWireReader *reader, gsize *out_n)
{
    const gsize wanted = hth_wire_read_u16(reader);
    *out_n = MIN(wanted, reader->size_bytes - reader->position);
    const guint8 *bytes = hth_wire_read_bytes(reader, *out_n);
    if (bytes == NULL)
        *out_n = 0; /* not even the length was there */
    return bytes;
}

static GBytes *wrap(const guint8 *body, gsize n_body, const guint8 *inlined, gsize n_inlined)
{
    g_autoptr(GBytes) packed = hth_pack(NULL, 0, body, n_body);
    g_autoptr(GBytes) packed_inline = hth_pack(NULL, 0, inlined, n_inlined);
    GByteArray *to = g_byte_array_new();
    hth_wire_write_u8(to, 'R');
    hth_wire_write_u8(to, 1);
    hth_wire_write_varint(to, n_body);
    hth_wire_write_varint(to, g_bytes_get_size(packed));
    g_byte_array_append(to, g_bytes_get_data(packed, NULL), (guint)g_bytes_get_size(packed));
    g_byte_array_append(to, g_bytes_get_data(packed_inline, NULL),
                        (guint)g_bytes_get_size(packed_inline));
    return g_byte_array_free_to_bytes(to);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    HthWireReader reader = HTH_WIRE_READER(data, size);
    gsize n_body = 0;
    gsize n_inlined = 0;
    const guint8 *body = take_block(&reader, &n_body);
    const guint8 *inlined = take_block(&reader, &n_inlined);
    const guint8 *rest = data + reader.position;
    const gsize n_rest = size - reader.position;
    g_autoptr(GBytes) bytes = wrap(body, n_body, inlined, n_inlined);
    g_autoptr(HthRecipe) recipe = hth_recipe_decode(bytes, NULL);
    if (recipe == NULL)
        return 0;
    g_autoptr(GBytes) again = hth_recipe_encode(recipe);
    g_autoptr(GArray) needs = hth_recipe_fetch_list(recipe);
    g_autoptr(GBytes) old_bytes = g_bytes_new_static(rest, n_rest);
    g_autoptr(HthByteSource) old = hth_byte_source_new_for_bytes(old_bytes);
    guint64 made = 0;
    g_autoptr(GError) error = NULL;
    if (hth_recipe_apply(recipe, old, fetch, take, &made, &error) !=
        (error == NULL && made == hth_recipe_new_size(recipe)))
        abort();
    if (hth_recipe_is_in_place(recipe)) {
        g_autoptr(GArray) patches = hth_recipe_in_place(recipe, old, fetch, NULL, NULL);
        for (guint i = 0; patches != NULL && i < patches->len; i++) {
            const HthRecipePatch *patch = &g_array_index(patches, HthRecipePatch, i);
            if (patch->offset + g_bytes_get_size(patch->bytes) > hth_recipe_new_size(recipe))
                abort();
        }
    }
    return 0;
}
