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
static const struct {
    const char *name; /* in the backup */
    const char *path; /* below the state folder */
} restored[] = {
    { "state.db", "state.db" },
    { "settings.conf", "settings.conf" },
    { "identity.pem", "identity/key.pem" },
    { "locker.pem", "locker/identity/key.pem" },
};

/* What of the old home is set aside: with a database go its journal files, with a key its
 * certificate, which is made again. */
static const struct {
    const char *path;
    const char *name;  /* where it is kept then */
    const char *below; /* only if this is in the backup; NULL: always */
} set_aside[] = {
    { "state.db", "state.db", NULL },
    { "state.db-wal", "state.db-wal", NULL },
    { "state.db-shm", "state.db-shm", NULL },
    { "settings.conf", "settings.conf", NULL },
    { "identity/key.pem", "identity-key.pem", "identity.pem" },
    { "identity/certificate.pem", "identity-certificate.pem", "identity.pem" },
    { "locker/identity/key.pem", "locker-key.pem", "locker.pem" },
    { "locker/identity/certificate.pem", "locker-certificate.pem", "locker.pem" },
};

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

/* What is not there needs no moving. */
static gboolean move(const char *from_dir, const char *from_name, const char *to_dir,
                     const char *to_name, GError **error)
{
    g_autofree char *from = g_build_filename(from_dir, from_name, NULL);
    g_autofree char *to = g_build_filename(to_dir, to_name, NULL);
    g_autofree char *folder = g_path_get_dirname(to);
    if (access(from, F_OK) != 0 && errno == ENOENT)
        return TRUE;
    if (g_mkdir_with_parents(folder, 0700) == 0 && rename(from, to) == 0)
        return TRUE;
    g_set_error(error, G_FILE_ERROR, (int)g_file_error_from_errno(errno), "%s: %s", from,
                g_strerror(errno));
    return FALSE;
}

/* Returns: the folder that holds the old home now; nothing is ever deleted. */
static char *set_old_aside(const HthHomePaths *paths, const char *const *names, GError **error)
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
        if ((set_aside[i].below == NULL || g_strv_contains(names, set_aside[i].below)) &&
            !move(paths->state_dir, set_aside[i].path, aside, set_aside[i].name, error))
            return NULL;
    }
    return g_steal_pointer(&aside);
}

/* @dir holds what the backup holds, checked. A failure on the way puts the old home back. */
static char *put_in_place(const HthHomePaths *paths, const char *dir, const char *const *names,
                          GError **error)
{
    g_autofree char *aside = set_old_aside(paths, names, error);
    if (aside == NULL)
        return NULL;
    for (guint i = 0; i < G_N_ELEMENTS(restored); i++) {
        if (move(dir, restored[i].name, paths->state_dir, restored[i].path, error))
            continue;
        for (guint j = 0; j < G_N_ELEMENTS(set_aside); j++) /* the error is known */
            (void)move(aside, set_aside[j].name, paths->state_dir, set_aside[j].path, NULL);
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
    return names != NULL ? put_in_place(paths, hth_work_dir_path(dir), (const char *const *)names,
                                        error)
                         : NULL;
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
