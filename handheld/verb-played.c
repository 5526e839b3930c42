/* SPDX-License-Identifier: GPL-3.0-or-later */
/* played: for players that would rather run a program than write a file into the inbox. */
#include <string.h>

#include "base/error.h"
#include "folder-env.h"
#include "session.h"
#include "sync/inbox.h"

/* @file below @folder, as a relative path; NULL: it is not. */
static char *relative_path(const char *folder, const char *file)
{
    g_autofree char *absolute =
        g_canonicalize_filename(file, g_path_is_absolute(file) ? NULL : folder);
    const gsize length = strlen(folder);
    if (strncmp(absolute, folder, length) != 0 || absolute[length] != '/')
        return NULL;
    return g_strdup(absolute + length + 1);
}

static gboolean put(const HthSyncEnv *env, const char *path, const char *word, const char *value,
                    GError **error)
{
    const gint64 now_ms = g_get_real_time() / 1000;
    g_autofree char *name =
        g_strdup_printf("%" G_GINT64_FORMAT "-%08x-%s", now_ms, g_random_int(), word);
    g_autofree char *line = g_strdup_printf("%" G_GINT64_FORMAT "\t%s\t%s%s%s", now_ms, word, path,
                                            value != NULL ? "\t" : "", value != NULL ? value : "");
    return hth_inbox_put(env, name, line, error);
}

typedef struct {
    char *position;
    char *rating;
    char *favourite;
    gboolean is_skipped;
} What;

static gboolean put_all(const HthSyncEnv *env, const char *path, const What *what, GError **error)
{
    const gboolean is_play = what->position == NULL && what->rating == NULL &&
                             what->favourite == NULL && !what->is_skipped;
    const char *favourite = g_strcmp0(what->favourite, "yes") == 0 ? "1" : "0";
    return (!is_play || put(env, path, "played", NULL, error)) &&
           (!what->is_skipped || put(env, path, "skipped", NULL, error)) &&
           (what->position == NULL || put(env, path, "position", what->position, error)) &&
           (what->rating == NULL || put(env, path, "rating", what->rating, error)) &&
           (what->favourite == NULL || put(env, path, "favourite", favourite, error));
}

static int note(const HthHandheld *handheld, const char *file, const What *what)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(HthPairedHome) home =
        hth_paired_home_find(handheld->state_dir, handheld->home, &error);
    if (home == NULL)
        return hth_handheld_fail(handheld, error, HTH_HANDHELD_NO_HOME);
    g_autofree char *path = home->folder != NULL ? relative_path(home->folder, file) : NULL;
    if (path == NULL) {
        g_set_error(&error, HTH_ERROR, HTH_ERROR_INVALID, "%s is not in the folder of %s", file,
                    home->name);
        return hth_handheld_fail(handheld, error, HTH_HANDHELD_USAGE);
    }
    g_autoptr(HthFolderEnv) env = hth_folder_env_new(home->folder, NULL);
    HthSyncStat stat;
    const HthSyncEnv *folder = hth_folder_env(env);
    if (!folder->funcs->stat(folder->data, path, &stat, &error) ||
        !put_all(folder, path, what, &error))
        return hth_handheld_fail(handheld, error, HTH_HANDHELD_PROBLEM);
    /* Where no agent runs, it is told at the next sync. */
    (void)hth_session_wish(handheld->state_dir, home, "plays", NULL);
    return HTH_HANDHELD_OK;
}

int hth_handheld_verb_played(HthHandheld *handheld, int argc, char **argv)
{
    What what = { 0 };
    const GOptionEntry entries[] = {
        { "position", 0, 0, G_OPTION_ARG_STRING, &what.position, "It was left there", "MS" },
        { "rating", 0, 0, G_OPTION_ARG_STRING, &what.rating, "It was rated", "0…100" },
        { "favourite", 0, 0, G_OPTION_ARG_STRING, &what.favourite, "It is one, or is not",
          "yes|no" },
        { "skipped", 0, 0, G_OPTION_ARG_NONE, &what.is_skipped, "It was skipped", NULL },
        { NULL },
    };
    const int code = hth_handheld_parse(handheld, entries, &argc, &argv, 1, 1)
                         ? note(handheld, argv[1], &what)
                         : HTH_HANDHELD_USAGE;
    g_free(what.position);
    g_free(what.rating);
    g_free(what.favourite);
    return code;
}
