/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "device-rule.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "listing.h"

/* Files named below the sums on a terminal; --all names them all. */
#define SHOWN 12
#define ALL   10000

typedef struct {
    char **kinds, **playlists, **artists, **albums, **genres, **order, **include;
    gboolean has_everything, has_favourites, is_only_on_power, is_only_unmetered;
    int rating, newest, unplayed, least_recent; /* -1: not said */
    char *max_bytes, *rendition, *away, *stream, *json;
    gboolean is_cleared, is_applied, has_all;
} Options;

static void options_clear(Options *options)
{
    char **const *lists[] = { &options->kinds,  &options->playlists, &options->artists,
                              &options->albums, &options->genres,    &options->order,
                              &options->include };
    for (guint i = 0; i < G_N_ELEMENTS(lists); i++)
        g_strfreev(*lists[i]);
    g_free(options->max_bytes);
    g_free(options->rendition);
    g_free(options->away);
    g_free(options->stream);
    g_free(options->json);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Options, options_clear)

/* ---- The rule that the options make of the one in force ---- */

static void set_list(JsonObject *rule, const char *name, char *const *values)
{
    if (values == NULL)
        return;
    JsonArray *array = json_array_new();
    for (guint i = 0; values[i] != NULL; i++) {
        if (*values[i] != '\0') /* --artist "" takes all artists out */
            json_array_add_string_element(array, values[i]);
    }
    if (json_array_get_length(array) > 0) {
        json_object_set_array_member(rule, name, array);
        return;
    }
    json_array_unref(array);
    json_object_remove_member(rule, name);
}

static void set_count(JsonObject *rule, const char *name, int count)
{
    if (count > 0)
        json_object_set_int_member(rule, name, count);
    else if (count == 0)
        json_object_remove_member(rule, name);
}

/* "32G", "500 MB", "1000000"; 0 takes the budget away. */
static gboolean parse_size(const char *text, gint64 *out_bytes)
{
    static const char units[] = "KMGT";
    char *end = NULL;
    const double number = g_ascii_strtod(text, &end);
    if (end == text || number < 0 || number > 1e15)
        return FALSE;
    while (*end == ' ')
        end++;
    const char *unit = *end != '\0' ? strchr(units, g_ascii_toupper(*end)) : NULL;
    double factor = 1;
    for (const char *each = units; unit != NULL && each <= unit; each++)
        factor *= 1000;
    if (unit != NULL)
        end++;
    if (*end == 'B' || *end == 'b')
        end++;
    *out_bytes = (gint64)MIN(number * factor, 9e18);
    return *end == '\0';
}

static gboolean set_max(JsonObject *rule, const char *text)
{
    gint64 bytes;
    if (text == NULL)
        return TRUE;
    if (!parse_size(text, &bytes)) {
        g_printerr("hearth devices rule: --max takes a size such as 32G or 500M, not “%s”\n", text);
        return FALSE;
    }
    if (bytes > 0)
        json_object_set_int_member(rule, "max_bytes", bytes);
    else
        json_object_remove_member(rule, "max_bytes");
    return TRUE;
}

/* Takes items out of those that were deleted on the device; "all" takes out all. */
static void include(JsonObject *rule, char *const *items)
{
    if (items == NULL || !json_object_has_member(rule, "excluded"))
        return;
    JsonArray *old = json_object_get_array_member(rule, "excluded");
    JsonArray *left = json_array_new();
    for (guint i = 0; i < json_array_get_length(old); i++) {
        const char *id = json_array_get_string_element(old, i);
        if (!g_strv_contains((const char *const *)items, id) &&
            !g_strv_contains((const char *const *)items, "all"))
            json_array_add_string_element(left, id);
    }
    json_object_set_array_member(rule, "excluded", left);
}

static void set_flag(JsonObject *rule, const char *name, gboolean is_set)
{
    if (is_set)
        json_object_set_boolean_member(rule, name, TRUE);
}

