/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reads the playlists that people and players leave among their music: M3U, M3U8 and PLS.
 *
 * Tolerant as players are: a byte order mark, CRLF or CR, Latin-1, file:// URLs, backslashes.
 * Runs in the worker, for the bytes are foreign.
 *
 * Threads: any thread, any time.
 */
#pragma once

#include "media/media-info.h"

G_BEGIN_DECLS

/* What is read of a playlist at most; the rest is left out. */
#define HTH_PLAYLIST_BYTES_MAX (8 * 1024 * 1024)

typedef struct {
    char *path;         /* raw bytes; absolute, or relative to the playlist's folder */
    char *title;        /* as the playlist says; clean text; NULL: it does not */
    gint64 duration_ms; /* 0: not said */
    guint number;       /* PLS: the N of FileN, by which they are ordered; M3U: 0 */
} HthPlaylistEntry;

void hth_playlist_entry_free(HthPlaylistEntry *entry);

/* @format: HTH_FORMAT_M3U, HTH_FORMAT_M3U8 or HTH_FORMAT_PLS.
 * @out_n_urls: how many entries named a stream on a network and are left out; or NULL.
 * Returns: (element HthPlaylistEntry) at most HTH_MEDIA_ENTRIES_MAX, in the playlist's order. A
 * file that holds no entry gives an empty list. */
GPtrArray *hth_playlist_parse(const guint8 *bytes, gsize size_bytes, HthMediaFormat format,
                              guint *out_n_urls);

G_END_DECLS
