/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "handheld.h"

#include <string.h>

#include "base/program-locale.h"

gboolean hth_handheld_parse(HthHandheld *handheld, const GOptionEntry *entries, int *argc,
                            char ***argv, int min_words, int max_words)
{
    const GOptionEntry common[] = {
        { "state-dir", 0, 0, G_OPTION_ARG_FILENAME, &handheld->state_dir,
          "Keep keys and settings in DIR", "DIR" },
        { "folder", 0, 0, G_OPTION_ARG_FILENAME, &handheld->folder,
          "The folder that is kept in step with the home", "DIR" },
        { "interface", 0, 0, G_OPTION_ARG_STRING, &handheld->interface,
          "Use this network interface alone", "IFNAME" },
        { "home", 0, 0, G_OPTION_ARG_STRING, &handheld->home, "The home, where there are several",
          "NAME" },
        { "address", 0, 0, G_OPTION_ARG_STRING, &handheld->address,
          "Where the home is, instead of looking for it", "ADDRESS[:PORT]" },
        { "json", 0, 0, G_OPTION_ARG_NONE, &handheld->is_json, "One JSON object on one line",
          NULL },
        { NULL },
    };
    g_autoptr(GError) error = NULL;
    g_autoptr(GOptionContext) context = g_option_context_new(handheld->verb->arguments);
    g_option_context_set_summary(context, handheld->verb->summary);
    g_option_context_add_main_entries(context, common, NULL);
    if (entries != NULL)
        g_option_context_add_main_entries(context, entries, NULL);
    if (!g_option_context_parse(context, argc, argv, &error)) {
        g_printerr("hearth-handheld %s: %s\n", handheld->verb->name, error->message);
        return FALSE;
    }
    const int n_words = *argc - 1;
    if (n_words < min_words || n_words > max_words) {
        g_printerr("usage: hearth-handheld %s %s\n", handheld->verb->name,
                   handheld->verb->arguments);
        return FALSE;
    }
    if (handheld->state_dir == NULL)
        handheld->state_dir = g_build_filename(g_get_user_state_dir(), "hearth-handheld", NULL);
    return TRUE;
}

char *hth_handheld_json_text(const char *text)
{
    g_autofree char *valid = g_utf8_make_valid(text, -1);
    GString *json = g_string_new("\"");
    for (const char *letter = valid; *letter != '\0'; letter++) {
        if (*letter == '"' || *letter == '\\')
            g_string_append_printf(json, "\\%c", *letter);
        else if ((guchar)*letter < 0x20)
            g_string_append_printf(json, "\\u%04x", (guchar)*letter);
        else
            g_string_append_c(json, *letter);
    }
    g_string_append_c(json, '"');
    return g_string_free(json, FALSE);
}

int hth_handheld_fail(const HthHandheld *handheld, const GError *error, int code)
{
    if (handheld->is_json) {
        g_autofree char *text = hth_handheld_json_text(error->message);
        g_print("{\"error\":%s}\n", text);
    }
    g_printerr("hearth-handheld: %s\n", error->message);
    return code;
}
