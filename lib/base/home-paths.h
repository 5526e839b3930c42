/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where a home keeps its things: what hearthd makes, and where hearth finds it.
 *
 *                 a person's own daemon              a system service, or a system user
 *   state         $XDG_STATE_HOME/hearth             $STATE_DIRECTORY or /var/lib/hearth
 *   cache         $XDG_CACHE_HOME/hearth             $CACHE_DIRECTORY or /var/cache/hearth
 *   socket        $XDG_RUNTIME_DIR/hearth/socket     $RUNTIME_DIRECTORY or /run/hearth, /socket
 *   configuration $XDG_CONFIG_HOME/hearth/hearth.conf, else /etc/hearth/hearth.conf
 *                 (below the installation's own etc when its prefix is not /usr)
 *
 * A state directory given by hand holds everything: DIR, DIR/cache, DIR/socket.
 *
 * Threads: an object belongs to one thread at a time.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct {
    char *state_dir;
    char *cache_dir;
    char *socket_path;
    char *config_file;   /* may not exist */
    char *settings_file; /* state_dir/settings.conf: what `hearth config set` wrote; read last */
    char *lock_file;     /* state_dir/hearthd.lock: held by flock(2) while hearthd runs */
    gboolean is_system;  /* a service for the whole machine: group hearth may use the socket */
} HthHomePaths;

#define HTH_SYSTEM_STATE_DIR   "/var/lib/hearth"
#define HTH_SYSTEM_CACHE_DIR   "/var/cache/hearth"
#define HTH_SYSTEM_SOCKET_PATH "/run/hearth/socket"

/* Fills @out from what was given (NULL: not given), the environment and the user. Touches no file
 * but to look whether it exists. */
void hth_home_paths_init(HthHomePaths *out, const char *state_dir, const char *socket_path,
                         const char *config_file);
void hth_home_paths_clear(HthHomePaths *self);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(HthHomePaths, hth_home_paths_clear)

/* The socket that the CLI should use: given by hand, by a state directory, $HEARTH_SOCKET, the
 * person's own daemon's if it exists, else the system service's if that exists, else the first. */
char *hth_home_paths_find_socket(const char *state_dir, const char *socket_path);

G_END_DECLS
