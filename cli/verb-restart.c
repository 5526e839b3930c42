/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "listing.h"

#define LOOK_MS 100
/* Longer than any start but one that takes the state of an older version over. */
#define ANEW_SECONDS 60

/* The next hearthd is at the same socket and has the same process id: it is known by its run.
 * While nobody answers there is nothing to tell. Returns: its status, or NULL with @error. */
static JsonObject *wait_for_next(HthCli *cli, gint64 run, GError **error)
{
    const gint64 end_us = g_get_monotonic_time() + ANEW_SECONDS * G_USEC_PER_SEC;
    for (;;) {
        g_usleep(LOOK_MS * 1000);
        g_autoptr(GError) problem = NULL;
        g_autoptr(JsonObject) status = hth_client_get(hth_cli_client(cli), "status", &problem);
        if (status != NULL && hth_number_member(status, "run") != run)
            return g_steal_pointer(&status);
        if (g_get_monotonic_time() < end_us)
            continue;
        if (problem != NULL)
            g_propagate_prefixed_error(error, g_steal_pointer(&problem),
                                       "it has not come back yet: ");
        else
            g_set_error(error, HTH_CLIENT_ERROR, HTH_CLIENT_ERROR_BROKEN,
                        "hearthd has not ended yet; its log says what it does: hearth logs");
        return NULL;
    }
}

int hth_verb_restart(HthCli *cli, int argc, char **argv)
{
    if (!hth_cli_parse(cli, NULL, &argc, &argv, 0, 0))
        return HTH_EXIT_USAGE;
    g_autoptr(GError) error = NULL;
    g_autoptr(JsonObject) before = hth_client_get(hth_cli_client(cli), "status", &error);
    if (before == NULL)
        return hth_cli_fail(cli, error);
    g_autoptr(JsonObject) answer =
        hth_client_send(hth_cli_client(cli), "POST", "restart", NULL, &error);
    if (answer == NULL)
        return hth_cli_fail(cli, error);
    g_autoptr(JsonObject) after = wait_for_next(cli, hth_number_member(before, "run"), &error);
    if (after == NULL)
        return hth_cli_fail(cli, error);
    if (!hth_cli_print_json(cli, answer))
        g_print("hearthd has started again, as “%s”.\n", hth_text_member(after, "name"));
    return HTH_EXIT_OK;
}
