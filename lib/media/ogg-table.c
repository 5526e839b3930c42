/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "media/ogg-table.h"

#include <string.h>

#include "base/error.h"

/* What a table says of a page, a column each: alike bytes together pack well. */
typedef enum {
    COLUMN_STREAM,
    COLUMN_SEGMENTS,
    COLUMN_FLAGS,    /* that differ from the guess */
    COLUMN_SEQUENCE, /* less the guess */
    COLUMN_GRANULE,  /* less the guess */
    COLUMN_EMPTY,    /* not by page: segments before the next packet of no bytes */
    N_COLUMNS,
} Column;

/* A varint of 64 bits is ten bytes. */
#define COLUMN_BYTES_MAX (HTH_OGG_PAGES_MAX * 10)

/* What is known of a stream behind its last page. */
typedef struct {
    HthOggTiming timing;
    guint32 sequence;
    guint64 granule;
    gboolean is_in_packet;
    guint samples;      /* of the packet that is not complete */
    guint last_samples; /* Vorbis: of the block before */
} Clock;

struct HthOggTable {
    guint n_streams;
    HthOggStream streams[HTH_OGG_STREAMS_MAX];
    Clock clocks[HTH_OGG_STREAMS_MAX]; /* while pages are added */
    guint n_pages;
    guint64 n_segments; /* since the last empty packet, while pages are added */
    GByteArray *columns[N_COLUMNS];
};

HthOggTable *hth_ogg_table_new(void)
{
    HthOggTable *self = g_new0(HthOggTable, 1);
    for (guint i = 0; i < N_COLUMNS; i++)
        self->columns[i] = g_byte_array_new();
    return self;
}

void hth_ogg_table_free(HthOggTable *self)
{
    if (self == NULL)
        return;
    for (guint i = 0; i < N_COLUMNS; i++)
        g_byte_array_unref(self->columns[i]);
    g_free(self);
}

/* ---- Guessing ---- */

static void clock_init(Clock *self, const HthOggStream *stream)
{
    *self = (Clock){ .timing = stream->timing, .sequence = stream->first_sequence };
}

static void end_packet(Clock *self)
{
    if (self->timing.codec != HTH_OGG_VORBIS) {
        self->granule += self->samples;
        return;
    }
    /* Half of each block overlaps; the first one only begins. */
    if (self->last_samples != 0)
        self->granule += (self->last_samples + self->samples) / 4;
    self->last_samples = self->samples;
}

/* Goes over a page of @guess' segments, and fills in what the page is likely to say. */
static void clock_guess(Clock *self, HthOggPage *guess, const guint8 *body)
{
    gboolean has_end = FALSE;
    guess->flags = self->is_in_packet ? HTH_OGG_CONTINUED : 0;
    for (guint i = 0; i < guess->n_segments; i++) {
        const guint8 length = guess->lacing[i];
        if (!self->is_in_packet)
            self->samples = hth_ogg_timing_samples(&self->timing, body, length);
        self->is_in_packet = length == 255;
        if (!self->is_in_packet) {
            end_packet(self);
            has_end = TRUE;
        }
        body += length;
    }
    guess->granule = has_end ? self->granule : HTH_OGG_NO_GRANULE;
    guess->sequence = self->sequence;
}

static void clock_set(Clock *self, const HthOggPage *page)
{
    if (page->granule != HTH_OGG_NO_GRANULE)
        self->granule = page->granule;
    self->sequence = page->sequence + 1;
}

/* ---- Making a table ---- */

gboolean hth_ogg_table_add_stream(HthOggTable *self, const HthOggStream *stream)
{
    if (self->n_streams == HTH_OGG_STREAMS_MAX)
        return FALSE;
    clock_init(&self->clocks[self->n_streams], stream);
    self->streams[self->n_streams++] = *stream;
    return TRUE;
}

gint hth_ogg_table_find_stream(const HthOggTable *self, guint32 serial)
{
    for (guint i = 0; i < self->n_streams; i++) {
        if (self->streams[i].serial == serial)
            return (gint)i;
    }
    return -1;
}

/* Encoders end streams with packets of no bytes, and FFmpeg leaves them out when it copies: they
 * are part of how packets are cut, not packets. */
