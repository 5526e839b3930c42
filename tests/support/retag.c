/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Looks at layouts and recipes of real files, for tests and by hand.
 *
 *     retag layout FILE…        the regions of each file
 *     retag recipe OLD NEW      what it costs to make NEW out of OLD, proved by making it: one line
 *                               of name=value
 *     retag speed FILE          how fast its layout is read
 *     retag seed-layout FILE    the body of its layout: a seed for tests/fuzz/layout-decode-fuzz.c
 *     retag seed-recipe OLD NEW a recipe with its old file: a seed for tests/fuzz/recipe-fuzz.c
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/hex.h"
#include "base/wire.h"
#include "media/media-type.h"
#include "media/pack.h"
#include "media/recipe.h"

static const char *const kind_names[HTH_N_REGION_KINDS] = {
    "metadata", "picture", "payload", "offsets", "ogg-pages", "chunk",
};

typedef struct {
    int fd;
    HthByteSource *source;
    HthLayout *layout;
} File;

static void file_clear(File *file)
{
    g_clear_pointer(&file->layout, hth_layout_free);
    g_clear_pointer(&file->source, hth_byte_source_unref);
    if (file->fd >= 0)
        close(file->fd);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(File, file_clear)

/* As it would be known: encoded and decoded. */
static gboolean file_open(File *file, const char *path, const HthLayout *like, GError **error)
{
    *file = (File){ .fd = open(path, O_RDONLY | O_CLOEXEC) };
    file->source = hth_byte_source_new_for_fd(file->fd, error);
    if (file->source == NULL)
        return FALSE;
    g_autoptr(HthLayout) layout =
        hth_layout_read(file->source, hth_media_format_from_name(path), like, NULL, error);
    if (layout == NULL)
        return FALSE;
    g_autoptr(GBytes) encoded = hth_layout_encode(layout);
    file->layout = hth_layout_decode(encoded, error);
    return file->layout != NULL;
}

static char *digest_text(const HthDigest *digest)
{
    return hth_hex_encode(digest->bytes, 8);
}

static int show_layout(const char *path)
{
    g_autoptr(GError) error = NULL;
    g_auto(File) file;
    if (!file_open(&file, path, NULL, &error)) {
        fprintf(stderr, "%s: %s\n", path, error->message);
        return 1;
    }
    const HthLayout *layout = file.layout;
    g_autoptr(GBytes) encoded = hth_layout_encode(layout);
    g_autofree char *digest = digest_text(&layout->file_digest);
    g_autofree char *essence = digest_text(&layout->essence);
    printf("%s: %" G_GUINT64_FORMAT " bytes, file %s, essence %s, layout %zu bytes\n", path,
           layout->size_bytes, digest, layout->has_essence ? essence : "none",
           g_bytes_get_size(encoded));
    for (guint i = 0; i < layout->regions->len; i++) {
        const HthRegion *region = &g_array_index(layout->regions, HthRegion, i);
        printf("  %10" G_GUINT64_FORMAT " %10" G_GUINT64_FORMAT " %s\n", region->offset,
               region->length, kind_names[region->kind]);
    }
    return 0;
}

/* ---- Recipes ---- */

typedef struct {
    File *new;
    HthDigester *digester;
} Making;

/* The home's part. */
static gboolean fetch(const HthNeed *need, guint64 offset, guint8 *buffer, gsize n, gpointer data,
                      GError **error)
{
    Making *making = data;
    if (need->kind == HTH_NEED_RANGE)
        return hth_byte_source_read(making->new->source, need->offset + offset, buffer, n, error);
    g_autoptr(GBytes) picture =
        hth_layout_read_picture(making->new->layout, making->new->source, &need->digest, error);
    if (picture == NULL)
        return FALSE;
    memcpy(buffer, (const guint8 *)g_bytes_get_data(picture, NULL) + offset, n);
    return TRUE;
}

static gboolean take(const guint8 *bytes, gsize n, gpointer data, GError **error)
{
    Making *making = data;
    hth_digester_add(making->digester, bytes, n);
    return TRUE;
}

/* The old file with the recipe's patches written into it must be the new one, too. */
static gboolean is_equal_in_place(const HthRecipe *recipe, File *old, Making *making)
{
    const gsize size = (gsize)old->layout->size_bytes;
    g_autofree guint8 *bytes = g_malloc(size);
    g_autoptr(GArray) patches = hth_recipe_in_place(recipe, old->source, fetch, making, NULL);
    if (patches == NULL || !hth_byte_source_read(old->source, 0, bytes, size, NULL))
        return FALSE;
    for (guint i = 0; i < patches->len; i++) {
        const HthRecipePatch *patch = &g_array_index(patches, HthRecipePatch, i);
        gsize n = 0;
        const guint8 *from = g_bytes_get_data(patch->bytes, &n);
        memcpy(bytes + patch->offset, from, n);
    }
    HthDigest digest;
    hth_digest_of(bytes, size, &digest);
    return hth_digest_equal(&digest, &making->new->layout->file_digest);
}

static int show_recipe(const char *old_path, const char *new_path)
{
    g_autoptr(GError) error = NULL;
    g_auto(File) old;
    g_auto(File) new = { .fd = -1 };
    g_autoptr(HthRecipe) made = NULL;
    if (!file_open(&old, old_path, NULL, &error) ||
        !file_open(&new, new_path, old.layout, &error) ||
        (made = hth_recipe_make(old.layout, new.source, new.layout, &error)) == NULL) {
        fprintf(stderr, "%s: %s\n", new_path, error->message);
        return 1;
    }
    g_autoptr(GBytes) encoded = hth_recipe_encode(made);
    g_autoptr(HthRecipe) recipe = hth_recipe_decode(encoded, &error);
    g_autoptr(GArray) needs = hth_recipe_fetch_list(recipe);
    guint64 fetched[2] = { 0 };
    for (guint i = 0; i < needs->len; i++) {
        const HthNeed *need = &g_array_index(needs, HthNeed, i);
        fetched[need->kind] += need->length;
    }
    g_autoptr(HthDigester) digester = hth_digester_new();
    Making making = { .new = &new, .digester = digester };
    HthDigest digest;
    const gboolean is_made = hth_recipe_apply(recipe, old.source, fetch, take, &making, &error);
    hth_digester_finish(digester, &digest);
    const gboolean is_equal =
        is_made && hth_digest_equal(&digest, &new.layout->file_digest) &&
        (!hth_recipe_is_in_place(recipe) || is_equal_in_place(recipe, &old, &making));
    printf("recipe=%zu ranges=%" G_GUINT64_FORMAT " pictures=%" G_GUINT64_FORMAT
           " generic=%d in_place=%d same_essence=%d equal=%d\n",
           g_bytes_get_size(encoded), fetched[HTH_NEED_RANGE], fetched[HTH_NEED_PICTURE],
           hth_recipe_is_generic(recipe), hth_recipe_is_in_place(recipe),
           old.layout->has_essence && new.layout->has_essence &&hth_digest_equal(
                                          &old.layout->essence, &new.layout->essence),
           is_equal);
    if (!is_made)
        fprintf(stderr, "%s: %s\n", new_path, error->message);
    return is_equal ? 0 : 1;
}

/* By processor time, so that what else the machine does makes no difference. */
static int show_speed(const char *path)
{
    g_autoptr(GError) error = NULL;
    const clock_t begin = clock();
    guint64 n_bytes = 0;
    guint n = 0;
    while (clock() - begin < CLOCKS_PER_SEC) {
        g_auto(File) file;
        if (!file_open(&file, path, NULL, &error)) {
            fprintf(stderr, "%s: %s\n", path, error->message);
            return 1;
        }
        n_bytes += file.layout->size_bytes;
        n++;
    }
    const double seconds = (double)(clock() - begin) / CLOCKS_PER_SEC;
    printf("%s: %.2f GB/s, %.3f ms a file\n", path, (double)n_bytes / seconds / 1e9,
           seconds / n * 1e3);
    return 0;
}

/* ---- Seeds for fuzzers ---- */

static int fail_seed(const GError *error)
{
    fprintf(stderr, "%s\n", error->message);
    return 1;
}

static int write_layout_seed(const char *path)
{
    g_autoptr(GError) error = NULL;
    g_auto(File) file;
    if (!file_open(&file, path, NULL, &error))
        return fail_seed(error);
    g_autoptr(GBytes) encoded = hth_layout_encode(file.layout);
    gsize size = 0;
    const guint8 *bytes = g_bytes_get_data(encoded, &size);
    HthWireReader reader = HTH_WIRE_READER(bytes, size);
    (void)hth_wire_read_u16(&reader);
    const gsize n = (gsize)hth_wire_read_varint(&reader);
    g_autofree guint8 *body = g_malloc(n);
    if (!hth_unpack(NULL, 0, bytes + reader.position, size - reader.position, body, n, &error))
        return fail_seed(error);
    fwrite(body, 1, n, stdout);
    return 0;
}

static int write_recipe_seed(const char *old_path, const char *new_path)
{
    g_autoptr(GError) error = NULL;
    g_auto(File) old;
    g_auto(File) new = { .fd = -1 };
    g_autoptr(HthRecipe) recipe = NULL;
    if (!file_open(&old, old_path, NULL, &error) ||
        !file_open(&new, new_path, old.layout, &error) ||
        (recipe = hth_recipe_make(old.layout, new.source, new.layout, &error)) == NULL)
        return fail_seed(error);
    g_autoptr(GBytes) encoded = hth_recipe_encode(recipe);
    gsize size = 0;
    const guint8 *bytes = g_bytes_get_data(encoded, &size);
    HthWireReader reader = HTH_WIRE_READER(bytes, size);
    (void)hth_wire_read_u16(&reader);
    const gsize n = (gsize)hth_wire_read_varint(&reader);
    const gsize packed = (gsize)hth_wire_read_varint(&reader);
    g_autofree guint8 *body = g_malloc(n);
    if (!hth_unpack(NULL, 0, bytes + reader.position, packed, body, n, &error))
        return fail_seed(error);
    g_autoptr(GByteArray) seed = g_byte_array_new();
    hth_wire_write_u16(seed, (guint16)MIN(n, G_MAXUINT16));
    g_byte_array_append(seed, body, (guint)MIN(n, G_MAXUINT16));
    const GByteArray *inlined = new.layout->metadata; /* what recipes bring, but for rare ones */
    hth_wire_write_u16(seed, (guint16)MIN(inlined->len, G_MAXUINT16));
    g_byte_array_append(seed, inlined->data, MIN(inlined->len, G_MAXUINT16));
    const gsize n_old = (gsize)old.layout->size_bytes;
    const guint at = seed->len;
    g_byte_array_set_size(seed, (guint)(at + n_old));
    if (!hth_byte_source_read(old.source, 0, seed->data + at, n_old, &error))
        return fail_seed(error);
    fwrite(seed->data, 1, seed->len, stdout);
    return 0;
}

int main(int argc, char **argv)
{
    if (argc == 3 && strcmp(argv[1], "seed-layout") == 0)
        return write_layout_seed(argv[2]);
    if (argc == 4 && strcmp(argv[1], "seed-recipe") == 0)
        return write_recipe_seed(argv[2], argv[3]);
    if (argc == 4 && strcmp(argv[1], "recipe") == 0)
        return show_recipe(argv[2], argv[3]);
    if (argc == 3 && strcmp(argv[1], "speed") == 0)
        return show_speed(argv[2]);
    if (argc < 3 || strcmp(argv[1], "layout") != 0) {
        fprintf(stderr, "usage: %s layout FILE… | recipe OLD NEW | speed FILE\n", argv[0]);
        return 2;
    }
    int status = 0;
    for (int i = 2; i < argc; i++)
        status |= show_layout(argv[i]);
    return status;
}
