/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "listing.h"

static const struct {
    const char *result;
    const char *mark;
    HthStyle style;
} marks[] = {
    { "ok", "✓", HTH_STYLE_GOOD },
    { "note", "·", HTH_STYLE_DIM },
    { "warning", "!", HTH_STYLE_WARN },
    { "problem", "✗", HTH_STYLE_BAD },
};

static void print_finding(JsonObject *finding)
{
    const char *result = hth_text_member(finding, "result");
    for (guint i = 0; i < G_N_ELEMENTS(marks); i++) {
        if (strcmp(marks[i].result, result) != 0)
            continue;
        g_autofree char *mark = hth_print_styled(marks[i].style, marks[i].mark);
        g_autofree char *subject =
            hth_print_styled(HTH_STYLE_BOLD, hth_text_member(finding, "subject"));
        g_print("%s %s: %s\n", mark, subject, hth_text_member(finding, "finding"));
    }
    const char *cause = hth_text_member(finding, "cause");
    const char *mend = hth_text_member(finding, "mend");
    if (cause != NULL)
        g_print("    Why:  %s\n", cause);
    if (mend != NULL)
        g_print("    Mend: %s\n", mend);
}

static void print_findings(JsonObject *answer)
{
    JsonArray *findings = json_object_get_array_member(answer, "findings");
    for (guint i = 0; i < json_array_get_length(findings); i++)
        print_finding(json_array_get_object_element(findings, i));
    const gint64 n_problems = hth_number_member(answer, "n_problems");
    const gint64 n_warnings = hth_number_member(answer, "n_warnings");
    g_autofree char *problems = hth_print_count(n_problems, "problem", "problems");
    g_autofree char *warnings = hth_print_count(n_warnings, "warning", "warnings");
    if (n_problems + n_warnings == 0)
        g_print("\nAll is well.\n");
    else
        g_print("\n%s, %s.\n", problems, warnings);
}

int hth_verb_doctor(HthCli *cli, int argc, char **argv)
{
    g_autofree char *device = NULL;
    const GOptionEntry entries[] = {
        { "device", 'd', 0, G_OPTION_ARG_STRING, &device,
          "Look at one device too: its name, address or id", "NAME" },
        { NULL },
    };
    if (!hth_cli_parse(cli, entries, &argc, &argv, 0, 0))
        return HTH_EXIT_USAGE;
    g_autofree char *escaped = device != NULL ? hth_client_escape(device) : NULL;
    g_autofree char *path =
        device != NULL ? g_strconcat("doctor?device=", escaped, NULL) : g_strdup("doctor");
    g_autoptr(GError) error = NULL;
    g_autoptr(JsonObject) answer = hth_client_get(hth_cli_client(cli), path, &error);
    if (answer == NULL)
        return hth_cli_fail(cli, error);
    if (!hth_cli_print_json(cli, answer))
        print_findings(answer);
    return hth_number_member(answer, "n_problems") > 0 ? HTH_EXIT_PROBLEM : HTH_EXIT_OK;
}
