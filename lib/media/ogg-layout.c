/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Ogg: pages of one or several streams, side by side (multiplexed) or one behind the other
 * (chained). Pages with header packets are metadata; those behind them are runs, known by their
 * packets; what is no sound page is kept as it is.
 *
 * The file is gone through once, and fed to the builder on the way.
 */
#include <string.h>

#include "media/layout-builder.h"
#include "media/ogg-headers.h"
#include "media/ogg-table.h"

/* Of all chains of a file, those that have not ended. */
#define STREAMS_MAX 64
/* Each look at something that only begins like a page may cost a checksum. */
#define FALSE_PAGES_MAX 4096

/* A stream in the run in hand. */
typedef struct {
    HthDigester *bytes;
    HthDigester *lengths; /* lacing values: they are the packets' lengths, however cut */
    gboolean is_in_packet;
} Packets;

typedef struct {
    HthLayoutBuilder *builder;
    HthOggSum *sum;
    HthOggReader *reader;
    GPtrArray *headers; /* (element HthOggHeaders) streams by serial */
    guint n_false_pages;

    /* Pages with headers since the last region: their regions are added when they end. */
    GArray *pictures;

    /* The run in hand; NULL: none. */
    HthOggTable *table;
    guint64 run_begin;
    HthOggRun run;
    Packets packets[HTH_OGG_STREAMS_MAX];
} Scan;

static void scan_clear(Scan *self)
{
    for (guint i = 0; i < HTH_OGG_STREAMS_MAX; i++) {
        g_clear_pointer(&self->packets[i].bytes, hth_digester_free);
        g_clear_pointer(&self->packets[i].lengths, hth_digester_free);
    }
    g_clear_pointer(&self->table, hth_ogg_table_free);
    g_clear_pointer(&self->sum, hth_ogg_sum_free);
    g_clear_pointer(&self->reader, hth_ogg_reader_free);
    g_clear_pointer(&self->headers, g_ptr_array_unref);
    g_clear_pointer(&self->pictures, g_array_unref);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Scan, scan_clear)

/* ---- Regions ---- */

static gint compare_pictures(gconstpointer a, gconstpointer b)
{
    const guint64 left = ((const HthOggPicture *)a)->offset;
    const guint64 right = ((const HthOggPicture *)b)->offset;
    return (left > right) - (left < right);
}

/* Adds what pages with headers there are before @end. */
static void end_headers(Scan *self, guint64 end)
{
    HthLayoutBuilder *builder = self->builder;
    g_array_sort(self->pictures, compare_pictures);
    for (guint i = 0; i < self->pictures->len; i++) {
        const HthOggPicture *picture = &g_array_index(self->pictures, HthOggPicture, i);
        const guint64 at = hth_layout_builder_position(builder);
        if (picture->offset < at || picture->offset + picture->length > end)
            continue;
        hth_layout_builder_add_metadata(builder, picture->offset - at);
        hth_layout_builder_add_picture_part(builder, picture->length, &picture->part);
    }
    g_array_set_size(self->pictures, 0);
    hth_layout_builder_add_metadata(builder, end - hth_layout_builder_position(builder));
}

/* Adds the run in hand, which ends at @end. */
static void end_run(Scan *self, guint64 end)
{
    if (self->table == NULL)
        return;
    g_autoptr(HthDigester) digester = hth_digester_new();
    for (guint i = 0; i < self->run.n_streams; i++) {
        HthDigest digest;
        hth_digester_finish(self->packets[i].bytes, &digest);
        hth_digester_add(digester, digest.bytes, sizeof digest.bytes);
        hth_digester_finish(self->packets[i].lengths, &digest);
        hth_digester_add(digester, digest.bytes, sizeof digest.bytes);
    }
    HthDigest packets_digest;
    hth_digester_finish(digester, &packets_digest);
    hth_ogg_table_digest(self->table, &self->run.pages_digest);
    g_clear_pointer(&self->table, hth_ogg_table_free);
    hth_layout_builder_add_ogg_pages(self->builder, end - self->run_begin, &packets_digest,
                                     &self->run);
    hth_layout_builder_add_essence(self->builder, packets_digest.bytes,
                                   sizeof packets_digest.bytes);
}

/* Whatever is in hand ends at @end. */
static void end_all(Scan *self, guint64 end)
{
    if (self->table != NULL)
        end_run(self, end);
    else
        end_headers(self, end);
}

/* ---- Pages ---- */

/* The headers of the page's stream; new ones where a stream begins. NULL: too many streams. */
static HthOggHeaders *find_headers(Scan *self, const HthOggPage *page)
{
    HthOggHeaders *headers = NULL;
    guint i = 0;
    for (; i < self->headers->len && headers == NULL; i++) {
        if (hth_ogg_headers_serial(self->headers->pdata[i]) == page->serial)
            headers = self->headers->pdata[i];
    }
    if (headers != NULL && (page->flags & HTH_OGG_BEGINS) == 0)
        return headers;
    if (headers != NULL)
        g_ptr_array_remove_index(self->headers, i - 1);
    else if (self->headers->len == STREAMS_MAX)
        g_ptr_array_remove_index(self->headers, 0); /* an old chain's */
    headers = hth_ogg_headers_new(page->serial);
    g_ptr_array_add(self->headers, headers);
    return headers;
}