static void note_empty_packets(HthOggTable *self, gboolean is_in_packet, const HthOggPage *page)
{
    for (guint i = 0; i < page->n_segments; i++) {
        if (!is_in_packet && page->lacing[i] == 0) {
            hth_wire_write_varint(self->columns[COLUMN_EMPTY], self->n_segments);
            self->n_segments = 0;
        } else {
            self->n_segments++;
        }
        is_in_packet = page->lacing[i] == 255;
    }
}

void hth_ogg_table_add_page(HthOggTable *self, guint stream, const HthOggPage *page,
                            const guint8 *body)
{
    Clock *clock = &self->clocks[stream];
    HthOggPage guess = *page;
    note_empty_packets(self, clock->is_in_packet, page);
    clock_guess(clock, &guess, body);
    clock_set(clock, page);
    hth_wire_write_u8(self->columns[COLUMN_STREAM], (guint8)stream);
    hth_wire_write_u8(self->columns[COLUMN_SEGMENTS], (guint8)page->n_segments);
    hth_wire_write_u8(self->columns[COLUMN_FLAGS], page->flags ^ guess.flags);
    hth_wire_write_signed(self->columns[COLUMN_SEQUENCE],
                          (gint32)(page->sequence - guess.sequence));
    hth_wire_write_signed(self->columns[COLUMN_GRANULE], (gint64)(page->granule - guess.granule));
    self->n_pages++;
}

guint hth_ogg_table_n_streams(const HthOggTable *self)
{
    return self->n_streams;
}

guint hth_ogg_table_n_pages(const HthOggTable *self)
{
    return self->n_pages;
}

void hth_ogg_table_digest(const HthOggTable *self, HthDigest *out_digest)
{
    g_autoptr(HthDigester) digester = hth_digester_new();
    for (guint i = 0; i < N_COLUMNS; i++)
        hth_digester_add(digester, self->columns[i]->data, self->columns[i]->len);
    hth_digester_finish(digester, out_digest);
}

static gboolean fail(GError **error)
{
    g_set_error(error, HTH_ERROR, HTH_ERROR_CORRUPT, "other Ogg pages than expected");
    return FALSE;
}

HthOggTable *hth_ogg_table_new_for_run(HthByteSource *source, guint64 offset, guint64 length,
                                       const HthOggRun *run, GError **error)
{
    g_autoptr(HthOggTable) self = hth_ogg_table_new();
    for (guint i = 0; i < run->n_streams; i++)
        (void)hth_ogg_table_add_stream(self, &run->streams[i]);
    g_autoptr(HthOggReader) reader = hth_ogg_reader_new(source, offset, offset + length);
    HthOggPage page;
    for (guint64 at = offset; at < offset + length; at += page.head_bytes + page.body_bytes) {
        const guint8 *bytes = hth_ogg_reader_page(reader, at, &page, error);
        if (bytes == NULL)
            return NULL;
        const gint stream = hth_ogg_table_find_stream(self, page.serial);
        if (stream < 0 || self->n_pages == HTH_OGG_PAGES_MAX) {
            (void)fail(error);
            return NULL;
        }
        hth_ogg_table_add_page(self, (guint)stream, &page, bytes + page.head_bytes);
    }
    return g_steal_pointer(&self);
}

/* ---- On the wire ---- */

void hth_ogg_table_write(const HthOggTable *self, GByteArray *to)
{
    hth_wire_write_varint(to, self->n_streams);
    for (guint i = 0; i < self->n_streams; i++) {
        hth_wire_write_u32(to, self->streams[i].serial);
        hth_wire_write_varint(to, self->streams[i].first_sequence);
        hth_ogg_timing_write(&self->streams[i].timing, to);
    }
    hth_wire_write_varint(to, self->n_pages);
    for (guint i = 0; i < N_COLUMNS; i++) {
        hth_wire_write_varint(to, self->columns[i]->len);
        g_byte_array_append(to, self->columns[i]->data, self->columns[i]->len);
    }
}

