/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The table of containers: for each, the SQL that lists its children. All of it is constant text;
 * what a client sends is only ever bound.
 *
 * Threads: any thread, any time.
 */
#pragma once

#include "library/ref.h"

G_BEGIN_DECLS

#define HTH_CONTAINER_MAX_PARTS 2

/* One kind of children. ?1 is the container's row. */
typedef struct {
    HthRefKind children; /* 0: no such part */
    const char *select;  /* the row of a child */
    const char *from;    /* FROM … WHERE …; items are "i" */
    const char *order;   /* the container's own order */
    const char *title;   /* what a sort by title uses */
} HthContainerPart;

typedef struct {
    HthContainerPart parts[HTH_CONTAINER_MAX_PARTS];
    gboolean is_canonical; /* its children's own place */
} HthContainerInfo;

/* NULL for what is not a container, and for static containers whose children are static. */
const HthContainerInfo *hth_container_info(HthObjectRef ref);

/* The ORDER BY terms for @sort over rows of that part, with a tie-breaker; new string.
 * Errors: HTH_ERROR_UNSUPPORTED */
char *hth_container_order(const HthContainerPart *part, const HthSort *sort, GError **error);

/* The column or expression that a property of an item ("i") is sorted or compared by; NULL: none.
 */
const char *hth_item_property(HthProperty property);

G_END_DECLS
