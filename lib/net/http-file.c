/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Files: conditions (RFC 9110, section 13), then ranges (section 14), then sendfile(2) or, for
 * several ranges, a reader that puts the parts together as they go out. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "net/http-date.h"
#include "net/http-range.h"
#include "net/http-request.h"

#define SMALL_BYTES (64 * 1024)

/* ---- Conditions ---- */

/* Whether the list of entity tags has @etag; weak tags count as well (RFC 9110, section 8.8.3.2).
 */
static gboolean list_has_etag(const char *list, const char *etag)
{
    if (g_str_has_prefix(etag, "W/"))
        etag += 2;
    const gsize length = strlen(etag);
    for (const char *text = list; *text != '\0';) {
        text += strspn(text, " \t,");
        if (*text == '*')
            return TRUE;
        if (g_str_has_prefix(text, "W/"))
            text += 2;
        if (*text != '"')
            return FALSE;
        const char *end = strchr(text + 1, '"');
        if (end == NULL)
            return FALSE;
        if ((gsize)(end + 1 - text) == length && strncmp(text, etag, length) == 0)
            return TRUE;
        text = end + 1;
    }
    return FALSE;
}

static gboolean is_not_modified(HthHttpRequest *request, const HthHttpFile *file)
{
    const char *tags = hth_http_request_header(request, "If-None-Match");
    if (tags != NULL)
        return file->etag != NULL ? list_has_etag(tags, file->etag) : FALSE;
    const char *since = hth_http_request_header(request, "If-Modified-Since");
    gint64 since_unix_s = 0;
    return since != NULL && file->mtime_unix_s != 0 && hth_http_date_parse(since, &since_unix_s) &&
           file->mtime_unix_s <= since_unix_s;
}

/* RFC 9110, section 13.1.5: only a strong match, or the very date that was sent. */
static gboolean is_range_current(HthHttpRequest *request, const HthHttpFile *file)
{
    const char *validator = hth_http_request_header(request, "If-Range");
    if (validator == NULL)
        return TRUE;
    if (*validator == '"')
        return file->etag != NULL && strcmp(validator, file->etag) == 0;
    gint64 unix_s = 0;
    return file->mtime_unix_s != 0 && hth_http_date_parse(validator, &unix_s) &&
           unix_s == file->mtime_unix_s;
}

/* ---- Several ranges ---- */

typedef struct {
    char *head; /* what goes ahead of the bytes: the delimiter and the part's headers */
    gint64 first_byte;
    gint64 n_bytes;
} Part;

typedef struct {
    int fd;
    guint n_parts; /* the last has no bytes: it is the closing delimiter */
    Part parts[HTH_HTTP_MAX_RANGES + 1];
} Multipart;

static void multipart_free(gpointer data)
{
    Multipart *self = data;
    for (guint i = 0; i < self->n_parts; i++)
        g_free(self->parts[i].head);
    close(self->fd);
    g_free(self);
}

static gint64 part_size(const Part *part)
{
    return (gint64)strlen(part->head) + part->n_bytes;
}

/* Reads from one part, from @offset in it. */
static gssize read_part(const Multipart *self, const Part *part, gint64 offset, char *buffer,
                        gsize max_bytes)
{
    const gint64 head_bytes = (gint64)strlen(part->head);
    if (offset < head_bytes) {
        const gsize n_bytes = MIN((gsize)(head_bytes - offset), max_bytes);
        memcpy(buffer, part->head + offset, n_bytes);
        return (gssize)n_bytes;
    }
    offset -= head_bytes;
    const gsize n_bytes = MIN((gsize)(part->n_bytes - offset), max_bytes);
    gssize n_read;
    do
        n_read = pread(self->fd, buffer, n_bytes, part->first_byte + offset);
    while (n_read < 0 && errno == EINTR);
    return n_read > 0 ? n_read : HTH_HTTP_READ_FAILED;
}

static gssize read_multipart(gpointer data, guint64 position, char *buffer, gsize max_bytes)
{
    const Multipart *self = data;
    gint64 offset = (gint64)position;
    for (guint i = 0; i < self->n_parts; i++) {
        const Part *part = &self->parts[i];
        if (offset < part_size(part))
            return read_part(self, part, offset, buffer, max_bytes);
        offset -= part_size(part);
    }
    return HTH_HTTP_READ_END;
}

