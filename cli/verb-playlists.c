/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "listing.h"
#include "sub-verb.h"

/* Which playlist, its title, and the items. */
#define MAX_WORDS 1099

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

static JsonObject *list(HthCli *cli, const HthSubVerb *row, char **words, GError **error)
{
    (void)row;
    (void)words;
    return hth_client_get(hth_cli_client(cli), "browse/music-playlists?count=1000&sort=title",
                          error);
}

static JsonObject *create(HthCli *cli, const HthSubVerb *row, char **words, GError **error)
{
    (void)row;
    return hth_client_send(hth_cli_client(cli), "POST", "playlists",
                           playlist_body(words[0], words + 1), error);
}

/* New string. */
static char *path_of(const char *playlist)
{
    g_autofree char *id = hth_client_escape(playlist);
    return g_strconcat("playlists/", id, NULL);
}

static JsonObject *replace(HthCli *cli, const HthSubVerb *row, char **words, GError **error)
{
    (void)row;
    g_autofree char *path = path_of(words[0]);
    return hth_client_send(hth_cli_client(cli), "PUT", path, playlist_body(words[1], words + 2),
                           error);
}

static JsonObject *remove_one(HthCli *cli, const HthSubVerb *row, char **words, GError **error)
{
    (void)row;
    g_autofree char *path = path_of(words[0]);
    return hth_client_send(hth_cli_client(cli), "DELETE", path, NULL, error);
}

static void print_id(JsonObject *answer)
{
    if (json_object_has_member(answer, "id"))
        g_print("%s\n", hth_text_member(answer, "id"));
}

static const HthSubVerb rows[] = {
    { "list", 0, 0, list, hth_page_print },
    { "create", 1, MAX_WORDS, create, print_id },
    { "replace", 2, MAX_WORDS, replace, print_id },
    { "delete", 1, 1, remove_one, print_id },
};

int hth_verb_playlists(HthCli *cli, int argc, char **argv)
{
    return hth_sub_verb_run(cli, rows, G_N_ELEMENTS(rows),
                            "list, create TITLE ID…, replace PLAYLIST TITLE ID…, delete PLAYLIST",
                            argc, argv);
}
