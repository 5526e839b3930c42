/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which album a track belongs to.
 *
 * With an album artist: title and album artist, wherever the files lie, so several discs in several
 * folders are one album. Marked as a compilation: title and folder, by "Various Artists".
 * With neither, the tracks of one folder (its "CD 1" and "Disc 2" counted as one) and album title
 * are looked at together: all by one artist, or several whose track numbers never meet (a
 * compilation without marks), are one album; otherwise there is one for each artist, as where
 * two bands' "Greatest Hits" lie in one folder.
 *
 * Threads: the writer thread.
 */
#pragma once

#include "library/writer.h"

G_BEGIN_DECLS

#define HTH_VARIOUS_ARTISTS "Various Artists"

/* The row of the album of that title and artist (0: of various artists), made when missing.
 * @folder_digest: 0, or what keeps two compilations of one title apart. */
gboolean hth_album_row(HthWriteContext *context, const char *title, gint64 artist_id,
                       const char *artist_folded, gint64 folder_digest, gint64 *out_album,
                       GError **error);

/* Gives the track that album; the old and the new one become dirty, and both lists change. */
gboolean hth_album_assign(HthWriteContext *context, gint64 item, gint64 old_album, gint64 album,
                          GError **error);

/* Assigns the tracks of a group_digest as said above. */
gboolean hth_album_group(HthWriteContext *context, gint64 group_digest, GError **error);

/* The digest of a folder path below its root and an album title. Never 0. */
gint64 hth_album_group_digest(gint64 root_key, const char *folder_path, const char *album_title);

/* The number in a folder name like "CD 2"; 0: it names no disc. */
guint hth_album_disc_of_folder(const char *folder_path);

G_END_DECLS