static void respond_parts(HthHttpRequest *request, const HthHttpFile *file,
                          const HthHttpRanges *ranges)
{
    g_autofree char *boundary =
        g_strdup_printf("%08x%08x%08x", g_random_int(), g_random_int(), g_random_int());
    Multipart *multipart = g_new0(Multipart, 1);
    multipart->fd = file->fd;
    gint64 total_bytes = 0;
    for (guint i = 0; i < ranges->n_ranges; i++) {
        const HthHttpRange *range = &ranges->ranges[i];
        Part *part = &multipart->parts[multipart->n_parts++];
        *part = (Part){ .first_byte = range->first_byte, .n_bytes = range->n_bytes };
        part->head =
            g_strdup_printf("%s--%s\r\nContent-Type: %s\r\nContent-Range: bytes %" G_GINT64_FORMAT
                            "-%" G_GINT64_FORMAT "/%" G_GINT64_FORMAT "\r\n\r\n",
                            i > 0 ? "\r\n" : "", boundary, file->content_type, range->first_byte,
                            range->first_byte + range->n_bytes - 1, file->size_bytes);
        total_bytes += part_size(part);
    }
    Part *last = &multipart->parts[multipart->n_parts++];
    last->head = g_strdup_printf("\r\n--%s--\r\n", boundary);
    total_bytes += part_size(last);

    g_autofree char *type = g_strconcat("multipart/byteranges; boundary=", boundary, NULL);
    HthHttpAnswer *answer = hth_http_answer_new_reader(total_bytes, HTH_HTTP_BLOCK_BYTES,
                                                       read_multipart, multipart, multipart_free);
    hth_http_request_set_header(request, "Content-Type", type);
    hth_http_request_send(request, 206, answer, (guint64)total_bytes);
}

/* ---- The answer ---- */

static void add_content_range(HthHttpAnswer *answer, const HthHttpRange *range, gint64 size_bytes)
{
    g_autofree char *value =
        range != NULL
            ? g_strdup_printf("bytes %" G_GINT64_FORMAT "-%" G_GINT64_FORMAT "/%" G_GINT64_FORMAT,
                              range->first_byte, range->first_byte + range->n_bytes - 1, size_bytes)
            : g_strdup_printf("bytes */%" G_GINT64_FORMAT, size_bytes);
    hth_http_answer_add_header(answer, "Content-Range", value);
}

/* A few bytes leave together with the head in one call, which wakes the reader once: cheaper than
 * sendfile(2) after a head of its own. NULL: a large range, or one that cannot be read whole. */
static HthHttpAnswer *read_small(const HthHttpFile *file, gint64 first_byte, gint64 n_bytes)
{
    if (n_bytes > SMALL_BYTES)
        return NULL;
    char *buffer = g_malloc((gsize)n_bytes);
    gssize n_read;
    do
        n_read = pread(file->fd, buffer, (gsize)n_bytes, first_byte);
    while (n_read < 0 && errno == EINTR);
    if (n_read != n_bytes) {
        g_free(buffer);
        return NULL;
    }
    close(file->fd);
    return hth_http_answer_new_take(buffer, (gsize)n_bytes);
}

static void respond_bytes(HthHttpRequest *request, const HthHttpFile *file,
                          const HthHttpRange *range)
{
    const gint64 n_bytes = range != NULL ? range->n_bytes : file->size_bytes;
    const gint64 first_byte = range != NULL ? range->first_byte : 0;
    HthHttpAnswer *answer =
        hth_http_request_is_head(request) ? NULL : read_small(file, first_byte, n_bytes);
    if (answer == NULL)
        answer = hth_http_answer_new_file(file->fd, first_byte, n_bytes);
    if (range != NULL)
        add_content_range(answer, range, file->size_bytes);
    hth_http_request_default_header(request, "Content-Type", file->content_type);
    hth_http_request_send(request, range != NULL ? 206 : 200, answer, (guint64)n_bytes);
}

static void respond_unsatisfiable(HthHttpRequest *request, const HthHttpFile *file)
{
    close(file->fd);
    HthHttpAnswer *answer = hth_http_answer_new_take(NULL, 0);
    add_content_range(answer, NULL, file->size_bytes);
    hth_http_request_send(request, 416, answer, 0);
}

static void add_validators(HthHttpRequest *request, const HthHttpFile *file)
{
    hth_http_request_default_header(request, "Accept-Ranges", "bytes");
    hth_http_request_default_header(request, "ETag", file->etag);
    if (file->mtime_unix_s != 0) {
        g_autofree char *date = hth_http_date_format(file->mtime_unix_s);
        hth_http_request_default_header(request, "Last-Modified", date);
    }
}

void hth_http_request_respond_file(HthHttpRequest *self, const HthHttpFile *file)
{
    HthHttpFile copy = *file;
    const char *added_type = hth_http_request_added_header(self, "Content-Type");
    g_autofree char *content_type = g_strdup(added_type != NULL ? added_type : file->content_type);
    copy.content_type = content_type != NULL ? content_type : "application/octet-stream";

    add_validators(self, file);
    if (is_not_modified(self, file)) {
        close(file->fd);
        hth_http_request_send(self, 304, hth_http_answer_new_take(NULL, 0), 0);
        return;
    }
    HthHttpRanges ranges = { 0 };
    HthHttpRangeKind kind = HTH_HTTP_RANGE_WHOLE;
    if (is_range_current(self, file))
        kind =
            hth_http_range_parse(hth_http_request_header(self, "Range"), file->size_bytes, &ranges);
    if (kind == HTH_HTTP_RANGE_UNSATISFIABLE)
        respond_unsatisfiable(self, &copy);
    else if (kind == HTH_HTTP_RANGE_WHOLE)
        respond_bytes(self, &copy, NULL);
    else if (ranges.n_ranges == 1)
        respond_bytes(self, &copy, &ranges.ranges[0]);
    else
        respond_parts(self, &copy, &ranges);
}
