/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The tables of index.db, which can be rebuilt, and of state.db, which cannot. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef enum {
    HTH_ITEM_PENDING, /* only its name is known */
    HTH_ITEM_READ,
    HTH_ITEM_FAILED,    /* not what its name says, or damaged; tried again when it changes */
    HTH_ITEM_SET_ASIDE, /* ended a worker twice; tried again when it changes */
} HthItemState;

/* Added to item.kind while a file cannot be read: it is in no list, no count and no search, and is
 * named among the problems. */
#define HTH_KIND_UNREADABLE 16

typedef enum { HTH_ROLE_ARTIST, HTH_ROLE_ALBUM_ARTIST, HTH_ROLE_COMPOSER } HthRole;

extern const char *const hth_index_migrations[];
extern const guint hth_n_index_migrations;
extern const char *const hth_state_migrations[];
extern const guint hth_n_state_migrations;

G_END_DECLS
