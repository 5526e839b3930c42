/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A household's library as files in memory, which chance retags, replaces, renames, adds and
 * removes, also while they are read; and what the home's side of the engine asks of it.
 *
 * Threads: an object belongs to one thread at a time.
 */
#pragma once

#include "base/digest.h"
#include "chance.h"
#include "media-maker.h"
#include "sync/sync-home.h"

/* A file on the home's disk. Who has it open keeps the inode, as a program does. */
typedef struct {
    guint n_refs;
    guint64 inode;
    GBytes *bytes;
    gint64 mtime_ns, ctime_ns;
} LibraryFile;

typedef struct {
    guint64 id;
    MediaKind kind;
    guint64 payload; /* which recording */
    guint size;
    guint padding;
    char *title;
    const char *artist; /* constant texts */
    const char *album;
    GBytes *picture;      /* NULL: none */
    guint64 companion_of; /* the lyrics of that item; 0: music */
    guint64 added;        /* counts up: the newest has the highest */
    gboolean is_favourite;
    LibraryFile *file; /* NULL: it was removed */
} LibraryTrack;

typedef struct {
    guint64 id;
    char *title;
    guint64 revision;
    GArray *items; /* (element guint64) */
    gboolean is_gone;
} LibraryList;

typedef struct ModelLibrary ModelLibrary;

struct ModelLibrary {
    HthSyncLibrary funcs; /* for the home's engine */
    Chance chance;
    Chance engine_chance; /* of its own: how much the engine takes changes nothing else */
    gint64 clock_ns;
    guint64 sequence;
    guint64 next_inode, next_id;
    GPtrArray *tracks;    /* (element LibraryTrack) also removed ones; by id */
    GPtrArray *lists;     /* (element LibraryList) */
    GHashTable *versions; /* (HthDigest → guint64 item) of every file that there ever was */
    GHashTable *layouts;  /* (HthDigest → GBytes) */

    /* Trouble, off with 0: once in so many times … */
    guint not_yet_one_in; /* … a layout or recipe is still being made */
    guint never_one_in;   /* … a recipe cannot be made */
    guint fail_one_in;    /* … a file cannot be opened or read */
    guint change_one_in;  /* … a file changes after a read of it */
    guint n_changed_while_read;
    guint n_not_yet;

    gint64 *wall_ms;  /* the home's clock; borrowed */
    gpointer booking; /* play-book.h; borrowed */
    void (*trace)(const char *line, gpointer data);
    gpointer trace_data;
};

ModelLibrary *model_library_new(guint64 seed, gint64 *wall_ms);
void model_library_free(ModelLibrary *self); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ModelLibrary, model_library_free)

/* One change by chance: a new track, a retag of one or of a whole album, an edit in place … */
void model_library_change(ModelLibrary *self);

/* Retags a few that have room for it: they stay as long as they are. */
void model_library_retag_padded(ModelLibrary *self);

/* A new track that takes many reads. Its id. */
guint64 model_library_add_large(ModelLibrary *self);
/* Another recording in its place, as long as the one before. */
void model_library_replace(ModelLibrary *self, guint64 id);

/* Retags, replaces or removes this one. */
void model_library_change_track(ModelLibrary *self, guint64 id);

void library_file_unref(LibraryFile *file); /* NULL is fine */

/* The track of that id, also a removed one; NULL: none. */
LibraryTrack *model_library_find(const ModelLibrary *self, guint64 id);

/* What @rule wants, without regard to the budget; HthSyncLibrary.select() answers the same. */
typedef struct {
    LibraryTrack *track;
    HthSyncSource source;
    guint64 order;
} LibraryPick;
GArray *model_library_pick(ModelLibrary *self, const HthSyncRule *rule); /* (element LibraryPick) */

/* Whether @rule names this list. */
gboolean model_library_has_list(const LibraryList *list, const HthSyncRule *rule);
