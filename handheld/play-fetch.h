/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Fetches ranges of one home's media, over connections that are kept a while for the next one.
 *
 * Threads: any thread. A call blocks.
 */
#pragma once

#include "reach.h"

G_BEGIN_DECLS

typedef struct HthPlayFetch HthPlayFetch;

/* @cancellable: ends all calls. */
HthPlayFetch *hth_play_fetch_new(HthReach *reach, GCancellable *cancellable);
void hth_play_fetch_free(HthPlayFetch *self); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HthPlayFetch, hth_play_fetch_free)

/* What is known of a file at home once a byte of it has come. */
typedef struct {
    guint64 size;
    char *etag;
    char *content_type;
    gint64 duration_ms; /* of what it plays; 0: not known */
} HthPlayFacts;

void hth_play_facts_clear(HthPlayFacts *facts);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(HthPlayFacts, hth_play_facts_clear)

/* Takes the bytes at @offset of the file. FALSE: enough, or not wanted any more. */
typedef gboolean (*HthPlayTake)(guint64 offset, const guint8 *bytes, gsize n_bytes, gpointer data);

/* GET @path ("/m/ITEM.EXT"), @n_bytes from @first on, or as many as there are.
 * @facts: when it has an etag, the file must still be that one; else it is filled in.
 *
 * Errors: HTH_ERROR_NOT_FOUND, HTH_ERROR_REFUSED: the home does not give it
 *         HTH_ERROR_BUSY     it is not ready yet: ask again in a few seconds
 *         HTH_ERROR_CHANGED  it is another file by now
 *         HTH_ERROR_INVALID  @first is behind its end; the facts' size is right
 *         HTH_ERROR_NETWORK, HTH_ERROR_ASLEEP, HTH_ERROR_CANCELLED */
gboolean hth_play_fetch(HthPlayFetch *self, const char *path, guint64 first, guint64 n_bytes,
                        HthPlayFacts *facts, HthPlayTake take, gpointer data, GError **error);

/* What the file is, when that goes by the relay. By the LAN nothing is asked, and @facts stays as
 * it is. Errors: as above. */
gboolean hth_play_ask(HthPlayFetch *self, const char *path, HthPlayFacts *facts, HthPath *out_path,
                      GError **error);

/* It may help to try once more. */
gboolean hth_play_error_is_passing(const GError *error);

G_END_DECLS
