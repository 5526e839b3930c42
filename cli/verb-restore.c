/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "backup-file.h"
#include "base/home-paths.h"
#include "cli.h"
#include "work-dir.h"

/* What is put in place; hearth.conf belongs to the person or the system and is only kept. */
static const char *const restored[] = { "state.db", "settings.conf" };

/* What of the old home is set aside: with a database go its journal files. */
static const char *const set_aside[] = { "state.db", "state.db-wal", "state.db-shm",
                                         "settings.conf" };

/* Takes the lock that hearthd holds while it runs. Returns: the descriptor, or -1. */
static int take_lock(const HthHomePaths *paths, GError **error)
{
    if (g_mkdir_with_parents(paths->state_dir, 0700) != 0) {
        g_set_error(error, G_FILE_ERROR, (int)g_file_error_from_errno(errno), "%s: %s",
                    paths->state_dir, g_strerror(errno));
        return -1;
    }
    const int fd = open(paths->lock_file, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0) {
        g_set_error(error, G_FILE_ERROR, (int)g_file_error_from_errno(errno), "%s: %s",
                    paths->lock_file, g_strerror(errno));
        return -1;
    }
    if (flock(fd, LOCK_EX | LOCK_NB) == 0)
        return fd;
    close(fd);
    g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_AGAIN,
                "hearthd is running with %s; stop it first: systemctl --user stop hearthd",
                paths->state_dir);
    return -1;
}

static gboolean move(const char *from_dir, const char *to_dir, const char *name, GError **error)
{
    g_autofree char *from = g_build_filename(from_dir, name, NULL);
    g_autofree char *to = g_build_filename(to_dir, name, NULL);
    if (rename(from, to) == 0 || errno == ENOENT)
        return TRUE;
    g_set_error(error, G_FILE_ERROR, (int)g_file_error_from_errno(errno), "%s: %s", from,
                g_strerror(errno));
    return FALSE;
}

/* Returns: the folder that holds the old home now; nothing is ever deleted. */
static char *set_old_aside(const HthHomePaths *paths, GError **error)
{
    g_autoptr(GDateTime) now = g_date_time_new_now_local();
    g_autofree char *stamp = g_date_time_format(now, "%Y%m%d-%H%M%S");
    g_autofree char *aside = g_strdup_printf("%s/before-restore-%s-%04x", paths->state_dir, stamp,
                                             (guint)g_random_int_range(0, 0x10000));
    if (g_mkdir(aside, 0700) != 0) {
        g_set_error(error, G_FILE_ERROR, (int)g_file_error_from_errno(errno), "%s: %s", aside,
                    g_strerror(errno));
        return NULL;
    }
    for (guint i = 0; i < G_N_ELEMENTS(set_aside); i++) {
        if (!move(paths->state_dir, aside, set_aside[i], error))
            return NULL;
    }
    return g_steal_pointer(&aside);
}

/* @dir holds what the backup holds, checked. A failure on the way puts the old home back. */
static char *put_in_place(const HthHomePaths *paths, const char *dir, GError **error)
{
    g_autofree char *aside = set_old_aside(paths, error);
    if (aside == NULL)
        return NULL;
    for (guint i = 0; i < G_N_ELEMENTS(restored); i++) {
        if (move(dir, paths->state_dir, restored[i], error))
            continue;
        for (guint j = 0; j < G_N_ELEMENTS(set_aside); j++)
            (void)move(aside, paths->state_dir, set_aside[j], NULL); /* the error is known */
        return NULL;
    }
    return g_steal_pointer(&aside);
}

static char *restore(const HthHomePaths *paths, const char *file, GError **error)
{
    g_autoptr(HthWorkDir) dir = hth_work_dir_new(paths->state_dir, error);
    if (dir == NULL)
        return NULL;
    g_auto(GStrv) names = hth_backup_file_read(file, hth_work_dir_path(dir), error);
    return names != NULL ? put_in_place(paths, hth_work_dir_path(dir), error) : NULL;
}

int hth_verb_restore(HthCli *cli, int argc, char **argv)
{
    if (!hth_cli_parse(cli, NULL, &argc, &argv, 1, 1))
        return HTH_EXIT_USAGE;
    g_autoptr(GError) error = NULL;
    g_auto(HthHomePaths) paths = { 0 };
    hth_home_paths_init(&paths, cli->state_dir, cli->socket_path, NULL);
    const int lock = take_lock(&paths, &error);
    if (lock < 0)
        return hth_cli_fail(cli, error);
    g_autofree char *aside = restore(&paths, argv[1], &error);
    close(lock);
    if (aside == NULL)
        return hth_cli_fail(cli, error);
    g_autoptr(JsonObject) answer = json_object_new();
    json_object_set_string_member(answer, "state_dir", paths.state_dir);
    json_object_set_string_member(answer, "set_aside", aside);
    if (!hth_cli_print_json(cli, answer))
        g_print("This computer is that home now. Start hearthd; devices notice nothing.\n"
                "What was here before is in %s.\n",
                aside);
    return HTH_EXIT_OK;
}
