/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#include "backup-file.h"
#include "cli.h"
#include "work-dir.h"

static const struct {
    const char *path; /* of the API */
    const char *name;
    gboolean is_needed;
} parts[] = {
    { "backup/state", "state.db", TRUE },
    { "backup/settings", "settings.conf", FALSE },
    { "backup/config", "hearth.conf", FALSE },
    { "backup/identity", "identity.pem", TRUE },
    { "backup/locker", "locker.pem", FALSE },
};

/* @out_is_there: FALSE when this home has no such part. */
static gboolean fetch(HthCli *cli, guint part, const char *dir, gboolean *out_is_there,
                      GError **error)
{
    g_autofree char *path = g_build_filename(dir, parts[part].name, NULL);
    const int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0) {
        g_set_error(error, G_FILE_ERROR, (int)g_file_error_from_errno(errno), "%s: %s", path,
                    g_strerror(errno));
        return FALSE;
    }
    g_autoptr(GError) problem = NULL;
    *out_is_there = hth_client_download(hth_cli_client(cli), parts[part].path, fd, &problem);
    close(fd);
    if (*out_is_there)
        return TRUE;
    if (!parts[part].is_needed &&
        g_error_matches(problem, HTH_CLIENT_ERROR, HTH_CLIENT_ERROR_REFUSED)) {
        (void)g_unlink(path); /* an empty file that nobody asked for */
        return TRUE;
    }
    g_propagate_error(error, g_steal_pointer(&problem));
    return FALSE;
}

static gboolean make_backup(HthCli *cli, const char *file, const char *dir, GError **error)
{
    g_autoptr(GStrvBuilder) builder = g_strv_builder_new();
    for (guint i = 0; i < G_N_ELEMENTS(parts); i++) {
        gboolean is_there = FALSE;
        if (!fetch(cli, i, dir, &is_there, error))
            return FALSE;
        if (is_there)
            g_strv_builder_add(builder, parts[i].name);
    }
    g_auto(GStrv) names = g_strv_builder_end(builder);
    return hth_backup_file_write(file, dir, (const char *const *)names, error);
}

int hth_verb_backup(HthCli *cli, int argc, char **argv)
{
    if (!hth_cli_parse(cli, NULL, &argc, &argv, 1, 1))
        return HTH_EXIT_USAGE;
    g_autoptr(GError) error = NULL;
    g_autofree char *file = g_canonicalize_filename(argv[1], NULL);
    g_autofree char *folder = g_path_get_dirname(file);
    g_autoptr(HthWorkDir) dir = hth_work_dir_new(folder, &error);
    if (dir == NULL || !make_backup(cli, file, hth_work_dir_path(dir), &error))
        return hth_cli_fail(cli, error);
    JsonObject *answer = json_object_new();
    json_object_set_string_member(answer, "file", file);
    if (!hth_cli_print_json(cli, answer))
        g_print("Everything that makes this home is in %s.\nIt holds its identity: keep it as you "
                "keep a key. The media files themselves are not in it.\n",
                file);
    json_object_unref(answer);
    return HTH_EXIT_OK;
}
