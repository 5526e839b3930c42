/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rendition-fixture.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"

#define WAIT_S 60

HthMediaFormat rendition_format_of(const char *name)
{
    static const struct {
        const char *end;
        HthMediaFormat format;
    } formats[] = {
        { ".flac", HTH_FORMAT_FLAC }, { ".mp3", HTH_FORMAT_MP3 },   { ".ogg", HTH_FORMAT_OGG },
        { ".opus", HTH_FORMAT_OGG },  { ".m4a", HTH_FORMAT_MP4 },   { ".mp4", HTH_FORMAT_MP4 },
        { ".wav", HTH_FORMAT_WAV },   { ".aiff", HTH_FORMAT_AIFF }, { ".mkv", HTH_FORMAT_MATROSKA },
        { ".webm", HTH_FORMAT_WEBM }, { ".avi", HTH_FORMAT_AVI },   { ".ts", HTH_FORMAT_MPEG_TS },
        { ".wma", HTH_FORMAT_ASF },   { ".aac", HTH_FORMAT_AAC },   { ".jpg", HTH_FORMAT_JPEG },
        { ".png", HTH_FORMAT_PNG },
    };
    for (guint i = 0; i < G_N_ELEMENTS(formats); i++) {
        if (g_str_has_suffix(name, formats[i].end))
            return formats[i].format;
    }
    return HTH_FORMAT_UNKNOWN;
}

int rendition_open_item(const char *item, HthMediaFormat *out_format, guint64 *out_revision,
                        gpointer data, GError **error)
{
    const RenditionFixture *fixture = data;
    g_autofree char *path = g_build_filename(fixture->files, item, NULL);
    *out_format = rendition_format_of(item);
    const int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        g_set_error(error, HTH_ERROR, HTH_ERROR_NOT_FOUND, "no %s", item);
    return fd;
}

static void on_done(const char *item, const char *profile, const GError *error, gpointer data)
{
    ((RenditionFixture *)data)->n_done++;
}

void rendition_start(RenditionFixture *fixture, const char *program, guint stall_ms)
{
    g_autoptr(GError) error = NULL;
    const HthRenditionsOptions options = {
        .program = program != NULL ? program : g_getenv("HEARTH_CONVERT"),
        .state_dir = fixture->dir,
        .cache_dir = fixture->dir,
        .n_running = 2,
        .stall_ms = stall_ms,
        .open = rendition_open_item,
        .done = on_done,
        .data = fixture,
    };
    fixture->renditions = hth_renditions_new(&options, &error);
    g_assert_no_error(error);
}

void rendition_set_up(RenditionFixture *fixture, gconstpointer data)
{
    fixture->dir = g_dir_make_tmp("hearth-rendition-XXXXXX", NULL);
    fixture->files = g_build_filename(fixture->dir, "files", NULL);
    g_assert_cmpint(g_mkdir(fixture->files, 0700), ==, 0);
}

void rendition_tear_down(RenditionFixture *fixture, gconstpointer data)
{
    hth_renditions_free(fixture->renditions);
    while (g_main_context_iteration(NULL, FALSE))
        ;
    const char *const argv[] = { "rm", "-rf", fixture->dir, NULL };
    g_assert_true(g_spawn_sync(NULL, (char **)argv, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL,
                               NULL, NULL, NULL));
    g_clear_pointer(&fixture->head, g_bytes_unref);
    g_clear_error(&fixture->head_error);
    g_free(fixture->files);
    g_free(fixture->dir);
}

/* Runs a command line in the folder of files; the test ends when it fails. */
void rendition_shell(RenditionFixture *fixture, const char *line)
{
    const char *const argv[] = { "sh", "-c", line, NULL };
    g_autoptr(GError) error = NULL;
    g_autofree char *said = NULL;
    int status = 0;
    g_assert_true(g_spawn_sync(fixture->files, (char **)argv, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL,
                               NULL, &said, &status, &error));
    if (status != 0)
        g_error("%s: %s", line, said);
}

void rendition_essence(const char *name, HthDigest *out)
{
    hth_digest_of(name, strlen(name), out);
}

gboolean rendition_request(RenditionFixture *fixture, const char *item, const char *profile,
                           const char *essence, gboolean is_lookup, HthRendition *out,
                           GError **error)
{
    HthDigest digest;
    if (essence != NULL)
        rendition_essence(essence, &digest);
    const HthRenditionWish wish = {
        .item_id = item,
        .profile = profile,
        .essence = essence != NULL ? &digest : NULL,
        .is_lookup = is_lookup,
        .is_urgent = !is_lookup,
    };
    return hth_renditions_request(fixture->renditions, &wish, out, error);
}

/* Asks until it is there or has failed. */
void rendition_obtain(RenditionFixture *fixture, const char *item, const char *profile,
                      const char *essence, HthRendition *out)
{
    const gint64 until = g_get_monotonic_time() + WAIT_S * G_USEC_PER_SEC;
    for (;;) {
        g_autoptr(GError) error = NULL;
        const gboolean is_answered =
            rendition_request(fixture, item, profile, essence, FALSE, out, &error);
        g_assert_no_error(error);
        g_assert_true(is_answered);
        if (out->state == HTH_RENDITION_READY || out->state == HTH_RENDITION_FAILED)
            return;
        hth_rendition_clear(out);
        g_assert_cmpint(g_get_monotonic_time(), <, until);
        g_main_context_iteration(NULL, FALSE);
        g_usleep(5000);
    }
}

GBytes *rendition_read(int fd)
{
    struct stat status;
    g_assert_cmpint(fstat(fd, &status), ==, 0);
    guint8 *bytes = g_malloc((gsize)status.st_size);
    g_assert_cmpint(pread(fd, bytes, (gsize)status.st_size, 0), ==, status.st_size);
    return g_bytes_new_take(bytes, (gsize)status.st_size);
}