static gint find_run_stream(Scan *self, const HthOggPage *page, const HthOggHeaders *headers)
{
    const gint found = hth_ogg_table_find_stream(self->table, page->serial);
    if (found >= 0)
        return found;
    const HthOggStream stream = {
        .serial = page->serial,
        .first_sequence = page->sequence,
        .timing = *hth_ogg_headers_timing(headers),
    };
    if (!hth_ogg_table_add_stream(self->table, &stream))
        return -1;
    const guint i = self->run.n_streams++;
    self->run.streams[i] = stream;
    if (self->packets[i].bytes == NULL) {
        self->packets[i].bytes = hth_digester_new();
        self->packets[i].lengths = hth_digester_new();
    }
    self->packets[i].is_in_packet = FALSE;
    return (gint)i;
}

/* But for empty packets, which come and go. */
static void add_packets(Packets *self, const HthOggPage *page, const guint8 *body)
{
    guint8 lacing[HTH_OGG_SEGMENTS_MAX];
    guint n = 0;
    for (guint i = 0; i < page->n_segments; i++) {
        if (self->is_in_packet || page->lacing[i] != 0)
            lacing[n++] = page->lacing[i];
        self->is_in_packet = page->lacing[i] == 255;
    }
    hth_digester_add(self->lengths, lacing, n);
    hth_digester_add(self->bytes, body, page->body_bytes);
}

static void add_to_run(Scan *self, guint64 at, const HthOggPage *page, const guint8 *body,
                       const HthOggHeaders *headers)
{
    if (self->table != NULL && hth_ogg_table_n_pages(self->table) == HTH_OGG_PAGES_MAX)
        end_run(self, at);
    if (self->table == NULL) {
        end_headers(self, at);
        self->table = hth_ogg_table_new();
        self->run_begin = at;
        self->run = (HthOggRun){ 0 };
    }
    gint stream = find_run_stream(self, page, headers);
    if (stream < 0) {
        end_run(self, at);
        add_to_run(self, at, page, body, headers);
        return;
    }
    add_packets(&self->packets[stream], page, body);
    hth_ogg_table_add_page(self->table, (guint)stream, page, body);
}

static void take_page(Scan *self, guint64 at, const HthOggPage *page, const guint8 *bytes)
{
    HthOggHeaders *headers = find_headers(self, page);
    const guint8 *body = bytes + page->head_bytes;
    hth_layout_builder_feed(self->builder, bytes, page->head_bytes + page->body_bytes);
    if (!hth_ogg_headers_want(headers, page, body)) {
        add_to_run(self, at, page, body, headers);
        return;
    }
    end_run(self, at);
    hth_ogg_headers_add_page(headers, page, at + page->head_bytes, body, self->builder,
                             self->pictures);
}

/* ---- What is no page ---- */

static gboolean is_sound_page(Scan *self, const guint8 *bytes, gsize n, HthOggPage *out_page)
{
    if (!hth_ogg_page_parse(bytes, n, out_page) || out_page->body_bytes > n - out_page->head_bytes)
        return FALSE;
    if (hth_ogg_page_is_sound(self->sum, bytes, out_page))
        return TRUE;
    self->n_false_pages++;
    return FALSE;
}

/* From @at, where no page begins, to where one does. Returns: FALSE at an error. */
static gboolean skip_rubbish(Scan *self, guint64 at)
{
    const guint64 begin = at;
    const guint64 size = hth_layout_builder_size(self->builder);
    gsize n = 0;
    HthOggPage page;
    end_all(self, begin);
    while (at < size) {
        const guint8 *bytes = hth_ogg_reader_look(self->reader, at, &n, NULL);
        if (bytes == NULL || self->n_false_pages > FALSE_PAGES_MAX)
            return FALSE;
        if (at > begin && is_sound_page(self, bytes, n, &page))
            break;
        const guint8 *next = n > 1 ? memmem(bytes + 1, n - 1, "OggS", 4) : NULL;
        gsize skip = next != NULL ? (gsize)(next - bytes) : n > 4 ? n - 3 : n;
        hth_layout_builder_feed(self->builder, bytes, skip);
        at += skip;
    }
    hth_layout_builder_add_payload(self->builder, at - begin, TRUE);
    return TRUE;
}

gboolean hth_ogg_layout(HthLayoutBuilder *builder)
{
    const guint64 size = hth_layout_builder_size(builder);
    g_auto(Scan) scan = {
        .builder = builder,
        .sum = hth_ogg_sum_new(),
        .reader = hth_ogg_reader_new(hth_layout_builder_source(builder), 0, size),
        .headers = g_ptr_array_new_with_free_func((GDestroyNotify)hth_ogg_headers_free),
        .pictures = g_array_new(FALSE, FALSE, sizeof(HthOggPicture)),
    };
    gsize n = 0;
    for (guint64 at = 0; at < size;) {
        HthOggPage page;
        const guint8 *bytes = hth_ogg_reader_look(scan.reader, at, &n, NULL);
        if (bytes == NULL || hth_layout_builder_is_cancelled(builder))
            return FALSE;
        if (is_sound_page(&scan, bytes, n, &page)) {
            take_page(&scan, at, &page, bytes);
            at += page.head_bytes + page.body_bytes;
            continue;
        }
        if (at == 0 || !skip_rubbish(&scan, at))
            return FALSE;
        at = hth_layout_builder_position(builder);
    }
    end_all(&scan, size);
    return TRUE;
}
