/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How packets are cut into Ogg pages: all that page heads say beyond the packets themselves.
 *
 * Most of it can be guessed from the packets and the pages before; the table holds, page by page,
 * the number of segments and where a guess is wrong. Packed, it is half a byte a page.
 *
 * Threads: an object belongs to one thread at a time.
 */
#pragma once

#include "media/layout.h"
#include "media/ogg-page.h"

G_BEGIN_DECLS

/* Of one run: a gigabyte in pages of the usual size. */
#define HTH_OGG_PAGES_MAX 262144

typedef struct HthOggTable HthOggTable;

HthOggTable *hth_ogg_table_new(void);
void hth_ogg_table_free(HthOggTable *self); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HthOggTable, hth_ogg_table_free)

/* Adds a stream, whose serial and first sequence number are not part of the table's digest.
 * FALSE: there are too many. */
gboolean hth_ogg_table_add_stream(HthOggTable *self, const HthOggStream *stream);
/* The stream of that serial; -1: none. */
gint hth_ogg_table_find_stream(const HthOggTable *self, guint32 serial);

/* Adds a page of stream @stream. */
void hth_ogg_table_add_page(HthOggTable *self, guint stream, const HthOggPage *page,
                            const guint8 *body);

guint hth_ogg_table_n_streams(const HthOggTable *self);
guint hth_ogg_table_n_pages(const HthOggTable *self);
void hth_ogg_table_digest(const HthOggTable *self, HthDigest *out_digest);

/* The table of the run of pages in [@offset, @offset + @length) of @source, with @run's streams.
 * Errors: HTH_ERROR_CORRUPT  it is not that run; of the source */
HthOggTable *hth_ogg_table_new_for_run(HthByteSource *source, guint64 offset, guint64 length,
                                       const HthOggRun *run, GError **error);

void hth_ogg_table_write(const HthOggTable *self, GByteArray *to);
/* NULL: it makes no sense. */
HthOggTable *hth_ogg_table_read(HthWireReader *reader);

typedef gboolean (*HthOggSink)(const guint8 *bytes, gsize n, gpointer data, GError **error);

/* Cuts the packets of the pages in a range of @old anew. @old_serials: by stream.
 * Errors: HTH_ERROR_CORRUPT  the range holds other pages; of the source and the sink */
gboolean hth_ogg_table_cut(const HthOggTable *self, HthByteSource *old, guint64 offset,
                           guint64 length, const guint32 *old_serials, HthOggSink sink,
                           gpointer data, GError **error);

/* What becomes of a stream whose pages stay as they are. */
typedef struct {
    guint32 old_serial;
    guint32 new_serial;
    guint32 sequence_addend; /* modulo 2^32 */
} HthOggRename;

/* The pages in a range of @old, renamed and renumbered. Errors: as hth_ogg_table_cut() */
gboolean hth_ogg_renumber(HthByteSource *old, guint64 offset, guint64 length,
                          const HthOggRename *renames, guint n_renames, HthOggSink sink,
                          gpointer data, GError **error);

G_END_DECLS
