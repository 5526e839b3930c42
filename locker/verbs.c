/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "verbs.h"

#include <string.h>

#define SYSTEM_DATA_DIR "/var/lib/hearth-locker"

static const HthLockerVerb verbs[] = {
    { "accounts", "list|limit|remove", "Show households, limit them, remove them",
      hth_locker_verb_accounts },
    { "invite", "", "Make a code with which a household can join", hth_locker_verb_invite },
    { "serve", "", "Relay, until it is stopped", hth_locker_verb_serve },
    { "status", "", "Show what is going on", hth_locker_verb_status },
};

const HthLockerVerb *hth_locker_verbs(guint *out_n)
{
    *out_n = G_N_ELEMENTS(verbs);
    return verbs;
}

void hth_locker_common_clear(HthLockerCommon *self)
{
    g_clear_pointer(&self->data_dir, g_free);
}

static char *default_data_dir(void)
{
    const char *given = g_getenv("STATE_DIRECTORY");
    return g_strdup(given != NULL && *given != '\0' ? given : SYSTEM_DATA_DIR);
}

gboolean hth_locker_parse(HthLockerCommon *common, const char *verb, const GOptionEntry *entries,
                          int *argc, char ***argv, int min_words, int max_words)
{
    const GOptionEntry own[] = {
        { "data", 'd', 0, G_OPTION_ARG_FILENAME, &common->data_dir, "Where everything is kept",
          "DIR" },
        { "json", 0, 0, G_OPTION_ARG_NONE, &common->is_json, "Print JSON", NULL },
        { NULL },
    };
    g_autoptr(GError) error = NULL;
    g_autoptr(GOptionContext) context = g_option_context_new(NULL);
    g_option_context_add_main_entries(context, own, NULL);
    if (entries != NULL)
        g_option_context_add_main_entries(context, entries, NULL);
    if (!g_option_context_parse(context, argc, argv, &error)) {
        g_printerr("hearth-locker: %s\n", error->message);
        return FALSE;
    }
    if (*argc - 1 < min_words || *argc - 1 > max_words) {
        g_printerr("hearth-locker: too %s words; try: hearth-locker %s --help\n",
                   *argc - 1 < min_words ? "few" : "many", verb);
        return FALSE;
    }
    if (common->data_dir == NULL)
        common->data_dir = default_data_dir();
    return TRUE;
}

HthCatalogue *hth_locker_open_catalogue(const HthLockerCommon *common)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *path = g_build_filename(common->data_dir, "locker.sqlite", NULL);
    if (!g_file_test(path, G_FILE_TEST_EXISTS)) {
        g_printerr("hearth-locker: there is no locker in %s; say where with --data, or begin one: "
                   "hearth-locker serve --data DIR --name NAME\n",
                   common->data_dir);
        return NULL;
    }
    HthCatalogue *catalogue = hth_catalogue_open(common->data_dir, &error);
    if (catalogue == NULL)
        hth_locker_fail(error);
    return catalogue;
}

int hth_locker_fail(const GError *error)
{
    g_printerr("hearth-locker: %s\n", error->message);
    return HTH_LOCKER_PROBLEM;
}

gboolean hth_locker_read_size(const char *text, guint64 *out_bytes)
{
    static const char units[] = "kMGT";
    char *end = NULL;
    if (strcmp(text, "none") == 0) {
        *out_bytes = 0;
        return TRUE;
    }
    const double number = g_ascii_strtod(text, &end);
    if (end == text || !(number > 0) || number > 1e15)
        return FALSE;
    while (*end == ' ')
        end++;
    double factor = 1;
    const char letter = *end == 'K' ? 'k' : *end;
    const char *unit = letter != '\0' ? strchr(units, letter) : NULL;
    if (unit != NULL) {
        for (const char *step = units; step <= unit; step++)
            factor *= 1000;
        end++;
    }
    if (*end == 'B')
        end++;
    if (*end != '\0' || number * factor > 1e17)
        return FALSE;
    *out_bytes = MAX((guint64)(number * factor), 1);
    return TRUE;
}
