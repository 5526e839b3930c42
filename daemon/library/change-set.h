/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What one transaction of the writer changed: for update ids, for caches and for events, and which
 * sums must be taken again before it commits.
 *
 * Threads: the writer thread.
 */
#pragma once

#include "library/ref.h"

G_BEGIN_DECLS

/* With more changed objects than this, watchers are told "everything". */
#define HTH_CHANGE_MAX_REFS 20000

/* The rows whose sums are out of date. */
typedef enum {
    HTH_DIRTY_ALBUM,
    HTH_DIRTY_ARTIST,
    HTH_DIRTY_GENRE,
    HTH_DIRTY_CAMERA,
    HTH_DIRTY_FOLDER,
    HTH_DIRTY_GROUP, /* a group_digest: tracks of one folder and album title without album artist */
    HTH_N_DIRTY,
} HthDirtyKind;

typedef struct {
    GHashTable *refs;       /* (element HthObjectRef) objects whose own data changed or that went */
    GHashTable *containers; /* (element HthObjectRef) containers whose children changed */
    GHashTable *dirty[HTH_N_DIRTY]; /* (element gint64, heap) */
    gboolean is_everything;
} HthChangeSet;

HthChangeSet *hth_change_set_new(void);
void hth_change_set_free(HthChangeSet *self);
void hth_change_set_clear(HthChangeSet *self);

void hth_change_set_object(HthChangeSet *self, HthObjectRef ref);
void hth_change_set_container(HthChangeSet *self, HthObjectRef ref);
void hth_change_set_static(HthChangeSet *self, HthStaticContainer container);

/* @row 0 is no row, and ignored. */
void hth_change_set_dirty(HthChangeSet *self, HthDirtyKind kind, gint64 row);

/* Takes out all dirty rows of that kind. Returns: (element gint64), a new array. */
GArray *hth_change_set_take_dirty(HthChangeSet *self, HthDirtyKind kind);

gboolean hth_change_set_is_empty(const HthChangeSet *self);

G_END_DECLS
