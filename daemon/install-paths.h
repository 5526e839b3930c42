/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where the programs, plugins and data files that belong to this hearthd are: installed, or in the
 * build folder that it was built in (then nothing has to be installed to try it).
 *
 * $HEARTH_LIBEXEC, $HEARTH_PLUGINS and $HEARTH_DATA go ahead of both.
 *
 * Threads: any thread.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* The path of @program ("hearth-worker"), a new string; where it would be installed when it is
 * nowhere. */
char *hth_install_program(const char *program);

/* The path of @name in the data folder ("clients.d"); "" is the folder itself. New string. */
char *hth_install_data(const char *name);

/* The folders that hold plugin manifests; new array of strings. */
char **hth_install_plugin_dirs(void);

G_END_DECLS
