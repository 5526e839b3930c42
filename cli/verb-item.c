/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "listing.h"

typedef struct {
    int rating;
    int position_s;
    gboolean is_played;
    gboolean is_favourite;
    gboolean is_no_favourite;
    char *person;
} Changes;

static JsonObject *new_body(const Changes *changes)
{
    JsonObject *body = json_object_new();
    if (changes->person != NULL)
        json_object_set_string_member(body, "person", changes->person);
    return body;
}

static gboolean send(HthCli *cli, const char *id, const char *what, JsonObject *body,
                     GError **error)
{
    g_autofree char *path = g_strdup_printf("item/%s/%s", id, what);
    g_autoptr(JsonObject) answer = hth_client_send(hth_cli_client(cli), "POST", path, body, error);
    return answer != NULL;
}

static gboolean change(HthCli *cli, const char *id, const Changes *changes, GError **error)
{
    if (changes->is_played && !send(cli, id, "play", new_body(changes), error))
        return FALSE;
    if (changes->rating >= 0) {
        JsonObject *body = new_body(changes);
        json_object_set_int_member(body, "rating", changes->rating);
        if (!send(cli, id, "rating", body, error))
            return FALSE;
    }
    if (changes->is_favourite || changes->is_no_favourite) {
        JsonObject *body = new_body(changes);
        json_object_set_boolean_member(body, "is_favourite", changes->is_favourite);
        if (!send(cli, id, "favourite", body, error))
            return FALSE;
    }
    if (changes->position_s < 0)
        return TRUE;
    JsonObject *body = new_body(changes);
    json_object_set_int_member(body, "position_ms", (gint64)changes->position_s * 1000);
    return send(cli, id, "position", body, error);
}

static void add_text(HthTable *table, const char *label, const char *text)
{
    if (text != NULL && *text != '\0')
        hth_table_add(table, label, text);
}

static void add_take(HthTable *table, const char *label, char *text)
{
    add_text(table, label, text);
    g_free(text);
}

static void add_numbers(HthTable *table, JsonObject *item)
{
    const gint64 duration_ms = hth_number_member(item, "duration_ms");
    const gint64 size_bytes = hth_number_member(item, "size_bytes");
    const gint64 width = hth_number_member(item, "width");
    if (duration_ms > 0)
        add_take(table, "Length", hth_print_duration(duration_ms));
    if (width > 0)
        add_take(table, "Picture",
                 g_strdup_printf("%d × %d", (int)width, (int)hth_number_member(item, "height")));
    if (size_bytes > 0)
        add_take(table, "Size", hth_print_size(size_bytes));
    if (hth_number_member(item, "bitrate_bps") > 0)
        add_take(
            table, "Bit rate",
            g_strdup_printf("%d kbit/s", (int)(hth_number_member(item, "bitrate_bps") / 1000)));
    if (hth_number_member(item, "play_count") > 0) {
        g_autofree char *times =
            hth_print_count(hth_number_member(item, "play_count"), "time", "times");
        g_autofree char *last = hth_print_ago(hth_number_member(item, "last_played_unix_s"));
        add_take(table, "Played", g_strdup_printf("%s, last %s", times, last));
    }
    if (hth_number_member(item, "position_ms") > 0)
        add_take(table, "Goes on at", hth_print_duration(hth_number_member(item, "position_ms")));
    if (hth_number_member(item, "rating") > 0)
        add_take(table, "Rating",
                 g_strdup_printf("%d of 5", (int)hth_number_member(item, "rating")));
    if (json_object_has_member(item, "is_favourite"))
        add_text(table, "Favourite", "yes");
}