static gboolean read_columns(HthOggTable *self, HthWireReader *reader)
{
    const guint64 n_pages = hth_wire_read_varint(reader);
    if (n_pages > HTH_OGG_PAGES_MAX)
        return FALSE;
    self->n_pages = (guint)n_pages;
    for (guint i = 0; i < N_COLUMNS; i++) {
        const guint64 n = hth_wire_read_varint(reader);
        if (n > COLUMN_BYTES_MAX)
            return FALSE;
        const guint8 *bytes = hth_wire_read_bytes(reader, (gsize)n);
        if (bytes == NULL)
            return FALSE;
        g_byte_array_append(self->columns[i], bytes, (guint)n);
    }
    return TRUE;
}

HthOggTable *hth_ogg_table_read(HthWireReader *reader)
{
    g_autoptr(HthOggTable) self = hth_ogg_table_new();
    const guint64 n_streams = hth_wire_read_varint(reader);
    if (n_streams > HTH_OGG_STREAMS_MAX)
        return NULL;
    for (guint64 i = 0; i < n_streams; i++) {
        HthOggStream stream = { .serial = hth_wire_read_u32(reader) };
        stream.first_sequence = (guint32)hth_wire_read_varint(reader);
        if (!hth_ogg_timing_read(&stream.timing, reader))
            return NULL;
        (void)hth_ogg_table_add_stream(self, &stream);
    }
    return read_columns(self, reader) ? g_steal_pointer(&self) : NULL;
}

/* ---- Cutting anew ---- */

/* The packets of one stream, segment by segment. */
typedef struct {
    HthOggReader *reader;
    guint32 serial;
    guint64 next; /* where the page after the one in hand begins */
    guint64 end;
    HthOggPage page;
    guint segment; /* the next one of @page */
    gboolean is_in_packet;
    const guint8 *body;
    Clock clock; /* of the new pages */
} Cursor;

static void cursor_clear(Cursor *self)
{
    g_clear_pointer(&self->reader, hth_ogg_reader_free);
}

/* Appends the next segment, but for those of empty packets, to @to and its length to
 * *@out_lacing. */
static gboolean take_segment(Cursor *self, guint8 *to, guint8 *out_lacing, GError **error)
{
    for (;;) {
        while (self->segment == self->page.n_segments) {
            if (self->next >= self->end)
                return fail(error);
            const guint8 *bytes = hth_ogg_reader_page(self->reader, self->next, &self->page, error);
            if (bytes == NULL)
                return FALSE;
            self->next += self->page.head_bytes + self->page.body_bytes;
            self->body = bytes + self->page.head_bytes;
            self->segment = self->page.serial == self->serial ? 0 : self->page.n_segments;
        }
        const guint8 length = self->page.lacing[self->segment++];
        if (length == 0 && !self->is_in_packet)
            continue;
        memcpy(to, self->body, length);
        self->body += length;
        self->is_in_packet = length == 255;
        *out_lacing = length;
        return TRUE;
    }
}

/* A table in use. */
typedef struct {
    const HthOggTable *table;
    HthOggSum *sum;
    HthWireReader columns[N_COLUMNS];
    guint64 n_to_empty; /* segments before the next empty packet */
    Cursor cursors[HTH_OGG_STREAMS_MAX];
    guint8 *page;
} Cutting;

static void cutting_clear(Cutting *self)
{
    for (guint i = 0; i < HTH_OGG_STREAMS_MAX; i++)
        cursor_clear(&self->cursors[i]);
    g_clear_pointer(&self->sum, hth_ogg_sum_free);
    g_clear_pointer(&self->page, g_free);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Cutting, cutting_clear)

static guint64 next_empty(Cutting *self)
{
    HthWireReader *reader = &self->columns[COLUMN_EMPTY];
    return reader->position < reader->size_bytes ? hth_wire_read_varint(reader) : G_MAXUINT64;
}

static void cutting_init(Cutting *self, const HthOggTable *table, HthByteSource *old,
                         guint64 offset, guint64 end, const guint32 *old_serials)
{
    *self = (Cutting){ .table = table, .sum = hth_ogg_sum_new() };
    self->page = g_malloc(HTH_OGG_PAGE_MAX);
    for (guint i = 0; i < N_COLUMNS; i++)
        self->columns[i] = HTH_WIRE_READER(table->columns[i]->data, table->columns[i]->len);
    self->n_to_empty = next_empty(self);
    for (guint i = 0; i < table->n_streams; i++) {
        Cursor *cursor = &self->cursors[i];
        cursor->reader = hth_ogg_reader_new(old, offset, end);
        cursor->serial = old_serials[i];
        cursor->next = offset;
        cursor->end = end;
        clock_init(&cursor->clock, &table->streams[i]);
    }
}

