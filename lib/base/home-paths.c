/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/home-paths.h"

#include <string.h>
#include <sys/types.h>
#include <unistd.h>

/* Users below this are the system's own (login.defs(5), SYS_UID_MAX); root's home is a machine's.
 */
#define FIRST_PERSON_UID 1000

/* The build says where an installation keeps its configuration. */
#define SYSTEM_CONFIG_FILE HTH_SYSCONF_DIR "/hearth/hearth.conf"

static gboolean is_system_user(void)
{
    return g_getenv("STATE_DIRECTORY") != NULL || (getuid() != 0 && getuid() < FIRST_PERSON_UID);
}

/* systemd may name several directories, separated by colons (systemd.exec(5)): the first is ours.
 */
static char *from_environment(const char *variable, const char *otherwise)
{
    const char *value = g_getenv(variable);
    if (value == NULL || *value == '\0')
        return g_strdup(otherwise);
    const char *colon = strchr(value, ':');
    return colon != NULL ? g_strndup(value, (gsize)(colon - value)) : g_strdup(value);
}

static char *absolute(const char *path)
{
    return path != NULL ? g_canonicalize_filename(path, NULL) : NULL;
}

static char *person_config_file(void)
{
    g_autofree char *own = g_build_filename(g_get_user_config_dir(), "hearth", "hearth.conf", NULL);
    if (g_file_test(own, G_FILE_TEST_EXISTS) ||
        !g_file_test(SYSTEM_CONFIG_FILE, G_FILE_TEST_EXISTS))
        return g_steal_pointer(&own);
    return g_strdup(SYSTEM_CONFIG_FILE);
}

static char *person_socket_path(void)
{
    return g_build_filename(g_get_user_runtime_dir(), "hearth", "socket", NULL);
}

static void use_defaults(HthHomePaths *self)
{
    if (self->is_system) {
        self->state_dir = from_environment("STATE_DIRECTORY", HTH_SYSTEM_STATE_DIR);
        self->cache_dir = from_environment("CACHE_DIRECTORY", HTH_SYSTEM_CACHE_DIR);
        g_autofree char *run = from_environment("RUNTIME_DIRECTORY", "/run/hearth");
        self->socket_path = g_build_filename(run, "socket", NULL);
    } else {
        self->state_dir = g_build_filename(g_get_user_state_dir(), "hearth", NULL);
        self->cache_dir = g_build_filename(g_get_user_cache_dir(), "hearth", NULL);
        self->socket_path = person_socket_path();
    }
}

void hth_home_paths_init(HthHomePaths *out, const char *state_dir, const char *socket_path,
                         const char *config_file)
{
    *out = (HthHomePaths){ .is_system = state_dir == NULL && is_system_user() };
    if (state_dir != NULL) {
        out->state_dir = absolute(state_dir);
        out->cache_dir = g_build_filename(out->state_dir, "cache", NULL);
        out->socket_path = g_build_filename(out->state_dir, "socket", NULL);
    } else {
        use_defaults(out);
    }
    if (socket_path != NULL) {
        g_free(out->socket_path);
        out->socket_path = absolute(socket_path);
    }
    if (config_file != NULL)
        out->config_file = absolute(config_file);
    else
        out->config_file = out->is_system ? g_strdup(SYSTEM_CONFIG_FILE) : person_config_file();
    out->settings_file = g_build_filename(out->state_dir, "settings.conf", NULL);
    out->lock_file = g_build_filename(out->state_dir, "hearthd.lock", NULL);
}

void hth_home_paths_clear(HthHomePaths *self)
{
    g_free(self->state_dir);
    g_free(self->cache_dir);
    g_free(self->socket_path);
    g_free(self->config_file);
    g_free(self->settings_file);
    g_free(self->lock_file);
    *self = (HthHomePaths){ 0 };
}

char *hth_home_paths_find_socket(const char *state_dir, const char *socket_path)
{
    if (socket_path != NULL)
        return absolute(socket_path);
    if (state_dir != NULL) {
        g_autofree char *dir = absolute(state_dir);
        return g_build_filename(dir, "socket", NULL);
    }
    const char *named = g_getenv("HEARTH_SOCKET");
    if (named != NULL && *named != '\0')
        return absolute(named);
    g_autofree char *own = person_socket_path();
    if (!g_file_test(own, G_FILE_TEST_EXISTS) &&
        g_file_test(HTH_SYSTEM_SOCKET_PATH, G_FILE_TEST_EXISTS))
        return g_strdup(HTH_SYSTEM_SOCKET_PATH);
    return g_steal_pointer(&own);
}
