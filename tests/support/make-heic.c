/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Writes a HEIC photo of 320 × 200 with a date in its EXIF to the path that it is given. */
#include <fcntl.h>
#include <glib.h>
#include <libheif/heif.h>
#include <string.h>
#include <unistd.h>

#define WIDTH  320
#define HEIGHT 200

static struct heif_error write_to_fd(struct heif_context *context, const void *data, size_t size,
                                     void *user)
{
    const gboolean is_whole = write(*(int *)user, data, size) == (gssize)size;
    return (struct heif_error){ is_whole ? heif_error_Ok : heif_error_Encoding_error, 0, "" };
}

/* Orientation 6 and a date; no place, no camera. */
static const guint8 exif[] = "Exif\0\0MM\0*\0\0\0\x08\0\2"
                             "\1\x12\0\3\0\0\0\1\0\6\0\0"
                             "\1\x32\0\2\0\0\0\x14\0\0\0\x26"
                             "\0\0\0\0"
                             "2019:07:14 18:30:05";

static int make_heic(const char *path)
{
    struct heif_context *context = heif_context_alloc();
    struct heif_encoder *encoder = NULL;
    if (heif_context_get_encoder_for_format(context, heif_compression_HEVC, &encoder).code != 0) {
        heif_context_free(context);
        return 77; /* this libheif has no encoder */
    }
    struct heif_image *image = NULL;
    heif_image_create(WIDTH, HEIGHT, heif_colorspace_RGB, heif_chroma_interleaved_RGB, &image);
    heif_image_add_plane(image, heif_channel_interleaved, WIDTH, HEIGHT, 8);
    int stride = 0;
    guint8 *plane = heif_image_get_plane(image, heif_channel_interleaved, &stride);
    memset(plane, 128, (gsize)stride * HEIGHT);
    struct heif_image_handle *handle = NULL;
    g_assert_cmpint(heif_context_encode_image(context, image, encoder, NULL, &handle).code, ==, 0);
    g_assert_cmpint(heif_context_add_exif_metadata(context, handle, exif, sizeof exif).code, ==, 0);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);
    struct heif_writer writer = { .writer_api_version = 1, .write = write_to_fd };
    g_assert_cmpint(heif_context_write(context, &writer, &fd).code, ==, 0);
    heif_image_handle_release(handle);
    heif_image_release(image);
    heif_encoder_release(encoder);
    heif_context_free(context);
    return close(fd);
}

int main(int argc, char **argv)
{
    /* Not exit(): libheif's encoder keeps memory that a leak checker would name. */
    _exit(argc == 2 ? make_heic(argv[1]) : 1);
}
