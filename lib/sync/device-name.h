/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Names of files on a device: readable, legal on FAT, exFAT, NTFS and ext4 alike, and unique there
 * without regard to case.
 *
 * A name is a rendering, not an identity. It begins as a wish, made of tags alone:
 *   Music/ARTIST/ALBUM/NN Title.flac, Videos/1999/Title.mkv, Photos/2024/2024-05/IMG_1.jpg
 * The wish is given as it is while nobody has it; else with letters of the item's id: "Title (k3jx
 * ).flac". A name once given stays while the wish stays, whoever comes or goes beside it. The map
 * back, from name to item, is in the same object.
 *
 * Threads: an object belongs to one thread at a time; the functions without one are for any.
 */
#pragma once

#include "sync/sync-home.h"

G_BEGIN_DECLS

/* Bytes of UTF-8 in one part of a path: under 255 of ext4, and so under 255 UTF-16 units of FAT. */
#define HTH_DEVICE_NAME_FOLDER_MAX 100
#define HTH_DEVICE_NAME_FILE_MAX   200

/* One part of a path made legal: NFC, no control or format characters, none of < > : " / \ | ? *,
 * no dot in front, no dot or space behind, no name that DOS keeps to itself, at most @max_bytes,
 * never empty. New string. @text: UTF-8 or NULL; what is not valid is replaced. */
char *hth_device_name_part(const char *text, gsize max_bytes);

/* The path that @item would like to have. New string. */
char *hth_device_name_wish(const HthSyncItem *item);

/* The same for a companion (lyrics, subtitles, artwork) of what has @main_path on the device and
 * @main_file_name at home. New string. */
char *hth_device_name_companion_wish(const HthSyncItem *item, const char *main_path,
                                     const char *main_file_name);

/* "Playlists/TITLE.m3u8". New string. */
char *hth_device_name_playlist_wish(const char *title);

typedef struct HthDeviceNames HthDeviceNames;

HthDeviceNames *hth_device_names_new(void);
void hth_device_names_free(HthDeviceNames *self); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HthDeviceNames, hth_device_names_free)

/* Keeps @path for @item when @path is @wish or @wish with letters of @item's id, and nobody has it.
 * Call it for all that have a name before give() is called for those that have none. */
gboolean hth_device_names_keep(HthDeviceNames *self, guint64 item, const char *wish,
                               const char *path);

/* Gives @item a name: @wish, or @wish with letters of the id. Borrowed until free. */
const char *hth_device_names_give(HthDeviceNames *self, guint64 item, const char *wish);

/* The name of @item; NULL: none was given. */
const char *hth_device_names_of(HthDeviceNames *self, guint64 item);

/* The item that has @path, in whatever case; 0: none. */
guint64 hth_device_names_find(HthDeviceNames *self, const char *path);

/* What two paths have in common when a device cannot tell them apart. New string. */
char *hth_device_name_fold(const char *path);

G_END_DECLS
