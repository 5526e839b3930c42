/* SPDX-License-Identifier: GPL-3.0-or-later */
/* photos: brings home what was taken and recorded on this device. */
#include "finder.h"
#include "folder-env.h"
#include "uploader.h"

#include "base/error.h"

static int report(const HthHandheld *handheld, const HthTransport *transport,
                  const HthUploadCounts *counts, const GError *error)
{
    if (handheld->is_json) {
        g_autofree char *problem = hth_handheld_json_text(error != NULL ? error->message : "");
        g_print("{\"files\":%" G_GUINT64_FORMAT ",\"stored\":%" G_GUINT64_FORMAT
                ",\"sent\":%" G_GUINT64_FORMAT ",\"freed\":%" G_GUINT64_FORMAT
                ",\"refused\":%" G_GUINT64_FORMAT ",\"bytes_sent\":%" G_GUINT64_FORMAT
                ",\"bytes_received\":%" G_GUINT64_FORMAT ",\"error\":%s}\n",
                counts->n_files, counts->n_stored, counts->n_sent, counts->n_freed,
                counts->n_refused, hth_transport_bytes_sent(transport),
                hth_transport_bytes_received(transport), problem);
    } else if (error == NULL) {
        g_autofree char *sent = g_format_size(counts->bytes_sent);
        g_print("%" G_GUINT64_FORMAT " of %" G_GUINT64_FORMAT
                " files are safe at home, %" G_GUINT64_FORMAT " of them new (%s).\n",
                counts->n_stored, counts->n_files, counts->n_sent, sent);
        if (counts->n_freed > 0)
            g_print("%" G_GUINT64_FORMAT " were removed here.\n", counts->n_freed);
    }
    if (counts->n_refused > 0)
        g_printerr("hearth-handheld: the home refused %" G_GUINT64_FORMAT " files: %s\n",
                   counts->n_refused, counts->refusal);
    if (error != NULL)
        g_printerr("hearth-handheld: %s\n", error->message);
    if (error != NULL && g_error_matches(error, HTH_ERROR, HTH_ERROR_NETWORK))
        return HTH_HANDHELD_NO_HOME;
    return error != NULL || counts->n_refused > 0 ? HTH_HANDHELD_PROBLEM : HTH_HANDHELD_OK;
}

static int upload(const HthHandheld *handheld, char **dirs, gboolean frees)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(HthPairedHome) home =
        hth_paired_home_find(handheld->state_dir, handheld->home, &error);
    if (home == NULL)
        return hth_handheld_fail(handheld, error, HTH_HANDHELD_NO_HOME);
    g_autoptr(HthReach) reach = hth_find_reach(handheld, home, &error);
    if (reach == NULL)
        return hth_handheld_fail(handheld, error, HTH_HANDHELD_PROBLEM);
    g_autoptr(HthTransport) transport = hth_transport_new(reach, NULL);
    if (!hth_find_home(handheld, home, transport, &error))
        return hth_handheld_fail(handheld, error, HTH_HANDHELD_NO_HOME);
    HthUploadCounts counts = { 0 };
    for (guint i = 0; dirs[i] != NULL && error == NULL; i++) {
        g_autoptr(HthFolderEnv) env = hth_folder_env_new(dirs[i], transport);
        (void)hth_upload_folder(hth_folder_env(env), frees, &counts, &error);
    }
    const int code = report(handheld, transport, &counts, error);
    g_free(counts.refusal);
    return code;
}

int hth_handheld_verb_photos(HthHandheld *handheld, int argc, char **argv)
{
    gboolean frees = FALSE;
    const GOptionEntry entries[] = {
        { "free", 0, 0, G_OPTION_ARG_NONE, &frees, "Remove here what is safe at home", NULL },
        { NULL },
    };
    if (!hth_handheld_parse(handheld, entries, &argc, &argv, 1, 64))
        return HTH_HANDHELD_USAGE;
    return upload(handheld, argv + 1, frees);
}
