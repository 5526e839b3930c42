/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync/why.h"

#include <glib/gi18n.h>
#include <string.h>

/* What selection.c and lib/sync say; a template has one part that differs. The first that fits is
 * taken. */
static const char *const templates[] = {
    N_("playlist {name}"),
    N_("album {name}"),
    N_("artist {name}"),
    N_("genre {name}"),
    N_("{n} stars or more"),
    N_("among the newest {n} not played"),
    N_("among the newest {n}"),
    N_("among the {n} heard longest ago"),
    N_("a favourite"),
    N_("everything"),
    N_("a playlist of the rule"),
    N_("artwork of its folder"),
    N_("beside its video"),
    N_("over the rule's budget"),
    N_("no room left on the device"),
    N_("no part of the rule takes it any more"),
    N_("deleted on the device: not here"),
    N_("waits for its conversion"),
};

static gboolean is_number(const char *text, gsize length)
{
    for (gsize i = 0; i < length; i++) {
        if (!g_ascii_isdigit(text[i]))
            return FALSE;
    }
    return length > 0;
}

/* Whether @phrase is @template filled; then @out_name and @out_value are new, or NULL: it has no
 * part that differs. */
static gboolean reads_as(const char *phrase, const char *template, char **out_name,
                         char **out_value)
{
    *out_name = *out_value = NULL;
    const char *open = strchr(template, '{');
    if (open == NULL)
        return strcmp(phrase, template) == 0;
    const char *close = strchr(open, '}');
    const gsize n_before = (gsize)(open - template), n_after = strlen(close + 1);
    const gsize length = strlen(phrase);
    if (length < n_before + n_after || strncmp(phrase, template, n_before) != 0 ||
        !g_str_has_suffix(phrase, close + 1))
        return FALSE;
    const gsize n_value = length - n_before - n_after;
    if (g_str_has_prefix(open, "{n}") && !is_number(phrase + n_before, n_value))
        return FALSE;
    *out_name = g_strndup(open + 1, (gsize)(close - open - 1));
    *out_value = g_strndup(phrase + n_before, n_value);
    return TRUE;
}

void hth_sync_why_set(JsonObject *object, const char *name, const char *phrase)
{
    json_object_set_string_member(object, name, phrase);
    for (guint i = 0; i < G_N_ELEMENTS(templates); i++) {
        g_autofree char *part = NULL;
        g_autofree char *value = NULL;
        if (!reads_as(phrase, templates[i], &part, &value))
            continue;
        JsonObject *template = json_object_new();
        json_object_set_string_member(template, name, templates[i]);
        json_object_set_object_member(object, "template", template);
        JsonObject *values = json_object_new();
        if (part != NULL)
            json_object_set_string_member(values, part, value);
        json_object_set_object_member(object, "values", values);
        return;
    }
}
