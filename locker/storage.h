/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where a locker keeps sealed packs: the interface that storage drivers will implement (a local
 * folder, object storage). No driver exists yet, and nothing calls one: a locker relays, and keeps
 * nothing of what it relays. docs/locker.md says what will use it.
 *
 * An object is written once under a name that is never used again, and is whole or absent. Roots
 * are the exception: one small object per library, swapped when nobody else has swapped it since.
 *
 * Threads: any thread; calls block.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define HTH_STORAGE_VERSION 1

/* Names are 1 to 128 letters of a-z, 0-9, "-" and "/". */
typedef struct HthStorage HthStorage;

typedef struct {
    guint version; /* HTH_STORAGE_VERSION */
    const char *name;
    void (*free)(HthStorage *self);
    /* Durable when it returns TRUE. Errors: HTH_ERROR_CHANGED  the name is taken */
    gboolean (*put)(HthStorage *self, const char *name, GBytes *data, GError **error);
    /* Errors: HTH_ERROR_NOT_FOUND */
    GBytes *(*get)(HthStorage *self, const char *name, guint64 first_byte, gsize n_bytes,
                   GError **error);
    gboolean (*remove)(HthStorage *self, const char *name, GError **error);
    /* (element utf8) Up to @max names below @prefix that come after @after; NULL: from the first.
     */
    GPtrArray *(*list)(HthStorage *self, const char *prefix, const char *after, guint max,
                       GError **error);
    /* @expected: the root as it was read; NULL: there is none yet.
     * Errors: HTH_ERROR_CHANGED  somebody else was first; nothing was written */
    gboolean (*swap_root)(HthStorage *self, const char *name, GBytes *expected, GBytes *data,
                          GError **error);
} HthStorageType;

struct HthStorage {
    const HthStorageType *type;
};

G_END_DECLS
