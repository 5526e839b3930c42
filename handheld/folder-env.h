/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The sync engine's environment (lib/sync/sync-env.h) on a real folder and a real home.
 *
 * Every path is opened below the folder's own descriptor, by openat2(2) with RESOLVE_BENEATH and
 * RESOLVE_NO_SYMLINKS, or on older kernels name by name: no link and no ".." leads out of it.
 *
 * Threads: an object belongs to one thread at a time.
 */
#pragma once

#include "sync/sync-env.h"
#include "transport.h"

G_BEGIN_DECLS

typedef struct HthFolderEnv HthFolderEnv;

/* @transport: borrowed; NULL: there is no network. The folder need not be there: then every call
 * fails with G_FILE_ERROR_NOENT until hth_folder_env_reopen() finds it. */
HthFolderEnv *hth_folder_env_new(const char *folder, HthTransport *transport);
void hth_folder_env_free(HthFolderEnv *self); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HthFolderEnv, hth_folder_env_free)

/* Looks for the folder again: a card was put in, or another one. */
void hth_folder_env_reopen(HthFolderEnv *self);

const HthSyncEnv *hth_folder_env(HthFolderEnv *self); /* borrowed */

/* Opens a file below @folder to read it, and follows no link. @path was validated.
 * Returns: a descriptor, or -1 with errno. */
int hth_folder_open_file(const char *folder, const char *path);

G_END_DECLS
