/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which token opens which items: read out of the playlists that a device holds from its home, whose
 * lines for items that are not on the device are
 *
 *   http://127.0.0.1:<port>/p/<token>/<item>.<ext>
 *
 * A playlist lies where every program may read it, so its token opens the items that it names and
 * nothing else, and is gone with it. Of a token only the SHA-256 is kept.
 *
 * Threads: never changed once it is shared; count references from any thread.
 */
#pragma once

#include "sync/sync-device.h"

G_BEGIN_DECLS

#define HTH_PLAY_TOKEN_LETTERS 26

/* A list of one home's that is longer is not read, nor items beyond these. */
#define HTH_PLAY_LIST_MAX_BYTES (4 * 1024 * 1024)
#define HTH_PLAY_MAX_ITEMS      200000

typedef struct HthPlayTokens HthPlayTokens;

HthPlayTokens *hth_play_tokens_new(void);
HthPlayTokens *hth_play_tokens_ref(HthPlayTokens *self);
void hth_play_tokens_unref(HthPlayTokens *self); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HthPlayTokens, hth_play_tokens_unref)

/* Of all playlists that @device holds as its home wrote them; changed ones are left out.
 * @port: lines for another port are not ours. */
HthPlayTokens *hth_play_tokens_of_device(HthSyncDevice *device, const HthSyncEnv *env, guint16 port,
                                         GError **error);

/* Adds what one playlist says. */
void hth_play_tokens_add_list(HthPlayTokens *self, const char *text, gsize size, guint16 port);
/* @path: where the item is on the device; NULL: it is not there. */
void hth_play_tokens_add(HthPlayTokens *self, const char *token, guint64 item);
void hth_play_tokens_set_held(HthPlayTokens *self, guint64 item, const char *path, guint64 size);

gboolean hth_play_tokens_opens(const HthPlayTokens *self, const char *token, guint64 item);
guint hth_play_tokens_n_items(const HthPlayTokens *self);

/* Where @item is on the device: borrowed; NULL: it is not there. */
const char *hth_play_tokens_held(const HthPlayTokens *self, guint64 item, guint64 *out_size);

/* A new random token. */
char *hth_play_token_new(void);

/* "TOKEN/ITEM.EXT" or "TOKEN/ITEM/PROFILE.EXT".
 * @out_rest: "ITEM.EXT" or "ITEM/PROFILE.EXT", in @text. FALSE: it is neither. */
gboolean hth_play_parse(const char *text, char out_token[HTH_PLAY_TOKEN_LETTERS + 1],
                        guint64 *out_item, const char **out_rest);

G_END_DECLS
