/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Records of the objects asked for lately, by ref; bounded in bytes.
 *
 * Staleness. A record made at sequence S (hth_library_sequence() read before the object) is kept
 * only when its shard has not been marked at a later one: so what a change has thrown out cannot
 * come back from a reader that was under way.
 *
 * Threads: any. Each of the shards has a lock, held for one look-up or one insertion; records are
 * copied out under it, so that none is ever freed under a reader's hands.
 */
#pragma once

#include "record.h"

G_BEGIN_DECLS

/* Larger records are not kept: they are copied on a stack. */
#define HTH_RECORD_CACHE_MAX_RECORD 4096

typedef struct HthRecordCache HthRecordCache;

HthRecordCache *hth_record_cache_new(gsize max_bytes);
void hth_record_cache_free(HthRecordCache *self); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HthRecordCache, hth_record_cache_free)

/* A copy, made on the caller's stack. */
typedef union {
    HthRecord record;
    char room[HTH_RECORD_CACHE_MAX_RECORD];
} HthRecordCopy;

gboolean hth_record_cache_get(HthRecordCache *self, HthObjectRef ref, HthRecordCopy *out_copy);

/* Starts to bring the record of @ref into the processor's cache: a page asks for each some objects
 * ahead. Records lie all over the memory, and waiting for them was a fifth of a page's time. */
void hth_record_cache_prefetch(HthRecordCache *self, HthObjectRef ref);

/* Takes @record, which was made of an object read after hth_library_sequence() gave @sequence. */
void hth_record_cache_put(HthRecordCache *self, HthRecord *record, guint64 sequence);

/* On the writer's thread, right after a commit. */
void hth_record_cache_forget(HthRecordCache *self, const HthLibraryChange *change);

gsize hth_record_cache_size_bytes(HthRecordCache *self);

G_END_DECLS