/* "opus-128" or "opus-128,photo-1080"; "original" takes all of them out. hearthd knows the names.
 */
static void set_rendition(JsonObject *rule, const char *text)
{
    g_auto(GStrv) names = text != NULL ? g_strsplit_set(text, ", ", -1) : NULL;
    if (names != NULL)
        set_list(rule, "rendition", names);
}

/* hearthd knows the words; an empty one takes it out. */
static void set_away(JsonObject *rule, const char *word)
{
    if (word != NULL && *word != '\0')
        json_object_set_string_member(rule, "away", word);
    else if (word != NULL)
        json_object_remove_member(rule, "away");
}

static gboolean set_stream(JsonObject *rule, const char *word)
{
    if (word == NULL)
        return TRUE;
    const gboolean is_yes = strcmp(word, "yes") == 0;
    if (!is_yes && strcmp(word, "no") != 0) {
        g_printerr("hearth devices rule: --stream takes yes or no\n");
        return FALSE;
    }
    if (is_yes)
        json_object_set_boolean_member(rule, "stream", TRUE);
    else
        json_object_remove_member(rule, "stream");
    return TRUE;
}

static gboolean change_rule(JsonObject *rule, const Options *options)
{
    set_list(rule, "kinds", options->kinds);
    set_list(rule, "playlists", options->playlists);
    set_list(rule, "artists", options->artists);
    set_list(rule, "albums", options->albums);
    set_list(rule, "genres", options->genres);
    set_list(rule, "order", options->order);
    set_flag(rule, "everything", options->has_everything);
    set_flag(rule, "favourites", options->has_favourites);
    set_flag(rule, "only_on_power", options->is_only_on_power);
    set_flag(rule, "only_unmetered", options->is_only_unmetered);
    set_count(rule, "rating", options->rating);
    set_count(rule, "newest", options->newest);
    set_count(rule, "unplayed", options->unplayed);
    set_count(rule, "least_recent", options->least_recent);
    set_rendition(rule, options->rendition);
    include(rule, options->include);
    set_away(rule, options->away);
    return set_stream(rule, options->stream) && set_max(rule, options->max_bytes);
}

static gboolean has_change(const Options *options)
{
    return options->kinds != NULL || options->playlists != NULL || options->artists != NULL ||
           options->albums != NULL || options->genres != NULL || options->order != NULL ||
           options->include != NULL || options->has_everything || options->has_favourites ||
           options->is_only_on_power || options->is_only_unmetered || options->rating >= 0 ||
           options->newest >= 0 || options->unplayed >= 0 || options->least_recent >= 0 ||
           options->max_bytes != NULL || options->rendition != NULL || options->away != NULL ||
           options->stream != NULL || options->json != NULL || options->is_cleared;
}

/* NULL: what is wrong has been said. */
static JsonObject *make_rule(JsonObject *in_force, const Options *options)
{
    g_autoptr(JsonNode) node = NULL;
    if (options->json != NULL || options->is_cleared)
        node = json_from_string(options->json != NULL ? options->json : "{}", NULL);
    else
        node = json_node_copy(json_object_get_member(in_force, "rule"));
    if (node == NULL || !JSON_NODE_HOLDS_OBJECT(node)) {
        g_printerr("hearth devices rule: --rule takes one JSON object\n");
        return NULL;
    }
    JsonObject *rule = json_node_dup_object(node);
    if (change_rule(rule, options))
        return rule;
    json_object_unref(rule);
    return NULL;
}

/* ---- What is shown ---- */

static const struct {
    const char *fate, *label;
    HthStyle style;
} fates[] = {
    { "there", "There", HTH_STYLE_PLAIN },        { "coming", "Will come", HTH_STYLE_GOOD },
    { "changes", "Will change", HTH_STYLE_GOOD }, { "going", "Will go", HTH_STYLE_WARN },
    { "no_room", "No room for", HTH_STYLE_WARN }, { "failed", "Failed", HTH_STYLE_BAD },
};

