/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How players on the device tell what was heard: they put text files into FOLDER/.hearth/inbox, and
 * the agent takes them from there into the play log. Lines are
 *
 *   UNIX_MS<tab>played<tab>PATH              one play
 *   UNIX_MS<tab>skipped<tab>PATH
 *   UNIX_MS<tab>position<tab>PATH<tab>MS     0: from the start again
 *   UNIX_MS<tab>rating<tab>PATH<tab>0…100
 *   UNIX_MS<tab>favourite<tab>PATH<tab>0|1
 *
 * PATH is relative to the folder. A file is written under a name that ends in ".new" and renamed
 * when it is complete; others are taken and removed. A line that makes no sense, or is about a file
 * that is not of the list, is left out.
 *
 * An entry's identity comes out of the file's name and the line, so one that is taken twice,
 * because the power went before the file was removed, counts once.
 *
 * Threads: as the environment.
 */
#pragma once

#include "sync/play-log.h"
#include "sync/sync-device.h"

G_BEGIN_DECLS

#define HTH_INBOX_DIR            ".hearth/inbox"
#define HTH_INBOX_FILE_MAX_BYTES (256 * 1024)
#define HTH_INBOX_FILES_MAX      1000 /* taken at once */

/* Makes the folder, for players that only look for it. */
gboolean hth_inbox_make(const HthSyncEnv *env, GError **error);

/* Takes what is there. @device says which item a path is. */
gboolean hth_inbox_take(const HthSyncEnv *env, HthSyncDevice *device, HthPlayLog *log,
                        GError **error);

/* Puts @line (without its end) into the inbox; @name: unique, without a slash. */
gboolean hth_inbox_put(const HthSyncEnv *env, const char *name, const char *line, GError **error);

G_END_DECLS
