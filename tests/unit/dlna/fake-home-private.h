/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What fake-home.c, which fills and shows the home, shares with fake-host.c, which is what the
 * plugin sees of it. */
#pragma once

#include "fake-home.h"
#include "site.h"

G_BEGIN_DECLS

typedef struct {
    char *id;
    GArray *refs;         /* of HthObjectRef */
    GArray *is_reference; /* of gboolean */
    guint32 update_id;
} FakeChildren;

struct HthLibrary {
    GPtrArray *objects;   /* (element HthObject); an object's ref is its index + 1 */
    GHashTable *by_id;    /* leaf id -> HthObject */
    GHashTable *children; /* id -> FakeChildren */
    guint64 sequence;
    guint32 system_update_id;
    HthLibraryChanged watch;
    gpointer watch_data;
    guint n_loads;
};

struct HthReader {
    FakeHome *home;
};

struct HthHost {
    HthLibrary library;
    HthReader reader;
    const HthHttpRoute *routes;
    guint n_routes;
    gpointer route_data;
    HthMediaHook hook;
    gpointer hook_data;
    HthDevicePolicy policy;
    GMutex lock; /* guards the four below */
    char *last_position, *last_play, *last_client, *last_name, *last_note;
    void (*interrupt)(FakeHome *self);
    HthSite *site;
};

struct FakeHome {
    HthHost host;
};

/* Of the container with this id; made when it has none yet. */
FakeChildren *fake_children_of(HthLibrary *library, const char *id);

G_END_DECLS