static void print_sums(JsonObject *sync)
{
    g_autoptr(HthTable) table = hth_table_new(3);
    hth_table_style(table, 0, HTH_STYLE_DIM);
    for (guint i = 0; i < G_N_ELEMENTS(fates); i++) {
        JsonObject *sums = json_object_get_object_member(sync, fates[i].fate);
        const gint64 files = hth_number_member(sums, "files");
        if (files == 0 && i > 0)
            continue;
        g_autofree char *count = hth_print_count(files, "file", "files");
        g_autofree char *size = hth_print_size(hth_number_member(sums, "bytes"));
        hth_table_add(table, fates[i].label, count, size);
    }
    hth_table_print(table);
}

static char *reason_of(JsonObject *item)
{
    const char *rendition = hth_text_member(item, "rendition");
    const char *why = hth_text_member(item, "why");
    return rendition != NULL ? g_strdup_printf("%s; %s", rendition, why) : g_strdup(why);
}

static void print_items(JsonObject *sync)
{
    JsonArray *items = json_object_get_array_member(sync, "items");
    g_autoptr(HthTable) table = hth_table_new(4);
    hth_table_style(table, 0, HTH_STYLE_DIM);
    hth_table_align_right(table, 2);
    guint n = 0;
    for (guint i = 0; i < json_array_get_length(items); i++) {
        JsonObject *item = json_array_get_object_element(items, i);
        const char *fate = hth_text_member(item, "fate");
        for (guint f = 0; f < G_N_ELEMENTS(fates); f++) {
            if (strcmp(fate, fates[f].fate) != 0)
                continue;
            g_autofree char *size = hth_print_size(hth_number_member(item, "bytes"));
            g_autofree char *why = reason_of(item);
            hth_table_add(table, fates[f].label, hth_text_member(item, "path"), size, why);
            n++;
        }
    }
    if (n > 0)
        hth_table_print(table);
    const gint64 left_out = hth_number_member(sync, "items_left_out");
    g_autofree char *more = hth_print_count(left_out, "more file", "more files");
    if (left_out > 0)
        g_print("… and %s (--all names them)\n", more);
}

static void print_remarks(JsonObject *sync)
{
    g_autofree char *sent = hth_print_size(hth_number_member(sync, "sent_bytes"));
    if (hth_number_member(sync, "sent_bytes") > 0)
        g_print("%s of what comes is on its way.\n", sent);
    JsonArray *unknown = json_object_has_member(sync, "unknown")
                             ? json_object_get_array_member(sync, "unknown")
                             : NULL;
    for (guint i = 0; unknown != NULL && i < json_array_get_length(unknown); i++)
        g_print("The library has no %s.\n", json_array_get_string_element(unknown, i));
    if (json_object_get_boolean_member_with_default(sync, "will_be_wiped", FALSE))
        g_print("It will be wiped when it comes.\n");
    if (!json_object_get_boolean_member_with_default(sync, "has_volume", TRUE))
        g_print("Its card or folder was away when it was last here.\n");
    if (hth_number_member(sync, "converting") > 0) {
        g_autofree char *files =
            hth_print_count(hth_number_member(sync, "converting"), "file waits", "files wait");
        g_print("%s for a conversion.\n", files);
    }
    if (hth_number_member(sync, "held_back") > 0) {
        g_autofree char *files =
            hth_print_count(hth_number_member(sync, "held_back"), "file is", "files are");
        g_print("%s missing on the device at once, which waits for a word: `hearth-handheld "
                "confirm` there.\n",
                files);
    }
    if (hth_number_member(sync, "clone_seen_unix_s") > 0) {
        g_autofree char *ago = hth_print_ago(hth_number_member(sync, "clone_seen_unix_s"));
        g_print("A second device used a copy of its state %s: pair one of them anew.\n", ago);
    }
}

