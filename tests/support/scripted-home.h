/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A home of a few lines for tests of the device: it wants files to be there, and says so. */
#pragma once

#include "memory-folder.h"
#include "sync/message.h"

typedef struct HthScriptedHome HthScriptedHome;

HthScriptedHome *hth_scripted_home_new(void);
void hth_scripted_home_free(HthScriptedHome *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HthScriptedHome, hth_scripted_home_free)

HthMemoryNetwork hth_scripted_home_network(HthScriptedHome *self);

/* Takes @bytes. */
void hth_scripted_home_want(HthScriptedHome *self, guint64 item, const char *path, GBytes *bytes);
void hth_scripted_home_drop(HthScriptedHome *self, guint64 item);
GBytes *hth_scripted_home_bytes(HthScriptedHome *self, guint64 item); /* borrowed; NULL */
guint hth_scripted_home_n_wanted(HthScriptedHome *self);
/* The device's state is what is wanted: every file with its bytes, and no other (but "(kept)"). */
void hth_scripted_home_assert_equal(HthScriptedHome *self, HthMemoryFolder *folder);
/* Every file of the device is some version of its item that was wanted at some time. */
void hth_scripted_home_assert_whole(HthScriptedHome *self, HthMemoryFolder *folder);

typedef struct {
    gboolean hides_hashes; /* PUT without new_hash, as a home that has not read the file yet */
    guint demands;         /* added to the next answer */
    guint32 away_revision; /* as the last request had them */
    guint16 play_port;
    guint n_requests;
    guint n_manifests;
    guint n_data_parts;
    guint64 data_bytes; /* sent, payload */
    guint n_layouts;
    GArray *layout_items;  /* demanded in the next answer */
    GPtrArray *not_wanted; /* paths that the device said were deleted */
    gboolean spoils_data;  /* one byte of each part is another one */
    gboolean changes_data; /* each part ends with CHANGED */
    GPtrArray *extra;      /* (element HthSyncOperation *) sent first, once; borrowed */
    GPtrArray *refusals;   /* "status: sentence" of results that are not OK */
    guint max_operations;  /* in one answer */
} HthScriptedHomeNotes;
HthScriptedHomeNotes *hth_scripted_home_notes(HthScriptedHome *self);
