/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "wrap.h"

#include <errno.h>
#include <unistd.h>

#include "base/error.h"
#include "media/convert-protocol.h"
#include "ogg-page.h"

#define COPY_BYTES (256 * 1024)
/* Room for later tags: at least so much, and up to as much again, for heads end at a multiple. */
#define ROOM_BYTES (8 * 1024)
/* A wish that would leave more room than this is no longer followed: a large cover has gone. */
#define ROOM_MAX (256 * 1024)

typedef gboolean (*Wrap)(const HthWrapInput *, HthWrapPlan *, GError **);

static const Wrap wraps[] = {
    [HTH_RENDITION_OPUS] = hth_wrap_ogg,  [HTH_RENDITION_AAC] = hth_wrap_mp4,
    [HTH_RENDITION_MP3] = hth_wrap_mp3,   [HTH_RENDITION_H264] = hth_wrap_mp4,
    [HTH_RENDITION_JPEG] = hth_wrap_jpeg,
};
G_STATIC_ASSERT(G_N_ELEMENTS(wraps) == HTH_N_RENDITION_CODECS);

void hth_wrap_plan_clear(HthWrapPlan *plan)
{
    g_clear_pointer(&plan->head, g_byte_array_unref);
}

gint64 hth_wrap_head_size(const HthWrapInput *input, gint64 content_bytes)
{
    const gint64 room_max = input->room_max != 0 ? input->room_max : ROOM_MAX;
    if (input->head_bytes >= content_bytes && input->head_bytes - content_bytes <= room_max)
        return input->head_bytes;
    return (content_bytes + 2 * ROOM_BYTES - 1) / ROOM_BYTES * ROOM_BYTES;
}

gboolean hth_wrap_read(const HthWrapInput *input, gint64 offset, void *to, gsize n)
{
    guint8 *at = to;
    while (n > 0) {
        const gssize got = pread(input->fd, at, n, (off_t)offset);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return FALSE;
        at += got;
        offset += got;
        n -= (gsize)got;
    }
    return TRUE;
}

gboolean hth_wrap_fail(GError **error, const char *what)
{
    g_set_error_literal(error, HTH_ERROR, HTH_ERROR_CORRUPT, what);
    return FALSE;
}

gboolean hth_wrap_plan(HthRenditionCodec codec, const HthWrapInput *input, HthWrapPlan *out,
                       GError **error)
{
    *out = (HthWrapPlan){ .head = g_byte_array_new() };
    if (!wraps[codec](input, out, error))
        return FALSE;
    if (out->head->len <= HTH_CONVERT_HEAD_MAX)
        return TRUE;
    g_set_error(error, HTH_ERROR, HTH_ERROR_TOO_LARGE, "the head is too large");
    return FALSE;
}

/* ---- Writing ---- */

typedef struct {
    int fd;
    gint64 size_bytes;
    HthDigester *whole;
    HthDigester *payload;
} Writer;

static gboolean put(Writer *self, gboolean is_payload, const guint8 *bytes, gsize n, GError **error)
{
    hth_digester_add(self->whole, bytes, n);
    if (is_payload)
        hth_digester_add(self->payload, bytes, n);
    while (n > 0) {
        const gssize done = write(self->fd, bytes, n);
        if (done < 0 && errno == EINTR)
            continue;
        if (done <= 0) {
            const int number = errno;
            g_set_error(error, HTH_ERROR, HTH_ERROR_FAILED, "writing: %s", g_strerror(number));
            return FALSE;
        }
        bytes += done;
        n -= (gsize)done;
        self->size_bytes += done;
    }
    return TRUE;
}

static gboolean put_plain(Writer *self, const HthWrapInput *input, const HthWrapPlan *plan,
                          guint8 *buffer, GError **error)
{
    gint64 at = plan->payload_offset;
    const gint64 end = at + plan->payload_bytes;
    while (at < end) {
        const gsize n = (gsize)MIN(end - at, COPY_BYTES);
        if (!hth_wrap_read(input, at, buffer, n))
            return hth_wrap_fail(error, "the payload ends early");
        if (!put(self, TRUE, buffer, n, error))
            return FALSE;
        at += (gint64)n;
    }
    return TRUE;
}

/* Page for page, each with its new number; @buffer holds more than one. */
static gboolean put_pages(Writer *self, const HthWrapInput *input, const HthWrapPlan *plan,
                          guint8 *buffer, GError **error)
{
    gint64 at = plan->payload_offset;
    const gint64 end = at + plan->payload_bytes;
    guint32 shift = plan->first_page - plan->old_first_page;
    while (at < end) {
        const gsize n = hth_ogg_page_read(input, at, buffer);
        if (n == 0 || at + (gint64)n > end)
            return hth_wrap_fail(error, "an Ogg page is broken");
        hth_ogg_page_set(buffer, n, plan->serial, hth_ogg_page_number(buffer) + shift);
        if (!put(self, TRUE, buffer, n, error))
            return FALSE;
        at += (gint64)n;
    }
    return TRUE;
}

gboolean hth_wrap_write(const HthWrapInput *input, const HthWrapPlan *plan, int fd, HthWrapped *out,
                        GError **error)
{
    g_autoptr(HthDigester) whole = hth_digester_new();
    g_autoptr(HthDigester) payload = hth_digester_new();
    Writer writer = { .fd = fd, .whole = whole, .payload = payload };
    g_autofree guint8 *buffer = g_malloc(COPY_BYTES);
    gboolean is_written = put(&writer, FALSE, plan->head->data, plan->head->len, error) &&
                          (plan->has_pages ? put_pages(&writer, input, plan, buffer, error)
                                           : put_plain(&writer, input, plan, buffer, error));
    hth_digester_finish(whole, &out->hash);
    hth_digester_finish(payload, &out->payload_hash);
    out->size_bytes = writer.size_bytes;
    if (is_written && fsync(fd) != 0) {
        g_set_error(error, HTH_ERROR, HTH_ERROR_FAILED, "writing: %s", g_strerror(errno));
        is_written = FALSE;
    }
    return is_written;
}