void hth_device_print_sync(JsonObject *sync)
{
    g_autofree char *seen = hth_print_ago(hth_number_member(sync, "last_sync_unix_s"));
    const gboolean is_here = json_object_get_boolean_member_with_default(sync, "is_here", FALSE);
    g_autofree char *rule = json_to_string(json_object_get_member(sync, "rule"), FALSE);
    g_autofree char *free_bytes = hth_print_size(hth_number_member(sync, "free_bytes"));
    g_print("Rule: %s\n", strcmp(rule, "{}") == 0 ? "none: it gets nothing" : rule);
    if (json_object_has_member(sync, "free_bytes"))
        g_print("%s, %s free\n", is_here ? "Connected now" : seen, free_bytes);
    else
        g_print("%s\n", is_here ? "Connected now" : "It has not synced yet.");
    print_sums(sync);
    print_items(sync);
    print_remarks(sync);
}

/* ---- Asking hearthd ---- */

static char *path_of(const char *name, const char *below)
{
    g_autofree char *escaped = hth_client_escape(name);
    return g_strconcat("paired/", escaped, below, NULL);
}

JsonObject *hth_device_sync(HthCli *cli, const char *name, GError **error)
{
    g_autofree char *below = g_strdup_printf("/sync?items=%d", cli->is_json ? ALL : SHOWN);
    g_autofree char *path = path_of(name, below);
    return hth_client_get(hth_cli_client(cli), path, error);
}

static JsonObject *send_rule(HthCli *cli, const char *method, const char *name, JsonObject *rule,
                             gboolean has_all, GError **error)
{
    g_autofree char *below =
        g_strdup_printf("/rule?items=%d", cli->is_json || has_all ? ALL : SHOWN);
    g_autofree char *path = path_of(name, below);
    JsonObject *body = json_object_new();
    json_object_set_object_member(body, "rule", json_object_ref(rule));
    return hth_client_send(hth_cli_client(cli), method, path, body, error);
}

/* Asked on a terminal only; elsewhere nothing is done without --apply. */
static gboolean is_agreed(HthCli *cli, const Options *options)
{
    if (options->is_applied)
        return TRUE;
    if (cli->is_json || !isatty(STDIN_FILENO) || !hth_print_is_terminal())
        return FALSE;
    g_print("Make it so? [y/N] ");
    char line[16] = "";
    return fgets(line, sizeof line, stdin) != NULL && (line[0] == 'y' || line[0] == 'Y');
}

static int apply(HthCli *cli, const char *name, JsonObject *rule, const Options *options)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(JsonObject) answer = send_rule(cli, "PUT", name, rule, options->has_all, &error);
    if (answer == NULL)
        return hth_cli_fail(cli, error);
    json_object_set_boolean_member(answer, "applied", TRUE);
    if (!hth_cli_print_json(cli, answer))
        g_print("The rule of %s is in force.\n", name);
    return HTH_EXIT_OK;
}

static int try_and_apply(HthCli *cli, const char *name, JsonObject *rule, const Options *options)
{
    g_autoptr(GError) error = NULL;
    if (cli->is_json && options->is_applied)
        return apply(cli, name, rule, options);
    g_autoptr(JsonObject) answer = send_rule(cli, "POST", name, rule, options->has_all, &error);
    if (answer == NULL)
        return hth_cli_fail(cli, error);
    json_object_set_boolean_member(answer, "applied", FALSE);
    if (hth_cli_print_json(cli, answer))
        return HTH_EXIT_OK;
    hth_device_print_sync(answer);
    if (is_agreed(cli, options))
        return apply(cli, name, rule, options);
    g_print("Nothing was changed%s\n", isatty(STDIN_FILENO) ? "." : ": add --apply to make it so.");
    return HTH_EXIT_OK;
}