/* Makes the next page. Returns: its size; 0 with an error. */
static gsize cut_page(Cutting *self, GError **error)
{
    const guint stream = hth_wire_read_u8(&self->columns[COLUMN_STREAM]);
    HthOggPage page = { .n_segments = hth_wire_read_u8(&self->columns[COLUMN_SEGMENTS]) };
    const guint8 flags = hth_wire_read_u8(&self->columns[COLUMN_FLAGS]);
    const gint64 sequence = hth_wire_read_signed(&self->columns[COLUMN_SEQUENCE]);
    const gint64 granule = hth_wire_read_signed(&self->columns[COLUMN_GRANULE]);
    if (stream >= self->table->n_streams || self->columns[COLUMN_GRANULE].has_failed ||
        self->columns[COLUMN_SEGMENTS].has_failed) {
        (void)fail(error);
        return 0;
    }
    Cursor *cursor = &self->cursors[stream];
    guint8 *to = self->page + HTH_OGG_HEAD_BYTES + page.n_segments;
    for (guint i = 0; i < page.n_segments; i++) {
        if (self->n_to_empty == 0) {
            self->n_to_empty = next_empty(self);
            continue; /* its length is 0 */
        }
        self->n_to_empty--;
        if (!take_segment(cursor, to + page.body_bytes, &page.lacing[i], error))
            return 0;
        page.body_bytes += page.lacing[i];
    }
    page.head_bytes = HTH_OGG_HEAD_BYTES + page.n_segments;
    clock_guess(&cursor->clock, &page, to);
    page.flags ^= flags;
    page.sequence += (guint32)sequence;
    page.granule += (guint64)granule;
    page.serial = self->table->streams[stream].serial;
    clock_set(&cursor->clock, &page);
    hth_ogg_page_seal(self->sum, &page, self->page);
    return page.head_bytes + page.body_bytes;
}

gboolean hth_ogg_table_cut(const HthOggTable *self, HthByteSource *old, guint64 offset,
                           guint64 length, const guint32 *old_serials, HthOggSink sink,
                           gpointer data, GError **error)
{
    g_auto(Cutting) cutting;
    cutting_init(&cutting, self, old, offset, offset + length, old_serials);
    for (guint i = 0; i < self->n_pages; i++) {
        const gsize n = cut_page(&cutting, error);
        if (n == 0 || !sink(cutting.page, n, data, error))
            return FALSE;
    }
    return TRUE;
}

gboolean hth_ogg_renumber(HthByteSource *old, guint64 offset, guint64 length,
                          const HthOggRename *renames, guint n_renames, HthOggSink sink,
                          gpointer data, GError **error)
{
    g_autoptr(HthOggReader) reader = hth_ogg_reader_new(old, offset, offset + length);
    g_autoptr(HthOggSum) sum = hth_ogg_sum_new();
    g_autofree guint8 *copy = g_malloc(HTH_OGG_PAGE_MAX);
    HthOggPage page;
    for (guint64 at = offset; at < offset + length; at += page.head_bytes + page.body_bytes) {
        const guint8 *bytes = hth_ogg_reader_page(reader, at, &page, error);
        if (bytes == NULL)
            return FALSE;
        guint i = 0;
        while (i < n_renames && renames[i].old_serial != page.serial)
            i++;
        if (i == n_renames)
            return fail(error);
        page.serial = renames[i].new_serial;
        page.sequence += renames[i].sequence_addend;
        const gsize n = page.head_bytes + page.body_bytes;
        memcpy(copy + page.head_bytes, bytes + page.head_bytes, page.body_bytes);
        hth_ogg_page_seal(sum, &page, copy);
        if (!sink(copy, n, data, error))
            return FALSE;
    }
    return TRUE;
}
