/* SPDX-License-Identifier: GPL-3.0-or-later */
/* FastCDC: cuts bytes where their content says so, so that a change moves no cut but its own.
 *
 * The gear hash shifts left, so its high bits depend on the last 64 bytes and the masks are there;
 * normalised by two bits: a cut is four times rarer than the average asks before the average is
 * reached, and four times as likely behind it (Xia et al., 2020).
 *
 * Threads: an object belongs to one thread at a time.
 */
#pragma once

#include <glib.h>

#include "media/layout.h"

G_BEGIN_DECLS

#define HTH_CUTTER_FASTCDC 1
/* Chunks that a cutter may make at most: decoded ones too. */
#define HTH_CUTTER_BYTES_MAX (64 * 1024 * 1024)

/* 64, 256 and 1024 KiB, doubled for files that would have more than 16,384 chunks. */
HthCutter hth_cutter_for_size(guint64 size_bytes);

/* Whether @cutter is one that this version knows, with parameters that make sense. */
gboolean hth_cutter_is_valid(const HthCutter *cutter);

typedef struct HthChunker HthChunker;

HthChunker *hth_chunker_new(const HthCutter *cutter);
void hth_chunker_free(HthChunker *self); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HthChunker, hth_chunker_free)

/* The length of the first chunk of @bytes. @n: all that is left, or at least the cutter's
 * maximum. */
gsize hth_chunker_cut(const HthChunker *self, const guint8 *bytes, gsize n);

G_END_DECLS