/* What it is converted to, as far as it was or shall be. */
static void print_renditions(JsonObject *item)
{
    JsonArray *renditions = json_object_has_member(item, "renditions")
                                ? json_object_get_array_member(item, "renditions")
                                : NULL;
    g_autoptr(HthTable) table = hth_table_new(4);
    for (guint i = 0; renditions != NULL && i < json_array_get_length(renditions); i++) {
        JsonObject *each = json_array_get_object_element(renditions, i);
        const char *state = hth_text_member(each, "state");
        g_autofree char *devices = hth_joined(each, "devices");
        if (*devices == '\0' && (strcmp(state, "none") == 0 || strcmp(state, "unsupported") == 0))
            continue;
        const gint64 size_bytes = hth_number_member(each, "size_bytes");
        g_autofree char *size = size_bytes > 0 ? hth_print_size(size_bytes) : g_strdup("");
        g_autofree char *whose =
            *devices != '\0' ? g_strconcat("for ", devices, NULL) : g_strdup("");
        hth_table_add(table, hth_text_member(each, "profile"), state, size, whose);
    }
    hth_table_print(table);
}

static void show(JsonObject *item)
{
    g_autoptr(HthTable) table = hth_table_new(2);
    hth_table_style(table, 0, HTH_STYLE_DIM);
    add_text(table, "Title", hth_text_member(item, "title"));
    add_take(table, "Artist", hth_artists(item));
    add_text(table, "Album", hth_text_member(item, "album"));
    if (hth_number_member(item, "track") > 0)
        add_take(table, "Track", hth_print_number(hth_number_member(item, "track")));
    add_text(table, "Date", hth_text_member(item, "date"));
    add_text(table, "Kind", hth_text_member(item, "kind"));
    add_text(table, "Type", hth_text_member(item, "mime_type"));
    add_numbers(table, item);
    add_text(table, "File", hth_text_member(item, "path"));
    if (json_object_has_member(item, "is_available") &&
        !json_object_get_boolean_member(item, "is_available"))
        add_text(table, "Note", "its disk is away");
    hth_table_print(table);
    print_renditions(item);
}

/* An older hearthd, or a container, has none. */
static void add_renditions(HthCli *cli, JsonObject *item, const char *path)
{
    g_autofree char *below = g_strconcat(path, "/renditions", NULL);
    if (json_object_has_member(item, "child_count"))
        return;
    g_autoptr(JsonObject) answer = hth_client_get(hth_cli_client(cli), below, NULL);
    if (answer != NULL && json_object_has_member(answer, "renditions"))
        json_object_set_member(item, "renditions", json_object_dup_member(answer, "renditions"));
}

int hth_verb_item(HthCli *cli, int argc, char **argv)
{
    Changes changes = { .rating = -1, .position_s = -1 };
    const GOptionEntry entries[] = {
        { "rating", 0, 0, G_OPTION_ARG_INT, &changes.rating, "Rate it: 1 to 5, 0 for none", "N" },
        { "favourite", 0, 0, G_OPTION_ARG_NONE, &changes.is_favourite, "Make it a favourite",
          NULL },
        { "no-favourite", 0, 0, G_OPTION_ARG_NONE, &changes.is_no_favourite,
          "It is no favourite any more", NULL },
        { "position", 0, 0, G_OPTION_ARG_INT, &changes.position_s, "Go on at this second", "S" },
        { "played", 0, 0, G_OPTION_ARG_NONE, &changes.is_played, "Count one play", NULL },
        { "person", 0, 0, G_OPTION_ARG_STRING, &changes.person, "Of this person", "NAME" },
        { NULL },
    };
    g_autoptr(GError) error = NULL;
    if (!hth_cli_parse(cli, entries, &argc, &argv, 1, 1)) {
        g_free(changes.person);
        return HTH_EXIT_USAGE;
    }
    g_autofree char *id = hth_client_escape(argv[1]);
    const gboolean is_changed = change(cli, id, &changes, &error);
    g_free(changes.person);
    if (!is_changed)
        return hth_cli_fail(cli, error);
    g_autofree char *path = g_strconcat("item/", id, NULL);
    g_autoptr(JsonObject) item = hth_client_get(hth_cli_client(cli), path, &error);
    if (item != NULL)
        add_renditions(cli, item, path);
    return hth_cli_end(cli, item, error, show);
}
