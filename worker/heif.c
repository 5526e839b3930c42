/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "photo.h"

#include "base/error.h"

#ifdef HAVE_HEIF
#include <libheif/heif.h>

#include "exif.h"

#define FILE_BYTES_MAX (64 * 1024 * 1024)
#define EXIF_BYTES_MAX (1024 * 1024)

typedef struct {
    GByteArray *file;
    struct heif_context *context;
    struct heif_image_handle *handle;
} Heif;

static void heif_clear(Heif *self)
{
    if (self->handle != NULL)
        heif_image_handle_release(self->handle);
    if (self->context != NULL)
        heif_context_free(self->context);
    if (self->file != NULL)
        g_byte_array_unref(self->file);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Heif, heif_clear)

static gboolean fail(GError **error, struct heif_error why)
{
    g_set_error(error, HTH_ERROR, HTH_ERROR_CORRUPT, "libheif: %s", why.message);
    return FALSE;
}

static gboolean heif_open(Heif *self, HthSource *source, GError **error)
{
    self->file = hth_source_read_block(source, 0, FILE_BYTES_MAX);
    self->context = heif_context_alloc();
    heif_context_set_max_decoding_threads(self->context, 0);
    struct heif_error why = heif_context_read_from_memory_without_copy(
        self->context, self->file->data, self->file->len, NULL);
    if (why.code == heif_error_Ok)
        why = heif_context_get_primary_image_handle(self->context, &self->handle);
    return why.code == heif_error_Ok || fail(error, why);
}

/* Four bytes that say where in the block the TIFF header is, then the block. */
static void read_exif(HthMediaInfo *info, const struct heif_image_handle *handle)
{
    heif_item_id id;
    if (heif_image_handle_get_list_of_metadata_block_IDs(handle, "Exif", &id, 1) != 1)
        return;
    const gsize size = heif_image_handle_get_metadata_size(handle, id);
    if (size < 4 || size > EXIF_BYTES_MAX)
        return;
    g_autofree guint8 *bytes = g_malloc(size);
    if (heif_image_handle_get_metadata(handle, id, bytes).code != heif_error_Ok)
        return;
    const gsize skipped =
        (gsize)bytes[0] << 24 | (gsize)bytes[1] << 16 | (gsize)bytes[2] << 8 | bytes[3];
    if (skipped <= size - 4)
        (void)hth_exif_read_bytes(info, bytes + 4 + skipped, size - 4 - skipped);
}

gboolean hth_heif_read(HthProbe *probe, GError **error)
{
    g_auto(Heif) self = { 0 };
    if (!heif_open(&self, probe->source, error))
        return FALSE;
    read_exif(probe->info, self.handle);
    /* HEIF turns the picture by properties of its own, and its EXIF orientation is to be ignored.
     */
    probe->info->orientation = 0;
    probe->info->width = (guint32)MAX(heif_image_handle_get_width(self.handle), 0);
    probe->info->height = (guint32)MAX(heif_image_handle_get_height(self.handle), 0);
    return TRUE;
}

gboolean hth_heif_decode(HthSource *source, GByteArray *out_rgb, guint *out_width,
                         guint *out_height, GError **error)
{
    g_auto(Heif) self = { 0 };
    if (!heif_open(&self, source, error))
        return FALSE;
    struct heif_image *image = NULL;
    const struct heif_error why = heif_decode_image(self.handle, &image, heif_colorspace_RGB,
                                                    heif_chroma_interleaved_RGB, NULL);
    if (why.code != heif_error_Ok)
        return fail(error, why);
    int stride = 0;
    const guint8 *plane = heif_image_get_plane_readonly(image, heif_channel_interleaved, &stride);
    *out_width = (guint)MAX(heif_image_get_width(image, heif_channel_interleaved), 0);
    *out_height = (guint)MAX(heif_image_get_height(image, heif_channel_interleaved), 0);
    for (guint y = 0; plane != NULL && y < *out_height; y++)
        g_byte_array_append(out_rgb, plane + (gsize)y * (gsize)stride, *out_width * 3);
    heif_image_release(image);
    return plane != NULL ||
           fail(error, (struct heif_error){ heif_error_Decoder_plugin_error, 0, "no pixels" });
}

#else

static gboolean fail_unsupported(GError **error)
{
    g_set_error(error, HTH_ERROR, HTH_ERROR_UNSUPPORTED,
                "HEIC photos need a hearth built with libheif");
    return FALSE;
}

gboolean hth_heif_read(HthProbe *probe, GError **error)
{
    return fail_unsupported(error);
}

gboolean hth_heif_decode(HthSource *source, GByteArray *out_rgb, guint *out_width,
                         guint *out_height, GError **error)
{
    return fail_unsupported(error);
}

#endif
