/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the files of state.db share: state.c the file, state-household.c what people said,
 * state-identity.c who is who. */
#pragma once

#include "library/state.h"
#include "library/write-turn.h"
#include "store/db.h"

G_BEGIN_DECLS

enum {
    HTH_STATE_LOAD,
    HTH_STATE_STORE,
    HTH_STATE_FORGET,
    HTH_STATE_DEVICES,
    HTH_STATE_STORE_DEVICE,
    HTH_STATE_FORGET_DEVICE,
    HTH_STATE_ROOT_KEY,
    HTH_STATE_ADD_ROOT,
    HTH_STATE_FORGET_ROOT,
    HTH_STATE_MOVE_ROOT,
    HTH_STATE_PLAY,
    HTH_STATE_PLAYS,
    HTH_STATE_PLAY_ADD,
    HTH_STATE_PLAY_POSITION,
    HTH_STATE_PLAY_RATING,
    HTH_STATE_PLAY_FAVOURITE,
    HTH_STATE_PLAY_MERGE,
    HTH_STATE_PLAYLIST_TITLE,
    HTH_STATE_PLAYLIST_SAVE,
    HTH_STATE_PLAYLIST_CLEAR,
    HTH_STATE_PLAYLIST_ADD,
    HTH_STATE_PLAYLIST_REMOVE,
    HTH_STATE_PLAYLISTS,
    HTH_STATE_PLAYLIST_ENTRIES,
    HTH_STATE_BY_PATH,
    HTH_STATE_BY_CONTENT,
    HTH_STATE_ADD_IDENTITY,
    HTH_STATE_SET_IDENTITY,
    HTH_STATE_IDENTITY_GONE,
    HTH_STATE_N_STATEMENTS,
};

struct HthState {
    char *dir;
    int lock_fd;
    GThread *copying;   /* NULL: none was due */
    HthDb *identities;  /* writer thread */
    gboolean is_begun;  /* writer thread */
    HthWriteTurn *turn; /* between the two connections */
    GMutex mutex;       /* guards shared */
    HthDb *shared;
};

/* The shared connection, to write; the writer thread waits as well. */
void hth_state_lock_to_write(HthState *self);
void hth_state_unlock_written(HthState *self);

/* Commits, or rolls back when @is_good is FALSE. */
gboolean hth_state_finish(HthDb *db, gboolean is_good, GError **error);

/* The statement PLAY on @db; zeros when nothing is known. */
void hth_state_read_play(HthDb *db, guint64 permanent_id, const char *person,
                         HthPlayState *out_state);

G_END_DECLS
