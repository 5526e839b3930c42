/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Media files made byte by byte, for tests of layouts and recipes. */
#pragma once

#include <string.h>

#include "media/ogg-page.h"
#include "media/recipe.h"

static inline void put(GByteArray *to, gconstpointer bytes, gsize n)
{
    g_byte_array_append(to, bytes, (guint)n);
}

static inline void put_noise(GByteArray *to, guint32 seed, gsize n)
{
    g_autoptr(GRand) random = g_rand_new_with_seed(seed);
    for (gsize i = 0; i < n; i++) {
        const guint8 byte = (guint8)g_rand_int(random);
        g_byte_array_append(to, &byte, 1);
    }
}

/* MPEG 1, layer III, 128 kbit/s, 44.1 kHz: 417 bytes. */
static inline void put_mp3_frame(GByteArray *to, guint32 seed, const char *mark)
{
    const guint begin = to->len;
    put(to, "\xff\xfb\x90\x00", 4);
    put_noise(to, seed, 413);
    for (guint i = begin + 4; i < to->len; i++)
        to->data[i] &= 0x7f; /* nothing in it looks like a frame */
    memset(to->data + begin + 36, 0, 4);
    if (mark != NULL)
        memcpy(to->data + begin + 36, mark, 4);
}

static inline void put_syncsafe(GByteArray *to, guint32 n)
{
    const guint8 bytes[4] = { n >> 21 & 0x7f, n >> 14 & 0x7f, n >> 7 & 0x7f, n & 0x7f };
    put(to, bytes, 4);
}

/* A frame of ID3v2.4. */
static inline void put_id3_frame(GByteArray *to, const char *id, gconstpointer content, gsize n)
{
    put(to, id, 4);
    put_syncsafe(to, (guint32)n);
    put(to, "\0\0", 2);
    put(to, content, n);
}

/* A tag of version 2.4 around @frames. */
static inline void put_id3(GByteArray *to, const GByteArray *frames, gboolean has_footer)
{
    const guint8 flags = has_footer ? 0x10 : 0;
    put(to, "ID3\4\0", 5);
    put(to, &flags, 1);
    put_syncsafe(to, frames->len);
    put(to, frames->data, frames->len);
    if (!has_footer)
        return;
    put(to, "3DI\4\0", 5);
    put(to, &flags, 1);
    put_syncsafe(to, frames->len);
}

static inline GBytes *make_bytes(GByteArray *from)
{
    return g_bytes_new(from->data, from->len);
}

/* The layout of @file, as it comes out of its encoded form. */
static inline HthLayout *read_layout(GBytes *file, HthMediaFormat format)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(HthByteSource) source = hth_byte_source_new_for_bytes(file);
    g_autoptr(HthLayout) layout = hth_layout_read(source, format, NULL, NULL, &error);
    g_assert_no_error(error);
    g_autoptr(GBytes) encoded = hth_layout_encode(layout);
    HthLayout *decoded = hth_layout_decode(encoded, &error);
    g_assert_no_error(error);
    g_assert_true(hth_digest_equal(&decoded->file_digest, &layout->file_digest));
    return decoded;
}

static inline char kind_letter(HthRegionKind kind)
{
    static const char letters[HTH_N_REGION_KINDS] = { 'm', 'P', 'p', 'o', 'O', 'c' };
    return (guint)kind < HTH_N_REGION_KINDS && letters[kind] != 0 ? letters[kind] : '?';
}

/* "mPmp": a letter a region. */
static inline char *region_letters(const HthLayout *layout)
{
    GString *text = g_string_new(NULL);
    for (guint i = 0; i < layout->regions->len; i++)
        g_string_append_c(text, kind_letter(g_array_index(layout->regions, HthRegion, i).kind));
    return g_string_free(text, FALSE);
}

static inline void assert_regions(const HthLayout *layout, const char *letters)
{
    g_autofree char *actual = region_letters(layout);
    g_assert_cmpstr(actual, ==, letters);
}

/* ---- Ogg ---- */

typedef struct {
    GByteArray *file;
    HthOggSum *sum;
    guint32 serial;
    guint32 sequence;
} OggMaker;

/* A page with whole packets of the sizes given, each under 255 bytes. */
static inline void put_ogg_page(OggMaker *maker, guint8 flags, guint64 granule,
                                const guint8 *packets, const guint8 *sizes, guint n)
{
    HthOggPage page = { .flags = flags,
                        .granule = granule,
                        .serial = maker->serial,
                        .sequence = maker->sequence++,
                        .n_segments = n,
                        .head_bytes = HTH_OGG_HEAD_BYTES + n };
    memcpy(page.lacing, sizes, n);
    for (guint i = 0; i < n; i++)
        page.body_bytes += sizes[i];
    const guint at = maker->file->len;
    g_byte_array_set_size(maker->file, (guint)(at + page.head_bytes + page.body_bytes));
    memcpy(maker->file->data + at + page.head_bytes, packets, page.body_bytes);
    hth_ogg_page_seal(maker->sum, &page, maker->file->data + at);
}

