/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What must be so: always, and at rest.
 *
 * Always (once a start has recovered what a crash left)
 *   1. Every file outside .hearth is, bit for bit, some version that was at home, a playlist, or
 *      the person's own.
 *   2. A card that is not the device's own is left as it is.
 * At rest
 *   3. The device holds what its rule selects, each file as it is at home now, and nothing else.
 *   4. Its playlists name those files, in order.
 *   5. No item was excluded that no person deleted.
 *   6. The person's own files are there, whatever their names.
 *   7. Every play that was noted arrived at home, once; of positions, ratings and favourites the last
 *      one counts.
 *   8. Nothing is left over of work in .hearth.
 *   9. The home believes of the device what is so.
 *
 * Threads: as the world.
 */
#pragma once

#include "world.h"

/* Lets every device step until it is idle, and looks at all of the above. */
void world_check_rest(World *self);

/* 1. For a device whose last step was good. */
void world_check_versions(SimDevice *device);
/* 2. */
void world_check_untouched(SimDevice *device);
/* Of all that is on a card. */
guint64 world_check_card_hash(ModelDisk *disk);

/* Paths outside of .hearth; new. (element utf8) */
GPtrArray *world_check_files(SimDevice *device);
/* The text of the person's own file at @path; NULL: it is not one. */
const char *world_check_own_file(SimDevice *device, const char *path);
/* The item that had these bytes at home at some time; 0: none. */
guint64 world_check_owner(World *self, const GByteArray *bytes);