static int show(HthCli *cli, const char *name, gboolean has_all)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *below =
        g_strdup_printf("/sync?items=%d", cli->is_json || has_all ? ALL : SHOWN);
    g_autofree char *path = path_of(name, below);
    g_autoptr(JsonObject) sync = hth_client_get(hth_cli_client(cli), path, &error);
    return hth_cli_end(cli, sync, error, hth_device_print_sync);
}

static int run(HthCli *cli, const char *name, const Options *options)
{
    if (!has_change(options))
        return show(cli, name, options->has_all);
    g_autoptr(GError) error = NULL;
    g_autofree char *path = path_of(name, "/rule");
    g_autoptr(JsonObject) in_force = hth_client_get(hth_cli_client(cli), path, &error);
    if (in_force == NULL)
        return hth_cli_fail(cli, error);
    g_autoptr(JsonObject) rule = make_rule(in_force, options);
    return rule != NULL ? try_and_apply(cli, name, rule, options) : HTH_EXIT_USAGE;
}

int hth_device_rule(HthCli *cli, int argc, char **argv)
{
    g_auto(Options) options = { .rating = -1, .newest = -1, .unplayed = -1, .least_recent = -1 };
#define LIST(name, field, what)                                                                    \
    {                                                                                              \
        name, 0, 0, G_OPTION_ARG_STRING_ARRAY, &options.field, what " (may be repeated)", "NAME"   \
    }
#define FLAG(name, field, what)                                                                    \
    {                                                                                              \
        name, 0, 0, G_OPTION_ARG_NONE, &options.field, what, NULL                                  \
    }
#define COUNT(name, field, what)                                                                   \
    {                                                                                              \
        name, 0, 0, G_OPTION_ARG_INT, &options.field, what, "N"                                    \
    }
    const GOptionEntry entries[] = {
        LIST("kind", kinds, "Only music, video or photo"),
        LIST("playlist", playlists, "What is in this playlist"),
        LIST("artist", artists, "All of this artist"),
        LIST("album", albums, "This album"),
        LIST("genre", genres, "All of this genre"),
        FLAG("favourites", has_favourites, "All favourites"),
        COUNT("rating", rating, "What has so many stars or more"),
        COUNT("newest", newest, "The newest N"),
        COUNT("unplayed", unplayed, "The newest N that were never played"),
        COUNT("least-recent", least_recent, "The N that were heard longest ago"),
        FLAG("everything", has_everything, "The whole library"),
        { "max", 0, 0, G_OPTION_ARG_STRING, &options.max_bytes, "No more than this: 32G, 500M",
          "SIZE" },
        LIST("order", order, "What is kept first when that is too little: newest, playlists, …"),
        { "rendition", 0, 0, G_OPTION_ARG_STRING, &options.rendition,
          "What it gets converted, one profile a kind: opus-128,h264-720p,photo-1080; or original",
          "NAMES" },
        FLAG("only-on-power", is_only_on_power, "No data while it is on battery"),
        FLAG("only-unmetered", is_only_unmetered, "No data over a network that costs"),
        { "away", 0, 0, G_OPTION_ARG_STRING, &options.away,
          "What comes away from home or over a network that costs: nothing, metadata, smaller or "
          "everything",
          "WORD" },
        { "stream", 0, 0, G_OPTION_ARG_STRING, &options.stream,
          "Playlists name what is not on it, too, and play it from here", "yes|no" },
        LIST("include", include, "Bring back what was deleted on it: an item's id, or all"),
        FLAG("clear", is_cleared, "Begin with an empty rule"),
        { "rule", 0, 0, G_OPTION_ARG_STRING, &options.json, "The whole rule as JSON", "JSON" },
        FLAG("apply", is_applied, "Do it, without a question"),
        FLAG("all", has_all, "Name every file"),
        { NULL },
    };
#undef LIST
#undef FLAG
#undef COUNT
    if (!hth_cli_parse(cli, entries, &argc, &argv, 2, 2))
        return HTH_EXIT_USAGE;
    return run(cli, argv[2], &options);
}