/* Opus' two headers, a page each. */
static inline void put_opus_headers(OggMaker *maker, const char *title)
{
    const guint8 head_size = 19;
    put_ogg_page(maker, HTH_OGG_BEGINS, 0, (const guint8 *)"OpusHead\1\2\0\0\x80\xbb\0\0\0\0\0",
                 &head_size, 1);
    g_autofree char *comment = g_strdup_printf("TITLE=%s", title);
    g_autoptr(GByteArray) tags = g_byte_array_new();
    const guint8 length = (guint8)strlen(comment);
    put(tags, "OpusTags\1\0\0\0v\1\0\0\0", 17);
    put(tags, &length, 1);
    put(tags, "\0\0\0", 3);
    put(tags, comment, length);
    const guint8 size = (guint8)tags->len;
    put_ogg_page(maker, 0, 0, tags->data, &size, 1);
}

/* 20 ms packets, @a_page of them to a page. */
static inline void put_opus_packets(OggMaker *maker, guint32 seed, guint n_packets, guint a_page,
                                    gboolean ends_empty)
{
    g_autoptr(GRand) random = g_rand_new_with_seed(seed);
    guint64 granule = 0;
    for (guint done = 0; done < n_packets;) {
        g_autoptr(GByteArray) body = g_byte_array_new();
        guint8 sizes[256];
        guint n = 0;
        for (; n < a_page && done < n_packets; n++, done++) {
            sizes[n] = (guint8)g_rand_int_range(random, 20, 200);
            put(body, "\x78", 1); /* CELT, 20 ms, one frame */
            put_noise(body, g_rand_int(random), sizes[n] - 1U);
            granule += 960;
        }
        const gboolean is_last = done == n_packets;
        if (is_last && ends_empty)
            sizes[n++] = 0;
        put_ogg_page(maker, is_last ? HTH_OGG_ENDS : 0, granule, body->data, sizes, n);
    }
}

/* ---- Recipes ---- */

typedef struct {
    GByteArray *made;
    GBytes *new_file;
    const HthLayout *new_layout;
} Kitchen;

static inline gboolean kitchen_fetch(const HthNeed *need, guint64 offset, guint8 *buffer, gsize n,
                                     gpointer data, GError **error)
{
    Kitchen *kitchen = data;
    g_autoptr(HthByteSource) source = hth_byte_source_new_for_bytes(kitchen->new_file);
    if (need->kind == HTH_NEED_RANGE)
        return hth_byte_source_read(source, need->offset + offset, buffer, n, error);
    g_autoptr(GBytes) picture =
        hth_layout_read_picture(kitchen->new_layout, source, &need->digest, error);
    g_assert_nonnull(picture);
    memcpy(buffer, (const guint8 *)g_bytes_get_data(picture, NULL) + offset, n);
    return TRUE;
}

static inline gboolean kitchen_take(const guint8 *bytes, gsize n, gpointer data, GError **error)
{
    put(((Kitchen *)data)->made, bytes, n);
    return TRUE;
}

/* Makes the recipe from @old_file to @new_file, sends it through its encoded form, and proves that
 * it makes @new_file. */
static inline HthRecipe *make_recipe(GBytes *old_file, GBytes *new_file, HthMediaFormat format,
                                     gsize *out_encoded_bytes)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(HthLayout) old = read_layout(old_file, format);
    g_autoptr(HthLayout) new = read_layout(new_file, format);
    g_autoptr(HthByteSource) new_source = hth_byte_source_new_for_bytes(new_file);
    g_autoptr(HthByteSource) old_source = hth_byte_source_new_for_bytes(old_file);
    g_autoptr(HthRecipe) made = hth_recipe_make(old, new_source, new, &error);
    g_assert_no_error(error);
    g_autoptr(GBytes) encoded = hth_recipe_encode(made);
    HthRecipe *recipe = hth_recipe_decode(encoded, &error);
    g_assert_no_error(error);
    g_autoptr(GByteArray) result = g_byte_array_new();
    Kitchen kitchen = { .made = result, .new_file = new_file, .new_layout = new };
    (void)hth_recipe_apply(recipe, old_source, kitchen_fetch, kitchen_take, &kitchen, &error);
    g_assert_no_error(error);
    g_assert_cmpmem(result->data, result->len, g_bytes_get_data(new_file, NULL),
                    g_bytes_get_size(new_file));
    if (out_encoded_bytes != NULL)
        *out_encoded_bytes = g_bytes_get_size(encoded);
    return recipe;
}
