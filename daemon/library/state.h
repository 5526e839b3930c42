/* SPDX-License-Identifier: GPL-3.0-or-later */
/* state.db: what cannot be found again in the media folders. Durable: a call that returned TRUE
 * survives a power cut.
 *
 * It has two connections. The identity functions belong to the writer thread and run inside
 * hth_state_begin() and hth_state_commit(); everything else is for any thread.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct HthState HthState;

/* Opens or makes DIR/state.db, takes the lock DIR/lock, and checks the database's integrity, unless
 * it is just as it was closed in order. Before a migration a copy is left at
 * DIR/state.db.before-upgrade; one a day at DIR/state.db.copy. Errors: as hth_library_open() says.
 */
HthState *hth_state_open(const char *dir, GError **error);
void hth_state_free(HthState *self); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HthState, hth_state_free)

/* ---- Any thread ---- */

gint64 hth_state_random_id(void); /* for what is new; never 0 */

char *hth_state_load(HthState *self, const char *key); /* NULL: not set */
gboolean hth_state_store(HthState *self, const char *key, const char *value, GError **error);

typedef void (*HthStateRow)(const char *id, const char *text, gpointer data);
void hth_state_devices(HthState *self, HthStateRow callback, gpointer data);
gboolean hth_state_store_device(HthState *self, const char *id, const char *json, GError **error);

/* The permanent key of the root at @path, made on first sight. */
gboolean hth_state_root_key(HthState *self, const char *path, gint64 *out_key, GError **error);
gboolean hth_state_move_root(HthState *self, const char *old_path, const char *new_path,
                             GError **error);

typedef struct {
    guint play_count;
    gint64 last_played_s;
    gint64 position_ms;
    guint rating;
    gboolean is_favourite;
} HthPlayState;

/* What devices said of an item, for the household. */
typedef struct {
    guint64 permanent_id;
    guint device_plays; /* on all devices, ever */
    gint64 last_played_s;
    gint64 position_ms; /* -1: nothing was said; so the others */
    gint rating;
    gint is_favourite;
} HthPlayMerge;

/* Merges all in one transaction; @out_plays: what is then known of each, for the household. */
gboolean hth_state_merge_plays(HthState *self, const HthPlayMerge *merges, guint n_merges,
                               HthPlayState *out_plays, GError **error);

/* As hth_state_save_playlist(); @title NULL: as it was, or "Playlist" for a new one. */
gboolean hth_state_merge_playlist(HthState *self, guint64 playlist_id, const char *title,
                                  const guint64 *items, guint n_items, GError **error);

typedef enum { HTH_PLAY_ADD, HTH_PLAY_POSITION, HTH_PLAY_RATING, HTH_PLAY_FAVOURITE } HthPlayChange;

/* Adds one play at @value (unix seconds), or sets the position, the rating or the favourite (0, 1)
 * to @value, for @person
 * ("" is the household); @out_state: what is then known of the item for that person. */
gboolean hth_state_change_play(HthState *self, guint64 permanent_id, const char *person,
                               HthPlayChange change, gint64 value, HthPlayState *out_state,
                               GError **error);

gboolean hth_state_save_playlist(HthState *self, guint64 playlist_id, const char *title,
                                 const guint64 *items, guint n_items, GError **error);
gboolean hth_state_remove_playlist(HthState *self, guint64 playlist_id, gboolean *out_existed,
                                   GError **error);
/* Every play state of the household, on the writer's connection and thread. */
typedef void (*HthStatePlay)(guint64 permanent_id, const HthPlayState *play, gpointer data);
gboolean hth_state_plays(HthState *self, HthStatePlay callback, gpointer data, GError **error);

typedef void (*HthStatePlaylist)(guint64 playlist_id, const char *title, const guint64 *items,
                                 guint n_items, gpointer data);
gboolean hth_state_playlists(HthState *self, HthStatePlaylist callback, gpointer data,
                             GError **error);

gboolean hth_state_copy(HthState *self, const char *path, GError **error);

/* The turn to write, for another connection. */
void hth_state_take_turn(HthState *self);
void hth_state_give_turn(HthState *self);
char *hth_state_path(const HthState *self); /* new */

/* ---- Identities: writer thread ---- */

gboolean hth_state_begin(HthState *self, GError **error);  /* does nothing when begun already */
gboolean hth_state_commit(HthState *self, GError **error); /* does nothing when not begun */
void hth_state_rollback(HthState *self);
/* Another thread waits to write state.db: the writer is to commit soon. Any thread. */
gboolean hth_state_wants_turn(HthState *self);

typedef struct {
    guint64 permanent_id;
    gint64 root_key;
    const char *path; /* below the root, any bytes */
    gsize path_length;
    gint64 size_bytes, mtime_ns, inode, added_s;
} HthIdentity;

/* Finds who was last seen at that root and path, or, among those that have gone from elsewhere, the
 * one with the same size, time and inode or, without the inode, the same name; else makes a new
 * one. Then records what @identity says. In: all but permanent_id; out: permanent_id and added_s.
 */
gboolean hth_state_identify(HthState *self, HthIdentity *identity, HthPlayState *out_play,
                            GError **error);

/* A new identity for what @identity says, whoever else claims it. Out: permanent_id. */
gboolean hth_state_identity_new(HthState *self, HthIdentity *identity, GError **error);

/* The item is now at another place, or has another size, time or inode. */
gboolean hth_state_identity_moved(HthState *self, const HthIdentity *identity, GError **error);
gboolean hth_state_identity_gone(HthState *self, guint64 permanent_id, GError **error);

G_END_DECLS
