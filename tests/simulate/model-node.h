/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A file or folder of a model disk: what programs see of it, and what the disk has of it for sure.
 * Internal to the disk.
 *
 * Threads: one at a time.
 */
#pragma once

#include <glib.h>

#include "chance.h"

/* A file or folder. Names and changes that are not durable hold references. */
typedef struct {
    guint n_refs;
    gboolean is_dir;
    GHashTable *names;  /* of a folder: (element key -> ModelName) */
    GByteArray *bytes;  /* of a file: as programs see it */
    GByteArray *synced; /* as it is on the disk for sure */
    GArray *writes;     /* (element ModelWrite) since then */
    gint64 mtime_us;
} ModelNode;

typedef struct {
    char *name; /* as it was written */
    ModelNode *node;
} ModelName;

/* A write, or with @bytes NULL a truncation to @offset. */
typedef struct {
    guint64 offset;
    GBytes *bytes;
} ModelWrite;

ModelNode *model_node_new(gboolean is_dir);
ModelNode *model_node_ref(ModelNode *node); /* NULL is fine; so for the next */
void model_node_unref(ModelNode *node);

/* All below it too, as it is seen; on the disk for sure. */
ModelNode *model_node_copy(const ModelNode *from);

/* With all below it. */
guint64 model_node_bytes(const ModelNode *node);

/* Keys of a folder in an order that does not depend on where things lie in memory. */
GPtrArray *model_node_keys(const ModelNode *dir);

/* Of a file: all of it is on the disk. */
void model_node_sync(ModelNode *node);
/* All below it too. */
void model_node_settle(ModelNode *node);

/* What lies below @dir now is what the disk has; open files keep their old world, and a file that
 * has two names becomes two. */
void model_node_lose(ModelNode *dir, Chance *chance);

void model_bytes_apply(GByteArray *to, guint64 offset, gconstpointer bytes, gsize size);
void model_bytes_resize(GByteArray *bytes, guint64 size);
