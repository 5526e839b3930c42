/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "listing.h"

static JsonObject *playlist_body(const char *title, char **ids)
{
    JsonObject *body = json_object_new();
    JsonArray *items = json_array_new();
    for (char **id = ids; *id != NULL; id++)
        json_array_add_string_element(items, *id);
    json_object_set_string_member(body, "title", title);
    json_object_set_array_member(body, "items", items);
    return body;
}

static JsonObject *ask(HthCli *cli, int argc, char **argv, gboolean *out_makes_sense,
                       GError **error)
{
    HthClient *client = hth_cli_client(cli);
    const char *action = argc > 1 ? argv[1] : "list";
    *out_makes_sense = TRUE;
    if (strcmp(action, "list") == 0 && argc <= 2)
        return hth_client_get(client, "browse/music-playlists?count=1000&sort=title", error);
    if (strcmp(action, "create") == 0 && argc >= 3)
        return hth_client_send(client, "POST", "playlists", playlist_body(argv[2], argv + 3),
                               error);
    g_autofree char *id = argc > 2 ? hth_client_escape(argv[2]) : NULL;
    g_autofree char *path = id != NULL ? g_strconcat("playlists/", id, NULL) : NULL;
    if (strcmp(action, "replace") == 0 && argc >= 4)
        return hth_client_send(client, "PUT", path, playlist_body(argv[3], argv + 4), error);
    if (strcmp(action, "delete") == 0 && argc == 3)
        return hth_client_send(client, "DELETE", path, NULL, error);
    *out_makes_sense = FALSE;
    return NULL;
}

int hth_verb_playlists(HthCli *cli, int argc, char **argv)
{
    if (!hth_cli_parse(cli, NULL, &argc, &argv, 0, 1100))
        return HTH_EXIT_USAGE;
    g_autoptr(GError) error = NULL;
    gboolean makes_sense = FALSE;
    g_autoptr(JsonObject) answer = ask(cli, argc, argv, &makes_sense, &error);
    if (!makes_sense) {
        g_printerr("hearth playlists takes: list, create TITLE ID…, replace PLAYLIST TITLE ID…, "
                   "delete PLAYLIST\n");
        return HTH_EXIT_USAGE;
    }
    if (answer == NULL)
        return hth_cli_fail(cli, error);
    if (hth_cli_print_json(cli, answer))
        return HTH_EXIT_OK;
    if (json_object_has_member(answer, "objects"))
        hth_page_print(answer);
    else if (json_object_has_member(answer, "id"))
        g_print("%s\n", hth_text_member(answer, "id"));
    return HTH_EXIT_OK;
}
